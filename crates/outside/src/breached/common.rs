//! The built-in list: long sentences that everybody knows.

use std::collections::HashSet;
use std::sync::LazyLock;

/// One sentence a line; a line that begins with `#` is a comment.
const LIST: &str = include_str!("../../data/common_passphrases.txt");

/// Digits that people add at the end when they are asked for another password.
const DIGITS_ADDED_MAX: usize = 4;

static SENTENCES: LazyLock<HashSet<String>> =
    LazyLock::new(|| LIST.lines().filter(|line| !line.starts_with('#')).map(bare).collect());

/// Whether a password is one of the sentences, however it is spaced, spelled and numbered.
pub(super) fn contains(password: &str) -> bool {
    let bare = bare(password);
    let digits = bare.bytes().rev().take(DIGITS_ADDED_MAX).take_while(u8::is_ascii_digit).count();
    (0..=digits).any(|digits| SENTENCES.contains(&bare[..bare.len() - digits]))
}

/// Only letters and digits, in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
