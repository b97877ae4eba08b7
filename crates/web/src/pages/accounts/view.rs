//! Opening an account and confirming its address.

use askama::Template;

use crate::pages::credentials::Strength;
use crate::pages::frame::{Field, Frame, Sighting, When};

/// `/sign-up`: e-mail address and password.
#[derive(Template)]
#[template(path = "accounts/sign_up.html")]
pub struct SignUpPage {
    /// The page around the page.
    pub frame: Frame,
    /// What is wrong with the whole form.
    pub problem: Option<String>,
    /// The address.
    pub email: Field,
    /// The password; its value stays empty.
    pub password: Field,
    /// The fewest characters that are enough.
    pub characters_min: usize,
    /// What we think of the password, once asked.
    pub strength: Option<Strength>,
}

/// After `/sign-up`: the same page whether or not the address was free.
#[derive(Template)]
#[template(path = "accounts/check_mail.html")]
pub struct CheckMailPage {
    /// The page around the page.
    pub frame: Frame,
    /// Where we wrote to.
    pub email: String,
    /// How long the link works.
    pub hours: i64,
}

/// The page a confirmation link opens.
#[derive(Template)]
#[template(path = "accounts/confirm.html")]
pub struct ConfirmPage {
    /// The page around the page.
    pub frame: Frame,
    /// The address to confirm.
    pub email: String,
    /// Where the account was opened.
    pub asked: Sighting,
    /// Whether this is the browser that opened it; only there it can be confirmed.
    pub same_browser: bool,
    /// When the link stops working.
    pub until: When,
    /// Where the answer goes.
    pub action: String,
    /// What is wrong with the answer.
    pub problem: Option<String>,
}
