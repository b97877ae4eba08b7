//! What dropping asks of storage.

use crate::ids::AccountId;
use crate::refusal::Fault;
use crate::retain::{Ages, Over, Table};

/// Reading.
pub trait Reads {
    /// How many rows of one account are over.
    fn over_of(&mut self, account: AccountId, ages: &Ages) -> Result<Over, Fault>;

    /// How many rows of a table of [`Table::BY_TIME`] are over, counted up to `most`.
    fn over_by_time(&mut self, table: Table, ages: &Ages, most: i64) -> Result<u64, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// Drops rows of one account that are over, the oldest first and at most `limit` of each table. Bookkeeping. Answers how
    /// many.
    fn over_of_drop(&mut self, account: AccountId, ages: &Ages, limit: i64) -> Result<Over, Fault>;

    /// Drops rows of a table of [`Table::BY_TIME`] that are over, the oldest first. Bookkeeping. Answers how many.
    fn over_by_time_drop(&mut self, table: Table, ages: &Ages, limit: i64) -> Result<u64, Fault>;
}
