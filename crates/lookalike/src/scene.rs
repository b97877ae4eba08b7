//! The surroundings in which a brand stands: labels, edges, suffix, the words beside it.

use std::ops::Range;

use crate::align::Laid;
use crate::fold;
use crate::layout::{self, Layout};
use crate::text::Text;
use crate::words::{Rest, Risks};

/// What stands directly beside the brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The label begins or ends here.
    Label,
    /// A hyphen.
    Hyphen,
    /// A letter or digit.
    Joined,
}

/// Where a brand stands in a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) left: Edge,
    pub(crate) right: Edge,
    /// Letters of the label it begins in.
    pub(crate) label: Range<usize>,
    /// It stands in the label that was registered, not left of it.
    pub(crate) main: bool,
    /// It is that whole label.
    pub(crate) whole: bool,
    /// A dot stands inside it.
    pub(crate) across: bool,
}

/// A name to be looked at.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) text: Text,
    pub(crate) hosted: bool,
    pub(crate) suffix: String,
    pub(crate) suffix_risk: f32,
    pub(crate) labels: usize,
    pub(crate) hyphens: usize,
    main: Range<usize>,
    squashed: Vec<u8>,
}

impl Scene {
    /// Divides a host: `shown` as people read it, `ascii` as the network does.
    pub(crate) fn host(shown: &str, ascii: &str, pairs: bool) -> Self {
        Self::new(Text::read(shown, pairs), ascii, layout::layout(ascii))
    }

    /// Treats a handle or the part before an `@` as a name that anyone may take on somebody's platform.
    pub(crate) fn chosen(shown: &str, pairs: bool) -> Self {
        let shown = shown.replace('.', "-");
        Self::new(Text::read(&shown, pairs), "", Layout { suffix_labels: 0, hosted: true })
    }

    fn new(text: Text, ascii: &str, layout: Layout) -> Self {
        let letters = &text.letters;
        let count = |wanted: u8| letters.split(|&letter| letter == wanted).count() - 1;
        let mut end = letters.len();
        for _ in 0..layout.suffix_labels {
            end = letters[..end].iter().rposition(|&letter| letter == b'.').unwrap_or(0);
        }
        let start = letters[..end].iter().rposition(|&letter| letter == b'.').map_or(0, |dot| dot + 1);
        let suffix_at = ascii.rmatch_indices('.').nth(layout.suffix_labels.saturating_sub(1)).map(|(dot, _)| dot + 1);
        let suffix = if layout.suffix_labels == 0 { "" } else { suffix_at.map_or("", |at| &ascii[at..]) };
        Self {
            hosted: layout.hosted,
            suffix: suffix.to_owned(),
            suffix_risk: 0.0,
            labels: count(b'.') + 1,
            hyphens: count(b'-'),
            main: start..end,
            squashed: letters.iter().copied().filter(|&letter| !fold::separates(letter)).collect(),
            text,
        }
    }

    /// The last label: the part that says which registry is behind the name.
    pub(crate) fn ending(&self) -> &str {
        self.suffix.rsplit('.').next().unwrap_or("")
    }

    /// Whether a laid brand lies in the suffix, which no attacker chose.
    pub(crate) fn in_suffix(&self, laid: &Laid) -> bool {
        laid.from >= self.main.end
    }

    /// Where a laid brand stands.
    pub(crate) fn place(&self, laid: &Laid) -> Place {
        let letters = &self.text.letters;
        let start = letters[..laid.from].iter().rposition(|&letter| letter == b'.').map_or(0, |dot| dot + 1);
        let end =
            letters[laid.from..].iter().position(|&letter| letter == b'.').map_or(letters.len(), |dot| laid.from + dot);
        let edge = |beside: Option<u8>| match beside {
            None | Some(b'.') => Edge::Label,
            Some(b'-' | b'_') => Edge::Hyphen,
            Some(_) => Edge::Joined,
        };
        let left = edge(laid.from.checked_sub(1).map(|before| letters[before]));
        let right = edge(letters.get(laid.to).copied());
        Place {
            left,
            right,
            label: start..end,
            main: self.main.contains(&laid.from),
            whole: left == Edge::Label && right == Edge::Label,
            across: laid.to > end,
        }
    }

    /// The words beside the brand: in its own label, and in the other labels its owner chose.
    pub(crate) fn rest(&self, laid: &Laid, place: &Place, risks: &Risks) -> Rest {
        let mut rest = Rest::default();
        let letters = &self.text.letters;
        let chosen = self.main.end.max(place.label.end).max(laid.to);
        let add = |range: Range<usize>, rest: &mut Rest| {
            for stretch in letters[range].split(|&letter| fold::separates(letter)).filter(|stretch| !stretch.is_empty())
            {
                rest.add(stretch, risks);
            }
        };
        add(place.label.start..laid.from, &mut rest);
        add(laid.to..place.label.end.max(laid.to), &mut rest);
        let (own_letters, own_digits) = (rest.letters, rest.digits);
        add(0..place.label.start, &mut rest);
        add(place.label.end.max(laid.to)..chosen, &mut rest);
        // Strange letters count only in the brand's own label: an unrelated domain is strange by nature.
        (rest.letters, rest.digits) = (own_letters, own_digits);
        rest
    }

    /// The label a brand stands in, as written.
    pub(crate) fn label_written(&self, place: &Place) -> String {
        self.text.written_over(place.label.clone()).to_lowercase()
    }

    /// The registered label, as written.
    pub(crate) fn main_written(&self) -> String {
        self.text.written_over(self.main.clone()).to_lowercase()
    }

    /// The registered label and what follows it.
    pub(crate) fn domain_written(&self) -> String {
        self.text.written_over(self.main.start..self.text.letters.len()).to_lowercase()
    }

    /// Whether an official domain is written out in the name, with or without its dots.
    pub(crate) fn writes_out(&self, domain: &str) -> bool {
        let wanted: Vec<u8> = domain.bytes().filter(|&letter| !fold::separates(letter)).collect();
        // A name that merely ends as the official domain does has only swapped what stands before it.
        let within =
            self.squashed.len().saturating_sub(self.suffix.bytes().filter(|&letter| !fold::separates(letter)).count());
        wanted.len() <= within && self.squashed[..within].windows(wanted.len()).any(|window| window == wanted)
    }
}
