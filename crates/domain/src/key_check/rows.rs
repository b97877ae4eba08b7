//! What the check of the keys asks of storage.

use crate::key_check::Held;
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// What tells whose the database is; of accounts and webhooks the first, as many as `limit`.
    fn key_held(&mut self, limit: i64) -> Result<Held, Fault>;
}

/// Writing. All of it is bookkeeping: it tells of keys and of no customer.
pub trait Writes: Reads {
    /// Names a key as one that belongs to the database, unless it is named already or somebody names one at this moment.
    fn key_check_insert(&mut self, value: &[u8; 32]) -> Result<(), Fault>;

    /// Forgets every key but this one.
    fn key_checks_keep(&mut self, value: &[u8; 32]) -> Result<(), Fault>;
}
