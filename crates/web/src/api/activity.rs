//! The activity log: page by page, live, and as a file to keep.

mod export;

use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event as SseEvent;
use domain::Time;
use domain::activity::{self, Entry, Event, PAGE, Severity};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, From};
use crate::answers::Problem;
use crate::forms::{Json, Query, Sequence, Whole};
use crate::search::Search;
use crate::{Customer, Web, live};

pub(crate) use export::{as_csv, as_json};

/// How much of a list to read at once.
type PageSize = Whole<1, PAGE>;

/// The number of the newest entry that is known already; 0 for none.
type Known = Whole<0, { i64::MAX }>;

/// Which part of a list to read.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cursor {
    /// Only what is older than this `sequence`: the `older` of the page before.
    #[param(inline)]
    before: Option<Sequence>,
    /// How many at most.
    #[param(inline, default = 50)]
    limit: Option<PageSize>,
}

impl Cursor {
    pub(super) fn before(&self) -> Option<i64> {
        self.before.map(Whole::get)
    }

    pub(super) fn limit(&self) -> i64 {
        self.limit.map_or(50, Whole::get)
    }
}

/// Where a list goes on after these items; nowhere if they are fewer than were asked for.
pub(super) fn page_of<T>(items: &[T], limit: i64, sequence: fn(&T) -> i64) -> Option<i64> {
    let full = i64::try_from(items.len()) == Ok(limit);
    items.last().map(sequence).filter(|sequence| full && *sequence > 1)
}

/// A page of the activity log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Activity {
    /// Newest first.
    entries: Vec<OneEntry>,
    /// Ask on with `before` set to this; absent at the end. With a filter a page may hold few entries or none and still
    /// lead on.
    older: Option<i64>,
}

/// One entry of the activity log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneEntry {
    /// Its number in this account's log, from 1 without gaps.
    sequence: i64,
    /// When it happened, in UTC. A purchase, deposit or withdrawal may have been reported later.
    #[schema(value_type = String, format = DateTime)]
    happened_at: Time,
    /// When it was written down, in UTC.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// The code of the event.
    #[schema(example = "sign_in.done")]
    code: &'static str,
    /// `quiet`, `notable` or `alarm`.
    severity: &'static str,
    /// What happened, in a few words.
    title: &'static str,
    /// What happened in this very case.
    detail: String,
    /// Who did it: `customer`, `visitor`, `chore`, `operator`, or `exchange` where its own systems reported it.
    who: String,
    /// In which session, if in one.
    #[schema(value_type = Option<String>, format = "uuid")]
    session: Option<domain::ids::SessionId>,
    /// From where.
    from: From,
    /// What is kept of this event besides; for a session that ended, how, and where it was last seen.
    #[schema(value_type = Object)]
    facts: serde_json::Value,
}

impl OneEntry {
    pub(super) fn of(entry: &Entry) -> Self {
        let spec = entry.event.spec();
        Self {
            sequence: entry.sequence,
            happened_at: entry.happened_at(),
            at: entry.at,
            code: spec.code,
            severity: match spec.severity {
                Severity::Quiet => "quiet",
                Severity::Notable => "notable",
                Severity::Alarm => "alarm",
            },
            title: spec.title,
            detail: spec.detail,
            who: entry.who.clone(),
            session: entry.session,
            from: From::origin(&entry.origin),
            facts: facts(&entry.event),
        }
    }
}

/// What an event keeps, without its code, which stands beside it.
fn facts(event: &Event) -> serde_json::Value {
    let mut facts = serde_json::to_value(event).expect("an event is made of texts and numbers");
    if let Some(fields) = facts.as_object_mut() {
        fields.remove("event");
    }
    facts
}

pub(crate) async fn page(web: Web, customer: Customer, Query(search): Query<Search>) -> Answer<Activity> {
    let account = customer.account();
    let (before, limit, filter) = (search.before(), search.limit(), search.wanted().filter()?);
    let reading = move |view: &mut domain::View<'_>| activity::search(view, account, &filter, before, limit);
    let page = web.app().view(reading).await?;
    Ok(Json(Activity { entries: page.entries.iter().map(OneEntry::of).collect(), older: page.older }))
}

/// From where on to follow.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    /// The newest `sequence` that is known already; without it only what happens from now on is told. The header
    /// `Last-Event-ID`, which browsers send when they come back, goes before it.
    #[param(inline)]
    after: Option<Known>,
}

pub(crate) async fn follow(
    web: Web,
    customer: Customer,
    headers: HeaderMap,
    Query(asked): Query<After>,
) -> Result<Response, Problem> {
    let last_event = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = match last_event.or(asked.after.map(Whole::get)) {
        Some(after) => after,
        None => newest(&web, &customer).await?,
    };
    live::follow(&web, &customer, after, |_, entry| {
        let data = serde_json::to_string(&OneEntry::of(entry)).expect("an entry is made of texts and numbers");
        SseEvent::default().event("entry").id(entry.sequence.to_string()).data(data)
    })
}

async fn newest(web: &Web, customer: &Customer) -> Result<i64, Problem> {
    let account = customer.account();
    let page = web.app().view(move |view| activity::page(view, account, None, 1)).await?;
    Ok(page.entries.first().map_or(0, |entry| entry.sequence))
}
