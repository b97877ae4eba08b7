//! The page that confirms a sensitive change.

use askama::Template;
use domain::Span;
use domain::protections::{Method, Sensitive};

use crate::pages::frame::{Field, Frame, When};

/// `/approve/{approval}`.
#[derive(Template)]
#[template(path = "approvals/approve.html")]
pub struct ApprovePage {
    /// The page around the page.
    pub frame: Frame,
    /// Where the proof goes.
    pub action: String,
    /// What was asked for: completes "You asked for …".
    pub title: &'static str,
    /// What happens.
    pub effect: &'static str,
    /// What it is about in this very case.
    pub detail: Option<String>,
    /// How long it waits, in words, where it does.
    pub wait: Option<String>,
    /// When it takes effect where it does not wait, in a sentence.
    pub then: &'static str,
    /// It waits at least until then, because something unusual happened.
    pub held: Option<When>,
    /// Whether it holds money back from young addresses.
    pub holds: bool,
    /// For how many hours it does.
    pub hold_hours: i64,
    /// Until when it can be confirmed.
    pub until: When,
    /// Whether something was proved already and one more is asked for.
    pub more: bool,
    /// What can prove it.
    pub offers: Vec<Offer>,
    /// What is wrong.
    pub problem: Option<String>,
}

/// One way to prove it.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The word the form sends.
    pub method: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What to type, above the input.
    pub label: &'static str,
    /// The input's name and its kind; none for a passkey, which the script asks for.
    pub input: Option<(&'static str, &'static str)>,
    /// The input's `autocomplete`.
    pub autocomplete: &'static str,
    /// The input.
    pub field: Field,
}

impl Offer {
    pub(crate) fn of(method: Method) -> Option<Self> {
        let (title, label, input, autocomplete) = match method {
            Method::Passkey => ("Use a passkey", "", None, "off"),
            Method::App => {
                ("Use your authenticator app", "The six digits it shows now", Some(("code", "text")), "one-time-code")
            }
            Method::RecoveryCode => {
                ("Use a recovery code", "One code that you have not used yet", Some(("recovery_code", "text")), "off")
            }
            Method::Password => {
                ("Use your password", "Your password", Some(("password", "password")), "current-password")
            }
            Method::Sms | Method::Mailbox => return None,
        };
        Some(Self { method: method.code(), title, label, input, autocomplete, field: Field::empty(1024) })
    }
}

/// When a change takes effect that does not wait: some are begun by the proof, and done by something else.
pub(crate) fn then(what: &Sensitive) -> &'static str {
    match what {
        Sensitive::ChangeEmail { .. } => "It takes effect once you open the link in the new mailbox.",
        Sensitive::AddApp => "It takes effect once you typed a code from the app. Until then nothing changes.",
        Sensitive::AddPasskey => "It takes effect once your browser has made the passkey. Until then nothing changes.",
        _ => "It takes effect at once.",
    }
}

/// A wait in words.
pub(crate) fn waits(wait: Span) -> Option<String> {
    let hours = wait.as_hours();
    match hours {
        0 => None,
        1..=48 => Some(format!("{hours} hours")),
        _ => Some(format!("{} days", hours / 24)),
    }
}
