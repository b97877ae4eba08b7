//! The preview has everything.

use std::collections::BTreeSet;
use std::fs::read_to_string;

use domain::Settings;
use domain::activity::{Event, Outgoing, catalogue};
use domain::notifications::previews;

use super::write;

fn settings() -> Settings {
    let file = domain::settings::DEFAULTS.parse::<toml::Table>().expect("the defaults");
    let mut settings = Settings::from_file(&file).expect("they fit");
    settings.operator.name = "Harbour & Sons".to_owned();
    settings.operator.url = "https://harbour.exchange.example".parse().unwrap();
    settings.operator.accent = "#c0ffee".to_owned();
    settings
}

#[test]
fn every_notice_of_the_catalogue_is_there_by_each_carrier() {
    let now = "2026-11-22T12:00:00Z".parse().expect("a moment");
    let previews = previews(&settings(), false, now);
    let codes = |events: Vec<Event>| events.iter().map(|event| event.spec().code).collect::<Vec<_>>();
    assert_eq!(codes(previews.iter().map(|preview| preview.event.clone()).collect()), codes(catalogue()));
    for preview in &previews {
        let spec = preview.event.spec();
        let code = matches!(preview.event, Event::PhoneCodeAsked { .. } | Event::SignInCodeSent { .. });
        assert_eq!(preview.inbox.is_some(), spec.tell.inbox, "{}", spec.code);
        assert_eq!(preview.sms.is_some(), spec.tell.sms != Outgoing::Never || code, "{}", spec.code);
        let to_customer = preview.letters.iter().filter(|(whom, _)| *whom != "To your support").count();
        assert_eq!(to_customer > 0, spec.tell.mail != Outgoing::Never, "{}", spec.code);
        assert_eq!(preview.letters.len() > to_customer, spec.tell.operator, "{}", spec.code);
        assert!(preview.sms.as_ref().is_none_or(|(_, parts)| (1..=2).contains(parts)), "{}", spec.code);
        for (whom, letter) in &preview.letters {
            let acts = preview.letters.iter().any(|(_, letter)| letter.button.is_some());
            assert_eq!(acts, spec.button.is_some(), "{} {whom}: its button", spec.code);
            assert!(!letter.facts.iter().any(|(_, value)| value.contains("1970")), "{} {whom}", spec.code);
        }
    }
}

#[test]
fn the_page_shows_all_of_it_with_the_operators_name_colour_and_address() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let now = "2026-11-22T12:00:00Z".parse().expect("a moment");
    let told = write(&settings(), false, now, directory.path()).expect("it is written");
    let index = read_to_string(directory.path().join("index.html")).expect("it is there");
    assert_eq!(index.matches("<article id=").count(), told);
    for spec in catalogue().iter().map(Event::spec) {
        assert!(index.contains(spec.code), "{} is missing", spec.code);
    }
    let files: BTreeSet<String> = std::fs::read_dir(directory.path())
        .expect("it is there")
        .map(|file| file.expect("a file").file_name().into_string().expect("a plain name"))
        .collect();
    let named = |ending: &str| files.iter().filter(|name| name.ends_with(ending)).count();
    assert_eq!(named(".html"), named(".txt") + 1, "each letter twice, and the page");
    assert_eq!(index.matches("<iframe").count(), named(".txt"));
    for name in files.iter().filter(|name| *name != "index.html") {
        let text = read_to_string(directory.path().join(name)).expect("it is there");
        let page = name.contains(".html");
        let operator = if page { "Harbour &#38; Sons" } else { "Harbour & Sons" };
        assert!(text.contains(operator) && text.contains("https://harbour.exchange.example"), "{name}: {text}");
        assert!(!page || text.contains("#c0ffee"), "{name}");
    }
}

#[test]
fn nobody_whose_account_is_frozen_is_told_to_freeze_it() {
    let now = "2026-11-22T12:00:00Z".parse().expect("a moment");
    for preview in previews(&settings(), true, now) {
        let code = preview.event.spec().code;
        for (_, letter) in preview.letters {
            let said = letter.paragraphs.join(" ");
            assert!(!said.contains("freeze your account now"), "{code}: {said}");
            // The brake stays: the account may not be frozen any more when the letter is read.
            assert!(letter.freeze_url.is_none() || letter.freeze_words.ends_with(". See what to do"), "{code}");
        }
    }
}
