//! Another e-mail address: asked for with a proof, confirmed from the new mailbox, undone from the old one.

use crate::accounts::{self, Account, EmailAddress};
use crate::activity::{EndedBy, Event};
use crate::change::{Change, View};
use crate::clock::{Span, Time};
use crate::credentials::{self, MailCause, Place};
use crate::ids::{AccountId, EmailChangeId};
use crate::links::{self, Purpose};
use crate::protections::{self, FreezeCause, Sensitive, TimerEnd};
use crate::refusal::{Refusal, Stop};
use crate::secrets::SecretText;
use crate::sessions;
use crate::settings::ProtectionRules;

/// A change of an account's address, from asking to undoing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailChange {
    /// Its id.
    pub id: EmailChangeId,
    /// Whose address.
    pub account: AccountId,
    /// The address before.
    pub old: String,
    /// The address after.
    pub new: String,
    /// When it was asked for.
    pub asked_at: Time,
    /// The epoch it was asked for in: a later change of credentials voids it.
    pub asked_epoch: i64,
    /// What the browser that asked is known by: only there does the new mailbox's link confirm.
    pub browser: [u8; 32],
    /// Until when it can be confirmed.
    pub expires_at: Time,
    /// When the new mailbox confirmed it.
    pub done_at: Option<Time>,
    /// Its place among the changes that were confirmed: the epoch it was confirmed in.
    pub done_epoch: Option<i64>,
    /// Until when the old mailbox can undo it; none where it never could.
    pub undo_until: Option<Time>,
    /// When it was undone.
    pub undone_at: Option<Time>,
}

impl EmailChange {
    /// Whether the old mailbox can undo it.
    pub fn undoable(&self, now: Time) -> bool {
        self.undone_at.is_none() && self.undo_until.is_some_and(|until| until > now)
    }

    /// Until when the address that an undo of it removed may freeze by what it hears: long enough for its owner to stop a
    /// slow thaw more than once, and not for ever, because it may be a thief's.
    pub fn removed_freezes_until(&self, rules: &ProtectionRules) -> Option<Time> {
        Some(self.undone_at? + Span::from_hours(24 * 2 * rules.thaw_slow_days))
    }
}

/// Asks the new mailbox. Nothing changes until its link is opened in the browser that asked; the present mailbox is told.
/// An address that has an account gets the same answer, and its owner is told instead.
pub(crate) fn ask_change(change: &mut Change<'_>, account: &Account, new: &str) -> Result<(), Stop> {
    let new = EmailAddress::parse(new)?;
    if new.key() == account.email.to_ascii_lowercase() {
        return Err(Refusal::NothingToDo.into());
    }
    credentials::count_mail(change, &new, MailCause::Change, &Place::of(change, None))?;
    credentials::count_change(change, account.id)?;
    let session = change.actor().who.session().ok_or(Refusal::NotSignedIn)?;
    let browser = change.rows().session_browser(account.id, session)?.ok_or(Refusal::NotSignedIn)?;
    let now = change.now();
    let asked = EmailChange {
        id: EmailChangeId::new(now, change.entropy()),
        account: account.id,
        old: account.email.clone(),
        new: new.as_str().to_owned(),
        asked_at: now,
        asked_epoch: account.epoch,
        browser,
        expires_at: now + change.settings().link.confirm_address(),
        done_at: None,
        done_epoch: None,
        undo_until: None,
        undone_at: None,
    };
    change.rows().email_change_insert(&asked)?;
    let event = Event::EmailChangeAsked { new: asked.new.clone() };
    if let Some(owner) = change.rows().account_by_email(&new.key())? {
        change.record(owner.id, &Event::AddressWanted)?;
        return change.record(account.id, &event);
    }
    let link = links::make(change, account.id, Purpose::ConfirmEmail { change: asked.id }, asked.expires_at)?;
    change.record_with_link(account.id, &event, Some(link)).map(drop)
}

/// The changes of an account's address that wait for their new mailbox, the oldest first. One to an address that belongs
/// to somebody else stands there too, or asking would tell who is a customer.
pub fn changes_waiting(view: &mut View<'_>, account: AccountId) -> Result<Vec<EmailChange>, Stop> {
    let now = view.now();
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    Ok(view.rows().email_changes_waiting(account.id, account.epoch, now)?)
}

/// Stops every change of the address that waits for its new mailbox. Works while the account is frozen or its settings
/// are locked; stopping what is stopped succeeds.
pub fn stop_changes(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    let account = accounts::lock(change, account)?;
    let waiting = changes_waiting(&mut change.view(), account.id)?;
    let now = change.now();
    if change.rows().email_changes_stop(account.id, account.epoch, now)? == 0 {
        return Ok(());
    }
    for stopped in waiting {
        change.record(account.id, &Event::EmailChangeStopped { new: stopped.new })?;
    }
    Ok(())
}

