//! What the detector answers, and why, in plain words.

use std::fmt;

/// What to make of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing in it imitates a brand of the register.
    Clear,
    /// It may imitate a brand: somebody should look.
    Review,
    /// It imitates a brand: a customer should be warned.
    Alert,
    /// It belongs to the brand.
    Official,
}

impl Verdict {
    /// The word used in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Review => "review",
            Self::Alert => "alert",
            Self::Official => "official",
        }
    }
}

/// Why an input could not be read as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is nothing in it.
    Empty,
    /// It is longer than 64 KiB.
    TooLong,
    /// It is not UTF-8 text.
    NotText,
    /// It holds control characters.
    ControlCharacters,
    /// It holds characters that change the direction of writing.
    HiddenDirection,
    /// It is not a host name that could exist.
    NotAHost,
    /// It is an address that runs something instead of leading somewhere.
    NotAPlace,
}

impl Fault {
    /// The name of the error in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "line_too_long",
            Self::NotText => "not_text",
            Self::ControlCharacters => "control_characters",
            Self::HiddenDirection => "hidden_direction",
            Self::NotAHost => "not_a_host",
            Self::NotAPlace => "not_a_place",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is nothing to check",
            Self::TooLong => "it is longer than 64 KiB",
            Self::NotText => "it is not readable text",
            Self::ControlCharacters => "it holds control characters",
            Self::HiddenDirection => "it holds hidden characters that turn the direction of writing",
            Self::NotAHost => "it is not a name that could exist",
            Self::NotAPlace => "it is an address that runs something instead of leading somewhere",
        })
    }
}

/// The answer for one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<'a> {
    /// What to make of it.
    pub verdict: Verdict,
    /// The brand it belongs to or imitates.
    pub brand: Option<&'a str>,
    /// How strongly it imitates, 0 to 1.
    pub score: f32,
    /// Why, most important first.
    pub reasons: Vec<String>,
    /// The name as it is really read, when that is not how it was written.
    pub shown: Option<String>,
    /// The input is official, yet something about it is unusual.
    pub odd: bool,
    /// The input could not be read as a name at all.
    pub fault: Option<Fault>,
}

impl Answer<'_> {
    pub(crate) const fn clear() -> Self {
        Self {
            verdict: Verdict::Clear,
            brand: None,
            score: 0.0,
            reasons: Vec::new(),
            shown: None,
            odd: false,
            fault: None,
        }
    }

    pub(crate) fn fault(fault: Fault) -> Self {
        Self { reasons: vec![fault.to_string()], fault: Some(fault), ..Self::clear() }
    }
}
