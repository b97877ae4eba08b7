-- One text for both databases; crates/store/src/dialect.rs renders what stands in double braces.
-- Times are microseconds since 1970 UTC. Ids are 16 bytes. Nothing here is a secret that grants.

CREATE TABLE account (
    id {{blob}} NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    opened_at {{int}} NOT NULL,
    confirmed_at {{int}},
    epoch {{int}} NOT NULL DEFAULT 0,
    event_sequence {{int}} NOT NULL DEFAULT 0,
    frozen_at {{int}},
    frozen_by TEXT,
    freeze_words {{blob}} NOT NULL,
    -- The words before them go on working for a while, so that nobody replaces the owner's brake unseen.
    freeze_words_before {{blob}},
    freeze_words_before_until {{int}}
) {{strict}};

-- One confirmed account an address; openings that nobody confirmed do not stand in anybody's way.
CREATE UNIQUE INDEX account_by_email ON account (email_key) WHERE confirmed_at IS NOT NULL;
CREATE INDEX account_unconfirmed ON account (opened_at) WHERE confirmed_at IS NULL;
-- What every check of a session asks of its account, answered without reading the account itself. Nothing here changes often.
CREATE UNIQUE INDEX account_at_door ON account (id, epoch, email, frozen_at);

-- The one with the highest number is the present one; the earlier ones are refused.
CREATE TABLE password (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    number {{int}} NOT NULL,
    set_at {{int}} NOT NULL,
    phc TEXT NOT NULL,
    PRIMARY KEY (account, number)
) {{strict_clustered}};

CREATE TABLE guesses (
    bucket {{blob}} NOT NULL PRIMARY KEY,
    failures {{int}} NOT NULL,
    last_at {{int}} NOT NULL,
    blocked_until {{int}} NOT NULL
) {{strict_clustered}};
CREATE INDEX guesses_by_age ON guesses (last_at);

CREATE TABLE device (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id {{blob}} NOT NULL,
    secret_digest {{blob}} NOT NULL,
    first_at {{int}} NOT NULL,
    last_at {{int}} NOT NULL,
    known_until {{int}} NOT NULL,
    browser TEXT,
    PRIMARY KEY (account, id)
) {{strict_clustered}};
CREATE UNIQUE INDEX device_by_secret ON device (account, secret_digest);

CREATE TABLE session (
    id {{blob}} NOT NULL PRIMARY KEY,
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    secret_digest {{blob}} NOT NULL,
    device {{blob}} NOT NULL,
    epoch {{int}} NOT NULL,
    began_at {{int}} NOT NULL,
    ip TEXT,
    browser TEXT,
    place TEXT,
    country TEXT,
    spot TEXT,
    last_seen_at {{int}} NOT NULL,
    last_ip TEXT,
    last_place TEXT,
    last_spot TEXT,
    ended_at {{int}},
    ended_by TEXT
) {{strict}};
CREATE UNIQUE INDEX session_by_secret ON session (secret_digest);
CREATE INDEX session_live ON session (account, began_at) WHERE ended_at IS NULL;
CREATE INDEX session_by_last_seen ON session (last_seen_at) WHERE ended_at IS NULL;
CREATE INDEX session_by_began ON session (began_at) WHERE ended_at IS NULL;
-- Where an account was used within the last hours, as far as towns are known.
CREATE INDEX session_sighted ON session (account, last_seen_at) WHERE last_spot IS NOT NULL;

-- Where each browser signed in from. Forgetting a browser leaves its places: they are the account's.
CREATE TABLE used_place (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    device {{blob}} NOT NULL,
    place TEXT NOT NULL,
    country TEXT,
    spot TEXT,
    first_at {{int}} NOT NULL,
    last_at {{int}} NOT NULL,
    PRIMARY KEY (account, device, place)
) {{strict_clustered}};

-- A sign-in with the right password that waits for its owner.
CREATE TABLE pending (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id {{blob}} NOT NULL,
    secret_digest {{blob}} NOT NULL,
    epoch {{int}} NOT NULL,
    ip TEXT,
    browser TEXT,
    place TEXT,
    country TEXT,
    spot TEXT,
    asked_at {{int}} NOT NULL,
    expires_at {{int}} NOT NULL,
    decided_at {{int}},
    let_in {{int}},
    PRIMARY KEY (account, id)
) {{strict_clustered}};

-- The secret of a link is a MAC over its id, made when it is sent.
CREATE TABLE link (
    id {{blob}} NOT NULL PRIMARY KEY,
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    epoch {{int}} NOT NULL,
    made_at {{int}} NOT NULL,
    expires_at {{int}} NOT NULL,
    used_at {{int}}
) {{strict}};
CREATE INDEX link_by_account ON link (account);

-- A page of history is a run of neighbouring rows, at a hundred rows as at a hundred million.
CREATE TABLE event (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    sequence {{int}} NOT NULL,
    at {{int}} NOT NULL,
    data TEXT NOT NULL,
    who TEXT NOT NULL,
    session {{blob}},
    ip TEXT,
    browser TEXT,
    place TEXT,
    country TEXT,
    spot TEXT,
    salt {{blob}} NOT NULL,
    digest {{blob}} NOT NULL,
    PRIMARY KEY (account, sequence) {{include (at, data, who, session, ip, browser, place, country, spot)}}
) {{strict_clustered}};

CREATE TABLE inbox (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    sequence {{int}} NOT NULL,
    read_at {{int}},
    PRIMARY KEY (account, sequence)
) {{strict_clustered}};

CREATE TABLE notice_choice (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    mailed {{int}} NOT NULL,
    PRIMARY KEY (account, code)
) {{strict_clustered}};

CREATE TABLE outbox (
    id {{blob}} NOT NULL PRIMARY KEY,
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    sequence {{int}} NOT NULL,
    carrier TEXT NOT NULL,
    recipient TEXT NOT NULL,
    act_link {{blob}},
    freeze_link {{blob}},
    tries {{int}} NOT NULL,
    -- When it may be tried, or until when somebody is trying; NULL once it is over.
    due_at {{int}},
    sent_at {{int}},
    refused_at {{int}},
    carrier_said TEXT
) {{strict}};
CREATE INDEX outbox_due ON outbox (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_by_account ON outbox (account);

CREATE TABLE support_case (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id {{blob}} NOT NULL,
    reference TEXT NOT NULL,
    opened_at {{int}} NOT NULL,
    PRIMARY KEY (account, id)
) {{strict_clustered}};
CREATE UNIQUE INDEX support_case_by_reference ON support_case (reference);
