//! Rows of the check of the keys, also for a look from the outside.

use domain::ids::{AccountId, WebhookId};
use domain::key_check::{Held, Reads, Writes};
use domain::refusal::Fault;

use crate::statement::{Row, Statement, statements};
use crate::tx::Tx;

statements! {
    Told KEY_CHECKS = "SELECT value FROM key_check ORDER BY number";
    // Of all customers: to find out whose all of it is.
    Told SEALED_ACCOUNTS = "SELECT id, freeze_words FROM account ORDER BY id LIMIT $1";
    Told SEALED_WEBHOOKS = "SELECT id, secret FROM webhook WHERE removed_at IS NULL ORDER BY id LIMIT $1";
    // Of two nodes that name the first at once, both number it 1.
    Bookkeeping KEY_CHECK_INSERT = "INSERT INTO key_check (number, value)
        SELECT coalesce(max(number), 0) + 1, $1 FROM key_check WHERE TRUE ON CONFLICT DO NOTHING";
    Bookkeeping KEY_CHECKS_KEEP = "DELETE FROM key_check WHERE value <> $1";
}

/// What a look from the outside asks in the same words: values of keys, accounts, webhooks.
pub(crate) const HELD: [&Statement; 3] = [&KEY_CHECKS, &SEALED_ACCOUNTS, &SEALED_WEBHOOKS];

pub(crate) fn account(row: &mut Row<'_>) -> Result<(AccountId, Vec<u8>), Fault> {
    Ok((AccountId::from_bytes(row.bytes()?), row.blob()?))
}

pub(crate) fn webhook(row: &mut Row<'_>) -> Result<(WebhookId, Vec<u8>), Fault> {
    Ok((WebhookId::from_bytes(row.bytes()?), row.blob()?))
}

impl Reads for Tx<'_> {
    fn key_held(&mut self, limit: i64) -> Result<Held, Fault> {
        Ok(Held {
            checks: self.read_all(&KEY_CHECKS, &[], |row| row.bytes())?,
            accounts: self.read_all(&SEALED_ACCOUNTS, &[limit.into()], account)?,
            webhooks: self.read_all(&SEALED_WEBHOOKS, &[limit.into()], webhook)?,
        })
    }
}

impl Writes for Tx<'_> {
    fn key_check_insert(&mut self, value: &[u8; 32]) -> Result<(), Fault> {
        self.write(&KEY_CHECK_INSERT, &[value.into()]).map(drop)
    }

    fn key_checks_keep(&mut self, value: &[u8; 32]) -> Result<(), Fault> {
        self.write(&KEY_CHECKS_KEEP, &[value.into()]).map(drop)
    }
}
