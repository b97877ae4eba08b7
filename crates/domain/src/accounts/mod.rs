//! Accounts: opening one, and confirming its address before anything else works.

mod chores;
mod email;
mod model;
mod rows;
#[cfg(test)]
mod tests;

pub use chores::forget_unconfirmed;
pub(crate) use email::ask_change;
pub use email::{EmailChange, changes_waiting, confirm_change, stop_changes, undo_change, undo_shown};
pub use model::{Account, EmailAddress};
pub use rows::{Reads, Writes};

use crate::activity::{Actor, Event};
use crate::app::App;
use crate::change::Change;
use crate::credentials::{self, Beside, Lane, MailCause, Phc, Place};
use crate::ids::AccountId;
use crate::links::{self, Purpose};
use crate::protections;
use crate::refusal::{Fault, Refusal, Stop};
use crate::secrets::SecretText;
use crate::sessions;

/// Opens an account: judges address and password, hashes, writes, mails. The answer is the same, and as slow, for
/// an address that already has an account; its owner is told instead.
///
/// Answers the secret for the browser that asked: only there can the mailed link confirm the address, so an account
/// opened with somebody else's address never becomes theirs.
pub async fn open(app: &App, actor: &Actor, email: &str, password: &str) -> Result<SecretText, Stop> {
    let opening = prepare(app, actor, email, password).await?;
    open_prepared(app, actor, opening).await
}

/// An account that can be opened: its password is good enough, and hashed. Nothing is written yet.
pub struct Opening {
    email: EmailAddress,
    phc: Phc,
}

/// The first half of [`open`]: judges and hashes. It looks for no account, so its time tells nothing.
pub async fn prepare(app: &App, actor: &Actor, email: &str, password: &str) -> Result<Opening, Stop> {
    let email = EmailAddress::parse(email)?;
    app.change(actor, |change| credentials::count_opening_from(change, change.actor().origin.ip)).await?;
    let password = credentials::normalize(password);
    let beside = Beside { email: Some(email.as_str()), ..Beside::default() };
    let weaknesses = app.hashing().judge(Lane::Later, &password, &beside).await?.weaknesses;
    if !weaknesses.is_empty() {
        return Err(Refusal::PasswordUnfit(weaknesses).into());
    }
    let phc = app.hashing().hash(&password).await?;
    Ok(Opening { email, phc })
}

/// The second half of [`open`]: writes and mails. A free address takes more rows than one that has an account, so a door lets
/// both take the same time.
pub async fn open_prepared(app: &App, actor: &Actor, opening: Opening) -> Result<SecretText, Stop> {
    let Opening { email, phc } = opening;
    let browser = SecretText::random(app.entropy());
    let digest = browser.digest();
    app.change(actor, move |change| open_now(change, &email, &phc, digest)).await?;
    Ok(browser)
}

fn open_now(change: &mut Change<'_>, email: &EmailAddress, phc: &Phc, browser: [u8; 32]) -> Result<(), Stop> {
    credentials::count_mail(change, email, MailCause::Opening, &Place::of(change, None))?;
    if let Some(owner) = change.rows().account_by_email(&email.key())? {
        return change.record(owner.id, &Event::OpeningRepeated);
    }
    let id = AccountId::new(change.now(), change.entropy());
    let words = protections::draw_freeze_words(change.entropy());
    let account = Account {
        id,
        email: email.as_str().to_owned(),
        opened_at: change.now(),
        confirmed_at: None,
        epoch: 0,
        frozen_at: None,
        freeze_words: change.keys().seal_freeze_words(id.as_bytes(), &words, change.entropy()),
        freeze_words_before: None,
        passkey_only: false,
        lock: None,
    };
    change.rows().account_insert(&account, &email.key())?;
    let now = change.now();
    change.rows().password_insert(id, phc, now, now)?;
    let expires_at = now + change.settings().link.confirm_address();
    let link = links::make(change, id, Purpose::ConfirmAddress { browser }, expires_at)?;
    change.record_with_link(id, &Event::AccountOpened, Some(link)).map(drop)
}

/// A confirmed address.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// Whose.
    pub account: AccountId,
    /// What the browser is known by from now on; nothing where the address was confirmed before.
    pub device: Option<SecretText>,
}

/// Confirms the address of an account, in the browser that opened it. Whoever does it holds the password's browser and the
/// mailbox, which is all that a new browser is ever asked for: so it is known from here on. Every other opening with the
/// same address is forgotten, and with it the password that somebody else chose. Confirming what is confirmed succeeds.
pub fn confirm(change: &mut Change<'_>, secret: &SecretText, browser: Option<&SecretText>) -> Result<Confirmed, Stop> {
    let link = links::open(change, secret)?;
    let Purpose::ConfirmAddress { browser: asked_in } = link.purpose else {
        return Err(Refusal::LinkSpent.into());
    };
    if browser.map(SecretText::digest) != Some(asked_in) {
        return Err(Refusal::LinkForOtherBrowser.into());
    }
    let account = change.rows().account_lock(link.account)?.ok_or(Refusal::LinkSpent)?;
    if account.confirmed_at.is_some() {
        return Ok(Confirmed { account: account.id, device: None });
    }
    links::take(change, &link)?;
    let now = change.now();
    let email_key = EmailAddress::parse(&account.email)?.key();
    if !change.rows().account_confirm(account.id, &email_key, now)? {
        // Another account with this address was confirmed in between: there is one account an address.
        return Err(Refusal::LinkSpent.into());
    }
    change.rows().accounts_unconfirmed_forget_like(&email_key)?;
    let (_, device) = sessions::know_browser(change, account.id)?;
    change.record(account.id, &Event::AddressConfirmed)?;
    Ok(Confirmed { account: account.id, device: Some(device) })
}

/// Loads an account that must be there and holds it until the commit; the change is about it from here on.
pub(crate) fn lock(change: &mut Change<'_>, account: AccountId) -> Result<Account, Stop> {
    change.about(account);
    let account = change.rows().account_lock(account)?;
    Ok(account.ok_or_else(|| Fault::broken("a session or link names an account that is not there"))?)
}
