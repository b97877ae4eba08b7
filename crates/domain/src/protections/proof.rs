//! What proves that it is you.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::ids::FactorId;

/// A way to prove that it is you.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The password.
    Password,
    /// A code of the authenticator app.
    App,
    /// A passkey, with the check of finger, face or PIN that makes it two factors in one.
    Passkey,
    /// A recovery code.
    RecoveryCode,
    /// A code that was sent by SMS. Only the second step of signing in counts it, where there is nothing stronger.
    Sms,
    /// A link that was opened from the mailbox. Only getting back in counts it.
    Mailbox,
}

impl Method {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::App => "app",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery_code",
            Self::Sms => "sms",
            Self::Mailbox => "mailbox",
        }
    }

    /// The method that a stored word names.
    pub fn from_code(code: &str) -> Option<Self> {
        let all = [Self::Password, Self::App, Self::Passkey, Self::RecoveryCode, Self::Sms, Self::Mailbox];
        all.into_iter().find(|method| method.code() == code)
    }

    /// What was used, as the customer reads it in the middle of a line.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::App => "authenticator app",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery code",
            Self::Sms => "code by SMS",
            Self::Mailbox => "link from your mailbox",
        }
    }

    /// Whether it is a second factor: something beside the password.
    pub fn is_second(self) -> bool {
        matches!(self, Self::App | Self::Passkey | Self::RecoveryCode)
    }
}

/// Something that was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// How.
    pub method: Method,
    /// By which factor; none for password and mailbox.
    pub factor: Option<FactorId>,
    /// Since when what proved it counts.
    pub since: Time,
}
