//! Passkeys, and the ceremonies in which they are made and used.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{Credential, Passkey};

use crate::clock::Time;
use crate::ids::{AccountId, ApprovalId, DeviceId, FactorId, LinkId, SessionId};
use crate::second_factors::Factor;

/// What kind of passkey, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyKind {
    /// Its owner's devices share it.
    Synced,
    /// It lives in one phone or computer.
    OneDevice,
    /// It lives in a key that is plugged in or held against the device.
    SecurityKey,
    /// It did not say.
    Untold,
}

impl PasskeyKind {
    /// As the customer reads it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Synced => "Synced passkey",
            Self::OneDevice => "Passkey on one device",
            Self::SecurityKey => "Security key",
            Self::Untold => "Passkey",
        }
    }

    /// What that means for its owner.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Synced => "Your password manager carries it to your other devices.",
            Self::OneDevice => "It is on one device only. If you lose that device, you lose this passkey.",
            Self::SecurityKey => "It is in a key you carry. If you lose the key, you lose this passkey.",
            Self::Untold => "It did not tell us where it is kept.",
        }
    }
}

/// What a ceremony is for. Its answer proves this and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Purpose {
    /// No challenge yet: this session proved what registering asks for, and may do it once.
    MayRegister {
        /// The session.
        session: SessionId,
    },
    /// Registering a passkey.
    Register {
        /// The session it is registered in.
        session: SessionId,
    },
    /// Signing in without saying who it is.
    SignIn,
    /// Proving for one change, exactly as it was shown.
    Approve {
        /// The session that asks.
        session: SessionId,
        /// The approval.
        approval: ApprovalId,
        /// The digest of what it is for.
        digest: [u8; 32],
    },
    /// Proving, beside the mailbox, for the new password of one reset link.
    Reset {
        /// The link.
        link: LinkId,
    },
}

/// A ceremony as it is stored.
#[derive(Debug, Clone)]
pub struct Ceremony {
    /// SHA-256 of the challenge, which its answer carries: what is found by it can be answered, and read by nobody.
    pub id: [u8; 32],
    /// Whose; none for a sign-in without a name.
    pub account: Option<AccountId>,
    /// What for.
    pub purpose: Purpose,
    /// The challenge and what the answer is checked against. It stays on this side.
    pub state: String,
    /// Until when it can be answered.
    pub expires_at: Time,
}

/// A ceremony that began: what the page needs to ask its browser.
#[derive(Debug, Clone)]
pub struct Started {
    /// What the browser is asked, as JSON: `PublicKeyCredentialCreationOptionsJSON` or `…RequestOptionsJSON`.
    pub options: serde_json::Value,
    /// Until when it can be answered.
    pub expires_at: Time,
}

/// A passkey as it is sealed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    /// What kind it is.
    pub kind: PasskeyKind,
    /// The passkey itself: its id, its public key and its count.
    pub passkey: Passkey,
}

impl Kept {
    /// How often it was used, as its authenticator counts; many count nothing and say 0.
    pub(crate) fn counter(&self) -> u32 {
        Credential::from(self.passkey.clone()).counter
    }
}

/// A passkey and a browser it was seen in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeySeen {
    /// The browser.
    pub device: DeviceId,
    /// The passkey.
    pub factor: FactorId,
    /// When it was registered there, if it was.
    pub registered_at: Option<Time>,
    /// When it was last used there, if it was.
    pub used_at: Option<Time>,
}

/// A passkey as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: FactorId,
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: PasskeyKind,
    /// When it was registered.
    pub added_at: Time,
    /// When it was last used.
    pub last_used_at: Option<Time>,
    /// Its id in the browser's words, so that the browser can be told which passkeys still work.
    pub credential: String,
}

impl Listed {
    pub(crate) fn new(factor: &Factor, kept: &Kept) -> Self {
        Self {
            id: factor.id,
            name: factor.name.clone(),
            kind: kept.kind,
            added_at: factor.added_at,
            last_used_at: factor.last_used_at,
            credential: BASE64URL_NOPAD.encode(kept.passkey.cred_id()),
        }
    }
}
