-- Alarms are handed over first, then the rest, and last what one customer causes beyond a few at a time.
ALTER TABLE outbox ADD COLUMN urgency {{int}} NOT NULL DEFAULT 1;
DROP INDEX outbox_due;
DROP INDEX outbox_sms_due;
CREATE INDEX outbox_letters_due ON outbox (urgency, due_at, id) WHERE due_at IS NOT NULL AND carrier <> 'sms';
CREATE INDEX outbox_texts_due ON outbox (urgency, due_at, id) WHERE due_at IS NOT NULL AND carrier = 'sms';
CREATE INDEX outbox_untried ON outbox (account, urgency) WHERE due_at IS NOT NULL AND tries = 0;
