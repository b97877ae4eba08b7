//! What the table decides by and what it answers: an account as it stands, and yes, later, or why not.

use crate::clock::{Span, Time};
use crate::ids::FactorId;
use crate::protections::{Method, SmsCodes};

/// The settings lock of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// When it was armed.
    pub armed_at: Time,
    /// Days between asking to unlock and unlocking.
    pub days: i64,
}

/// A suspicious event of late: money for young addresses waits, and what was added since does not count for loosening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The code of the change that led to it: of `Rule::code`, or `reset`, `restored` or `thaw`.
    pub cause: String,
    /// When it began.
    pub began_at: Time,
    /// When it ends.
    pub until: Time,
}

/// A factor as the table sees it: confirmed, and one that the customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub factor: FactorId,
    /// What it proves by.
    pub method: Method,
    /// Since when it counts.
    pub since: Time,
}

/// Everything of an account that decides what may be tightened and loosened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The moment that is decided at.
    pub now: Time,
    /// Since when the account is frozen, if it is.
    pub frozen_at: Option<Time>,
    /// The second factors it has.
    pub factors: Vec<Held>,
    /// The settings lock, if it is armed.
    pub lock: Option<Lock>,
    /// Whether only passkeys open it.
    pub passkey_only: bool,
    /// Codes by SMS at sign-in. They are no factor: nothing here is proved by them.
    pub sms: SmsCodes,
    /// Holds that run, and those that ended not long ago.
    pub holds: Vec<Hold>,
    /// How long a hold is: what came within as long before a freeze sleeps.
    pub hold: Span,
}

/// What the table says to a change that was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It takes effect in the same request.
    Now,
    /// It waits.
    Wait {
        /// How long, from when its notice was accepted by a carrier.
        wait: Span,
        /// It takes effect no sooner than this, whatever its wait says: the end of a hold.
        not_before: Option<Time>,
    },
}

/// Why the table says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum No {
    /// The account is frozen.
    Frozen,
    /// It is not frozen, so there is nothing to unfreeze.
    NotFrozen,
    /// The settings are locked.
    Locked,
    /// The settings are not locked, so there is nothing to unlock.
    NotLocked,
    /// Locking asks for recovery codes first.
    NoRecoveryCodes,
    /// The wait of a lock is from 1 to 30 days.
    LockDays,
    /// Passkeys alone asks for two of them, or one and recovery codes.
    TooFewPasskeys,
    /// It would leave passkey-only without the passkeys it needs.
    LastPasskeys,
    /// Codes by SMS ask for a phone, an operator who sends them, and that there is nothing stronger.
    NoSmsCodes,
    /// There is no second factor to lose, or no such factor to remove.
    NothingThere,
    /// What was proved is not enough: one of these is still needed.
    Prove(Vec<Method>),
    /// Too little of what there is was old enough when the account was frozen.
    NotEnoughToThaw,
    /// Everything proved sleeps until a thaw.
    Asleep,
    /// Everything proved is too young to weaken anything.
    TooYoung {
        /// When it no longer is.
        until: Time,
    },
}
