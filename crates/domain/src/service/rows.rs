//! What the service addresses ask of storage.

use crate::clock::Time;
use crate::ids::{AccountId, ServiceKeyId};
use crate::refusal::Fault;
use crate::service::{LiveSession, Remembered, ServiceKey, State};

/// Reading.
pub trait Reads {
    /// Every key, the oldest first.
    fn service_keys(&mut self) -> Result<Vec<ServiceKey>, Fault>;

    /// The session of a secret's digest that did not end, with its account; `thaw` is the key of a timer that unfreezes.
    fn service_session(&mut self, digest: &[u8; 32], thaw: &str, now: Time) -> Result<Option<LiveSession>, Fault>;

    /// The request that came with this key of a backend, and what it was answered.
    fn service_answer(&mut self, name: &str, key: &[u8; 32]) -> Result<Option<([u8; 32], String)>, Fault>;

    /// What is remembered of a backend's report with this reference.
    fn service_report(&mut self, name: &str, reference: &str) -> Result<Remembered, Fault>;

    /// How an account stands.
    fn service_state(&mut self, account: AccountId, thaw: &str, now: Time) -> Result<Option<State>, Fault>;
}

/// Writing. All of it is bookkeeping: what is about a customer's account has its own event.
pub trait Writes: Reads {
    /// A new key.
    fn service_key_insert(&mut self, key: &ServiceKey) -> Result<(), Fault>;

    /// Revokes a key, unless it is revoked. Answers whether it did.
    fn service_key_revoke(&mut self, key: ServiceKeyId, now: Time) -> Result<bool, Fault>;

    /// Uses a nonce up, unless it is. Answers whether it did: of two at once, one.
    fn service_nonce_use(&mut self, digest: &[u8; 32], until: Time) -> Result<bool, Fault>;

    /// Keeps the answer to a request (its key and its digest). Where another was quicker, the whole change is run again.
    fn service_answer_insert(
        &mut self,
        name: &str,
        asked: (&[u8; 32], &[u8; 32]),
        answer: &str,
        now: Time,
    ) -> Result<(), Fault>;

    /// Forgets answers from before then. Answers how many.
    fn service_answers_forget(&mut self, before: Time, limit: i64) -> Result<u64, Fault>;

    /// Remembers that a report came (its digest, account and entry). Where another was quicker, the whole change is run again.
    fn service_report_insert(
        &mut self,
        key: &ServiceKey,
        reference: &str,
        told: (&[u8; 32], AccountId, i64),
        reported_at: Time,
    ) -> Result<(), Fault>;

    /// Forgets nonces that nobody can use again. Answers how many.
    fn service_nonces_forget(&mut self, before: Time, limit: i64) -> Result<u64, Fault>;
}
