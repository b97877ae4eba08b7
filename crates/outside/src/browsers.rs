//! What a browser calls itself, made readable: `Firefox 144 on Linux`.
//!
//! The words come from rules (uap-core's, see `data/browser_rules.py`), never from the visitor: what is recognised by
//! no rule has no name, so nobody can write a sentence of their own into our letters by way of a user agent.

use std::sync::LazyLock;

use serde::Deserialize;
use ua_parser::{os, user_agent};

/// The rules, made by `data/browser_rules.py`.
const RULES: &str = include_str!("../data/browser_rules.json");

/// A user agent is looked at up to here. Real ones have 100 to 300 characters.
const CHARACTERS_MAX: usize = 512;

/// Digits of a version; what is longer is none.
const VERSION_DIGITS_MAX: usize = 4;

#[derive(Deserialize)]
struct Rules {
    user_agent_parsers: Vec<user_agent::Parser<'static>>,
    os_parsers: Vec<os::Parser<'static>>,
}

struct Known {
    browsers: user_agent::Extractor<'static>,
    systems: os::Extractor<'static>,
}

/// Compiled once, by [`prepare`] or when the first name is asked for.
static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let rules: Rules = serde_json::from_str(RULES).expect("the built-in rules are JSON");
    let browsers = user_agent::Builder::new().push_all(rules.user_agent_parsers).expect("the built-in rules compile");
    let systems = os::Builder::new().push_all(rules.os_parsers).expect("the built-in rules compile");
    Known {
        browsers: browsers.build().expect("the built-in rules fit together"),
        systems: systems.build().expect("the built-in rules fit together"),
    }
});

/// Compiles the rules in the background: it takes a tenth of a second, which nobody's first sign-in should wait for.
pub fn prepare() {
    let thread = std::thread::Builder::new().name("browsers".to_owned());
    // Without a thread to spare, the first sign-in waits after all.
    let _ = thread.spawn(|| LazyLock::force(&KNOWN));
}

/// The name of a browser and its system, as customers call them; `None` if neither is known.
pub fn browser_name(user_agent: &str) -> Option<String> {
    let end = user_agent.char_indices().nth(CHARACTERS_MAX).map_or(user_agent.len(), |(at, _)| at);
    let user_agent = &user_agent[..end];
    let browser = KNOWN.browsers.extract(user_agent).map(|browser| {
        let version = browser.major.filter(|version| is_version(version));
        called(&browser.family, version)
    });
    let system = KNOWN.systems.extract(user_agent).map(|system| system_called(&system.os).to_owned());
    match (browser, system) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (None, Some(system)) => Some(format!("Unknown browser on {system}")),
        (browser, _) => browser,
    }
}

