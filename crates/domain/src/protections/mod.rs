//! Stopping everything: the freeze, from any notice, by words, or in Settings. And what weakens a protection, which waits:
//! `policy` is the table that says how long and for whom, `timers` lets it wait, `effects` does it.

mod asleep;
pub(crate) mod effects;
mod model;
mod named;
mod no;
mod policy;
mod proof;
mod restored;
mod rows;
mod sms_codes;
mod standing;
#[cfg(test)]
mod tests;
mod thaw;
mod timers;
mod told;

use diceware_wordlists::Wordlist;
use subtle::ConstantTimeEq;

pub use asleep::{asleep, doubtful};
pub use effects::Effect;
pub use model::{FreezeCause, Frozen, Timer, TimerEnd};
pub use named::{asked_for, named};
pub use policy::{Needs, Rule, Sensitive};
pub use proof::{Method, Proof};
pub use restored::restored;
pub use rows::{Reads, Writes};
pub use sms_codes::SmsCodes;
pub use standing::{Decision, Held, Hold, Lock, No, Standing};
pub use timers::{Carried, Waiting, cancel, cancel_by_link, standing, timers, timers_due};
pub(crate) use timers::{carry_out, end as end_timer, hold, present};
pub use told::Notified;
pub(crate) use told::{came_back, put_off, settled};

use crate::accounts::{self, Account, EmailAddress};
use crate::activity::{Actor, EndedBy, Event, told_at};
use crate::app::App;
use crate::change::{Change, View};
use crate::clock::Time;
use crate::credentials::{self, Counted};
use crate::entropy::{self, Entropy};
use crate::ids::AccountId;
use crate::links::{self, Purpose};
use crate::refusal::{Fault, Refusal, Stop};
use crate::secrets::SecretText;
use crate::sessions;
use crate::support;

/// Freezes an account, ends all its sessions and opens a case. Freezing a frozen account succeeds; it stops a thaw, unless
/// it came by SMS or from a session, and lets the removal of what sleeps go on.
pub fn freeze(change: &mut Change<'_>, account: AccountId, why: FreezeCause) -> Result<Frozen, Stop> {
    change.about(account);
    let now = change.now();
    // One statement decides, so two freezes at once are one freeze.
    let frozen_now = change.rows().account_freeze(account, why, now)?;
    // Also where it was frozen already: whoever freezes again says that the thaw is not theirs. An SMS does not say that,
    // because whoever forges its sender would keep the account frozen; nor does a session, where stopping a thaw takes a
    // proof.
    if frozen_now || !matches!(why, FreezeCause::Reply | FreezeCause::Settings) {
        timers::stop_for_freeze(change, account, !frozen_now)?;
    }
    if !frozen_now {
        return Ok(Frozen::Already);
    }
    // Codes that were renewed shortly before: the newer ones sleep now, and may be a thief's.
    change.rows().recovery_codes_keep(account, now)?;
    let sessions_ended = sessions::end_all(change, account, None, EndedBy::Freeze)?;
    raise_epoch(change, account)?;
    change.record(account, &Event::AccountFrozen { why, sessions_ended })?;
    support::open_case(change, account)?;
    Ok(Frozen::Now { sessions_ended })
}

/// Freezes the account of a notice, by the link in it. It needs no sign-in, and works again on a frozen account.
pub fn freeze_by_link(change: &mut Change<'_>, secret: &SecretText) -> Result<Frozen, Stop> {
    let link = links::open(change, secret)?;
    match link.purpose {
        // The letter about a waiting sign-in and every other notice lead here; only confirming an address does not.
        Purpose::Freeze
        | Purpose::FreezeOrUndo { .. }
        | Purpose::NewDevice { .. }
        | Purpose::Reset { .. }
        | Purpose::Cancel { .. }
        | Purpose::UndoEmail { .. } => {}
        Purpose::ConfirmAddress { .. } | Purpose::ConfirmEmail { .. } => return Err(Refusal::LinkSpent.into()),
    }
    let frozen = freeze(change, link.account, FreezeCause::Link)?;
    // Whoever says so in the letter about a wait means that wait too, also one that a freeze lets go on.
    if let Purpose::Cancel { timer } = link.purpose {
        timers::cancel_if_running(change, link.account, timer)?;
    }
    Ok(frozen)
}

/// Freezes by address and freeze words, without a sign-in. One answer for an unknown address and for wrong words; words
/// that were right are replaced.
pub async fn freeze_by_words(app: &App, actor: &Actor, email: &str, words: &str) -> Result<Frozen, Stop> {
    let email_key = EmailAddress::parse(email).map_or_else(|_| email.to_lowercase(), |email| email.key());
    let (counted, account) = app.change(actor, move |change| count_words(change, &email_key)).await?;
    let words = tidy_words(words);
    let frozen = app.change(actor, move |change| match account {
        Some(account) => compare_words(change, account, &counted, &words),
        None => credentials::touch_attempt(change, &counted).map(|()| None),
    });
    Ok(frozen.await?.ok_or(Refusal::WrongFreezeWords)?)
}

