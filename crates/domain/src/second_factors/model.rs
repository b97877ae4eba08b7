//! What a customer has beside the password.

use std::fmt;

use serde::Serialize;

use crate::clock::Time;
use crate::ids::{AccountId, FactorId};
use crate::protections::Method;
use crate::repeats::Repeatable;

/// What kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorKind {
    /// An authenticator app.
    App,
    /// A passkey.
    Passkey,
    /// A set of recovery codes.
    RecoveryCodes,
}

impl FactorKind {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Passkey => "passkey",
            Self::RecoveryCodes => "recovery_codes",
        }
    }

    /// The kind that a stored word names.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::App, Self::Passkey, Self::RecoveryCodes].into_iter().find(|kind| kind.code() == code)
    }

    /// How it proves.
    pub fn method(self) -> Method {
        match self {
            Self::App => Method::App,
            Self::Passkey => Method::Passkey,
            Self::RecoveryCodes => Method::RecoveryCode,
        }
    }
}

/// One second factor of one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// Its id.
    pub id: FactorId,
    /// Whose.
    pub account: AccountId,
    /// What kind.
    pub kind: FactorKind,
    /// The name its owner gave it.
    pub name: String,
    /// The seed or the passkey, encrypted with a key outside the database; empty for recovery codes.
    pub sealed: Vec<u8>,
    /// The last accepted step of an app: no older one is ever accepted.
    pub step: i64,
    /// When it was added. It counts from here.
    pub added_at: Time,
    /// When it first proved that it works; until then it is nothing but an offer.
    pub confirmed_at: Option<Time>,
    /// When it was last used.
    pub last_used_at: Option<Time>,
    /// When it is, or was, over.
    pub over_at: Option<Time>,
}

impl Factor {
    /// Whether it proves anything at that moment.
    pub fn works(&self, now: Time) -> bool {
        self.confirmed_at.is_some() && self.over_at.is_none_or(|over| over > now)
    }
}

/// What confirming an authenticator app did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// How many other sessions ended.
    pub sessions_ended: u64,
}

impl Repeatable for Confirmed {}

/// What an authenticator app is set up with. Never printed: its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct AppKey {
    /// The key, to be typed, in groups.
    pub key: String,
    /// The same and the account's name as an address, to be read from a QR code.
    pub url: String,
    /// Until when a code can confirm it.
    pub until: Time,
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKey(…)")
    }
}
