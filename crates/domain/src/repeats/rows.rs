//! What repeats ask of storage.

use crate::clock::Time;
use crate::ids::AccountId;
use crate::refusal::Fault;
use crate::repeats::Asked;

/// Reading.
pub trait Reads {
    /// The answer that was kept for this request.
    fn answer_to(&mut self, request: &[u8; 32]) -> Result<Option<String>, Fault>;

    /// Whether this key of the account came with a request that was done.
    fn answer_key_used(&mut self, account: AccountId, key: &[u8; 32]) -> Result<bool, Fault>;
}

/// Writing. All of it is bookkeeping: what was done has its own event.
pub trait Writes: Reads {
    /// Keeps an answer, unless the key has one. Answers whether it did: of two at once, one.
    fn answer_insert(&mut self, account: AccountId, asked: &Asked, answer: &str, now: Time) -> Result<bool, Fault>;

    /// Forgets answers from before then. Answers how many.
    fn answers_forget(&mut self, before: Time, limit: i64) -> Result<u64, Fault>;
}
