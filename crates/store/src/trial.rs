//! The row by which a process sees whether the database takes changes.

use domain::clock::Time;
use domain::refusal::Fault;
use domain::trial::Writes;

use crate::statement::statements;
use crate::tx::Tx;

statements! {
    Bookkeeping TRIAL_WRITE = "INSERT INTO trial (id, at, weight) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET at = excluded.at, weight = excluded.weight";
    Bookkeeping TRIALS_FORGET = "DELETE FROM trial WHERE at < $1";
}

impl Writes for Tx<'_> {
    fn trial_write(&mut self, id: &[u8; 16], at: Time, weight: &[u8]) -> Result<(), Fault> {
        self.write(&TRIAL_WRITE, &[id.into(), at.into(), weight.into()]).map(drop)
    }

    fn trials_forget(&mut self, before: Time) -> Result<(), Fault> {
        self.write(&TRIALS_FORGET, &[before.into()]).map(drop)
    }
}
