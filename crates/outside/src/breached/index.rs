//! The index: a file in which two positioned reads find a hash among a thousand million.
//!
//! ```text
//! header     32 bytes   magic "CSBREACH", version, 0, hashes, buckets (big-endian; 8 + 4 + 4 + 8 + 8)
//! directory  5 bytes    for each bucket, and one more: how many hashes lie before it
//! hashes     3 bytes    for each hash, in order: its remainder
//! ```
//!
//! The first 64 bits of a SHA-1, times the number of buckets, are a bucket (the upper 64 bits of the product) and a
//! place within it (the lower 64 bits), of which 24 bits are kept. A password that is not in the list is taken for one
//! of the `n` hashes with a probability of `n / buckets / 2²⁴`. `build` makes at least one bucket for 16 hashes, so
//! that is at most 16 / 2²⁴ < 10⁻⁶. A hash costs 3 bytes and its share of the directory, 5/16 byte or a little more.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub(super) const MAGIC: [u8; 8] = *b"CSBREACH";
pub(super) const VERSION: u32 = 1;
pub(super) const HEADER_BYTES: usize = 32;
pub(super) const ENTRY_BYTES: usize = 5;
pub(super) const REMAINDER_BYTES: usize = 3;

/// Hashes in a bucket at most, on average: what keeps the rate of false alarms below 10⁻⁶.
pub(super) const BUCKET_HASHES: u64 = 16;

/// Remainders compared at once. An index of evenly spread hashes has no bucket as large.
const CHUNK: usize = 1024;

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be read.
    #[error("{0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// It is something else.
    #[error("{0} is not an index made by `countersign breached build`")]
    NotAnIndex(PathBuf),
    /// It was made by another version.
    #[error("{0} has version {1} of the index format, and this program reads version {VERSION}; build it again")]
    OtherVersion(PathBuf, u32),
    /// Its length is not what its header says.
    #[error("{0} is damaged: {1} bytes long instead of {2}")]
    Damaged(PathBuf, u64, u64),
}

/// An index of breached passwords, open for look-ups from many threads. Replacing the file by another (renamed over
/// it) does no harm; the new one is read after a restart.
#[derive(Debug)]
pub struct Index {
    file: File,
    hashes: u64,
    buckets: u64,
}

impl Index {
    /// Opens an index.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let unreadable = |error| OpenError::Unreadable(path.to_owned(), error);
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut header = [0; HEADER_BYTES];
        match file.read_exact_at(&mut header, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(OpenError::NotAnIndex(path.to_owned()));
            }
            read => read.map_err(unreadable)?,
        }
        let number = |at: usize| u64::from_be_bytes(header[at..at + 8].try_into().expect("eight bytes"));
        if header[..8] != MAGIC {
            return Err(OpenError::NotAnIndex(path.to_owned()));
        }
        let version = u32::from_be_bytes(header[8..12].try_into().expect("four bytes"));
        if version != VERSION {
            return Err(OpenError::OtherVersion(path.to_owned(), version));
        }
        let (hashes, buckets) = (number(16), number(24));
        let expected = length_of(hashes, buckets).unwrap_or(u64::MAX);
        if length != expected {
            return Err(OpenError::Damaged(path.to_owned(), length, expected));
        }
        Ok(Self { file, hashes, buckets })
    }

    /// How many hashes it holds.
    pub fn hashes(&self) -> u64 {
        self.hashes
    }

    /// How likely a password that is not in the list is taken for one that is.
    pub fn false_alarm_rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate for the operator's eyes")]
        let average = self.hashes as f64 / self.buckets as f64;
        average / f64::from(1 << (8 * REMAINDER_BYTES))
    }

    /// Whether a SHA-1 is in the list.
    pub fn contains(&self, hash: &[u8; 20]) -> io::Result<bool> {
        let (bucket, remainder) = place(hash, self.buckets);
        let mut entries = [0; 2 * ENTRY_BYTES];
        self.file.read_exact_at(&mut entries, entry_at(bucket))?;
        let (first, second) = entries.split_at(ENTRY_BYTES);
        let (mut next, end) = (entry(first), entry(second));
        if next > end || end > self.hashes {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("bucket {bucket} is damaged")));
        }
        let hashes_at = entry_at(self.buckets + 1);
        let mut chunk = [0; CHUNK * REMAINDER_BYTES];
        while next < end {
            let count = usize::try_from(end - next).unwrap_or(CHUNK).min(CHUNK);
            let remainders = &mut chunk[..count * REMAINDER_BYTES];
            self.file.read_exact_at(remainders, hashes_at + next * REMAINDER_BYTES as u64)?;
            if remainders.chunks_exact(REMAINDER_BYTES).any(|kept| kept == remainder) {
                return Ok(true);
            }
            next += count as u64;
        }
        Ok(false)
    }
}

/// The bucket of a hash, and what is kept of it there.
pub(super) fn place(hash: &[u8; 20], buckets: u64) -> (u64, [u8; REMAINDER_BYTES]) {
    let product = u128::from(top(hash)) * u128::from(buckets);
    let bytes = product.to_be_bytes();
    let (bucket, within) = bytes.split_first_chunk::<8>().expect("sixteen bytes");
    (u64::from_be_bytes(*bucket), [within[0], within[1], within[2]])
}

/// The first 64 bits.
pub(super) fn top(hash: &[u8; 20]) -> u64 {
    u64::from_be_bytes(*hash.first_chunk().expect("twenty bytes"))
}

/// How long the file is, if there can be one.
pub(super) fn length_of(hashes: u64, buckets: u64) -> Option<u64> {
    let directory = buckets.checked_add(1)?.checked_mul(ENTRY_BYTES as u64)?;
    hashes.checked_mul(REMAINDER_BYTES as u64)?.checked_add(directory)?.checked_add(HEADER_BYTES as u64)
}

/// Where the directory's entry of a bucket begins; the entry after the last one's is where the hashes begin.
pub(super) fn entry_at(bucket: u64) -> u64 {
    HEADER_BYTES as u64 + bucket * ENTRY_BYTES as u64
}

fn entry(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
