//! What proves that it is you beside the password: an authenticator app, passkeys, recovery codes.

mod asking;
mod authenticator;
mod chores;
mod limits;
mod model;
pub mod passkeys;
mod recovery;
mod rows;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use asking::{SecondProof, second_proof};
pub use authenticator::Seed;
pub(crate) use authenticator::tidy_code;
pub use chores::forget;
pub use limits::{Decision, Tries, Try, attempt, take_back};
pub use model::{AppKey, Confirmed, Factor, FactorKind};
pub use rows::{Reads, Writes};
pub use verify::verify;
pub(crate) use verify::{
    Counted, Looked, begin, compare, conclude, count, look, take_back as take_code_back, tidy, use_up,
};

use crate::accounts::{self, Account};
use crate::activity::{Actor, EndedBy, Event, Who};
use crate::app::App;
use crate::approvals::Given;
use crate::change::{Change, View};
use crate::clock::{Span, Time};
use crate::credentials;
use crate::ids::{AccountId, FactorId, SessionId};
use crate::names;
use crate::protections::{self, Method, asleep};
use crate::refusal::{Fault, Refusal, Stop};
use crate::secrets::{Keys, SecretText};
use crate::sessions;

/// An offered app must be confirmed within this time.
pub const OFFER: Span = Span::from_mins(15);

/// The most authenticator apps of one account: each is one more code that a guess could hit.
const APPS_MAX: usize = 3;

/// Every factor of an account that works, those that sleep while it is frozen too: what its owner sees.
pub fn list(view: &mut View<'_>, account: AccountId) -> Result<Vec<Factor>, Stop> {
    let now = view.now();
    let mut factors = view.rows().factors(account, now)?;
    factors.retain(|factor| factor.works(now));
    Ok(factors)
}

/// Those that count now: that let in, prove, and are asked for.
pub fn awake(view: &mut View<'_>, account: &Account) -> Result<Vec<Factor>, Stop> {
    let mut factors = list(view, account.id)?;
    let hold = hold(view);
    factors.retain(|factor| !asleep(account.frozen_at, factor.added_at, hold));
    Ok(factors)
}

/// Those that sleep until a thaw: what its owner may want to take off before.
pub fn sleeping(view: &mut View<'_>, account: &Account) -> Result<Vec<Factor>, Stop> {
    let mut factors = list(view, account.id)?;
    let hold = hold(view);
    factors.retain(|factor| asleep(account.frozen_at, factor.added_at, hold));
    Ok(factors)
}

/// How long before a freeze what comes sleeps during it.
fn hold(view: &View<'_>) -> Span {
    Span::from_hours(view.settings().protection.hold_hours)
}

/// Whether an account has a factor that signing in asks for beside the password. Recovery codes alone are none.
pub fn asked_for(factors: &[Factor]) -> bool {
    factors.iter().any(|factor| factor.kind != FactorKind::RecoveryCodes)
}

/// How the second step of a sign-in can be proved, the strongest first.
pub fn methods(factors: &[Factor]) -> Vec<Method> {
    let ways = [Method::Passkey, Method::App, Method::RecoveryCode];
    ways.into_iter().filter(|way| factors.iter().any(|factor| factor.kind.method() == *way)).collect()
}

/// Looks at a code of the customer who acts, in the bucket of the browser they sit at.
pub(crate) async fn look_here(app: &App, actor: &Actor, given: &Given) -> Result<Looked, Stop> {
    let Who::Customer { account, session } = actor.who else { return Err(Refusal::NotSignedIn.into()) };
    let here = app.view(move |view| Ok(view.rows().session_by_id(account, session)?)).await?;
    let device = here.ok_or(Refusal::NotSignedIn)?.device;
    look(app, actor, account, device.as_bytes(), given).await
}

