//! A name as the detector compares it: folded letters, with what was written beside them.

use crate::fold;

/// A name in folded letters. `written` holds the characters, and `from[i]..to[i]` those that letter `i` stands for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    pub(crate) letters: Vec<u8>,
    pub(crate) written: Vec<char>,
    from: Vec<u32>,
    to: Vec<u32>,
    /// Positions of the letters that are not separators.
    pub(crate) squashed: Vec<u32>,
}

impl Text {
    /// Reads a name; `pairs` also reads two letters that look like one (rn for m) as that one.
    pub(crate) fn read(name: &str, pairs: bool) -> Self {
        let mut text = Self { written: name.chars().collect(), ..Self::default() };
        let mut at = 0;
        while at < text.written.len() {
            let here = text.written[at];
            let pair = if pairs { text.written.get(at + 1).and_then(|&next| pair_of(here, next)) } else { None };
            if let Some(letter) = pair {
                text.push(letter, at, at + 2);
                at += 2;
                continue;
            }
            match u8::try_from(here).ok().filter(u8::is_ascii) {
                Some(byte) if byte.is_ascii_alphanumeric() || fold::separates(byte) => {
                    text.push(byte.to_ascii_lowercase(), at, at + 1);
                }
                Some(_) => text.push(fold::FOREIGN, at, at + 1),
                None => {
                    for letter in fold::fold(here) {
                        text.push(letter, at, at + 1);
                    }
                }
            }
            at += 1;
        }
        text
    }

    fn push(&mut self, letter: u8, from: usize, to: usize) {
        let index = narrow(self.letters.len());
        if !fold::separates(letter) {
            self.squashed.push(index);
        }
        self.letters.push(letter);
        self.from.push(narrow(from));
        self.to.push(narrow(to));
    }

    /// The characters that one folded letter was read from.
    pub(crate) fn written_at(&self, letter: usize) -> &[char] {
        &self.written[self.from[letter] as usize..self.to[letter] as usize]
    }

    /// The characters that a run of folded letters was read from.
    pub(crate) fn written_over(&self, letters: std::ops::Range<usize>) -> String {
        if letters.is_empty() {
            return String::new();
        }
        self.written[self.from[letters.start] as usize..self.to[letters.end - 1] as usize].iter().collect()
    }

    /// Whether a letter was written as exactly itself.
    pub(crate) fn plain(&self, letter: usize) -> bool {
        let written = self.written_at(letter);
        written.len() == 1
            && u8::try_from(written[0]).is_ok_and(|byte| byte.to_ascii_lowercase() == self.letters[letter])
    }
}

fn pair_of(first: char, second: char) -> Option<u8> {
    fold::pair_imitates(u8::try_from(first).ok()?.to_ascii_lowercase(), u8::try_from(second).ok()?.to_ascii_lowercase())
}

/// Positions are kept in 32 bits; no name that is looked at is longer (`reading` refuses them).
fn narrow(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
