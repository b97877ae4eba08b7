//! The activity log as a page that lives.

mod map;
mod timeline;
mod view;
mod waits;

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use axum::response::sse;
use domain::activity::{self, Country, Entry, Event, Place, Recent, Severity, Tell};
use domain::ids::SessionId;
use domain::retain::Table;
use serde::Deserialize;

use crate::forms::Query;
use crate::live;
use crate::pages::answer::{Answer, show};
use crate::pages::around::read;
use crate::pages::frame::{Brand, Sighting, Tone, When};
use crate::search::{Search, Wanted};
use crate::{Customer, Web};

pub use map::{Dot, MapPicture, PlaceRow};
pub use timeline::{Bar, DayRow, Timeline};
pub use view::{ActivityPage, Choice, EventRow, Filters, Pictures};
pub use waits::{WaitBar, WaitRow};

/// Entries on one page.
const ROWS: i64 = 50;

/// `GET /settings/security`
pub(crate) async fn list(web: Web, customer: Customer, Query(search): Query<Search>) -> Answer {
    let (before, wanted) = (search.before(), search.wanted());
    let (filter, now) = (wanted.filter()?, web.app().clock().now());
    let everything = filter.is_everything();
    let reading = move |view: &mut domain::View<'_>, account| {
        let page = activity::search(view, account, &filter, before, ROWS)?;
        // Pictures and the words to choose from stand on the first page alone.
        let recent =
            if before.is_none() { activity::recent(view, account, timeline::since(now))? } else { Recent::default() };
        Ok((page, recent))
    };
    let (frame, (page, recent)) = read(&web, &customer, "activity", reading).await?;
    let pictures = (before.is_none() && everything).then(|| Pictures {
        map: map::draw(&recent.entries, |country| web.guesses().country(country)),
        timeline: timeline::draw(&recent.entries, now),
        drawn_from: timeline::drawn_from(&recent.entries, recent.whole),
        credit: Some(web.settings().places.clone()).filter(|credit| !credit.towns.is_empty()),
    });
    let in_address = wanted.in_address();
    show(&ActivityPage {
        newest: page.entries.first().map_or(0, |entry| entry.sequence),
        events: page
            .entries
            .iter()
            .map(|entry| event_row(entry, Some(customer.signed_in.session.id), &frame.brand))
            .collect(),
        newest_page: before.is_none(),
        filtered: !everything,
        older: page.older.map(|before| format!("/settings/security?before={before}{in_address}")),
        kept_days: Table::Events.days(&web.app().settings().retain),
        looked_back_to: page.looked_back_to.map(When::at),
        pictures,
        filters: before.is_none().then(|| filters(&web, &wanted, &recent.entries)),
        asked: if everything { String::new() } else { in_address.replacen('&', "?", 1) },
        frame,
    })
}

/// What can be asked for: every kind there is, the browsers and countries of the last weeks, and what is asked for now.
fn filters(web: &Web, wanted: &Wanted, entries: &[Entry]) -> Filters {
    let words = wanted.words();
    let browsers = entries.iter().filter_map(|entry| entry.origin.browser.as_deref()).map(activity::without_version);
    let browsers: BTreeSet<String> = browsers.chain(said(words.browser)).collect();
    let places = entries.iter().filter_map(|entry| entry.origin.place.as_ref()?.country);
    let places: BTreeSet<Country> = places.chain(words.place.parse().ok()).collect();
    let name = |country: Country| {
        web.guesses().country(country).map_or_else(|| country.to_string(), |known| known.name.to_owned())
    };
    let mut places: Vec<Choice> =
        places.into_iter().map(|country| Choice::new(country.code(), &name(country), words.place)).collect();
    places.sort_by(|one, other| one.label.cmp(&other.label));
    places.push(Choice::new(activity::NOWHERE, "No known country", words.place));
    Filters {
        kinds: activity::kinds().iter().map(|kind| Choice::new(kind.code, &kind.title, words.kind)).collect(),
        browsers: browsers.iter().map(|browser| Choice::new(browser, browser, words.browser)).collect(),
        places,
        from: words.from.to_owned(),
        until: words.until.to_owned(),
    }
}

fn said(word: &str) -> Option<String> {
    Some(word.to_owned()).filter(|word| !word.is_empty())
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
    let show = |web: &Web, entry: &Entry| {
        let row = serde_json::to_string(&event_row(entry, None, &web.brand())).unwrap_or_default();
        sse::Event::default().event("activity").id(entry.sequence.to_string()).data(row)
    };
    live::follow_or_look(&web, &customer, resumed.unwrap_or(after), show).await
}

/// An entry as customers read it.
pub(crate) fn event_row(entry: &Entry, session: Option<SessionId>, brand: &Brand) -> EventRow {
    let spec = entry.event.spec();
    let mut seen = Sighting::of(entry, brand);
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
        // It is told of once its time is over; what matters is where it was asked from.
        Event::SignInUnproved { ip, place, browser, .. } => {
            let asked = domain::Origin { ip: *ip, place: place.clone().map(Place::named), browser: browser.clone() };
            seen = Sighting::new(entry.at, &asked);
        }
        _ => {}
    }
    let this_session = session.is_some() && own == session;
    EventRow {
        sequence: entry.sequence,
        tone: tone(&entry.event, spec.severity, this_session),
        title: spec.title.to_owned(),
        told: spec.tell != Tell::nobody(),
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
