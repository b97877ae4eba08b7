//! Passwords: how good, how kept, how changed; and how guessing them is slowed down.

mod chores;
mod hashing;
mod lanes;
mod limits;
mod model;
mod reset;
mod rows;
mod strangers;
mod strength;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use serde::Serialize;

pub use chores::forget_guesses;
pub use hashing::{Hashing, Phc, Verified};
pub(crate) use lanes::Lane;
use limits::take_back_of_day;
pub use limits::{Allowance, Decision, Guesses, attempt, hourly, take_back, within};
pub use model::{Beside, BreachedPasswords, Judgement, Password, Weakness};
pub use reset::{ResetShown, ask_reset, lose_factors_by_link, reset, reset_shown, start_reset_passkey};
pub use rows::{Reads, Writes};
pub use strangers::network_of;
pub(crate) use strangers::{MailCause, Place, count_mail, count_stranger, household_of, neighbourhood_of};
pub use strength::normalize;

use crate::accounts;
use crate::activity::{Actor, EndedBy, Event};
use crate::app::App;
use crate::change::Change;
use crate::clock::{Span, Time};
use crate::ids::{AccountId, DeviceId, SessionId};
use crate::protections::{self, Method, Proof};
use crate::refusal::{Refusal, Stop};
use crate::repeats::Repeatable;
use crate::{second_factors, sessions};

/// Judges a password that somebody thinks of, with all that can be known without the account's secrets: for the strength
/// meter and the button beside it. It is counted for the customer who is signed in, for everybody else by their network.
/// Customers and who came by a mailed link are answered before strangers, as wherever a password is set.
pub async fn check(app: &App, actor: &Actor, password: &Password, beside: &Beside<'_>) -> Result<Judgement, Stop> {
    let account = match actor.who {
        crate::activity::Who::Customer { account, .. } => Some(account),
        _ => None,
    };
    app.change(actor, move |change| count_check(change, account)).await?;
    let lane = if account.is_some() || beside.by_link { Lane::First } else { Lane::Later };
    app.hashing().judge(lane, password, beside).await
}

/// A bucket that counts by the day, and when its day began.
type OfDay = ([u8; 32], Time);

/// An attempt that was counted and may be looked at.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    bucket: [u8; 32],
    mine: Time,
    before: Time,
    /// Where it was counted besides.
    by_day: Vec<OfDay>,
    /// How many failures there have been lately, this one included.
    pub(crate) failures: i64,
}

/// Counts an attempt in a bucket before it is looked at, or refuses it. The first of the two changes of every secret.
pub(crate) fn count_attempt(change: &mut Change<'_>, bucket: [u8; 32]) -> Result<Counted, Stop> {
    let before = change.rows().guesses_lock(&bucket)?;
    match attempt(before, change.now(), &change.settings().guess) {
        Decision::Wait { until } => Err(Refusal::TooManyTries { until }.into()),
        Decision::Look(counted) => {
            change.rows().guesses_set(&bucket, counted)?;
            let (mine, before) = (counted.last_at, before.last_at);
            Ok(Counted { bucket, mine, before, by_day: Vec::new(), failures: counted.failures })
        }
    }
}

/// Writes a counted attempt once more as it is, so that an attempt with nothing to record costs a durable commit like
/// one that has: the time would tell a stranger who is a customer.
pub(crate) fn touch_attempt(change: &mut Change<'_>, counted: &Counted) -> Result<(), Stop> {
    let guesses = change.rows().guesses_lock(&counted.bucket)?;
    Ok(change.rows().guesses_set(&counted.bucket, guesses)?)
}

/// What a password is compared with, and in which lane it waits.
pub(crate) struct Stored {
    pub(crate) phc: Option<Phc>,
    pub(crate) lane: Lane,
}

/// Compares a password outside any transaction. An attempt that could not be looked at is taken back: being busy is not
/// the customer's failure.
pub(crate) async fn compare(
    app: &App,
    actor: &Actor,
    counted: &Counted,
    password: &Password,
    stored: Stored,
) -> Result<Verified, Stop> {
    let verified = app.hashing().verify(stored.lane, password, stored.phc).await;
    if verified.is_err() {
        let counted = counted.clone();
        app.change(actor, move |change| take_attempt_back(change, &counted)).await?;
    }
    verified
}

