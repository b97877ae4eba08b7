//! What led to a freeze, and what it did.

use serde::{Deserialize, Serialize};

/// What led to a freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreezeCause {
    /// The link of a notice.
    Link,
    /// The address and the freeze words.
    Words,
    /// The button in Settings, in a session.
    Settings,
}

impl FreezeCause {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Words => "words",
            Self::Settings => "settings",
        }
    }

    /// What led to it, as the customer reads it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Link => "You said “this wasn't me” from a notice we sent you.",
            Self::Words => "Somebody gave your address and your freeze words.",
            Self::Settings => "You pressed freeze while signed in.",
        }
    }
}

/// What a freeze did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frozen {
    /// It was frozen before.
    Already,
    /// It is frozen now.
    Now {
        /// How many sessions that ended.
        sessions_ended: u64,
    },
}
