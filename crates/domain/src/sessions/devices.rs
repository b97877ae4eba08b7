//! The browsers an account is known to use.

use crate::accounts;
use crate::activity::{EndedBy, Event};
use crate::change::{Change, View};
use crate::ids::{AccountId, DeviceId};
use crate::refusal::{Refusal, Stop};
use crate::sessions::{self, Device};

/// Most characters of a browser's name.
const NAME_MAX: usize = 60;

/// The browsers that are known, the last used first.
pub fn devices(view: &mut View<'_>, account: AccountId) -> Result<Vec<Device>, Stop> {
    let now = view.now();
    Ok(view.rows().devices_known(account, now)?)
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
    let name: String = name.trim().chars().take(NAME_MAX).collect();
    if !change.rows().device_name(account, device, &name)? {
        return Err(Refusal::NoSuchThing.into());
    }
    change.record(account, &Event::DeviceNamed { device, name })
}
