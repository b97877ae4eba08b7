//! What the activity log asks of storage.

use crate::activity::{Entry, SealedEntry};
use crate::clock::Time;
use crate::ids::AccountId;
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// The newest entries before a sequence number, newest first.
    fn events_before(&mut self, account: AccountId, before: i64, limit: i64) -> Result<Vec<Entry>, Fault>;

    /// The entries after a sequence number, oldest first.
    fn events_after(&mut self, account: AccountId, after: i64, limit: i64) -> Result<Vec<Entry>, Fault>;

    /// When an entry was written.
    fn event_time(&mut self, account: AccountId, sequence: i64) -> Result<Option<Time>, Fault>;

    /// One entry.
    fn event_by_sequence(&mut self, account: AccountId, sequence: i64) -> Result<Option<SealedEntry>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// Takes the next sequence number of an account's log, and with it the account's row until the commit.
    fn event_sequence_next(&mut self, account: AccountId) -> Result<i64, Fault>;

    /// Appends an entry.
    fn event_insert(&mut self, entry: &SealedEntry) -> Result<(), Fault>;
}