/// Takes back an attempt that turned out right.
pub(crate) fn take_attempt_back(change: &mut Change<'_>, counted: &Counted) -> Result<(), Stop> {
    let guesses = change.rows().guesses_lock(&counted.bucket)?;
    let kept = take_back(guesses, counted.mine, counted.before, &change.settings().guess);
    change.rows().guesses_set(&counted.bucket, kept)?;
    for (bucket, began) in &counted.by_day {
        let guesses = change.rows().guesses_lock(bucket)?;
        change.rows().guesses_set(bucket, take_back_of_day(guesses, *began))?;
    }
    Ok(())
}

/// Counts a guess from the network it came from; right ones count too.
pub(crate) fn count_guess_from(change: &mut Change<'_>, ip: Option<IpAddr>) -> Result<(), Stop> {
    let Some(ip) = ip else { return Ok(()) };
    let bucket = change.keys().bucket("network", &network_of(ip), b"");
    count_hourly(change, bucket, change.settings().guess.network_hourly, |until| Refusal::TooManyTries { until })
}

/// Counts a password that is given in a browser the account knows or knew: for each household it is given from, and four
/// times as often from everywhere, so that whoever copied what the browser keeps does not use up what its owner has.
pub(crate) fn count_known_browser(change: &mut Change<'_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    let mut seat = device.as_bytes().to_vec();
    seat.extend(change.actor().origin.ip.map(household_of).unwrap_or_default());
    count_known(change, account, &seat)?;
    let bucket = change.keys().bucket("known, password, everywhere", account.as_bytes(), device.as_bytes());
    let most = change.settings().guess.sign_ins_hourly.saturating_mul(4);
    count_hourly(change, bucket, most, |until| Refusal::TooManyTries { until })
}

/// Counts a password that is given where strangers do not sit: in a browser the account knows or knew, or in a session. Right
/// ones count too, because each is hashed before what everybody else gives.
fn count_known(change: &mut Change<'_>, account: AccountId, seat: &[u8]) -> Result<(), Stop> {
    let bucket = change.keys().bucket("known, password", account.as_bytes(), seat);
    count_hourly(change, bucket, change.settings().guess.sign_ins_hourly, |until| Refusal::TooManyTries { until })
}

/// Counts a password that is judged and not set.
fn count_check(change: &mut Change<'_>, account: Option<AccountId>) -> Result<(), Stop> {
    let bucket = match (account, change.actor().origin.ip) {
        (Some(account), _) => change.keys().bucket("check", account.as_bytes(), b""),
        (None, Some(ip)) => change.keys().bucket("network, check", &network_of(ip), b""),
        (None, None) => return Ok(()),
    };
    count_hourly(change, bucket, change.settings().guess.checks_hourly, |until| Refusal::TooManyTries { until })
}

/// Counts an opened account from the network it came from, before any work is spent on it.
pub(crate) fn count_opening_from(change: &mut Change<'_>, ip: Option<IpAddr>) -> Result<(), Stop> {
    let Some(ip) = ip else { return Ok(()) };
    let bucket = change.keys().bucket("network, opening", &network_of(ip), b"");
    count_hourly(change, bucket, change.settings().guess.openings_hourly, |until| Refusal::TooManyTries { until })
}

/// Counts a request for a new password from the network it came from, whatever address it named.
pub(crate) fn count_reset_from(change: &mut Change<'_>, ip: Option<IpAddr>) -> Result<(), Stop> {
    let Some(ip) = ip else { return Ok(()) };
    let bucket = change.keys().bucket("network, reset", &network_of(ip), b"");
    count_hourly(change, bucket, change.settings().guess.resets_hourly, |until| Refusal::TooManyTries { until })
}

/// Counts a question to a passkey that is kept for five minutes, from the network it is asked from.
pub(crate) fn count_ceremony_from(change: &mut Change<'_>, ip: Option<IpAddr>) -> Result<(), Stop> {
    let Some(ip) = ip else { return Ok(()) };
    let bucket = change.keys().bucket("network, passkey", &network_of(ip), b"");
    count_hourly(change, bucket, change.settings().guess.network_hourly, |until| Refusal::TooManyTries { until })
}

/// Counts what a customer does on their own account that can be done again and again, each time with a notice or an entry
/// in the log: nobody fills a log, a mailbox or our outbox by it.
pub(crate) fn count_change(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    let bucket = change.keys().bucket("own changes", account.as_bytes(), b"");
    count_hourly(change, bucket, change.settings().guess.changes_hourly, |until| Refusal::TooManyChanges { until })
}

