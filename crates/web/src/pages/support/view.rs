//! Help: advice in plain words, and where to write to.

use askama::Template;

use crate::PlacesCredit;
use crate::pages::frame::Frame;

/// One piece of advice.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The advice.
    pub title: String,
    /// Why, and how.
    pub text: String,
}

/// `/help`.
#[derive(Template)]
#[template(path = "support/help.html")]
pub struct HelpPage {
    /// The page around the page.
    pub frame: Frame,
    /// What keeps an account safe.
    pub advice: Vec<Advice>,
    /// Where the knowledge of places comes from.
    pub places: PlacesCredit,
}

/// `/recover`: leads somebody who cannot get in to the way back that fits.
#[derive(Template)]
#[template(path = "support/recover.html")]
pub struct RecoverPage {
    /// The page around the page.
    pub frame: Frame,
    /// Days until lost second proofs are taken off.
    pub lost_days: i64,
    /// Hours to unfreeze with two older proofs.
    pub thaw_hours: i64,
    /// Days to unfreeze without.
    pub thaw_slow_days: i64,
    /// Hours in which a changed address can be changed back from the old mailbox.
    pub undo_hours: i64,
}
