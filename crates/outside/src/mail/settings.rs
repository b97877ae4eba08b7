//! `[mail]` of `countersign.toml`.

use std::fmt;

use lettre::Address;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters, TlsParametersBuilder};
use serde::Deserialize;

/// Which mail server takes our letters.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Its name; with TLS, the name its certificate must carry.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is encrypted.
    pub tls: MailTls,
    /// The name to sign in with; empty for a server that asks for none.
    pub user: String,
    /// The password that goes with it.
    pub password: String,
    /// The address that letters come from.
    pub from: String,
}

/// How the way to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// In clear.
    None,
    /// By STARTTLS, or not at all.
    Starttls,
    /// From the first byte.
    Implicit,
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, tls, user, password: _, from } = self;
        write!(f, "MailSettings({user} at {host}:{port}, tls {tls:?}, from {from})")
    }
}

/// Why mail cannot be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The sender is no address.
    #[error("`from` of [mail] is not an e-mail address: {0}")]
    From(String),
    /// A name without a password, or a password without a name.
    #[error("[mail] has one of `user` and `password`; set both, or leave both empty")]
    HalfSignIn,
    /// The password would travel in clear over a network.
    #[error("[mail] would send its password in clear to {0}; set `tls` to \"starttls\" or \"implicit\"")]
    PasswordInClear(String),
    /// TLS cannot be set up.
    #[error("TLS to the mail server cannot be set up: {0}")]
    Tls(lettre::transport::smtp::Error),
    /// The machine gives no sockets.
    #[error("the mail carrier cannot start: {0}")]
    Machine(std::io::Error),
}

impl MailSettings {
    pub(super) fn sender(&self) -> Result<Address, Unfit> {
        self.from.parse().map_err(|_| Unfit::From(self.from.clone()))
    }

    pub(super) fn credentials(&self) -> Result<Option<Credentials>, Unfit> {
        match (self.user.is_empty(), self.password.is_empty()) {
            (true, true) => Ok(None),
            (false, false) if self.tls == MailTls::None && !self.here() => {
                Err(Unfit::PasswordInClear(self.host.clone()))
            }
            (false, false) => Ok(Some(Credentials::new(self.user.clone(), self.password.clone()))),
            _ => Err(Unfit::HalfSignIn),
        }
    }

    /// What TLS needs, with the machine's own certificate authorities and, in tests, one more.
    pub(super) fn tls_parameters(&self, authority: Option<Certificate>) -> Result<Option<TlsParameters>, Unfit> {
        if self.tls == MailTls::None {
            return Ok(None);
        }
        let mut builder = TlsParametersBuilder::new(self.host.clone());
        if let Some(authority) = authority {
            builder = builder.add_root_certificate(authority);
        }
        builder.build().map(Some).map_err(Unfit::Tls)
    }

    /// Whether the server is on this machine.
    fn here(&self) -> bool {
        self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}
