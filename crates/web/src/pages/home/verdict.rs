//! Is the account safe? A pure answer from what the log says.

use domain::Span;
use domain::activity::{Entry, Event};
use domain::clock::Time;
use domain::ids::SessionId;

use crate::pages::frame::{Tone, When};
use crate::pages::home::Verdict;

/// So long an attack stays on the first page, and so long a new browser does.
const ATTACK: Span = Span::from_hours(7 * 24);
const NEW_BROWSER: Span = Span::from_hours(24);

/// So long at most a sign-in waits: whoever gets in later asked again.
const WAITS: Span = Span::from_hours(1);

/// The verdict for the customer in a session, from the newest entries, newest first.
pub(crate) fn of(frozen_at: Option<Time>, entries: &[Entry], here: SessionId, now: Time) -> Verdict {
    if let Some(since) = frozen_at {
        return say(
            Tone::Alarm,
            "Your account is frozen",
            format!("Nothing that moves money works since {}.", When::at(since).text),
        );
    }
    let worries = entries.iter().enumerate().filter_map(|(index, entry)| {
        let (words, lasting) = worry(&entry.event, here)?;
        if answered(entry, &entries[..index]) {
            return None;
        }
        (now.duration_since(entry.at) < lasting).then_some((entry, words))
    });
    let unusual: Vec<(&Entry, &str)> = worries.collect();
    match unusual.first() {
        None => say(Tone::Good, "Your account looks safe", "Nothing unusual in the last 7 days.".to_owned()),
        Some((newest, words)) => {
            let title = if unusual.len() == 1 { "Please look at one thing" } else { "Please look at a few things" };
            say(
                Tone::Warn,
                title,
                format!("{words} {}. If that was not you, freeze your account.", When::at(newest.at).text),
            )
        }
    }
}

/// Why an event is worth a look, in words that end in its time, and for how long.
fn worry(event: &Event, here: SessionId) -> Option<(&'static str, Span)> {
    match event {
        Event::SignInWaiting { .. } => {
            Some(("Somebody with the right password asked to sign in from a new browser:", ATTACK))
        }
        Event::SignInUnusual { .. } => {
            Some(("Somebody with the right password asked to sign in from an unusual place:", ATTACK))
        }
        Event::SignInDenied { .. } => Some(("You refused a sign-in, and somebody may know your password:", ATTACK)),
        Event::SignInFailed { failures } if *failures >= 3 => Some(("Somebody tried several wrong passwords:", ATTACK)),
        Event::PasswordRecheckFailed { failures } if *failures >= 3 => {
            Some(("Somebody who was signed in did not know your password:", ATTACK))
        }
        Event::FreezeWordsWrong => Some(("Somebody tried wrong freeze words:", ATTACK)),
        Event::SignInUnproved { known_device: false, .. } => {
            Some(("Somebody in a new browser gave your right password and no second proof:", ATTACK))
        }
        Event::SignInUnproved { known_device: true, .. } => {
            Some(("Somebody in a browser of yours gave your right password and no second proof:", NEW_BROWSER))
        }
        // One wrong code is a slip of the finger; where nothing right follows, the sign-in is told of above.
        Event::SecondFactorFailed { failures, .. } if *failures >= 3 => {
            Some(("Somebody with your right password, or signed in, gave several wrong codes:", ATTACK))
        }
        Event::PasswordOff => Some(("Somebody gave your password, which opens nothing any more:", ATTACK)),
        Event::PasskeyCopied { .. } => Some(("One of your passkeys may have been copied:", ATTACK)),
        // The browser that is looking needs no warning of itself.
        Event::SignedIn { new_device: true, session, .. } if *session != here => {
            Some(("A new browser signed in:", NEW_BROWSER))
        }
        Event::SignedIn { unusual: Some(_), session, .. } if *session != here => {
            Some(("Somebody signed in from an unusual place:", NEW_BROWSER))
        }
        _ => None,
    }
}

/// Whether a waiting sign-in was answered by what came later: it was refused, which is a worry of its own, it was let in,
/// or the same browser was let in while it waited. One that nobody answered was perhaps not the customer's.
fn answered(entry: &Entry, newer: &[Entry]) -> bool {
    let (Event::SignInWaiting { pending } | Event::SignInUnusual { pending, .. }) = &entry.event else { return false };
    newer.iter().any(|later| match &later.event {
        Event::SignInDenied { pending: denied, .. } => denied == pending,
        Event::SignedIn { waited: Some(waited), .. } if waited == pending => true,
        Event::SignedIn { new_device: true, .. } => {
            let same = later.origin.ip == entry.origin.ip && later.origin.browser == entry.origin.browser;
            same && later.at.duration_since(entry.at) < WAITS
        }
        _ => false,
    })
}

fn say(tone: Tone, title: &str, text: String) -> Verdict {
    Verdict { tone, title: title.to_owned(), text }
}

#[cfg(test)]
mod tests {
    use domain::activity::Origin;
    use domain::ids::{AccountId, PendingId};
    use domain::sessions::Unusual;

    use super::*;

