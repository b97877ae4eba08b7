//! The second step of signing in: the password was right, and a second proof is asked for.

use crate::accounts::{self, Account};
use crate::activity::Actor;
use crate::app::App;
use crate::approvals::Given;
use crate::change::{Change, View};
use crate::clock::Time;
use crate::credentials::Place;
use crate::ids::AccountId;
use crate::protections::{self, Carried, Method, Proof, Sensitive};
use crate::refusal::{Refusal, Stop};
use crate::second_factors::{self, SecondProof};
use crate::secrets::SecretText;
use crate::sessions::by_sms::{BySms, by_sms};
use crate::sessions::sign_in::{self, Proved};
use crate::sessions::{Pending, SignInOutcome, places};

/// What a page may show of a sign-in that asks for its second proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondStep {
    /// The address that was typed.
    pub email: String,
    /// How it can be proved, the strongest first.
    pub methods: Vec<Method>,
    /// The phone that gets a code, where it can be proved by one.
    pub sms: Option<BySms>,
    /// Until when.
    pub until: Time,
}

/// The second step that a browser is at, if it is at one.
pub fn second_step(view: &mut View<'_>, secret: &SecretText) -> Result<SecondStep, Stop> {
    let pending = view.rows().pending_by_secret(&secret.digest())?.ok_or(Refusal::SignInOver)?;
    let account = view.rows().account_by_id(pending.account)?.ok_or(Refusal::SignInOver)?;
    if !pending.asks_factor(view.now(), account.epoch) {
        return Err(Refusal::SignInOver.into());
    }
    // Where nothing can prove it any more, such as codes that the operator no longer sends, it has to begin again.
    let SecondProof::OneOf(methods) = second_factors::second_proof(view, &account)? else {
        return Err(Refusal::SignInOver.into());
    };
    let sms = if methods.contains(&Method::Sms) { Some(by_sms(view, &account, pending.id)?) } else { None };
    Ok(SecondStep { email: account.email, methods, sms, until: pending.expires_at })
}

/// Takes the code for a sign-in whose password was right, in the browser that asked. A known device in a usual place is in;
/// otherwise the owner is mailed now, after both proofs.
pub async fn prove_factor(app: &App, actor: &Actor, secret: &SecretText, given: &Given) -> Result<SignInOutcome, Stop> {
    let (given, digest) = (second_factors::tidy(given)?, secret.digest());
    let (pending, begun) = app
        .change(actor, move |change| {
            let (account, pending) = waiting(change, &digest)?;
            let part = pending.device.as_ref().map_or(Vec::new(), |device| device.as_bytes().to_vec());
            Ok((pending, second_factors::begin(change, &account, &part, &given)?))
        })
        .await?;
    let found = second_factors::compare(app.keys(), &begun, app.clock().now())?;
    let browser = secret.clone();
    let outcome = app.change(actor, move |change| {
        let account = accounts::lock(change, begun.account)?;
        if account.epoch != begun.epoch {
            return Err(Refusal::SignInOver.into());
        }
        let Some(proof) = second_factors::conclude(change, &begun, found)? else { return Ok(None) };
        go_on(change, &account, (&pending, &browser), &proof).map(Some)
    });
    Ok(outcome.await?.ok_or(Refusal::WrongCode)?)
}

/// Begins the wait after which the second factors are taken off, for somebody whose password was right. Asked for again it
/// answers with what runs.
pub fn lose_factors(change: &mut Change<'_>, secret: &SecretText) -> Result<(AccountId, Carried), Stop> {
    let pending = change.rows().pending_by_secret(&secret.digest())?.ok_or(Refusal::SignInOver)?;
    let account = accounts::lock(change, pending.account)?;
    if !pending.asks_factor(change.now(), account.epoch) {
        return Err(Refusal::SignInOver.into());
    }
    let since = change.rows().password_since(account.id)?;
    let proof = Proof { method: Method::Password, factor: None, since };
    let carried = protections::carry_out(change, &account, &Sensitive::LoseFactors, &[proof])?;
    Ok((account.id, carried))
}

/// The sign-in that asks for its second proof in the browser with this secret, and its account.
pub(super) fn waiting(change: &mut Change<'_>, digest: &[u8; 32]) -> Result<(Account, Pending), Stop> {
    let pending = change.rows().pending_by_secret(digest)?.ok_or(Refusal::SignInOver)?;
    let account = change.rows().account_by_id(pending.account)?.ok_or(Refusal::SignInOver)?;
    if pending.asks_factor(change.now(), account.epoch) {
        Ok((account, pending))
    } else {
        Err(Refusal::SignInOver.into())
    }
}

/// Goes on with a sign-in whose second proof was right, on an account that is held. One statement decides, so of two at
/// once one goes on.
pub(crate) fn go_on(
    change: &mut Change<'_>,
    account: &Account,
    (pending, browser): (&Pending, &SecretText),
    proof: &Proof,
) -> Result<SignInOutcome, Stop> {
    let now = change.now();
    let device = match pending.device {
        // It may have been forgotten meanwhile; then it is as unknown as any other.
        Some(device) => change.rows().device_by_id(account.id, device)?.filter(|device| device.known(now)),
        None => None,
    };
    let unusual = match &device {
        Some(device) => places::judge(change, account.id, Some(device.id))?,
        None => None,
    };
    let proved = Pending {
        unusual: unusual.clone(),
        factor_proved: Some(proof.method.code().to_owned()),
        expires_at: now + change.settings().link.new_device(),
        device: device.as_ref().map(|device| device.id),
        ..pending.clone()
    };
    if !change.rows().pending_prove(&proved, now)? {
        return Err(Refusal::SignInOver.into());
    }
    let Some(device) = device else {
        sign_in::ask_owner(change, &proved)?;
        return Ok(SignInOutcome::Waiting(browser.clone()));
    };
    if let Some(why) = unusual {
        sign_in::count_letter(change, account, &Place::of(change, Some(&device)))?;
        sign_in::ask_owner(change, &proved)?;
        return Ok(SignInOutcome::Unusual { secret: browser.clone(), why });
    }
    if !change.rows().pending_let_in(account.id, proved.id, account.epoch, now)? {
        return Err(Refusal::SignInOver.into());
    }
    // Whoever began twice here is in; the first beginning is nothing to be told of.
    change.rows().pendings_supersede(account.id, device.id, now)?;
    sign_in::start_on(change, account, &device, &Proved::waited(&proved, None)).map(SignInOutcome::In)
}
