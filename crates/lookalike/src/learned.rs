//! What was learned from data: weights, suffix risks and the sketch of popular names, in one compact file.

use std::collections::HashMap;

use crate::signals::{Signal, Values};
use crate::sketch::Sketch;

/// The first bytes of the file.
const MAGIC: &[u8; 8] = b"lookal 1";

/// The file that is built in, made by the `learn` command of the crate's example.
const BUILT_IN: &[u8] = include_bytes!("../learned.bin");

/// Everything that was learned.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    /// Where it came from: one line each.
    pub provenance: String,
    /// One weight for each signal.
    pub weights: Vec<f32>,
    /// The sum from which a name is an alert, and from which it is for review.
    pub alert: f32,
    /// See `alert`.
    pub review: f32,
    /// How much more often names under an ending deceive than are popular, as a logarithm.
    pub suffixes: HashMap<String, f32>,
    /// How much more often words stand beside a brand in deceiving names than in honest ones, as a logarithm.
    pub words: HashMap<String, f32>,
    /// How common pieces of text are in popular names.
    pub sketch: Sketch,
}

impl Learned {
    /// What this release of the crate has learned.
    pub fn built_in() -> Self {
        Self::read(BUILT_IN).unwrap_or_default()
    }

    /// Reads a file that [`Learned::write`] wrote; nothing when it is damaged or of another release.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let provenance = String::from_utf8(block(&mut rest)?.to_vec()).ok()?;
        let weights: Vec<f32> =
            block(&mut rest)?.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        let (&[alert, review], weights) = weights.split_first_chunk()?;
        if weights.len() != Signal::ALL.len() {
            return None;
        }
        let suffixes = table(block(&mut rest)?)?;
        let words = table(block(&mut rest)?)?;
        let sketch = Sketch::read(rest)?;
        Some(Self { provenance, weights: weights.to_vec(), alert, review, suffixes, words, sketch })
    }

    /// Writes the file.
    pub fn write(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        push(&mut out, self.provenance.as_bytes());
        let numbers = [self.alert, self.review].into_iter().chain(self.weights.iter().copied());
        push(&mut out, &numbers.flat_map(f32::to_le_bytes).collect::<Vec<u8>>());
        for table in [&self.suffixes, &self.words] {
            let mut lines: Vec<String> = table.iter().map(|(key, risk)| format!("{key} {risk:.2}\n")).collect();
            lines.sort();
            push(&mut out, lines.concat().as_bytes());
        }
        self.sketch.write(&mut out);
        out
    }

    /// The weighed sum of a sighting.
    pub fn sum(&self, values: &Values) -> f32 {
        self.weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
    }

    /// A sum as a score from 0 to 1: 0.75 is where alerts begin and 0.5 where reviews do.
    pub fn score(&self, sum: f32) -> f32 {
        let step = (self.alert - self.review).max(0.1);
        // ln 3 apart, so that the logistic curve passes through both marks.
        let along = (sum - self.review) / step * 3f32.ln();
        1.0 / (1.0 + (-along).exp())
    }

    /// The risk of an ending; nothing is known of most.
    pub fn suffix_risk(&self, ending: &str) -> f32 {
        self.suffixes.get(ending).copied().unwrap_or(0.0)
    }
}

fn table(bytes: &[u8]) -> Option<HashMap<String, f32>> {
    let lines = std::str::from_utf8(bytes).ok()?.lines();
    lines.map(|line| line.split_once(' ').and_then(|(key, risk)| Some((key.to_owned(), risk.parse().ok()?)))).collect()
}

fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(bytes);
}

fn block<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (bytes, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *rest = after;
    Some(bytes)
}
