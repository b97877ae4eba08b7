//! What happens to second factors by itself.

use crate::activity::Actor;
use crate::app::App;
use crate::chore::Tally;
use crate::refusal::Stop;
use crate::second_factors::OFFER;
use crate::second_factors::limits::DAY;

/// Forgets offers that nobody confirmed in time, and counted codes that count no more.
pub fn forget(app: &App) -> Result<Tally, Stop> {
    let done = app
        .change(&Actor::chore(), |change| {
            let now = change.now();
            let offers = change.rows().factor_offers_overdue_forget(now - OFFER)?;
            Ok(offers + change.rows().factor_tries_forget(now - DAY, 1000)?)
        })
        .wait()?;
    Ok(Tally { done })
}
