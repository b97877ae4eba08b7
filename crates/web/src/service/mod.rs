//! The door for the exchange's own backend: which key asks, and that its holder really sent this request.
//!
//! A request proves itself in one of two ways. *Signed*: HTTP Message Signatures (RFC 9421) with Ed25519 over the method, the
//! address and a digest of the body (RFC 9530), once and within five minutes. *Local*: the secret of a local key, from a
//! connection that comes straight from an address on the key's list. Nothing else that a request carries says who it is:
//! no cookie, no identity header, no forwarded address of a proxy that is not ours.

mod content_digest;
mod no;
mod seats;
mod signature;
#[cfg(test)]
mod tests;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::ids::ServiceKeyId;
use domain::service::{self, KeyProof, Nonce, Scope, ServiceKey};
use domain::{SecretText, Time};
use tokio::time::timeout;

use crate::address::{self, Peer};
use crate::answers::Problem;
use crate::cookies;
use crate::forms;
use crate::once;
use crate::routes::Row;
use crate::site::Web;

use no::No;
pub(crate) use seats::FeedSeats;
use signature::{Asked, Signed};
pub(crate) use turns::Turns;

/// The header in which a reading names the customer's session.
pub(crate) const SESSION: &str = "countersign-session";

/// The header in which a reading says from where the customer came.
pub(crate) const SEEN_FROM: &str = "countersign-seen-from";

/// Whoever was let in: a key, and how this request proved that it is the holder's.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The key.
    pub(crate) key: Arc<ServiceKey>,
    /// The one use of the signature, where it was signed.
    pub(crate) nonce: Option<Nonce>,
    /// The digest of the whole request: address and body.
    pub(crate) request: [u8; 32],
}

impl FromRequestParts<Web> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _web: &Web) -> Result<Self, Problem> {
        let found = parts.extensions.remove::<Self>();
        found.ok_or_else(|| Problem::fault("a handler asked for a service key where its row asks for none"))
    }
}

/// Lets a request in if a key opens its row, and tells the handler which. The body is read here, because the signature
/// stands for all of it.
pub(crate) async fn enter(web: &Web, row: &Row, scope: Scope, request: &mut Request) -> Result<(), Problem> {
    let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() else {
        return Err(Problem::fault("a request came without the address of its connection"));
    };
    let limit = Duration::from_secs(web.settings().request_seconds);
    let read = timeout(limit, forms::read_at_most(std::mem::take(request.body_mut()), row.body_max()));
    let body = Bytes::from(read.await.map_err(|_| Problem::too_slow())??);
    let keys = service::keys(web.app()).await?;
    let now = web.app().clock().now();
    let headers = request.headers();
    let bearer = cookies::bearer(headers);
    // Which of them a program takes, and which its proxy, nobody knows.
    if headers.get_all(header::AUTHORIZATION).iter().nth(1).is_some() {
        return Err(No::TwoProofs.into());
    }
    let signs = headers.contains_key(signature::INPUT) || headers.contains_key(signature::SIGNATURE);
    let (key, nonce) = match (bearer, signs) {
        (None, false) => return Err(No::Unproven.into()),
        (Some(_), true) => return Err(No::TwoProofs.into()),
        (Some(secret), false) => {
            let key = keys.with_secret(&SecretText::presented(secret)).ok_or(No::UnknownSecret)?;
            if headers.keys().any(|name| of_a_proxy(name.as_str())) {
                return Err(No::Forwarded.into());
            }
            key.admits(scope, peer.to_canonical(), now).map_err(No::Key)?;
            (Arc::clone(key), None)
        }
        (None, true) => {
            let asked = asked(web, request, &body);
            let signed = Signed::read(&asked)?;
            let key = signed.key_id().parse::<ServiceKeyId>().ok().and_then(|id| keys.signing(id));
            let key = key.ok_or(No::UnknownKey)?;
            let nonce = prove(&signed, &asked, key, now)?;
            let from = address::of_client(peer, headers, &web.settings().trusted_proxies);
            key.admits(scope, from, now).map_err(No::Key)?;
            // What writes uses its nonce up in the change that it is for, or not at all: decision 27.
            if scope != Scope::EventsIn {
                web.app().nonces().spend(&nonce, now).map_err(|refusal| No::once(&refusal))?;
            }
            (Arc::clone(key), Some(nonce))
        }
    };
    // What only reads is never known again, unless it waits.
    if !request.method().is_safe() || scope == Scope::Feed {
        let request_digest = request_digest(request, &body);
        request.extensions_mut().insert(Caller { key, nonce, request: request_digest });
    }
    *request.body_mut() = Body::from(body);
    Ok(())
}

