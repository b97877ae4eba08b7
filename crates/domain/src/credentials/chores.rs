//! What happens to credentials by itself.

use crate::activity::Actor;
use crate::app::App;
use crate::chore::Tally;
use crate::clock::Span;
use crate::refusal::Stop;

/// Counters that one run forgets.
const BATCH: i64 = 1000;

/// Forgets counters whose failures are forgotten: without this, strangers who try made-up addresses would fill the disk.
pub fn forget_guesses(app: &App) -> Result<Tally, Stop> {
    let done = app
        .change(&Actor::chore(), |change| {
            // What is counted by the day looks back that long, however short the operator's memory is.
            let hours = change.settings().guess.forget_hours.max(24);
            let last_before = change.now() - Span::from_hours(hours);
            Ok(change.rows().guesses_forget(last_before, BATCH)?)
        })
        .wait()?;
    Ok(Tally::of(done, BATCH))
}
