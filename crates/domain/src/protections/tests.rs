//! Rules of protections.

use std::collections::HashSet;

use crate::entropy::SeededEntropy;
use crate::protections::{draw_freeze_words, tidy_words};

#[test]
fn freeze_words_are_four_and_differ_from_draw_to_draw() {
    let entropy = SeededEntropy::new(1);
    let drawn: HashSet<String> = (0..200).map(|_| draw_freeze_words(&entropy)).collect();
    assert_eq!(drawn.len(), 200);
    assert!(drawn.iter().all(|words| words.split(' ').count() == 4));
}

#[test]
fn how_words_are_written_makes_no_difference() {
    assert_eq!(tidy_words("  Anchor,  river\tLamp moss. "), "anchor river lamp moss");
    assert_ne!(tidy_words("river anchor lamp moss"), "anchor river lamp moss");
}
