//! `/demo/mailbox`: every letter as it arrived.

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use outside::mailbox::Mailbox;
use web::Web;
use web::pages::demo::{Arrived, MailboxPage, pieces};
use web::pages::frame::{Frame, When};

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
}

/// The demo's own pages.
pub(crate) fn router(web: &Web, mailbox: Arc<Mailbox>) -> Router {
    Router::new()
        .route("/demo/mailbox", get(show))
        .route("/demo/mailbox/live", get(live))
        .route("/demo/mailbox/{id}/html", get(letter))
        .with_state(Demo { web: web.clone(), mailbox })
}

async fn show(State(demo): State<Demo>) -> Response {
    let messages = demo.mailbox.newest_first().iter().map(|letter| shown(letter)).collect();
    let frame = Frame { demo: true, ..Frame::stranger(&demo.web, "mailbox") };
    match (MailboxPage { frame, messages }).render() {
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
    }
}

async fn letter(State(demo): State<Demo>, Path(id): Path<u64>) -> Response {
    match demo.mailbox.letter(id).and_then(|letter| letter.html.clone()) {
        Some(html) => (policy(LETTER), Html(html)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Says each time a letter arrives.
async fn live(State(demo): State<Demo>) -> impl IntoResponse {
    let arrivals = demo.mailbox.arrivals();
    let events = futures_util::stream::unfold(arrivals, |mut arrivals| async move {
        arrivals.changed().await.ok()?;
        let count = *arrivals.borrow_and_update();
        Some((Ok::<_, Infallible>(Event::default().data(count.to_string())), arrivals))
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
