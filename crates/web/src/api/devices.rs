//! The browsers an account is known to use.

use domain::ids::DeviceId;
use domain::{Time, sessions};
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
    /// When it last signed in.
    #[schema(value_type = String, format = DateTime)]
    last_seen: Time,
    /// From where.
    last_from: From,
    /// Whether this session runs in it.
    this_one: bool,
}

pub(crate) async fn list(web: Web, customer: Customer) -> Answer<Devices> {
    let (account, here) = (customer.account(), customer.signed_in.session.device);
    let devices = web.app().view(move |view| sessions::devices(view, account)).await?;
    let device = |device: sessions::Device| Device {
        id: device.id,
        first_seen: device.first_at,
        last_seen: device.last_at,
        last_from: From::origin(&device.last_from()),
        this_one: device.id == here,
        name: device.name,
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
