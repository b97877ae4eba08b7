//! The activity log as a page that lives.

mod view;

use axum::http::HeaderMap;
use axum::response::sse;
use domain::activity::{self, Entry, Event, Place, Severity};
use domain::ids::SessionId;
use serde::Deserialize;

use crate::forms::Query;
use crate::live;
use crate::pages::answer::{Answer, show};
use crate::pages::around::read;
use crate::pages::frame::{Sighting, Tone};
use crate::{Customer, Web};

pub use view::{ActivityPage, EventRow};

/// Entries on one page.
const ROWS: i64 = 50;

/// Which page of the log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Before {
    before: Option<i64>,
}

/// `GET /settings/security`
pub(crate) async fn list(web: Web, customer: Customer, Query(Before { before }): Query<Before>) -> Answer {
    let (frame, page) =
        read(&web, &customer, "activity", move |view, account| activity::page(view, account, before, ROWS)).await?;
    show(&ActivityPage {
        frame,
        newest: page.entries.first().map_or(0, |entry| entry.sequence),
        events: page.entries.iter().map(|entry| event_row(entry, Some(customer.signed_in.session.id))).collect(),
        newest_page: before.is_none(),
        older: page.older.map(|before| format!("/settings/security?before={before}")),
    })
}

/// After which entry the open page wants to hear more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    after: i64,
}

/// `GET /settings/security/live`
pub(crate) async fn follow(
    web: Web,
    customer: Customer,
    headers: HeaderMap,
    Query(After { after }): Query<After>,
) -> Answer {
    // A browser that lost the stream says by itself how far it had come.
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    live::follow(&web, &customer, resumed.unwrap_or(after), |entry| {
        let row = serde_json::to_string(&event_row(entry, None)).unwrap_or_default();
        sse::Event::default().event("activity").id(entry.sequence.to_string()).data(row)
    })
}

/// An entry as customers read it.
pub(crate) fn event_row(entry: &Entry, session: Option<SessionId>) -> EventRow {
    let spec = entry.event.spec();
    let mut seen = Sighting::new(entry.at, &entry.origin);
    let mut detail = spec.detail;
    let mut own = entry.session;
    match &entry.event {
        Event::SignedIn { session, .. } => own = Some(*session),
        Event::SessionEnded { session, by, browser, last_ip, last_place } => {
            own = Some(*session);
            let last =
                domain::Origin { ip: *last_ip, place: last_place.clone().map(Place::named), browser: browser.clone() };
            let last = Sighting::new(entry.at, &last);
            if entry.origin.ip.is_none() {
                // Nobody was at a keyboard when it ended, so the only place there is, is the last one.
                detail += " Place, IP address and browser are where it was last seen.";
                seen = last;
            } else if *by != activity::EndedBy::You {
                detail = format!("{detail} It was {}, last seen in: {} ({}).", last.browser, last.place, last.ip);
            }
        }
        _ => {}
    }
    let this_session = session.is_some() && own == session;
    EventRow {
        sequence: entry.sequence,
        tone: tone(&entry.event, spec.severity, this_session),
        title: spec.title.to_owned(),
        detail: Some(detail).filter(|detail| !detail.is_empty()),
        seen,
        this_session,
    }
}

/// How serious an event looks in the log, where most of what was worth a letter has long been answered: red is left
/// for what the owner stopped or refused, and what they do in the session they sit at is plain.
fn tone(event: &Event, severity: Severity, this_session: bool) -> Tone {
    match (event, severity) {
        (Event::SignInDenied { .. } | Event::AccountFrozen { .. }, _) => Tone::Alarm,
        (_, Severity::Quiet) => Tone::Plain,
        (Event::SignedIn { .. }, _) if this_session => Tone::Plain,
        _ => Tone::Warn,
    }
}
