//! What we have told the customer, and what they want to be told.

use askama::Template;

use crate::pages::frame::{Frame, When};

/// One notice in the inbox.
#[derive(Clone, Debug)]
pub struct NoticeRow {
    /// The number of its event.
    pub id: String,
    /// When it happened.
    pub when: When,
    /// When it was reported to us, where that was noticeably later.
    pub reported: Option<When>,
    /// What it is about.
    pub title: String,
    /// What it says.
    pub text: String,
    /// What it is called by, in letters and SMS too.
    pub reference: String,
    /// Where it came from or who reported it, in a line; empty where nobody was at a keyboard.
    pub whence: String,
    /// Whether it is new to the customer.
    pub unread: bool,
    /// Where else it goes, in a sentence; empty when nowhere.
    pub sent: String,
    /// The words that lead to the freeze, where it offers that.
    pub freeze: Option<&'static str>,
}

/// `/notices`.
#[derive(Template)]
#[template(path = "notifications/inbox.html")]
pub struct InboxPage {
    /// The page around the page.
    pub frame: Frame,
    /// The notices, newest first.
    pub notices: Vec<NoticeRow>,
    /// How many are unread, on all pages.
    pub unread: u64,
    /// The newest id on the page, so that "all read" leaves out what came later.
    pub newest: String,
    /// Where older notices are.
    pub older: Option<String>,
}

/// Whether something goes by SMS.
#[derive(Clone, Copy, Debug)]
pub struct SmsBox {
    /// Whether it does.
    pub on: bool,
    /// Whether it always does.
    pub always: bool,
}

/// One kind of event, and whether it is mailed.
#[derive(Clone, Debug)]
pub struct PreferenceRow {
    /// The code of the event.
    pub code: String,
    /// What the customer reads.
    pub title: String,
    /// Whether it is mailed.
    pub mailed: bool,
    /// Whether it is always mailed.
    pub critical: bool,
    /// The same by SMS; absent where it never goes by SMS.
    pub sms: Option<SmsBox>,
}

/// `/settings/notices`.
#[derive(Template)]
#[template(path = "notifications/preferences.html")]
pub struct PreferencesPage {
    /// The page around the page.
    pub frame: Frame,
    /// Where mail goes.
    pub email: String,
    /// How the number of the phone that SMS go to ends, if there is a phone.
    pub phone: Option<String>,
    /// Every kind of event.
    pub rows: Vec<PreferenceRow>,
}
