//! Keeps other sites from acting with our visitors' cookies.
//!
//! Reading never changes anything, so only the other methods are looked at. A request with a bearer secret says
//! itself whose it is; a browser does not add that on its own, so it needs no guard.

use axum::http::{HeaderMap, Method, header};

use crate::answers::Problem;
use crate::cookies;

/// Refuses a request that another site may have made a visitor's browser send.
pub(crate) fn check(method: &Method, headers: &HeaderMap, origin: &str) -> Result<(), Problem> {
    if method.is_safe() || cookies::bearer(headers).is_some() {
        return Ok(());
    }
    let origin_said = text(headers, header::ORIGIN.as_str());
    let ours = match (text(headers, "sec-fetch-site"), origin_said) {
        // Our pages send no referrer, and with that policy browsers write the origin of a form as "null". The
        // browser's own word about the site stands beside it and cannot be set by a page.
        (Some("same-origin" | "none"), None | Some("null")) => true,
        (None | Some("same-origin" | "none"), Some(said)) => said == origin,
        (Some(_), _) => false,
        // A browser sends at least one of the two. What is no browser carries no cookies it did not mean to.
        (None, None) => !cookies::carries_ours(headers),
    };
    if ours { Ok(()) } else { Err(Problem::cross_site()) }
}

/// The one value of a header. Two values are none that can be believed, and are not the same as no header.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(if values.next().is_some() { "unclear" } else { first.to_str().unwrap_or("unclear") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://exchange.example";

    fn allowed(headers: &[(&'static str, &str)]) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        check(&Method::POST, &headers, OURS).is_ok()
    }

    #[test]
    fn what_the_guard_says_to_a_post() {
        let cookie = ("cookie", "__Host-session=abc");
        let site = |value| ("sec-fetch-site", value);
        let from = |value| ("origin", value);
        for (headers, expected) in [
            (vec![cookie, site("same-origin"), from(OURS)], true),
            (vec![cookie, site("same-origin")], true),
            (vec![cookie, site("same-origin"), from("null")], true),
            (vec![cookie, site("none")], true),
            (vec![cookie, from(OURS)], true),
            (vec![cookie, site("cross-site"), from(OURS)], false),
            (vec![cookie, site("same-site"), from("https://other.exchange.example")], false),
            (vec![cookie, site("same-origin"), from("https://evil.example")], false),
            (vec![cookie, site("SAME-ORIGIN")], false),
            (vec![cookie, from("https://exchange.example.evil.example")], false),
            (vec![cookie, from("http://exchange.example")], false),
            (vec![cookie, from("null")], false),
            (vec![cookie], false),
            (vec![("cookie", "__Host-device=abc")], false),
            (vec![("cookie", "theirs=abc")], true),
            (vec![], true),
            (vec![from("https://evil.example")], false),
            (vec![cookie, ("authorization", "Bearer abc")], true),
            (vec![cookie, ("authorization", "Basic abc")], false),
        ] {
            assert_eq!(allowed(&headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn two_origins_in_one_request_are_no_origin_of_ours() {
        let mut headers = HeaderMap::new();
        headers.append("origin", OURS.parse().unwrap());
        headers.append("origin", "https://evil.example".parse().unwrap());
        assert!(check(&Method::POST, &headers, OURS).is_err());
    }
}
