//! Is the account safe? A pure answer from what the log says, what waits, and the check-up.

use domain::Span;
use domain::activity::{Entry, Event};
use domain::checkup::{Improve, Line, State};
use domain::clock::Time;
use domain::ids::SessionId;
use domain::protections::{self, Timer};

use crate::pages::frame::{Tone, When};
use crate::pages::home::{Thing, Verdict, Way};

/// So long an attack, and what weakened the account, stays on the first page; and so long a new browser does, and what
/// tells of nothing bad by itself.
const ATTACK: Span = Span::from_hours(7 * 24);
const NEW_BROWSER: Span = Span::from_hours(24);

/// So long at most a sign-in waits: whoever gets in later asked again.
const WAITS: Span = Span::from_hours(1);

/// So many things are named; the rest stands in the activity.
const NAMED: usize = 5;

/// What the verdict is made from.
pub(crate) struct Known<'a> {
    /// Since when the account is frozen, if it is.
    pub(crate) frozen_at: Option<Time>,
    /// What waits, without what the session that looks asked for itself.
    pub(crate) waits: &'a [(Timer, Option<String>)],
    /// The newest entries, newest first.
    pub(crate) entries: &'a [Entry],
    /// The check-up.
    pub(crate) lines: &'a [Line],
    /// The session that looks.
    pub(crate) here: SessionId,
}

/// The verdict for the customer in a session. What happened and how well the account is protected are two answers: only
/// where both are good does it look safe.
pub(crate) fn of(known: &Known<'_>, now: Time) -> Verdict {
    let mut things: Vec<Thing> =
        known.waits.iter().map(|(timer, about)| waiting(timer, about.as_deref(), now)).collect();
    if let Some(since) = known.frozen_at {
        let text = format!("Nothing that moves money works since {}.", When::at(since).text);
        return Verdict { things, ..say(Tone::Alarm, "Your account is frozen", text) };
    }
    for (index, entry) in known.entries.iter().enumerate() {
        let Some((words, lasting, way)) = worry(entry, known.here) else { continue };
        if now.duration_since(entry.at) < lasting && !answered(entry, &known.entries[..index], known.here) {
            let text = format!("{words} {}", When::at(entry.happened_at()).text);
            things.push(Thing { text, way: Way::new(way.0, way.1) });
        }
    }
    match things.len() {
        0 => protected(known, now),
        1 => {
            let text = "If that was not you, freeze your account.".to_owned();
            Verdict { things, ..say(Tone::Warn, "Please look at one thing", text) }
        }
        many => {
            let mut text = "If one of them was not you, freeze your account.".to_owned();
            if many > NAMED {
                text = format!("{text} {} more stand in your activity.", many - NAMED);
                things.truncate(NAMED);
            }
            Verdict { things, ..say(Tone::Warn, "Please look at a few things", text) }
        }
    }
}

/// What is said where nothing unusual happened. That money left is usual only to whom it belongs, so it is named.
fn protected(known: &Known<'_>, now: Time) -> Verdict {
    let weak = known.lines.iter().filter(|line| line.state == State::Weak);
    let left = withdrawn(known.entries, now);
    let money_left = left.is_some();
    let things: Vec<Thing> = left
        .into_iter()
        .chain(weak.map(|line| {
            let way = match line.improve {
                Some(Improve::Page { path, words }) => Way::new(path, words),
                _ => Way::new("/settings/checkup", "Security check-up"),
            };
            Thing { text: line.says.clone(), way }
        }))
        .collect();
    if money_left {
        let text = "Nothing else unusual happened in the last 7 days.".to_owned();
        return Verdict { things, ..say(Tone::Plain, "Money left your account lately", text) };
    }
    if things.is_empty() {
        let text = "Nothing unusual happened in the last 7 days.".to_owned();
        return say(Tone::Good, "Your account looks safe", text);
    }
    let text = "That is so for the last 7 days. How well your account is protected is another question:".to_owned();
    Verdict { things, ..say(Tone::Plain, "Nothing unusual happened", text) }
}

