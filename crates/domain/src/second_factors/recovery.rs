//! Recovery codes: how they are drawn, written and compared.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::entropy::{self, Entropy};
use crate::second_factors::authenticator::is_dash;

/// How many a set has.
pub(crate) const CODES: usize = 10;

/// Crockford's base 32: no letter that looks like a digit, and no U, so that no word comes out.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters of one code: 24 of 5 bits are 120 bits.
const LENGTH: usize = 24;

/// A fresh code, in groups of four.
pub(crate) fn draw(entropy: &dyn Entropy) -> String {
    let bytes: [u8; LENGTH] = entropy::bytes(entropy);
    let letters = bytes.map(|byte| LETTERS[usize::from(byte & 31)]);
    let groups: Vec<&str> =
        letters.chunks(4).map(|four| std::str::from_utf8(four).expect("letters of ours are ASCII")).collect();
    groups.join("-")
}

/// A code as it is compared, however it was typed: with or without groups, in small letters or full width, O for 0, I or
/// L for 1. `None` for what cannot be one.
pub(crate) fn tidy(typed: &str) -> Option<String> {
    let kept = typed.nfkc().filter(|c| !c.is_whitespace() && !is_dash(*c)).take(LENGTH + 1);
    let letters: Option<String> = kept
        .map(|c| {
            let letter = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            u8::try_from(letter).ok().filter(|byte| LETTERS.contains(byte)).map(char::from)
        })
        .collect();
    letters.filter(|letters| letters.len() == LENGTH)
}

/// SHA-256 of a tidy code, the only form that is stored. It needs no key or salt: what it hides has 120 bits.
pub(crate) fn digest(tidy: &str) -> [u8; 32] {
    Sha256::digest(tidy.as_bytes()).into()
}
