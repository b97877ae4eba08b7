//! The demo's SMS gateway: takes SMS on loopback as Kannel's `sendsms` does, and keeps the newest in memory, as they
//! would arrive on a phone. The same carrier sends to it as to the operator's gateway in production.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use domain::clock::{Clock, Time};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// SMS kept; the oldest goes when another arrives.
const KEPT: usize = 100;

/// Names the gateway is signed in to with.
pub(crate) const USER: &str = "demo";

/// An SMS as it arrived.
pub(crate) struct ArrivedSms {
    /// Its number, counted from 1.
    pub(crate) id: u64,
    pub(crate) at: Time,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

/// All the phones there are in the demo.
pub(crate) struct Handset {
    pub(crate) address: SocketAddr,
    password: String,
    clock: Arc<dyn Clock>,
    texts: Mutex<VecDeque<Arc<ArrivedSms>>>,
    arrivals: watch::Sender<u64>,
}

impl Handset {
    /// Listens on a free port of this machine, unreachable from any other, until the process ends.
    pub(crate) async fn open(clock: Arc<dyn Clock>, password: &str) -> Result<Arc<Self>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let handset = Arc::new(Self {
            address: listener.local_addr()?,
            password: password.to_owned(),
            clock,
            texts: Mutex::default(),
            arrivals: watch::Sender::new(0),
        });
        let router = Router::new().route("/cgi-bin/sendsms", post(take)).with_state(handset.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(handset)
    }

    /// What it keeps, newest first.
    pub(crate) fn newest_first(&self) -> Vec<Arc<ArrivedSms>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    /// Counts what ever arrived.
    pub(crate) fn arrivals(&self) -> watch::Receiver<u64> {
        self.arrivals.subscribe()
    }

    fn put(&self, from: &str, to: &str, text: String) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let id = *self.arrivals.borrow() + 1;
        let (from, to) = (from.to_owned(), to.to_owned());
        texts.push_back(Arc::new(ArrivedSms { id, at: self.clock.now(), from, to, text }));
        if texts.len() > KEPT {
            texts.pop_front();
        }
        drop(texts);
        self.arrivals.send_replace(id);
    }
}

async fn take(State(handset): State<Arc<Handset>>, headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("x-kannel-username") != USER || header("x-kannel-password") != handset.password {
        return (StatusCode::FORBIDDEN, "Authorization failed for sendsms");
    }
    match (header("x-kannel-to"), String::from_utf8(body.to_vec())) {
        (to, Ok(text)) if !to.is_empty() => {
            handset.put(header("x-kannel-from"), to, text);
            (StatusCode::ACCEPTED, "0: Accepted for delivery")
        }
        _ => (StatusCode::BAD_REQUEST, "Missing receiver"),
    }
}
