//! Registering a passkey.

use serde::Serialize;

use crate::accounts;
use crate::activity::{Actor, Event, Who};
use crate::app::App;
use crate::change::{Change, View};
use crate::clock::Span;
use crate::ids::{AccountId, FactorId, SessionId};
use crate::names;
use crate::protections::effects::credentials_changed;
use crate::refusal::{Refusal, Stop};
use crate::repeats::Repeatable;
use crate::second_factors::passkeys::ceremony::{begin, kept};
use crate::second_factors::passkeys::model::Kept;
use crate::second_factors::passkeys::party::{Made, Party};
use crate::second_factors::passkeys::proof::digest;
use crate::second_factors::passkeys::{Ceremony, PasskeyKind, PasskeySeen, Purpose, Started, seal};
use crate::second_factors::{Factor, FactorKind};
use crate::secrets::SecretText;

/// A passkey that was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// Which.
    pub passkey: FactorId,
    /// What kind it is.
    pub kind: PasskeyKind,
}

impl Repeatable for Registered {}

/// Lets the session that acts register one passkey in the next minutes: what a proved [`crate::protections::Sensitive::AddPasskey`] does.
pub fn allow_registering(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    let session = change.actor().who.session().ok_or(Refusal::NotSignedIn)?;
    let id = SecretText::random(change.entropy()).digest();
    let expires_at = change.now() + Span::from_mins(change.settings().protection.approval_minutes);
    let purpose = Purpose::MayRegister { session };
    let state = String::new();
    change.rows().ceremony_insert(&Ceremony { id, account: Some(account), purpose, state, expires_at })?;
    Ok(())
}

/// Whether a session may register a passkey now.
pub fn may_register(view: &mut View<'_>, account: AccountId, session: SessionId) -> Result<bool, Stop> {
    let now = view.now();
    Ok(view.rows().ceremony_waits(account, &Purpose::MayRegister { session }, now)?)
}

/// Begins registering. A customer whose browser gave up may begin again while the proof is fresh.
pub fn start_registering(change: &mut Change<'_>, account: AccountId, session: SessionId) -> Result<Started, Stop> {
    if !may_register(&mut change.view(), account, session)? {
        return Err(Refusal::CeremonyOver.into());
    }
    let account = accounts::lock(change, account)?;
    let there = kept(change, account.id)?;
    let (options, state) = Party::of(change.settings())?.start_registering(account.id, &account.email, &there)?;
    begin(change, account.id, Purpose::Register { session }, options, state)
}

/// Registers the passkey that a browser made. Every other session ends; the one it is done in gets the secret that is
/// answered beside.
pub async fn register(
    app: &App,
    actor: &Actor,
    credential: &str,
    name: &str,
) -> Result<(Registered, SecretText), Stop> {
    let Who::Customer { account, session } = actor.who else { return Err(Refusal::NotSignedIn.into()) };
    let party = Party::of(app.settings())?;
    // First of all: the answer of a passkey is good once, and a name can be chosen again.
    let name = names::given(name)?;
    let made = Made::read(credential).ok_or(Refusal::PasskeyUnfit)?;
    let id = made.challenge();
    let begun = app.change(actor, move |change| {
        let now = change.now();
        let taken = change.rows().ceremony_take(&id, &Purpose::Register { session }, now)?;
        let epoch = change.rows().account_by_id(account)?.map(|account| account.epoch);
        Ok(taken.filter(|(whose, _)| *whose == Some(account)).map(|(_, state)| state).zip(epoch))
    });
    let (state, epoch) = begun.await?.ok_or(Refusal::CeremonyOver)?;
    let kept = party.finish_registering(&made, &state)?.ok_or(Refusal::PasskeyUnfit)?;
    let new = New { account, session, epoch, kept, name };
    let fresh = SecretText::random(app.entropy());
    let digest = fresh.digest();
    let registered = app.act(actor, move |change| finish(change, &new, &digest)).await?;
    Ok((registered, fresh))
}

struct New {
    account: AccountId,
    session: SessionId,
    epoch: i64,
    kept: Kept,
    name: Option<String>,
}

fn finish(change: &mut Change<'_>, new: &New, fresh: &[u8; 32]) -> Result<Registered, Stop> {
    let account = accounts::lock(change, new.account)?;
    let now = change.now();
    // The proof is used up here, so that nothing but a passkey that was made uses it up.
    let allowed = change.rows().ceremonies_take(account.id, &Purpose::MayRegister { session: new.session }, now)?;
    if !allowed || account.epoch != new.epoch {
        return Err(Refusal::CeremonyOver.into());
    }
    let (id, kind) = (FactorId::new(now, change.entropy()), new.kept.kind);
    if !change.rows().passkey_insert(&digest(new.kept.passkey.cred_id()), account.id, id)? {
        return Err(Refusal::PasskeyThere.into());
    }
    let name = new.name.clone().unwrap_or_else(|| match &change.actor().origin.browser {
        Some(browser) => format!("{} ({browser})", kind.title()),
        None => kind.title().to_owned(),
    });
    let factor = Factor {
        id,
        account: account.id,
        kind: FactorKind::Passkey,
        name: name.clone(),
        sealed: seal(change, account.id, id, &new.kept)?,
        step: 0,
        added_at: now,
        // It answered a challenge, so it works.
        confirmed_at: Some(now),
        last_used_at: None,
        over_at: None,
    };
    change.rows().factor_insert(&factor)?;
    if let Some(session) = change.rows().session_by_id(account.id, new.session)? {
        let seen = PasskeySeen { device: session.device, factor: id, registered_at: Some(now), used_at: None };
        change.rows().passkey_registered_in(account.id, &seen)?;
    }
    credentials_changed(change, account.id)?;
    if !change.rows().session_renew(account.id, new.session, fresh, account.epoch + 1)? {
        return Err(Refusal::NotSignedIn.into());
    }
    change.record(account.id, &Event::PasskeyAdded { name, kind })?;
    Ok(Registered { passkey: id, kind })
}
