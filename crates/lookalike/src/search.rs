//! Finds every place where a brand stands in a name, within the errors its length allows.
//!
//! All brands are packed side by side into machine words and carried through the name together (Wu and Manber's
//! bit-parallel automaton, with swapped neighbours as one error). A bit that crosses into the next brand lands on a
//! state that is always allowed there, so no masks are needed between brands.

use crate::fold;

/// The most errors any brand may have.
pub(crate) const MOST_ERRORS: usize = 3;

/// How many errors a brand of this many letters may have and still be recognised.
pub(crate) const fn budget(letters: usize) -> usize {
    match letters {
        0..=4 => 0,
        5..=7 => 1,
        8..=11 => 2,
        _ => MOST_ERRORS,
    }
}

/// A place where a pattern may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) pattern: u16,
    pub(crate) errors: u8,
    /// Index one past the last letter, counting only letters that are not separators.
    pub(crate) end: u32,
}

#[derive(Debug)]
struct Lane {
    masks: Box<[u64; 256]>,
    first: u64,
    /// Last positions of the patterns with exactly this budget.
    last: [u64; MOST_ERRORS + 1],
    levels: usize,
    owner: [u16; 64],
}

/// The packed automaton.
#[derive(Debug)]
pub(crate) struct Search {
    lanes: Vec<Lane>,
}

impl Search {
    /// Builds the automaton; patterns are lower-case ASCII letters and digits, at most 60 of them each.
    pub(crate) fn new(patterns: &[Vec<u8>]) -> Self {
        let mut order: Vec<usize> = (0..patterns.len()).collect();
        order.sort_by_key(|&pattern| budget(patterns[pattern].len()));
        let mut lanes: Vec<Lane> = Vec::new();
        let mut used = 64;
        for pattern in order {
            let letters = &patterns[pattern];
            let errors = budget(letters.len());
            if used + letters.len() > 64 || lanes.last().is_some_and(|lane| lane.levels != errors && errors > 1) {
                lanes.push(Lane {
                    masks: Box::new([0; 256]),
                    first: 0,
                    last: [0; MOST_ERRORS + 1],
                    levels: errors,
                    owner: [0; 64],
                });
                used = 0;
            }
            let lane = lanes.last_mut().expect("a lane was just added when there was none");
            lane.add(letters, used, u16::try_from(pattern).unwrap_or(u16::MAX));
            used += letters.len();
        }
        Self { lanes }
    }

    /// Reports each end of each pattern in the folded letters of a name; separators are passed over.
    pub(crate) fn run(&self, letters: &[u8], hits: &mut Vec<Hit>) {
        for lane in &self.lanes {
            match lane.levels {
                0 => lane.run::<1>(letters, hits),
                1 => lane.run::<2>(letters, hits),
                2 => lane.run::<3>(letters, hits),
                _ => lane.run::<4>(letters, hits),
            }
        }
    }
}

impl Lane {
    fn add(&mut self, pattern: &[u8], start: usize, owner: u16) {
        self.levels = self.levels.max(budget(pattern.len()));
        self.first |= 1 << start;
        for (index, &letter) in pattern.iter().enumerate() {
            let bit = 1 << (start + index);
            self.masks[usize::from(letter)] |= bit;
            self.masks[usize::from(fold::UNREADABLE)] |= bit;
            for written in 0..=127u8 {
                if fold::imitates(written).contains(&letter) {
                    self.masks[usize::from(written)] |= bit;
                }
            }
            self.owner[start + index] = owner;
        }
        self.last[budget(pattern.len())] |= 1 << (start + pattern.len() - 1);
    }

    fn run<const STATES: usize>(&self, letters: &[u8], hits: &mut Vec<Hit>) {
        // Bit q of level j: a prefix ending at q is matched here with at most j errors.
        let mut now = [0u64; STATES];
        for level in 1..STATES {
            now[level] = (now[level - 1] << 1) | self.first;
        }
        let mut before = [0u64; STATES];
        let mut previous_mask = 0u64;
        let mut end = 0u32;
        for &letter in letters {
            if fold::separates(letter) {
                continue;
            }
            end += 1;
            let mask = self.masks[usize::from(letter)];
            let mut next = [0u64; STATES];
            next[0] = ((now[0] << 1) | self.first) & mask;
            let mut found = next[0] & self.last[0];
            for level in 1..STATES {
                let swapped = ((before[level - 1] << 2) | (self.first << 1)) & (mask << 1) & previous_mask;
                next[level] = (((now[level] << 1) | self.first) & mask)
                    | now[level - 1]
                    | (now[level - 1] << 1)
                    | (next[level - 1] << 1)
                    | self.first
                    | swapped;
                found |= next[level] & self.last[level];
            }
            if found != 0 {
                self.report(found, &next, end, hits);
            }
            before = now;
            now = next;
            previous_mask = mask;
        }
    }

    #[cold]
    fn report(&self, mut found: u64, levels: &[u64], end: u32, hits: &mut Vec<Hit>) {
        while found != 0 {
            let bit = found.trailing_zeros();
            found &= found - 1;
            let errors = levels.iter().position(|level| level >> bit & 1 == 1).unwrap_or(MOST_ERRORS);
            let errors = u8::try_from(errors).unwrap_or(u8::MAX);
            hits.push(Hit { pattern: self.owner[bit as usize], errors, end });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(patterns: &[&str], name: &str) -> Vec<(String, u8)> {
        let patterns: Vec<Vec<u8>> = patterns.iter().map(|p| p.as_bytes().to_vec()).collect();
        let mut hits = Vec::new();
        Search::new(&patterns).run(name.as_bytes(), &mut hits);
        let mut best: Vec<(String, u8)> = Vec::new();
        for hit in hits {
            let name = String::from_utf8(patterns[usize::from(hit.pattern)].clone()).unwrap();
            match best.iter_mut().find(|(n, _)| *n == name) {
                Some((_, errors)) => *errors = (*errors).min(hit.errors),
                None => best.push((name, hit.errors)),
            }
        }
        best.sort();
        best
    }

    #[test]
    fn each_brand_is_found_within_its_budget_and_no_further() {
        let brands = ["lido", "ledger", "coinbase", "myetherwallet"];
        for (name, brand, errors) in [
            ("lido.fi", "lido", 0),
            ("1id0", "lido", 0),
            ("legder.com", "ledger", 1),
            ("ldger", "ledger", 1),
            ("leedger", "ledger", 1),
            ("coin-base", "coinbase", 0),
            ("coi.nbsae", "coinbase", 1),
            ("c0lnbose", "coinbase", 1),
            ("myethrewalet", "myetherwallet", 2),
            ("nyethrewalet", "myetherwallet", 3),
        ] {
            assert_eq!(found(&brands, name), [(brand.to_owned(), errors)], "{name}");
        }
        for name in ["lid.xo", "legdre.com", "cointrade", ""] {
            assert_eq!(found(&brands, name), [], "{name}");
        }
    }
}
