//! A small exchange backend beside Countersign: it shows a wallet to whoever nginx says is signed in, and before it pays out
//! it asks whether that account may move money, and afterwards reports what it did. Of a freeze it is told, and stops what is
//! under way.
//!
//! `docs/service.md` walks through it. Everything that talks to Countersign is in `countersign.rs`.

mod countersign;
mod reports;
mod wanted;
mod webhook;

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::countersign::Countersign;
use crate::reports::Reports;
use crate::wanted::Wanted;
use crate::webhook::Webhook;

struct Exchange {
    countersign: Countersign,
    webhook: Webhook,
    reports: Reports,
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
    let reports = Reports::in_directory(setting("REPORTS")?.into())?;
    let exchange = Arc::new(Exchange { countersign, webhook, reports });
    // What was paid and not told before the last stop is told now, and what is paid from now on.
    tokio::spawn({
        let exchange = Arc::clone(&exchange);
        async move { exchange.reports.tell(&exchange.countersign).await }
    });
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
    let nginx_says: Value = ["assurance", "session", "epoch", "may-move-money", "reason"]
        .into_iter()
        .map(|what| (what.to_owned(), said(&headers, what).into()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let said =
        json!({ "account": account, "balance": "1.00 BTC", "payouts_stopped": stopped, "nginx_says": nginx_says });
    (StatusCode::OK, Json(said))
}

async fn withdraw(State(exchange): State<Arc<Exchange>>, headers: HeaderMap, body: Bytes) -> Answer {
    let Some(account) = customer(&headers) else { return nobody() };
    // nginx asked already, by the path. Whatever else a path is written like, money asks here too.
    if !matches!(said(&headers, "assurance"), Some("two_factors" | "passkey")) {
        let no = json!({ "paid": false, "see": "/step-up?assurance=two_factors&within_minutes=15&next=/wallet" });
        return (StatusCode::FORBIDDEN, Json(no));
    }
    // What is out of shape is refused before anything is asked or paid: afterwards it would be too late.
    let wanted = match Wanted::read(&body) {
        Ok(wanted) => wanted,
        Err(error) => return (StatusCode::BAD_REQUEST, Json(json!({ "paid": false, "error": format!("{error:#}") }))),
    };
    match may_pay(&exchange, account).await {
        Ok(None) => {}
        Ok(Some(no)) => return (StatusCode::FORBIDDEN, Json(no)),
        // Fail closed: where Countersign cannot be asked, no money moves.
        Err(error) => {
            return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "paid": false, "error": format!("{error:#}") })));
        }
    }
    match pay(&exchange, account, &wanted) {
        Ok(reference) => (StatusCode::OK, Json(json!({ "paid": true, "reference": reference }))),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "paid": false, "error": format!("{error:#}") })))
        }
    }
}

/// Nothing where it may, or what to tell the customer. `/step-up` is Countersign's page that says why, and what to do.
async fn may_pay(exchange: &Exchange, account: &str) -> Result<Option<Value>> {
    let no = |standing: &Value| json!({ "paid": false, "standing": standing, "see": "/step-up?next=/wallet" });
    // What we were told stops even what Countersign cannot be asked about; what we were not told is asked.
    if exchange.webhook.stopped(account) {
        return Ok(Some(no(&json!({ "may_move_money": false }))));
    }
    let standing = exchange.countersign.standing(account).await?;
    let standing = &standing["standing"];
    Ok(if standing["may_move_money"] == true { None } else { Some(no(standing)) })
}

/// Pays, and writes down that it did. An error means that nothing was paid; once it was, the answer is that it was, whether
/// or not Countersign can be told at this moment.
fn pay(exchange: &Exchange, account: &str, wanted: &Wanted) -> Result<String> {
    let reference = reference()?;
    // In a real exchange the payout and this row are one transaction of its own database.
    exchange.reports.keep(&reference, &wanted.event(account, &reference))?;
    Ok(reference)
}

/// A name for a payout that nobody used before, also not before a restart: it is the key under which it is told once.
fn reference() -> Result<String> {
    let mut bytes = [0; 12];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow!("no random bytes"))?;
    Ok(format!("W-{}", data_encoding::HEXUPPER.encode(&bytes)))
}

/// Who is signed in, as nginx says.
fn customer(headers: &HeaderMap) -> Option<&str> {
    said(headers, "account")
}

/// What nginx says of them: see `nginx.conf`, which sets each of these headers on every request, whatever the client sent.
fn said<'a>(headers: &'a HeaderMap, what: &str) -> Option<&'a str> {
    headers.get(format!("x-countersign-{what}"))?.to_str().ok().filter(|said| !said.is_empty())
}

fn nobody() -> Answer {
    (StatusCode::UNAUTHORIZED, Json(json!({ "error": "nginx did not say who is signed in" })))
}
