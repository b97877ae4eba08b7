//! What the check-up and the dry run show.

use askama::Template;

use super::Ring;
use crate::pages::frame::{Frame, Tone, When};

/// `/settings/checkup`.
#[derive(Template)]
#[template(path = "checkup/list.html")]
pub struct CheckupPage {
    /// The page around the page.
    pub frame: Frame,
    /// All of it at a glance.
    pub ring: Ring,
    /// The lines, in the order of the advice.
    pub lines: Vec<CheckupRow>,
}

/// One line.
#[derive(Debug, Clone)]
pub struct CheckupRow {
    /// Stable name.
    pub code: &'static str,
    /// The advice in a few words.
    pub title: &'static str,
    /// How it stands, as a colour.
    pub tone: Tone,
    /// How it stands, in a sentence.
    pub says: String,
    /// Where it is improved: the address and the words.
    pub way: Option<(&'static str, &'static str)>,
    /// The customer's own answer, or taking it back: where it goes, and the words.
    pub say: Option<(&'static str, &'static str)>,
}

/// `/settings/checkup/back-in`.
#[derive(Template)]
#[template(path = "checkup/back_in.html")]
pub struct BackInPage {
    /// The page around the page.
    pub frame: Frame,
    /// The things that may be lost: name of the field, what it is, and whether it is chosen.
    pub things: Vec<(&'static str, &'static str, bool)>,
    /// Whether a passkey is said to be elsewhere.
    pub passkeys_elsewhere: bool,
    /// Whether anything is chosen.
    pub asked: bool,
    /// What to do, in order; none if there is no way.
    pub steps: Option<Vec<&'static str>>,
    /// How long it takes, in days; 0 is at once.
    pub days: i64,
    /// Whether money for young addresses waits afterwards.
    pub holds: bool,
    /// What would have helped.
    pub missing: Vec<&'static str>,
    /// What sleeps while the account is frozen, and so counts for nothing here.
    pub asleep: Vec<String>,
    /// When the account is unfrozen, where that is known.
    pub asleep_until: Option<When>,
}
