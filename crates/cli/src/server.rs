//! Accepting connections, in clear or with TLS, and letting them go gracefully.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use web::Peer;

/// Connections at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 10_000;

/// A client that has not sent its request's head by then is let go.
const HEAD_SECONDS: u64 = 10;

/// What is under way when the process is told to stop may take this long.
const FAREWELL_SECONDS: u64 = 20;

/// Where and how to listen.
pub(crate) struct Listening {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
}

impl Listening {
    /// Takes the address, so that a port in use is told before anything else starts.
    pub(crate) async fn on(address: SocketAddr, tls: Option<TlsAcceptor>) -> Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        Ok(Self { listener, tls })
    }
}

/// TLS with the operator's certificate.
pub(crate) fn tls_from_files(certificate: &Path, key: &Path) -> Result<TlsAcceptor> {
    let named = |path: &Path| format!("cannot read {}", path.display());
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| named(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| named(key))?;
    tls(chain, key)
}

/// TLS with a certificate made just now: for the demo away from localhost.
pub(crate) fn tls_self_signed(host: &str) -> Result<TlsAcceptor> {
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()])?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
    tls(vec![made.cert.der().clone()], key)
}

fn tls(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<TlsAcceptor> {
    let mut config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves until `closing`, then lets what is under way finish.
pub(crate) async fn run(listening: Listening, router: Router, mut closing: watch::Receiver<bool>) {
    let farewell = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            _ = closing.wait_for(|closing| *closing) => break,
            accepted = listening.listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, mostly: others must end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Answers are small and finished at once; waiting to fill a packet only adds delay.
        let _ = stream.set_nodelay(true);
        let (router, watcher, tls) = (router.clone(), farewell.watcher(), listening.tls.clone());
        tokio::spawn(async move {
            match tls {
                None => connection(stream, peer, router, watcher).await,
                Some(tls) => {
                    if let Some(stream) = handshake(&tls, stream).await {
                        connection(stream, peer, router, watcher).await;
                    }
                }
            }
            drop(place);
        });
    }
    drop(listening);
    if tokio::time::timeout(Duration::from_secs(FAREWELL_SECONDS), farewell.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish and were cut");
    }
}

async fn handshake(tls: &TlsAcceptor, stream: TcpStream) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    let shaken = tokio::time::timeout(Duration::from_secs(HEAD_SECONDS), tls.accept(stream)).await;
    shaken.ok().and_then(Result::ok)
}

async fn connection<S>(stream: S, peer: SocketAddr, router: Router, watcher: hyper_util::server::graceful::Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        request.map(axum::body::Body::new) as Request
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(HEAD_SECONDS));
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(30)).max_concurrent_streams(64);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned();
    // Whatever goes wrong on a connection is the client's to see; requests are logged behind the door.
    let _ = watcher.watch(serving).await;
}
