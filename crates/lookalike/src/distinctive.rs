//! How easily a brand's name is confused with names that are already popular.

use crate::register::Brand;
use crate::signals::Known;
use crate::sketch::Sketch;

/// Letters a name is written in.
pub(crate) const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Every string one letter away from `letters`: one dropped, two swapped, one replaced, one added.
pub(crate) fn one_letter_away(letters: &[u8]) -> Vec<Vec<u8>> {
    let mut near = Vec::new();
    for at in 0..letters.len() {
        near.push([&letters[..at], &letters[at + 1..]].concat());
        if at + 1 < letters.len() {
            let mut swapped = letters.to_vec();
            swapped.swap(at, at + 1);
            near.push(swapped);
        }
        near.extend(ALPHABET.iter().map(|&letter| [&letters[..at], &[letter], &letters[at + 1..]].concat()));
    }
    // An added letter at either end would only continue the brand itself.
    for at in 1..letters.len() {
        near.extend(ALPHABET.iter().map(|&letter| [&letters[..at], &[letter], &letters[at..]].concat()));
    }
    near.sort();
    near.dedup();
    near.retain(|other| other != letters);
    near
}

/// The least count that a remembered level stands for.
pub(crate) const fn least(level: u8) -> u32 {
    if level == 0 { 0 } else { 1 << (level - 1) }
}

/// Looks up in the sketch what set-up must know about a name.
pub(crate) fn know(brand: usize, letters: Vec<u8>, sketch: &Sketch) -> Known {
    let edged = [b"-", letters.as_slice(), b"-"].concat();
    let crowd: u32 =
        one_letter_away(&letters).iter().map(|near| if near.len() < 4 { 0 } else { least(sketch.level(near)) }).sum();
    let crowd = (1.0 + f64::from(crowd)).log2();
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm of at most 32")]
    let crowd = crowd as f32;
    let common_words = crate::signals::cut_words(sketch, &letters, 0..letters.len(), true);
    let generic = generic(&letters, sketch);
    Known {
        common_words,
        generic,
        brand,
        common: sketch.level(&letters),
        common_word: sketch.level(&edged),
        crowd,
        letters,
    }
}

/// The commonest word of four letters or more that a name begins or ends with, leaving two at least.
fn generic(letters: &[u8], sketch: &Sketch) -> Option<Vec<u8>> {
    const COMMON: u8 = 8;
    let pieces = (4..letters.len().saturating_sub(1))
        .flat_map(|length| [&letters[..length], &letters[letters.len() - length..]]);
    let common = pieces.map(|piece| (sketch.level(piece), piece.len(), piece)).filter(|&(level, _, _)| level >= COMMON);
    // The longest that is still common says most.
    common.max_by_key(|&(level, length, _)| (length, level)).map(|(_, _, piece)| piece.to_vec())
}

/// How distinctive one name of a brand is.
#[derive(Debug, Clone, PartialEq)]
pub struct Distinctiveness {
    /// The name, as letters.
    pub name: String,
    /// 0 (lost among popular names) to 100 (nothing popular is like it).
    pub points: u8,
    /// At least so many in 350,000 popular names hold the name.
    pub holding: u32,
    /// At least so many hold something one letter away.
    pub near: u32,
    /// The commonest neighbours, with the least number of popular names that hold each.
    pub neighbours: Vec<(String, u32)>,
    /// What this means for the operator.
    pub advice: String,
}

/// Says how easily each name of a brand is confused.
pub fn distinctive(brand: &Brand, sketch: &Sketch) -> Vec<Distinctiveness> {
    brand.patterns().into_iter().map(|letters| of_name(&letters, sketch)).collect()
}

/// The level of a piece whose shorter parts are known too. A fingerprint alone is now and then a stranger's, and a
/// list that people read must not name such.
fn surely(piece: &[u8], sketch: &Sketch) -> u8 {
    let parts = [&piece[1..], &piece[..piece.len() - 1]];
    let known = parts.iter().all(|part| part.len() < crate::sketch::SHORTEST || sketch.level(part) > 0);
    if known { sketch.level(piece) } else { 0 }
}

fn of_name(letters: &[u8], sketch: &Sketch) -> Distinctiveness {
    let holding = if letters.len() < crate::sketch::SHORTEST { u32::MAX } else { least(sketch.level(letters)) };
    let mut neighbours: Vec<(String, u32)> = one_letter_away(letters)
        .into_iter()
        .filter(|near| near.len() >= crate::sketch::SHORTEST)
        .map(|near| (least(surely(&near, sketch)), near))
        .filter(|&(count, _)| count > 0)
        .map(|(count, near)| (String::from_utf8_lossy(&near).into_owned(), count))
        .collect();
    neighbours.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let near = neighbours.iter().map(|&(_, count)| count).sum();
    neighbours.truncate(10);
    // Each doubling costs six points for the name itself and three for its neighbours; short names start lower.
    let doublings = |count: u32| 32 - count.leading_zeros();
    let short = u32::try_from(8usize.saturating_sub(letters.len()) * 5).unwrap_or(100);
    let lost = (6 * doublings(holding) + 3 * doublings(near) + short).min(100);
    let points = u8::try_from(100 - lost).unwrap_or(0);
    let advice = match points {
        80.. => "Distinctive: a name that holds it, or comes near it, is almost always about you.",
        50..80 => {
            "Fairly distinctive: names that hold it are recognised; misspelt ones need a second sign to be an alert."
        }
        25..50 => {
            "Ordinary: other popular names hold it or come near it, so a lure word or look-alike letter must join it before a customer is warned."
        }
        _ => {
            "Lost in the crowd: only whole words with lure words, look-alike letters and your own domain written out can be told from honest names."
        }
    };
    Distinctiveness {
        name: String::from_utf8_lossy(letters).into_owned(),
        points,
        holding,
        near,
        neighbours,
        advice: advice.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_away_is_complete() {
        let near = one_letter_away(b"abc");
        for wanted in ["ab", "acb", "axc", "axbc", "bac"] {
            assert!(near.contains(&wanted.as_bytes().to_vec()), "{wanted}");
        }
        assert!(!near.contains(&b"abc".to_vec()));
    }
}
