//! The password: changing it, and what we think of a new one.

use askama::Template;
use serde::Serialize;

use crate::pages::frame::{Field, Frame};

/// What we think of a password, with reasons.
#[derive(Clone, Debug, Serialize)]
pub struct Strength {
    /// Whether it would be accepted.
    pub good_enough: bool,
    /// From 0 (guessed at once) to 4.
    pub level: u8,
    /// The answer in a few words.
    pub verdict: String,
    /// Why, and how to do better.
    pub reasons: Vec<String>,
}

/// `/settings/password`.
#[derive(Template)]
#[template(path = "credentials/password.html")]
pub struct PasswordPage {
    /// The page around the page.
    pub frame: Frame,
    /// The account, so that a password manager files the new password rightly.
    pub email: String,
    /// How old the password is, in a sentence.
    pub age: String,
    /// What is wrong with the whole form.
    pub problem: Option<String>,
    /// The password in use; its value stays empty.
    pub current: Field,
    /// The new one; its value stays empty.
    pub password: Field,
    /// The fewest characters that are enough.
    pub characters_min: usize,
    /// Whether signing in asks for more than the password.
    pub second_factor: bool,
    /// What we think of the new one, once asked.
    pub strength: Option<Strength>,
}