/// Confirms the new address, in the browser that asked. Whoever is signed in there stays so, with the fresh secret whose
/// digest is given; every other session ends. Answers whether a session was kept.
pub fn confirm_change(
    change: &mut Change<'_>,
    secret: &SecretText,
    devices: &[SecretText],
    fresh: &[u8; 32],
) -> Result<bool, Stop> {
    let link = links::open(change, secret)?;
    let Purpose::ConfirmEmail { change: id } = link.purpose else { return Err(Refusal::LinkSpent.into()) };
    let account = accounts::lock(change, link.account)?;
    let asked = change.rows().email_change_by_id(account.id, id)?.ok_or(Refusal::LinkSpent)?;
    if !devices.iter().any(|device| device.digest() == asked.browser) {
        return Err(Refusal::LinkForOtherBrowser.into());
    }
    // The settings may have been locked since it was proved.
    let standing = protections::standing(&mut change.view(), &account)?;
    standing.admits(&Sensitive::ChangeEmail { new: asked.new.clone() }, &change.settings().protection)?;
    links::take(change, &link)?;
    let (now, new) = (change.now(), EmailAddress::parse(&asked.new)?);
    // The undo runs once its mailbox was told; until then its end is that of one which cannot be told.
    let rules = &change.settings().protection;
    let untold = now + Span::from_hours(rules.undo_hours.max(24 * rules.untold_days));
    let back = moved_back_to(change, account.id, &new)?;
    let undo_until = if back.is_some() { None } else { Some(untold) };
    let done = EmailChange { done_epoch: Some(account.epoch), undo_until, ..asked.clone() };
    if !change.rows().email_change_done(&done, now)?
        || !change.rows().account_set_email(account.id, new.as_str(), &new.key(), now)?
    {
        // Another account took the address in between, or may get it back.
        return Err(Refusal::LinkSpent.into());
    }
    protections::raise_epoch(change, account.id)?;
    let here = change.actor().who.session();
    sessions::end_granted(change, account.id, here, EndedBy::EmailChange)?;
    let kept = match here {
        Some(here) => change.rows().session_renew(account.id, here, fresh, account.epoch + 1)?,
        None => false,
    };
    if let Some(first) = &back {
        change.rows().email_changes_end_undo(account.id, first.done_epoch.unwrap_or(account.epoch), now)?;
    }
    let event = Event::EmailChanged { old: asked.old, new: asked.new, back: back.is_some() };
    let sequence = change.record_with_link(account.id, &event, None)?;
    change.rows().email_change_told_by(account.id, id, sequence)?;
    protections::hold(change, account.id, Sensitive::ChangeEmail { new: String::new() }.rule().code)?;
    Ok(kept)
}

/// The change that is taken back by moving to this address, if one is that its mailbox can undo. Nobody undoes that: an
/// owner who moves back from a thief's mailbox would leave it the right to take the account again.
fn moved_back_to(change: &mut Change<'_>, account: AccountId, new: &EmailAddress) -> Result<Option<EmailChange>, Stop> {
    let now = change.now();
    let undoable = change.rows().email_changes_undoable(account, now)?;
    Ok(undoable.into_iter().find(|earlier| earlier.old.to_ascii_lowercase() == new.key()))
}

/// What the page of an undo link may show: the address that comes back.
pub fn undo_shown(view: &mut View<'_>, account: AccountId, id: EmailChangeId) -> Result<EmailChange, Stop> {
    let now = view.now();
    let done = view.rows().email_change_by_id(account, id)?.ok_or(Refusal::LinkSpent)?;
    if done.undoable(now) { Ok(done) } else { Err(Refusal::LinkSpent.into()) }
}

/// Undoes a change of the address from the old mailbox, and every change after it, so that nobody escapes this by
/// changing it twice. Everything ends, every browser is forgotten, what was asked for since stops, and the account is
/// frozen. Answers the address that is back.
pub fn undo_change(change: &mut Change<'_>, secret: &SecretText) -> Result<String, Stop> {
    let link = links::open(change, secret)?;
    let (Purpose::UndoEmail { change: id } | Purpose::FreezeOrUndo { change: id }) = link.purpose else {
        return Err(Refusal::LinkSpent.into());
    };
    let account = accounts::lock(change, link.account)?;
    let undone = undo_shown(&mut change.view(), account.id, id)?;
    let (now, from) = (change.now(), undone.done_epoch.unwrap_or(account.epoch));
    if change.rows().email_changes_undo(account.id, from, now)? == 0 {
        return Err(Refusal::LinkSpent.into());
    }
    let old = EmailAddress::parse(&undone.old)?;
    if !change.rows().account_set_email(account.id, old.as_str(), &old.key(), now)? {
        // It was kept for this account all the time.
        return Err(crate::refusal::Fault::broken("an address that can come back was given away").into());
    }
    stop_since(change, account.id, undone.done_at.unwrap_or(now))?;
    protections::raise_epoch(change, account.id)?;
    sessions::end_all(change, account.id, None, EndedBy::EmailChange)?;
    let mut removed: Vec<String> = Vec::new();
    for gone in change.rows().email_changes_undone(account.id, now)? {
        if gone.new != undone.old && !removed.contains(&gone.new) {
            removed.push(gone.new);
        }
    }
    change.record(account.id, &Event::EmailUndone { restored: undone.old.clone(), removed })?;
    protections::freeze(change, account.id, FreezeCause::Undo)?;
    Ok(undone.old)
}

/// Stops what was asked for since then, also what gets somebody back in without a second factor: the mailbox that proved
/// it may have been the thief's.
fn stop_since(change: &mut Change<'_>, account: AccountId, since: Time) -> Result<(), Stop> {
    for timer in protections::timers(&mut change.view(), account)? {
        if timer.asked_at >= since {
            protections::end_timer(change, &timer, TimerEnd::Frozen)?;
        }
    }
    Ok(())
}
