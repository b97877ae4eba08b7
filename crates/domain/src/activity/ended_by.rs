//! Why a session ended.

use serde::{Deserialize, Serialize};

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The customer signed out on it.
    You,
    /// The customer ended it from another device.
    OtherDevice,
    /// The customer ended all sessions but the one they sat at.
    AllOthers,
    /// Nobody used it for the idle time.
    Idle,
    /// Its longest life was over.
    Age,
    /// Newer ones began, and an account has only so many at a time.
    TooMany,
    /// The account was frozen.
    Freeze,
    /// The password was changed.
    PasswordChange,
    /// A way to prove that it is you was added or removed.
    CredentialChange,
    /// The password was reset.
    Reset,
    /// The e-mail address was changed, or a change of it undone.
    EmailChange,
    /// An old copy of the records was put in place.
    Restored,
    /// A member of staff ended it.
    Staff,
}

impl EndedBy {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::OtherDevice => "other_device",
            Self::AllOthers => "all_others",
            Self::Idle => "idle",
            Self::Age => "age",
            Self::TooMany => "too_many",
            Self::Freeze => "freeze",
            Self::PasswordChange => "password_change",
            Self::CredentialChange => "credential_change",
            Self::Reset => "reset",
            Self::EmailChange => "email_change",
            Self::Restored => "restored",
            Self::Staff => "staff",
        }
    }

    /// The reason that a stored word names.
    pub fn from_code(code: &str) -> Option<Self> {
        let all = [
            Self::You,
            Self::OtherDevice,
            Self::AllOthers,
            Self::Idle,
            Self::Age,
            Self::TooMany,
            Self::Freeze,
            Self::PasswordChange,
            Self::CredentialChange,
            Self::Reset,
            Self::EmailChange,
            Self::Restored,
            Self::Staff,
        ];
        all.into_iter().find(|by| by.code() == code)
    }

    /// What happened, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::You => "Signed out",
            Self::Idle | Self::Age | Self::TooMany => "A session ended by itself",
            _ => "A session was ended",
        }
    }

    /// How it ended, as the customer reads it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::You => "You signed out.",
            Self::OtherDevice => "You ended it from another device. That browser is not known any more.",
            Self::AllOthers => "You ended all other sessions.",
            Self::Idle => "It ended by itself because nobody used it for a while.",
            Self::Age => "It ended by itself because it had been open for long.",
            Self::TooMany => {
                "It ended because so many others were open: an account has only so many at a time, and the oldest ends first."
            }
            Self::Freeze => "It ended because the account was frozen.",
            Self::CredentialChange => "A way to prove that it is you was added or removed.",
            Self::EmailChange => "It ended because the e-mail address was changed, or a change of it was undone.",
            Self::Reset => "It ended because the password was reset.",
            Self::PasswordChange => "It ended because the password was changed.",
            Self::Restored => "It ended because our records were restored from a copy.",
            Self::Staff => "A member of our staff ended it.",
        }
    }

    /// Whether it ended without anybody at the keyboard.
    pub fn expired(self) -> bool {
        matches!(self, Self::Idle | Self::Age)
    }
}
