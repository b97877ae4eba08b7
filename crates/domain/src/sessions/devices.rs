//! The browsers an account is known to use.

use crate::accounts;
use crate::activity::{EndedBy, Event, Origin, Place};
use crate::change::{Change, View};
use crate::clock::Time;
use crate::credentials;
use crate::ids::{AccountId, DeviceId, FactorId};
use crate::names;
use crate::refusal::{Refusal, Stop};
use crate::second_factors::{self, passkeys::PasskeySeen};
use crate::sessions::{self, Device, UsedPlace};

/// A browser that is known, and what an account did in it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownBrowser {
    /// The browser.
    pub device: Device,
    /// When it was last seen: signing in, or in a session. The last half minute may be missing.
    pub last_seen_at: Time,
    /// From where.
    pub last_from: Origin,
    /// Where it signed in from, the newest first.
    pub places: Vec<UsedPlace>,
    /// The passkeys that were registered or used in it and still work.
    pub passkeys: Vec<PasskeyThere>,
}

/// A passkey, as far as one browser is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyThere {
    /// Which.
    pub factor: FactorId,
    /// The name its owner gave it.
    pub name: String,
    /// When it was registered in this browser, if it was.
    pub registered_at: Option<Time>,
    /// When it was last used in this browser, if it was.
    pub used_at: Option<Time>,
}

/// The browsers that are known, the last seen first.
pub fn devices(view: &mut View<'_>, account: AccountId) -> Result<Vec<KnownBrowser>, Stop> {
    let now = view.now();
    let open = view.rows().sessions_live(account)?;
    let places = view.rows().places_used(account)?;
    let factors = second_factors::list(view, account)?;
    let seen = view.rows().passkeys_seen(account)?;
    let passkeys = |device: DeviceId| {
        let here = seen.iter().filter(move |seen| seen.device == device);
        here.filter_map(|seen| {
            let factor = factors.iter().find(|factor| factor.id == seen.factor)?;
            let PasskeySeen { registered_at, used_at, .. } = *seen;
            Some(PasskeyThere { factor: factor.id, name: factor.name.clone(), registered_at, used_at })
        })
        .collect()
    };
    let known = |device: Device| {
        let used = open.iter().filter(|session| session.device == device.id).max_by_key(|session| session.last_seen_at);
        let used = used.filter(|session| session.last_seen_at > device.last_at);
        let (last_seen_at, last_from) = match used {
            Some(session) => {
                let place = session.last_place.clone().map(Place::named);
                (session.last_seen_at, Origin { ip: session.last_ip, browser: device.browser.clone(), place })
            }
            None => (device.last_at, device.last_from()),
        };
        let places = places.iter().filter(|used| used.device == device.id).cloned().collect();
        KnownBrowser { last_seen_at, last_from, places, passkeys: passkeys(device.id), device }
    };
    let mut known: Vec<KnownBrowser> = view.rows().devices_known(account, now)?.into_iter().map(known).collect();
    known.sort_by_key(|known| std::cmp::Reverse(known.last_seen_at));
    Ok(known)
}

/// The browser that one of these secrets belongs to, a known one before a forgotten one. Only a known one lets somebody in;
/// a forgotten one has counts of its own, because strangers do not sit at it.
pub(crate) fn browser_of(
    change: &mut Change<'_>,
    account: AccountId,
    secrets: &[[u8; 32]],
) -> Result<Option<Device>, Stop> {
    let (now, mut found) = (change.now(), None::<Device>);
    for digest in secrets {
        let device = change.rows().device_by_secret(account, digest)?;
        if let Some(device) = device.filter(|device| found.is_none() || device.known(now)) {
            let known = device.known(now);
            found = Some(device);
            if known {
                break;
            }
        }
    }
    Ok(found)
}

/// Forgets a browser and ends its sessions: the next sign-in from it asks its owner by letter. Forgetting a forgotten one
/// succeeds; somebody else's is not there.
pub fn forget(change: &mut Change<'_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    accounts::lock(change, account)?;
    let now = change.now();
    let known = change.rows().device_by_id(account, device)?.ok_or(Refusal::NoSuchThing)?;
    if !known.known(now) {
        return Ok(());
    }
    for session in change.rows().sessions_live(account)? {
        if session.device == device {
            sessions::end_loaded(change, &session, EndedBy::OtherDevice)?;
        }
    }
    change.rows().device_forget(account, device, now)?;
    change.record(account, &Event::DeviceForgotten { device, name: known.called().to_owned() })
}

/// Names a browser.
pub fn name(change: &mut Change<'_>, account: AccountId, device: DeviceId, name: &str) -> Result<(), Stop> {
    let name = names::given(name)?.unwrap_or_default();
    credentials::count_change(change, account)?;
    if !change.rows().device_name(account, device, &name)? {
        return Err(Refusal::NoSuchThing.into());
    }
    change.record(account, &Event::DeviceNamed { device, name })
}