/// Whether the key of a request that waited still opens something: it may have been revoked meanwhile.
pub(crate) async fn still_open(web: &Web, caller: &Caller) -> Result<(), Problem> {
    let keys = service::keys(web.app()).await?;
    let key = keys.of(caller.key.id).ok_or(No::UnknownKey)?;
    Ok(key.is_good(web.app().clock().now()).map_err(No::Key)?)
}

fn request_digest(request: &Request, body: &[u8]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    // The length of the address keeps apart what is address and what is body.
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    context.update(&(address.len() as u64).to_le_bytes());
    context.update(address.as_bytes());
    context.update(body);
    let digest = context.finish();
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Whether this is a header that proxies add. Who comes through one is not on this machine, whatever the address of the
/// connection says.
fn of_a_proxy(name: &str) -> bool {
    name.starts_with("x-forwarded-") || FORWARDED.contains(&name)
}

/// Those of no common beginning.
const FORWARDED: [&str; 13] = [
    "x-forwarded",
    "x-real-ip",
    "forwarded",
    "via",
    "cf-connecting-ip",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-scheme",
    "x-original-forwarded-for",
    "x-envoy-external-address",
    "x-azure-clientip",
    "fastly-client-ip",
];

/// The request as its signature should cover it. The site's own address stands for host and scheme, whatever the `Host`
/// header says: no proxy on the way has to keep it, and what was signed for another site is never ours.
fn asked<'a>(web: &'a Web, request: &'a Request, body: &'a [u8]) -> Asked<'a> {
    Asked {
        method: request.method().as_str(),
        origin: web.origin(),
        uri: request.uri(),
        headers: request.headers(),
        body,
    }
}

/// Whether the holder of the key signed this very request, for now and for here; answers the one use of it.
fn prove(signed: &Signed, asked: &Asked<'_>, key: &ServiceKey, now: Time) -> Result<Nonce, No> {
    let KeyProof::Signs(public) = &key.proof else { return Err(No::UnknownKey) };
    signed.covers_enough(asked)?;
    let until = signed.in_time(now)?;
    if !public.signed(signed.base(asked)?.as_bytes(), signed.signature()) {
        return Err(No::WrongSignature);
    }
    // After the signature, which covers the digest: only the holder of a key makes us hash.
    content_digest::check(asked.headers, asked.body)?;
    Ok(Nonce::new(key.id, signed.nonce(), until))
}

/// Headers that say something of the customer or of the request itself: where they are there, they are signed.
pub(crate) const SIGNED_WHERE_THERE: [&str; 3] = [SESSION, SEEN_FROM, once::HEADER];

/// The one value of a header; none if it is not there, and a refusal where it came twice.
pub(crate) fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (values.next(), value.to_str()) {
        (None, Ok(text)) => Ok(Some(text.trim())),
        _ => Err(No::Header(name).into()),
    }
}

/// Whether the request brings a body.
fn has_body(asked: &Asked<'_>) -> bool {
    !asked.body.is_empty() || asked.headers.contains_key(header::CONTENT_TYPE)
}

/// The digest that a backend's own word for a request goes by.
pub(crate) fn word_digest(word: &str) -> [u8; 32] {
    digest::digest(&digest::SHA256, word.as_bytes()).as_ref().try_into().expect("SHA-256 has 32 bytes")
}
