//! Getting back in without the password: by the mailbox and, where the account has one, a second proof.

use crate::accounts::{self, Account, EmailAddress};
use crate::activity::{Actor, EndedBy, Event};
use crate::app::App;
use crate::approvals::Given;
use crate::change::{Change, View};
use crate::credentials::{self, Beside, Changed, Lane, MailCause, Phc, Place, Weakness, normalize};
use crate::ids::AccountId;
use crate::links::{self, Link, Purpose};
use crate::protections::{self, Carried, Method, Proof, Sensitive};
use crate::refusal::{Refusal, Stop};
use crate::second_factors::{self, passkeys};
use crate::secrets::SecretText;
use crate::sessions;

/// What a hold is called that a reset begins.
const CAUSE: &str = "reset";

/// Mails the link for a new password to the owner of an address. The answer and the work are the same for an address
/// nobody has an account with. Answers the secret for the browser that asked: only there does the link work.
///
/// Whoever sits at a browser the account knows or knew has letters of their own to use up, and so has each network, so that
/// strangers who ask for many never keep the owner from theirs.
pub async fn ask_reset(app: &App, actor: &Actor, email: &str, devices: &[SecretText]) -> Result<SecretText, Stop> {
    let email = EmailAddress::parse(email)?;
    let devices: Vec<[u8; 32]> = devices.iter().take(8).map(SecretText::digest).collect();
    let browser = SecretText::random(app.entropy());
    let digest = browser.digest();
    app.change(actor, move |change| ask_now(change, &email, &devices, digest)).await?;
    Ok(browser)
}

fn ask_now(change: &mut Change<'_>, email: &EmailAddress, devices: &[[u8; 32]], browser: [u8; 32]) -> Result<(), Stop> {
    let now = change.now();
    let account = change.rows().account_by_email(&email.key())?;
    let device = match &account {
        Some(account) => sessions::browser_of(change, account.id, devices)?,
        None => None,
    };
    let place = Place::of(change, device.as_ref());
    if place.strange() {
        credentials::count_reset_from(change, change.actor().origin.ip)?;
    }
    credentials::count_mail(change, email, MailCause::Reset, &place)?;
    let Some(account) = account else { return Ok(()) };
    let expires_at = now + change.settings().link.reset();
    let link = links::make(change, account.id, Purpose::Reset { browser }, expires_at)?;
    change.record_with_link(account.id, &Event::ResetAsked, Some(link)).map(drop)
}

/// What the page of a reset link may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetShown {
    /// The address of the account.
    pub email: String,
    /// The second proofs of which one is asked for as well, the strongest first; none where the account has none.
    pub second: Vec<Method>,
    /// Whether only passkeys open the account: then there is no password to choose.
    pub passkey_only: bool,
}

/// What a reset link asks for, in the browser that asked for it.
pub fn reset_shown(view: &mut View<'_>, secret: &SecretText, browser: Option<&SecretText>) -> Result<ResetShown, Stop> {
    let shown = links::show(view, secret, browser)?;
    let Purpose::Reset { .. } = shown.link.purpose else { return Err(Refusal::LinkSpent.into()) };
    if !shown.grantable {
        return Err(Refusal::LinkForOtherBrowser.into());
    }
    Ok(ResetShown {
        second: second_proofs(view, &shown.account)?,
        passkey_only: passkeys_alone(view, &shown.account)?,
        email: shown.account.email,
    })
}

/// The second proofs an account has, if it has a second factor that signing in asks for.
fn second_proofs(view: &mut View<'_>, account: &Account) -> Result<Vec<Method>, Stop> {
    let standing = protections::standing(view, account)?;
    let methods =
        if standing.has_second_factor() { standing.methods(protections::Needs::OneProof) } else { Vec::new() };
    Ok(methods)
}

/// Begins the proof by passkey for a new password, in the browser that asked for the link.
pub fn start_reset_passkey(
    change: &mut Change<'_>,
    secret: &SecretText,
    browser: Option<&SecretText>,
) -> Result<passkeys::Started, Stop> {
    if reset_shown(&mut change.view(), secret, browser)?.passkey_only {
        return Err(Refusal::PasskeyOnly.into());
    }
    let link = links::open(change, secret)?;
    passkeys::start_reset(change, link.account, link.id)
}

fn passkeys_alone(view: &mut View<'_>, account: &Account) -> Result<bool, Stop> {
    Ok(protections::standing(view, account)?.passkeys_alone())
}

