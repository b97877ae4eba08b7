//! The exchange's own backend beside the product: it checks sessions, with a local key and signed, and reports what moved.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64;
use domain::clock::{Clock, SystemClock};
use domain::ids::AccountId;
use domain::service::{self, NewKey, Scope, VerifyingKey};
use domain::{Actor, Span};

use crate::inside;
use crate::load::Ask;
use crate::seed::{Customers, in_order};

/// What a backend holds.
pub(crate) struct Backend {
    secret: String,
    key_id: String,
    pair: Ed25519KeyPair,
}

/// Requests that are signed before the clock starts: about as many as are answered. Whatever comes beyond is signed as it
/// goes, which then counts.
const AHEAD: usize = 60_000;

/// Reports of one request.
pub(crate) const BATCH: u32 = 100;

impl Backend {
    /// Adds its two keys to a database.
    pub(crate) fn add(url: &str) -> Result<Self> {
        let app = inside::open(url)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).map_err(|why| anyhow!("{why}"))?;
        let public: [u8; 32] = pair.public_key().as_ref().try_into()?;
        let key = |signs: Option<VerifyingKey>| {
            let networks = vec!["127.0.0.0/8".parse().map_err(|why| anyhow!("{why}"))?];
            let lives = Span::from_hours(24);
            let new = NewKey { name: "bench".to_owned(), signs, scopes: Scope::ALL.to_vec(), networks, lives };
            let added = app.change(&Actor::chore(), move |change| service::add(change, &new)).wait();
            added.map_err(|stop| anyhow!("{stop}"))
        };
        let (signing, _) = key(Some(VerifyingKey::stored(public)))?;
        let (_, secret) = key(None)?;
        let secret = secret.context("a local key has a secret")?.reveal().to_owned();
        Ok(Self { secret, key_id: signing.id.to_string(), pair })
    }

    /// Whose session is this? With the secret of a local key.
    pub(crate) fn local_checks(self: &Arc<Self>, customers: &Arc<Customers>, among: usize) -> Arc<Ask> {
        let (backend, customers) = (Arc::clone(self), Arc::clone(customers));
        Arc::new(move |chance, request| {
            let session = &customers.sessions[chance.below(among)];
            for part in [HEAD, "Authorization: Bearer ", &backend.secret, SESSION, session, "\r\n\r\n"] {
                request.extend_from_slice(part.as_bytes());
            }
        })
    }

    /// The same, signed.
    pub(crate) fn signed_checks(
        self: &Arc<Self>,
        customers: &Arc<Customers>,
        among: usize,
        authority: String,
    ) -> Arc<Ask> {
        let (backend, customers) = (Arc::clone(self), Arc::clone(customers));
        let signed = move |number: usize| backend.signed(&authority, &customers.sessions[number % among], number);
        let ahead: Vec<Vec<u8>> = (0..AHEAD).map(&signed).collect();
        let next = AtomicUsize::new(0);
        Arc::new(move |_, request| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            match ahead.get(number) {
                Some(made) => request.extend_from_slice(made),
                None => request.extend_from_slice(&signed(number)),
            }
        })
    }

    fn signed(&self, authority: &str, session: &str, number: usize) -> Vec<u8> {
        let now = SystemClock.now();
        let params = format!(
            "(\"@method\" \"@authority\" \"@path\" \"countersign-session\");created={};expires={};nonce=\"{}-{number}\";keyid=\"{}\"",
            now.as_second(),
            now.as_second() + 60,
            now.as_microsecond(),
            self.key_id
        );
        let base = format!(
            "\"@method\": GET\n\"@authority\": {authority}\n\"@path\": /api/v1/service/session\n\
             \"countersign-session\": {session}\n\"@signature-params\": {params}"
        );
        let signature = BASE64.encode(self.pair.sign(base.as_bytes()).as_ref());
        let head = HEAD.trim_end_matches("\r\n");
        format!("{head}{SESSION}{session}\r\nSignature-Input: s={params}\r\nSignature: s=:{signature}:\r\n\r\n")
            .into_bytes()
    }

    /// A wait for the feed after a position; a look at it without one.
    pub(crate) fn feed(&self, after: Option<String>) -> Vec<u8> {
        let query = after.map_or_else(String::new, |after| format!("?after={after}&wait=25"));
        format!(
            "GET /api/v1/service/feed{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
            self.secret
        )
        .into_bytes()
    }

    /// A hundred deposits of as many customers in one request, each a letter too.
    pub(crate) fn reports(self: &Arc<Self>, accounts: u32) -> Arc<Ask> {
        let (backend, next) = (Arc::clone(self), AtomicU32::new(0));
        let started = SystemClock.now().as_microsecond();
        Arc::new(move |_, request| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let event = |index: u32| {
                let account = AccountId::from_bytes(in_order((number * BATCH + index) % accounts));
                format!(
                    r#"{{"account":"{account}","kind":"deposit","asset":"BTC","amount":"0.05","address":"bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh","reference":"{started}-{number}-{index}","happened_at":"2026-01-01T00:00:00Z"}}"#
                )
            };
            let events: Vec<String> = (0..BATCH).map(event).collect();
            let body = format!(r#"{{"events":[{}]}}"#, events.join(","));
            let head = format!(
                "POST /api/v1/service/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
                 Idempotency-Key: {started}-{number}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                backend.secret,
                body.len()
            );
            request.extend_from_slice(head.as_bytes());
            request.extend_from_slice(body.as_bytes());
        })
    }
}

const HEAD: &str = "GET /api/v1/service/session HTTP/1.1\r\nHost: localhost\r\n";
const SESSION: &str = "\r\nCountersign-Session: ";

/// The URL of a database in a directory, with the keys of a backend in it.
pub(crate) fn of(directory: &Path) -> Result<Arc<Backend>> {
    Ok(Arc::new(Backend::add(&crate::site::url(directory))?))
}
