//! How common a piece of text is inside popular names, remembered as fingerprints.
//!
//! The sketch holds no names: each piece of 4 to 12 letters that several popular names share is one fingerprint and
//! the power of two of its count. Word edges count as letters, so "ledger as a word" and "ledger inside a word" differ.

/// The shortest and the longest pieces that are counted.
pub(crate) const SHORTEST: usize = 4;
/// See [`SHORTEST`].
pub(crate) const LONGEST: usize = 12;

#[cfg(any(test, feature = "learn"))]
/// How many fingerprints there are for each piece held: one stranger in so many is taken for a known piece.
const SPREAD: u64 = 256;
const RICE_BITS: u32 = 8;
const LEVEL_BITS: u32 = 4;

/// Approximate counts of the pieces of popular names.
#[derive(Debug, Default, Clone)]
pub struct Sketch {
    universe: u64,
    prints: Vec<u32>,
    levels: Vec<u8>,
    starts: Vec<u32>,
    shift: u32,
}

/// The 64-bit fingerprint of a piece.
pub(crate) fn print(piece: &[u8]) -> u64 {
    // FNV-1a, then mixed as in SplitMix64: short and similar pieces must land far apart.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in piece {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(any(test, feature = "learn"))]
/// The level a count is remembered as: its power of two, plus one.
pub(crate) fn level(count: u32) -> u8 {
    u8::try_from(32 - count.leading_zeros()).unwrap_or(0)
}

impl Sketch {
    /// Makes a sketch of fingerprints and counts.
    #[cfg(any(test, feature = "learn"))]
    pub(crate) fn new(counts: impl ExactSizeIterator<Item = (u64, u32)>) -> Self {
        let universe = (counts.len() as u64 * SPREAD).clamp(1, u64::from(u32::MAX));
        let mut held: Vec<(u32, u8)> =
            counts.map(|(print, count)| (place(print, universe), level(count).min(15))).collect();
        held.sort_unstable_by_key(|&(print, level)| (print, std::cmp::Reverse(level)));
        held.dedup_by_key(|&mut (print, _)| print);
        let (prints, levels) = held.into_iter().unzip();
        Self { universe, prints, levels, starts: Vec::new(), shift: 0 }.indexed()
    }

    fn indexed(mut self) -> Self {
        // One start for about every eight fingerprints.
        let buckets = (self.prints.len() / 8).next_power_of_two().max(1);
        let bits = 64 - self.universe.leading_zeros();
        self.shift = bits.saturating_sub(buckets.trailing_zeros());
        let count = usize::try_from(self.universe >> self.shift).unwrap_or(0) + 2;
        self.starts = vec![0; count + 1];
        for &print in &self.prints {
            self.starts[(print >> self.shift) as usize + 1] += 1;
        }
        for bucket in 1..self.starts.len() {
            self.starts[bucket] += self.starts[bucket - 1];
        }
        self
    }

    /// About how many popular names hold this piece, as a power of two; 0 when hardly any do.
    /// A piece longer than 12 letters is as common as its rarest part.
    pub fn level(&self, piece: &[u8]) -> u8 {
        if piece.len() < SHORTEST || self.prints.is_empty() {
            return if piece.len() < SHORTEST { 15 } else { 0 };
        }
        piece.windows(piece.len().min(LONGEST)).map(|part| self.held(print(part))).min().unwrap_or(0)
    }

    fn held(&self, hash: u64) -> u8 {
        let wanted = place(hash, self.universe);
        let bucket = (wanted >> self.shift) as usize;
        let (from, to) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        match self.prints[from..to].binary_search(&wanted) {
            Ok(index) => self.levels[from + index],
            Err(_) => 0,
        }
    }

    /// How many pieces are held.
    pub fn pieces(&self) -> usize {
        self.prints.len()
    }

    /// Writes the sketch: Rice-coded distances between the sorted fingerprints, each with its level.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.universe.to_le_bytes());
        out.extend((self.prints.len() as u64).to_le_bytes());
        let mut bits = BitWriter { out, held: 0, count: 0 };
        let mut last = 0;
        for (&print, &level) in self.prints.iter().zip(&self.levels) {
            let gap = print - last;
            for _ in 0..gap >> RICE_BITS {
                bits.push(1, 1);
            }
            bits.push(0, 1);
            bits.push(gap & ((1 << RICE_BITS) - 1), RICE_BITS);
            bits.push(u32::from(level), LEVEL_BITS);
            last = print;
        }
        bits.push(0, 7);
    }

    /// Reads what [`Sketch::write`] wrote; nothing when it is cut short or makes no sense.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let universe = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
        let pieces = usize::try_from(u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?)).ok()?;
        // Each piece takes more than a byte, so a wrong count cannot make us reserve much.
        if pieces > bytes.len() || universe == 0 || universe > u64::from(u32::MAX) {
            return None;
        }
        let mut bits = BitReader { bytes: &bytes[16..], held: 0, count: 0 };
        let (mut prints, mut levels) = (Vec::with_capacity(pieces), Vec::with_capacity(pieces));
        let mut last = 0u32;
        for _ in 0..pieces {
            let mut steps = 0u32;
            while bits.take(1)? == 1 {
                steps += 1;
            }
            last = last.checked_add(steps.checked_mul(1 << RICE_BITS)?)?.checked_add(bits.take(RICE_BITS)?)?;
            if u64::from(last) >= universe {
                return None;
            }
            prints.push(last);
            levels.push(u8::try_from(bits.take(LEVEL_BITS)?).ok()?);
        }
        Some(Self { universe, prints, levels, starts: Vec::new(), shift: 0 }.indexed())
    }
}

