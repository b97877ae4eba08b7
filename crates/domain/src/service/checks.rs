//! Whose session is this, and may that account move money? Each is one statement and writes nothing.

use crate::activity::Origin;
use crate::app::App;
use crate::ids::AccountId;
use crate::protections::Sensitive;
use crate::refusal::{Refusal, Stop};
use crate::secrets::SecretText;
use crate::sessions;

use super::model::{LiveSession, State};

/// A live session, as the backend is told of it.
pub type Checked = LiveSession;

/// The session that a customer's secret opens, if it is live. Where the backend says from where the customer came, that is
/// a use of the session: it stays alive and its place is seen. Without it the session is only looked at.
pub async fn check_session(app: &App, secret: &SecretText, seen: Option<&Origin>) -> Result<Option<Checked>, Stop> {
    let (digest, thaw) = (secret.digest(), Sensitive::Thaw.key());
    let found = app.glance(move |view| {
        let now = view.now();
        Ok(view.rows().service_session(&digest, &thaw, now)?)
    });
    let Some(live) = found.await? else { return Ok(None) };
    let now = app.clock().now();
    let marked = app.marks().last(live.session).unwrap_or(live.last_seen_at);
    let last_seen_at = marked.max(live.last_seen_at);
    if sessions::over(live.began_at, last_seen_at, now, &app.settings().session).is_some() {
        return Ok(None);
    }
    if let Some(origin) = seen {
        app.marks().see((live.session, live.state.account), now, origin);
    }
    Ok(Some(live))
}

/// How an account stands.
pub async fn standing(app: &App, account: AccountId) -> Result<State, Stop> {
    let thaw = Sensitive::Thaw.key();
    let state = app.glance(move |view| {
        let now = view.now();
        Ok(view.rows().service_state(account, &thaw, now)?)
    });
    Ok(state.await?.ok_or(Refusal::NoSuchThing)?)
}
