//! Lays a brand over the place where it was found and names each difference.

use crate::fold::{self, UNREADABLE};
use crate::search::{Hit, MOST_ERRORS};
use crate::text::Text;

/// One way in which what is written differs from the brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Letter `at` of the name stands for the brand's letter without being it.
    Drawn { at: u32, letter: u8 },
    /// Another letter than the brand's.
    Instead { at: u32, letter: u8 },
    /// A letter the brand does not have.
    Extra { at: u32, doubled: bool },
    /// A letter of the brand that is not there; `doubled` when its twin is.
    Missing { before: u32, letter: u8, doubled: bool },
    /// Two neighbours changed places.
    Swapped { at: u32 },
}

/// A brand laid over part of a name.
#[derive(Debug, Clone)]
pub(crate) struct Laid {
    /// Folded letters covered, separators inside included.
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Position among the letters that are not separators.
    pub(crate) squashed: std::ops::Range<usize>,
    pub(crate) steps: Vec<Step>,
    /// The first and the last letter of the brand stand where they belong.
    pub(crate) first_kept: bool,
    pub(crate) last_kept: bool,
}

const FOLDED: u16 = 3;
const EDIT: u16 = 10;
const NEVER: u16 = u16::MAX / 2;

struct Grid<'a> {
    pattern: &'a [u8],
    letters: Vec<u8>,
    plain: Vec<bool>,
    cells: Vec<u16>,
    width: usize,
}

impl Grid<'_> {
    /// Cost of laying the last `i` letters of the brand over the last `j` letters before the end.
    fn cost(&self, i: usize, j: usize) -> u16 {
        self.cells[i * self.width + j]
    }

    /// The brand's letter counted from its end, and the name's.
    fn brand(&self, i: usize) -> u8 {
        self.pattern[self.pattern.len() - i]
    }

    fn name(&self, j: usize) -> u8 {
        self.letters[self.letters.len() - j]
    }

    fn same(&self, i: usize, j: usize) -> u16 {
        let (brand, name) = (self.brand(i), self.name(j));
        if brand == name {
            return if self.plain[self.plain.len() - j] { 0 } else { FOLDED };
        }
        if name == UNREADABLE || fold::imitates(name).contains(&brand) { FOLDED } else { EDIT }
    }

    fn swap(&self, i: usize, j: usize) -> bool {
        i > 1
            && j > 1
            && self.brand(i) != self.brand(i - 1)
            && self.brand(i) == self.name(j - 1)
            && self.brand(i - 1) == self.name(j)
    }

    fn fill(&mut self) {
        for i in 0..=self.pattern.len() {
            for j in 0..self.width {
                let mut best = if i == 0 && j == 0 { 0 } else { NEVER };
                if i > 0 && j > 0 {
                    best = best.min(self.cost(i - 1, j - 1) + self.same(i, j));
                }
                if i > 0 {
                    best = best.min(self.cost(i - 1, j) + EDIT);
                }
                if j > 0 {
                    best = best.min(self.cost(i, j - 1) + EDIT);
                }
                if self.swap(i, j) {
                    best = best.min(self.cost(i - 2, j - 2) + EDIT);
                }
                self.cells[i * self.width + j] = best;
            }
        }
    }
}

/// Lays `pattern` over the letters that end at `hit`; nothing when the hit cannot be traced.
pub(crate) fn lay(pattern: &[u8], text: &Text, hit: Hit) -> Option<Laid> {
    let end = hit.end as usize;
    let begin = end.saturating_sub(pattern.len() + MOST_ERRORS);
    let places = &text.squashed[begin..end];
    let width = places.len() + 1;
    let mut grid = Grid {
        pattern,
        letters: places.iter().map(|&place| text.letters[place as usize]).collect(),
        plain: places.iter().map(|&place| text.plain(place as usize)).collect(),
        cells: vec![NEVER; (pattern.len() + 1) * width],
        width,
    };
    grid.fill();
    let m = pattern.len();
    let reach = (1..width).min_by_key(|&j| (grid.cost(m, j), j.abs_diff(m)))?;
    let cost = grid.cost(m, reach);
    if cost >= NEVER {
        return None;
    }
    let (steps, first_kept, last_kept) = trace(&grid, places, reach);
    let start = end - reach;
    Some(Laid {
        from: text.squashed[start] as usize,
        to: text.squashed[end - 1] as usize + 1,
        squashed: start..end,
        steps,
        first_kept,
        last_kept,
    })
}

