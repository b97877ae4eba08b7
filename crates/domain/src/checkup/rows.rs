//! What the check-up asks of storage.

use crate::clock::Time;
use crate::ids::AccountId;
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// What a customer said of themself, and when.
    fn attestations(&mut self, account: AccountId) -> Result<Vec<(String, Time)>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// Keeps what a customer says of themself.
    fn attestation_set(&mut self, account: AccountId, code: &str, now: Time) -> Result<(), Fault>;
    /// Forgets what a customer said of themself; whether they had said it.
    fn attestation_forget(&mut self, account: AccountId, code: &str) -> Result<bool, Fault>;
}