/// Counts freeze words that a customer replaces.
pub(crate) fn count_freeze_words(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    let bucket = change.keys().bucket("freeze words replaced", account.as_bytes(), b"");
    let allowed = Allowance { most: change.settings().guess.freeze_words_daily, window: Span::from_hours(24) };
    count_within(change, bucket, allowed, |until| Refusal::TooManyChanges { until })
}

/// Counts freeze words that somebody tries, for their household and for the network around it.
pub(crate) fn count_words_from(change: &mut Change<'_>, ip: Option<IpAddr>) -> Result<(), Stop> {
    let Some(ip) = ip else { return Ok(()) };
    let rules = &change.settings().guess;
    for (kind, place, most) in [
        ("household, freeze words", household_of(ip), rules.words_hourly),
        ("network, freeze words", neighbourhood_of(ip), rules.words_network_hourly),
    ] {
        let bucket = change.keys().bucket(kind, &place, b"");
        count_hourly(change, bucket, most, |until| Refusal::TooManyTries { until })?;
    }
    Ok(())
}

/// Counts wrong freeze words for an account by the day, wherever they come from and however many they are. Answers how many.
pub(crate) fn count_wrong_words(change: &mut Change<'_>, account: AccountId) -> Result<i64, Stop> {
    let bucket = change.keys().bucket("freeze words, wrong", account.as_bytes(), b"");
    let all = Allowance { most: i64::MAX, window: Span::from_hours(24) };
    let guesses = change.rows().guesses_lock(&bucket)?;
    let Decision::Look(counted) = within(guesses, change.now(), all) else { return Ok(guesses.failures) };
    change.rows().guesses_set(&bucket, counted)?;
    Ok(counted.failures)
}

/// Counts an answer by a passkey of an account, from the household it came from: each keeps a row for a while.
pub(crate) fn count_passkey_answer(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    let household = change.actor().origin.ip.map(household_of).unwrap_or_default();
    let bucket = change.keys().bucket("passkey answer", account.as_bytes(), &household);
    count_hourly(change, bucket, change.settings().guess.network_hourly, |until| Refusal::TooManyTries { until })
}

fn count_hourly(
    change: &mut Change<'_>,
    bucket: [u8; 32],
    most: i64,
    refusal: fn(Time) -> Refusal,
) -> Result<(), Stop> {
    count_within(change, bucket, Allowance { most, window: Span::from_hours(1) }, refusal)
}

/// Counts one thing in a bucket, or refuses it when there were as many as are allowed.
pub(crate) fn count_within(
    change: &mut Change<'_>,
    bucket: [u8; 32],
    allowed: Allowance,
    refusal: fn(Time) -> Refusal,
) -> Result<(), Stop> {
    match count_if_within(change, bucket, allowed)? {
        Some(until) => Err(refusal(until).into()),
        None => Ok(()),
    }
}

/// Counts one thing in a bucket. When there were as many as are allowed it is not counted, and the answer is until when.
pub(crate) fn count_if_within(
    change: &mut Change<'_>,
    bucket: [u8; 32],
    allowed: Allowance,
) -> Result<Option<Time>, Stop> {
    let guesses = change.rows().guesses_lock(&bucket)?;
    match within(guesses, change.now(), allowed) {
        Decision::Wait { until } => Ok(Some(until)),
        Decision::Look(counted) => {
            change.rows().guesses_set(&bucket, counted)?;
            Ok(None)
        }
    }
}

/// What a changed password did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// How many other sessions ended.
    pub sessions_ended: u64,
}

impl Repeatable for Changed {}

/// Changes the password of the customer who acts, who gives the present one again. It raises the security epoch, so
/// every other session ends; the one it is done in gets the new secret that is answered beside.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    present: &str,
    new: &str,
) -> Result<(Changed, crate::SecretText), Stop> {
    let crate::activity::Who::Customer { account, session } = actor.who else {
        return Err(Refusal::NotSignedIn.into());
    };
    let begun = recheck(app, actor, (account, session), present, "change_password").await?;
    let new = normalize(new);
    let beside = Beside { email: Some(&begun.email), second_factor: begun.second_factor, by_link: false };
    let mut weaknesses = app.hashing().judge(Lane::First, &new, &beside).await?.weaknesses;
    if weaknesses.is_empty() && app.hashing().any_of(&new, begun.remembered.clone()).await? {
        weaknesses.push(Weakness::UsedBefore);
    }
    if !weaknesses.is_empty() {
        return Err(Refusal::PasswordUnfit(weaknesses).into());
    }
    let phc = app.hashing().hash(&new).await?;
    let fresh = crate::SecretText::random(app.entropy());
    let digest = fresh.digest();
    let changed = app.act(actor, move |change| finish_change(change, &begun, &phc, (session, digest))).await?;
    Ok((changed, fresh))
}

