//! Rules of notices.

use crate::activity::{Entry, Event, Origin, Outgoing, Place, catalogue};
use crate::ids::AccountId;
use crate::notifications::gsm7::{parts, plain};
use crate::notifications::sms::{NAME_MAX, facts, shown, stop_hint, telling, to_sign_in};

#[test]
fn whatever_goes_by_sms_also_goes_by_mail() {
    for spec in catalogue().iter().map(Event::spec) {
        let order = |outgoing| match outgoing {
            Outgoing::Never => 0,
            Outgoing::Choice { .. } => 1,
            Outgoing::Always => 2,
        };
        // Whoever loses a phone, or has none, is told no less.
        assert!(order(spec.tell.sms) <= order(spec.tell.mail), "{}", spec.code);
    }
}

const REFERENCE: &str = "Reference 57-K7PMQ.";

/// Something that happened there at noon.
fn from(origin: &Origin) -> Entry {
    Entry {
        account: AccountId::from_bytes([1; 16]),
        sequence: 57,
        at: "2026-11-22T12:00:00Z".parse().unwrap(),
        event: Event::ResetAsked,
        who: "visitor".to_owned(),
        session: None,
        origin: origin.clone(),
    }
}

/// What a phone makes a link of.
fn has_link(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let joins = |three: &[char]| ".:/@".contains(three[1]) && three[0].is_alphabetic() && three[2].is_alphabetic();
    letters.windows(3).any(joins) || text.contains("//") || text.contains("www")
}

#[test]
fn every_sms_fits_into_two_says_what_happened_and_holds_no_link() {
    let name = shown("The Very Long-Winded Harbour.Exchange of Zürich", NAME_MAX);
    // The longest words of the list have nine letters.
    let words = "abbreviate bubblegum cardboard dandelion";
    let origins = [
        Origin::default(),
        Origin {
            ip: None,
            place: Some(Place::named("Zürich, Switzerland")),
            browser: Some("Firefox 144 on Linux".into()),
        },
        Origin {
            ip: None,
            place: Some(Place::named("Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch, Wales")),
            browser: Some("Evil.Example/Browser https://evil.example/login of great renown".into()),
        },
    ];
    for spec in catalogue().iter().map(Event::spec).filter(|spec| spec.tell.sms != Outgoing::Never) {
        for (origin, replies) in origins.iter().flat_map(|origin| [(origin, false), (origin, true)]) {
            let hint = if spec.freeze_offer { stop_hint(spec.brake.in_sms, words, replies) } else { String::new() };
            let line = spec.in_sms.as_deref().unwrap_or(spec.title);
            let text = telling(&format!("{name}: {line}"), &facts(&from(origin)), REFERENCE, &hint);
            let text = plain(&text);
            assert!(parts(&text) <= 2, "{}: {text}", spec.code);
            assert!(!has_link(&text), "{}: {text}", spec.code);
            assert!(text.contains(&plain(line)) && text.ends_with(&hint), "{}: {text}", spec.code);
            assert_eq!(text.contains("reply FREEZE"), spec.freeze_offer && replies, "{}: {text}", spec.code);
        }
    }
    for replies in [false, true] {
        let text = plain(&to_sign_in(&name, "123456", 10, &stop_hint("Not you?", words, replies)));
        assert!(parts(&text) <= 2 && !has_link(&text), "{text}");
    }
    let short = telling("Harbour: Signed in", &facts(&from(&origins[1])), REFERENCE, "");
    assert_eq!(
        short,
        "Harbour: Signed in. 22 Nov, 12:00 UTC, Zürich, Switzerland, Firefox 144 on Linux. Reference 57-K7PMQ."
    );
    assert!(has_link("see evil.example") && has_link("https://a") && !has_link("22 Nov, 12:00 UTC. Not you?"));
}
