//! Keys of the exchange's backend, and what it is told of sessions and accounts.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::ids::{AccountId, ServiceKeyId, SessionId};
use crate::network::Network;
use crate::protections::Method;
use crate::refusal::Kind;

/// What a key may be used for: the closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Whose session is this?
    CheckSession,
    /// May this account move money now?
    Standing,
    /// Purchases, deposits and withdrawals are reported.
    EventsIn,
    /// What stopped, ended or changed?
    Feed,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CheckSession, Self::Standing, Self::EventsIn, Self::Feed];

    /// The word for it, on the command line and in the table.
    pub fn code(self) -> &'static str {
        match self {
            Self::CheckSession => "check-session",
            Self::Standing => "standing",
            Self::EventsIn => "events-in",
            Self::Feed => "feed",
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|scope| scope.code() == word).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|scope| scope.code()).collect();
            format!("there is no scope {word:?}; there are {}", known.join(", "))
        })
    }
}

/// A public key that checks Ed25519 signatures (RFC 8032).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey([u8; 32]);

/// What stands before the key in the DER of a `SubjectPublicKeyInfo` for Ed25519 (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The points of small order, without their sign: under such a "key" signatures fit that nobody made. A file of zeros is
/// one of them.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

impl VerifyingKey {
    /// Reads what `openssl pkey -pubout` writes, the base64 in it, or the bare 32 bytes as base64 or hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        if text.contains("PRIVATE KEY") {
            return Err("this is a private key, which stays with the backend: give the public one");
        }
        let bare: String = lines.filter(|line| !line.starts_with("-----")).collect();
        let bytes = HEXLOWER_PERMISSIVE.decode(bare.as_bytes()).or_else(|_| BASE64.decode(bare.as_bytes()));
        let bytes = bytes.map_err(|_| "this is neither PEM, base64 nor hexadecimal digits")?;
        let key = bytes.strip_prefix(&SPKI).unwrap_or(&bytes);
        let key: [u8; 32] = key.try_into().map_err(|_| "this is no Ed25519 public key: its 32 bytes are not there")?;
        let mut plain = key;
        plain[31] &= 0x7f;
        let weak =
            SMALL_ORDER.iter().any(|point| HEXLOWER_PERMISSIVE.decode(point.as_bytes()).is_ok_and(|p| p == plain));
        if weak { Err("signatures under this key can be made by anybody: it is no real key") } else { Ok(Self(key)) }
    }

    /// The key that 32 stored bytes spell.
    pub fn stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes that are stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether the holder of the private key signed this message.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

/// How the holder of a key proves that it is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyProof {
    /// By signing each request.
    Signs(VerifyingKey),
    /// By sending a secret, of which this is the digest: for backends on this machine or in a network of the list.
    Secret([u8; 32]),
}

impl KeyProof {
    /// The word that is stored.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signs(_) => "signs",
            Self::Secret(_) => "secret",
        }
    }
}

/// A key by which the exchange's own backend asks.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceKey {
    /// Its id: what a signature names as `keyid`.
    pub id: ServiceKeyId,
    /// Who uses it. Several keys of one name speak for the same backend, so one takes over from another.
    pub name: String,
    /// How its holder proves that it is theirs.
    pub proof: KeyProof,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// From where; anywhere if there are none.
    pub networks: Vec<Network>,
    /// When it was added.
    pub added_at: Time,
    /// From when on it opens nothing.
    pub expires_at: Time,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Time>,
}

/// Why a key that was proved opens nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum No {
    /// It was revoked.
    Revoked,
    /// It expired.
    Expired,
    /// It is used from an address that is not on its list.
    Elsewhere,
    /// It may not be used for this.
    Scope(Scope),
}

impl No {
    /// What is said of it: code, kind, whether it stands in an account's activity, title and advice.
    pub(crate) fn words(self) -> (&'static str, Kind, bool, &'static str, &'static str) {
        match self {
            Self::Revoked => (
                "service_key_revoked",
                Kind::Unproven,
                false,
                "This service key was revoked.",
                "Add another one with `countersign service-key add`.",
            ),
            Self::Expired => (
                "service_key_expired",
                Kind::Unproven,
                false,
                "This service key has expired.",
                "Add another one with `countersign service-key add`.",
            ),
            Self::Elsewhere => (
                "service_key_elsewhere",
                Kind::Forbidden,
                false,
                "This service key is not used from here.",
                "The address you come from is not on its list. A forwarded address counts only from a proxy of `web.trusted_proxies`.",
            ),
            Self::Scope(_) => (
                "scope_missing",
                Kind::Forbidden,
                false,
                "This service key may not be used for this.",
                "Add a key with `--scope` and what `field` names.",
            ),
        }
    }
}

impl ServiceKey {
    /// Whether it is good still.
    pub fn is_good(&self, now: Time) -> Result<(), No> {
        if self.revoked_at.is_some() {
            return Err(No::Revoked);
        }
        if self.expires_at <= now { Err(No::Expired) } else { Ok(()) }
    }

    /// Whether it opens this here and now. Asked once its holder has proved that it is theirs: a stranger learns nothing.
    pub fn admits(&self, scope: Scope, from: IpAddr, now: Time) -> Result<(), No> {
        self.is_good(now)?;
        if !self.networks.is_empty() && !self.networks.iter().any(|network| network.contains(from)) {
            return Err(No::Elsewhere);
        }
        if self.scopes.contains(&scope) { Ok(()) } else { Err(No::Scope(scope)) }
    }
}

