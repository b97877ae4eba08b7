-- Who hands over SMS does not look through the letters that wait.
CREATE INDEX outbox_sms_due ON outbox (due_at) WHERE due_at IS NOT NULL AND carrier = 'sms';
