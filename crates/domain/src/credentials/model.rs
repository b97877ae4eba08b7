//! Passwords, and what makes one unfit.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A password as it is compared: never stored, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The password itself, for hashing and for the list of breached ones.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// One reason why a password is not good enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Weakness {
    /// Too few characters.
    TooShort {
        /// The fewest that are enough.
        characters_min: usize,
    },
    /// Too many characters.
    TooLong {
        /// The most that are taken.
        characters_max: usize,
    },
    /// It stands in lists that thieves use.
    Breached,
    /// It resembles the e-mail address.
    LikeAddress,
    /// It is the present password or one of the last.
    UsedBefore,
    /// It would be guessed too soon.
    Guessable {
        /// Why, in plain words.
        why: String,
    },
}

impl Weakness {
    /// The reason as the customer reads it.
    pub fn sentence(&self) -> String {
        match self {
            Self::TooShort { characters_min } => {
                format!("Use at least {characters_min} characters. A few unusual words in a row are easy to remember.")
            }
            Self::TooLong { characters_max } => format!("Use at most {characters_max} characters."),
            Self::Breached => {
                "This password is in lists that thieves use. It may be strong, but it is not secret any more.".into()
            }
            Self::LikeAddress => "It is too much like your e-mail address.".into(),
            Self::UsedBefore => "You have used this password here before. Choose a new one.".into(),
            Self::Guessable { why } => why.clone(),
        }
    }
}

/// What is thought of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// How hard it is to guess, 0 (at once) to 4 (not in our lifetime): the score of zxcvbn.
    pub score: u8,
    /// Why it is refused; empty if it is good enough.
    pub weaknesses: Vec<Weakness>,
}

/// What a password is judged beside.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The address of its account, which it must not resemble.
    pub email: Option<&'a str>,
    /// Whether the account has a second factor, beside which a password may be shorter.
    pub second_factor: bool,
    /// Whether whoever asks came by a link that was mailed to them.
    pub by_link: bool,
}

/// The list of passwords that thieves know. May read a file or ask a server, so it is called outside transactions
/// and on a thread that may wait.
pub trait BreachedPasswords: Send + Sync {
    /// Whether thieves know it. When that cannot be found out it is not held against the customer; the operator is told.
    fn contains(&self, password: &str) -> bool;
}
