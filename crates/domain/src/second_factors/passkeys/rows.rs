//! What passkeys ask of storage.

use crate::clock::Time;
use crate::ids::{AccountId, FactorId};
use crate::refusal::Fault;
use crate::second_factors::passkeys::{Ceremony, PasskeySeen, Purpose};

/// Reading.
pub trait Reads {
    /// Whose passkey has a credential id with this hash, and which it is.
    fn passkey_owner(&mut self, digest: &[u8; 32]) -> Result<Option<(AccountId, FactorId)>, Fault>;

    /// In which browsers the passkeys of an account were registered and used, the newest passkey first.
    fn passkeys_seen(&mut self, account: AccountId) -> Result<Vec<PasskeySeen>, Fault>;

    /// Whether an account has a ceremony for this purpose that is not over.
    fn ceremony_waits(&mut self, account: AccountId, purpose: &Purpose, now: Time) -> Result<bool, Fault>;
}

/// Writing. Ceremonies are bookkeeping: what comes of one is what is told.
pub trait Writes: Reads {
    /// Makes a passkey findable by the hash of its credential id. Answers whether no passkey had that id.
    fn passkey_insert(&mut self, digest: &[u8; 32], account: AccountId, factor: FactorId) -> Result<bool, Fault>;

    /// Keeps that a passkey was registered in a browser.
    fn passkey_registered_in(&mut self, account: AccountId, seen: &PasskeySeen) -> Result<(), Fault>;

    /// Keeps when a passkey was used in a browser. Bookkeeping, like its last use.
    fn passkey_used_in(&mut self, account: AccountId, seen: &PasskeySeen) -> Result<(), Fault>;

    /// A new ceremony. Answers whether there was none with its id.
    fn ceremony_insert(&mut self, ceremony: &Ceremony) -> Result<bool, Fault>;

    /// Takes a ceremony for this purpose that is not over, and answers whose it is and its state: one statement, so of
    /// fifty answers one is looked at.
    fn ceremony_take(
        &mut self,
        id: &[u8; 32],
        purpose: &Purpose,
        now: Time,
    ) -> Result<Option<(Option<AccountId>, String)>, Fault>;

    /// Takes the ceremonies of an account for this purpose that are not over. Answers whether there was one.
    fn ceremonies_take(&mut self, account: AccountId, purpose: &Purpose, now: Time) -> Result<bool, Fault>;

    /// Forgets ceremonies that are over. Answers how many.
    fn ceremonies_forget(&mut self, now: Time) -> Result<u64, Fault>;
}
