//! Rules of the verdict.

use domain::activity::{Moved, Origin, Said};
use domain::checkup::Improve;
use domain::ids::{AccountId, PendingId, TimerId};
use domain::protections::Sensitive;
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

fn here() -> SessionId {
    SessionId::from_bytes([3; 16])
}

fn verdict(frozen: bool, waits: &[(Timer, Option<String>)], entries: &[Entry], lines: &[Line]) -> Verdict {
    let known = Known { frozen_at: frozen.then(now), waits, entries, lines, here: here() };
    of(&known, now())
}

#[track_caller]
fn check(frozen: bool, entries: &[Entry], tone: Tone, title: &str) {
    let verdict = verdict(frozen, &[], entries, &[]);
    assert_eq!((verdict.tone, verdict.title.as_str()), (tone, title), "{} {:?}", verdict.text, verdict.things);
}

#[test]
fn what_the_first_page_says() {
    let session = SessionId::from_bytes([2; 16]);
    let new_device = |hours| entry(hours, Event::SignedIn { session, new_device: true, waited: None, unusual: None });
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
    check(false, &[entry(1, Event::PasswordOff)], Tone::Warn, "Please look at one thing");
    check(
        false,
        &[entry(1, Event::PasskeyCopied { name: "My key".to_owned() })],
        Tone::Warn,
        "Please look at one thing",
    );
}

#[test]
fn an_unusual_place_is_worth_a_look_until_its_sign_in_is_the_one_that_looks() {
    let pending = PendingId::from_bytes([1; 16]);
    let unusual = Unusual::NewCountry { country: "PT".parse().unwrap(), place: "Portugal".to_owned(), last: None };
    let asked = entry(1, Event::SignInUnusual { pending, unusual: unusual.clone() });
    check(false, std::slice::from_ref(&asked), Tone::Warn, "Please look at one thing");
    let let_in =
        entry(1, Event::SignedIn { session: here(), new_device: false, waited: Some(pending), unusual: Some(unusual) });
    check(false, &[let_in, asked], Tone::Good, "Your account looks safe");
}

#[test]
fn what_was_changed_elsewhere_counts_and_what_was_changed_here_does_not() {
    let removed = |hours| entry(hours, Event::PhoneRemoved { ending: "67".to_owned() });
    check(false, &[removed(167)], Tone::Warn, "Please look at one thing");
    check(false, &[removed(168)], Tone::Good, "Your account looks safe");
    let mine = Entry { session: Some(here()), ..removed(1) };
    check(false, &[mine], Tone::Good, "Your account looks safe");
    let factor = entry(1, Event::FactorRemoved { kind: "app".to_owned(), name: "My phone".to_owned() });
    check(false, &[factor], Tone::Warn, "Please look at one thing");
    let address = Event::EmailChanged { old: "a@example.com".to_owned(), new: "b@example.com".to_owned(), back: false };
    check(false, &[entry(100, address)], Tone::Warn, "Please look at one thing");
    check(false, &[entry(25, Event::PasswordChanged { sessions_ended: 0 })], Tone::Good, "Your account looks safe");
    let code = entry(2, Event::RecoveryCodeUsed { left: 9 });
    check(false, std::slice::from_ref(&code), Tone::Warn, "Please look at one thing");
    // The customer signed in here with it.
    let then = Event::SignedIn { session: here(), new_device: false, waited: None, unusual: None };
    let in_time = Entry { at: code.at, ..entry(2, then) };
    check(false, &[in_time, code], Tone::Good, "Your account looks safe");
}

#[test]
fn a_wait_begun_elsewhere_is_the_verdict_also_while_frozen() {
    let timer = Timer {
        id: TimerId::from_bytes([1; 16]),
        account: AccountId::from_bytes([1; 16]),
        what: Sensitive::LoseFactors,
        asked_at: now() - Span::from_hours(2),
        origin: Origin::default(),
        sequence: 1,
        wait: Span::from_hours(168),
        not_before: None,
        told_at: None,
        due_at: None,
        half_told_at: None,
    };
    for (frozen, title) in [(false, "Please look at one thing"), (true, "Your account is frozen")] {
        let verdict = verdict(frozen, &[(timer.clone(), None)], &[], &[]);
        assert_eq!((verdict.title.as_str(), verdict.things.len()), (title, 1));
        assert!(verdict.things[0].text.contains("getting back in without your second factor"), "{verdict:?}");
        assert_eq!(verdict.things[0].way.href, "/settings/timers");
    }
}

#[test]
fn money_that_left_is_named_however_safe_all_else_looks() {
    let withdrawn = |hours_ago| {
        let at = now() - Span::from_hours(hours_ago + 400);
        let said = Said { asset: "BTC", amount: "0.5", address: None, reference: "W-1", at };
        entry(hours_ago, Event::Withdrawn(Moved::read(said, now()).unwrap()))
    };
    // For a day after its owner could know of it, whenever it happened.
    check(false, &[withdrawn(23)], Tone::Warn, "Please look at one thing");
    let later = verdict(false, &[], &[withdrawn(24), withdrawn(30)], &[]);
    assert_eq!((later.tone, later.title.as_str()), (Tone::Plain, "Money left your account lately"));
    let happened = When::at(now() - Span::from_hours(424)).text;
    assert_eq!(later.things[0].text, format!("2 withdrawals were made, the last: {happened} Were they all yours?"));
    check(false, &[withdrawn(7 * 24)], Tone::Good, "Your account looks safe");
}

#[test]
fn nothing_looks_safe_while_the_check_up_says_that_it_is_not() {
    let improve = Some(Improve::Page { path: "/settings/factors", words: "Set one up" });
    let weak = Line {
        code: "second_factor",
        title: "A second proof",
        state: State::Weak,
        says: "Your password alone opens your account.".to_owned(),
        improve,
    };
    let better = Line { state: State::Better, ..weak.clone() };
    let said = verdict(false, &[], &[], &[better.clone(), weak]);
    assert_eq!((said.tone, said.title.as_str()), (Tone::Plain, "Nothing unusual happened"));
    let things: Vec<(&str, &str)> = said.things.iter().map(|it| (it.text.as_str(), it.way.href.as_str())).collect();
    assert_eq!(things, [("Your password alone opens your account.", "/settings/factors")]);
    assert_eq!(verdict(false, &[], &[], &[better]).title, "Your account looks safe");
}

#[test]
fn each_thing_leads_to_where_it_is_looked_at() {
    let entries =
        [entry(1, Event::PhoneRemoved { ending: "67".to_owned() }), entry(2, Event::FreezeWordsWrong { tries: 1 })];
    let ways: Vec<String> = verdict(false, &[], &entries, &[]).things.into_iter().map(|it| it.way.href).collect();
    assert_eq!(ways, ["/settings/phone", "/settings/security"]);
    let many: Vec<Entry> = (1..8).map(|hours| entry(hours, Event::FreezeWordsWrong { tries: 1 })).collect();
    let said = verdict(false, &[], &many, &[]);
    assert_eq!(said.things.len(), 5);
    assert!(said.text.ends_with("2 more stand in your activity."), "{}", said.text);
}
