//! The three cookies, and the bearer header that takes the place of one of them.
//!
//! All three carry the `__Host-` prefix: the browser itself then makes sure that they came from this very host
//! over a safe connection. `SameSite=Lax` lets a link in a letter of ours arrive with them.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use domain::SecretText;

use crate::forms::Secret;

/// What each cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jar {
    /// The session; gone when the browser closes.
    Session,
    /// The browser itself, known to an account.
    Device,
    /// A sign-in that waits for its owner's word.
    Pending,
}

/// The cookie that says where a waiting sign-in leads.
const NEXT: &str = "__Host-next";

/// How many accounts one browser can be known to.
const SECRETS_MAX: usize = 8;

impl Jar {
    const ALL: [Self; 3] = [Self::Session, Self::Device, Self::Pending];

    /// The cookie's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-session",
            Self::Device => "__Host-device",
            Self::Pending => "__Host-pending",
        }
    }

    /// The secret that this cookie brings, if it has the form of one and came once.
    pub(crate) fn read(self, headers: &HeaderMap) -> Option<SecretText> {
        self.value(headers).and_then(Secret::from_text).map(|secret| secret.0)
    }

    fn value(self, headers: &HeaderMap) -> Option<&str> {
        only(headers, self.name())
    }

    /// The secrets that a cookie of several brings: a browser is known to each account by one of its own.
    pub(crate) fn read_all(self, headers: &HeaderMap) -> Vec<SecretText> {
        let Some(value) = self.value(headers) else { return Vec::new() };
        value.split('.').filter_map(Secret::from_text).map(|secret| secret.0).take(SECRETS_MAX).collect()
    }

    /// The header that makes the browser keep this secret besides those it had, newest first.
    pub fn keep_with(self, secret: &SecretText, others: &[SecretText], lifetime: Duration) -> HeaderValue {
        let others = others.iter().filter(|other| other.reveal() != secret.reveal());
        let all: Vec<&str> = std::iter::once(secret).chain(others).take(SECRETS_MAX).map(SecretText::reveal).collect();
        self.header(&all.join("."), &format!("; Max-Age={}", lifetime.as_secs()))
    }

    /// The header that makes the browser keep this secret, for so long or until it is closed.
    pub fn keep(self, secret: &SecretText, lifetime: Option<Duration>) -> HeaderValue {
        let age = lifetime.map_or(String::new(), |lifetime| format!("; Max-Age={}", lifetime.as_secs()));
        self.header(secret.reveal(), &age)
    }

    /// The header that makes the browser forget it.
    pub fn forget(self) -> HeaderValue {
        self.header("", "; Max-Age=0")
    }

    /// The header that makes the browser keep where its waiting sign-in leads, or forget that it leads anywhere. It is no
    /// secret and grants nothing.
    pub(crate) fn keep_next(path: Option<&str>, lifetime: Option<Duration>) -> HeaderValue {
        let age = path.and(lifetime).map_or(0, |lifetime| lifetime.as_secs());
        let text =
            format!("{NEXT}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}", path.unwrap_or_default());
        HeaderValue::try_from(text).expect("a path that was checked is plain text")
    }

    /// What the browser kept of that.
    pub(crate) fn read_next(headers: &HeaderMap) -> Option<&str> {
        only(headers, NEXT)
    }

    fn header(self, value: &str, age: &str) -> HeaderValue {
        let text = format!("{}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}", self.name());
        let mut header = HeaderValue::try_from(text).expect("a secret is base64url text");
        header.set_sensitive(true);
        header
    }
}

/// Whether the request carries any cookie of ours.
pub(crate) fn carries_ours(headers: &HeaderMap) -> bool {
    all(headers).any(|(name, _)| Jar::ALL.iter().any(|jar| jar.name() == name))
}

/// The secret after `Authorization: Bearer`, where there is one such header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    let (scheme, secret) = line.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// The cookie of this name. With the prefix a browser keeps one; two are somebody's doing.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = all(headers).filter(|(known, _)| *known == name);
    let (_, value) = found.next()?;
    if found.next().is_some() { None } else { Some(value) }
}

/// Every cookie of the request, by name and value.
fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(line: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())])
    }

    #[test]
    fn a_cookie_is_read_once_and_only_in_its_form() {
        let read = |line: &str| Jar::Session.read(&headers(line)).map(|secret| secret.reveal().to_owned());
        assert_eq!(read("a=b; __Host-session=abc-_9; c=d").as_deref(), Some("abc-_9"));
        assert_eq!(read("__Host-session=abc; __Host-session=def"), None);
        assert_eq!(read("__Host-session="), None);
        assert_eq!(read("__Host-session=a b"), None);
        assert_eq!(read("__Host-device=abc"), None);
        assert_eq!(read(&format!("__Host-session={}", "a".repeat(5000))), None);
    }

    #[test]
    fn a_browser_is_known_to_several_accounts_newest_first() {
        let secret = |text: &str| SecretText::presented(text);
        let first = Jar::Device.keep_with(&secret("one"), &[], Duration::from_secs(9));
        let text = first.to_str().unwrap().split(';').next().unwrap().to_owned();
        let second =
            Jar::Device.keep_with(&secret("two"), &Jar::Device.read_all(&headers(&text)), Duration::from_secs(9));
        assert!(second.to_str().unwrap().starts_with("__Host-device=two.one;"));
        let many: Vec<SecretText> = (0..20).map(|number| secret(&format!("s{number}"))).collect();
        let kept = Jar::Device.keep_with(&secret("s3"), &many, Duration::from_secs(9));
        assert!(kept.to_str().unwrap().starts_with("__Host-device=s3.s0.s1.s2.s4.s5.s6.s7;"), "{kept:?}");
        let read: Vec<String> = Jar::Device
            .read_all(&headers("__Host-device=two.bad secret.one"))
            .iter()
            .map(|secret| secret.reveal().to_owned())
            .collect();
        assert_eq!(read, ["two", "one"]);
    }

    #[test]
    fn a_cookie_is_kept_for_this_host_over_tls_and_out_of_reach_of_script() {
        let kept = Jar::Device.keep(&SecretText::presented("abc"), Some(Duration::from_mins(1)));
        assert_eq!(kept, "__Host-device=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60");
        assert!(kept.is_sensitive());
        assert_eq!(Jar::Session.forget(), "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }
}
