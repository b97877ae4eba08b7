//! Signed requests come once. Decision 27 says why some are remembered here and some in the database.

use std::collections::{BTreeMap, HashSet};
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
    digest: [u8; 32],
    until: Time,
}

impl Nonce {
    /// The nonce of a key, as it is remembered.
    pub fn new(key: ServiceKeyId, nonce: &str, until: Time) -> Self {
        let digest = Sha256::new().chain_update(key.as_bytes()).chain_update(nonce.as_bytes()).finalize();
        Self { digest: digest.into(), until }
    }

    /// Uses it up in the database, for a request that writes: on every node, and after a restart, it was used. Of two at
    /// once one goes on.
    pub fn spend(&self, change: &mut Change<'_>) -> Result<(), Stop> {
        if change.rows().service_nonce_use(&self.digest, self.until)? { Ok(()) } else { Err(Refusal::NonceUsed.into()) }
    }
}

/// Nonces of this process, each until its signature is too old to be used. About forty bytes each.
#[derive(Debug, Default)]
pub struct Nonces(Mutex<BTreeMap<i64, HashSet<[u8; 16]>>>);

/// The most that are remembered at once: about forty megabytes.
const REMEMBERED_MAX: usize = 1 << 20;

impl Nonces {
    /// Remembers one; refuses it if it was used, or if more came than can be remembered.
    pub fn spend(&self, nonce: &Nonce, now: Time) -> Result<(), Refusal> {
        let mut by_minute = self.0.lock().expect("no holder of this lock panics");
        let minute = |at: Time| at.as_second().div_euclid(60);
        // What is too old by its minute is forgotten whole.
        while by_minute.first_key_value().is_some_and(|(first, _)| *first < minute(now)) {
            by_minute.pop_first();
        }
        let (short, _) = nonce.digest.split_first_chunk::<16>().expect("a digest has 32 bytes");
        if by_minute.values().any(|used| used.contains(short)) {
            return Err(Refusal::NonceUsed);
        }
        if by_minute.values().map(HashSet::len).sum::<usize>() >= REMEMBERED_MAX {
            return Err(Refusal::Busy);
        }
        by_minute.entry(minute(nonce.until)).or_default().insert(*short);
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
        assert_eq!(nonces.0.lock().unwrap().values().map(HashSet::len).sum::<usize>(), 1);
    }
}
