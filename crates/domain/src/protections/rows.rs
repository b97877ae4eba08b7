//! What protections ask of storage.

use crate::accounts;
use crate::clock::Time;
use crate::ids::AccountId;
use crate::protections::FreezeCause;
use crate::refusal::Fault;

/// Writing.
pub trait Writes: accounts::Reads {
    /// Freezes an account that is not frozen. Answers whether it did.
    fn account_freeze(&mut self, account: AccountId, why: FreezeCause, now: Time) -> Result<bool, Fault>;
}
