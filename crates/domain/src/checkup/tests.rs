//! Rules of the check-up and of the dry run.

use super::*;
use crate::clock::{Span, Time};
use crate::ids::FactorId;
use crate::protections::{Held, Standing};
use crate::settings::Settings;

const APP: FactorId = FactorId::from_bytes([1; 16]);
const KEY: FactorId = FactorId::from_bytes([2; 16]);
const CODES: FactorId = FactorId::from_bytes([3; 16]);

fn now() -> Time {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn standing(factors: &[(FactorId, Method)]) -> Standing {
    let factors = factors.iter().map(|(factor, method)| Held { factor: *factor, method: *method, since: now() });
    Standing {
        now: now(),
        frozen_at: None,
        factors: factors.collect(),
        lock: None,
        passkey_only: false,
        sms: protections::SmsCodes::default(),
        hold: Span::from_hours(72),
        holds: Vec::new(),
    }
}

fn facts(factors: &[(FactorId, Method)]) -> Facts {
    Facts {
        standing: standing(factors),
        email: "mira@example.com".into(),
        password_set_at: now(),
        sessions: 1,
        devices: 1,
        codes_left: 10,
        codes_made_at: Some(now()),
        thaws_at: None,
        phone: phones::Shown { offered: true, phone: None, last_sms: None, waiting: None },
        said: Vec::new(),
    }
}

fn state(facts: &Facts, code: &str) -> State {
    all(facts, 60).into_iter().find(|line| line.code == code).unwrap().state
}

#[test]
fn every_line_is_a_piece_of_the_advice() {
    for line in all(&facts(&[]), 60) {
        assert!(support::advice(line.code).is_some(), "{} is no advice", line.code);
    }
}

#[test]
fn a_password_without_a_second_proof_is_weak_and_with_one_it_is_not() {
    assert_eq!(state(&facts(&[]), "second_factor"), State::Weak);
    assert_eq!(state(&facts(&[(APP, Method::App)]), "second_factor"), State::Good);
    assert_eq!(state(&facts(&[(KEY, Method::Passkey)]), "second_factor"), State::Good);
}

#[test]
fn a_password_is_due_after_sixty_days() {
    let chosen = |days: i64| Facts { password_set_at: now() - Span::from_hours(24 * days), ..facts(&[]) };
    assert_eq!(state(&chosen(60), "unique_password"), State::Good);
    assert_eq!(state(&chosen(61), "unique_password"), State::Better);
}

#[test]
fn recovery_codes_run_out_before_they_are_gone() {
    let said = vec![("recovery_codes".to_owned(), now())];
    let left = |codes_left| Facts { codes_left, said: said.clone(), ..facts(&[(APP, Method::App)]) };
    let states = [10, 4, 3, 1, 0].map(|codes| state(&left(codes), "recovery_codes"));
    assert_eq!(states, [State::Good, State::Good, State::Better, State::Better, State::Weak]);
}

#[test]
fn recovery_codes_count_once_their_owner_said_that_they_are_kept() {
    let mut facts = facts(&[(APP, Method::App)]);
    let line = |facts: &Facts| all(facts, 60).into_iter().find(|line| line.code == "recovery_codes").unwrap();
    assert_eq!(line(&facts).state, State::Better);
    assert!(matches!(line(&facts).improve, Some(Improve::Say { .. })), "{:?}", line(&facts));
    // Said of the codes before these, and then of these.
    facts.said.push(("recovery_codes".into(), now() - Span::from_secs(1)));
    assert_eq!(line(&facts).state, State::Better);
    facts.said[0].1 = now();
    assert_eq!(line(&facts).state, State::Good);
}

#[test]
fn freeze_words_have_a_line_and_are_kept_once_their_owner_says_so() {
    let mut facts = facts(&[]);
    assert_eq!(state(&facts, "freeze_words"), State::Unsaid);
    facts.said.push(("freeze_words".into(), now()));
    assert_eq!(state(&facts, "freeze_words"), State::Good);
}

#[test]
fn what_sleeps_is_named_as_such_and_counts_for_nothing() {
    let says = |facts: &Facts, code: &str| {
        let line = all(facts, 60).into_iter().find(|line| line.code == code).unwrap();
        (line.state, line.says)
    };
    let mut facts = facts(&[(APP, Method::App), (CODES, Method::RecoveryCode)]);
    facts.said.push(("recovery_codes".into(), now()));
    assert_eq!((state(&facts, "second_factor"), state(&facts, "recovery_codes")), (State::Good, State::Good));
    // An hour before the freeze: then the codes that are awake are none.
    facts.standing.frozen_at = Some(now());
    facts.codes_left = 0;
    facts.thaws_at = Some(now() + Span::from_hours(24));
    for code in ["second_factor", "recovery_codes"] {
        let (state, says) = says(&facts, code);
        assert_eq!(state, State::Better, "{code}");
        assert!(says.contains("sleeps until your account is unfrozen on 23 November 2026, 12:00 UTC"), "{says}");
    }
    let rules = Settings::default().protection;
    let way = dry_run(&facts.standing, &[Thing::Password], &rules).way.expect("a way");
    assert!(way.steps.iter().all(|step| !step.contains("code")), "{way:?}");
    // What is old stays good, and what is newer is named beside it.
    facts.standing.factors[0].since = now() - Span::from_hours(72);
    facts.standing.factors.push(Held { factor: KEY, method: Method::Passkey, since: now() });
    let (state, says) = says(&facts, "second_factor");
    assert_eq!(state, State::Good);
    assert!(
        says.starts_with("Signing in asks for your authenticator app.") && says.contains("is newer sleeps"),
        "{says}"
    );
}

#[test]
fn a_phone_for_notices_is_advised_where_sms_are_sent_and_one_that_gets_none_is_named() {
    let (number, _) = phones::PhoneNumber::parse_mobile("+41 79 123 45 67").unwrap();
    let phone = |phone, last_sms| {
        let shown = phones::Shown { offered: true, phone, last_sms, waiting: None };
        let lines = all(&Facts { phone: shown, ..facts(&[]) }, 60);
        lines.into_iter().find(|line| line.code == "phone_for_notices").unwrap()
    };
    let confirmed = || Some(phones::Phone { number: number.clone(), confirmed_at: now() });
    assert_eq!(phone(None, None).state, State::Better);
    assert_eq!(phone(confirmed(), None).state, State::Good);
    assert_eq!(phone(confirmed(), Some(Delivery::Delivered)).state, State::Good);
    let lost = phone(confirmed(), Some(Delivery::Failed));
    assert_eq!(
        (lost.state, lost.says.as_str()),
        (State::Better, "Our last SMS to the number that ends in 67 did not arrive.")
    );
    let none = phones::Shown { offered: false, phone: confirmed(), last_sms: None, waiting: None };
    let without = all(&Facts { phone: none, ..facts(&[]) }, 60);
    assert!(without.iter().all(|line| line.code != "phone_for_notices"));
}

/// What issue and help page name, each with its line: a piece of advice without one would be forgotten.
#[test]
fn every_piece_of_the_advice_has_its_line() {
    let codes: Vec<&str> = all(&facts(&[]), 60).iter().map(|line| line.code).collect();
    assert_eq!(
        codes,
        [
            "yours_alone",
            "known_browsers",
            "unique_password",
            "second_factor",
            "recovery_codes",
            "freeze_words",
            "own_mailbox",
            "mailbox_protected",
            "phone_for_notices",
            "one_address",
            "screen_alone",
            "never_phone",
            "report_fakes",
        ]
    );
}

#[test]
fn shared_mailboxes_and_aliases_are_recognised() {
    for (email, kind) in [
        ("mira@example.com", Mailbox::Own),
        ("INFO@example.com", Mailbox::Shared),
        ("information@example.com", Mailbox::Own),
        ("mira+exchange@example.com", Mailbox::Alias),
        ("x7@duck.com", Mailbox::Alias),
        ("x7@mira.simplelogin.com", Mailbox::Alias),
        ("x7@notduck.com", Mailbox::Own),
    ] {
        assert_eq!(mailbox_kind(email), kind, "{email}");
    }
}

#[test]
fn what_the_customer_says_is_kept_with_its_day() {
    let mut facts = facts(&[]);
    assert_eq!(state(&facts, "one_address"), State::Unsaid);
    facts.said.push(("one_address".into(), now()));
    let line = all(&facts, 60).into_iter().find(|line| line.code == "one_address").unwrap();
    assert_eq!((line.state, line.improve), (State::Good, Some(Improve::Unsay { words: "Not so any more" })));
    assert!(line.says.ends_with("You said so on 22 November 2026."), "{}", line.says);
}

/// The hours a way back takes; none if there is no way.
fn hours(factors: &[(FactorId, Method)], lost: &[Thing]) -> Option<i64> {
    let rules = Settings::default().protection;
    dry_run(&standing(factors), lost, &rules).way.map(|way| way.wait.as_hours())
}

#[test]
fn what_becomes_of_somebody_who_lost_something() {
    let app = [(APP, Method::App)];
    let app_and_codes = [(APP, Method::App), (CODES, Method::RecoveryCode)];
    let key = [(APP, Method::App), (KEY, Method::Passkey)];
    let (phone, all) = (Thing::Factor(APP), [Thing::Password, Thing::Browsers, Thing::Factor(APP)]);
    // The phone fell into the sea.
    assert_eq!(hours(&app, &[phone]), Some(7 * 24));
    assert_eq!(hours(&app_and_codes, &[phone]), Some(0));
    assert_eq!(hours(&key, &[phone]), Some(0));
    // The password is forgotten.
    assert_eq!(hours(&[], &[Thing::Password]), Some(0));
    assert_eq!(hours(&app, &[Thing::Password]), Some(0));
    // Only the mailbox is left, and then nothing at all.
    assert_eq!(hours(&app, &all), Some(7 * 24));
    assert_eq!(hours(&app, &[&all[..], &[Thing::Mailbox]].concat()), None);
    // The mailbox is lost: in a known browser the password still opens.
    assert_eq!(hours(&app, &[Thing::Mailbox]), Some(0));
    assert_eq!(hours(&app, &[Thing::Mailbox, Thing::Browsers]), None);
    assert_eq!(hours(&key, &[Thing::Mailbox, Thing::Browsers, Thing::Password]), Some(0));
}

#[test]
fn a_dry_run_names_what_would_have_helped() {
    let rules = Settings::default().protection;
    let app = standing(&[(APP, Method::App)]);
    let missing = |lost: &[Thing]| dry_run(&app, lost, &rules).missing;
    assert_eq!(missing(&[]), Vec::<&str>::new());
    assert_eq!(missing(&[Thing::Factor(APP)]).len(), 2);
    // Without a mailbox a recovery code opens nothing; a passkey does.
    let without_mailbox = missing(&[Thing::Mailbox, Thing::Browsers]);
    assert_eq!(without_mailbox, ["A passkey on another device."]);
}

#[test]
fn by_passkey_alone_a_password_is_no_way_back() {
    let rules = Settings::default().protection;
    let only = Standing { passkey_only: true, ..standing(&[(KEY, Method::Passkey), (CODES, Method::RecoveryCode)]) };
    let way = dry_run(&only, &[Thing::Factor(KEY)], &rules).way.expect("the seven days");
    assert_eq!(way.wait, Span::from_hours(7 * 24));
}