/// Offers an authenticator app to the customer who acts: it counts once a code confirms it, in the session that asked. An
/// earlier offer is forgotten.
pub(crate) fn offer_app(change: &mut Change<'_>, account: AccountId) -> Result<FactorId, Stop> {
    let session = change.actor().who.session().ok_or(Refusal::NotSignedIn)?;
    if list(&mut change.view(), account)?.iter().filter(|factor| factor.kind == FactorKind::App).count() >= APPS_MAX {
        return Err(Refusal::TooManyApps.into());
    }
    let now = change.now();
    let id = FactorId::new(now, change.entropy());
    let seed = Seed::random(change.entropy());
    let sealed = change.keys().seal_seed(&owner(account, id, Some(session)), seed.bytes(), change.entropy());
    change.rows().factor_offers_forget(account)?;
    change.rows().factor_offer(&Factor {
        id,
        account,
        kind: FactorKind::App,
        name: "Authenticator app".to_owned(),
        sealed,
        step: 0,
        added_at: now,
        confirmed_at: None,
        last_used_at: None,
        over_at: None,
    })?;
    change.record(account, &Event::AppOffered { factor: id })?;
    Ok(id)
}

/// What an offered app is set up with, shown only in the session that asked for it and only until it is confirmed.
pub fn offered(view: &mut View<'_>, account: AccountId, session: SessionId, id: FactorId) -> Result<AppKey, Stop> {
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let now = view.now();
    let offer = offer_of(view.rows().factors(account.id, now)?, id, now)?;
    let seed = open_seed(view.keys(), &offer, Some(session)).map_err(|_| Refusal::NoSuchThing)?;
    let issuer = &view.settings().operator.name;
    Ok(AppKey { key: seed.key(), url: seed.url(issuer, &account.email), until: offer.added_at + OFFER })
}

fn offer_of(factors: Vec<Factor>, id: FactorId, now: crate::Time) -> Result<Factor, Refusal> {
    let offer = factors.into_iter().find(|factor| factor.id == id && factor.confirmed_at.is_none());
    offer.filter(|offer| offer.added_at + OFFER > now).ok_or(Refusal::NoSuchThing)
}

/// Confirms an offered app by a code of it: from now on signing in asks for one. It raises the security epoch, so every
/// other session ends; the one it is done in gets the secret that is answered.
pub async fn confirm_app(app: &App, actor: &Actor, id: FactorId, code: &str) -> Result<(Confirmed, SecretText), Stop> {
    let Who::Customer { account, session } = actor.who else { return Err(Refusal::NotSignedIn.into()) };
    let code = authenticator::tidy_code(code).ok_or(Refusal::CodeUnfit)?;
    let begun = app.change(actor, move |change| {
        let row = change.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
        let now = change.now();
        let offer = offer_of(change.rows().factors(account, now)?, id, now)?;
        // An offer has a bucket of its own: mistyping while setting up holds up no sign-in.
        Ok((row.epoch, offer, verify::count(change, account, id.as_bytes(), Method::App)?))
    });
    let (epoch, offer, counted) = begun.await?;
    let seed = open_seed(app.keys(), &offer, Some(session)).map_err(|_| Refusal::NoSuchThing)?;
    let step = seed.step_of(&code, app.clock().now(), offer.step).ok_or(Refusal::WrongCode)?;
    let fresh = SecretText::random(app.entropy());
    let digest = fresh.digest();
    let confirmed = app.act(actor, move |change| {
        let account = accounts::lock(change, account)?;
        if account.epoch != epoch {
            return Err(Refusal::NotSignedIn.into());
        }
        let sealed = change.keys().seal_seed(&owner(account.id, id, None), seed.bytes(), change.entropy());
        let now = change.now();
        if !change.rows().app_confirm(account.id, id, &sealed, (step, now))? {
            return Err(Refusal::NoSuchThing.into());
        }
        verify::take_back(change, &counted)?;
        let sessions_ended = credentials_changed(change, &account, (session, digest))?;
        change.record(account.id, &Event::AppAdded { factor: id, sessions_ended })?;
        Ok(Confirmed { sessions_ended })
    });
    Ok((confirmed.await?, fresh))
}

