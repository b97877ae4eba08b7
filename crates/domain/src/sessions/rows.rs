//! What sessions ask of storage.

use std::net::IpAddr;

use crate::activity::EndedBy;
use crate::clock::Time;
use crate::ids::{AccountId, DeviceId, PendingId, SessionId, SignInCodeId};
use crate::refusal::Fault;
use crate::sessions::{Device, Mark, Pending, Session, Sighting, SignInCode, SignedIn, UsedPlace};

/// Reading.
pub trait Reads {
    /// The live session with this secret, if its account is still in the epoch that granted it. The hot path.
    fn session_by_secret(&mut self, digest: &[u8; 32]) -> Result<Option<SignedIn>, Fault>;

    /// One session, live or ended.
    fn session_by_id(&mut self, account: AccountId, session: SessionId) -> Result<Option<Session>, Fault>;

    /// The sessions of an account that have not ended, newest first.
    fn sessions_live(&mut self, account: AccountId) -> Result<Vec<Session>, Fault>;

    /// The sessions of an account that have not ended, but for so many that are `kept`: those of other browsers before those of
    /// this one, and of these the ones that began at another address first, always the newest. No more than a hundred at a time.
    fn sessions_beyond(
        &mut self,
        account: AccountId,
        kept: i64,
        here: (DeviceId, Option<IpAddr>),
    ) -> Result<Vec<Session>, Fault>;

    /// What the browser of a live session is known by.
    fn session_browser(&mut self, account: AccountId, session: SessionId) -> Result<Option<[u8; 32]>, Fault>;

    /// Sessions of anybody that were last seen or began so long ago that they are over.
    fn sessions_overdue(&mut self, seen_before: Time, began_before: Time, limit: i64) -> Result<Vec<Session>, Fault>;

    /// One browser of an account, known or forgotten.
    fn device_by_id(&mut self, account: AccountId, device: DeviceId) -> Result<Option<Device>, Fault>;

    /// The browsers that are known, the last used first.
    fn devices_known(&mut self, account: AccountId, now: Time) -> Result<Vec<Device>, Fault>;

    /// The browser with this secret, known or forgotten.
    fn device_by_secret(&mut self, account: AccountId, digest: &[u8; 32]) -> Result<Option<Device>, Fault>;

    /// Where the browsers of an account signed in from, forgotten ones too, the newest first; at most a thousand places.
    fn places_used(&mut self, account: AccountId) -> Result<Vec<UsedPlace>, Fault>;

    /// Where an account was used since then, as far as coordinates are known, the newest first; at most a hundred.
    fn sightings(&mut self, account: AccountId, since: Time) -> Result<Vec<Sighting>, Fault>;

    /// The sign-in that waits or waited in the browser with this secret.
    fn pending_by_secret(&mut self, digest: &[u8; 32]) -> Result<Option<Pending>, Fault>;

    /// Sign-ins of anybody whose time was over by then without their second proof.
    fn pendings_unproved(&mut self, expired_by: Time, limit: i64) -> Result<Vec<Pending>, Fault>;

    /// The code by SMS that was sent last for a sign-in, used or not.
    fn sign_in_code(&mut self, account: AccountId, pending: PendingId) -> Result<Option<SignInCode>, Fault>;

    /// A sign-in that waits or waited.
    fn pending_by_id(&mut self, account: AccountId, pending: PendingId) -> Result<Option<Pending>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// A new session.
    fn session_insert(&mut self, session: &Session, digest: &[u8; 32]) -> Result<(), Fault>;

    /// Ends a session that has not ended. Answers whether it did.
    fn session_end(&mut self, account: AccountId, session: SessionId, by: EndedBy, now: Time) -> Result<bool, Fault>;

    /// Gives a live session a new secret and epoch. Answers whether it was live.
    fn session_renew(
        &mut self,
        account: AccountId,
        session: SessionId,
        digest: &[u8; 32],
        epoch: i64,
    ) -> Result<bool, Fault>;

    /// Writes down when a session was last used, unless a later use is written. Bookkeeping.
    fn session_mark(&mut self, session: SessionId, mark: &Mark) -> Result<(), Fault>;

    /// A new known browser.
    fn device_insert(&mut self, device: &Device) -> Result<(), Fault>;

    /// Writes down a known browser as it is after another sign-in.
    fn device_renew(&mut self, device: &Device) -> Result<(), Fault>;

    /// Writes down when and where a browser was last seen in a session that ended, unless it was seen later.
    fn device_seen(&mut self, session: &Session) -> Result<(), Fault>;

    /// Forgets the known browsers of an account, except one if it is named. Answers how many.
    fn devices_forget(&mut self, account: AccountId, kept: Option<DeviceId>, now: Time) -> Result<u64, Fault>;

    /// Forgets one known browser.
    fn device_forget(&mut self, account: AccountId, device: DeviceId, now: Time) -> Result<(), Fault>;

    /// Names a browser. Answers whether it is there.
    fn device_name(&mut self, account: AccountId, device: DeviceId, name: &str) -> Result<bool, Fault>;

    /// Keeps that a browser signed in from a place, or that it did so again.
    fn place_use(&mut self, account: AccountId, used: &UsedPlace) -> Result<(), Fault>;

    /// A new sign-in that waits.
    fn pending_insert(&mut self, pending: &Pending) -> Result<(), Fault>;

    /// Writes the second proof of a waiting sign-in down, and what is unusual about it, if it is undecided, in time, in its
    /// epoch and still asked for it; it waits on until its own new `expires_at`. Answers whether it did.
    fn pending_prove(&mut self, proved: &Pending, now: Time) -> Result<bool, Fault>;

    /// Ends the sign-ins that were begun in a known browser and have no second proof.
    fn pendings_supersede(&mut self, account: AccountId, device: DeviceId, now: Time) -> Result<(), Fault>;

    /// Lets a waiting sign-in in, if nothing more is to be proved, and it is undecided, in time and in this epoch. Answers whether it did.
    fn pending_let_in(&mut self, account: AccountId, pending: PendingId, epoch: i64, now: Time) -> Result<bool, Fault>;

    /// Denies a sign-in that was not let in. Answers whether that is new.
    fn pending_deny(&mut self, account: AccountId, pending: PendingId, now: Time) -> Result<bool, Fault>;

    /// A new code for a sign-in, in the place of the one before.
    fn sign_in_code_put(&mut self, code: &SignInCode) -> Result<(), Fault>;

    /// Uses the code of a sign-in up, if it is the newest, unused and in time. Answers whether it did: one statement, so a
    /// code is good once.
    fn sign_in_code_use(
        &mut self,
        account: AccountId,
        pending: PendingId,
        code: SignInCodeId,
        now: Time,
    ) -> Result<bool, Fault>;

    /// Forgets codes whose time was over before then. Bookkeeping. Answers how many.
    fn sign_in_codes_forget(&mut self, expired_before: Time, limit: i64) -> Result<u64, Fault>;
}
