//! Signing in, staying signed in, and signing out.

mod by_passkey;
mod by_sms;
mod chores;
mod devices;
mod model;
mod places;
mod rows;
mod second_step;
mod sign_in;
#[cfg(test)]
mod tests;
mod unusual;

pub use by_passkey::sign_in_by_passkey;
pub use by_sms::{BySms, SignInCode, prove_by_sms, send_code};
pub use chores::{expire, flush_marks, forget_codes, tell_unproved};
pub(crate) use devices::browser_of;
pub use devices::{KnownBrowser, PasskeyThere, devices, forget, name};
pub(crate) use model::over;
pub use model::{Device, Mark, Marks, NewSession, Pending, Session, SignInOutcome, SignedIn};
pub use rows::{Reads, Writes};
pub use second_step::{SecondStep, lose_factors, prove_factor, second_step};
pub(crate) use sign_in::know_browser;
pub use sign_in::{SignIn, confirm_device, deny_device, sign_in};
pub use unusual::{FAR_KM, FASTEST_KM_H, History, SEEN_WITHIN, Sighting, USUAL, Unusual, UsedPlace, unusual};

use crate::activity::{EndedBy, Event, Origin};
use crate::app::App;
use crate::change::{Change, View};
use crate::ids::{AccountId, PendingId, SessionId};
use crate::refusal::{Refusal, Stop};
use crate::secrets::SecretText;

/// Who holds this session secret, if it opens a live session; the use is marked. Read from the database every time,
/// so that an end or a freeze holds on every node at once.
pub async fn check(app: &App, secret: &SecretText, origin: &Origin) -> Result<Option<SignedIn>, Stop> {
    let signed_in = look(app, secret).await?;
    if let Some(signed_in) = &signed_in {
        let session = &signed_in.session;
        app.marks().see((session.id, session.account), app.clock().now(), origin);
    }
    Ok(signed_in)
}

/// The same without a mark: for a page that asks by itself, which must not keep its session alive.
pub async fn look(app: &App, secret: &SecretText) -> Result<Option<SignedIn>, Stop> {
    let digest = secret.digest();
    let found = app.glance(move |view| Ok(view.rows().session_by_secret(&digest)?)).await?;
    app.meters().checked(found.is_some());
    let Some(signed_in) = found else {
        return Ok(None);
    };
    let now = app.clock().now();
    let session = &signed_in.session;
    let marked = app.marks().last(session.id).unwrap_or(session.last_seen_at);
    let over = session.expired(marked.max(session.last_seen_at), now, &app.settings().session).is_some();
    Ok((!over).then_some(signed_in))
}

/// The live sessions of an account, newest first.
pub fn list(view: &mut View<'_>, account: AccountId) -> Result<Vec<Session>, Stop> {
    let (now, rules) = (view.now(), &view.settings().session);
    let mut sessions = view.rows().sessions_live(account)?;
    sessions.retain(|session| session.expired(session.last_seen_at, now, rules).is_none());
    Ok(sessions)
}

/// Ends one session of an account. Ending an ended one succeeds; somebody else's is not there. Ended from another device,
/// its browser is not known any more: whoever sits there needs the owner's word again.
pub fn end(change: &mut Change<'_>, account: AccountId, session: SessionId, by: EndedBy) -> Result<(), Stop> {
    let session = change.rows().session_by_id(account, session)?.ok_or(Refusal::NoSuchThing)?;
    if end_loaded(change, &session, by)? && by == EndedBy::OtherDevice {
        let here = match change.actor().who.session() {
            Some(here) => change.rows().session_by_id(account, here)?.map(|here| here.device),
            None => None,
        };
        if here != Some(session.device) {
            let now = change.now();
            change.rows().device_forget(account, session.device, now)?;
        }
    }
    Ok(())
}

/// Ends all sessions of an account but the one its owner sits at.
pub fn end_others(change: &mut Change<'_>, account: AccountId, kept: SessionId) -> Result<u64, Stop> {
    let sessions = end_all(change, account, Some(kept), EndedBy::AllOthers)?;
    // Also when there was none: the browsers that were known are not any more.
    change.record(account, &Event::OthersEnded { sessions })?;
    Ok(sessions)
}

/// Ends all sessions of an account, except one if it is named, and forgets the browsers of the others, which could sign
/// in again without a word. Answers how many sessions ended.
pub(crate) fn end_all(
    change: &mut Change<'_>,
    account: AccountId,
    kept: Option<SessionId>,
    by: EndedBy,
) -> Result<u64, Stop> {
    let ended = end_granted(change, account, kept, by)?;
    let device = match kept {
        Some(kept) => change.rows().session_by_id(account, kept)?.map(|kept| kept.device),
        None => None,
    };
    let now = change.now();
    change.rows().devices_forget(account, device, now)?;
    Ok(ended)
}

/// The same, but the browsers stay known.
pub(crate) fn end_granted(
    change: &mut Change<'_>,
    account: AccountId,
    kept: Option<SessionId>,
    by: EndedBy,
) -> Result<u64, Stop> {
    let mut ended = 0;
    for session in change.rows().sessions_live(account)? {
        if Some(session.id) != kept && end_loaded(change, &session, by)? {
            ended += 1;
        }
    }
    Ok(ended)
}

/// The one place where a session ends. Answers whether it did now.
pub(crate) fn end_loaded(change: &mut Change<'_>, session: &Session, by: EndedBy) -> Result<bool, Stop> {
    let now = change.now();
    if !change.rows().session_end(session.account, session.id, by, now)? {
        return Ok(false);
    }
    change.rows().device_seen(session)?;
    let event = Event::SessionEnded {
        session: session.id,
        by,
        browser: session.origin.browser.clone(),
        last_ip: session.last_ip,
        last_place: session.last_place.clone(),
    };
    change.record(session.account, &event)?;
    Ok(true)
}

/// A sign-in that waits or waited.
pub fn pending(view: &mut View<'_>, account: AccountId, pending: PendingId) -> Result<Pending, Stop> {
    Ok(view.rows().pending_by_id(account, pending)?.ok_or(Refusal::LinkSpent)?)
}