fn is_version(text: &str) -> bool {
    (1..=VERSION_DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A browser as customers call it: the same on a phone and on a computer.
fn called(family: &str, version: Option<&str>) -> String {
    let family = match family {
        "Chrome Mobile" | "Chrome Mobile iOS" => "Chrome",
        "Firefox Mobile" | "Firefox iOS" => "Firefox",
        "Mobile Safari" => "Safari",
        "Edge Mobile" => "Edge",
        "Opera Mobile" => "Opera",
        // An app that shows pages; its version is that of the system's browser, which says nothing here.
        "Chrome Mobile WebView" => return "An app with Chrome inside".to_owned(),
        "CFNetwork" => return "An app".to_owned(),
        "Mobile Safari UI/WKWebView" => return "An app with Safari inside".to_owned(),
        "DuckDuckGo Mobile" => "DuckDuckGo",
        other => other,
    };
    version.map_or_else(|| family.to_owned(), |version| format!("{family} {version}"))
}

/// A system as customers call it. Without version: browsers stopped telling it.
fn system_called(system: &str) -> &str {
    if system == "Mac OS X" { "macOS" } else { system }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{RULES, browser_name};

    const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";
    const IPHONE: &str =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
    const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)";

    #[test]
    fn browsers_are_called_what_their_owners_call_them() {
        let chrome = "Chrome/142.0.0.0 Safari/537.36";
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144 on Linux"),
            ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144 on Ubuntu"),
            ("Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0", "Firefox 144 on Android"),
            (&format!("{IPHONE} FxiOS/144.0 Mobile/15E148 Safari/605.1.15"), "Firefox 144 on iOS"),
            (&format!("{WINDOWS} {chrome}"), "Chrome 142 on Windows"),
            (&format!("{WINDOWS} {chrome} Edg/142.0.0.0"), "Edge 142 on Windows"),
            (&format!("{WINDOWS} {chrome} OPR/125.0.0.0"), "Opera 125 on Windows"),
            (&format!("{WINDOWS} {chrome} Vivaldi/7.6.3797.63"), "Vivaldi 7 on Windows"),
            (
                &format!("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 {chrome}"),
                "Chrome 142 on Chrome OS",
            ),
            (&format!("{ANDROID} Chrome/142.0.0.0 Mobile Safari/537.36"), "Chrome 142 on Android"),
            (&format!("{IPHONE} CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1"), "Chrome 142 on iOS"),
            (
                &format!("{ANDROID} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"),
                "Samsung Internet 28 on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
                "Safari 26 on macOS",
            ),
            (&format!("{IPHONE} Version/26.0 Mobile/15E148 Safari/604.1"), "Safari 26 on iOS"),
            (&format!("{IPHONE} Mobile/15E148"), "An app with Safari inside on iOS"),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36",
                "An app with Chrome inside on Android",
            ),
            ("ExchangeApp/12 CFNetwork/1568.200.51 Darwin/24.1.0", "An app on iOS"),
            ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "IE 11 on Windows"),
            (&format!("{WINDOWS} HeadlessChrome/142.0.0.0 Safari/537.36"), "HeadlessChrome 142 on Windows"),
            ("curl/8.5.0", "curl 8"),
            ("python-requests/2.32.3", "Python Requests 2"),
            ("Something/1.0 (X11; Linux x86_64)", "Unknown browser on Linux"),
        ] {
            assert_eq!(browser_name(user_agent).as_deref(), Some(name), "{user_agent}");
        }
        for user_agent in ["", "Mozilla/5.0", "Something/1.0", "\u{0}\u{7f}\u{1F980}"] {
            assert_eq!(browser_name(user_agent), None, "{user_agent:?}");
        }
    }

    #[test]
    fn nobody_writes_words_of_their_own_into_our_letters() {
        for user_agent in [
            "Please phone 0800-SUPPORT/1 CFNetwork/1 Darwin/24.1.0",
            "Please phone SUPPORT Bot/1.0",
            "SUPPORT-HTTPClient/1.0-x",
            "HbbTV/1.1.1 (; SUPPORT ; 2015)",
            "Mozilla/5.0 (X11; SUPPORT) Firefox/SUPPORT",
            "curl/8.SUPPORT",
            "Go-http-client/08001234567",
            "Firefox/0800123456789.0 SUPPORT",
        ] {
            let name = browser_name(user_agent).unwrap_or_default();
            assert!(!name.contains("SUPPORT") && !name.contains("0800"), "{user_agent}: {name}");
        }
    }

    #[test]
    fn a_long_user_agent_is_looked_at_only_in_part() {
        assert_eq!(browser_name(&("x".repeat(600) + " Firefox/144.0 (X11; Linux)")), None);
        assert_eq!(
            browser_name(&("Firefox/144.0 (X11; Linux) ".to_owned() + &"ü".repeat(100_000))).as_deref(),
            Some("Firefox 144 on Linux")
        );
    }

    proptest! {
        #[test]
        fn whatever_is_sent_has_a_short_name_made_of_words_of_the_rules(
            user_agent in "((Mozilla/5\\.0|\\(|X11;|Windows NT|Linux|iPhone|Firefox/|Chrome/|CFNetwork|Version/|[0-9]{1,6}|\\.|;|\\)|\\PC{1,9}) ?){0,30}"
        ) {
            if let Some(name) = browser_name(&user_agent) {
                prop_assert!(name.chars().count() <= 60, "{name}");
                let ours = "An app with Chrome inside on Unknown browser macOS Safari Firefox Chrome Edge Opera";
                for word in name.split(' ').filter(|word| word.parse::<u32>().is_err()) {
                    prop_assert!(RULES.contains(word) || ours.contains(word), "{word} in {name}");
                }
            }
        }
    }
}
