-- Second factors, approvals, and what waits. Seeds and passkeys are encrypted with a key outside the database.

-- The password counts for loosening from `since`: a reset makes it young, a change with the present one does not.
ALTER TABLE password ADD COLUMN since {{int}} NOT NULL DEFAULT 0;

-- What the session's sign-in was proved by: words of Method::code, with commas.
ALTER TABLE session ADD COLUMN proved_by TEXT NOT NULL DEFAULT 'password';

ALTER TABLE account ADD COLUMN passkey_only {{int}} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN locked_at {{int}};
ALTER TABLE account ADD COLUMN lock_days {{int}};

-- A sign-in from a known device waits for its second factor only; one from an unknown browser for its owner too.
ALTER TABLE pending ADD COLUMN device {{blob}};
ALTER TABLE pending ADD COLUMN factor_needed {{int}} NOT NULL DEFAULT 0;
ALTER TABLE pending ADD COLUMN factor_proved TEXT;
-- Why a known browser waits for its owner too, as JSON: it asks from an unusual place.
ALTER TABLE pending ADD COLUMN unusual TEXT;
CREATE UNIQUE INDEX pending_by_secret ON pending (secret_digest);
CREATE INDEX pending_unproved ON pending (expires_at)
    WHERE factor_needed = 1 AND factor_proved IS NULL AND let_in IS NULL;

CREATE TABLE factor (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id {{blob}} NOT NULL,
    -- A word of FactorKind::code.
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The seed or the passkey, encrypted; empty for recovery codes.
    sealed {{blob}} NOT NULL,
    -- The last accepted step of an app; 0 otherwise.
    step {{int}} NOT NULL DEFAULT 0,
    added_at {{int}} NOT NULL,
    -- NULL until it proved once that it works.
    confirmed_at {{int}},
    last_used_at {{int}},
    -- Recovery codes that were renewed go on working until then; a removed factor is over from then on.
    over_at {{int}},
    PRIMARY KEY (account, id)
) {{strict_clustered}};
CREATE INDEX factor_unconfirmed ON factor (added_at) WHERE confirmed_at IS NULL;

-- How a passkey is found when nobody said who they are: the hash of its credential id.
CREATE TABLE passkey_credential (
    digest {{blob}} NOT NULL PRIMARY KEY,
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    factor {{blob}} NOT NULL
) {{strict_clustered}};

-- In which known browsers a passkey was registered and used.
CREATE TABLE passkey_browser (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    device {{blob}} NOT NULL,
    factor {{blob}} NOT NULL,
    registered_at {{int}},
    used_at {{int}},
    PRIMARY KEY (account, device, factor)
) {{strict_clustered}};

-- Each code has 112 bits, so a hash hides it.
CREATE TABLE recovery_code (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    digest {{blob}} NOT NULL,
    factor {{blob}} NOT NULL,
    used_at {{int}},
    PRIMARY KEY (account, digest)
) {{strict_clustered}};

-- Codes that were looked at and not taken back, as JSON: at most a day's, of one bucket.
CREATE TABLE factor_tries (
    bucket {{blob}} NOT NULL PRIMARY KEY,
    tries TEXT NOT NULL,
    last_at {{int}} NOT NULL
) {{strict_clustered}};
CREATE INDEX factor_tries_by_age ON factor_tries (last_at);

-- The challenge of a passkey ceremony that is under way; taken once.
CREATE TABLE ceremony (
    id {{blob}} NOT NULL PRIMARY KEY,
    account {{blob}},
    purpose TEXT NOT NULL,
    state TEXT NOT NULL,
    expires_at {{int}} NOT NULL,
    used_at {{int}}
) {{strict}};
CREATE INDEX ceremony_by_age ON ceremony (expires_at);

-- A change that its customer proves for: what exactly, by what, once.
CREATE TABLE approval (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id {{blob}} NOT NULL,
    session {{blob}} NOT NULL,
    what TEXT NOT NULL,
    digest {{blob}} NOT NULL,
    epoch {{int}} NOT NULL,
    asked_at {{int}} NOT NULL,
    expires_at {{int}} NOT NULL,
    proofs TEXT NOT NULL,
    used_at {{int}},
    PRIMARY KEY (account, id)
) {{strict_clustered}};
CREATE INDEX approval_by_age ON approval (expires_at);

-- A change that waits: its wait begins when a carrier took the notice about it.
CREATE TABLE timer (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id {{blob}} NOT NULL,
    -- The change as JSON, and what two of the same kind share: one runs at a time.
    what TEXT NOT NULL,
    key TEXT NOT NULL,
    asked_at {{int}} NOT NULL,
    ip TEXT,
    browser TEXT,
    place TEXT,
    -- The entry of the activity log, and so the notice, that tells of it.
    sequence {{int}} NOT NULL,
    wait_micros {{int}} NOT NULL,
    not_before {{int}},
    told_at {{int}},
    due_at {{int}},
    half_told_at {{int}},
    ended_at {{int}},
    ended_by TEXT,
    PRIMARY KEY (account, id)
) {{strict_clustered}};
CREATE UNIQUE INDEX timer_running ON timer (account, key) WHERE ended_at IS NULL;
CREATE INDEX timer_untold ON timer (account, sequence) WHERE told_at IS NULL AND ended_at IS NULL;
CREATE INDEX timer_due ON timer (due_at) WHERE ended_at IS NULL AND due_at IS NOT NULL;

CREATE TABLE hold (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    began_at {{int}} NOT NULL,
    cause TEXT NOT NULL,
    until {{int}} NOT NULL,
    PRIMARY KEY (account, began_at, cause)
) {{strict_clustered}};

CREATE TABLE email_change (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id {{blob}} NOT NULL,
    old_email TEXT NOT NULL,
    -- What nobody else gets while it can come back.
    old_key TEXT NOT NULL,
    new_email TEXT NOT NULL,
    asked_at {{int}} NOT NULL,
    -- The epoch it was asked for in: a later change of credentials voids it.
    asked_epoch {{int}} NOT NULL,
    -- The browser that asked: only there does the new mailbox's link confirm.
    browser_digest {{blob}} NOT NULL,
    expires_at {{int}} NOT NULL,
    done_at {{int}},
    -- The epoch it was confirmed in: its place among the changes, whatever the clock says.
    done_epoch {{int}},
    undo_until {{int}},
    undone_at {{int}},
    PRIMARY KEY (account, id)
) {{strict_clustered}};
CREATE INDEX email_change_kept ON email_change (old_key) WHERE undone_at IS NULL AND undo_until IS NOT NULL;

-- What a customer says of themself in the security check-up; the newest answer counts.
CREATE TABLE attestation (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    said_at {{int}} NOT NULL,
    PRIMARY KEY (account, code)
) {{strict_clustered}};

-- The name its owner gave a browser, and where it was last seen.
ALTER TABLE device ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN last_ip TEXT;
ALTER TABLE device ADD COLUMN last_place TEXT;
