//! Pages for when something did not work, and for when something is done and there is nothing else to say.

use askama::Template;

use super::frame::Frame;
use super::home::Way;

/// Says what did not work and what to do about it.
#[derive(Template)]
#[template(path = "trouble/page.html")]
pub struct TroublePage {
    /// The page around the page.
    pub frame: Frame,
    /// What did not work.
    pub title: String,
    /// What that means, above all whether anything was changed.
    pub text: String,
    /// What to do.
    pub steps: Vec<String>,
    /// The number of a fault.
    pub number: Option<String>,
    /// Where to go from here.
    pub ways: Vec<Way>,
}

impl TroublePage {
    fn plain(frame: Frame, title: &str, text: &str) -> Self {
        Self {
            frame,
            title: title.to_owned(),
            text: text.to_owned(),
            steps: Vec::new(),
            number: None,
            ways: vec![Way::new("/", "To the first page"), Way::new("/help", "Help")],
        }
    }

    /// There is no such page.
    pub fn not_found(frame: Frame) -> Self {
        Self::plain(
            frame,
            "There is no such page",
            "The address may be mistyped, or the link may be old. Nothing has been changed.",
        )
    }

    /// A link that was used, has run out, or was never ours.
    pub fn spent_link(frame: Frame) -> Self {
        let mut page = Self::plain(
            frame,
            "This link does not work any more",
            "It has been used, or its time has run out. Nothing has been changed.",
        );
        page.steps = vec![
            "If you wanted to sign in, start again from the sign-in page; a new link comes by mail.".to_owned(),
            "If you wanted to stop something that was not you, use “Stop my account” with your freeze words, or the link in a newer mail.".to_owned(),
        ];
        page.ways = vec![Way::new("/sign-in", "Sign in"), Way::new("/stop", "Stop my account")];
        page
    }

    /// A rule says no; `text` is the refusal's own sentence.
    pub fn refused(frame: Frame, text: &str) -> Self {
        Self::plain(frame, "This was refused", text)
    }

    /// We are too busy, and say so rather than let people wait.
    pub fn busy(frame: Frame, retry_seconds: u64) -> Self {
        let mut page = Self::plain(
            frame,
            "We are very busy right now",
            "Your request was not carried out, and nothing has been changed.",
        );
        page.steps = vec![
            format!("Wait {retry_seconds} seconds, then go back and try again."),
            "Freezing your account works even now.".to_owned(),
        ];
        page.ways = vec![Way::new("/stop", "Stop my account"), Way::new("/help", "Help")];
        page
    }

    /// Our fault. The number is all that is shown; the rest is in our log.
    pub fn fault(frame: Frame, number: &str) -> Self {
        let mut page = Self::plain(
            frame,
            "Something went wrong on our side",
            "It is our fault, not yours. If you were changing something, look whether it was done before you try again.",
        );
        page.number = Some(number.to_owned());
        page.ways = vec![Way::new("/settings/security", "See my activity"), Way::new("/help", "Help")];
        page
    }
}

/// Says what has been done.
#[derive(Template)]
#[template(path = "trouble/done.html")]
pub struct DonePage {
    /// The page around the page.
    pub frame: Frame,
    /// What has been done.
    pub title: String,
    /// What that means.
    pub text: String,
    /// Where to go from here.
    pub ways: Vec<Way>,
}
