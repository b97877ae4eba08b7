//! TLS from the first byte, on a connection of ours.
//!
//! lettre would connect by itself and leave it to the system when to send: see `Server::stream`. So the connection and its
//! encryption are made here, and lettre speaks through it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Whom a certificate must name, and who may vouch for it.
pub(super) struct Implicit {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Implicit {
    /// The machine's own certificate authorities, or those in a PEM file and no other.
    pub(super) fn to(host: &str, authority: Option<&[u8]>) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let said = |error: rustls::Error| error.to_string();
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(said)?;
        let config: ConfigBuilder<ClientConfig, WantsClientCert> = match authority {
            None => config.with_platform_verifier().map_err(said)?,
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    roots.add(certificate.map_err(|error| error.to_string())?).map_err(said)?;
                }
                config.with_root_certificates(roots)
            }
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config.with_no_client_auth())), name })
    }

    /// Encrypts a connection, once the server showed its certificate.
    pub(super) async fn secure(&self, stream: TcpStream) -> Result<Secured, String> {
        let secured = self.connector.connect(self.name.clone(), stream).await;
        secured.map(Secured).map_err(|error| error.to_string())
    }
}

/// An encrypted connection.
#[derive(Debug)]
pub(super) struct Secured(TlsStream<TcpStream>);

impl Secured {
    /// Whether what it is given is sent at once.
    #[cfg(test)]
    pub(super) fn sends_at_once(&self) -> bool {
        self.0.get_ref().0.nodelay().expect("a socket")
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Secured {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}
