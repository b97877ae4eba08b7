//! The rules of second factors, one line a case.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::authenticator::{Seed, tidy_code};
use super::{Decision, Tries, Try, attempt, recovery, take_back};
use crate::clock::{Span, Time};
use crate::entropy::SeededEntropy;
use crate::protections::Method;
use crate::settings::{GuessRules, Settings};

fn at(second: i64) -> Time {
    Time::from_second(second).unwrap()
}

/// The seed of the vectors of RFC 4226 and RFC 6238.
fn rfc_seed() -> Seed {
    Seed::from_bytes(b"12345678901234567890").unwrap()
}

#[test]
fn codes_are_those_of_the_standards() {
    // RFC 6238, appendix B, for SHA-1: its eight digits end in our six.
    let vectors = [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ];
    for (second, eight) in vectors {
        assert_eq!(rfc_seed().code_at(at(second)), eight[2..], "at {second}");
    }
    // RFC 4226, appendix D.
    let counted = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
    for (step, code) in (0_i64..).zip(counted) {
        assert_eq!(rfc_seed().code_at(at(step * 30)), code, "step {step}");
    }
}

#[test]
fn a_code_is_good_one_step_early_and_late_and_never_again() {
    let (seed, now) = (rfc_seed(), at(3000));
    let code = |step: i64| seed.code_at(at(step * 30));
    for (step, found) in [(98, None), (99, Some(99)), (100, Some(100)), (101, Some(101)), (102, None)] {
        assert_eq!(seed.step_of(&code(step), now, 0), found, "step {step} at step 100");
    }
    assert_eq!(seed.step_of(&code(100), now, 100), None, "a step that was accepted");
    assert_eq!(seed.step_of(&code(99), now, 100), None, "a step older than an accepted one");
    assert_eq!(seed.step_of(&code(101), now, 100), Some(101));
}

#[test]
fn a_code_is_read_however_it_was_typed() {
    let cases = [
        ("123456", Some("123456")),
        ("123 456", Some("123456")),
        (" 123-456\t", Some("123456")),
        ("123\u{a0}456", Some("123456")),
        ("１２３４５６", Some("123456")),
        ("٠١٢٣٤٥", Some("012345")),
        ("۰۱۲۳۴۵", Some("012345")),
        ("०१२३४५", Some("012345")),
        ("12345", None),
        ("1234567", None),
        ("12345a", None),
        ("½23456", None),
        ("", None),
        ("+12345", None),
    ];
    for (typed, read) in cases {
        assert_eq!(tidy_code(typed).as_deref(), read, "{typed:?}");
    }
    assert_eq!(tidy_code(&"1".repeat(1_000_000)), None);
}

