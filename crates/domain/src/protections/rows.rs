//! What protections ask of storage.

use crate::accounts;
use crate::clock::Time;
use crate::ids::{AccountId, TimerId};
use crate::protections::{FreezeCause, Hold, Lock, Notified, Timer, TimerEnd};
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// The timers of an account that run, the oldest first.
    fn timers_running(&mut self, account: AccountId) -> Result<Vec<Timer>, Fault>;

    /// One timer of an account, and how it ended if it did.
    fn timer_by_id(&mut self, account: AccountId, timer: TimerId) -> Result<Option<(Timer, Option<TimerEnd>)>, Fault>;

    /// Timers that are due, the longest overdue first.
    fn timers_due(&mut self, now: Time, limit: i64) -> Result<Vec<Timer>, Fault>;

    /// Timers of which half is over and nobody was told so.
    fn timers_half_way(&mut self, now: Time, limit: i64) -> Result<Vec<Timer>, Fault>;

    /// Holds of an account that end, or ended, after `since`.
    fn holds_since(&mut self, account: AccountId, since: Time) -> Result<Vec<Hold>, Fault>;
}

/// Writing.
pub trait Writes: Reads + accounts::Reads {
    /// Freezes an account that is not frozen. Answers whether it did.
    fn account_freeze(&mut self, account: AccountId, why: FreezeCause, now: Time) -> Result<bool, Fault>;

    /// Unfreezes an account that is frozen. Answers whether it did.
    fn account_thaw(&mut self, account: AccountId) -> Result<bool, Fault>;

    /// Arms the settings lock, or opens it.
    fn account_set_lock(&mut self, account: AccountId, lock: Option<Lock>) -> Result<(), Fault>;

    /// Says whether only passkeys open the account. Answers whether that is new.
    fn account_set_passkey_only(&mut self, account: AccountId, only: bool) -> Result<bool, Fault>;

    /// A new timer, which does not run yet.
    fn timer_insert(&mut self, timer: &Timer) -> Result<(), Fault>;

    /// The timer that an entry tells of, if it does not run yet.
    fn timer_untold(&mut self, account: AccountId, sequence: i64) -> Result<Option<Timer>, Fault>;

    /// Lets a timer run, unless it runs already. Bookkeeping: what was asked for was recorded.
    fn timer_begin(&mut self, account: AccountId, timer: TimerId, told_at: Time, due_at: Time) -> Result<(), Fault>;

    /// Stops the clock of a timer that an entry told of, and that has not ended: its owner does not know after all.
    /// Bookkeeping.
    fn timer_untell(&mut self, account: AccountId, sequence: i64) -> Result<(), Fault>;

    /// Notes that the customer is told of half of it. Answers whether that is new.
    fn timer_half_told(&mut self, account: AccountId, timer: TimerId, now: Time) -> Result<bool, Fault>;

    /// Ends a timer that runs; one that takes effect must be due. Answers whether it did.
    fn timer_end(&mut self, account: AccountId, timer: TimerId, end: TimerEnd, now: Time) -> Result<bool, Fault>;

    /// A new hold, and the entry that tells of it.
    fn hold_insert(&mut self, account: AccountId, hold: &Hold, sequence: Option<i64>) -> Result<(), Fault>;

    /// Whether an entry tells of a hold whose owner does not know of it yet.
    fn hold_untold(&mut self, account: AccountId, sequence: i64) -> Result<bool, Fault>;

    /// Lets a hold run from now on, unless it does already or is over. Answers whether it did. Bookkeeping.
    fn hold_begin(&mut self, account: AccountId, sequence: i64, now: Time, until: Time) -> Result<bool, Fault>;

    /// Gives a hold that runs, and that an entry told of, the longer end of one that nobody knows of. Answers whether it
    /// did. Bookkeeping.
    fn hold_untell(&mut self, account: AccountId, sequence: i64, now: Time, until: Time) -> Result<bool, Fault>;

    /// Puts off what waits for the end of a hold, where that is later now. Bookkeeping.
    fn timers_put_off(&mut self, account: AccountId, until: Time) -> Result<(), Fault>;

    /// What became of the notices about an entry: SMS, and letters by whose link somebody can stop something.
    fn outbox_notified(&mut self, account: AccountId, sequence: i64) -> Result<Notified, Fault>;
}
