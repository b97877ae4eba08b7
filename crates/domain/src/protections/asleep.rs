//! What sleeps: whatever came so shortly before a freeze that a thief may have put it there, or since. While the account is
//! frozen it lets nobody in, proves nothing, stops nothing and is not asked for. A thaw takes off what came before the freeze
//! and wakes what came since. Pure, like the table.

use crate::clock::{Span, Time};
use crate::protections::{Held, Method, Sensitive, Standing};

/// Whether what exists since `since` sleeps: it came within the length of a hold before the freeze, or after it.
pub fn asleep(frozen_at: Option<Time>, since: Time, hold: Span) -> bool {
    frozen_at.is_some_and(|frozen_at| since > frozen_at - hold)
}

/// Whether what exists since `since` came shortly before a freeze, so that a thaw takes it off. What came during it came by the
/// mailbox or by a proof that was awake.
pub fn doubtful(frozen_at: Time, since: Time, hold: Span) -> bool {
    since <= frozen_at && asleep(Some(frozen_at), since, hold)
}

impl Standing {
    /// Whether what exists since `since` sleeps.
    pub fn asleep(&self, since: Time) -> bool {
        asleep(self.frozen_at, since, self.hold)
    }

    /// The second factors that count now.
    pub fn awake(&self) -> impl Iterator<Item = &Held> {
        self.factors.iter().filter(|held| !self.asleep(held.since))
    }

    /// Whether nothing but a passkey opens the account now. It takes one that is awake: otherwise a thief's own passkeys
    /// would keep the owner from signing in to a frozen account.
    pub fn passkeys_alone(&self) -> bool {
        self.passkey_only && (self.frozen_at.is_none() || self.awake().any(|held| held.method == Method::Passkey))
    }
}

impl Sensitive {
    /// Whether it gets an owner back in, so that stopping it from a session takes a proof: a thief who sits at one would
    /// stop it for ever.
    pub fn gets_back_in(&self) -> bool {
        matches!(self, Self::Thaw | Self::ThawSlowly | Self::LoseFactors)
    }

    /// Whether a freeze ends its wait. Getting back in without a second factor goes on. So does, where the account was frozen
    /// before, taking off what sleeps: it weakens nothing that counts, and whoever freezes again and again would keep what a
    /// thief added in the account, and its owner out. The letter about it stops it all the same.
    pub fn ends_by_freeze(&self, frozen_before: bool) -> bool {
        match self {
            Self::LoseFactors => false,
            Self::RemoveFactor { .. } => !frozen_before,
            _ => true,
        }
    }
}
