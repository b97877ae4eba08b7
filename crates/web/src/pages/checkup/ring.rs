//! The check-up at a glance: a ring with a piece for each line. It is whole and thick where everything is as advised; what
//! is weak is a thin gap in it, so that it is read without colours too.

use crate::pages::frame::Tone;

/// The ring's middle, and how far its pieces are from it.
const MIDDLE: f64 = 60.0;
const RADIUS: f64 = 48.0;

/// Degrees left between two pieces.
const GAP: f64 = 5.0;

/// The picture.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    /// What it shows, in one sentence.
    pub title: String,
    /// The same in words, piece by piece.
    pub description: String,
    /// How many lines are as advised.
    pub good: usize,
    /// How many there are.
    pub total: usize,
    /// The pieces, clockwise from the top: first what is good.
    pub pieces: Vec<Piece>,
    /// How many there are of each kind that there is: its class, its words and the number.
    pub kinds: Vec<(&'static str, &'static str, usize)>,
}

/// One piece.
#[derive(Clone, Debug)]
pub struct Piece {
    /// `good`, `plain`, `warn` or `alarm`.
    pub class: &'static str,
    /// Its arc, as SVG writes it.
    pub path: String,
    /// Which line it stands for.
    pub label: String,
}

/// What is said of each kind, the best first.
const KINDS: [(Tone, &str); 4] = [
    (Tone::Good, "As advised"),
    (Tone::Plain, "Only you can say"),
    (Tone::Warn, "Could be better"),
    (Tone::Alarm, "Weak"),
];

impl Ring {
    /// The ring of these lines: how each stands, and what it is about.
    pub fn of(lines: &[(Tone, &str)]) -> Self {
        let of_kind = |kind: Tone| lines.iter().filter(move |(tone, _)| *tone == kind).map(|(_, title)| *title);
        let in_order = KINDS.iter().flat_map(|(kind, words)| of_kind(*kind).map(move |title| (kind, words, title)));
        let pieces = in_order.enumerate().map(|(at, (kind, words, title))| Piece {
            class: kind.class(),
            path: arc(at, lines.len()),
            label: format!("{words}: {title}"),
        });
        let (good, total) = (of_kind(Tone::Good).count(), lines.len());
        // What has to be done comes first to whoever hears it.
        let said = KINDS.iter().rev().filter_map(|(kind, words)| {
            let titles: Vec<&str> = of_kind(*kind).collect();
            (!titles.is_empty()).then(|| format!("{words}: {}.", titles.join(", ")))
        });
        let kinds = KINDS.iter().map(|(kind, words)| (kind.class(), *words, of_kind(*kind).count()));
        Self {
            title: format!("{good} of {total} pieces of our advice are as they should be"),
            description: said.collect::<Vec<_>>().join(" "),
            good,
            total,
            pieces: pieces.collect(),
            kinds: kinds.filter(|(_, _, number)| *number > 0).collect(),
        }
    }
}

/// The arc of one of so many pieces.
#[expect(clippy::cast_precision_loss, reason = "a ring has few pieces")]
fn arc(at: usize, of: usize) -> String {
    let share = 360.0 / of.max(1) as f64;
    let from = share * at as f64 + GAP / 2.0;
    let to = from + share - GAP;
    let point = |degrees: f64| {
        let angle = (degrees - 90.0).to_radians();
        format!("{:.1} {:.1}", MIDDLE + RADIUS * angle.cos(), MIDDLE + RADIUS * angle.sin())
    };
    let large = i32::from(to - from > 180.0);
    format!("M{}A{RADIUS} {RADIUS} 0 {large} 1 {}", point(from), point(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_says_what_it_shows_and_what_is_weak_first() {
        let ring = Ring::of(&[(Tone::Alarm, "A second factor"), (Tone::Good, "A password"), (Tone::Warn, "A phone")]);
        assert_eq!(ring.title, "1 of 3 pieces of our advice are as they should be");
        assert_eq!(ring.description, "Weak: A second factor. Could be better: A phone. As advised: A password.");
        let classes: Vec<_> = ring.pieces.iter().map(|piece| piece.class).collect();
        assert_eq!(classes, ["good", "warn", "alarm"]);
        assert_eq!(ring.kinds, [("good", "As advised", 1), ("warn", "Could be better", 1), ("alarm", "Weak", 1)]);
        // From the top, a third of the way round, less the gap.
        assert_eq!(ring.pieces[0].path, "M62.1 12.0A48 48 0 0 1 102.6 82.2");
    }

    #[test]
    fn a_ring_of_one_and_of_none_can_be_drawn() {
        assert_eq!(Ring::of(&[]).pieces.len(), 0);
        assert_eq!(Ring::of(&[(Tone::Good, "A password")]).pieces[0].path, "M62.1 12.0A48 48 0 1 1 57.9 12.0");
    }
}
