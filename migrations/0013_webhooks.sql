-- Where the feed is delivered to, and what is on its way there.

-- The secrets are encrypted with a key outside the database.
CREATE TABLE webhook (
    id {{blob}} NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    secret {{blob}} NOT NULL,
    -- The secret before it signs too until then.
    secret_before {{blob}},
    secret_before_until {{int}},
    added_at {{int}} NOT NULL,
    removed_at {{int}},
    -- When it was switched off, because it said that it is gone.
    off_at {{int}}
) {{strict}};

-- One item of the feed on its way to one of them.
CREATE TABLE webhook_delivery (
    item {{blob}} NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
    webhook {{blob}} NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    position {{int}} NOT NULL,
    tries {{int}} NOT NULL,
    -- When it may be tried, or until when somebody is trying; NULL once it is over.
    due_at {{int}},
    sent_at {{int}},
    dead_at {{int}},
    said TEXT,
    PRIMARY KEY (item, webhook)
) {{strict_clustered}};
CREATE INDEX webhook_fresh ON webhook_delivery (webhook, position) WHERE due_at IS NOT NULL AND tries = 0;
CREATE INDEX webhook_again ON webhook_delivery (webhook, due_at, position) WHERE due_at IS NOT NULL AND tries > 0;
CREATE INDEX webhook_waiting ON webhook_delivery (item) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_dead ON webhook_delivery (webhook, position) WHERE dead_at IS NOT NULL;