#[test]
fn a_key_comes_back_as_the_seed_it_was() {
    let seed = Seed::random(&SeededEntropy::new(1));
    assert_eq!(Seed::from_key(&seed.key()), Some(seed.clone()));
    assert_eq!(Seed::from_key(&seed.key().to_lowercase().replace(' ', "-")), Some(seed));
    assert_eq!(rfc_seed().key(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    assert_eq!(Seed::from_key("GEZD"), None);
    assert_eq!(Seed::from_key("not base 32!"), None);
}

#[test]
fn the_address_for_an_app_escapes_what_could_mislead_it() {
    let url = rfc_seed().url("Harbour & Sons", "mira+a@example.com");
    assert_eq!(
        url,
        "otpauth://totp/Harbour%20%26%20Sons:mira%2Ba%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
         &issuer=Harbour%20%26%20Sons&algorithm=SHA1&digits=6&period=30"
    );
}

#[test]
fn a_recovery_code_is_read_however_it_was_typed() {
    let code = recovery::draw(&SeededEntropy::new(1));
    assert_eq!(code.len(), 29, "six groups of four: {code}");
    let tidy = recovery::tidy(&code).unwrap();
    for typed in [code.to_lowercase(), code.replace('-', " "), code.replace('-', ""), code.replace('-', "\u{2013}")] {
        assert_eq!(recovery::tidy(&typed).as_deref(), Some(&*tidy), "{typed}");
    }
    let full_width = |c: char| char::from_u32(c as u32 + 0xfee0).unwrap();
    assert_eq!(recovery::tidy(&tidy.chars().map(full_width).collect::<String>()).as_deref(), Some(&*tidy));
    assert_eq!(recovery::tidy("o0O0-iIlL-1111-2222-3333-4444").as_deref(), Some("000011111111222233334444"));
    for wrong in
        ["", "0000-0000-0000-0000-0000-000", "0000-0000-0000-0000-0000-0000-0", "UUUU-0000-0000-0000-0000-0000"]
    {
        assert_eq!(recovery::tidy(wrong), None, "{wrong}");
    }
    assert_ne!(recovery::digest(&tidy), recovery::digest("000011111111222233334444"));
}

fn rules() -> &'static GuessRules {
    static RULES: LazyLock<GuessRules> = LazyLock::new(|| Settings::default().guess);
    &RULES
}

/// Tries until one is not looked at; answers how many were and when the next is.
fn try_on(tries: &mut Tries, by: Method, now: Time) -> Option<Time> {
    match attempt(tries, by, now, rules()) {
        Decision::Look { tries: counted, .. } => {
            *tries = counted;
            None
        }
        Decision::Wait { until } => Some(until),
    }
}

#[test]
fn five_wrong_codes_block_their_kind_for_a_quarter_of_an_hour() {
    let mut tries = Tries::default();
    for minute in 0..5 {
        assert_eq!(try_on(&mut tries, Method::App, at(minute * 60)), None);
    }
    let until = at(4 * 60) + Span::from_mins(15);
    assert_eq!(try_on(&mut tries, Method::App, at(5 * 60)), Some(until));
    assert_eq!(try_on(&mut tries, Method::RecoveryCode, at(5 * 60)), None, "the other kind is looked at");
    assert_eq!(try_on(&mut tries, Method::App, until), None);
}

#[test]
fn twenty_codes_are_looked_at_in_a_day_of_whatever_kind() {
    let mut tries = Tries::default();
    for quarter in 0..20 {
        let by = if quarter % 2 == 0 { Method::App } else { Method::RecoveryCode };
        assert_eq!(try_on(&mut tries, by, at(quarter * 900)), None);
    }
    assert_eq!(try_on(&mut tries, Method::App, at(20 * 900)), Some(at(24 * 3600)));
    assert_eq!(try_on(&mut tries, Method::App, at(24 * 3600)), None);
}

#[test]
fn a_right_code_takes_back_itself_and_nothing_else() {
    let mut tries = Tries::default();
    for second in [1, 2, 2, 3] {
        assert_eq!(try_on(&mut tries, Method::App, at(second)), None);
    }
    let kept = take_back(&tries, Try { at: at(2), by: Method::App });
    let left: Vec<i64> = kept.0.iter().map(|tried| tried.at.as_second()).collect();
    assert_eq!(left, [1, 2, 3]);
    assert_eq!(take_back(&kept, Try { at: at(2), by: Method::RecoveryCode }), kept);
}

proptest! {
    /// Whatever somebody does and whenever, no quarter of an hour sees more than five wrong codes of a kind, and no day
    /// more than twenty; and who waits as long as they are told to is looked at.
    #[test]
    fn no_window_lets_more_through(steps in prop::collection::vec((0_i64..5000, any::<bool>(), 0..10), 1..120)) {
        let mut tries = Tries::default();
        let mut wrong: Vec<Try> = Vec::new();
        let mut now = 0;
        for (gap, app, luck) in steps {
            now += gap;
            let by = if app { Method::App } else { Method::RecoveryCode };
            match attempt(&tries, by, at(now), rules()) {
                Decision::Wait { until } => {
                    prop_assert!(until > at(now));
                    let later = attempt(&tries, by, until, rules());
                    prop_assert!(matches!(later, Decision::Look { .. }), "told until {until}, then {later:?}");
                }
                Decision::Look { tries: counted, .. } if luck == 0 => tries = take_back(&counted, Try { at: at(now), by }),
                Decision::Look { tries: counted, .. } => {
                    tries = counted;
                    wrong.push(Try { at: at(now), by });
                }
            }
        }
        prop_assert!(tries.0.len() <= 20);
        for (place, first) in wrong.iter().enumerate() {
            let within = |span: Span| wrong[place..].iter().filter(move |tried| tried.at.duration_since(first.at) < span);
            prop_assert!(within(Span::from_hours(24)).count() <= 20);
            prop_assert!(within(Span::from_mins(15)).filter(|tried| tried.by == first.by).count() <= 5);
        }
    }
}