/// Scales a fingerprint down to the universe.
fn place(print: u64, universe: u64) -> u32 {
    u32::try_from((u128::from(print) * u128::from(universe)) >> 64).unwrap_or(u32::MAX)
}

struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    held: u64,
    count: u32,
}

impl BitWriter<'_> {
    fn push(&mut self, value: u32, bits: u32) {
        self.held |= u64::from(value) << self.count;
        self.count += bits;
        while self.count >= 8 {
            self.out.push(self.held.to_le_bytes()[0]);
            self.held >>= 8;
            self.count -= 8;
        }
    }
}

struct BitReader<'a> {
    bytes: &'a [u8],
    held: u64,
    count: u32,
}

impl BitReader<'_> {
    fn take(&mut self, bits: u32) -> Option<u32> {
        while self.count < bits {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            self.held |= u64::from(byte) << self.count;
            self.count += 8;
        }
        let value = self.held & ((1 << bits) - 1);
        self.held >>= bits;
        self.count -= bits;
        u32::try_from(value).ok()
    }
}

#[cfg(any(test, feature = "learn"))]
/// Calls `each` with every counted piece of one label, its edges and hyphens written as `-`; each piece once.
pub(crate) fn pieces_of(label: &str, mut each: impl FnMut(&[u8])) {
    let edged = edged(label);
    let mut seen = std::collections::HashSet::new();
    for length in SHORTEST..=LONGEST.min(edged.len()) {
        for piece in edged.windows(length) {
            if seen.insert(piece) {
                each(piece);
            }
        }
    }
}

/// A label with a word edge written at both ends.
pub(crate) fn edged(label: &str) -> Vec<u8> {
    [b"-", label.as_bytes(), b"-"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_survives_being_written_and_read() {
        let pieces: Vec<(String, u32)> = (3..5003).map(|count| (format!("piece{count}"), count)).collect();
        let sketch = Sketch::new(pieces.iter().map(|(piece, count)| (print(piece.as_bytes()), *count)));
        let mut bytes = Vec::new();
        sketch.write(&mut bytes);
        let again = Sketch::read(&bytes).unwrap();
        for (piece, count) in &pieces {
            assert!(again.level(piece.as_bytes()) >= level(*count));
        }
        let strangers = (0..10_000).filter(|n| again.level(format!("other{n}").as_bytes()) > 0).count();
        assert!(strangers < 100, "{strangers} of 10000 strangers were taken for known pieces");
        assert!(Sketch::read(&bytes[..bytes.len() / 2]).is_none());
    }
}
