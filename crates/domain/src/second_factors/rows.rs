//! What second factors ask of storage.

use crate::clock::Time;
use crate::ids::{AccountId, FactorId};
use crate::refusal::Fault;
use crate::second_factors::{Factor, Tries};

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

    /// An app that is offered and counts for nothing yet.
    fn factor_offer(&mut self, offer: &Factor) -> Result<(), Fault>;

    /// Forgets what is offered to an account. Bookkeeping.
    fn factor_offers_forget(&mut self, account: AccountId) -> Result<(), Fault>;

    /// Forgets offers to anybody that were made before then. Bookkeeping. Answers how many.
    fn factor_offers_overdue_forget(&mut self, offered_before: Time) -> Result<u64, Fault>;

    /// Confirms an offered app by the step of its first code, sealed anew; it counts from that moment. Answers whether it
    /// was still an offer.
    fn app_confirm(
        &mut self,
        account: AccountId,
        factor: FactorId,
        sealed: &[u8],
        step_and_now: (i64, Time),
    ) -> Result<bool, Fault>;

    /// The codes of a bucket that were looked at, held until the commit. Bookkeeping.
    fn factor_tries_lock(&mut self, bucket: &[u8; 32]) -> Result<Tries, Fault>;

    /// Writes them down. Bookkeeping.
    fn factor_tries_set(&mut self, bucket: &[u8; 32], tries: &Tries, now: Time) -> Result<(), Fault>;

    /// Forgets those of buckets that nobody touched since. Bookkeeping. Answers how many.
    fn factor_tries_forget(&mut self, last_before: Time, limit: i64) -> Result<u64, Fault>;

    /// Accepts a step of an app that is newer than every one before. Answers whether it was: the one statement that makes
    /// a code good once.
    fn factor_accept_step(&mut self, account: AccountId, factor: FactorId, step: i64, now: Time)
    -> Result<bool, Fault>;

    /// Writes down a passkey after a use: its counter stands in what is sealed.
    fn factor_used(&mut self, account: AccountId, factor: FactorId, sealed: &[u8], now: Time) -> Result<(), Fault>;

    /// The same secret encrypted with another key. Bookkeeping.
    fn factor_reseal(&mut self, account: AccountId, factor: FactorId, sealed: &[u8]) -> Result<(), Fault>;

    /// Names a factor.
    fn factor_name(&mut self, account: AccountId, factor: FactorId, name: &str) -> Result<bool, Fault>;

    /// Ends a factor at a moment, unless it ends sooner. Answers whether it did now.
    fn factor_end(&mut self, account: AccountId, factor: FactorId, over_at: Time) -> Result<bool, Fault>;

    /// Lets recovery codes that were renewed, and are not over yet, go on working.
    fn recovery_codes_keep(&mut self, account: AccountId, now: Time) -> Result<(), Fault>;

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
