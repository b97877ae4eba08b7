//! Made-up brands, so that the weights learn what a common name is worth from more than a handful of real ones.
//!
//! An ordinary word is taken as a brand. Popular names that hold it are honest, and names that deceived in a real
//! brand's name are rewritten in the made-up one's, with the same kind of difference at the same place.

use std::collections::HashMap;

use crate::align::Step;
use crate::distinctive::ALPHABET;
use crate::fold;
use crate::register::{Brand, Register};
use crate::scene::Scene;
use crate::signals::Sighting;
use crate::sketch;

/// From words in every second name to words in none.
const NAMES: &str = "studio photo travel power sport \
dragon silver orange mountain harbor anchor compass falcon summit beacon castle diamond planet rocket galaxy aurora mercury \
saturn phoenix atlas vector matrix legend pioneer horizon liberty heritage monarch panther cobra tiger badger otter heron \
pelican magnet lantern canyon meadow prairie glacier volcano tundra lagoon marina regatta voyager nomad wanderer pilgrim \
sentinel guardian paladin templar citadel bastion rampart fortress parapet turret mosaic fresco velvet satin linen cotton \
copper cobalt nickel titanium carbon helium argon neon xenon quartz granite basalt marble obsidian onyx opal topaz garnet \
clover thistle juniper cedar maple willow hazel aspen cypress sequoia bamboo lotus orchid jasmine saffron cinnamon ginger \
openroad greenleaf bluewater stonebridge riverbank cityline skyport daybreak moonbase starfield quicksilver firewall \
coinharbor bitanchor tokenpier walletgrove swapmeadow cryptolane ledgermont banklark paylagoon chainwood vaultnest \
zorbitex quandrel mivaltor fenwicko drastimo pluvexa korvanti belizmo trunovia oxilante wexmara yolvent grimtaxo hulperi \
solvaneer bricadoro tamperlux novakelle stravique lumetrade paxolin verdanico cadrosse minterfold aldo rivo nemo tico luma";

/// Names rewritten for each made-up brand.
const REWRITTEN: usize = 45;

/// A register of made-up brands.
pub(super) fn register() -> Register {
    let endings = ["com", "com", "com", "io", "org", "fi", "network"];
    let brand = |(index, name): (usize, &str)| Brand::new(name, &format!("{name}.{}", endings[index % endings.len()]));
    Register { brands: NAMES.split_whitespace().enumerate().map(brand).collect() }
}

/// A name that deceived, ready to be rewritten: where the brand stood, and how it differed.
pub(super) struct Pattern {
    before: String,
    after: String,
    steps: Vec<(f64, Step, bool)>,
    pub(super) brand: usize,
}

/// Takes the brand out of a sighting in an ASCII name.
pub(super) fn pattern(sighting: &Sighting, scene: &Scene, letters: usize, brand: usize) -> Option<Pattern> {
    let laid = &sighting.laid;
    let text = &scene.text;
    // Names written apart or in other alphabets say nothing about commonness.
    if laid.to - laid.from != laid.squashed.len() || !text.written.iter().all(char::is_ascii) {
        return None;
    }
    let along = |at: u32| super::precise((at as usize).saturating_sub(laid.from)) / super::precise(letters);
    let steps = laid.steps.iter().map(|&step| match step {
        Step::Drawn { at, .. } | Step::Extra { at, .. } | Step::Swapped { at } => (along(at), step, true),
        Step::Instead { at, letter } => (along(at), step, fold::easily_mistyped(text.letters[at as usize], letter)),
        Step::Missing { before, .. } => (along(before), step, true),
    });
    Some(Pattern {
        before: text.written_over(0..laid.from),
        after: text.written_over(laid.to..text.letters.len()),
        steps: steps.collect(),
        brand,
    })
}

/// Rewrites patterns for the made-up brands: host, made-up brand, and the real brand each pattern came from.
pub(super) fn rewrite(patterns: &[Pattern], register: &Register) -> Vec<(String, usize, usize)> {
    let mut by_brand: HashMap<usize, Vec<&Pattern>> = HashMap::new();
    for pattern in patterns {
        by_brand.entry(pattern.brand).or_default().push(pattern);
    }
    let mut sources: Vec<_> = by_brand.into_values().collect();
    sources.sort_by_key(|patterns| patterns[0].brand);
    let mut rewritten = Vec::new();
    for (invented, brand) in register.brands.iter().enumerate() {
        for turn in 0..REWRITTEN {
            let chance = |salt: &str| {
                usize::try_from(sketch::print(format!("{} {turn} {salt}", brand.brand).as_bytes()) >> 33).unwrap_or(0)
            };
            let source = &sources[chance("brand") % sources.len()];
            let pattern = source[chance("pattern") % source.len()];
            let name = differ(&brand.brand, &pattern.steps, chance("letter"));
            rewritten.push((format!("{}{name}{}", pattern.before, pattern.after), invented, pattern.brand));
        }
    }
    rewritten
}

/// Differs from a name as the steps say, as near to the same places as its length allows.
fn differ(name: &str, steps: &[(f64, Step, bool)], chance: usize) -> String {
    let mut letters = name.as_bytes().to_vec();
    for &(along, step, near) in steps {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a short word")]
        let at = ((along * super::precise(letters.len())) as usize).min(letters.len().saturating_sub(1));
        if letters.is_empty() {
            break;
        }
        let other = ALPHABET[chance % 26];
        match step {
            Step::Drawn { .. } => {
                if let Some(place) = (0..letters.len()).find(|&place| imitator(letters[place]).is_some()) {
                    letters[place] = imitator(letters[place]).unwrap_or(letters[place]);
                }
            }
            Step::Instead { .. } if near => {
                let mistyped = ALPHABET[..26]
                    .iter()
                    .copied()
                    .find(|&letter| letter != letters[at] && fold::easily_mistyped(letter, letters[at]));
                letters[at] = mistyped.unwrap_or(other);
            }
            Step::Instead { .. } => letters[at] = other,
            Step::Extra { doubled: true, .. } => letters.insert(at, letters[at]),
            Step::Extra { .. } => letters.insert(at, other),
            Step::Missing { .. } => {
                letters.remove(at);
            }
            Step::Swapped { .. } if at + 1 < letters.len() => letters.swap(at, at + 1),
            Step::Swapped { .. } => {}
        }
    }
    String::from_utf8_lossy(&letters).into_owned()
}

fn imitator(letter: u8) -> Option<u8> {
    b"01345iq".iter().copied().find(|&written| fold::imitates(written).contains(&letter))
}
