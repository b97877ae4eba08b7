//! Chance comes from here and nowhere else, so that a simulation can be run again from its seed.

use std::sync::Mutex;

use sha2::{Digest, Sha256};

/// Fills buffers with unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's random source.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives random bytes, or nothing here is safe");
    }
}

/// Bytes that follow from a seed: for tests and simulations only.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    drawn: Mutex<u64>,
}

impl SeededEntropy {
    /// A source whose every byte follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: Mutex::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut drawn = self.drawn.lock().expect("no holder of this lock panics");
        for chunk in buffer.chunks_mut(32) {
            let block =
                Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(drawn.to_le_bytes()).finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
            *drawn += 1;
        }
    }
}

/// An even choice below `limit`: rejection sampling, so that no value is likelier than another.
pub(crate) fn below(entropy: &dyn Entropy, limit: u32) -> u32 {
    let ceiling = u32::MAX - u32::MAX % limit;
    loop {
        let mut bytes = [0; 4];
        entropy.fill(&mut bytes);
        let drawn = u32::from_le_bytes(bytes);
        if drawn < ceiling {
            return drawn % limit;
        }
    }
}

/// `N` fresh bytes.
pub(crate) fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut buffer = [0; N];
    entropy.fill(&mut buffer);
    buffer
}
