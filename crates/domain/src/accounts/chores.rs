//! What happens to accounts by itself.

use crate::activity::Actor;
use crate::app::App;
use crate::chore::Tally;
use crate::refusal::Stop;

/// Openings that one run forgets.
const BATCH: i64 = 200;

/// Forgets accounts whose address was not confirmed while the link lived: they were never anybody's.
pub fn forget_unconfirmed(app: &App) -> Result<Tally, Stop> {
    let done = app
        .change(&Actor::chore(), |change| {
            let opened_before = change.now() - change.settings().link.confirm_address();
            Ok(change.rows().accounts_unconfirmed_forget(opened_before, BATCH)?)
        })
        .wait()?;
    Ok(Tally::of(done, BATCH))
}
