//! What second factors ask of storage.

use crate::clock::Time;
use crate::ids::{AccountId, FactorId};
use crate::refusal::Fault;
use crate::second_factors::Factor;

/// Reading.
pub trait Reads {
    /// Every factor of an account that is not over at `now`, confirmed or not, oldest first.
    fn factors(&mut self, account: AccountId, now: Time) -> Result<Vec<Factor>, Fault>;

    /// How many codes of a set are unused.
    fn recovery_codes_left(&mut self, account: AccountId, factor: FactorId) -> Result<i64, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// A new factor, not yet confirmed unless it says so.
    fn factor_insert(&mut self, factor: &Factor) -> Result<(), Fault>;

    /// Confirms a factor that is not confirmed. Answers whether it did.
    fn factor_confirm(&mut self, account: AccountId, factor: FactorId, now: Time) -> Result<bool, Fault>;

    /// Accepts a step of an app that is newer than every one before. Answers whether it was: the one statement that makes
    /// a code good once.
    fn factor_accept_step(&mut self, account: AccountId, factor: FactorId, step: i64, now: Time)
    -> Result<bool, Fault>;

    /// Writes down a passkey after a use: its counter stands in what is sealed.
    fn factor_used(&mut self, account: AccountId, factor: FactorId, sealed: &[u8], now: Time) -> Result<(), Fault>;

    /// Names a factor.
    fn factor_name(&mut self, account: AccountId, factor: FactorId, name: &str) -> Result<bool, Fault>;

    /// Ends a factor at a moment, unless it ends sooner. Answers whether it did now.
    fn factor_end(&mut self, account: AccountId, factor: FactorId, over_at: Time) -> Result<bool, Fault>;

    /// A recovery code of a set: its hash.
    fn recovery_code_insert(&mut self, account: AccountId, factor: FactorId, digest: &[u8; 32]) -> Result<(), Fault>;

    /// Uses up a recovery code of a set that works at `now`. Answers whose set it was: one statement, so a code is good once.
    fn recovery_code_use(
        &mut self,
        account: AccountId,
        digest: &[u8; 32],
        now: Time,
    ) -> Result<Option<FactorId>, Fault>;
}
