//! What a passkey proves: its answer to a challenge, checked between two changes.

use sha2::{Digest, Sha256};
use webauthn_rs::prelude::AuthenticationResult;

use crate::accounts::{self, Account};
use crate::activity::{Actor, Event};
use crate::app::App;
use crate::change::Change;
use crate::ids::{AccountId, SessionId};
use crate::protections::{Method, Proof, asleep};
use crate::refusal::{Refusal, Stop};
use crate::second_factors::passkeys::model::Kept;
use crate::second_factors::passkeys::party::{Answer, Checked, Party};
use crate::second_factors::passkeys::{PasskeySeen, Purpose, ceremony, open, seal};
use crate::second_factors::{self, Factor, FactorKind};

/// An answer that was right. It proves something once it is accepted in the change it is for.
#[derive(Debug, Clone)]
pub struct Asserted {
    /// Whose passkey it was.
    pub account: AccountId,
    epoch: i64,
    factor: Factor,
    result: AuthenticationResult,
}

/// Checks the answer to a ceremony for this purpose, of this account where it was begun for one. Whatever is wrong with
/// it, the ceremony is used up; a sign-in is by the first answer that names a passkey of ours.
pub(crate) async fn check(
    app: &App,
    actor: &Actor,
    (purpose, whose): (Purpose, Option<AccountId>),
    credential: &str,
) -> Result<Asserted, Stop> {
    let party = Party::of(app.settings())?;
    let answer = Answer::read(credential).ok_or(Refusal::PasskeyWrong)?;
    let asked = answer.clone();
    let begun = app.change(actor, move |change| begin(change, &asked, (purpose, whose))).await?;
    let begun = begun.ok_or(Refusal::CeremonyOver)?;
    let Found { account, epoch, factor, kept } = begun.found.ok_or(Refusal::PasskeyUnknown)?;
    let checked = if whose.is_some() || answer.names_somebody() {
        party.check(&answer, &begun.state, &kept, account)?
    } else {
        Checked::Wrong
    };
    let (event, refusal) = match checked {
        Checked::Right(result) => return Ok(Asserted { account, epoch, factor, result }),
        Checked::Copied => (Event::PasskeyCopied { name: factor.name }, Refusal::PasskeyCopied),
        Checked::Wrong => (Event::PasskeyFailed { name: factor.name }, Refusal::PasskeyWrong),
    };
    app.change(actor, move |change| change.record(account, &event)).await?;
    Err(refusal.into())
}

struct Begun {
    state: String,
    found: Option<Found>,
}

struct Found {
    account: AccountId,
    epoch: i64,
    factor: Factor,
    kept: Kept,
}

/// The first change: takes the ceremony, and finds the passkey that is said to have answered.
fn begin(
    change: &mut Change<'_>,
    answer: &Answer,
    (purpose, whose): (Purpose, Option<AccountId>),
) -> Result<Option<Begun>, Stop> {
    let now = change.now();
    let state = if purpose == Purpose::SignIn {
        ceremony::asked(change, answer)?
    } else {
        let taken = change.rows().ceremony_take(&answer.challenge(), &purpose, now)?;
        taken.filter(|(begun_for, _)| *begun_for == whose).map(|(_, state)| state)
    };
    let Some(state) = state else { return Ok(None) };
    let owner = change.rows().passkey_owner(&digest(answer.credential()))?;
    // A passkey of somebody else is as unknown as one that never was.
    let Some((owner, factor)) = owner.filter(|(owner, _)| whose.is_none_or(|whose| whose == *owner)) else {
        return Ok(Some(Begun { state, found: None }));
    };
    let account = change.rows().account_by_id(owner)?;
    let factors = second_factors::list(&mut change.view(), owner)?;
    let factor = factors.into_iter().find(|held| held.id == factor && held.kind == FactorKind::Passkey);
    let found = match account.zip(factor) {
        Some((account, factor)) => {
            let kept = open(change.keys(), &factor)?;
            Some(Found { account: owner, epoch: account.epoch, factor, kept })
        }
        None => None,
    };
    // An answer by no passkey of ours leaves nothing behind.
    if let (Purpose::SignIn, Some(found)) = (purpose, &found)
        && !ceremony::answered(change, answer, found.account)?
    {
        return Ok(None);
    }
    Ok(Some(Begun { state, found }))
}

/// The second change: writes the use down and answers what it proves, if nothing changed meanwhile. The account is
/// locked.
pub(crate) fn accept(change: &mut Change<'_>, account: &Account, asserted: &Asserted) -> Result<Proof, Stop> {
    change.about(account.id);
    if account.id != asserted.account || account.epoch != asserted.epoch {
        return Err(Refusal::CeremonyOver.into());
    }
    let now = change.now();
    let factors = second_factors::list(&mut change.view(), account.id)?;
    let factor = factors.into_iter().find(|held| held.id == asserted.factor.id).ok_or(Refusal::CeremonyOver)?;
    if asleep(account.frozen_at, factor.added_at, second_factors::hold(&change.view())) {
        return Err(Refusal::Asleep.into());
    }
    let mut kept = open(change.keys(), &factor)?;
    let (used, last) = (asserted.result.counter(), kept.counter());
    // Another answer may have been accepted since this one was checked: two with one count are a copy.
    if (used > 0 || last > 0) && used <= last {
        return Err(Refusal::PasskeyCopied.into());
    }
    kept.passkey.update_credential(&asserted.result);
    let sealed = seal(change, account.id, factor.id, &kept)?;
    change.rows().factor_used(account.id, factor.id, &sealed, now)?;
    let since = factor.confirmed_at.unwrap_or(factor.added_at);
    Ok(Proof { method: Method::Passkey, factor: Some(factor.id), since })
}

/// What the answer to a ceremony of this account proves, written down at once: for approvals and second steps, which look
/// at everything again when they conclude.
pub(crate) async fn prove(
    app: &App,
    actor: &Actor,
    (purpose, account): (Purpose, AccountId),
    credential: &str,
) -> Result<Proof, Stop> {
    let asserted = check(app, actor, (purpose, Some(account)), credential).await?;
    app.change(actor, move |change| {
        let account = accounts::lock(change, asserted.account)?;
        let proof = accept(change, &account, &asserted)?;
        if let Some(session) = change.actor().who.session() {
            used_in(change, &asserted, session)?;
        }
        Ok(proof)
    })
    .await
}

/// Keeps that a passkey was used in the browser of a session.
pub(crate) fn used_in(change: &mut Change<'_>, asserted: &Asserted, session: SessionId) -> Result<(), Stop> {
    let now = change.now();
    if let Some(session) = change.rows().session_by_id(asserted.account, session)? {
        let (device, factor) = (session.device, asserted.factor.id);
        let seen = PasskeySeen { device, factor, registered_at: None, used_at: Some(now) };
        change.rows().passkey_used_in(asserted.account, &seen)?;
    }
    Ok(())
}

/// By what a passkey is found: the hash of its credential id.
pub(super) fn digest(credential: &[u8]) -> [u8; 32] {
    Sha256::digest(credential).into()
}
