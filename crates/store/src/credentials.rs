//! Rows of credentials, and of the counters that slow guesses down.

use domain::clock::Time;
use domain::credentials::{Guesses, Phc, Reads, Writes};
use domain::ids::AccountId;
use domain::refusal::Fault;

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told PASSWORDS_NEWEST = "SELECT phc, set_at FROM password WHERE account = $1 ORDER BY number DESC LIMIT $2";
    Told PASSWORD_SINCE = "SELECT since FROM password WHERE account = $1 ORDER BY number DESC LIMIT 1";
    Told PASSWORD_INSERT = "INSERT INTO password (account, number, set_at, phc, since)
        SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4 FROM password WHERE account = $1";
    Told PASSWORD_RAISE = "UPDATE password SET phc = $3 WHERE account = $1 AND phc = $2";
    Told PASSWORDS_FORGET = "DELETE FROM password WHERE account = $1
        AND number <= (SELECT max(number) FROM password WHERE account = $1) - $2";
    Bookkeeping GUESSES_BEGIN = "INSERT INTO guesses (bucket, failures, last_at, blocked_until) VALUES ($1, 0, 0, 0)
        ON CONFLICT (bucket) DO NOTHING";
    Bookkeeping GUESSES_LOCK = "SELECT failures, last_at, blocked_until FROM guesses WHERE bucket = $1 {{hold}}";
    Bookkeeping GUESSES_SET = "UPDATE guesses SET failures = $2, last_at = $3, blocked_until = $4 WHERE bucket = $1";
    Bookkeeping GUESSES_FORGET = "DELETE FROM guesses WHERE bucket IN (SELECT bucket FROM guesses
        WHERE last_at < $1 AND blocked_until < $1 ORDER BY last_at LIMIT $2)";
}

fn guesses(row: &mut Row) -> Result<Guesses, Fault> {
    Ok(Guesses { failures: row.int()?, last_at: row.time()?, blocked_until: row.time()? })
}

fn password(row: &mut Row) -> Result<(Phc, Time), Fault> {
    Ok((Phc::stored(row.text()?), row.time()?))
}

impl Reads for Tx<'_> {
    fn password_current(&mut self, account: AccountId) -> Result<Option<(Phc, Time)>, Fault> {
        self.read_one(&PASSWORDS_NEWEST, &[account.as_bytes().into(), 1_i64.into()], password)
    }

    fn password_since(&mut self, account: AccountId) -> Result<Time, Fault> {
        let since = self.read_one(&PASSWORD_SINCE, &[account.as_bytes().into()], |row| row.time())?;
        since.ok_or_else(|| Fault::broken("an account has no password"))
    }

    fn passwords_newest(&mut self, account: AccountId, limit: i64) -> Result<Vec<Phc>, Fault> {
        let newest = self.read_all(&PASSWORDS_NEWEST, &[account.as_bytes().into(), limit.into()], password)?;
        Ok(newest.into_iter().map(|(phc, _)| phc).collect())
    }
}

impl Writes for Tx<'_> {
    fn password_insert(&mut self, account: AccountId, phc: &Phc, since: Time, now: Time) -> Result<(), Fault> {
        let values = [account.as_bytes().into(), now.into(), phc.as_str().into(), since.into()];
        self.write(&PASSWORD_INSERT, &values).map(drop)
    }

    fn password_raise(&mut self, account: AccountId, from: &Phc, to: &Phc) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), from.as_str().into(), to.as_str().into()];
        Ok(self.write(&PASSWORD_RAISE, &values)? == 1)
    }

    fn passwords_forget(&mut self, account: AccountId, keep: i64) -> Result<(), Fault> {
        self.write(&PASSWORDS_FORGET, &[account.as_bytes().into(), keep.into()]).map(drop)
    }

    fn guesses_lock(&mut self, bucket: &[u8; 32]) -> Result<Guesses, Fault> {
        // PostgreSQL can only hold a row that is there.
        self.write(&GUESSES_BEGIN, &[bucket.into()])?;
        Ok(self.read_one(&GUESSES_LOCK, &[bucket.into()], guesses)?.unwrap_or(Guesses::NONE))
    }

    fn guesses_set(&mut self, bucket: &[u8; 32], guesses: Guesses) -> Result<(), Fault> {
        let values = [bucket.into(), guesses.failures.into(), guesses.last_at.into(), guesses.blocked_until.into()];
        self.write(&GUESSES_SET, &values).map(drop)
    }

    fn guesses_forget(&mut self, last_before: Time, limit: i64) -> Result<u64, Fault> {
        self.write(&GUESSES_FORGET, &[last_before.into(), limit.into()])
    }
}
