-- What a request with an Idempotency-Key was answered, for a day. Nothing of the request can be read from it, and no
-- answer holds a secret.
CREATE TABLE kept_answer (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key {{blob}} NOT NULL,
    request {{blob}} NOT NULL,
    answer TEXT NOT NULL,
    kept_at {{int}} NOT NULL,
    PRIMARY KEY (account, key)
) {{strict_clustered}};
CREATE UNIQUE INDEX kept_answer_by_request ON kept_answer (request);
CREATE INDEX kept_answer_by_age ON kept_answer (kept_at);
