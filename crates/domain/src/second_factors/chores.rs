//! What happens to second factors by itself.

use crate::activity::Actor;
use crate::app::App;
use crate::chore::Tally;
use crate::refusal::Stop;
use crate::second_factors::OFFER;
use crate::second_factors::limits::DAY;

/// Counted codes that one run forgets.
const BATCH: i64 = 1000;

/// Forgets offers that nobody confirmed in time, and counted codes that count no more.
pub fn forget(app: &App) -> Result<Tally, Stop> {
    app.change(&Actor::chore(), |change| {
        let now = change.now();
        let offers = change.rows().factor_offers_overdue_forget(now - OFFER)?;
        let tries = Tally::of(change.rows().factor_tries_forget(now - DAY, BATCH)?, BATCH);
        Ok(Tally { done: offers + tries.done, ..tries })
    })
    .wait()
}
