//! The browsers an account is known to use.

use askama::Template;
use domain::ids::DeviceId;
use domain::sessions;
use serde::Deserialize;

use crate::answers::Problem;
use crate::forms::{Form, Query, Text};
use crate::pages::answer::{Answer, on_to, show};
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::{Frame, Sighting, When};
use crate::{Customer, Web};

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
    /// Where and when it last signed in.
    pub last: Sighting,
    /// Whether it is the one that looks.
    pub this_one: bool,
    /// Until when it stays known without signing in.
    pub until: When,
}

/// `GET /settings/devices`
pub(crate) async fn list(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let here = customer.signed_in.session.device;
    let (frame, devices) = read(&web, &customer, "devices", sessions::devices).await?;
    let row = |device: sessions::Device| DeviceRow {
        id: device.id.to_string(),
        called: device.called().to_owned(),
        first: When::at(device.first_at),
        last: Sighting::new(device.last_at, &device.last_from()),
        this_one: device.id == here,
        until: When::at(device.known_until),
        name: device.name,
    };
    show(&DevicesPage { frame: frame.after(done), devices: devices.into_iter().map(row).collect() })
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
