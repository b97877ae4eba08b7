//! Identifiers: version 7 UUIDs (RFC 9562), so rows written together lie together. They order and name;
//! they are never a secret, because they can be guessed from the time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};
use uuid::Uuid;

use crate::clock::Time;
use crate::entropy::Entropy;

/// An id as programs write it. What is none is said in words for whoever wrote the program.
fn plainly<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    struct Written;
    impl de::Visitor<'_> for Written {
        type Value = Uuid;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Uuid, E> {
            text.parse()
                .map_err(|_| E::custom("must be an id as you were given it, like 01900000-0000-7000-8000-000000000000"))
        }
    }
    deserializer.deserialize_str(Written)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(deserialize_with = "plainly")] Uuid);

        impl $name {
            /// A new id, from the moment and the chance of [`crate::App`].
            pub fn new(now: Time, entropy: &dyn Entropy) -> Self {
                let mut chance = [0; 10];
                entropy.fill(&mut chance);
                let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid())
            }

            /// The id before all others.
            pub const FIRST: Self = Self(Uuid::nil());

            /// The first id that could be made at a moment: whatever was made earlier comes before it.
            pub fn earliest(at: Time) -> Self {
                let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
                let mut bytes = [0; 16];
                bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
                Self::from_bytes(bytes)
            }

            /// The id that these 16 bytes spell.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// When it was made, to the millisecond.
            pub fn made_at(&self) -> Time {
                let millis = self.as_bytes().iter().take(6).fold(0, |millis, byte| millis << 8 | i64::from(*byte));
                Time::from_millisecond(millis).unwrap_or(Time::UNIX_EPOCH)
            }

            /// The 16 bytes that are stored.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A customer's account.
    AccountId
    /// One session of one account, live or ended.
    SessionId
    /// A browser that one account is known to use.
    DeviceId
    /// A sign-in with the right password that waits for its owner's word.
    PendingId
    /// A link that was, or will be, mailed.
    LinkId
    /// One notice to one recipient by one carrier: a row of the outbox.
    NoticeId
    /// An authenticator app, a passkey or a set of recovery codes.
    FactorId
    /// A change that its customer is asked to prove for.
    ApprovalId
    /// A change that waits.
    TimerId
    /// A change of the e-mail address.
    EmailChangeId
    /// A code that proves whose a phone is.
    PhoneCodeId
    /// A code by SMS that one sign-in waits for.
    SignInCodeId
    /// A key by which the exchange's own backend asks.
    ServiceKeyId
    /// One item of the feed that the exchange's backend reads.
    FeedId
    /// An address that the feed is delivered to.
    WebhookId
    /// A case that the operator's support works on.
    CaseId
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Span;
    use crate::entropy::SeededEntropy;

    #[test]
    fn ids_tell_when_they_were_made_and_lie_in_that_order() {
        let (now, entropy): (Time, _) = ("2026-11-22T12:00:00.123Z".parse().unwrap(), SeededEntropy::new(7));
        let id = SessionId::new(now, &entropy);
        assert_eq!(id.made_at(), now);
        assert!(SessionId::earliest(now) <= id && id < SessionId::earliest(now + Span::from_millis(1)));
        assert!(
            SessionId::FIRST < SessionId::earliest(Time::UNIX_EPOCH)
                || SessionId::FIRST == SessionId::earliest(Time::MIN)
        );
    }
}
