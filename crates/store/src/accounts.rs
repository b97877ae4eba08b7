//! Rows of accounts.

use domain::accounts::{Account, Reads, Writes};
use domain::clock::Time;
use domain::ids::AccountId;
use domain::protections::Lock;
use domain::refusal::Fault;

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told ACCOUNT_BY_ID = "SELECT id, email, opened_at, confirmed_at, epoch, frozen_at, freeze_words, freeze_words_before,
        freeze_words_before_until, passkey_only, locked_at, lock_days FROM account WHERE id = $1";
    Told ACCOUNT_BY_EMAIL = "SELECT id, email, opened_at, confirmed_at, epoch, frozen_at, freeze_words, freeze_words_before,
        freeze_words_before_until, passkey_only, locked_at, lock_days FROM account
        WHERE email_key = $1 AND confirmed_at IS NOT NULL";
    Told ACCOUNT_LOCK = "SELECT id, email, opened_at, confirmed_at, epoch, frozen_at, freeze_words, freeze_words_before,
        freeze_words_before_until, passkey_only, locked_at, lock_days FROM account
        WHERE id = $1 {{hold}}";
    Told ACCOUNT_INSERT = "INSERT INTO account (id, email, email_key, opened_at, confirmed_at, epoch, frozen_at, freeze_words)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    Told ACCOUNT_CONFIRM = "UPDATE account SET confirmed_at = $3 WHERE id = $1 AND confirmed_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM account AS other WHERE other.email_key = $2 AND other.confirmed_at IS NOT NULL)";
    Told ACCOUNT_RAISE_EPOCH = "UPDATE account SET epoch = epoch + 1 WHERE id = $1";
    Told ACCOUNT_SET_FREEZE_WORDS = "UPDATE account SET freeze_words = $2, freeze_words_before = $3,
        freeze_words_before_until = $4 WHERE id = $1";
    Bookkeeping ACCOUNTS_UNCONFIRMED_FORGET = "DELETE FROM account WHERE id IN (SELECT id FROM account
        WHERE confirmed_at IS NULL AND opened_at < $1 ORDER BY opened_at LIMIT $2)";
}

fn account(row: &mut Row) -> Result<Account, Fault> {
    Ok(Account {
        id: AccountId::from_bytes(row.bytes()?),
        email: row.text()?,
        opened_at: row.time()?,
        confirmed_at: row.time_or_null()?,
        epoch: row.int()?,
        frozen_at: row.time_or_null()?,
        freeze_words: row.blob()?,
        freeze_words_before: row.blob_or_null()?.zip(row.time_or_null()?),
        passkey_only: row.int()? == 1,
        lock: row.time_or_null()?.zip(row.int_or_null()?).map(|(armed_at, days)| Lock { armed_at, days }),
    })
}

impl Reads for Tx<'_> {
    fn account_by_id(&mut self, id: AccountId) -> Result<Option<Account>, Fault> {
        self.read_one(&ACCOUNT_BY_ID, &[id.as_bytes().into()], account)
    }

    fn account_by_email(&mut self, email_key: &str) -> Result<Option<Account>, Fault> {
        self.read_one(&ACCOUNT_BY_EMAIL, &[email_key.into()], account)
    }
}

impl Writes for Tx<'_> {
    fn account_lock(&mut self, id: AccountId) -> Result<Option<Account>, Fault> {
        self.read_one(&ACCOUNT_LOCK, &[id.as_bytes().into()], account)
    }

    fn account_insert(&mut self, account: &Account, email_key: &str) -> Result<(), Fault> {
        let values = [
            account.id.as_bytes().into(),
            (&account.email).into(),
            email_key.into(),
            account.opened_at.into(),
            account.confirmed_at.into(),
            account.epoch.into(),
            account.frozen_at.into(),
            account.freeze_words.as_slice().into(),
        ];
        self.write(&ACCOUNT_INSERT, &values).map(drop)
    }

    fn account_confirm(&mut self, id: AccountId, email_key: &str, now: Time) -> Result<bool, Fault> {
        Ok(self.write(&ACCOUNT_CONFIRM, &[id.as_bytes().into(), email_key.into(), now.into()])? == 1)
    }

    fn account_raise_epoch(&mut self, id: AccountId) -> Result<(), Fault> {
        self.write(&ACCOUNT_RAISE_EPOCH, &[id.as_bytes().into()]).map(drop)
    }

    fn account_set_freeze_words(&mut self, account: &Account) -> Result<(), Fault> {
        let before = account.freeze_words_before.as_ref();
        let values = [
            account.id.as_bytes().into(),
            account.freeze_words.as_slice().into(),
            before.map(|(words, _)| words.as_slice()).into(),
            before.map(|(_, until)| *until).into(),
        ];
        self.write(&ACCOUNT_SET_FREEZE_WORDS, &values).map(drop)
    }

    fn accounts_unconfirmed_forget(&mut self, opened_before: Time, limit: i64) -> Result<u64, Fault> {
        self.write(&ACCOUNTS_UNCONFIRMED_FORGET, &[opened_before.into(), limit.into()])
    }
}