/// Raises the epoch and ends every session but the one it is done in, which gets a fresh secret. Browsers stay known: they
/// need a code from now on.
fn credentials_changed(
    change: &mut Change<'_>,
    account: &Account,
    (session, digest): (SessionId, [u8; 32]),
) -> Result<u64, Stop> {
    let ended = sessions::end_granted(change, account.id, Some(session), EndedBy::CredentialChange)?;
    protections::raise_epoch(change, account.id)?;
    if !change.rows().session_renew(account.id, session, &digest, account.epoch + 1)? {
        return Err(Refusal::NotSignedIn.into());
    }
    Ok(ended)
}

/// Ten new recovery codes, to be shown once. The earlier ones go on working for the length of a hold from when what proved
/// it is old enough to loosen, so that a thief who renews them does not take them from their owner sooner.
pub(crate) fn renew_codes(change: &mut Change<'_>, account: AccountId, counts_from: Time) -> Result<Vec<String>, Stop> {
    let now = change.now();
    let until = counts_from.max(now) + Span::from_hours(change.settings().protection.hold_hours);
    let mut earlier_work = false;
    for earlier in list(&mut change.view(), account)? {
        if earlier.kind == FactorKind::RecoveryCodes {
            change.rows().factor_end(account, earlier.id, until)?;
            earlier_work = true;
        }
    }
    let id = FactorId::new(now, change.entropy());
    change.rows().factor_insert(&Factor {
        id,
        account,
        kind: FactorKind::RecoveryCodes,
        name: "Recovery codes".to_owned(),
        sealed: Vec::new(),
        step: 0,
        added_at: now,
        confirmed_at: Some(now),
        last_used_at: None,
        over_at: None,
    })?;
    let codes: Vec<String> = (0..recovery::CODES).map(|_| recovery::draw(change.entropy())).collect();
    for code in &codes {
        let tidy = recovery::tidy(code).ok_or_else(|| Fault::broken("a recovery code of ours cannot be one"))?;
        change.rows().recovery_code_insert(account, id, &recovery::digest(&tidy))?;
    }
    change.record(account, &Event::RecoveryCodesRenewed { earlier_work })?;
    Ok(codes)
}

/// Names a factor of an account; the name is for its owner's eyes.
pub fn name(change: &mut Change<'_>, account: AccountId, id: FactorId, name: &str) -> Result<(), Stop> {
    let factors = list(&mut change.view(), account)?;
    let factor = factors.iter().find(|factor| factor.id == id && factor.over_at.is_none());
    let factor = factor.ok_or(Refusal::NoSuchThing)?;
    let name = names::given(name)?.unwrap_or_else(|| factor.name.clone());
    if name == factor.name {
        return Ok(());
    }
    credentials::count_change(change, account)?;
    if change.rows().factor_name(account, id, &name)? {
        change.record(account, &Event::FactorNamed { name, before: factor.name.clone() })?;
    }
    Ok(())
}

/// Whose a sealed seed is: what it opens for, and nothing else. An offer also belongs to the session that asked, so that no
/// other session of the account can look at it.
pub(crate) fn owner(account: AccountId, factor: FactorId, offered_in: Option<SessionId>) -> Vec<u8> {
    let session: &[u8] = offered_in.as_ref().map_or(&[], |session| session.as_bytes());
    [account.as_bytes(), factor.as_bytes(), session].concat()
}

/// The seed of an app, or of an offer to a session.
pub(crate) fn open_seed(keys: &Keys, factor: &Factor, offered_in: Option<SessionId>) -> Result<Seed, Stop> {
    let opened = keys.open_seed(&owner(factor.account, factor.id, offered_in), &factor.sealed);
    let seed = opened.as_deref().and_then(Seed::from_bytes);
    Ok(seed.ok_or_else(|| Fault::broken("an authenticator's seed does not open: was the key file replaced?"))?)
}
