//! The one address of the site. Links begin with it, and browsers say it as the origin of a form, so it is kept as they write
//! it: whatever else an operator may have meant is refused when the settings are read.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use webauthn_rs::prelude::Url;

/// Where the site is: scheme, host and port, as a browser writes an origin. `https://exchange.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteAddress(String);

/// Why a text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASite {
    /// No scheme, or another one.
    #[error("the address of the site begins with https://, like https://exchange.example")]
    Scheme,
    /// It names no host.
    #[error("the address of the site names no host: write it like https://exchange.example")]
    Host,
    /// Something stands behind the host, or a user before it.
    #[error(
        "the address of the site is its scheme and its host alone, like https://exchange.example: no path, no user, nothing after a ? or #"
    )]
    More,
}

impl SiteAddress {
    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether browsers reach it over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The host alone, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        let (_, rest) = self.0.split_once("://").expect("it was read as an address");
        match rest.strip_prefix('[') {
            Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
            None => rest.split(':').next().unwrap_or_default(),
        }
    }

    /// The host as letters name it: one that no name can be of is this machine's.
    pub(crate) fn mail_host(&self) -> &str {
        let host = self.host();
        if host.contains(':') { "localhost" } else { host }
    }
}

impl FromStr for SiteAddress {
    type Err = NotASite;

    fn from_str(text: &str) -> Result<Self, NotASite> {
        let text = text.trim();
        let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        if !matches!(scheme.as_deref(), Some("https" | "http")) {
            return Err(NotASite::Scheme);
        }
        let url = Url::parse(text).map_err(|_| NotASite::Host)?;
        let alone = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !alone || !url.username().is_empty() || url.password().is_some() {
            return Err(NotASite::More);
        }
        Ok(Self(url.origin().ascii_serialization()))
    }
}

impl fmt::Display for SiteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SiteAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, NotASite> {
        text.parse::<SiteAddress>().map(|address| address.to_string())
    }

    #[test]
    fn an_address_is_kept_as_browsers_write_an_origin() {
        for (text, kept) in [
            ("https://harbour-site.com", "https://harbour-site.com"),
            ("https://harbour-site.com/", "https://harbour-site.com"),
            ("HTTPS://Harbour-Site.COM", "https://harbour-site.com"),
            (" https://harbour-site.com:443 ", "https://harbour-site.com"),
            ("https://harbour-site.com:8443/", "https://harbour-site.com:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(kept), "{text}");
        }
    }

    #[test]
    fn what_else_somebody_may_have_meant_is_refused() {
        for (text, why) in [
            ("harbour-site.com", NotASite::Scheme),
            ("localhost:8080", NotASite::Scheme),
            ("ftp://harbour-site.com", NotASite::Scheme),
            ("", NotASite::Scheme),
            ("https://", NotASite::Host),
            ("https://harbour site.com", NotASite::Host),
            ("https://harbour-site.com/app", NotASite::More),
            ("https://harbour-site.com//", NotASite::More),
            ("https://harbour-site.com/?a", NotASite::More),
            ("https://harbour-site.com?a", NotASite::More),
            ("https://harbour-site.com/#a", NotASite::More),
            ("https://mira@harbour-site.com", NotASite::More),
            ("https://:secret@harbour-site.com", NotASite::More),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
    }

    #[test]
    fn the_host_is_told_from_the_port() {
        for (text, host, mail_host) in [
            ("https://harbour-site.com:8443", "harbour-site.com", "harbour-site.com"),
            ("http://127.0.0.1:8080", "127.0.0.1", "127.0.0.1"),
            ("http://[::1]:8080", "::1", "localhost"),
        ] {
            let address: SiteAddress = text.parse().unwrap();
            assert_eq!((address.host(), address.mail_host()), (host, mail_host), "{text}");
        }
    }
}
