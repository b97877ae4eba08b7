//! Pages for when something did not work, and for when something is done and there is nothing else to say.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use domain::Span;

use crate::answers::Problem;
use crate::pages::around::anyone;
use crate::pages::frame::{Frame, When};
use crate::pages::home::Way;
use crate::{Visitor, Web};

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
    /// The page of a problem, with what can be done about it.
    pub fn new(frame: Frame, problem: &Problem, again: Option<(u64, When)>) -> Self {
        let signed_in = frame.customer.is_some();
        let mut page = Self {
            frame,
            title: problem.title.trim_end_matches('.').to_owned(),
            text: problem.advice.clone(),
            steps: problem.reasons.clone(),
            number: problem.number.clone(),
            ways: Vec::new(),
        };
        let comes_again = again.is_some();
        if let Some((seconds, at)) = again {
            page.steps.push(match seconds {
                0 | 1 => "Wait 1 second, then go back and try again.".to_owned(),
                2..=120 => format!("Wait {seconds} seconds, then go back and try again."),
                _ => format!("Come back on {}.", at.text),
            });
            match problem.code {
                // Nothing can be written down, a freeze neither.
                "unavailable" => {
                    let support = &page.frame.brand.support_address;
                    let writing = format!("If it cannot wait, write to {support}.");
                    page.steps.push("Until then nothing moves: nobody can change anything on your account.".to_owned());
                    page.steps.push("A freeze cannot be taken down now either: try it again in a minute.".to_owned());
                    page.steps.push(writing);
                }
                // It took so long that nobody can say what works.
                "too_slow" => {}
                _ => page.steps.push("Freezing your account works even now.".to_owned()),
            }
        }
        // What mends it comes first.
        let mends = match problem.code {
            "recovery_codes_first" => Some(("/settings/factors", "Make recovery codes")),
            "passkeys_first" => Some(("/settings/passkeys", "Add a passkey")),
            "settings_locked" => Some(("/settings/timers#lock", "Ask to unlock my settings")),
            "lock_unfit" => Some(("/settings/timers#lock", "Choose again")),
            "account_frozen" => Some(("/settings/thaw", "Unfreeze my account")),
            "approval_done" => Some(("/settings/timers", "What waits")),
            "too_many_apps" | "proof_missing" => Some(("/settings/factors", "Ways to prove it is you")),
            _ => None,
        };
        page.ways.extend(mends.filter(|_| signed_in).map(|(href, text)| Way::new(href, text)));
        page.ways.push(match (problem.code, signed_in) {
            ("link_spent", false) => Way::new("/sign-in", "Sign in"),
            (_, true) => Way::new("/home", "To the overview"),
            (_, false) => Way::new("/", "To the first page"),
        });
        if comes_again || problem.code == "link_spent" {
            page.ways.push(Way::new("/stop", "Stop my account"));
        }
        page.ways.push(Way::new("/help", "Help"));
        page
    }
}

/// The answer that carries a problem to a person.
pub(crate) async fn page(web: &Web, visitor: Option<&Visitor>, problem: &Problem) -> Response {
    let frame = match visitor {
        // Where something of ours is broken, nothing more is asked of it.
        Some(visitor) if !problem.status.is_server_error() => anyone(web, visitor, "").await,
        _ => Frame::stranger(web, ""),
    };
    let now = web.app().clock().now();
    let again = problem.again.map(|again| {
        let seconds = again.seconds_from(now);
        (seconds, When::at(now + Span::from_secs(i64::try_from(seconds).unwrap_or(0))))
    });
    match TroublePage::new(frame, problem, again).render() {
        Ok(html) => (problem.status, Html(html)).into_response(),
        // There is nothing left to say it with; what went wrong first is in the log already.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
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
