//! A small exchange backend beside Countersign: it shows a wallet to whoever nginx says is signed in, and before it pays out
//! it asks whether that account may move money, and afterwards reports what it did. Of a freeze it is told, and stops what is
//! under way.
//!
//! `docs/service.md` walks through it. Everything that talks to Countersign is in `countersign.rs`.

mod countersign;
mod webhook;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::countersign::Countersign;
use crate::webhook::Webhook;

struct Exchange {
    countersign: Countersign,
    webhook: Webhook,
    paid: AtomicU64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listen = setting("LISTEN")?;
    let countersign = Countersign::new(
        setting("COUNTERSIGN")?,
        &setting("SITE")?,
        setting("KEY_ID")?,
        &std::fs::read_to_string(setting("KEY_FILE")?).context("cannot read the private key")?,
    )?;
    let webhook = Webhook::new(&setting("WEBHOOK_SECRET")?)?;
    let exchange = Arc::new(Exchange { countersign, webhook, paid: AtomicU64::new(1) });
    let router = Router::new()
        .route("/wallet", get(wallet))
        .route("/wallet/withdraw", post(withdraw))
        // Countersign's, and not on nginx's way: whoever else calls has no secret to sign with.
        .route("/countersign", post(told))
        .with_state(exchange);
    // On loopback only: whoever comes here came through nginx, which says who it is.
    let listener =
        tokio::net::TcpListener::bind(&listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    Ok(axum::serve(listener, router).await?)
}

fn setting(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("set {name}: see examples/exchange-backend/README.md"))
}

type Answer = (StatusCode, Json<Value>);

async fn told(State(exchange): State<Arc<Exchange>>, headers: HeaderMap, body: Bytes) -> Answer {
    match exchange.webhook.take(&headers, &body) {
        Ok(()) => (StatusCode::OK, Json(json!({ "taken": true }))),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": format!("{error:#}") }))),
    }
}

async fn wallet(State(exchange): State<Arc<Exchange>>, headers: HeaderMap) -> Answer {
    let Some(account) = customer(&headers) else { return nobody() };
    let stopped = exchange.webhook.stopped(account);
    (StatusCode::OK, Json(json!({ "account": account, "balance": "1.00 BTC", "payouts_stopped": stopped })))
}

async fn withdraw(State(exchange): State<Arc<Exchange>>, headers: HeaderMap, Json(wanted): Json<Value>) -> Answer {
    let Some(account) = customer(&headers) else { return nobody() };
    match pay(&exchange, account, &wanted).await {
        Ok(answer) => answer,
        // Fail closed: where Countersign cannot be asked, no money moves.
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": format!("{error:#}") }))),
    }
}

async fn pay(exchange: &Exchange, account: &str, wanted: &Value) -> Result<Answer> {
    // What we were told stops even what Countersign cannot be asked about; what we were not told is asked.
    if exchange.webhook.stopped(account) {
        return Ok((StatusCode::FORBIDDEN, Json(json!({ "error": "payouts are stopped" }))));
    }
    let standing = exchange.countersign.standing(account).await?;
    if standing["standing"]["may_move_money"] != true {
        return Ok((StatusCode::FORBIDDEN, Json(standing["standing"].clone())));
    }
    // Here a real exchange pays out, and writes down that it did before it reports it.
    let reference = format!("W-{}", exchange.paid.fetch_add(1, Ordering::Relaxed));
    let event = json!({
        "account": account,
        "kind": "withdrawal",
        "asset": wanted["asset"],
        "amount": wanted["amount"],
        "address": wanted["address"],
        "reference": reference,
        "happened_at": countersign::now(),
    });
    // The reference serves as the key of the request too: sent again after a broken connection, it is told once.
    let told = exchange.countersign.report(&reference, &json!({ "events": [event] })).await?;
    Ok((StatusCode::OK, Json(json!({ "paid": true, "told": told["results"][0]["status"] }))))
}

/// Who is signed in, as nginx says: see `nginx.conf`, which sets this header on every request, whatever the client sent.
fn customer(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-countersign-account")?.to_str().ok().filter(|account| !account.is_empty())
}

fn nobody() -> Answer {
    (StatusCode::UNAUTHORIZED, Json(json!({ "error": "nginx did not say who is signed in" })))
}
