//! Links in letters. Opening one shows a page and changes nothing; acting needs a POST.

mod model;
mod rows;

pub use model::{Link, Purpose};
pub use rows::{Reads, Writes};

use crate::accounts::{self, Account, EmailChange};
use crate::change::{Change, View};
use crate::clock::Time;
use crate::ids::{AccountId, LinkId};
use crate::protections::{self, Timer, TimerEnd};
use crate::refusal::{Refusal, Stop};
use crate::secrets::SecretText;
use crate::sessions::{self, Pending};

/// What a page may show of a link before anybody acts.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The link.
    pub link: Link,
    /// Its account.
    pub account: Account,
    /// The waiting sign-in of a [`Purpose::NewDevice`] link.
    pub pending: Option<Pending>,
    /// The change that a [`Purpose::Cancel`] link stops, and how it ended if it did.
    pub timer: Option<(Timer, Option<TimerEnd>)>,
    /// The change of the address of a [`Purpose::ConfirmEmail`] or [`Purpose::UndoEmail`] link, and of a
    /// [`Purpose::FreezeOrUndo`] link as long as it can be undone.
    pub email: Option<EmailChange>,
    /// Whether the browser that looks is the one that asked.
    pub same_browser: bool,
    /// Whether what the link grants can still be had here: the same browser, and still waiting.
    pub grantable: bool,
}

/// What a link would do: for the page that it opens. A used, expired or invented link is refused, all alike, except
/// that what protects (freeze, deny) still shows after it was used.
pub fn show(view: &mut View<'_>, secret: &SecretText, browser: Option<&SecretText>) -> Result<Shown, Stop> {
    let id = view.keys().link_opened_by(secret).ok_or(Refusal::LinkSpent)?;
    let link = view.rows().link_by_id(id)?.ok_or(Refusal::LinkSpent)?;
    let account = view.rows().account_by_id(link.account)?.ok_or(Refusal::LinkSpent)?;
    let void = link.purpose.grants() && (link.epoch != account.epoch || link.used_at.is_some());
    if link.expires_at <= view.now() || void {
        return Err(Refusal::LinkSpent.into());
    }
    let browser = browser.map(SecretText::digest);
    let mut shown =
        Shown { account, pending: None, timer: None, email: None, same_browser: false, grantable: false, link };
    match shown.link.purpose {
        Purpose::ConfirmAddress { browser: asked_in } | Purpose::Reset { browser: asked_in } => {
            shown.same_browser = browser == Some(asked_in);
            shown.grantable = shown.same_browser;
        }
        Purpose::NewDevice { pending } => {
            let pending = sessions::pending(view, shown.account.id, pending)?;
            shown.same_browser = browser == Some(pending.secret_digest);
            shown.grantable = shown.same_browser && pending.waits(view.now(), shown.account.epoch);
            shown.pending = Some(pending);
        }
        Purpose::Cancel { timer } => shown.timer = protections::present(view, shown.account.id, timer)?,
        Purpose::ConfirmEmail { change } => {
            let asked = view.rows().email_change_by_id(shown.account.id, change)?;
            // One that was stopped confirms nothing any more.
            shown.email = Some(asked.filter(|asked| asked.expires_at > view.now()).ok_or(Refusal::LinkSpent)?);
        }
        Purpose::UndoEmail { change } => {
            let undo = accounts::undo_shown(view, shown.account.id, change)?;
            // The link lives longer than what it does.
            shown.link.expires_at = undo.undo_until.unwrap_or(shown.link.expires_at).min(shown.link.expires_at);
            shown.email = Some(undo);
        }
        Purpose::FreezeOrUndo { change } => {
            shown.email = match accounts::undo_shown(view, shown.account.id, change) {
                // It freezes for longer than it undoes.
                Err(Stop::Refused(Refusal::LinkSpent)) => None,
                undo => Some(undo?),
            };
        }
        Purpose::Freeze => {}
    }
    Ok(shown)
}

/// A new link for an account, in its present epoch.
pub(crate) fn make(
    change: &mut Change<'_>,
    account: AccountId,
    purpose: Purpose,
    expires_at: Time,
) -> Result<LinkId, Stop> {
    let epoch = change.rows().account_by_id(account)?.map_or(0, |account| account.epoch);
    let id = LinkId::new(change.now(), change.entropy());
    let link = Link { id, account, purpose, epoch, made_at: change.now(), expires_at, used_at: None };
    change.rows().link_insert(&link)?;
    Ok(id)
}

/// The link that a presented secret opens. Not yet taken: two may hold it at once.
pub(crate) fn open(change: &mut Change<'_>, secret: &SecretText) -> Result<Link, Stop> {
    let id = change.keys().link_opened_by(secret).ok_or(Refusal::LinkSpent)?;
    let link = change.rows().link_by_id(id)?.ok_or(Refusal::LinkSpent)?;
    change.about(link.account);
    if link.expires_at <= change.now() {
        return Err(Refusal::LinkSpent.into());
    }
    Ok(link)
}

/// Uses a link up, or refuses: one statement decides, so of fifty at once one gets it.
pub(crate) fn take(change: &mut Change<'_>, link: &Link) -> Result<(), Stop> {
    let now = change.now();
    let epoch = link.purpose.grants().then_some(link.epoch);
    if change.rows().link_use(link.account, link.id, epoch, now)? { Ok(()) } else { Err(Refusal::LinkSpent.into()) }
}
