//! Passwords that thieves know: a small list that is built in, the operator's index of a whole download, and a service
//! that is asked with the first digits of a hash. Whatever cannot be asked is not held against the customer.

mod build;
mod common;
mod index;
mod range;
#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use domain::clock::Clock;
use domain::credentials::BreachedPasswords;
use serde::Deserialize;
use sha1::{Digest, Sha1};

pub use build::{BuildError, Built, Progress, run};
pub use index::{Index, OpenError};
use range::RangeService;

/// `[breached]` of `countersign.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreachedSettings {
    /// A file made by [`run`]; empty for none.
    pub index: PathBuf,
    /// Where a range service answers; empty for none.
    pub range_url: String,
}

/// Why the lists cannot be used as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The index cannot be opened.
    #[error("`index` of [breached]: {0}")]
    Index(#[from] OpenError),
    /// The address of the range service is none.
    #[error("`range_url` of [breached] is not an https address: {0}")]
    RangeUrl(String),
    /// The machine gives no sockets.
    #[error("the range service of [breached] cannot be asked: {0}")]
    Machine(String),
}

/// All lists that the settings name.
pub struct Breached {
    index: Option<Index>,
    range: Option<RangeService>,
}

impl Breached {
    /// Opens what the settings name.
    pub fn new(settings: &BreachedSettings, clock: Arc<dyn Clock>) -> Result<Self, Unfit> {
        let index = if settings.index.as_os_str().is_empty() { None } else { Some(Index::open(&settings.index)?) };
        let range = if settings.range_url.is_empty() {
            None
        } else {
            Some(RangeService::new(&settings.range_url, clock, range::PATIENCE)?)
        };
        Ok(Self { index, range })
    }
}

impl BreachedPasswords for Breached {
    fn contains(&self, password: &str) -> bool {
        if common::contains(password) {
            return true;
        }
        let hash: [u8; 20] = Sha1::digest(password.as_bytes()).into();
        let indexed = self.index.as_ref().is_some_and(|index| {
            index.contains(&hash).unwrap_or_else(|error| {
                tracing::warn!(%error, "the index of breached passwords cannot be read; a password was let through");
                false
            })
        });
        // The world is asked last: what is known here need not be told there, not even five digits of it.
        indexed || self.range.as_ref().is_some_and(|range| range.contains(&hash))
    }
}

/// A hash in 40 digits, as lists and range services write it.
fn hex(hash: &[u8; 20]) -> String {
    hash.iter().fold(String::with_capacity(40), |mut digits, byte| {
        write!(digits, "{byte:02X}").expect("a String takes everything");
        digits
    })
}
