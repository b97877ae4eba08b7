//! Signed requests come once. Decision 27 says why some are remembered here and some in the database.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;

use sha2::{Digest, Sha256};

use crate::change::Change;
use crate::clock::{Span, Time};
use crate::ids::ServiceKeyId;
use crate::refusal::{Refusal, Stop};

/// How far the clock of a backend may be from ours.
pub const CLOCK_SLACK: Span = Span::from_mins(5);

/// The one use of a signature, and until when it could be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce {
    key: ServiceKeyId,
    digest: [u8; 32],
    until: Time,
}

impl Nonce {
    /// The nonce of a key, as it is remembered.
    pub fn new(key: ServiceKeyId, nonce: &str, until: Time) -> Self {
        let digest = Sha256::new().chain_update(key.as_bytes()).chain_update(nonce.as_bytes()).finalize();
        Self { key, digest: digest.into(), until }
    }

    /// Uses it up in the database, for a request that writes: on every node, and after a restart, it was used. Of two at
    /// once one goes on.
    pub fn spend(&self, change: &mut Change<'_>) -> Result<(), Stop> {
        if change.rows().service_nonce_use(&self.digest, self.until)? { Ok(()) } else { Err(Refusal::NonceUsed.into()) }
    }
}

/// Nonces of this process, each until its signature is too old to be used. About forty bytes each.
///
/// Each key has a memory of its own, so that one that sends more than can be remembered has nothing refused but its own.
#[derive(Debug)]
pub struct Nonces {
    by_key: Mutex<HashMap<ServiceKeyId, BySpan>>,
    each: usize,
}

/// Those of one key, by the span of time at whose end they are forgotten together.
type BySpan = BTreeMap<i64, HashSet<[u8; 16]>>;

/// The most that are remembered of one key at once: about forty megabytes.
const EACH: usize = 1 << 20;

/// Short beside the half minute that a busy backend lets its signatures live: for so much longer they are remembered.
const SPAN_SECONDS: i64 = 10;

impl Default for Nonces {
    fn default() -> Self {
        Self { by_key: Mutex::default(), each: EACH }
    }
}

impl Nonces {
    /// Remembers one; refuses it if it was used, or if more came of its key than can be remembered.
    pub fn spend(&self, nonce: &Nonce, now: Time) -> Result<(), Refusal> {
        let mut by_key = self.by_key.lock().expect("no holder of this lock panics");
        let span = |at: Time| at.as_second().div_euclid(SPAN_SECONDS);
        // What is too old by its span is forgotten whole.
        for used in by_key.values_mut() {
            while used.first_key_value().is_some_and(|(first, _)| *first < span(now)) {
                used.pop_first();
            }
        }
        let (short, _) = nonce.digest.split_first_chunk::<16>().expect("a digest has 32 bytes");
        let ours = by_key.entry(nonce.key).or_default();
        if ours.values().any(|used| used.contains(short)) {
            return Err(Refusal::NonceUsed);
        }
        if ours.values().map(HashSet::len).sum::<usize>() >= self.each {
            return Err(Refusal::Busy);
        }
        ours.entry(span(nonce.until)).or_default().insert(*short);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_used_once_and_forgotten_when_its_signature_is_too_old() {
        let nonces = Nonces::default();
        let now: Time = "2026-11-22T12:00:00Z".parse().unwrap();
        let key = |number| ServiceKeyId::from_bytes([number; 16]);
        let nonce = Nonce::new(key(1), "one", now + CLOCK_SLACK);
        assert_eq!(nonces.spend(&nonce, now), Ok(()));
        assert_eq!(nonces.spend(&nonce, now), Err(Refusal::NonceUsed));
        // With another end it is the same, and another key has nonces of its own.
        assert_eq!(nonces.spend(&Nonce::new(key(1), "one", now + Span::from_mins(9)), now), Err(Refusal::NonceUsed));
        assert_eq!(nonces.spend(&Nonce::new(key(2), "one", now + CLOCK_SLACK), now), Ok(()));
        assert_eq!(nonces.spend(&nonce, now + CLOCK_SLACK), Err(Refusal::NonceUsed));
        let later = now + CLOCK_SLACK + Span::from_mins(1);
        assert_eq!(nonces.spend(&Nonce::new(key(1), "two", later), later), Ok(()));
        let kept =
            |nonces: &Nonces| nonces.by_key.lock().unwrap().values().flat_map(BTreeMap::values).flatten().count();
        assert_eq!(kept(&nonces), 1);
    }

    #[test]
    fn a_key_that_sends_more_than_is_remembered_keeps_no_other_key_out() {
        let nonces = Nonces { each: 2, ..Nonces::default() };
        let now: Time = "2026-11-22T12:00:00Z".parse().unwrap();
        let spend = |key, text: &str, lives: i64, now| {
            nonces.spend(&Nonce::new(ServiceKeyId::from_bytes([key; 16]), text, now + Span::from_secs(lives)), now)
        };
        assert_eq!((spend(1, "one", 300, now), spend(1, "two", 30, now)), (Ok(()), Ok(())));
        assert_eq!(spend(1, "three", 30, now), Err(Refusal::Busy));
        assert_eq!(spend(2, "one", 300, now), Ok(()));
        // What was signed for a short while makes room soon.
        let later = now + Span::from_secs(30 + SPAN_SECONDS);
        assert_eq!(spend(1, "three", 30, later), Ok(()));
        assert_eq!(spend(1, "four", 30, later), Err(Refusal::Busy));
    }
}
