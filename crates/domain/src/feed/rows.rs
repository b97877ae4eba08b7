//! What the feed asks of storage. All that is written is bookkeeping: what happened has its own entry.

use crate::clock::Time;
use crate::feed::{Head, Item};
use crate::ids::AccountId;
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// How far the feed is.
    fn feed_head(&mut self) -> Result<Head, Fault>;

    /// The items after a position, in order.
    fn feed_after(&mut self, after: i64, limit: i64) -> Result<Vec<Item>, Fault>;

    /// Accounts with a hold that is over and was not told of.
    fn holds_over(&mut self, now: Time, limit: i64) -> Result<Vec<AccountId>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// Writes an item that has no position yet.
    fn feed_insert(&mut self, item: &Item) -> Result<(), Fault>;

    /// The last position that was given, and with it, until the commit, the right to give the next ones.
    fn feed_hold(&mut self) -> Result<i64, Fault>;

    /// Gives the positions after that one to items that have none, an account's in the order of its log. Answers to how many.
    fn feed_place(&mut self, after: i64, limit: i64) -> Result<u64, Fault>;

    /// Writes down that positions were given up to this one.
    fn feed_placed(&mut self, up_to: i64) -> Result<(), Fault>;

    /// The number of the newest entry of an account's log, and the account's row until the commit.
    fn feed_sequence(&mut self, account: AccountId) -> Result<i64, Fault>;

    /// Marks the holds of an account that are over as told of. Answers whether there were any.
    fn holds_over_told(&mut self, account: AccountId, now: Time) -> Result<bool, Fault>;
}
