//! Answers whose time must not tell what they say.

use std::time::Duration;

use futures_util::future::join;
use tokio::time::sleep;

/// Far more than finding out takes, and little for somebody who waits for a page.
const LEAST: Duration = Duration::from_millis(100);

/// Finds something out and tells it after the same time, whatever was found.
///
/// The time runs from when the whole request is here, not from when it began to arrive: a stranger who held its last
/// byte back would use the wait up before there is anything to hide.
pub(crate) async fn evenly<T>(finding_out: impl Future<Output = T>) -> T {
    join(finding_out, sleep(LEAST)).await.0
}