/// How well a sign-in was proved, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// By the password, perhaps with a link from the mailbox.
    Password,
    /// And by a code by SMS.
    Sms,
    /// And by an authenticator app or a recovery code.
    TwoFactors,
    /// By a passkey.
    Passkey,
}

impl Assurance {
    /// All of them, the weakest first.
    pub const ALL: [Self; 4] = [Self::Password, Self::Sms, Self::TwoFactors, Self::Passkey];

    /// What a sign-in comes to that was proved by these.
    pub fn of(proved_by: &[Method]) -> Self {
        let one = |method: &Method| match method {
            Method::Passkey => Self::Passkey,
            Method::App | Method::RecoveryCode => Self::TwoFactors,
            Method::Sms => Self::Sms,
            Method::Password | Method::Mailbox => Self::Password,
        };
        proved_by.iter().map(one).max().unwrap_or(Self::Password)
    }

    /// The word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Sms => "sms",
            Self::TwoFactors => "two_factors",
            Self::Passkey => "passkey",
        }
    }
}

impl FromStr for Assurance {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, &'static str> {
        let found = Self::ALL.into_iter().find(|assurance| assurance.code() == word);
        found.ok_or("must be password, sms, two_factors or passkey")
    }
}

/// An account as far as it decides whether money moves: one row, read with one statement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Whose.
    pub account: AccountId,
    /// The security epoch: raised by every change of credentials and by a freeze.
    pub epoch: i64,
    /// Whether its owner confirmed the address.
    pub confirmed: bool,
    /// Since when it is frozen, if it is.
    pub frozen_at: Option<Time>,
    /// When an unfreezing that runs takes effect, if one does.
    pub thaws_at: Option<Time>,
    /// The beginning of the earliest hold that runs, and the end of the latest.
    pub held: Option<(Time, Time)>,
    /// Whether its settings are locked.
    pub settings_locked: bool,
    /// Whether only passkeys open it.
    pub passkey_only: bool,
}

/// Why money does not move, or not everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// The address was never confirmed.
    Unconfirmed,
    /// Its owner froze it.
    Frozen,
    /// After something suspicious, money for young addresses waits.
    Held,
}

impl WhyNot {
    /// Stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Frozen => "frozen",
            Self::Held => "held",
        }
    }

    /// The same for the customer.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Unconfirmed => "The e-mail address of this account is not confirmed yet.",
            Self::Frozen => "This account is frozen by its owner.",
            Self::Held => {
                "Something changed that a thief would change too, so for now money leaves only for addresses that were used before."
            }
        }
    }
}

/// One reason, and how long it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// Which.
    pub why: WhyNot,
    /// Since when.
    pub since: Option<Time>,
    /// Until when, where that is known: a freeze ends when its owner unfreezes it.
    pub until: Option<Time>,
}

/// May this account move money now?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyStanding {
    /// Whether money may leave for any address.
    pub anywhere: bool,
    /// Whether it may leave for addresses that are old enough.
    pub to_old_addresses: bool,
    /// The moment before which an address was known that is old enough, where that matters.
    pub old_before: Option<Time>,
    /// Everything that stands in the way.
    pub reasons: Vec<Reason>,
}

impl State {
    /// What else is true of the account, in words for programs.
    pub fn flags(&self) -> Vec<&'static str> {
        let all = [
            (self.frozen_at.is_some(), "frozen"),
            (self.held.is_some(), "held"),
            (self.settings_locked, "settings_locked"),
            (self.passkey_only, "passkey_only"),
        ];
        all.into_iter().filter_map(|(is, flag)| is.then_some(flag)).collect()
    }

    /// What the rules say. Who reads `anywhere` alone is never too lax.
    pub fn money(&self) -> MoneyStanding {
        let mut reasons = Vec::new();
        if !self.confirmed {
            reasons.push(Reason { why: WhyNot::Unconfirmed, since: None, until: None });
        }
        if self.frozen_at.is_some() {
            reasons.push(Reason { why: WhyNot::Frozen, since: self.frozen_at, until: self.thaws_at });
        }
        let to_old_addresses = reasons.is_empty();
        if let Some((since, until)) = self.held {
            reasons.push(Reason { why: WhyNot::Held, since: Some(since), until: Some(until) });
        }
        let old_before = self.held.map(|(since, _)| since);
        MoneyStanding { anywhere: reasons.is_empty(), to_old_addresses, old_before, reasons }
    }
}

/// What is remembered under a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// The digest of the report that came with it, and the number of its entry.
    pub report: Option<([u8; 32], i64)>,
    /// Reports that happened up to then are forgotten; at first, none is.
    pub dropped: Time,
}

/// A session as storage knows it; whether it is still live depends on when it was last used.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveSession {
    /// Which.
    pub session: SessionId,
    /// When it began.
    pub began_at: Time,
    /// When it was last used, as far as that was written down.
    pub last_seen_at: Time,
    /// What its sign-in was proved by, in the order given.
    pub proved_by: Vec<Method>,
    /// Its account.
    pub state: State,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
