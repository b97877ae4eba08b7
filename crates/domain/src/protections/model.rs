//! What led to a freeze, and what it did.

use serde::{Deserialize, Serialize};

use crate::activity::Origin;
use crate::clock::{Span, Time};
use crate::ids::{AccountId, TimerId};
use crate::protections::Sensitive;

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
    /// A change of the e-mail address was undone from the old mailbox.
    Undo,
    /// FREEZE, sent by SMS from the phone of the account.
    Reply,
}

impl FreezeCause {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Words => "words",
            Self::Settings => "settings",
            Self::Undo => "undo",
            Self::Reply => "reply",
        }
    }

    /// What led to it, as the customer reads it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Link => "You said “this wasn't me” from a notice we sent you.",
            Self::Words => "Somebody gave your address and your freeze words.",
            Self::Undo => "A change of your e-mail address was undone from the mailbox before it.",
            Self::Settings => "You pressed freeze while signed in.",
            Self::Reply => "FREEZE came by SMS from the number of your phone.",
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

/// A change that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Timer {
    /// Its id.
    pub id: TimerId,
    /// Whose account it changes.
    pub account: AccountId,
    /// What happens when it is due.
    pub what: Sensitive,
    /// When it was asked for.
    pub asked_at: Time,
    /// From where it was asked for.
    pub origin: Origin,
    /// The entry of the activity log that tells of it.
    pub sequence: i64,
    /// How long it waits, from when the customer could know.
    pub wait: Span,
    /// It takes effect no sooner than this.
    pub not_before: Option<Time>,
    /// Since when the customer can know: everybody who counts was told.
    pub told_at: Option<Time>,
    /// When it takes effect; none while it does not run yet.
    pub due_at: Option<Time>,
    /// When the customer was told that half of it is over.
    pub half_told_at: Option<Time>,
}

impl Timer {
    /// The soonest it can take effect, whether it runs already or not.
    pub fn soonest(&self, now: Time) -> Time {
        self.due_at.unwrap_or_else(|| (now + self.wait).max(self.not_before.unwrap_or(now)))
    }
}

/// How a timer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerEnd {
    /// It took effect.
    Effective,
    /// Somebody with a session or a letter of ours stopped it.
    Cancelled,
    /// A freeze stopped it.
    Frozen,
    /// A change of credentials voided it.
    Void,
    /// The same was asked for in a way that is over sooner.
    Replaced,
    /// An old copy of the records was put in place.
    Restored,
}

impl TimerEnd {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Effective => "effective",
            Self::Cancelled => "cancelled",
            Self::Frozen => "frozen",
            Self::Void => "void",
            Self::Replaced => "replaced",
            Self::Restored => "restored",
        }
    }

    /// What became of it, as the customer reads it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Effective => "It took effect.",
            Self::Cancelled => "It was stopped from a session or from one of our letters. Nothing was changed.",
            Self::Frozen => "Freezing the account stopped it. Nothing was changed.",
            Self::Void => {
                "A change of how you sign in stopped it; ask again if you still want it. Nothing was changed."
            }
            Self::Replaced => {
                "It was asked for again in a way that takes less time: a shorter one runs now, and has a letter of its own. The letters about the first stop it as well."
            }
            Self::Restored => {
                "It ended because our records were restored from a copy, which does not know what was stopped since. Ask again if you still want it. Nothing was changed."
            }
        }
    }

    /// The end that a stored word names.
    pub fn from_code(code: &str) -> Option<Self> {
        let all = [Self::Effective, Self::Cancelled, Self::Frozen, Self::Void, Self::Replaced, Self::Restored];
        all.into_iter().find(|end| end.code() == code)
    }
}
