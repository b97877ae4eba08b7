//! The browsers an account is known to use.

use domain::Time;
use domain::ids::{DeviceId, FactorId};
use domain::sessions::{self, KnownBrowser, PasskeyThere, UsedPlace};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, Done, From};
use crate::forms::{Json, PathPart, Text};
use crate::{Customer, Web};

/// The browsers that are known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Devices {
    /// The last used first.
    devices: Vec<Device>,
}

/// A browser that signs in without a letter.
#[derive(Debug, Serialize, ToSchema)]
struct Device {
    /// Its id.
    #[schema(value_type = String)]
    id: DeviceId,
    /// The name its owner gave it; may be empty.
    name: String,
    /// When it first signed in.
    #[schema(value_type = String, format = DateTime)]
    first_seen: Time,
    /// When it was last seen, signing in or in a session; up to half a minute may be missing.
    #[schema(value_type = String, format = DateTime)]
    last_seen: Time,
    /// From where.
    last_from: From,
    /// Where it signed in from, the newest first.
    places: Vec<PlaceUsed>,
    /// The passkeys that were registered or used in it and still work.
    passkeys: Vec<Passkey>,
    /// Whether this session runs in it.
    this_one: bool,
}

/// A place that a browser signed in from.
#[derive(Debug, Serialize, ToSchema)]
struct PlaceUsed {
    /// The place, in words.
    place: String,
    /// The two letters of its country.
    country: Option<String>,
    /// The first time.
    #[schema(value_type = String, format = DateTime)]
    first_at: Time,
    /// The last time.
    #[schema(value_type = String, format = DateTime)]
    last_at: Time,
}

/// A passkey, as far as one browser is concerned.
#[derive(Debug, Serialize, ToSchema)]
struct Passkey {
    /// Its id.
    #[schema(value_type = String)]
    id: FactorId,
    /// The name its owner gave it.
    name: String,
    /// When it was registered in this browser, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    registered_at: Option<Time>,
    /// When it was last used in this browser, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Time>,
}

pub(crate) async fn list(web: Web, customer: Customer) -> Answer<Devices> {
    let (account, here) = (customer.account(), customer.signed_in.session.device);
    let devices = web.app().view(move |view| sessions::devices(view, account)).await?;
    let place = |used: UsedPlace| PlaceUsed {
        place: used.place.text,
        country: used.place.country.map(|country| country.to_string()),
        first_at: used.first_at,
        last_at: used.last_at,
    };
    let passkey = |there: PasskeyThere| {
        let PasskeyThere { factor: id, name, registered_at, used_at } = there;
        Passkey { id, name, registered_at, used_at }
    };
    let device = |known: KnownBrowser| Device {
        id: known.device.id,
        first_seen: known.device.first_at,
        last_seen: known.last_seen_at,
        last_from: From::origin(&known.last_from),
        places: known.places.into_iter().map(place).collect(),
        passkeys: known.passkeys.into_iter().map(passkey).collect(),
        this_one: known.device.id == here,
        name: known.device.name,
    };
    Ok(Json(Devices { devices: devices.into_iter().map(device).collect() }))
}

pub(crate) async fn forget(web: Web, customer: Customer, PathPart(device): PathPart<DeviceId>) -> Answer<Done> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        sessions::forget(change, account, device)?;
        Ok(Done::it_is())
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

/// A name for a browser.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Naming {
    /// The name; empty takes it away.
    name: Text<60>,
}

pub(crate) async fn name(
    web: Web,
    customer: Customer,
    PathPart(device): PathPart<DeviceId>,
    Json(given): Json<Naming>,
) -> Answer<Done> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        sessions::name(change, account, device, given.name.as_str())?;
        Ok(Done::it_is())
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}
