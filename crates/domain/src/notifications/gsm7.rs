//! The letters of an SMS: GSM 03.38, seven bits each. One letter outside of it, and a phone network would send the whole
//! text in sixteen bits, at less than half the length.

use unicode_normalization::UnicodeNormalization;

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
    abcdefghijklmnopqrstuvwxyzäöñüà";

/// These take two places, the first of which says that the second means something else.
const EXTENDED: &str = "^{}\\[~]|€";

/// Places of an SMS that stands alone.
const ALONE: usize = 160;

/// Places of each part of a longer one: the rest says which part it is.
const PART: usize = 153;

/// How many places a letter takes; `None` if there is none for it.
fn places(letter: char) -> Option<usize> {
    if BASIC.contains(letter) {
        Some(1)
    } else if EXTENDED.contains(letter) {
        Some(2)
    } else {
        None
    }
}

/// The text in letters that an SMS has: what is written differently is written plainly, accents that it does not know
/// are left off, and what is left has a question mark in its place.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '“' | '”' | '„' | '«' | '»' => plain.push('"'),
            '‘' | '’' | '‚' => plain.push('\''),
            '–' | '—' | '‑' | '−' => plain.push('-'),
            '…' => plain.push_str("..."),
            letter if letter.is_whitespace() => plain.push(' '),
            letter if places(letter).is_some() => plain.push(letter),
            letter => {
                let bare = std::iter::once(letter).nfkd().find(|bare| places(*bare).is_some() && *bare != ' ');
                plain.push(bare.unwrap_or('?'));
            }
        }
    }
    plain
}

/// How many SMS a plain text takes: a letter of two places is not torn apart between two of them.
pub(super) fn parts(text: &str) -> usize {
    let each = text.chars().map(|letter| places(letter).unwrap_or(1));
    if each.clone().sum::<usize>() <= ALONE {
        return 1;
    }
    let (parts, _) = each.fold(
        (1, 0),
        |(parts, used), places| {
            if used + places > PART { (parts + 1, places) } else { (parts, used + places) }
        },
    );
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_an_sms_is_written_plainly() {
        for (text, expected) in [
            ("Zürich: it’s “new” – now…", "Zürich: it's \"new\" - now..."),
            ("façade, Łódź, Škoda", "facade, ?ódz, Skoda"),
            ("a\u{a0}b\tc\nd", "a b c d"),
            ("日本 🔒", "?? ?"),
            ("{x} € [y]", "{x} € [y]"),
            ("\u{ff21}\u{2460}", "A1"),
        ] {
            assert_eq!(plain(text), expected.replace('ó', "o"), "{text}");
        }
    }

    #[test]
    fn how_many_sms_a_text_takes() {
        for (text, expected) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("€".repeat(80), 1),
            ("€".repeat(80) + "a", 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            // The last place of the first part is left free: no letter of two is torn apart.
            ("a".repeat(152) + "€" + &"a".repeat(151), 2),
            ("a".repeat(152) + "€" + &"a".repeat(152), 3),
        ] {
            assert_eq!(parts(&text), expected, "{} letters", text.chars().count());
        }
    }
}
