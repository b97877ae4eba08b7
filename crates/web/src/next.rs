//! Where somebody goes on after signing in: a page of ours, or a path of the exchange's own on this host, if the settings name
//! it. What is asked for stands in an address that anybody can write, so nothing else is ever gone to.

use std::str::FromStr;

use serde::Deserialize;

use crate::routes::{self, Side};
use crate::site::Web;

/// A path of the exchange's own, as `return_paths` of `[web]` names it. It stands for what lies below it too.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ReturnPath(String);

impl FromStr for ReturnPath {
    type Err = &'static str;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        if is_plain(path) {
            Ok(Self(path.to_owned()))
        } else {
            Err("must be a path like /wallet: letters, digits and - _ . ~ between single slashes, none at the end")
        }
    }
}

impl TryFrom<String> for ReturnPath {
    type Error = &'static str;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        path.parse()
    }
}

impl ReturnPath {
    fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.0.as_str()).is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }
}

/// The page to come back to, if it is one of ours that shows something or one that the settings name.
pub(crate) fn come_back_to(web: &Web, next: Option<&str>) -> Option<String> {
    let next = next.filter(|next| is_ours(next) || is_named(next, &web.settings().return_paths))?;
    Some(next.to_owned())
}

/// The same, or else the overview.
pub(crate) fn on_from_sign_in(web: &Web, next: Option<&str>) -> String {
    come_back_to(web, next).unwrap_or_else(|| "/home".to_owned())
}

fn is_ours(next: &str) -> bool {
    let fits = |door: &routes::Door| {
        door.path == next && !next.contains('{') && door.method == "GET" && door.side == Side::Page
    };
    routes::doors().iter().any(fits)
}

fn is_named(next: &str, named: &[ReturnPath]) -> bool {
    is_plain(next) && named.iter().any(|path| path.holds(next))
}

/// Longer paths are nobody's.
const LONGEST: usize = 200;

/// Whether browsers and proxies all read this as the same path of this host: nothing is encoded, doubled or climbs, and there is
/// nothing after it.
fn is_plain(path: &str) -> bool {
    let fits = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    };
    path.len() <= LONGEST && path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_show_something_are_come_back_to() {
        assert!(is_ours("/settings/security"));
        for elsewhere in [
            "",
            "//evil.example",
            "https://evil.example",
            "/settings/security?x",
            "/sign-out",
            "/l/{secret}",
            "/api/v1/session",
            "/assets/site.css",
        ] {
            assert!(!is_ours(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn a_path_of_the_exchange_is_gone_to_only_as_the_settings_name_it() {
        let named = ["/wallet".parse().unwrap(), "/trade/spot".parse().unwrap()];
        for path in ["/wallet", "/wallet/withdraw", "/wallet/a-b_c.d~e", "/trade/spot/BTC"] {
            assert!(is_named(path, &named), "{path}");
        }
        let long = format!("/wallet/{}", "a".repeat(200));
        for path in [
            "",
            "/",
            "wallet",
            "/walletx",
            "/trade",
            "/other",
            "//wallet",
            "//evil.example",
            "//evil.example/wallet",
            "///evil.example",
            "/\\evil.example",
            "/\\/evil.example",
            "\\\\evil.example",
            "/wallet//evil.example",
            "/wallet/",
            "/wallet/..",
            "/wallet/../sign-out",
            "/wallet/./x",
            "/wallet%2f%2fevil.example",
            "/%2fevil.example",
            "/wallet?next=//evil.example",
            "/wallet#x",
            "/wallet;x",
            "/wallet\t",
            "/wallet\r\nLocation: //evil.example",
            "/wallet\u{2044}x",
            "/\t/evil.example",
            "https://evil.example/wallet",
            "https:evil.example",
            "javascript:alert(1)",
            "/wallet@evil.example",
            &long,
        ] {
            assert!(!is_named(path, &named), "{path:?}");
        }
        assert!(!is_named("/wallet", &[]));
    }

    #[test]
    fn a_setting_that_would_name_everything_is_none() {
        for text in ["", "/", "//", "wallet", "/wallet/", "/wallet/*", "https://exchange.example/wallet", "/../x"] {
            assert!(text.parse::<ReturnPath>().is_err(), "{text}");
        }
    }
}
