-- Keys by which the exchange's own backend asks, the signatures of theirs that were used, and what they reported.

CREATE TABLE service_key (
    id {{blob}} NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- `signs`: the material is an Ed25519 public key. `secret`: it is the digest of a secret.
    kind TEXT NOT NULL,
    material {{blob}} NOT NULL,
    -- Words of Scope::code, and ranges of addresses, with commas.
    scopes TEXT NOT NULL,
    networks TEXT NOT NULL,
    added_at {{int}} NOT NULL,
    expires_at {{int}} NOT NULL,
    revoked_at {{int}}
) {{strict}};

CREATE TABLE service_nonce (
    digest {{blob}} NOT NULL PRIMARY KEY,
    until {{int}} NOT NULL
) {{strict_clustered}};
CREATE INDEX service_nonce_by_age ON service_nonce (until);

-- What a request with reports was answered, for a day: the same request gets the same answer.
CREATE TABLE service_answer (
    name TEXT NOT NULL,
    key {{blob}} NOT NULL,
    request {{blob}} NOT NULL,
    answer TEXT NOT NULL,
    kept_at {{int}} NOT NULL,
    PRIMARY KEY (name, key)
) {{strict_clustered}};
CREATE INDEX service_answer_by_age ON service_answer (kept_at);

-- Reports by the reference that the backend gave them, so that none is told twice; the entry holds what was reported.
CREATE TABLE service_report (
    name TEXT NOT NULL,
    reference TEXT NOT NULL,
    digest {{blob}} NOT NULL,
    service_key {{blob}} NOT NULL,
    account {{blob}} NOT NULL,
    sequence {{int}} NOT NULL,
    reported_at {{int}} NOT NULL,
    PRIMARY KEY (name, reference)
) {{strict_clustered}};
