//! `/demo/mailbox`: every letter and SMS as it arrived.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use data_encoding::BASE64;
use outside::mailbox::Mailbox;
use tower::ServiceExt;
use web::Web;
use web::pages::demo::{Arrived, MailboxPage, pieces};
use web::pages::frame::{Frame, When};

use crate::demo::handset::{ArrivedSms, Handset};

/// As every page's, and letters may be framed.
pub(super) const PAGE: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
     connect-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A letter is somebody else's page: no script, no pictures from anywhere, and styles only in itself.
const LETTER: &str = "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; \
     default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";

#[derive(Clone)]
struct Demo {
    web: Web,
    mailbox: Arc<Mailbox>,
    handset: Arc<Handset>,
    /// How a gateway signs in that hands us a reply.
    authorization: HeaderValue,
}

/// The demo's own pages.
pub(crate) fn router(web: &Web, mailbox: Arc<Mailbox>, handset: Arc<Handset>, hooks_password: &str) -> Router {
    let name_and_password = BASE64.encode(format!("gateway:{hooks_password}").as_bytes());
    let authorization = HeaderValue::from_str(&format!("Basic {name_and_password}")).expect("base64 fits a header");
    Router::new()
        .route("/demo/mailbox", get(show))
        .route("/demo/mailbox/live", get(live))
        .route("/demo/mailbox/{id}/html", get(letter))
        .route("/demo/mailbox/sms/{id}/freeze", post(reply))
        .with_state(Demo { web: web.clone(), mailbox, handset, authorization })
}

async fn show(State(demo): State<Demo>) -> Response {
    // Before they are read: what arrives meanwhile is told once the page listens.
    let seen = *demo.mailbox.arrivals().borrow() + *demo.handset.arrivals().borrow();
    let letters = demo.mailbox.newest_first();
    let texts = demo.handset.newest_first();
    let mut dated: Vec<_> = letters.iter().map(|letter| (letter.at, shown(letter))).collect();
    dated.extend(texts.iter().map(|text| (text.at, shown_text(text))));
    dated.sort_by_key(|(at, _)| Reverse(*at));
    let messages = dated.into_iter().map(|(_, message)| message).collect();
    let frame = Frame { demo: true, ..Frame::stranger(&demo.web, "mailbox") };
    match (MailboxPage { frame, messages, seen }).render() {
        Ok(page) => (policy(PAGE), Html(page)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn shown(letter: &outside::mailbox::Arrived) -> Arrived {
    Arrived {
        id: letter.id,
        from: letter.from.clone(),
        to: letter.to.join(", "),
        subject: letter.subject.clone(),
        when: When::at(letter.at),
        pieces: pieces(&letter.text),
        html: letter.html.is_some().then(|| format!("/demo/mailbox/{}/html", letter.id)),
        reply: None,
    }
}

fn shown_text(text: &ArrivedSms) -> Arrived {
    Arrived {
        id: text.id,
        from: text.from.clone(),
        to: text.to.clone(),
        subject: "SMS".to_owned(),
        when: When::at(text.at),
        pieces: pieces(&text.text),
        html: None,
        reply: Some(format!("/demo/mailbox/sms/{}/freeze", text.id)),
    }
}

/// Answers an SMS with FREEZE, as a phone and the gateway behind it would: by a call to the same door.
async fn reply(State(demo): State<Demo>, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    let elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin");
    let text = demo.handset.newest_first().into_iter().find(|text| text.id == id && !elsewhere);
    let Some(text) = text else { return StatusCode::NOT_FOUND.into_response() };
    let call = Request::post("/hooks/sms/inbound")
        .header(header::AUTHORIZATION, &demo.authorization)
        .header("x-kannel-from", &text.to)
        .body(Body::from("FREEZE"));
    let Ok(call) = call else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let Ok(answer) = web::routes::router(&demo.web).oneshot(call).await;
    if answer.status().is_success() { Redirect::to("/demo/mailbox").into_response() } else { answer }
}

async fn letter(State(demo): State<Demo>, Path(id): Path<u64>) -> Response {
    match demo.mailbox.letter(id).and_then(|letter| letter.html.clone()) {
        Some(html) => (policy(LETTER), Html(html)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// How many messages a page shows.
#[derive(serde::Deserialize)]
struct Shown {
    seen: Option<u64>,
}

/// Says each time a letter or an SMS arrives, and at once if one did since the page was made.
async fn live(State(demo): State<Demo>, Query(shown): Query<Shown>) -> impl IntoResponse {
    let arrivals = (demo.mailbox.arrivals(), demo.handset.arrivals());
    let seen = shown.seen.unwrap_or_else(|| *arrivals.0.borrow() + *arrivals.1.borrow());
    let events = futures_util::stream::unfold((arrivals, seen), |((mut letters, mut texts), seen)| async move {
        loop {
            let count = *letters.borrow_and_update() + *texts.borrow_and_update();
            if count != seen {
                let event = Event::default().data(count.to_string());
                return Some((Ok::<_, Infallible>(event), ((letters, texts), count)));
            }
            tokio::select! {
                changed = letters.changed() => changed.ok()?,
                changed = texts.changed() => changed.ok()?,
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

pub(super) fn policy(policy: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
}
