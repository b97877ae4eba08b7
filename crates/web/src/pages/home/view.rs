//! The page a stranger sees first, and the page a customer sees first.

use askama::Template;

use crate::pages::activity::EventRow;
use crate::pages::checkup::Ring;
use crate::pages::frame::{Frame, Sighting, Tone};
use crate::pages::protections::TimerRow;

/// `/` for someone who is not signed in.
#[derive(Template)]
#[template(path = "home/landing.html")]
pub struct LandingPage {
    /// The page around the page.
    pub frame: Frame,
}

/// Is the account safe? Seen in the first second.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// How it looks.
    pub tone: Tone,
    /// The answer, in five words.
    pub title: String,
    /// Why we say so.
    pub text: String,
    /// What it rests on, each with where to look.
    pub things: Vec<Thing>,
}

/// One thing to look at.
#[derive(Clone, Debug)]
pub struct Thing {
    /// What it is, in a sentence.
    pub text: String,
    /// Where to look at it.
    pub way: Way,
}

/// Where to go, in words.
#[derive(Clone, Debug)]
pub struct Way {
    /// The address of the page.
    pub href: String,
    /// What is written on it.
    pub text: String,
}

impl Way {
    /// A way to a page.
    pub fn new(href: &str, text: &str) -> Self {
        Self { href: href.to_owned(), text: text.to_owned() }
    }
}

/// One piece of advice with its live state.
#[derive(Clone, Debug)]
pub struct Check {
    /// How it stands.
    pub tone: Tone,
    /// What it is about.
    pub title: String,
    /// How it stands, in words.
    pub text: String,
    /// What can be done about it.
    pub action: Option<Way>,
}

/// `/home`: the overview after signing in.
#[derive(Template)]
#[template(path = "home/overview.html")]
pub struct OverviewPage {
    /// The page around the page.
    pub frame: Frame,
    /// The answer to the first question.
    pub verdict: Verdict,
    /// What waits and was asked for in this very session; everything else that waits is part of the verdict.
    pub waits: Vec<TimerRow>,
    /// Where this session was opened.
    pub this_session: Sighting,
    /// How many sessions are open.
    pub sessions: usize,
    /// Advice with its state.
    pub checks: Vec<Check>,
    /// The check-up at a glance.
    pub ring: Ring,
    /// The newest few events.
    pub latest: Vec<EventRow>,
}
