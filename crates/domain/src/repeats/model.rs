//! What was asked, and what may be answered again.

use serde::Serialize;

use crate::secrets::{Keys, SecretText};

/// A request that carries a key, as it is remembered: nothing of what was sent can be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The key: one word of the program that asks, unique in its account.
    key: [u8; 32],
    /// The whole request: session, key, address and body.
    request: [u8; 32],
}

impl Asked {
    /// What was asked with a session's secret, under a key, at an address. Keyed, because a body may hold a password,
    /// and a plain digest of it would let a reader of the table try passwords by the million.
    pub fn new(keys: &Keys, session: &SecretText, key: &str, address: &str, body: &[u8]) -> Self {
        let request = [&session.digest()[..], key.as_bytes(), address.as_bytes(), body];
        Self { key: keys.request(&[key.as_bytes()]), request: keys.request(&request) }
    }

    /// The name that the key goes by.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The name that the whole request goes by.
    pub fn request(&self) -> &[u8; 32] {
        &self.request
    }
}

/// An answer that may be kept and given again, in the words the program gets. It holds no secret: whoever reads the
/// table must not find one.
pub trait Repeatable: Serialize {}

impl Repeatable for () {}
