//! What each list knows, and what happens when one is bad or gone.

mod building;
mod service;

use std::sync::Arc;

use domain::clock::{Clock, HandClock, Time};
use domain::credentials::BreachedPasswords;
use sha1::{Digest, Sha1};

use super::{Breached, BreachedSettings, Unfit, hex, run};

fn clock() -> Arc<HandClock> {
    let noon: Time = "2026-11-22T12:00:00Z".parse().unwrap();
    Arc::new(HandClock::at(noon))
}

fn hash(password: &str) -> [u8; 20] {
    Sha1::digest(password.as_bytes()).into()
}

/// The download, if these were all passwords that thieves know.
fn list_of(passwords: &[String]) -> String {
    let mut lines: Vec<_> = passwords.iter().map(|password| format!("{}:3\r\n", hex(&hash(password)))).collect();
    lines.sort_unstable();
    lines.concat()
}

fn breached(settings: &BreachedSettings) -> Breached {
    Breached::new(settings, clock()).unwrap()
}

#[test]
fn well_known_sentences_are_refused_however_they_are_spelled() {
    let built_in = breached(&BreachedSettings::default());
    for password in [
        "correcthorsebatterystaple",
        "Correct Horse Battery Staple",
        "correct-horse-battery-staple-2024",
        "CorrectHorseBatteryStaple1!",
        "To be, or not to be: that is the question",
        "1qaz2wsx3edc4rfv5tgb",
        "3141592653589793",
    ] {
        assert!(built_in.contains(password), "{password}");
    }
    for password in ["correct horse battery stapler", "copper ladle hums at noon", "", "2024", "correct12345678"] {
        assert!(!built_in.contains(password), "{password}");
    }
}

#[test]
fn the_built_in_list_says_what_the_other_rules_do_not() {
    let sentences: Vec<_> =
        include_str!("../../../data/common_passphrases.txt").lines().filter(|line| !line.starts_with('#')).collect();
    let built_in = breached(&BreachedSettings::default());
    for sentence in &sentences {
        assert!(sentence.len() >= 12 && built_in.contains(sentence), "{sentence}");
    }
    let strong = |text: &&&str| u8::from(zxcvbn::zxcvbn(text, &[]).score()) >= 3;
    let taken_for_strong = sentences.iter().filter(strong).count();
    assert!(taken_for_strong * 10 > sentences.len() * 7, "{taken_for_strong} of {}", sentences.len());
}

#[test]
fn an_index_is_asked_beside_the_built_in_list() {
    let place = tempfile::tempdir().unwrap();
    let (list, index) = (place.path().join("list"), place.path().join("index"));
    std::fs::write(&list, list_of(&["stolen but strong Zq9!".to_owned()])).unwrap();
    run(&list, &index, &mut |_| ()).unwrap();
    let both = breached(&BreachedSettings { index, range_url: String::new() });
    assert!(both.contains("stolen but strong Zq9!"));
    assert!(both.contains("correcthorsebatterystaple"));
    assert!(!both.contains("neither of them knows this one"));
}

#[test]
fn settings_that_cannot_work_are_said_at_the_start() {
    let unfit = |index: &str, range_url: &str| {
        let settings = BreachedSettings { index: index.into(), range_url: range_url.into() };
        Breached::new(&settings, clock()).err().map(|unfit: Unfit| unfit.to_string())
    };
    assert!(unfit("/nowhere/index", "").unwrap().contains("`index` of [breached]: /nowhere/index"));
    for url in ["http://api.example/range/", "api.example", "ftp://localhost/", "file:///etc/passwd"] {
        assert!(unfit("", url).unwrap().contains("not an https address"), "{url}");
    }
    for url in ["https://api.example/range/", "http://localhost:1/", "http://127.0.0.1:1/", "http://[::1]:1/"] {
        assert_eq!(unfit("", url), None, "{url}");
    }
}

#[test]
fn the_annotated_defaults_are_settings_of_the_built_in_list_alone() {
    let file: toml::Table = domain::settings::DEFAULTS.parse().unwrap();
    let defaults: BreachedSettings = file["breached"].clone().try_into().unwrap();
    assert!(breached(&defaults).contains("correcthorsebatterystaple"));
    assert!(!breached(&defaults).contains("copper ladle hums at noon"));
}

#[tokio::test]
async fn lists_may_be_dropped_where_async_code_runs() {
    let settings = BreachedSettings { range_url: "http://localhost:1/".to_owned(), ..BreachedSettings::default() };
    let clock: Arc<dyn Clock> = clock();
    drop(Breached::new(&settings, clock).unwrap());
}
