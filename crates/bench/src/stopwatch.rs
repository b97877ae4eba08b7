//! The one place that reads the clock: everything else is told durations.
#![expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]

use std::time::{Duration, Instant};

/// Runs, from when it is made.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    pub(crate) fn seconds(self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}

/// Does the work over and over for the given time and returns how often in a second.
pub(crate) fn rate_per_second(time: Duration, mut work: impl FnMut()) -> f64 {
    let watch = Stopwatch::start();
    let mut done = 0_u32;
    while watch.elapsed() < time {
        work();
        done += 1;
    }
    f64::from(done) / watch.seconds()
}
