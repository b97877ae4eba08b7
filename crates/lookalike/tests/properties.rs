//! Whatever comes in: never a panic, and never official what is not.

use std::sync::LazyLock;

use lookalike::{Brand, Detector, Register, Verdict};
use proptest::prelude::*;

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| {
    let brands = vec![
        Brand::new("coinbase", "coinbase.com"),
        Brand::new("kriptomat", "kriptomat.io"),
        Brand::new("lido", "lido.fi"),
    ];
    Detector::new(Register { brands }).expect("the register is sound")
});

/// Clear, popular and well known; none is a brand of the register.
const POPULAR: &[&str] =
    &["wikipedia.org", "www.google.com", "bbc.co.uk", "opensearch.org", "github.io", "binance.us", "solid.community"];
const OFFICIAL: &[&str] = &["coinbase.com", "www.coinbase.com", "a.b.kriptomat.io", "kriptomat.io", "app.lido.fi"];

/// Full-width forms, upper case, percent signs and soft hyphens: all the same host once decoded.
fn respelt(host: &str, choices: &[u8]) -> String {
    let mut choices = choices.iter().cycle();
    host.chars()
        .map(|c| match choices.next().expect("a cycle has no end") % 6 {
            0 => c.to_ascii_uppercase().to_string(),
            1 if c.is_ascii_alphanumeric() => {
                char::from_u32(u32::from(c) + 0xFEE0).expect("full-width forms follow ASCII").to_string()
            }
            2 => format!("%{:02X}", u32::from(c)),
            3 if c == '.' => "\u{3002}".to_owned(),
            4 if c.is_ascii_alphabetic() => format!("{c}\u{ad}"),
            _ => c.to_string(),
        })
        .collect()
}

/// What an official host may be, checked in the simplest way.
fn belongs(host: &str) -> bool {
    ["coinbase.com", "kriptomat.io", "lido.fi"]
        .iter()
        .any(|domain| host == *domain || host.ends_with(&format!(".{domain}")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_official_host_stays_official_under_any_spelling(
        host in prop::sample::select(OFFICIAL),
        choices in prop::collection::vec(any::<u8>(), 1..40),
        around in prop::sample::select(&[("", ""), ("https://", "/"), ("https://", ":443/x?y#z"), ("  HTTPS://", ".\n"), ("https://", "./@evil.example")][..]),
    ) {
        let written = format!("{}{}{}", around.0, respelt(host, &choices), around.1);
        prop_assert_eq!(DETECTOR.check(&written).verdict, Verdict::Official, "{}", written);
    }

    #[test]
    fn no_change_makes_a_popular_name_official(
        host in prop::sample::select(POPULAR),
        at in any::<prop::sample::Index>(),
        put in "[a-z0-9.\\-@:/\\\\%#?\u{430}\u{ad}\u{ff0e}]{0,6}",
        cut in 0usize..4,
    ) {
        let mut letters: Vec<char> = host.chars().collect();
        let from = at.index(letters.len());
        let to = (from + cut).min(letters.len());
        letters.splice(from..to, put.chars());
        let written: String = letters.into_iter().collect();
        let official = DETECTOR.check(&written).verdict == Verdict::Official;
        prop_assert!(!official, "{}", written);
    }

    #[test]
    fn a_plain_host_is_official_exactly_when_it_belongs(left in "([a-z0-9\\-]{1,8}[.\\-])?", domain in prop::sample::select(OFFICIAL), right in "([.\\-]?[a-z]{2,5})?") {
        let host = format!("{left}{domain}{right}");
        let could_be = host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.contains("--"));
        prop_assume!(could_be);
        prop_assert_eq!(DETECTOR.check(&host).verdict == Verdict::Official, belongs(&host), "{}", host);
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,80}|[\\x00-\\x7f]{0,80}|\\p{any}{0,60}") {
        let answer = DETECTOR.check(&text);
        prop_assert!((0.0..=1.0).contains(&answer.score));
        prop_assert!(answer.verdict == Verdict::Clear || !answer.reasons.is_empty());
    }

    #[test]
    fn text_like_a_host_is_answered(text in "(xn--)?[a-z0-9\\-%\u{430}-\u{44f}\u{200d}\u{300}-\u{303}]{0,20}\\.?(coinbase|c0inbase|lido|xn--kriptmt-7fg8j)?[:@/\\\\?#\\[\\].]{0,3}[a-z0-9.]{0,12}") {
        let answer = DETECTOR.check(&text);
        prop_assert!(answer.verdict == Verdict::Clear || !answer.reasons.is_empty());
    }
}

#[test]
fn absurd_inputs_are_answered() {
    let long = "a".repeat(10_000);
    let inputs = [
        long.clone(),
        format!("{long}.com"),
        format!("xn--{long}.com"),
        "coinbase".repeat(8000),
        "coinbase.".repeat(7000),
        "%63".repeat(20_000),
        "\u{0}".to_owned(),
        "a\u{0}b.com".to_owned(),
        "\u{202e}moc.esabnioc".to_owned(),
        "[::1".to_owned(),
        "http://[".to_owned(),
        "https://:@:/".to_owned(),
        "@".to_owned(),
        "<>".to_owned(),
        "a@".to_owned(),
        "@@@@".to_owned(),
        "....".to_owned(),
        "xn--".to_owned(),
        "xn--.xn--".to_owned(),
        "999999999999999999999".to_owned(),
        "0x".to_owned(),
        "1.2.3.4.5".to_owned(),
        "\u{300}\u{301}\u{302}".to_owned(),
    ];
    for input in inputs {
        let answer = DETECTOR.check(&input);
        assert_ne!(answer.verdict, Verdict::Official, "{input:.80}");
    }
}

#[test]
fn every_character_there_is_can_stand_in_a_name() {
    for c in (0..=0x0010_ffff).filter_map(char::from_u32).filter(|c| u32::from(*c) % 61 == 0 || u32::from(*c) < 0x600) {
        let answer = DETECTOR.check(&format!("coinb{c}se-login.com"));
        assert_ne!(answer.verdict, Verdict::Official, "{c:?}");
    }
}
