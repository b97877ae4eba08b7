//! One line of the check-up.

use crate::clock::Time;
use crate::phones;
use crate::protections::{Method, Standing};

/// How a piece of advice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As advised.
    Good,
    /// Nobody can tell but the customer.
    Unsaid,
    /// It could be better.
    Better,
    /// It should be mended today.
    Weak,
}

impl State {
    /// The word that programs read.
    pub fn code(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unsaid => "unsaid",
            Self::Better => "better",
            Self::Weak => "weak",
        }
    }
}

/// What improves a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Improve {
    /// A page of ours.
    Page {
        /// Its address.
        path: &'static str,
        /// The words on the button.
        words: &'static str,
    },
    /// The customer's own word, which the check-up keeps.
    Say {
        /// The words on the button.
        words: &'static str,
    },
    /// Taking the customer's own word back, once it is kept.
    Unsay {
        /// The words on the button.
        words: &'static str,
    },
}

/// One piece of advice with its live state and the button that improves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Stable name.
    pub code: &'static str,
    /// The advice in a few words.
    pub title: &'static str,
    /// How it stands.
    pub state: State,
    /// How it stands, in a sentence.
    pub says: String,
    /// The button.
    pub improve: Option<Improve>,
}

/// Everything the lines are made from.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The factors and what protects them.
    pub standing: Standing,
    /// The address of the account.
    pub email: String,
    /// When the password was set.
    pub password_set_at: Time,
    /// How many sessions are live.
    pub sessions: usize,
    /// How many browsers are known.
    pub devices: usize,
    /// How many recovery codes are unused, of those that do not sleep.
    pub codes_left: i64,
    /// When the newest of them were made.
    pub codes_made_at: Option<Time>,
    /// When what waits to unfreeze the account takes effect, where that is known.
    pub thaws_at: Option<Time>,
    /// The phone for notices.
    pub phone: phones::Shown,
    /// What the customer said, and when.
    pub said: Vec<(String, Time)>,
}

impl Facts {
    /// When the customer said this of themself.
    pub(crate) fn said_at(&self, code: &str) -> Option<Time> {
        self.said.iter().find(|(said, _)| said == code).map(|(_, at)| *at)
    }

    /// Until when something of these kinds sleeps, in words, if something does.
    pub(crate) fn sleeps(&self, of: impl Fn(Method) -> bool) -> Option<String> {
        let standing = &self.standing;
        let sleeps = standing.factors.iter().any(|held| of(held.method) && standing.asleep(held.since));
        sleeps.then(|| match self.thaws_at {
            Some(at) => format!("until your account is unfrozen on {}", at.strftime("%-d %B %Y, %H:%M UTC")),
            None => "until your account is unfrozen".to_owned(),
        })
    }
}

/// What sleeps while an account is frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asleep {
    /// What it is called, the oldest first.
    pub names: Vec<String>,
    /// When the account is unfrozen, where that is known.
    pub until: Option<Time>,
}
