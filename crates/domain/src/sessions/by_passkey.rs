//! Signing in by a passkey alone: without a name, and with the check of finger, face or PIN that makes it two factors in
//! one. No letter has to be waited for, in a new browser either: its owner is told.

use crate::accounts::{self, Account};
use crate::activity::Actor;
use crate::app::App;
use crate::change::Change;
use crate::ids::PendingId;
use crate::protections::Method;
use crate::refusal::Stop;
use crate::second_factors::passkeys::{self, Asserted, Purpose};
use crate::secrets::SecretText;
use crate::sessions::sign_in::{Proved, start_new, start_on};
use crate::sessions::{self, NewSession, Pending, places};

/// Signs in whoever the passkey belongs to, frozen or not. `devices` are the device secrets that the browser keeps; a
/// browser that none of them is known by becomes known. `pending` is the sign-in by password that the same browser may be
/// half way through: it is proved by this as well, and over.
pub async fn sign_in_by_passkey(
    app: &App,
    actor: &Actor,
    (devices, pending): (&[SecretText], Option<&SecretText>),
    credential: &str,
) -> Result<NewSession, Stop> {
    let asserted = passkeys::check(app, actor, (Purpose::SignIn, None), credential).await?;
    let devices: Vec<[u8; 32]> = devices.iter().take(8).map(SecretText::digest).collect();
    let pending = pending.map(SecretText::digest);
    app.change(actor, move |change| conclude(change, &asserted, &devices, pending.as_ref())).await
}

fn conclude(
    change: &mut Change<'_>,
    asserted: &Asserted,
    devices: &[[u8; 32]],
    pending: Option<&[u8; 32]>,
) -> Result<NewSession, Stop> {
    let account = accounts::lock(change, asserted.account)?;
    passkeys::accept(change, &account, asserted)?;
    let waited = match pending {
        Some(pending) => settle(change, &account, pending)?,
        None => None,
    };
    let now = change.now();
    let known = sessions::browser_of(change, account.id, devices)?.filter(|device| device.known(now));
    // A passkey is both factors and answers to no copy of this site, so nobody is asked; its owner is told.
    let unusual = places::judge(change, account.id, known.as_ref().map(|known| known.id))?;
    let proved = Proved { waited, unusual, ..Proved::by(Method::Passkey) };
    let new = match known {
        Some(known) => start_on(change, &account, &known, &proved)?,
        None => start_new(change, &account, &proved)?,
    };
    passkeys::used_in(change, asserted, new.session)?;
    Ok(new)
}

/// A sign-in by password that waits in the same browser is let in by this: nobody need be told of a missing second proof.
/// Answers which.
fn settle(change: &mut Change<'_>, account: &Account, secret: &[u8; 32]) -> Result<Option<PendingId>, Stop> {
    let now = change.now();
    let Some(pending) = change.rows().pending_by_secret(secret)? else { return Ok(None) };
    if pending.account != account.id || !pending.asks_factor(now, account.epoch) {
        return Ok(None);
    }
    let proved = Pending { factor_proved: Some(Method::Passkey.code().to_owned()), ..pending };
    change.rows().pending_prove(&proved, now)?;
    let let_in = change.rows().pending_let_in(account.id, proved.id, account.epoch, now)?;
    Ok(let_in.then_some(proved.id))
}
