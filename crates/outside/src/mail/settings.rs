//! `[mail]` of `countersign.toml`.

use std::fmt;
use std::path::PathBuf;

use lettre::Address;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters, TlsParametersBuilder};
use serde::Deserialize;

use super::dkim::{DkimRecord, Signer};
use super::implicit::Implicit;

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
    /// Certificates (PEM) of the authority that vouches for the server, and then no other; empty for the machine's own list.
    pub tls_authority: PathBuf,
    /// The name to sign in with; empty for a server that asks for none.
    pub user: String,
    /// The password that goes with it.
    pub password: String,
    /// The address that letters come from.
    pub from: String,
    /// The address that letters go back to which cannot be delivered; empty for `from`.
    pub bounces: String,
    /// The private key (PEM, RSA) that letters are signed with; empty for no signature.
    pub dkim_key: PathBuf,
    /// The domain that signs; empty for the one of `from`.
    pub dkim_domain: String,
    /// The name that the key has in that domain.
    pub dkim_selector: String,
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

/// The same, with what it needs.
pub(super) enum Encryption {
    None,
    Starttls(TlsParameters),
    Implicit(Implicit),
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, tls, user, from, .. } = self;
        write!(f, "MailSettings({user} at {host}:{port}, tls {tls:?}, from {from})")
    }
}

/// Why mail cannot be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The sender is no address.
    #[error("`from` of [mail] is not an e-mail address: {0}")]
    From(String),
    /// Where letters go back to is no address.
    #[error("`bounces` of [mail] is not an e-mail address: {0}")]
    Bounces(String),
    /// A name without a password, or a password without a name.
    #[error("[mail] has one of `user` and `password`; set both, or leave both empty")]
    HalfSignIn,
    /// The password would travel in clear over a network.
    #[error("[mail] would send its password in clear to {0}; set `tls` to \"starttls\" or \"implicit\"")]
    PasswordInClear(String),
    /// The authority's certificates cannot be used.
    #[error("`tls_authority` of [mail], {0}, cannot be used: {1}")]
    Authority(String, String),
    /// An authority without TLS: somebody believes that it is on.
    #[error("[mail] names a `tls_authority`, and `tls` is \"none\"")]
    AuthorityWithoutTls,
    /// The key that signs letters cannot be used.
    #[error("`dkim_key` of [mail], {0}, cannot be used: {1}")]
    DkimKey(String, String),
    /// The name of the key in the DNS is none.
    #[error("[mail] names a DKIM key that cannot stand in the DNS: {0}")]
    DkimName(String),
    /// A signature by somebody else than the sender, which mailboxes do not count.
    #[error(
        "`dkim_domain` of [mail] is {0}, and letters come from {1}: mailboxes count a signature of that domain alone"
    )]
    DkimStranger(String, String),
    /// TLS cannot be set up.
    #[error("TLS to the mail server cannot be set up: {0}")]
    Tls(String),
    /// The machine gives no sockets.
    #[error("the mail carrier cannot start: {0}")]
    Machine(std::io::Error),
}

impl MailSettings {
    /// Settings for a server on this machine that is spoken to in clear: of the demo, and of tests.
    pub fn in_clear(port: u16, from: &str) -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port,
            tls: MailTls::None,
            tls_authority: PathBuf::new(),
            user: String::new(),
            password: String::new(),
            from: from.to_owned(),
            bounces: String::new(),
            dkim_key: PathBuf::new(),
            dkim_domain: String::new(),
            dkim_selector: String::new(),
        }
    }

    pub(super) fn sender(&self) -> Result<Address, Unfit> {
        self.from.parse().map_err(|_| Unfit::From(self.from.clone()))
    }

    /// The sender that the mail server is told, which readers do not see.
    pub(super) fn returns_to(&self) -> Result<Address, Unfit> {
        if self.bounces.is_empty() {
            return self.sender();
        }
        self.bounces.parse().map_err(|_| Unfit::Bounces(self.bounces.clone()))
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

    /// What TLS needs: the machine's own certificate authorities, or the one that is named, and no other.
    pub(super) fn encryption(&self) -> Result<Encryption, Unfit> {
        let authority = self.authority()?;
        let refused = |why: String| match &authority {
            Some(_) => self.unfit_authority(why),
            None => Unfit::Tls(why),
        };
        match self.tls {
            MailTls::None if authority.is_some() => Err(Unfit::AuthorityWithoutTls),
            MailTls::None => Ok(Encryption::None),
            MailTls::Implicit => {
                Implicit::to(&self.host, authority.as_deref()).map(Encryption::Implicit).map_err(refused)
            }
            MailTls::Starttls => {
                let mut builder = TlsParametersBuilder::new(self.host.clone());
                if let Some(pem) = &authority {
                    let named = Certificate::from_pem(pem).map_err(|error| refused(error.to_string()))?;
                    builder = builder.certificate_store(CertificateStore::None).add_root_certificate(named);
                }
                builder.build().map(Encryption::Starttls).map_err(|error| refused(error.to_string()))
            }
        }
    }

    /// The certificates of the authority that is named.
    fn authority(&self) -> Result<Option<Vec<u8>>, Unfit> {
        if self.tls_authority.as_os_str().is_empty() {
            return Ok(None);
        }
        let pem = std::fs::read(&self.tls_authority).map_err(|error| self.unfit_authority(error.to_string()))?;
        // A file without any certificate would be an empty list, which trusts nobody and never says why.
        if self.tls != MailTls::None && !pem.windows(17).any(|window| window == b"BEGIN CERTIFICATE") {
            return Err(self.unfit_authority("it holds no certificate".to_owned()));
        }
        Ok(Some(pem))
    }

    fn unfit_authority(&self, why: String) -> Unfit {
        Unfit::Authority(self.tls_authority.display().to_string(), why)
    }

    /// The entry in the DNS that signatures are checked against, if letters are signed.
    pub fn dkim_record(&self) -> Result<Option<DkimRecord>, Unfit> {
        self.signer()?.map(|signer| signer.record()).transpose()
    }

    /// What signs letters, if anything does.
    pub(super) fn signer(&self) -> Result<Option<Signer>, Unfit> {
        if self.dkim_key.as_os_str().is_empty() {
            return Ok(None);
        }
        let sender = self.sender()?.domain().to_lowercase();
        let domain = if self.dkim_domain.is_empty() { sender.clone() } else { self.dkim_domain.to_lowercase() };
        // DMARC asks that the signature is the sender's own or one of a domain above it.
        if sender != domain && !sender.ends_with(&format!(".{domain}")) {
            return Err(Unfit::DkimStranger(domain, sender));
        }
        Signer::from_file(&self.dkim_key, &domain, &self.dkim_selector).map(Some)
    }

    /// Whether the server is on this machine.
    pub fn here(&self) -> bool {
        self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}