    fn now() -> Time {
        "2026-11-22T18:00:00Z".parse().unwrap()
    }

    fn entry(hours_ago: i64, event: Event) -> Entry {
        Entry {
            account: AccountId::from_bytes([1; 16]),
            sequence: 1,
            at: now() - Span::from_hours(hours_ago),
            event,
            who: "visitor".to_owned(),
            session: None,
            origin: Origin::default(),
        }
    }

    fn here_in(browser: &str) -> Entry {
        let event =
            Event::SignedIn { session: SessionId::from_bytes([3; 16]), new_device: true, waited: None, unusual: None };
        let origin = Origin { browser: Some(browser.to_owned()), ..Origin::default() };
        Entry { origin, ..entry(1, event) }
    }

    #[track_caller]
    fn check(frozen: bool, entries: &[Entry], tone: Tone, title: &str) {
        let verdict = of(frozen.then(now), entries, SessionId::from_bytes([3; 16]), now());
        assert_eq!((verdict.tone, verdict.title.as_str()), (tone, title), "{}", verdict.text);
    }

    #[test]
    fn what_the_first_page_says() {
        let session = SessionId::from_bytes([2; 16]);
        let new_device =
            |hours| entry(hours, Event::SignedIn { session, new_device: true, waited: None, unusual: None });
        let wrong = |failures| entry(1, Event::SignInFailed { failures });
        check(false, &[], Tone::Good, "Your account looks safe");
        check(
            false,
            &[entry(1, Event::SignedIn { session, new_device: false, waited: None, unusual: None })],
            Tone::Good,
            "Your account looks safe",
        );
        check(false, &[wrong(2)], Tone::Good, "Your account looks safe");
        check(false, &[wrong(3)], Tone::Warn, "Please look at one thing");
        check(false, &[wrong(3), new_device(2)], Tone::Warn, "Please look at a few things");
        check(false, &[new_device(23)], Tone::Warn, "Please look at one thing");
        check(false, &[new_device(24)], Tone::Good, "Your account looks safe");
        let here = entry(
            1,
            Event::SignedIn { session: SessionId::from_bytes([3; 16]), new_device: true, waited: None, unusual: None },
        );
        check(false, &[here], Tone::Good, "Your account looks safe");
        let waiting = |number: u8, browser: &str| {
            let origin = Origin { browser: Some(browser.to_owned()), ..Origin::default() };
            let event = Event::SignInWaiting { pending: PendingId::from_bytes([number; 16]) };
            Entry { origin, ..entry(2, event) }
        };
        let let_in = Entry { at: waiting(1, "").at, ..here_in("Firefox") };
        check(false, &[waiting(1, "Firefox")], Tone::Warn, "Please look at one thing");
        check(false, &[let_in.clone(), waiting(1, "Firefox")], Tone::Good, "Your account looks safe");
        check(false, &[let_in, waiting(1, "Chrome")], Tone::Warn, "Please look at one thing");
        let pending = PendingId::from_bytes([1; 16]);
        let denied = entry(1, Event::SignInDenied { pending, ip: None, place: None, browser: None });
        check(false, &[denied, waiting(1, "Chrome")], Tone::Warn, "Please look at one thing");
        check(true, &[new_device(1)], Tone::Alarm, "Your account is frozen");
    }

    #[test]
    fn a_password_without_its_second_proof_is_worth_a_look() {
        let pending = PendingId::from_bytes([1; 16]);
        let unproved = |hours, known_device| {
            entry(hours, Event::SignInUnproved { pending, known_device, ip: None, place: None, browser: None })
        };
        let wrong_codes = |failures| entry(1, Event::SecondFactorFailed { method: "app".to_owned(), failures });
        check(false, &[unproved(167, false)], Tone::Warn, "Please look at one thing");
        check(false, &[unproved(168, false)], Tone::Good, "Your account looks safe");
        check(false, &[unproved(1, true)], Tone::Warn, "Please look at one thing");
        check(false, &[unproved(24, true)], Tone::Good, "Your account looks safe");
        check(false, &[wrong_codes(2)], Tone::Good, "Your account looks safe");
        check(false, &[wrong_codes(3)], Tone::Warn, "Please look at one thing");
        check(false, &[wrong_codes(3), unproved(1, false)], Tone::Warn, "Please look at a few things");
        let unusual = Unusual::NewCountry { country: "PT".parse().unwrap(), place: "Portugal".to_owned(), last: None };
        let asked = entry(1, Event::SignInUnusual { pending, unusual: unusual.clone() });
        check(false, std::slice::from_ref(&asked), Tone::Warn, "Please look at one thing");
        let session = SessionId::from_bytes([3; 16]);
        let here =
            entry(1, Event::SignedIn { session, new_device: false, waited: Some(pending), unusual: Some(unusual) });
        check(false, &[here, asked], Tone::Good, "Your account looks safe");
        check(false, &[entry(1, Event::PasswordOff)], Tone::Warn, "Please look at one thing");
        check(
            false,
            &[entry(1, Event::PasskeyCopied { name: "My key".to_owned() })],
            Tone::Warn,
            "Please look at one thing",
        );
    }
}
