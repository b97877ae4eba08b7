//! The page of the phone.

use askama::Template;

use crate::pages::frame::{Field, Frame, When};

/// A number, as far as a page shows it.
#[derive(Clone, Debug)]
pub struct NumberShown {
    /// Its last two digits: whoever took over a session learns no number to steal.
    pub ending: String,
    /// When it was confirmed, or until when its code works.
    pub when: When,
}

/// `/settings/phone`.
#[derive(Template)]
#[template(path = "phones/phone.html")]
pub struct PhonePage {
    /// The page around the page.
    pub frame: Frame,
    /// What could not be done, if it belongs to no field.
    pub problem: Option<String>,
    /// Whether the operator sends SMS at all.
    pub offered: bool,
    /// Whether an SMS can be answered with FREEZE.
    pub replies: bool,
    /// The confirmed phone.
    pub phone: Option<NumberShown>,
    /// Whether the newest SMS to it arrived, in a sentence; empty where nobody knows.
    pub last_sms: &'static str,
    /// The number that waits for its code.
    pub waiting: Option<NumberShown>,
    /// The number to add.
    pub number: Field,
    /// The code that was sent.
    pub code: Field,
}
