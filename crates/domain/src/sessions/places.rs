//! Where an account is used from: what is kept of it, and what it says of a sign-in.

use crate::change::Change;
use crate::ids::{AccountId, DeviceId};
use crate::refusal::Stop;
use crate::sessions::{History, SEEN_WITHIN, Unusual, UsedPlace, unusual};

/// Why whoever acts comes from an unusual place, if they do. With the setting off nothing is unusual.
pub(super) fn judge(
    change: &mut Change<'_>,
    account: AccountId,
    device: Option<DeviceId>,
) -> Result<Option<Unusual>, Stop> {
    let place = change.actor().origin.place.clone();
    if place.is_none() || !change.settings().session.ask_at_unusual_places {
        return Ok(None);
    }
    let now = change.now();
    let history = History {
        places: change.rows().places_used(account)?,
        sightings: change.rows().sightings(account, now - SEEN_WITHIN)?,
    };
    Ok(unusual(place.as_ref(), device, &history, now))
}

/// Keeps that a browser signed in from where the actor is.
pub(super) fn learn(change: &mut Change<'_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    let Some(place) = change.actor().origin.place.clone() else { return Ok(()) };
    let now = change.now();
    Ok(change.rows().place_use(account, &UsedPlace { device, place, first_at: now, last_at: now })?)
}