/// The withdrawals of the last days, which the customer should know.
fn withdrawn(entries: &[Entry], now: Time) -> Option<Thing> {
    let mut made = entries
        .iter()
        .filter(|entry| matches!(entry.event, Event::Withdrawn(_)) && now.duration_since(entry.at) < ATTACK);
    let last = When::at(made.next()?.happened_at()).text;
    let text = match made.count() {
        0 => format!("A withdrawal was made: {last} Was it yours?"),
        more => format!("{} withdrawals were made, the last: {last} Were they all yours?", more + 1),
    };
    Some(Thing { text, way: Way::new(ACTIVITY.0, ACTIVITY.1) })
}

/// A wait that somebody else began, or the customer in another session.
fn waiting(timer: &Timer, about: Option<&str>, now: Time) -> Thing {
    let text = format!(
        "Asked for on {}: {}. It takes effect not before {}.",
        When::at(timer.asked_at).text,
        protections::asked_for(&timer.what, about),
        When::at(timer.soonest(now)).text
    );
    Thing { text, way: Way::new("/settings/timers", "Look at it, or stop it") }
}

const ACTIVITY: (&str, &str) = ("/settings/security", "See your activity");
const PASSWORD: (&str, &str) = ("/settings/password", "Change your password");
const FACTORS: (&str, &str) = ("/settings/factors", "Ways to prove it is you");
const PASSKEYS: (&str, &str) = ("/settings/passkeys", "See your passkeys");
const PHONE: (&str, &str) = ("/settings/phone", "See your phone");
const EMAIL: (&str, &str) = ("/settings/email", "See your address");
const SESSIONS: (&str, &str) = ("/settings/security/sessions", "See what is signed in");
const LOCK: (&str, &str) = ("/settings/timers#lock", "Lock your settings");

