//! What happens to nonces and kept answers by itself.

use crate::activity::Actor;
use crate::app::App;
use crate::chore::Tally;
use crate::refusal::Stop;
use crate::service::ANSWERS_KEPT;

/// Rows of one run, at most.
const BATCH: i64 = 1000;

/// Forgets nonces whose signatures are too old to be used again.
pub fn forget_nonces(app: &App) -> Result<Tally, Stop> {
    let forget = |change: &mut crate::Change<'_>| {
        let now = change.now();
        Ok(change.rows().service_nonces_forget(now, BATCH)?)
    };
    Ok(Tally::of(app.change(&Actor::chore(), forget).wait()?, BATCH))
}

/// Forgets answers that nobody asks for again.
pub fn forget_answers(app: &App) -> Result<Tally, Stop> {
    let forget = |change: &mut crate::Change<'_>| {
        let before = change.now() - ANSWERS_KEPT;
        Ok(change.rows().service_answers_forget(before, BATCH)?)
    };
    Ok(Tally::of(app.change(&Actor::chore(), forget).wait()?, BATCH))
}