/// Sets a new password by a reset link, in the browser that asked for it, with a second proof where the account has one.
///
/// Whoever did it may be a thief with the mailbox: every session ends, every browser is forgotten, and for the time of the
/// hold money leaves for no young address and the new password weakens nothing. A frozen account stays frozen.
pub async fn reset(
    app: &App,
    actor: &Actor,
    (link, browser): (&SecretText, Option<&SecretText>),
    new: &str,
    second: Option<Given>,
) -> Result<Changed, Stop> {
    let (secret, browser) = (link.clone(), browser.cloned());
    let begun = app.view(move |view| begin(view, &secret, browser.as_ref())).await?;
    let new = normalize(new);
    let beside = Beside { email: Some(&begun.account.email), second_factor: begun.needs_second, by_link: true };
    let mut weaknesses = app.hashing().judge(Lane::First, &new, &beside).await?.weaknesses;
    if weaknesses.is_empty() && app.hashing().any_of(&new, begun.remembered.clone()).await? {
        weaknesses.push(Weakness::UsedBefore);
    }
    if !weaknesses.is_empty() {
        return Err(Refusal::PasswordUnfit(weaknesses).into());
    }
    let phc = app.hashing().hash(&new).await?;
    // Last of all, because a code that was right is used up by it.
    let second = match second {
        Some(Given::Passkey(credential)) if begun.needs_second => {
            let purpose = passkeys::Purpose::Reset { link: begun.link.id };
            Second::Proof(passkeys::prove(app, actor, (purpose, begun.account.id), &credential).await?)
        }
        Some(given) if begun.needs_second => {
            Second::Code(second_factors::look(app, actor, begun.account.id, BUCKET, &given).await?)
        }
        _ => Second::None,
    };
    let changed = app.change(actor, move |change| finish(change, &begun, &phc, &second));
    Ok(changed.await?.ok_or(Refusal::WrongCode)?)
}

/// Codes of whoever came by a mailed link are counted apart: a thief who has the password uses none of them up.
const BUCKET: &[u8] = b"reset";

/// What was given beside the mailbox, once it was compared.
#[derive(Clone)]
enum Second {
    /// Nothing.
    None,
    /// Something right.
    Proof(Proof),
    /// A code, which is used up with the link.
    Code(second_factors::Looked),
}

struct Begun {
    account: Account,
    link: Link,
    remembered: Vec<Phc>,
    needs_second: bool,
}

fn begin(view: &mut View<'_>, secret: &SecretText, browser: Option<&SecretText>) -> Result<Begun, Stop> {
    let ResetShown { second, passkey_only, .. } = reset_shown(view, secret, browser)?;
    if passkey_only {
        return Err(Refusal::PasskeyOnly.into());
    }
    let links::Shown { account, link, .. } = links::show(view, secret, browser)?;
    let keep = i64::try_from(view.settings().password.remembered).unwrap_or(i64::MAX);
    let remembered = view.rows().passwords_newest(account.id, keep)?;
    Ok(Begun { account, link, remembered, needs_second: !second.is_empty() })
}

fn finish(change: &mut Change<'_>, begun: &Begun, phc: &Phc, given: &Second) -> Result<Option<Changed>, Stop> {
    let account = accounts::lock(change, begun.account.id)?;
    if account.epoch != begun.account.epoch {
        // Another link was quicker, or this one was.
        return Err(Refusal::LinkSpent.into());
    }
    if passkeys_alone(&mut change.view(), &account)? {
        return Err(Refusal::PasskeyOnly.into());
    }
    // Looked at again: a second factor may have come while the password was weighed.
    let second = second_proofs(&mut change.view(), &account)?;
    let proof = match given {
        Second::None => None,
        Second::Proof(proof) => Some(*proof),
        Second::Code(looked) => match second_factors::use_up(change, &account, looked)? {
            Some(proof) => Some(proof),
            None => return Ok(None),
        },
    };
    if !second.is_empty() && !proof.is_some_and(|proof| second.contains(&proof.method)) {
        return Err(Refusal::ProofMissing.into());
    }
    links::take(change, &begun.link)?;
    let now = change.now();
    // Young: what a mailbox alone may have set proves nothing that weakens the account until the hold is over.
    change.rows().password_insert(account.id, phc, now, now)?;
    let keep = i64::try_from(change.settings().password.remembered).unwrap_or(i64::MAX);
    change.rows().passwords_forget(account.id, keep)?;
    protections::raise_epoch(change, account.id)?;
    let sessions_ended = sessions::end_all(change, account.id, None, EndedBy::Reset)?;
    change.record(account.id, &Event::PasswordReset { sessions_ended })?;
    protections::hold(change, account.id, CAUSE)?;
    Ok(Some(Changed { sessions_ended }))
}

/// Begins the wait after which the second factors are taken off, by a reset link: its mailbox was proved. It is no way in
/// by itself: the password has still to be known or reset. Asked for again it answers with what runs.
pub fn lose_factors_by_link(
    change: &mut Change<'_>,
    secret: &SecretText,
    browser: Option<&SecretText>,
) -> Result<(AccountId, Carried), Stop> {
    let link = links::open(change, secret)?;
    reset_shown(&mut change.view(), secret, browser)?;
    let account = accounts::lock(change, link.account)?;
    let proof = Proof { method: Method::Mailbox, factor: None, since: account.opened_at };
    let carried = protections::carry_out(change, &account, &Sensitive::LoseFactors, &[proof])?;
    Ok((account.id, carried))
}
