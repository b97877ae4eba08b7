//! Rows of accounts.

use domain::accounts::{Account, EmailChange, Reads, Writes};
use domain::clock::Time;
use domain::ids::{AccountId, EmailChangeId};
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
    Told ACCOUNTS_AFTER = "SELECT id FROM account WHERE id > $1 ORDER BY id LIMIT $2";
    Told ACCOUNTS_COUNT = "SELECT count(*) FROM account";
    Told ACCOUNT_LOCK = "SELECT id, email, opened_at, confirmed_at, epoch, frozen_at, freeze_words, freeze_words_before,
        freeze_words_before_until, passkey_only, locked_at, lock_days FROM account
        WHERE id = $1 {{hold}}";
    Told ACCOUNT_INSERT = "INSERT INTO account (id, email, email_key, opened_at, confirmed_at, epoch, frozen_at, freeze_words)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    Told ACCOUNT_CONFIRM = "UPDATE account SET confirmed_at = $3 WHERE id = $1 AND confirmed_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM account AS other WHERE other.email_key = $2 AND other.confirmed_at IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM email_change AS kept WHERE kept.old_key = $2 AND kept.undone_at IS NULL
        AND kept.undo_until > $3)";
    Told ACCOUNT_SET_EMAIL = "UPDATE account SET email = $2, email_key = $3 WHERE id = $1 AND confirmed_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM account AS other WHERE other.email_key = $3 AND other.confirmed_at IS NOT NULL
        AND other.id <> $1) AND NOT EXISTS (SELECT 1 FROM email_change AS kept WHERE kept.old_key = $3
        AND kept.account <> $1 AND kept.undone_at IS NULL AND kept.undo_until > $4)";
    Told EMAIL_CHANGE_BY_ID = "SELECT account, id, old_email, new_email, asked_at, asked_epoch, browser_digest,
        expires_at, done_at, done_epoch, undo_until, undone_at FROM email_change WHERE account = $1 AND id = $2";
    Told EMAIL_CHANGES_UNDOABLE = "SELECT account, id, old_email, new_email, asked_at, asked_epoch, browser_digest,
        expires_at, done_at, done_epoch, undo_until, undone_at FROM email_change WHERE account = $1 AND undone_at IS NULL AND undo_until > $2
        ORDER BY done_epoch";
    Told EMAIL_CHANGES_UNDONE = "SELECT account, id, old_email, new_email, asked_at, asked_epoch, browser_digest,
        expires_at, done_at, done_epoch, undo_until, undone_at FROM email_change WHERE account = $1 AND undone_at >= $2
        ORDER BY done_epoch";
    Told EMAIL_CHANGES_WAITING = "SELECT account, id, old_email, new_email, asked_at, asked_epoch, browser_digest,
        expires_at, done_at, done_epoch, undo_until, undone_at FROM email_change WHERE account = $1 AND asked_epoch = $2
        AND done_at IS NULL AND expires_at > $3 ORDER BY asked_at";
    Told EMAIL_CHANGES_STOP = "UPDATE email_change SET expires_at = $3 WHERE account = $1 AND asked_epoch = $2
        AND done_at IS NULL AND expires_at > $3";
    Told EMAIL_CHANGE_INSERT = "INSERT INTO email_change (account, id, old_email, old_key, new_email, asked_at,
        asked_epoch, browser_digest, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    Told EMAIL_CHANGE_DONE = "UPDATE email_change SET done_at = $5, done_epoch = $3, undo_until = $4 WHERE account = $1
        AND id = $2 AND done_at IS NULL AND expires_at > $5";
    Told EMAIL_CHANGE_TOLD_BY = "UPDATE email_change SET sequence = $3 WHERE account = $1 AND id = $2";
    Told EMAIL_CHANGES_END_UNDO = "UPDATE email_change SET undo_until = $3 WHERE account = $1 AND done_epoch > $2
        AND undone_at IS NULL AND undo_until > $3";
    Bookkeeping UNDO_BEGIN = "UPDATE email_change SET told_at = $3, undo_until = $4 WHERE account = $1 AND sequence = $2
        AND told_at IS NULL AND undone_at IS NULL AND undo_until > $3 AND EXISTS (SELECT 1 FROM outbox
        WHERE outbox.account = $1 AND outbox.sequence = $2 AND outbox.carrier = 'email'
        AND outbox.recipient = email_change.old_email AND outbox.sent_at IS NOT NULL)";
    Told EMAIL_CHANGES_UNDO = "UPDATE email_change SET undone_at = $3 WHERE account = $1 AND done_epoch >= $2
        AND undone_at IS NULL";
    Told ACCOUNT_RAISE_EPOCH = "UPDATE account SET epoch = epoch + 1 WHERE id = $1";
    Bookkeeping ACCOUNT_RESEAL = "UPDATE account SET freeze_words = $2, freeze_words_before = $3 WHERE id = $1";
    Told ACCOUNT_SET_FREEZE_WORDS = "UPDATE account SET freeze_words = $2, freeze_words_before = $3,
        freeze_words_before_until = $4 WHERE id = $1";
    Told ACCOUNTS_UNCONFIRMED_FORGET_LIKE = "DELETE FROM account WHERE email_key = $1 AND confirmed_at IS NULL";
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

fn email_change(row: &mut Row) -> Result<EmailChange, Fault> {
    Ok(EmailChange {
        account: AccountId::from_bytes(row.bytes()?),
        id: EmailChangeId::from_bytes(row.bytes()?),
        old: row.text()?,
        new: row.text()?,
        asked_at: row.time()?,
        asked_epoch: row.int()?,
        browser: row.bytes()?,
        expires_at: row.time()?,
        done_at: row.time_or_null()?,
        done_epoch: row.int_or_null()?,
        undo_until: row.time_or_null()?,
        undone_at: row.time_or_null()?,
    })
}