/// Proves the password of the customer who acts, for the change of this code.
pub(crate) async fn prove(app: &App, actor: &Actor, present: &str, given_for: &'static str) -> Result<Proof, Stop> {
    let crate::activity::Who::Customer { account, session } = actor.who else {
        return Err(Refusal::NotSignedIn.into());
    };
    let begun = recheck(app, actor, (account, session), present, given_for).await?;
    Ok(Proof { method: Method::Password, factor: None, since: begun.since })
}

/// Compares the present password of somebody who is signed in: counted first, written down if it is wrong.
async fn recheck(
    app: &App,
    actor: &Actor,
    (account, session): (AccountId, SessionId),
    present: &str,
    given_for: &'static str,
) -> Result<Begun, Stop> {
    let begun = app.change(actor, move |change| begin_change(change, account, session)).await?;
    let stored = Stored { phc: Some(begun.phc.clone()), lane: Lane::First };
    let verified = compare(app, actor, &begun.counted, &normalize(present), stored).await?;
    if !verified.right {
        let failures = begun.counted.failures;
        let event = Event::PasswordRecheckFailed { failures, given_for: Some(given_for.to_owned()) };
        app.change(actor, move |change| change.record(account, &event)).await?;
        return Err(Refusal::WrongPassword.into());
    }
    // Right: taken back at once, so that nothing that follows can leave it counted.
    let right = begun.counted.clone();
    app.change(actor, move |change| take_attempt_back(change, &right)).await?;
    Ok(begun)
}

struct Begun {
    counted: Counted,
    account: AccountId,
    email: String,
    epoch: i64,
    phc: Phc,
    since: Time,
    remembered: Vec<Phc>,
    second_factor: bool,
}

fn begin_change(change: &mut Change<'_>, account: AccountId, session: SessionId) -> Result<Begun, Stop> {
    count_known(change, account, session.as_bytes())?;
    let bucket = change.keys().bucket("password recheck", account.as_bytes(), session.as_bytes());
    let counted = count_attempt(change, bucket)?;
    let row = change.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let (phc, _) = change.rows().password_current(account)?.ok_or(Refusal::NotSignedIn)?;
    let since = change.rows().password_since(account)?;
    let keep = i64::try_from(change.settings().password.remembered).unwrap_or(i64::MAX);
    let remembered = change.rows().passwords_newest(account, keep)?;
    let second_factor = second_factors::asked_for(&second_factors::list(&mut change.view(), account)?);
    Ok(Begun { counted, account, email: row.email, epoch: row.epoch, phc, since, remembered, second_factor })
}

fn finish_change(
    change: &mut Change<'_>,
    begun: &Begun,
    phc: &Phc,
    kept: (SessionId, [u8; 32]),
) -> Result<Changed, Stop> {
    let account = accounts::lock(change, begun.account)?;
    if account.epoch != begun.epoch {
        // Somebody changed a credential while the password was being compared: what was proved no longer counts.
        return Err(Refusal::NotSignedIn.into());
    }
    let now = change.now();
    let (session, digest) = kept;
    // Proved by the present one, so it is as old as that for everything that asks how old a proof is.
    change.rows().password_insert(account.id, phc, begun.since, now)?;
    let keep = i64::try_from(change.settings().password.remembered).unwrap_or(i64::MAX);
    change.rows().passwords_forget(account.id, keep)?;
    protections::raise_epoch(change, account.id)?;
    let sessions_ended = sessions::end_all(change, account.id, Some(session), EndedBy::PasswordChange)?;
    if !change.rows().session_renew(account.id, session, &digest, account.epoch + 1)? {
        return Err(Refusal::NotSignedIn.into());
    }
    change.record(account.id, &Event::PasswordChanged { sessions_ended })?;
    Ok(Changed { sessions_ended })
}
