//! Rows of protections.

use domain::clock::Time;
use domain::ids::AccountId;
use domain::protections::{FreezeCause, Writes};
use domain::refusal::Fault;

use crate::statement::statements;
use crate::tx::Tx;

statements! {
    Told ACCOUNT_FREEZE = "UPDATE account SET frozen_at = $2, frozen_by = $3 WHERE id = $1 AND frozen_at IS NULL";
}

impl Writes for Tx<'_> {
    fn account_freeze(&mut self, account: AccountId, why: FreezeCause, now: Time) -> Result<bool, Fault> {
        Ok(self.write(&ACCOUNT_FREEZE, &[account.as_bytes().into(), now.into(), why.code().into()])? == 1)
    }
}
