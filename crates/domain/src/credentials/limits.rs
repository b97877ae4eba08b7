//! How guesses are slowed down. Counters are rows, so neither a restart nor parallel requests beat them; the decision
//! is a pure function.

use crate::clock::{Span, Time};
use crate::settings::GuessRules;

/// One counter: attempts of one kind from one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guesses {
    /// Attempts that counted and were not taken back by a success.
    pub failures: i64,
    /// When the last one was counted.
    pub last_at: Time,
    /// No attempt is looked at before then.
    pub blocked_until: Time,
}

impl Guesses {
    /// A bucket that nobody tried yet.
    pub const NONE: Self = Self { failures: 0, last_at: Time::UNIX_EPOCH, blocked_until: Time::UNIX_EPOCH };
}

/// Whether an attempt is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is, and counts as a failure until it turns out right.
    Look(Guesses),
    /// It is not, whatever it says.
    Wait {
        /// When the next one is.
        until: Time,
    },
}

/// Decides on one attempt and counts it before it is looked at, so that fifty at once count as fifty. Each is counted at
/// a time of its own, later than the one before it, so that taking one back cannot be mistaken for another.
pub fn attempt(guesses: Guesses, now: Time, rules: &GuessRules) -> Decision {
    if guesses.blocked_until > now {
        return Decision::Wait { until: guesses.blocked_until };
    }
    let forgotten = now.duration_since(guesses.last_at) >= Span::from_hours(rules.forget_hours);
    let failures = if forgotten { 1 } else { guesses.failures + 1 };
    let at = now.max(guesses.last_at + Span::from_micros(1));
    // Where there is nothing to wait for, the next one may have begun before this one, or on a node whose clock is behind.
    let delay = delay(failures, rules);
    let blocked_until = if delay == Span::ZERO { guesses.blocked_until } else { now + delay };
    Decision::Look(Guesses { failures, last_at: at, blocked_until })
}

/// Takes back the attempt made at `mine` that turned out right, and only that one: other failures stay counted, and
/// are forgotten as if it had not been. `before` is when the attempt before it was counted.
pub fn take_back(guesses: Guesses, mine: Time, before: Time, rules: &GuessRules) -> Guesses {
    let failures = (guesses.failures - 1).max(0);
    let last_at = if guesses.last_at == mine { before } else { guesses.last_at };
    // Where there is nothing to wait for any more, no moment stands: it would be of the clock of the node that counted, and at
    // one whose clock is behind it would still be to come.
    let blocked_until = match delay(failures, rules) {
        Span::ZERO => Time::UNIX_EPOCH,
        delay => guesses.blocked_until.min(guesses.last_at + delay),
    };
    Guesses { failures, last_at, blocked_until }
}

/// The wait after this many failures: none at first, then doubling up to the longest.
fn delay(failures: i64, rules: &GuessRules) -> Span {
    if failures < rules.failures_free {
        return Span::ZERO;
    }
    let doublings = u32::try_from(failures - rules.failures_free).unwrap_or(u32::MAX).min(30);
    let seconds = rules.delay_seconds.saturating_mul(1 << doublings).min(rules.delay_seconds_max);
    Span::from_secs(seconds)
}

/// How often one place is listened to in a day whatever strangers do elsewhere. Three, because people mistype; whoever
/// guesses needs a new neighbourhood for every three, and an account's password is one of at least 10^8.
pub(super) const FREE_DAILY: i64 = 3;

/// The day that is counted amid strangers: it begins with the first that is counted in it.
const DAY: Span = Span::from_hours(24);

/// Counts one thing that a stranger may have caused, `here` and `everywhere`: at most so often a day everywhere, and the
/// first [`FREE_DAILY`] of each place besides, so that nobody who uses up the day elsewhere keeps the owner out. Answers
/// both counts, or when the next one is looked at.
pub(super) fn amid_strangers(here: Guesses, everywhere: Guesses, now: Time, most: i64) -> Result<[Guesses; 2], Time> {
    let [here, counted] = [here, everywhere].map(|guesses| {
        let over = now.duration_since(guesses.last_at) >= DAY;
        let (failures, last_at) = if over { (1, now) } else { (guesses.failures + 1, guesses.last_at) };
        Guesses { failures, last_at, blocked_until: Time::UNIX_EPOCH }
    });
    if counted.failures > most && here.failures > FREE_DAILY {
        // Whichever day is over first.
        return Err(counted.last_at.min(here.last_at) + DAY);
    }
    Ok([here, counted])
}

/// Takes back what was counted in the day that began then and turned out right; in a later day nothing is left to take.
pub(super) fn take_back_of_day(guesses: Guesses, began: Time) -> Guesses {
    let taken = i64::from(guesses.last_at == began);
    Guesses { failures: (guesses.failures - taken).max(0), ..guesses }
}

/// How much of something is allowed in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How often.
    pub most: i64,
    /// In how long.
    pub window: Span,
}

/// Counts one thing: at most as often as is allowed, in any window that starts with the first of them.
pub fn within(guesses: Guesses, now: Time, allowed: Allowance) -> Decision {
    let window_over = now.duration_since(guesses.last_at) >= allowed.window;
    let (failures, last_at) = if window_over { (1, now) } else { (guesses.failures + 1, guesses.last_at) };
    if failures > allowed.most {
        return Decision::Wait { until: guesses.last_at + allowed.window };
    }
    Decision::Look(Guesses { failures, last_at, blocked_until: Time::UNIX_EPOCH })
}

/// The same, for a window of an hour.
pub fn hourly(guesses: Guesses, now: Time, most: i64) -> Decision {
    within(guesses, now, Allowance { most, window: Span::from_hours(1) })
}
