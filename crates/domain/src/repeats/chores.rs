//! What happens to kept answers by itself.

use crate::activity::Actor;
use crate::app::App;
use crate::chore::Tally;
use crate::refusal::Stop;
use crate::repeats::KEPT;

/// Answers that one run forgets.
const BATCH: i64 = 1000;

/// Forgets answers that nobody asks for again any more.
pub fn forget_answers(app: &App) -> Result<Tally, Stop> {
    let forget = |change: &mut crate::Change<'_>| {
        let before = change.now() - KEPT;
        Ok(change.rows().answers_forget(before, BATCH)?)
    };
    Ok(Tally::of(app.change(&Actor::chore(), forget).wait()?, BATCH))
}
