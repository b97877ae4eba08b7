//! How many reports are under way at once. The engine does what it is handed in the order it came: thousands of reports in
//! it would stand before a customer who signs in or freezes. So they wait here, outside, a while and in bounded number.

use std::time::Duration;

use axum::http::StatusCode;
use domain::service::REPORTS_MAX;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::answers::Problem;

/// Reports under way: two requests as large as they may be, so that one is read while the other is written, or as many
/// small ones as share a commit.
const UNDER_WAY: usize = 2 * REPORTS_MAX;

/// Requests that wait; more are told to come again.
const WAITING: usize = 64;

/// For how long: shorter than a backend waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The turns of requests that report.
#[derive(Debug)]
pub(crate) struct Turns {
    reports: Semaphore,
    places: Semaphore,
    places_all: usize,
    patience: Duration,
}

impl Default for Turns {
    fn default() -> Self {
        Self::of(UNDER_WAY, WAITING, PATIENCE)
    }
}

impl Turns {
    fn of(reports: usize, places_all: usize, patience: Duration) -> Self {
        Self { reports: Semaphore::new(reports), places: Semaphore::new(places_all), places_all, patience }
    }

    /// A turn for so many reports, kept until they are written down. Who comes first goes first.
    pub(crate) async fn take(&self, reports: usize) -> Result<SemaphorePermit<'_>, Problem> {
        let many = u32::try_from(reports.clamp(1, REPORTS_MAX)).expect("a few");
        if let Ok(turn) = self.reports.try_acquire_many(many) {
            return Ok(turn);
        }
        let _place = self.places.try_acquire().map_err(|_| too_many())?;
        let turn = timeout(self.patience, self.reports.acquire_many(many)).await;
        turn.ok().and_then(Result::ok).ok_or_else(too_many)
    }

    /// How many requests wait for theirs.
    pub(crate) fn waiting(&self) -> usize {
        self.places_all - self.places.available_permits()
    }
}

fn too_many() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_reports",
        "More reports came at once than we write down beside what customers do.",
        "None of these was taken. Send the same request again after `Retry-After`, and fewer requests at once.",
    )
    .retry_after(1)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
    }

    #[test]
    fn reports_beyond_those_under_way_wait_in_bounded_number_and_in_their_order() {
        let runtime = runtime();
        let _entered = runtime.enter();
        let turns = Turns::of(200, 2, Duration::from_mins(1));
        let take = |reports| turns.take(reports).now_or_never();
        let first = take(100).expect("at once").expect("a turn");
        let second = take(100).expect("at once").expect("a turn");
        let (mut third, mut fourth) = (pin!(turns.take(100)), pin!(turns.take(1)));
        assert!(third.as_mut().now_or_never().is_none() && fourth.as_mut().now_or_never().is_none());
        assert_eq!(turns.waiting(), 2);
        let refused = take(1).expect("at once").expect_err("no place is left");
        assert_eq!((refused.status.as_u16(), refused.code), (503, "too_many_reports"));
        assert!(refused.again.is_some());
        drop(second);
        assert!(fourth.as_mut().now_or_never().is_none(), "a small one goes before a large one that came first");
        assert!(third.as_mut().now_or_never().is_some_and(|turn| turn.is_ok()));
        assert!(fourth.as_mut().now_or_never().is_some_and(|turn| turn.is_ok()));
        assert_eq!(turns.waiting(), 0);
        drop(first);
        assert!(take(100).expect("at once").is_ok());
    }

    #[test]
    fn whose_turn_does_not_come_is_told_to_come_again() {
        let turns = Turns::of(1, 1, Duration::ZERO);
        let refused = runtime().block_on(async {
            let _first = turns.take(1).await.expect("a turn");
            turns.take(1).await.expect_err("the time is over")
        });
        assert_eq!(refused.code, "too_many_reports");
        assert_eq!(turns.waiting(), 0);
    }
}
