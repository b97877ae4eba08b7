-- Confirming an address forgets every other opening with it.
CREATE INDEX account_unconfirmed_by_email ON account (email_key) WHERE confirmed_at IS NULL;
