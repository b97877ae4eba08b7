//! A link that we mailed, or will.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::ids::{AccountId, EmailChangeId, LinkId, PendingId, TimerId};

/// What a link may do. It is bound to this, and to nothing else, for its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// Confirms the address of a new account, in the browser that opened it.
    ConfirmAddress {
        /// SHA-256 of that browser's secret.
        browser: [u8; 32],
    },
    /// Lets a waiting sign-in through in the browser that asked, while that waits; denies it anywhere, and for longer.
    /// Whether it still waits is the sign-in's own to say.
    NewDevice {
        /// What waits.
        pending: PendingId,
    },
    /// Chooses a new password, in the browser that asked for it.
    Reset {
        /// SHA-256 of that browser's secret.
        browser: [u8; 32],
    },
    /// Confirms a new address of an account, in the browser that asked for it.
    ConfirmEmail {
        /// Which change.
        change: EmailChangeId,
    },
    /// Undoes a change of the address, and every later one, from the old mailbox. It protects.
    UndoEmail {
        /// Which change.
        change: EmailChangeId,
    },
    /// Freezes the account. It protects, so no change of credentials voids it.
    Freeze,
    /// Freezes it from the mailbox of before a change of the address; as long as that can be undone, it undoes it too.
    FreezeOrUndo {
        /// Which change.
        change: EmailChangeId,
    },
    /// Stops a change that waits. It protects as well.
    Cancel {
        /// What waits.
        timer: TimerId,
    },
}

impl Purpose {
    /// Whether a link to it may also go to a mailbox that the account had before: one that stops and lets nothing through.
    pub fn stops(&self) -> bool {
        matches!(self, Self::Freeze | Self::Cancel { .. } | Self::UndoEmail { .. } | Self::FreezeOrUndo { .. })
    }

    /// Whether it grants something: then a raised security epoch voids it.
    pub fn grants(&self) -> bool {
        match self {
            Self::ConfirmAddress { .. } | Self::Reset { .. } | Self::ConfirmEmail { .. } => true,
            Self::NewDevice { .. }
            | Self::Freeze
            | Self::FreezeOrUndo { .. }
            | Self::Cancel { .. }
            | Self::UndoEmail { .. } => false,
        }
    }
}

/// A link as it is stored: its secret is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Whose it is.
    pub account: AccountId,
    /// What it may do.
    pub purpose: Purpose,
    /// The account's security epoch when it was made.
    pub epoch: i64,
    /// When it was made.
    pub made_at: Time,
    /// When it stops working.
    pub expires_at: Time,
    /// When it did what it does, once.
    pub used_at: Option<Time>,
}
