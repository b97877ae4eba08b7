//! Ceremonies: a challenge goes out, its answer comes back once.

use serde_json::Value;

use crate::activity::Actor;
use crate::app::App;
use crate::change::Change;
use crate::chore::Tally;
use crate::clock::Span;
use crate::credentials;
use crate::ids::{AccountId, LinkId};
use crate::refusal::{Refusal, Stop};
use crate::second_factors::passkeys::model::Kept;
use crate::second_factors::passkeys::party::{self, Answer, Party};
use crate::second_factors::passkeys::{Ceremony, Purpose, Started, open};
use crate::second_factors::{self, Factor, FactorKind};

/// A sign-in that was answered is remembered for so long after its question is over: another node's clock may be behind.
const GRACE: Span = Span::from_mins(10);

/// Begins a sign-in without a name. Whoever asks is nobody yet, and every visit to the page asks: so nothing is kept of a
/// question, and nobody in a network can use up the questions of others.
pub fn start_sign_in(app: &App) -> Result<Started, Stop> {
    let party = Party::of(app.settings())?;
    let expires_at = app.clock().now() + Span::from_mins(app.settings().protection.approval_minutes);
    let (options, _) = party.ask_anybody(&app.keys().passkey_challenge(expires_at, app.entropy()))?;
    Ok(Started { options, expires_at })
}

/// What the answer to a sign-in without a name is checked against, if the question is ours and not over.
pub(super) fn asked(change: &Change<'_>, answer: &Answer) -> Result<Option<String>, Stop> {
    let challenge = answer.challenge_text();
    if change.keys().passkey_challenge_until(&challenge).is_none_or(|until| until <= change.now()) {
        return Ok(None);
    }
    Ok(Some(Party::of(change.settings())?.ask_anybody(&challenge)?.1))
}

/// Writes down that a sign-in was answered by a passkey of this account. Answers whether it was the first time: of fifty
/// answers one is looked at. Counted for the account and the household, so that nobody uses up another's.
pub(super) fn answered(change: &mut Change<'_>, answer: &Answer, account: AccountId) -> Result<bool, Stop> {
    credentials::count_passkey_answer(change, account)?;
    let expires_at = change.now() + Span::from_mins(change.settings().protection.approval_minutes) + GRACE;
    let (id, state) = (answer.challenge(), String::new());
    Ok(change.rows().ceremony_insert(&Ceremony { id, account: None, purpose: Purpose::SignIn, state, expires_at })?)
}

/// Begins a proof by one of the passkeys of an account, for this purpose.
pub(crate) fn start_proof(change: &mut Change<'_>, account: AccountId, purpose: Purpose) -> Result<Started, Stop> {
    let account = change.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let awake = second_factors::awake(&mut change.view(), &account)?;
    let theirs = opened(change, &awake)?;
    if theirs.is_empty() {
        return Err(Refusal::NoSuchThing.into());
    }
    let (options, state) = Party::of(change.settings())?.start_proving(&theirs)?;
    begin(change, account.id, purpose, options, state)
}

/// Begins a proof beside the mailbox, for a new password by this reset link. Whoever reads the mailbox may ask, so it is
/// counted for their network.
pub(crate) fn start_reset(change: &mut Change<'_>, account: AccountId, link: LinkId) -> Result<Started, Stop> {
    credentials::count_ceremony_from(change, change.actor().origin.ip)?;
    start_proof(change, account, Purpose::Reset { link })
}

/// The passkeys of an account that work.
pub(super) fn kept(change: &mut Change<'_>, account: AccountId) -> Result<Vec<Kept>, Stop> {
    let factors = second_factors::list(&mut change.view(), account)?;
    opened(change, &factors)
}

fn opened(change: &Change<'_>, factors: &[Factor]) -> Result<Vec<Kept>, Stop> {
    let passkeys = factors.iter().filter(|factor| factor.kind == FactorKind::Passkey);
    Ok(passkeys.map(|factor| open(change.keys(), factor)).collect::<Result<_, _>>()?)
}

/// A new ceremony. Five minutes: as long as a proof is good for.
pub(super) fn begin(
    change: &mut Change<'_>,
    account: AccountId,
    purpose: Purpose,
    options: Value,
    state: String,
) -> Result<Started, Stop> {
    let id = party::digest_of_challenge(&options);
    let expires_at = change.now() + Span::from_mins(change.settings().protection.approval_minutes);
    change.rows().ceremony_insert(&Ceremony { id, account: Some(account), purpose, state, expires_at })?;
    Ok(Started { options, expires_at })
}

/// Forgets ceremonies that are over.
pub fn forget_ceremonies(app: &App) -> Result<Tally, Stop> {
    let forgotten = app.change(&Actor::chore(), |change| {
        let now = change.now();
        Ok(change.rows().ceremonies_forget(now)?)
    });
    Ok(Tally { done: forgotten.wait()?, more: false })
}
