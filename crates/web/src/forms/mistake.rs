//! What is wrong with something that was sent, and in which field.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

/// The first mistake in something that was sent: where it is and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The field, as a path with points where fields stand in fields. Empty for the whole.
    pub field: String,
    /// What kind of mistake, for programs.
    pub kind: MistakeKind,
    /// What to do about it, for people, to be read after the name of the field.
    pub say: String,
}

/// The kinds of mistakes that bytes can make before any rule of the house is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MistakeKind {
    /// A field we do not know.
    UnknownField,
    /// A field that came twice.
    DuplicateField,
    /// A field that must be there.
    MissingField,
    /// A list for a text, a text for a number.
    WrongType,
    /// Too long or too short.
    WrongLength,
    /// Of the right type, but nothing we can use.
    BadValue,
    /// Not JSON, not a form, not UTF-8.
    Unreadable,
}

impl MistakeKind {
    /// The stable code of a problem document.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownField => "unknown_field",
            Self::DuplicateField => "duplicate_field",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::WrongLength => "wrong_length",
            Self::BadValue => "bad_value",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Mistake {
    /// A mistake in the field that is being read.
    pub(crate) fn here(kind: MistakeKind, say: impl Into<String>) -> Self {
        Self { field: String::new(), kind, say: say.into() }
    }

    /// A field that is not there and must be.
    pub(crate) fn missing(field: &str) -> Self {
        Self::here(MistakeKind::MissingField, "is missing").within(field)
    }

    /// The same mistake, seen from one field further out.
    pub(crate) fn within(mut self, field: &str) -> Self {
        let field: String = field.chars().take(SHOWN).collect();
        self.field = if self.field.is_empty() { field } else { format!("{field}.{}", self.field) };
        self
    }
}

/// A field's name is the sender's text: so much of it is sent back and no more.
const SHOWN: usize = 64;

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() { f.write_str(&self.say) } else { write!(f, "{}: {}", self.field, self.say) }
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: Display>(message: T) -> Self {
        Self::here(MistakeKind::BadValue, message.to_string())
    }

    // The value itself is not repeated: it may be a password typed into the wrong field.
    fn invalid_type(_unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::here(MistakeKind::WrongType, format!("must be {expected}"))
    }

    fn invalid_value(_unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::here(MistakeKind::BadValue, format!("must be {expected}"))
    }

    fn invalid_length(_length: usize, expected: &dyn Expected) -> Self {
        Self::here(MistakeKind::WrongLength, format!("must have {expected}"))
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Self::here(MistakeKind::BadValue, format!("must be one of: {}", expected.join(", ")))
    }

    fn unknown_field(field: &str, _expected: &'static [&'static str]) -> Self {
        Self::here(MistakeKind::UnknownField, "is not a field we know here").within(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::here(MistakeKind::DuplicateField, "was sent twice").within(field)
    }
}
