-- Phones that are told by SMS, and what gateways report.

CREATE TABLE phone (
    account {{blob}} NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    number TEXT NOT NULL,
    confirmed_at {{int}} NOT NULL
) {{strict}};
-- Who is stopped by a FREEZE from this number: a family may share one.
CREATE INDEX phone_by_number ON phone (number);

-- The code itself follows from the id, with a key outside the database.
CREATE TABLE phone_code (
    account {{blob}} NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    id {{blob}} NOT NULL,
    number TEXT NOT NULL,
    digest {{blob}} NOT NULL,
    epoch {{int}} NOT NULL,
    asked_at {{int}} NOT NULL,
    expires_at {{int}} NOT NULL,
    tries {{int}} NOT NULL,
    used_at {{int}}
) {{strict}};

-- Who chose a code by SMS as the second step of signing in.
CREATE TABLE sms_codes (
    account {{blob}} NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE
) {{strict}};

-- The newest code of one sign-in; the code itself follows from the id, with a key outside the database.
CREATE TABLE sign_in_code (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    pending {{blob}} NOT NULL,
    id {{blob}} NOT NULL,
    number TEXT NOT NULL,
    digest {{blob}} NOT NULL,
    expires_at {{int}} NOT NULL,
    used_at {{int}},
    PRIMARY KEY (account, pending)
) {{strict_clustered}};
CREATE INDEX sign_in_code_by_age ON sign_in_code (expires_at);

CREATE TABLE sms_choice (
    account {{blob}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    texted {{int}} NOT NULL,
    PRIMARY KEY (account, code)
) {{strict_clustered}};

-- What the gateway said later of an SMS that it had taken on.
ALTER TABLE outbox ADD COLUMN report TEXT;
ALTER TABLE outbox ADD COLUMN reported_at {{int}};
