//! Time comes from here and nowhere else, so that a test can state the exact second a wait ends.

use std::sync::atomic::{AtomicI64, Ordering};

pub use jiff::SignedDuration as Span;
pub use jiff::Timestamp as Time;

/// Tells what time it is.
pub trait Clock: Send + Sync {
    /// The present moment, to the microsecond, in UTC.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn now(&self) -> Time {
        from_micros(Time::now().as_microsecond())
    }
}

/// A clock that stands still until it is moved: for tests and simulations.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    /// A clock that stands at `start`.
    pub fn at(start: Time) -> Self {
        Self(AtomicI64::new(start.as_microsecond()))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Span) {
        let micros = i64::try_from(by.as_micros()).expect("a span a test can state");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The moment that stored microseconds since 1970 spell; what no calendar knows becomes the epoch.
pub fn from_micros(micros: i64) -> Time {
    Time::from_microsecond(micros).unwrap_or(Time::UNIX_EPOCH)
}
