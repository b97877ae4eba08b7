//! Chores: background work. No input, a bounded batch, safe to run twice and on two nodes at once.

use crate::app::App;
use crate::refusal::Stop;
use crate::second_factors::passkeys;
use crate::{accounts, approvals, credentials, feed, protections, repeats, retain, second_factors, service, sessions};

/// What one run of a chore did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many pieces of work were done.
    pub done: u64,
    /// Whether more may be waiting, because as many were done as one run does.
    pub more: bool,
}

impl Tally {
    /// What a run did that does at most so many pieces.
    pub fn of(done: u64, at_most: i64) -> Self {
        Self { done, more: done >= at_most.unsigned_abs() }
    }
}

/// One chore and how often it runs when nothing pokes it.
pub struct Chore {
    /// Its name in logs and metrics.
    pub name: &'static str,
    /// Seconds between two runs.
    pub every_seconds: u64,
    /// The work.
    pub run: fn(&App) -> Result<Tally, Stop>,
}

impl Chore {
    /// Runs it, and again while there is more to do and `stop` does not say otherwise: what grows faster than one batch an
    /// interval would grow for ever. Each run is a change of its own, so others have theirs in between.
    pub fn turn(&self, app: &App, stop: impl Fn() -> bool) -> Result<Tally, Stop> {
        let mut all = Tally::default();
        loop {
            let Tally { done, more } = (self.run)(app)?;
            all = Tally { done: all.done + done, more };
            if !more || stop() {
                return Ok(all);
            }
        }
    }
}

/// All chores but the delivery of notices, which needs carriers.
pub const CHORES: &[Chore] = &[
    Chore { name: "sessions_flush_marks", every_seconds: 20, run: sessions::flush_marks },
    Chore { name: "sessions_expire", every_seconds: 30, run: sessions::expire },
    Chore { name: "protections_timers_due", every_seconds: 5, run: protections::timers_due },
    Chore { name: "approvals_forget", every_seconds: 300, run: approvals::forget },
    Chore { name: "credentials_forget_guesses", every_seconds: 300, run: credentials::forget_guesses },
    Chore { name: "second_factors_forget", every_seconds: 300, run: second_factors::forget },
    Chore { name: "sessions_tell_unproved", every_seconds: 30, run: sessions::tell_unproved },
    Chore { name: "sessions_forget_codes", every_seconds: 600, run: sessions::forget_codes },
    Chore { name: "passkeys_forget_ceremonies", every_seconds: 300, run: passkeys::forget_ceremonies },
    Chore { name: "accounts_forget_unconfirmed", every_seconds: 600, run: accounts::forget_unconfirmed },
    Chore { name: "repeats_forget_answers", every_seconds: 600, run: repeats::forget_answers },
    Chore { name: "service_forget_nonces", every_seconds: 60, run: service::forget_nonces },
    Chore { name: "service_forget_answers", every_seconds: 600, run: service::forget_answers },
    Chore { name: "feed_tell_holds_over", every_seconds: 5, run: feed::tell_holds_over },
    Chore { name: "retain_drop_over", every_seconds: 20, run: retain::drop_over },
];
