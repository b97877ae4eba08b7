-- What a notice said when it was handed over, without what grants anything; and why it was not taken.
ALTER TABLE outbox ADD COLUMN kept TEXT;
ALTER TABLE outbox ADD COLUMN refused_why TEXT;
-- What became of the notices about one entry is read without looking through the account's others, and so is the newest
-- report about a number.
DROP INDEX outbox_by_account;
CREATE INDEX outbox_by_entry ON outbox (account, sequence);
CREATE INDEX outbox_reports ON outbox (account, recipient, reported_at, sequence) WHERE report IS NOT NULL AND carrier = 'sms';