type Worry = (&'static str, Span, (&'static str, &'static str));

/// Why an entry is worth a look, in words that end in its time, for how long, and where to look.
fn worry(entry: &Entry, here: SessionId) -> Option<Worry> {
    // The browser that is looking needs no warning of itself.
    if entry.session == Some(here) {
        return None;
    }
    tried(&entry.event, here).or_else(|| changed(&entry.event))
}

/// What somebody tried, or did to get in.
fn tried(event: &Event, here: SessionId) -> Option<Worry> {
    Some(match event {
        Event::SignInWaiting { .. } => {
            ("Somebody with the right password asked to sign in from a new browser:", ATTACK, PASSWORD)
        }
        Event::SignInUnusual { .. } => {
            ("Somebody with the right password asked to sign in from an unusual place:", ATTACK, PASSWORD)
        }
        Event::SignInDenied { .. } => ("You refused a sign-in, and somebody may know your password:", ATTACK, PASSWORD),
        Event::SignInFailed { failures } if *failures >= 3 => {
            ("Somebody tried several wrong passwords:", ATTACK, ACTIVITY)
        }
        Event::PasswordRecheckFailed { failures, .. } if *failures >= 3 => {
            ("Somebody who was signed in did not know your password:", ATTACK, SESSIONS)
        }
        Event::FreezeWordsWrong { .. } => ("Somebody tried wrong freeze words:", ATTACK, ACTIVITY),
        Event::SignInUnproved { known_device: false, .. } => {
            ("Somebody in a new browser gave your right password and no second proof:", ATTACK, PASSWORD)
        }
        Event::SignInUnproved { known_device: true, .. } => {
            ("Somebody in a browser of yours gave your right password and no second proof:", NEW_BROWSER, ACTIVITY)
        }
        // One wrong code is a slip of the finger; where nothing right follows, the sign-in is told of above.
        Event::SecondFactorFailed { failures, .. } if *failures >= 3 => {
            ("Somebody with your right password, or signed in, gave several wrong codes:", ATTACK, PASSWORD)
        }
        Event::Withdrawn(_) => ("A withdrawal was made:", NEW_BROWSER, ACTIVITY),
        Event::PasswordOff => ("Somebody gave your password, which opens nothing any more:", ATTACK, ACTIVITY),
        Event::PasskeyCopied { .. } => ("One of your passkeys may have been copied:", ATTACK, PASSKEYS),
        Event::SignedIn { new_device: true, session, .. } if *session != here => {
            ("A new browser signed in:", NEW_BROWSER, SESSIONS)
        }
        Event::SignedIn { unusual: Some(_), session, .. } if *session != here => {
            ("Somebody signed in from an unusual place:", NEW_BROWSER, SESSIONS)
        }
        Event::SessionsFull { .. } => ("Somebody signed in so often that old sessions ended:", ATTACK, SESSIONS),
        Event::RecoveryCodeUsed { .. } => ("One of your recovery codes was used:", ATTACK, FACTORS),
        Event::PasswordReset { .. } => ("Your password was reset:", ATTACK, ACTIVITY),
        _ => return None,
    })
}

/// What was changed about the account: what weakens it, or may give it away, stays as long as an attack.
fn changed(event: &Event) -> Option<Worry> {
    Some(match event {
        Event::PhoneRemoved { .. } => ("Your phone was removed:", ATTACK, PHONE),
        Event::PhoneChanged { .. } => ("Your phone was changed:", ATTACK, PHONE),
        Event::PhoneAdded { .. } => ("A phone was added:", NEW_BROWSER, PHONE),
        Event::EmailChangeAsked { .. } => ("Another e-mail address was asked for:", NEW_BROWSER, EMAIL),
        Event::EmailChanged { .. } => ("Your e-mail address was changed:", ATTACK, EMAIL),
        Event::FactorRemoved { .. } => ("A way to prove that it is you was removed:", ATTACK, FACTORS),
        Event::FactorsLost { .. } => ("Your second proofs were taken off:", ATTACK, FACTORS),
        Event::AppAdded { .. } => ("An authenticator app was added:", NEW_BROWSER, FACTORS),
        Event::PasskeyAdded { .. } => ("A passkey was added:", NEW_BROWSER, PASSKEYS),
        Event::RecoveryCodesRenewed { .. } => ("New recovery codes were made:", NEW_BROWSER, FACTORS),
        Event::PasskeyOnlySwitched { on: false } => ("Your password was allowed again:", ATTACK, PASSKEYS),
        Event::PasswordChanged { .. } => ("Your password was changed:", NEW_BROWSER, ACTIVITY),
        Event::AccountThawed => ("Your account was unfrozen:", NEW_BROWSER, ACTIVITY),
        Event::LockOpened => ("Your settings were unlocked:", NEW_BROWSER, LOCK),
        _ => return None,
    })
}

/// Whether an entry was answered by what came later. A sign-in that waited: it was refused, which is a worry of its own,
/// it was let in, or the same browser was let in while it waited; one that nobody answered was perhaps not the
/// customer's. What happened on the way in: the same browser is the one that looks.
fn answered(entry: &Entry, newer: &[Entry], here: SessionId) -> bool {
    let same = |later: &Entry| {
        let same = later.origin.ip == entry.origin.ip && later.origin.browser == entry.origin.browser;
        same && later.at.duration_since(entry.at) < WAITS
    };
    newer.iter().any(|later| match (&entry.event, &later.event) {
        (
            Event::SignInWaiting { pending } | Event::SignInUnusual { pending, .. },
            Event::SignInDenied { pending: denied, .. },
        ) => denied == pending,
        (
            Event::SignInWaiting { pending } | Event::SignInUnusual { pending, .. },
            Event::SignedIn { waited: Some(waited), .. },
        ) if waited == pending => true,
        (Event::SignInWaiting { .. } | Event::SignInUnusual { .. }, Event::SignedIn { new_device: true, .. }) => {
            same(later)
        }
        (Event::RecoveryCodeUsed { .. } | Event::PasswordReset { .. }, Event::SignedIn { session, .. }) => {
            *session == here && same(later)
        }
        _ => false,
    })
}

fn say(tone: Tone, title: &str, text: String) -> Verdict {
    Verdict { tone, title: title.to_owned(), text, things: Vec::new() }
}

#[cfg(test)]
mod tests;
