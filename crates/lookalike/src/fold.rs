//! Which written characters may stand for which letter of a brand.
//!
//! A name is compared as *folded letters*: one byte a letter, ASCII as it is, and every other character as the ASCII
//! letter it is drawn like (UTS #39). What was written stays beside it, so that a reason can name the character.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;

/// A character we cannot read as any ASCII letter; it may stand for one, at a price.
pub(crate) const UNREADABLE: u8 = 0xFF;

/// ASCII that is never part of a name.
pub(crate) const FOREIGN: u8 = 0xFE;

/// Characters that separate words and are passed over when a brand is looked for.
pub(crate) const fn separates(letter: u8) -> bool {
    matches!(letter, b'-' | b'.' | b'_')
}

/// The letters a written ASCII character is used to imitate, itself left out.
pub(crate) const fn imitates(written: u8) -> &'static [u8] {
    match written {
        b'0' => b"o",
        b'1' => b"li",
        b'2' => b"z",
        b'3' => b"e",
        b'4' => b"a",
        b'5' => b"s",
        b'6' => b"bg",
        b'7' => b"t",
        b'8' => b"b",
        b'9' => b"gq",
        b'l' => b"i1",
        b'i' => b"l1",
        b'j' => b"i",
        b'o' => b"0",
        b'q' => b"g",
        b's' => b"5",
        b'v' => b"u",
        b'u' => b"v",
        b'z' => b"2",
        _ => b"",
    }
}

/// Two letters that together look like one.
pub(crate) const fn pair_imitates(first: u8, second: u8) -> Option<u8> {
    match (first, second) {
        (b'r', b'n') => Some(b'm'),
        (b'v', b'v') => Some(b'w'),
        (b'c', b'l') => Some(b'd'),
        _ => None,
    }
}

/// Whether two letters sit side by side on a keyboard, or are vowels that are easily taken for one another.
pub(crate) fn easily_mistyped(one: u8, other: u8) -> bool {
    const ROWS: [&[u8]; 3] = [b"qwertyuiop", b"asdfghjkl", b"zxcvbnm"];
    const VOWELS: &[u8] = b"aeiouy";
    if VOWELS.contains(&one) && VOWELS.contains(&other) {
        return true;
    }
    let seat = |letter| {
        ROWS.iter()
            .enumerate()
            .find_map(|(row, keys)| keys.iter().position(|&key| key == letter).map(|column| (row, column)))
    };
    let (Some((row, column)), Some((other_row, other_column))) = (seat(one), seat(other)) else { return false };
    let across = column.abs_diff(other_column);
    match row.abs_diff(other_row) {
        0 => across == 1,
        1 => across == 0 || (if row < other_row { column == other_column + 1 } else { other_column == column + 1 }),
        _ => false,
    }
}

/// The folded letters of one character that is not plain ASCII: empty for marks, several for ligatures.
pub(crate) fn fold(written: char) -> Vec<u8> {
    if is_combining_mark(written) {
        return Vec::new();
    }
    if let Some(letter) = drawn_like(written) {
        return vec![letter];
    }
    let plain = ascii_letters(written.to_lowercase().flat_map(|c| c.to_string().nfkd().collect::<Vec<_>>()));
    if !plain.is_empty() {
        return plain;
    }
    let text = written.to_string();
    match ascii_letters(skeleton(&text).flat_map(|c| c.to_string().nfkd().collect::<Vec<_>>())) {
        letters if letters == b"rn" => vec![b'm'],
        letters if letters == b"vv" => vec![b'w'],
        letters if !letters.is_empty() => letters,
        _ => vec![UNREADABLE],
    }
}

fn ascii_letters(characters: impl Iterator<Item = char>) -> Vec<u8> {
    characters.filter(char::is_ascii_alphanumeric).filter_map(|c| u8::try_from(c.to_ascii_lowercase()).ok()).collect()
}

/// Characters that UTS #39 keeps apart but that read as a letter at the size of an address bar.
const fn drawn_like(written: char) -> Option<u8> {
    Some(match written {
        'ł' | 'ŀ' | 'ľ' | 'ɫ' | 'ɭ' | 'ƚ' | 'ӏ' | 'ן' | 'ℓ' => b'l',
        'đ' | 'ď' | 'ɖ' | 'ɗ' | 'ԁ' | 'ð' => b'd',
        'ı' | 'ɩ' | 'ɨ' | 'ί' | 'ι' | 'і' | 'ї' | 'ɪ' => b'i',
        'ø' | 'ɵ' | 'σ' | 'ο' | 'о' | 'օ' | 'ө' | 'ס' => b'o',
        'ħ' | 'һ' | 'հ' | 'ɦ' => b'h',
        'ŧ' | 'ƭ' | 'ʈ' | 'т' | 'τ' => b't',
        'ƀ' | 'ɓ' | 'ь' | 'в' => b'b',
        'ŋ' | 'ɲ' | 'ɳ' | 'ƞ' | 'η' | 'п' | 'ո' | 'ռ' | 'ղ' => b'n',
        'ĸ' | 'κ' | 'к' | 'ƙ' | 'қ' | 'ҝ' => b'k',
        'ɛ' | 'ε' | 'є' | 'ҽ' | 'ɘ' | 'ə' | 'ǝ' | 'е' | 'ё' => b'e',
        'ɑ' | 'α' | 'а' | 'ә' => b'a',
        'ɡ' | 'ǥ' | 'ɢ' | 'ց' | 'ɠ' => b'g',
        'ɱ' | 'м' | 'ṃ' => b'm',
        'ω' | 'ш' | 'ѡ' | 'ԝ' | 'ա' | 'ɯ' | 'щ' => b'w',
        'υ' | 'ʋ' | 'μ' | 'µ' | 'ս' | 'ц' => b'u',
        'ν' | 'ѵ' | 'ᴠ' => b'v',
        'х' | 'χ' | 'ҳ' => b'x',
        'у' | 'ү' | 'γ' | 'ყ' | 'ў' => b'y',
        'ѕ' | 'ʂ' | 'ş' | 'ș' => b's',
        'с' | 'ϲ' | 'ƈ' => b'c',
        'р' | 'ρ' | 'þ' | 'ƿ' => b'p',
        'г' | 'ɾ' | 'ɼ' | 'ɽ' => b'r',
        'ƒ' => b'f',
        'ƶ' | 'ʐ' | 'ȥ' => b'z',
        'ј' | 'ϳ' => b'j',
        'ԛ' => b'q',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_read_as_the_letter_they_look_like() {
        for (written, letters) in [('а', "a"), ('ę', "e"), ('ĝ', "g"), ('ł', "l"), ('ｋ', "k"), ('ﬁ', "fi"), ('ṃ', "m")]
        {
            assert_eq!(fold(written), letters.as_bytes(), "{written}");
        }
        assert_eq!(fold('\u{301}'), b"");
        assert_eq!(fold('漢'), [UNREADABLE]);
    }

    #[test]
    fn neighbours_on_the_keyboard_are_easily_mistyped() {
        assert!(easily_mistyped(b'w', b's') && easily_mistyped(b's', b'w') && easily_mistyped(b'a', b'e'));
        assert!(!easily_mistyped(b'q', b'm'));
    }
}
