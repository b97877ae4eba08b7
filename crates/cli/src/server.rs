//! Accepting connections, in clear or with TLS, and letting them go gracefully.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustix::net::sockopt::set_tcp_user_timeout;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use web::Peer;

use crate::crowd::{Crowd, Limits};

mod lanes;
#[cfg(test)]
mod tests;

use lanes::Lanes;

/// The longest head of a request: twice what nginx lets through. It is read before anybody has proved anything.
const HEAD_MAX: usize = 64 * 1024;

/// What is under way when the process is told to stop may take this long.
const FAREWELL_SECONDS: u64 = 20;

/// Where and how to listen.
pub(crate) struct Listening {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) limits: Limits,
    places: Arc<Semaphore>,
    lanes: Lanes,
}

impl Listening {
    /// Takes the address, so that a port in use is told before anything else starts.
    pub(crate) async fn on(address: SocketAddr, tls: Option<TlsAcceptor>, limits: Limits) -> Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let places = Arc::new(Semaphore::new(limits.connections));
        let lanes = Lanes::open(limits.threads)?;
        Ok(Self { listener, tls, limits, places, lanes })
    }

    /// Counts the connections there are, for as long as it is kept.
    pub(crate) fn counter(&self) -> impl Fn() -> usize + Send + Sync + use<> {
        let (places, most) = (self.places.clone(), self.limits.connections);
        move || most.saturating_sub(places.available_permits())
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
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves until `closing`, then lets what is under way finish.
pub(crate) async fn run(listening: Listening, router: Router, mut closing: watch::Receiver<bool>) {
    let Listening { listener, tls, limits, places, lanes } = listening;
    let farewell = GracefulShutdown::new();
    let crowd = Crowd::new(&limits);
    let head_time = limits.head_time;
    let unread_millis = u32::try_from(limits.unread_time.as_millis()).unwrap_or(u32::MAX);
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            _ = closing.wait_for(|closing| *closing) => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, mostly: others must end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Closed without a word: a word would be one more thing to wait for.
        let Some(seat) = crowd.enter(peer.ip()) else { continue };
        // Answers are small and finished at once; waiting to fill a packet only adds delay.
        let _ = stream.set_nodelay(true);
        // Who asks and never reads would hold the connection, and the answers, without end. The kernel sees whether anything
        // was taken, whatever is sent and whether TLS is spoken, and it costs a request nothing.
        let _ = set_tcp_user_timeout(&stream, unread_millis);
        let connection = Connection { peer, router: router.clone(), watcher: farewell.watcher(), head_time };
        let tls = tls.clone();
        lanes.serve(stream, move |stream| async move {
            match tls {
                None => connection.serve(stream).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = tokio::time::timeout(head_time, tls.accept(stream)).await {
                        connection.serve(stream).await;
                    }
                }
            }
            drop((place, seat));
        });
    }
    drop(listener);
    if tokio::time::timeout(Duration::from_secs(FAREWELL_SECONDS), farewell.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish and were cut");
    }
    // It waits for the threads, which end with what was cut.
    let _ = tokio::task::spawn_blocking(move || drop(lanes)).await;
}

/// One connection, and what it is answered with.
struct Connection {
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
    head_time: Duration,
}

impl Connection {
    /// Answers in HTTP/1.1, and in nothing else: whoever may speak either is waited for without end until they say which.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let peer = Peer(self.peer.ip());
        let service = self.router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(peer);
            request.map(axum::body::Body::new) as Request
        });
        // From the first moment, and again from each answer to the next request.
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(self.head_time).max_buf_size(HEAD_MAX);
        let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        // Whatever goes wrong on a connection is the client's to see; requests are logged behind the door.
        let _ = self.watcher.watch(serving).await;
    }
}
