//! What links ask of storage.

use crate::clock::Time;
use crate::ids::{AccountId, LinkId};
use crate::links::Link;
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// One link.
    fn link_by_id(&mut self, link: LinkId) -> Result<Option<Link>, Fault>;

    /// Until when the last link lives that was made before a moment; `None` if none lives at `now`.
    fn links_outliving(&mut self, now: Time, made_before: Time) -> Result<Option<Time>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// A new link.
    fn link_insert(&mut self, link: &Link) -> Result<(), Fault>;

    /// Uses a link up, if it is unused and unexpired and, where `epoch` is given, was made in that epoch.
    /// Answers whether it did: of two at once, one.
    fn link_use(&mut self, account: AccountId, link: LinkId, epoch: Option<i64>, now: Time) -> Result<bool, Fault>;
}
