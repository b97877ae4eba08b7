//! Checking a code: counted in one change, compared outside, concluded in another.

use crate::accounts::{self, Account};
use crate::activity::{Actor, Event};
use crate::app::App;
use crate::approvals::Given;
use crate::change::Change;
use crate::clock::Time;
use crate::ids::{AccountId, FactorId};
use crate::protections::{Method, Proof};
use crate::refusal::{Refusal, Stop};
use crate::second_factors::limits::{self, Decision, Try};
use crate::second_factors::{self, Factor, FactorKind, authenticator, open_seed, recovery};
use crate::secrets::Keys;

/// How a code proves.
fn method(given: &Given) -> Method {
    match given {
        Given::Password(_) => Method::Password,
        Given::Code(_) => Method::App,
        Given::RecoveryCode(_) => Method::RecoveryCode,
        Given::Passkey(_) => Method::Passkey,
    }
}

/// A code as it is compared; what cannot be one is refused and not counted, for it was no guess.
pub(crate) fn tidy(given: &Given) -> Result<Given, Refusal> {
    match given {
        Given::Code(typed) => authenticator::tidy_code(typed).map(Given::Code).ok_or(Refusal::CodeUnfit),
        Given::RecoveryCode(typed) => recovery::tidy(typed).map(Given::RecoveryCode).ok_or(Refusal::CodeUnfit),
        Given::Password(_) | Given::Passkey(_) => Err(Refusal::ProofMissing),
    }
}

/// Checks a code of an account, in the bucket of a known device (its id) or of all unknown browsers (nothing). A right one
/// is used up; a wrong one is counted and told.
pub async fn verify(app: &App, actor: &Actor, account: AccountId, part: &[u8], given: &Given) -> Result<Proof, Stop> {
    let looked = look(app, actor, account, part, given).await?;
    let proof = app.change(actor, move |change| {
        let account = accounts::lock(change, account)?;
        use_up(change, &account, &looked)
    });
    Ok(proof.await?.ok_or(Refusal::WrongCode)?)
}

/// A code that was counted and compared. It is used up in the change that it is for, so that of many right ones at once
/// for one thing no more than one is.
#[derive(Clone)]
pub(crate) struct Looked {
    begun: Begun,
    found: Found,
}

/// Counts a code of an account and compares it.
pub(crate) async fn look(
    app: &App,
    actor: &Actor,
    account: AccountId,
    part: &[u8],
    given: &Given,
) -> Result<Looked, Stop> {
    let (given, part) = (tidy(given)?, part.to_vec());
    let begun = app
        .change(actor, move |change| {
            let account = change.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
            begin(change, &account, &part, &given)
        })
        .await?;
    let found = compare(app.keys(), &begun, app.clock().now())?;
    Ok(Looked { begun, found })
}

/// What a code proves on an account that is held: used up by this if it is right, and else nothing but its trace.
pub(crate) fn use_up(change: &mut Change<'_>, account: &Account, looked: &Looked) -> Result<Option<Proof>, Stop> {
    if account.epoch != looked.begun.epoch {
        // Somebody changed a credential in between: what is being proved for is void.
        return Err(Refusal::NotSignedIn.into());
    }
    conclude(change, &looked.begun, looked.found)
}

/// A code that was counted and may be looked at.
#[derive(Clone)]
pub(crate) struct Begun {
    pub(crate) account: AccountId,
    pub(crate) epoch: i64,
    given: Given,
    factors: Vec<Factor>,
    counted: Counted,
}

/// A try that was counted.
#[derive(Clone)]
pub(crate) struct Counted {
    bucket: [u8; 32],
    tried: Try,
    /// How many of its kind there were within a day, this one included.
    pub(crate) failures: i64,
}

/// The first change: counts, and loads what the code is compared with.
pub(crate) fn begin(change: &mut Change<'_>, account: &Account, part: &[u8], given: &Given) -> Result<Begun, Stop> {
    let counted = count(change, account.id, part, method(given))?;
    let mut factors = second_factors::awake(&mut change.view(), account)?;
    factors.retain(|factor| factor.kind.method() == method(given));
    Ok(Begun { account: account.id, epoch: account.epoch, given: given.clone(), factors, counted })
}

/// Counts a code before it is looked at, or refuses it.
pub(crate) fn count(change: &mut Change<'_>, account: AccountId, part: &[u8], by: Method) -> Result<Counted, Stop> {
    let bucket = change.keys().bucket("second factor", account.as_bytes(), part);
    let (before, now) = (change.rows().factor_tries_lock(&bucket)?, change.now());
    match limits::attempt(&before, by, now, &change.settings().guess) {
        Decision::Wait { until } => Err(Refusal::TooManyTries { until }.into()),
        Decision::Look { tries, failures } => {
            change.rows().factor_tries_set(&bucket, &tries, now)?;
            Ok(Counted { bucket, tried: Try { at: now, by }, failures })
        }
    }
}

/// Takes back a try that turned out right.
pub(crate) fn take_back(change: &mut Change<'_>, counted: &Counted) -> Result<(), Stop> {
    let (tries, now) = (change.rows().factor_tries_lock(&counted.bucket)?, change.now());
    let kept = limits::take_back(&tries, counted.tried);
    Ok(change.rows().factor_tries_set(&counted.bucket, &kept, now)?)
}

/// What a comparison found: an app and the step of its code.
pub(crate) type Found = Option<(FactorId, i64)>;

/// Compares a code of an authenticator app with every app of the account. A recovery code is compared by the statement that
/// uses it up.
pub(crate) fn compare(keys: &Keys, begun: &Begun, now: Time) -> Result<Found, Stop> {
    let Given::Code(code) = &begun.given else { return Ok(None) };
    let mut found = None;
    for factor in begun.factors.iter().filter(|factor| factor.kind == FactorKind::App) {
        let seed = open_seed(keys, factor, None)?;
        found = found.or(seed.step_of(code, now, factor.step).map(|step| (factor.id, step)));
    }
    Ok(found)
}

/// The second change, on an account that is held: the proof for a right code, used up by this; for a wrong one nothing but
/// its trace.
pub(crate) fn conclude(change: &mut Change<'_>, begun: &Begun, found: Found) -> Result<Option<Proof>, Stop> {
    let (account, now) = (begun.account, change.now());
    let used = match &begun.given {
        // Of two at once with one code, one was first.
        Given::Code(_) => match found {
            Some((factor, step)) if change.rows().factor_accept_step(account, factor, step, now)? => Some(factor),
            _ => None,
        },
        // A code of a set that sleeps is not used up.
        Given::RecoveryCode(_) if begun.factors.is_empty() => None,
        Given::RecoveryCode(tidy) => change.rows().recovery_code_use(account, &recovery::digest(tidy), now)?,
        Given::Password(_) | Given::Passkey(_) => None,
    };
    let method = method(&begun.given);
    let used = used.and_then(|used| begun.factors.iter().find(|factor| factor.id == used));
    let Some(used) = used else {
        let failures = begun.counted.failures;
        change.record(account, &Event::SecondFactorFailed { method: method.code().to_owned(), failures })?;
        return Ok(None);
    };
    take_back(change, &begun.counted)?;
    if used.kind == FactorKind::RecoveryCodes {
        change.rows().factor_used(account, used.id, &used.sealed, now)?;
        let left = change.rows().recovery_codes_left(account, used.id)?;
        change.record(account, &Event::RecoveryCodeUsed { left })?;
    }
    Ok(Some(Proof { method, factor: Some(used.id), since: used.added_at }))
}
