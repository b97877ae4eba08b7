//! The one address of the demo, as people type it.

use std::net::SocketAddr;

use anyhow::{Result, bail, ensure};
use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;

/// Where the demo is, as browsers write it in `Origin` and `Host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    scheme: &'static str,
    authority: String,
    url: String,
    guessed: bool,
}

impl Address {
    /// The address that was given, or else the one that fits where the demo listens.
    pub(crate) fn of(listen: SocketAddr, given: Option<&str>) -> Result<Self> {
        let port = listen.port();
        match given {
            Some(url) => {
                let address = Self::read(url)?;
                ensure!(
                    address.scheme == "https" || !away(listen),
                    "--url must begin with https://: away from localhost the demo speaks TLS"
                );
                Ok(address)
            }
            None if !away(listen) => Ok(Self::new("http", format!("localhost:{port}"))),
            // Every address of this computer is none that can be typed.
            None if listen.ip().is_unspecified() => {
                Ok(Self { guessed: true, ..Self::new("https", format!("localhost:{port}")) })
            }
            None => Ok(Self::new("https", listen.to_string())),
        }
    }

    fn read(url: &str) -> Result<Self> {
        let parsed: Option<Uri> = url.parse().ok();
        let parts = parsed.as_ref().and_then(|uri| Some((uri, uri.scheme_str()?, uri.authority()?)));
        let (scheme, default_port) = match parts {
            Some((_, "http", _)) => ("http", ":80"),
            Some((_, "https", _)) => ("https", ":443"),
            _ => bail!("--url must be a whole address, like https://demo.example:8443"),
        };
        let (authority, bare) = parts.map_or(("", false), |(uri, _, authority)| {
            (authority.as_str(), uri.path() == "/" && uri.query().is_none() && !authority.as_str().contains('@'))
        });
        ensure!(bare, "--url names a site, like https://demo.example:8443, and nothing after it");
        // Browsers leave out the port that the scheme means anyway, and write names small.
        let authority = authority.strip_suffix(default_port).unwrap_or(authority).to_ascii_lowercase();
        Ok(Self::new(scheme, authority))
    }

    fn new(scheme: &'static str, authority: String) -> Self {
        let url = format!("{scheme}://{authority}");
        Self { scheme, authority, url, guessed: false }
    }

    /// Without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The name or number, as a certificate has it.
    pub(crate) fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            // What follows the last colon of a bare IPv6 address ends in a bracket.
            Some((host, port)) if !port.ends_with(']') => host,
            _ => &self.authority,
        }
        .trim_matches(['[', ']'])
    }

    /// Whether other computers may know the demo by another address.
    pub(crate) fn guessed(&self) -> bool {
        self.guessed
    }
}

/// Whether it listens to other computers too, so that it must speak TLS.
pub(crate) fn away(listen: SocketAddr) -> bool {
    !listen.ip().is_loopback()
}

/// The pages, to be found at this address and at no other.
///
/// Somebody else's site may have its own name lead to this computer, and would then read the mailbox as a page of
/// its own; only the name in the request tells.
pub(crate) fn only_there(address: &Address, pages: Router) -> Router {
    let authority = address.authority.clone();
    pages.layer(from_fn(move |request: Request, next: Next| {
        let there = request.headers().get(header::HOST).is_some_and(|host| host == authority.as_str());
        async move { if there { next.run(request).await } else { StatusCode::NOT_FOUND.into_response() } }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(listen: &str, given: Option<&str>) -> String {
        match Address::of(listen.parse().unwrap(), given) {
            Ok(address) => {
                format!("{} at {}{}", address.url, address.host(), if address.guessed { ", guessed" } else { "" })
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn without_a_url_it_is_where_it_listens() {
        assert_eq!(of("127.0.0.1:8080", None), "http://localhost:8080 at localhost");
        assert_eq!(of("[::1]:8080", None), "http://localhost:8080 at localhost");
        assert_eq!(of("192.0.2.7:8443", None), "https://192.0.2.7:8443 at 192.0.2.7");
        assert_eq!(of("[2001:db8::7]:8443", None), "https://[2001:db8::7]:8443 at 2001:db8::7");
        assert_eq!(of("0.0.0.0:8443", None), "https://localhost:8443 at localhost, guessed");
        assert_eq!(of("[::]:8443", None), "https://localhost:8443 at localhost, guessed");
    }

    #[test]
    fn a_url_is_kept_as_browsers_write_it() {
        assert_eq!(of("0.0.0.0:8443", Some("https://Demo.Example:8443/")), "https://demo.example:8443 at demo.example");
        assert_eq!(of("0.0.0.0:443", Some("https://demo.example:443")), "https://demo.example at demo.example");
        assert_eq!(of("127.0.0.1:8080", Some("http://demo.example:80")), "http://demo.example at demo.example");
        assert_eq!(of("127.0.0.1:8080", Some("https://demo.example")), "https://demo.example at demo.example");
        assert_eq!(of("[::]:443", Some("https://[2001:db8::7]")), "https://[2001:db8::7] at 2001:db8::7");
    }

    #[test]
    fn what_is_no_address_of_a_site_is_refused() {
        for url in ["demo.example", "/demo", "ftp://demo.example", "", "https://"] {
            assert_eq!(
                of("127.0.0.1:1", Some(url)),
                "--url must be a whole address, like https://demo.example:8443",
                "{url}"
            );
        }
        for url in ["https://demo.example/here", "https://demo.example?a=b", "https://me@demo.example"] {
            let said = of("127.0.0.1:1", Some(url));
            assert_eq!(said, "--url names a site, like https://demo.example:8443, and nothing after it", "{url}");
        }
        let said = of("0.0.0.0:8080", Some("http://demo.example:8080"));
        assert_eq!(said, "--url must begin with https://: away from localhost the demo speaks TLS");
    }
}
