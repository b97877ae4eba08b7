//! The activity log: everything that happened in an account.

use askama::Template;
use serde::Serialize;

use crate::pages::frame::{Frame, Sighting, Tone};

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
    /// Whether this is the newest page; only that one is live.
    pub newest_page: bool,
    /// Where older entries are.
    pub older: Option<String>,
}
