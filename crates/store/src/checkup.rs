//! Rows of the check-up.

use domain::checkup::{Reads, Writes};
use domain::clock::Time;
use domain::ids::AccountId;
use domain::refusal::Fault;

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told ATTESTATIONS = "SELECT code, said_at FROM attestation WHERE account = $1 ORDER BY code";
    Told ATTESTATION_SET = "INSERT INTO attestation (account, code, said_at) VALUES ($1, $2, $3)
        ON CONFLICT (account, code) DO UPDATE SET said_at = excluded.said_at";
    Told ATTESTATION_FORGET = "DELETE FROM attestation WHERE account = $1 AND code = $2";
}

fn attestation(row: &mut Row) -> Result<(String, Time), Fault> {
    Ok((row.text()?, row.time()?))
}

impl Reads for Tx<'_> {
    fn attestations(&mut self, account: AccountId) -> Result<Vec<(String, Time)>, Fault> {
        self.read_all(&ATTESTATIONS, &[account.as_bytes().into()], attestation)
    }
}

impl Writes for Tx<'_> {
    fn attestation_set(&mut self, account: AccountId, code: &str, now: Time) -> Result<(), Fault> {
        self.write(&ATTESTATION_SET, &[account.as_bytes().into(), code.into(), now.into()]).map(drop)
    }
    fn attestation_forget(&mut self, account: AccountId, code: &str) -> Result<bool, Fault> {
        Ok(self.write(&ATTESTATION_FORGET, &[account.as_bytes().into(), code.into()])? > 0)
    }
}
