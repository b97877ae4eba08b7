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

/// Forgets a browser and ends its sessions: the next sign-in from it asks its owner by letter. Forgetting a forgotten one
/// succeeds; somebody else's is not there.
pub fn forget(change: &mut Change<'_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    accounts::lock(change, account)?;
    let now = change.now();
    let known = change.rows().device_by_id(account, device)?.ok_or(Refusal::NoSuchThing)?;
    if known.known_until <= now {
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