/// Each household has a count of its own: a stranger elsewhere never holds up the owner's brake. Four words are 52 bits,
/// so guessing from everywhere at once leads nowhere either. A household, and a network, tries so often an hour, whatever
/// addresses it names.
fn count_words(change: &mut Change<'_>, email_key: &str) -> Result<(Counted, Option<AccountId>), Stop> {
    let account = change.rows().account_by_email(email_key)?.map(|account| account.id);
    // Before anything is kept of what they name: made-up addresses would fill the disk.
    credentials::count_words_from(change, change.actor().origin.ip)?;
    let household = change.actor().origin.ip.map(credentials::household_of).unwrap_or_default();
    let whose = account.as_ref().map_or(email_key.as_bytes(), |account| account.as_bytes());
    let bucket = change.keys().bucket("freeze words", whose, &household);
    Ok((credentials::count_attempt(change, bucket)?, account))
}

/// Freezes if the words are right; writes the attempt down if they are not.
fn compare_words(
    change: &mut Change<'_>,
    account: AccountId,
    counted: &Counted,
    words: &str,
) -> Result<Option<Frozen>, Stop> {
    let account = accounts::lock(change, account)?;
    let now = change.now();
    let before = account.freeze_words_before.iter().filter(|(_, until)| *until > now).map(|(sealed, _)| sealed);
    let mut right = false;
    for sealed in before.chain([&account.freeze_words]) {
        let kept = tidy_words(&read_words(change.keys(), account.id, sealed)?);
        right |= bool::from(kept.as_bytes().ct_eq(words.as_bytes()));
    }
    if !right {
        // Counted for all places together, and written down ever more rarely: under a log full of these nobody would find
        // what matters.
        let tries = credentials::count_wrong_words(change, account.id)?;
        if tries < 3 || told_at(tries) {
            change.record(account.id, &Event::FreezeWordsWrong { tries })?;
        }
        return Ok(None);
    }
    credentials::take_attempt_back(change, counted)?;
    let frozen = freeze(change, account.id, FreezeCause::Words)?;
    // Used up on a frozen account too: a thief who once read them would stop every thaw with them.
    renew_freeze_words(change, &account, None)?;
    Ok(Some(frozen))
}

/// The four freeze words of an account, for its owner.
pub fn freeze_words(view: &mut View<'_>, account: AccountId) -> Result<String, Stop> {
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    read_words(view.keys(), account.id, &account.freeze_words)
}

/// Raises the security epoch: the one way to do it. It voids what was granted and not yet used (sessions, waiting
/// sign-ins, links that grant, approvals) and what waits to weaken the account.
pub(crate) fn raise_epoch(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    change.rows().account_raise_epoch(account)?;
    timers::void_timers(change, account)
}

/// Goes on unless the account is frozen: what moves or loosens something asks this first. The attempt of somebody in a
/// frozen account is written into its activity.
pub fn unless_frozen(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    if accounts::lock(change, account)?.frozen() { Err(Refusal::AccountFrozen.into()) } else { Ok(()) }
}

/// Gives an account that is not frozen new freeze words and answers them. The earlier ones go on working for seven days,
/// the oldest of them where they are replaced again: nobody who sits at a session cuts the owner's brake.
pub fn replace_freeze_words(change: &mut Change<'_>, account: AccountId) -> Result<String, Stop> {
    unless_frozen(change, account)?;
    let account = accounts::lock(change, account)?;
    credentials::count_freeze_words(change, account.id)?;
    let now = change.now();
    let still = account.freeze_words_before.clone().filter(|(_, until)| *until > now);
    let before = still.unwrap_or_else(|| (account.freeze_words.clone(), now + change.settings().link.freeze()));
    renew_freeze_words(change, &account, Some(before))
}

fn renew_freeze_words(
    change: &mut Change<'_>,
    account: &Account,
    before: Option<(Vec<u8>, Time)>,
) -> Result<String, Stop> {
    let words = draw_freeze_words(change.entropy());
    let sealed = change.keys().seal_freeze_words(account.id.as_bytes(), &words, change.entropy());
    let earlier_work = before.is_some();
    let renewed = Account { freeze_words: sealed, freeze_words_before: before, ..account.clone() };
    change.rows().account_set_freeze_words(&renewed)?;
    // Who kept the earlier ones has not kept these.
    change.rows().attestation_forget(account.id, "freeze_words")?;
    change.record(account.id, &Event::FreezeWordsReplaced { earlier_work })?;
    Ok(words)
}

/// Four words of the EFF's long list of 7 776, by even chance: about 52 bits, behind counted tries.
pub(crate) fn draw_freeze_words(entropy: &dyn Entropy) -> String {
    let list = Wordlist::EffLong.get_list();
    let length = u32::try_from(list.len()).expect("the list has 7 776 words");
    let words: Vec<&str> = (0..4).map(|_| list[entropy::below(entropy, length) as usize]).collect();
    words.join(" ")
}

fn read_words(keys: &crate::Keys, account: AccountId, sealed: &[u8]) -> Result<String, Stop> {
    let words = keys.open_freeze_words(account.as_bytes(), sealed);
    Ok(words.ok_or_else(|| Fault::broken("freeze words do not open with this key: was the key file replaced?"))?)
}

/// Words as they are compared: case, spaces and the hyphens people write between them make no difference.
fn tidy_words(words: &str) -> String {
    let parts = words.split(|c: char| c.is_whitespace() || c == ',' || c == '.').filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
