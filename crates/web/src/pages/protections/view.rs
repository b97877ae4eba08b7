//! Stopping an account: from settings, from a notice, and with freeze words.

use askama::Template;
use domain::activity::Brake;

use crate::pages::activity::EventRow;
use crate::pages::frame::{Field, Frame, When};
use crate::pages::protections::TimerRow;

/// `/settings/freeze`.
#[derive(Template)]
#[template(path = "protections/freeze.html")]
pub struct FreezePage {
    /// The page around the page.
    pub frame: Frame,
    /// What is wrong with the answer.
    pub problem: Option<String>,
}

/// The page "this wasn't me" opens, from any notice and without signing in.
#[derive(Template)]
#[template(path = "protections/not_me.html")]
pub struct NotMePage {
    /// The page around the page.
    pub frame: Frame,
    /// What the letter was about, if it is among the newest events.
    pub event: Option<EventRow>,
    /// The words of its question and of the answers.
    pub brake: Brake,
    /// When the letter was written.
    pub made: When,
    /// Whether the account is frozen, so that there is nothing left to stop but what would unfreeze it.
    pub already_frozen: bool,
    /// What waits to unfreeze it, if something does.
    pub thaw: Option<TimerRow>,
    /// Where the answer goes.
    pub action: String,
    /// When the link stops working.
    pub until: When,
    /// What is wrong with the answer.
    pub problem: Option<String>,
}

/// What someone reads who has just frozen an account.
#[derive(Template)]
#[template(path = "protections/frozen.html")]
pub struct FrozenPage {
    /// The page around the page.
    pub frame: Frame,
    /// Since when it is frozen.
    pub since: Option<When>,
    /// How many sessions that ended; none are told of where it was frozen before.
    pub sessions_ended: Option<u64>,
    /// The case our support received.
    pub case_number: Option<String>,
    /// Whether it came by freeze words, which are spent by it.
    pub by_words: bool,
    /// What waits and goes on, for those who proved which account it is.
    pub waits: Vec<TimerRow>,
    /// Where a change of the address can still be undone, and the address that it has now.
    pub undo: Option<(String, String)>,
}

/// `/stop`: freezing with e-mail address and freeze words.
#[derive(Template)]
#[template(path = "protections/stop.html")]
pub struct StopPage {
    /// The page around the page.
    pub frame: Frame,
    /// What is wrong; the same words for an unknown address and wrong words.
    pub problem: Option<String>,
    /// The address.
    pub email: Field,
    /// The words; their value stays empty.
    pub words: Field,
}

/// `/settings/freeze-words`.
#[derive(Template)]
#[template(path = "protections/freeze_words.html")]
pub struct FreezeWordsPage {
    /// The page around the page.
    pub frame: Frame,
    /// The words in use.
    pub words: Vec<String>,
    /// Whether they are shown at once; otherwise the customer opens them.
    pub shown: bool,
}