fn trace(grid: &Grid<'_>, places: &[u32], reach: usize) -> (Vec<Step>, bool, bool) {
    let (mut i, mut j) = (grid.pattern.len(), reach);
    let mut steps = Vec::new();
    let (mut first_kept, mut last_kept) = (false, false);
    let place = |j: usize| places[places.len() - j];
    while i > 0 || j > 0 {
        let here = grid.cost(i, j);
        if i > 0 && j > 0 && here == grid.cost(i - 1, j - 1) + grid.same(i, j) {
            match grid.same(i, j) {
                EDIT => steps.push(Step::Instead { at: place(j), letter: grid.brand(i) }),
                same => {
                    if same != 0 {
                        steps.push(Step::Drawn { at: place(j), letter: grid.brand(i) });
                    }
                    first_kept |= i == grid.pattern.len();
                    last_kept |= i == 1;
                }
            }
            (i, j) = (i - 1, j - 1);
        } else if grid.swap(i, j) && here == grid.cost(i - 2, j - 2) + EDIT {
            steps.push(Step::Swapped { at: place(j) });
            (i, j) = (i - 2, j - 2);
        } else if j > 0 && here == grid.cost(i, j - 1) + EDIT {
            let twin = |other: usize| other > 0 && other <= reach && grid.name(other) == grid.name(j);
            steps.push(Step::Extra { at: place(j), doubled: twin(j + 1) || twin(j - 1) });
            j -= 1;
        } else {
            let letter = grid.brand(i);
            let twin = |other: usize| other > 0 && other <= grid.pattern.len() && grid.brand(other) == letter;
            let before = if j > 0 { place(j) } else { place(1) + 1 };
            steps.push(Step::Missing { before, letter, doubled: twin(i + 1) || twin(i - 1) });
            i -= 1;
        }
    }
    (steps, first_kept, last_kept)
}

impl Laid {
    /// How many letters were changed, added, dropped or swapped.
    pub(crate) fn edits(&self) -> usize {
        self.steps.iter().filter(|step| !matches!(step, Step::Drawn { .. })).count()
    }

    /// How many letters are drawn with another character.
    pub(crate) fn drawn(&self) -> usize {
        self.steps.len() - self.edits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Search;

    fn steps(brand: &str, name: &str) -> Vec<Step> {
        let text = Text::read(name, false);
        let mut hits = Vec::new();
        Search::new(&[brand.as_bytes().to_vec()]).run(&text.letters, &mut hits);
        let best = hits.into_iter().min_by_key(|hit| hit.errors).unwrap();
        lay(brand.as_bytes(), &text, best).unwrap().steps
    }

    #[test]
    fn each_difference_is_named() {
        assert_eq!(steps("coinbase", "my-coin-base.com"), []);
        assert_eq!(steps("coinbase", "c0inbase"), [Step::Drawn { at: 1, letter: b'o' }]);
        assert_eq!(steps("kraken", "kr\u{430}ken"), [Step::Drawn { at: 2, letter: b'a' }]);
        assert_eq!(steps("ledger", "legder"), [Step::Swapped { at: 2 }]);
        assert_eq!(steps("ledger", "leddger"), [Step::Extra { at: 3, doubled: true }]);
        assert_eq!(steps("coinbase", "coimbase"), [Step::Instead { at: 3, letter: b'n' }]);
        assert_eq!(steps("trustwallet", "trustwalet"), [Step::Missing { before: 8, letter: b'l', doubled: true }]);
    }
}
