//! The activity log: everything that happened in an account.

use askama::Template;
use serde::Serialize;

use super::{MapPicture, Timeline};
use crate::PlacesCredit;
use crate::pages::frame::{Frame, Sighting, Tone, When};

/// One entry of the log. Also what an open page receives when something new happens.
#[derive(Clone, Debug, Serialize)]
pub struct EventRow {
    /// Its place in the order of the account's events.
    pub sequence: i64,
    /// How serious it is.
    pub tone: Tone,
    /// What happened, in one line.
    pub title: String,
    /// What more is known, such as how a session ended.
    pub detail: Option<String>,
    /// Whether something may have been sent about it.
    pub told: bool,
    /// Where it came from.
    pub seen: Sighting,
    /// Whether it happened in the session that is looking.
    pub this_session: bool,
}

/// `/settings/security`.
#[derive(Template)]
#[template(path = "activity/list.html")]
pub struct ActivityPage {
    /// The page around the page.
    pub frame: Frame,
    /// The entries, newest first.
    pub events: Vec<EventRow>,
    /// The number of the newest entry shown; an open page hears of what comes after.
    pub newest: i64,
    /// Whether this is the newest page; only that one is live, and only where nothing is filtered.
    pub newest_page: bool,
    /// Whether only some entries are shown.
    pub filtered: bool,
    /// Where older entries are.
    pub older: Option<String>,
    /// The days for which entries are kept, where the operator does not keep them for ever.
    pub kept_days: Option<i64>,
    /// How far back a search came before it stopped looking.
    pub looked_back_to: Option<When>,
    /// What the last weeks looked like.
    pub pictures: Option<Pictures>,
    /// What can be asked for.
    pub filters: Option<Filters>,
    /// What was asked for, as the end of an address; empty for everything.
    pub asked: String,
}

/// The pictures above the log.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// Where.
    pub map: MapPicture,
    /// When.
    pub timeline: Timeline,
    /// Said where not everything could be drawn.
    pub drawn_from: Option<String>,
    /// What the file of towns asks to be said.
    pub credit: Option<PlacesCredit>,
}

/// The form that asks for some entries.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Kinds of events.
    pub kinds: Vec<Choice>,
    /// Browsers.
    pub browsers: Vec<Choice>,
    /// Countries.
    pub places: Vec<Choice>,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
}

/// One answer of a list.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is what is asked for now.
    pub chosen: bool,
}

impl Choice {
    /// An answer, chosen if it is the one asked for.
    pub fn new(value: &str, label: &str, asked: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned(), chosen: value == asked }
    }
}
