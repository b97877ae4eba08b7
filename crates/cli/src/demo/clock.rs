//! The demo's clock: it stands by hand while the past is made up, then goes with the machine.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::clock::{Clock, HandClock, SystemClock};
use domain::{Span, Time};

/// A clock that is moved by hand until it goes live.
pub(crate) struct DemoClock {
    by_hand: HandClock,
    live: AtomicBool,
}

impl DemoClock {
    /// A clock that stands nine weeks ago.
    pub(crate) fn weeks_ago() -> Self {
        let start = SystemClock.now() - Span::from_hours(63 * 24);
        Self { by_hand: HandClock::at(start), live: AtomicBool::new(false) }
    }

    /// Moves it forward, but never past the present.
    pub(crate) fn advance(&self, by: Span) {
        let left = SystemClock.now().duration_since(self.by_hand.now());
        self.by_hand.advance(by.min(left));
    }

    /// Goes with the machine from now on.
    pub(crate) fn go_live(&self) {
        self.live.store(true, Ordering::SeqCst);
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Time {
        if self.live.load(Ordering::SeqCst) { SystemClock.now() } else { self.by_hand.now() }
    }
}
