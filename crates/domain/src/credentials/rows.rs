//! What credentials ask of storage.

use crate::clock::Time;
use crate::credentials::{Guesses, Phc};
use crate::ids::AccountId;
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// The present password and when it was set.
    fn password_current(&mut self, account: AccountId) -> Result<Option<(Phc, Time)>, Fault>;

    /// Since when the present password counts for weakening the account: a reset makes it young, a change does not.
    fn password_since(&mut self, account: AccountId) -> Result<Time, Fault>;

    /// The newest passwords, the present one first.
    fn passwords_newest(&mut self, account: AccountId, limit: i64) -> Result<Vec<Phc>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// A new present password that counts since then; the earlier ones stay, to be refused.
    fn password_insert(&mut self, account: AccountId, phc: &Phc, since: Time, now: Time) -> Result<(), Fault>;

    /// The same present password under stronger settings, if it is still `from`. Answers whether it was.
    fn password_raise(&mut self, account: AccountId, from: &Phc, to: &Phc) -> Result<bool, Fault>;

    /// Forgets all but the newest passwords.
    fn passwords_forget(&mut self, account: AccountId, keep: i64) -> Result<(), Fault>;

    /// One counter, held until the commit; a bucket nobody tried yet is [`Guesses::NONE`]. Bookkeeping.
    fn guesses_lock(&mut self, bucket: &[u8; 32]) -> Result<Guesses, Fault>;

    /// Writes a counter. Bookkeeping.
    fn guesses_set(&mut self, bucket: &[u8; 32], guesses: Guesses) -> Result<(), Fault>;

    /// Forgets counters that nobody touched since. Bookkeeping. Answers how many.
    fn guesses_forget(&mut self, last_before: Time, limit: i64) -> Result<u64, Fault>;
}
