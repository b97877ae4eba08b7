//! The browsers an account is known to use.

use askama::Template;
use domain::ids::DeviceId;
use domain::sessions::{self, KnownBrowser, PasskeyThere};
use serde::Deserialize;

use crate::answers::Problem;
use crate::forms::{Form, Query, Text};
use crate::pages::answer::{Answer, on_to, show};
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::{Frame, Sighting, When};
use crate::{Customer, Web};

/// So many places of one browser are shown.
const PLACES: usize = 6;

/// `/settings/devices`.
#[derive(Template)]
#[template(path = "sessions/devices.html")]
pub struct DevicesPage {
    /// The page around the page.
    pub frame: Frame,
    /// The browsers, the last used first.
    pub devices: Vec<DeviceRow>,
}

/// One browser.
#[derive(Debug, Clone)]
pub struct DeviceRow {
    /// Its id, for the forms.
    pub id: String,
    /// What its owner calls it, or what it is.
    pub called: String,
    /// The name its owner gave it; may be empty.
    pub name: String,
    /// When it first signed in.
    pub first: When,
    /// Where and when it was last seen.
    pub last: Sighting,
    /// Where it signed in from, the newest first.
    pub places: Vec<(String, When)>,
    /// How many more places there are.
    pub more_places: usize,
    /// The passkeys that were registered or used in it.
    pub passkeys: Vec<PasskeyHere>,
    /// Whether it is the one that looks.
    pub this_one: bool,
    /// Until when it stays known without signing in.
    pub until: When,
}

/// A passkey on the page of a browser.
#[derive(Debug, Clone)]
pub struct PasskeyHere {
    /// Its name.
    pub name: String,
    /// When it was registered in this browser, if it was.
    pub registered: Option<When>,
    /// When it was last used in this browser, if it was.
    pub used: Option<When>,
}

/// `GET /settings/devices`
pub(crate) async fn list(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let here = customer.signed_in.session.device;
    let (frame, devices) = read(&web, &customer, "devices", sessions::devices).await?;
    let devices = devices.into_iter().map(|known| row(known, here)).collect();
    show(&DevicesPage { frame: frame.after(done), devices })
}

fn row(known: KnownBrowser, here: DeviceId) -> DeviceRow {
    let KnownBrowser { device, last_seen_at, last_from, places, passkeys } = known;
    let passkey = |there: PasskeyThere| PasskeyHere {
        name: there.name,
        registered: there.registered_at.map(When::at),
        used: there.used_at.map(When::at),
    };
    DeviceRow {
        id: device.id.to_string(),
        called: device.called().to_owned(),
        first: When::at(device.first_at),
        last: Sighting::new(last_seen_at, &last_from),
        more_places: places.len().saturating_sub(PLACES),
        places: places.into_iter().take(PLACES).map(|used| (used.place.text, When::at(used.last_at))).collect(),
        passkeys: passkeys.into_iter().map(passkey).collect(),
        this_one: device.id == here,
        until: When::at(device.known_until),
        name: device.name,
    }
}

/// What the form about one browser sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct One {
    device: DeviceId,
}

/// `POST /settings/devices/forget`
pub(crate) async fn forget(web: Web, customer: Customer, form: Form<One>) -> Answer {
    let One { device } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let account = customer.account();
    let change = move |change: &mut domain::Change<'_>| sessions::forget(change, account, device);
    web.app().change(&customer.actor(&web), change).await?;
    Ok(on_to("/settings/devices", Done::BrowserForgotten))
}

/// What the form that names a browser sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Naming {
    device: DeviceId,
    name: Text<60>,
}

/// `POST /settings/devices/name`
pub(crate) async fn name(web: Web, customer: Customer, form: Form<Naming>) -> Answer {
    let Naming { device, name } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let account = customer.account();
    let change = move |change: &mut domain::Change<'_>| sessions::name(change, account, device, name.as_str());
    web.app().change(&customer.actor(&web), change).await?;
    Ok(on_to("/settings/devices", Done::BrowserNamed))
}
