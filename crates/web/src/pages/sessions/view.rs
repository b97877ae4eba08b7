//! Signing in, the link for a new device, and the list of what is signed in.

use askama::Template;

use crate::pages::frame::{Field, Frame, Sighting, When};

/// `/sign-in`.
#[derive(Template)]
#[template(path = "sessions/sign_in.html")]
pub struct SignInPage {
    /// The page around the page.
    pub frame: Frame,
    /// What is wrong; the same words for an unknown address and a wrong password.
    pub problem: Option<String>,
    /// The address.
    pub email: Field,
    /// The password; its value stays empty.
    pub password: Field,
    /// The page to come back to; may be empty.
    pub next: String,
    /// The name that passkeys are bound to; none where browsers make none.
    pub relying_party: Option<String>,
    /// Whether the passkey that was just tried is none of ours.
    pub passkey_unknown: bool,
}

/// The phone that can get a code for a sign-in.
#[derive(Clone, Debug)]
pub struct SmsShown {
    /// The last two digits of its number.
    pub ending: String,
    /// Until when the code works that was sent last, if one was.
    pub until: Option<When>,
}

/// `/sign-in/code`.
#[derive(Template)]
#[template(path = "sessions/second_step.html")]
pub struct SecondStepPage {
    /// The page around the page.
    pub frame: Frame,
    /// What is wrong with all of it.
    pub problem: Option<String>,
    /// Whether the account has a passkey.
    pub by_passkey: bool,
    /// Whether the account has an authenticator app.
    pub by_app: bool,
    /// Whether it has recovery codes.
    pub by_recovery_code: bool,
    /// The phone that can get a code, where there is nothing stronger.
    pub by_sms: Option<SmsShown>,
    /// The code from the SMS; its value stays empty.
    pub sms_code: Field,
    /// The code; its value stays empty.
    pub code: Field,
    /// The recovery code; its value stays empty.
    pub recovery_code: Field,
    /// Until when it waits.
    pub until: When,
    /// The page to come back to; may be empty.
    pub next: String,
}

/// After `/sign-in` in an unknown browser, or in an unusual place.
#[derive(Template)]
#[template(path = "sessions/waiting.html")]
pub struct WaitingPage {
    /// The page around the page.
    pub frame: Frame,
    /// The address that was typed.
    pub email: String,
    /// What is unusual about the place, where the browser is known.
    pub unusual: Option<String>,
    /// How this browser appears in the mail.
    pub attempt: Sighting,
    /// When the link stops working.
    pub until: When,
}

/// The page a new-device link opens: in the waiting browser it can let in, anywhere else only refuse.
#[derive(Template)]
#[template(path = "sessions/device_link.html")]
pub struct DeviceLinkPage {
    /// The page around the page.
    pub frame: Frame,
    /// The account.
    pub email: String,
    /// Who is waiting.
    pub attempt: Sighting,
    /// What is unusual about the place, where the browser is known.
    pub unusual: Option<String>,
    /// Whether this is the waiting browser.
    pub same_browser: bool,
    /// Whether it can still be let in, here.
    pub grantable: bool,
    /// What was decided about it, if it was.
    pub let_in: Option<bool>,
    /// Whether the account is frozen already.
    pub frozen: bool,
    /// Until when it waits.
    pub until: When,
    /// Where the answer goes.
    pub action: String,
    /// What is wrong with the answer.
    pub problem: Option<String>,
}

/// One open session.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its id, for the button that ends it.
    pub id: String,
    /// Whether it is the session that asks.
    pub this_one: bool,
    /// Where and when it was used last.
    pub last_seen: Sighting,
    /// When it was opened.
    pub started: When,
    /// What the sign-in was proved by, in plain words.
    pub proved_by: String,
}

/// `/settings/security/sessions`.
#[derive(Template)]
#[template(path = "sessions/list.html")]
pub struct SessionsPage {
    /// The page around the page.
    pub frame: Frame,
    /// All open sessions, this one first.
    pub sessions: Vec<SessionRow>,
    /// After how many minutes without use a session ends.
    pub idle_minutes: i64,
    /// After how many hours a session ends in any case.
    pub absolute_hours: i64,
}
