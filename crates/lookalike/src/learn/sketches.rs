//! Counting the pieces of popular names: once for all, and once without each fifth of them.
//!
//! A popular name must not find itself in the sketch when it is measured, or it would look more common than a name
//! nobody has seen. So names are divided into folds, and each fold is measured with what the others hold.

use crate::layout;
use crate::sketch::{self, Sketch};

/// How many parts the popular names are divided into.
pub(super) const FOLDS: usize = 5;

/// A piece must stand in so many names to be held: short pieces say little unless they are common.
const fn enough(length: usize) -> u32 {
    if length <= 5 { 3 } else { 2 }
}

/// The sketches.
pub(super) struct Sketches {
    pub(super) whole: Sketch,
    pub(super) without: Vec<Sketch>,
}

/// The fold a name belongs to: all names with the same registered label fall together.
pub(super) fn fold_of(host: &str) -> usize {
    let (label, _) = registered(host);
    usize::try_from(sketch::print(label.as_bytes()) >> 40).unwrap_or(0) % FOLDS
}

/// The registered label and the whole registered name.
fn registered(host: &str) -> (&str, &str) {
    let labels = host.split('.').count();
    let skip = labels.saturating_sub(layout::layout(host).suffix_labels + 1);
    let mut rest = host;
    for _ in 0..skip {
        rest = rest.split_once('.').map_or(rest, |(_, after)| after);
    }
    (rest.split('.').next().unwrap_or(rest), rest)
}

/// Counts each piece of each registered label once for each registered name.
pub(super) fn count(popular: &[&str]) -> Sketches {
    let mut names: Vec<(&str, &str)> = popular.iter().map(|host| registered(host)).collect();
    names.sort_unstable();
    names.dedup();
    // The low bits of each fingerprint make room for the fold and whether the piece is a short one.
    let mut prints: Vec<u64> = Vec::new();
    for &(label, name) in &names {
        let fold = fold_of(name) as u64;
        sketch::pieces_of(label, |piece| {
            prints.push(sketch::print(piece) & !15 | fold << 1 | u64::from(enough(piece.len()) == 3));
        });
    }
    prints.sort_unstable();
    let mut runs: Vec<(u64, [u32; FOLDS])> = Vec::new();
    for run in prints.chunk_by(|one, other| one >> 4 == other >> 4) {
        let mut counts = [0; FOLDS];
        for print in run {
            counts[usize::try_from(print >> 1 & 7).unwrap_or(0)] += 1;
        }
        if counts.iter().sum::<u32>() >= 2 {
            runs.push((run[0] & !15 | run[0] & 1, counts));
        }
    }
    drop(prints);
    let make = |left_out: Option<usize>| {
        let counts: Vec<(u64, u32)> = runs
            .iter()
            .map(|&(print, counts)| (print, counts.iter().sum::<u32>() - left_out.map_or(0, |fold| counts[fold])))
            .filter(|&(print, count)| count >= if print & 1 == 1 { 3 } else { 2 })
            .collect();
        Sketch::new(counts.into_iter())
    };
    Sketches { whole: make(None), without: (0..FOLDS).map(|fold| make(Some(fold))).collect() }
}
