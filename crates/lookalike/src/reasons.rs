//! Why: each finding in plain words, naming the characters that differ.

use unicode_script::UnicodeScript as _;

use crate::align::Step;
use crate::answer::{Answer, Verdict};
use crate::scene::{Edge, Scene};
use crate::signals::{Known, Sighting};
use crate::words::Sort;

/// Explains a sighting, most important first.
pub(crate) fn explain(sighting: &Sighting, scene: &Scene, known: &Known, brand: &str) -> Vec<String> {
    let mut reasons = likeness(sighting, scene, known, brand);
    reasons.extend(surroundings(sighting, scene, brand));
    reasons
}

/// Explains in what way the letters are like the brand's.
pub(crate) fn likeness(sighting: &Sighting, scene: &Scene, known: &Known, brand: &str) -> Vec<String> {
    let laid = &sighting.laid;
    let written = scene.text.written_over(laid.from..laid.to);
    let name = String::from_utf8_lossy(&known.letters);
    let mut reasons = vec![match (laid.edits(), laid.drawn()) {
        (0, 0) if laid.to - laid.from > laid.squashed.len() => format!("“{written}” is “{name}” taken apart"),
        (0, 0) => format!("it holds “{written}”, a name of {brand}"),
        (0, _) => format!("“{written}” is made to look like “{name}”"),
        (1, _) => format!("“{written}” is one letter away from “{name}”"),
        (edits, _) => format!("“{written}” is {edits} letters away from “{name}”"),
    }];
    reasons.extend(laid.steps.iter().rev().map(|&step| difference(step, scene, &written)));
    reasons.extend(repeated(sighting, scene));
    reasons
}

/// A letter of the brand's end written once more beside it, which the search rightly leaves out.
fn repeated(sighting: &Sighting, scene: &Scene) -> Option<String> {
    let letters = &scene.text.letters;
    let (from, to) = (sighting.laid.from, sighting.laid.to);
    let after = letters.get(to).filter(|&&next| next == letters[to - 1]);
    let before = from.checked_sub(1).map(|before| &letters[before]).filter(|&&previous| previous == letters[from]);
    after
        .or(before)
        .filter(|letter| letter.is_ascii_alphabetic())
        .map(|&letter| format!("“{}” is doubled", char::from(letter)))
}

/// Explains where a sighting stands and what stands beside it.
fn surroundings(sighting: &Sighting, scene: &Scene, brand: &str) -> Vec<String> {
    let mut reasons = Vec::new();
    let place = &sighting.place;
    let domain = scene.domain_written();
    reasons.push(if place.across {
        "the name is spread over a dot".to_owned()
    } else if !place.main {
        format!("it stands left of “{domain}”, which is not {brand}'s")
    } else if place.whole {
        format!("“{domain}” is not among {brand}'s own domains")
    } else if place.left == Edge::Joined || place.right == Edge::Joined {
        "it is glued to other letters".to_owned()
    } else {
        "it is one word of a longer name".to_owned()
    });
    if scene.hosted && !scene.suffix.is_empty() {
        reasons.push(format!("anyone may open a site under “{}”", scene.suffix));
    }
    if sighting.official_inside {
        reasons.push(format!("an official domain of {brand} is written out inside it"));
    }
    let words: Vec<String> = sighting.rest.of(Sort::Lure).take(4).map(|word| format!("“{word}”")).collect();
    if !words.is_empty() {
        reasons.push(format!("{} is used to lure", words.join(", ")));
    }
    if let Some(longer) = &sighting.longer {
        reasons.push(format!("against it: “{longer}” also stands in popular names"));
    }
    reasons
}

fn difference(step: Step, scene: &Scene, written: &str) -> String {
    let text = &scene.text;
    let shown = |at: u32| text.written_at(at as usize).iter().collect::<String>();
    match step {
        Step::Drawn { at, letter } => drawn(&shown(at), char::from(letter), written),
        Step::Instead { at, letter } => format!("“{}” stands where “{}” belongs", shown(at), char::from(letter)),
        Step::Extra { at, doubled: true } => format!("“{}” is doubled", shown(at)),
        Step::Extra { at, .. } => format!("“{}” is one letter too many", shown(at)),
        Step::Missing { letter, doubled: true, .. } => format!("one of the two “{}” is missing", char::from(letter)),
        Step::Missing { letter, .. } => format!("“{}” is missing", char::from(letter)),
        Step::Swapped { at } => format!("“{}” and the letter after it are swapped", shown(at)),
    }
}

fn drawn(shown: &str, letter: char, written: &str) -> String {
    let mut characters = shown.chars();
    match (characters.next(), characters.next()) {
        (Some(first), None) if !first.is_ascii() => match first.script() {
            unicode_script::Script::Latin | unicode_script::Script::Common | unicode_script::Script::Inherited => {
                format!("the “{first}” in “{written}” is not a plain {letter}")
            }
            script => format!("the {letter} in “{written}” is {} (“{first}”)", script.full_name()),
        },
        _ => format!("“{shown}” stands for “{letter}”"),
    }
}

/// No telephone number is ever proof.
pub(crate) fn phone() -> Answer<'static> {
    Answer {
        verdict: Verdict::Review,
        reasons: vec![
            "a telephone number proves nothing: none is registered as official, and callers choose what is shown"
                .to_owned(),
        ],
        score: 0.5,
        ..Answer::clear()
    }
}
