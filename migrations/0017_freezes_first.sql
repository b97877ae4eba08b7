-- A freeze goes before whatever else waits for the same target.

-- 0: a freeze. 1: anything else, and what is sent again because somebody asked for it.
ALTER TABLE webhook_delivery ADD COLUMN urgency {{int}} NOT NULL DEFAULT 1;
DROP INDEX webhook_fresh;
CREATE INDEX webhook_fresh ON webhook_delivery (webhook, urgency, position) WHERE due_at IS NOT NULL AND tries = 0;
