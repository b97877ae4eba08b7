//! Rows of repeats: answers kept for the same request sent again.

use domain::clock::Time;
use domain::ids::AccountId;
use domain::refusal::Fault;
use domain::repeats::{Asked, Reads, Writes};

use crate::statement::statements;
use crate::tx::Tx;

statements! {
    // The request's name covers the session's secret, and with it the account.
    Told ANSWER_TO = "SELECT answer FROM kept_answer WHERE request = $1";
    Told ANSWER_KEY_USED = "SELECT kept_at FROM kept_answer WHERE account = $1 AND key = $2";
    Bookkeeping ANSWER_INSERT = "INSERT INTO kept_answer (account, key, request, answer, kept_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    Bookkeeping ANSWERS_FORGET = "DELETE FROM kept_answer WHERE (account, key) IN (SELECT account, key FROM kept_answer
        WHERE kept_at < $1 ORDER BY kept_at LIMIT $2)";
}

impl Reads for Tx<'_> {
    fn answer_to(&mut self, request: &[u8; 32]) -> Result<Option<String>, Fault> {
        self.read_one(&ANSWER_TO, &[request.into()], |row| row.text())
    }

    fn answer_key_used(&mut self, account: AccountId, key: &[u8; 32]) -> Result<bool, Fault> {
        Ok(self.read_one(&ANSWER_KEY_USED, &[account.as_bytes().into(), key.into()], |row| row.int())?.is_some())
    }
}

impl Writes for Tx<'_> {
    fn answer_insert(&mut self, account: AccountId, asked: &Asked, answer: &str, now: Time) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), asked.key().into(), asked.request().into(), answer.into(), now.into()];
        Ok(self.write(&ANSWER_INSERT, &values)? == 1)
    }

    fn answers_forget(&mut self, before: Time, limit: i64) -> Result<u64, Fault> {
        self.write(&ANSWERS_FORGET, &[before.into(), limit.into()])
    }
}