impl Reads for Tx<'_> {
    fn account_by_id(&mut self, id: AccountId) -> Result<Option<Account>, Fault> {
        self.read_one(&ACCOUNT_BY_ID, &[id.as_bytes().into()], account)
    }

    fn account_by_email(&mut self, email_key: &str) -> Result<Option<Account>, Fault> {
        self.read_one(&ACCOUNT_BY_EMAIL, &[email_key.into()], account)
    }

    fn accounts_after(&mut self, after: Option<AccountId>, limit: i64) -> Result<Vec<AccountId>, Fault> {
        // Before the first one there is nothing, which is less than every id.
        let after: &[u8] = after.as_ref().map_or(&[], |after| after.as_bytes());
        self.read_all(&ACCOUNTS_AFTER, &[after.into(), limit.into()], |row| Ok(AccountId::from_bytes(row.bytes()?)))
    }

    fn accounts_count(&mut self) -> Result<i64, Fault> {
        Ok(self.read_one(&ACCOUNTS_COUNT, &[], |row| row.int())?.unwrap_or(0))
    }

    fn email_change_by_id(&mut self, account: AccountId, id: EmailChangeId) -> Result<Option<EmailChange>, Fault> {
        self.read_one(&EMAIL_CHANGE_BY_ID, &[account.as_bytes().into(), id.as_bytes().into()], email_change)
    }

    fn email_changes_waiting(&mut self, account: AccountId, epoch: i64, now: Time) -> Result<Vec<EmailChange>, Fault> {
        self.read_all(&EMAIL_CHANGES_WAITING, &[account.as_bytes().into(), epoch.into(), now.into()], email_change)
    }

    fn email_changes_undoable(&mut self, account: AccountId, now: Time) -> Result<Vec<EmailChange>, Fault> {
        self.read_all(&EMAIL_CHANGES_UNDOABLE, &[account.as_bytes().into(), now.into()], email_change)
    }

    fn email_changes_undone(&mut self, account: AccountId, since: Time) -> Result<Vec<EmailChange>, Fault> {
        self.read_all(&EMAIL_CHANGES_UNDONE, &[account.as_bytes().into(), since.into()], email_change)
    }
}

impl Writes for Tx<'_> {
    fn email_changes_stop(&mut self, account: AccountId, epoch: i64, now: Time) -> Result<u64, Fault> {
        self.write(&EMAIL_CHANGES_STOP, &[account.as_bytes().into(), epoch.into(), now.into()])
    }

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

    fn email_change_insert(&mut self, asked: &EmailChange) -> Result<(), Fault> {
        let old_key = asked.old.to_ascii_lowercase();
        let values = [
            asked.account.as_bytes().into(),
            asked.id.as_bytes().into(),
            (&asked.old).into(),
            (&old_key).into(),
            (&asked.new).into(),
            asked.asked_at.into(),
            asked.asked_epoch.into(),
            (&asked.browser).into(),
            asked.expires_at.into(),
        ];
        self.write(&EMAIL_CHANGE_INSERT, &values).map(drop)
    }

    fn email_change_done(&mut self, done: &EmailChange, now: Time) -> Result<bool, Fault> {
        let (account, id) = (done.account.as_bytes().into(), done.id.as_bytes().into());
        let values = [account, id, done.done_epoch.into(), done.undo_until.into(), now.into()];
        Ok(self.write(&EMAIL_CHANGE_DONE, &values)? == 1)
    }

    fn email_change_told_by(&mut self, account: AccountId, id: EmailChangeId, sequence: i64) -> Result<(), Fault> {
        self.write(&EMAIL_CHANGE_TOLD_BY, &[account.as_bytes().into(), id.as_bytes().into(), sequence.into()]).map(drop)
    }

    fn email_changes_end_undo(&mut self, account: AccountId, after_epoch: i64, now: Time) -> Result<(), Fault> {
        self.write(&EMAIL_CHANGES_END_UNDO, &[account.as_bytes().into(), after_epoch.into(), now.into()]).map(drop)
    }

    fn undo_begin(&mut self, account: AccountId, sequence: i64, now: Time, until: Time) -> Result<(), Fault> {
        self.write(&UNDO_BEGIN, &[account.as_bytes().into(), sequence.into(), now.into(), until.into()]).map(drop)
    }

    fn email_changes_undo(&mut self, account: AccountId, from_epoch: i64, now: Time) -> Result<u64, Fault> {
        self.write(&EMAIL_CHANGES_UNDO, &[account.as_bytes().into(), from_epoch.into(), now.into()])
    }

    fn account_set_email(
        &mut self,
        account: AccountId,
        email: &str,
        email_key: &str,
        now: Time,
    ) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), email.into(), email_key.into(), now.into()];
        Ok(self.write(&ACCOUNT_SET_EMAIL, &values)? == 1)
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

    fn account_reseal(&mut self, account: AccountId, words: &[u8], before: Option<&[u8]>) -> Result<(), Fault> {
        self.write(&ACCOUNT_RESEAL, &[account.as_bytes().into(), words.into(), before.into()]).map(drop)
    }

    fn accounts_unconfirmed_forget_like(&mut self, email_key: &str) -> Result<(), Fault> {
        self.write(&ACCOUNTS_UNCONFIRMED_FORGET_LIKE, &[email_key.into()]).map(drop)
    }

    fn accounts_unconfirmed_forget(&mut self, opened_before: Time, limit: i64) -> Result<u64, Fault> {
        self.write(&ACCOUNTS_UNCONFIRMED_FORGET, &[opened_before.into(), limit.into()])
    }
}
