//! What is measured about a brand standing in a name: a fixed list of numbers, each with a plain meaning.

use crate::align::{Laid, Step};
use crate::fold;
use crate::learned::Learned;
use crate::scene::{Edge, Place, Scene};
use crate::sketch::Sketch;
use crate::text::Text;
use crate::words::{Rest, Sort};

macro_rules! signals {
    ($($name:ident $meaning:literal,)*) => {
        /// Something measured about a brand standing in a name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Signal {
            $(#[doc = $meaning] $name,)*
        }

        impl Signal {
            /// Every signal, in the order of the weights.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What the signal says, in a few words.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

signals! {
    Always "every name that holds something like a brand",
    Exact "the brand letter for letter",
    Split "the brand's letters with hyphens or dots between",
    Homoglyph "the brand in characters that are not plain ASCII",
    Lookalike "the brand in digits or letters that look alike",
    OneEdit "one letter away from the brand",
    TwoEdits "two letters away from the brand",
    ThreeEdits "three letters away from the brand",
    DrawnShare "share of the letters that are digits, other letters or unreadable",
    EditShare "share of the letters that differ",
    EditedAndDrawn "both differing letters and look-alike characters",
    Swap "neighbours swapped",
    Double "a letter doubled or a double halved",
    Missing "a letter missing",
    Extra "a letter too many",
    NearMiss "a letter replaced by one easily mistyped for it",
    FarMiss "a letter replaced by an unrelated one",
    FirstChanged "the first letter differs",
    LastChanged "the last letter differs",
    WholeExact "the brand alone is the registered name",
    WordExact "the brand is a word of the registered name",
    StartExact "the brand begins a longer word",
    EndExact "the brand ends a longer word",
    InsideExact "the brand stands inside a longer word",
    LeftWholeExact "the brand alone is a label left of another's domain",
    LeftWordExact "the brand is a word left of another's domain",
    LeftPartExact "the brand is part of a word left of another's domain",
    AcrossExact "the brand stands across a dot",
    WholeNear "something like the brand is the registered name",
    WordNear "something like the brand is a word of the registered name",
    EdgeNear "something like the brand begins or ends a longer word",
    InsideNear "something like the brand stands inside a longer word",
    LeftNear "something like the brand stands left of another's domain",
    LeftPartNear "something like the brand is part of a word left of another's domain",
    AcrossNear "something like the brand stands across a dot",
    BrandLetters "letters of the brand",
    BrandCommonApart "how common the brand is as a word in popular names, where it stands apart",
    BrandCommonJoined "how common the brand is inside popular names, where it is joined to letters",
    BrandCommonNear "how common the brand is in popular names, where it only nearly stands",
    Crowded "how many popular names stand one letter from the brand, where it only nearly stands",
    WrittenCommon "how common this very spelling is in popular names",
    WrittenCommonEdged "how common this spelling with its edges is in popular names",
    LongerCommon "how common the longer word around it is in popular names",
    LongerBy "letters by which a common word is longer",
    CutWords "how common the two words are that the brand lies across",
    NearWords "how common the words are that a near spelling divides into",
    BrandWordsNear "how common the words are that the brand divides into, where it only nearly stands",
    SplitJoined "taken apart and joined to other letters",
    SplitNear "taken apart and not letter for letter",
    LabelCommon "how common the whole label is in popular names",
    DomainCommon "how common the domain is, when the brand stands left of it",
    Lures "words used as lures",
    TradeWords "words of the trade",
    WordsWorry "words more often beside a brand in deceiving names",
    WordsRelief "words more often beside a brand in honest names",
    EditShareOwn "share of the letters that differ, without a common word the brand contains",
    RestNone "nothing but the brand",
    RestKnown "nothing but the brand and known words",
    RestLetters "letters in no known word",
    RestDigits "digits beside it",
    Hosted "on a host where anyone may open a site",
    SuffixRisk "how often names under this ending deceive",
    SuffixOurs "the ending is one of the brand's own",
    OfficialInside "an official domain is written out inside the name",
    Labels "labels in the name",
    Hyphens "hyphens in the name",
    LongName "length of the name",
}

/// The measured values, in the order of [`Signal::ALL`].
pub type Values = [f32; Signal::ALL.len()];

/// What set-up knows about one brand's name.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) brand: usize,
    pub(crate) letters: Vec<u8>,
    /// How common the letters are anywhere, and as a word.
    pub(crate) common: u8,
    pub(crate) common_word: u8,
    /// How many popular names stand one letter away, as a power of two.
    pub(crate) crowd: f32,
    /// How common the rarer of two words is that the letters divide into.
    pub(crate) common_words: u8,
    /// The commonest word the letters begin or end with.
    pub(crate) generic: Option<Vec<u8>>,
}

impl Known {
    /// Letters of the common word inside the brand, when they stand unchanged in what was written.
    fn common_part(&self, text: &Text, laid: &Laid) -> usize {
        let Some(generic) = &self.generic else { return 0 };
        let letters: Vec<u8> =
            text.squashed[laid.squashed.clone()].iter().map(|&place| text.letters[place as usize]).collect();
        if letters.windows(generic.len()).any(|window| window == generic) { generic.len() } else { 0 }
    }
}

/// A brand standing in a name, ready to be weighed and explained.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    pub(crate) known: usize,
    pub(crate) laid: Laid,
    pub(crate) place: Place,
    pub(crate) rest: Rest,
    /// The common longer word around it, when there is one.
    pub(crate) longer: Option<String>,
    pub(crate) official_inside: bool,
    pub(crate) values: Values,
}

/// Counts are small, so this loses nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of letters are far below 2^23")]
pub(crate) fn real(count: usize) -> f32 {
    count as f32
}

fn logarithm(count: usize) -> f32 {
    (1.0 + real(count)).log2()
}

pub(crate) struct Measure<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) known: &'a Known,
    pub(crate) learned: &'a Learned,
    pub(crate) official: &'a [String],
}

impl Measure<'_> {
    fn sketch(&self) -> &Sketch {
        &self.learned.sketch
    }

    /// Measures one laid brand.
    pub(crate) fn sighting(&self, index: usize, laid: Laid) -> Sighting {
        let place = self.scene.place(&laid);
        let rest = self.scene.rest(&laid, &place, &self.learned.words);
        let mut values = [0.0; Signal::ALL.len()];
        let mut set = |signal: Signal, value: f32| values[signal as usize] = value;
        set(Signal::Always, 1.0);
        self.spelling(&laid, &mut set);
        self.placing(&laid, &place, &mut set);
        let longer = self.commonness(&laid, &place, &mut set);
        let official_inside = self.surroundings(&place, &rest, &mut set);
        Sighting { known: index, laid, place, rest, longer, official_inside, values }
    }

    fn spelling(&self, laid: &Laid, set: &mut impl FnMut(Signal, f32)) {
        let letters = real(self.known.letters.len());
        let (edits, drawn) = (laid.edits(), laid.drawn());
        let text = &self.scene.text;
        let foreign = laid.steps.iter().any(
            |step| matches!(step, Step::Drawn { at, .. } if !text.written_at(*at as usize).iter().all(char::is_ascii)),
        );
        set(
            match edits {
                0 if foreign => Signal::Homoglyph,
                0 if drawn > 0 => Signal::Lookalike,
                0 if laid.to - laid.from > laid.squashed.len() => Signal::Split,
                0 => Signal::Exact,
                1 => Signal::OneEdit,
                2 => Signal::TwoEdits,
                _ => Signal::ThreeEdits,
            },
            1.0,
        );
        // A character from another alphabet is never an accident, however many there are of them.
        let doubtful = laid.steps.iter().filter(|step| match step {
            Step::Drawn { at, .. } => {
                text.letters[*at as usize] == fold::UNREADABLE
                    || text.written_at(*at as usize).iter().all(char::is_ascii)
            }
            _ => false,
        });
        set(Signal::DrawnShare, real(doubtful.count()) / letters);
        set(Signal::EditShare, real(edits) / letters);
        let own = self.known.letters.len() - self.known.common_part(text, laid);
        set(Signal::EditShareOwn, real(edits) / real(own.max(1)));
        set(Signal::EditedAndDrawn, f32::from(edits > 0 && drawn > 0));
        set(Signal::BrandLetters, letters.min(14.0));
        set(Signal::FirstChanged, f32::from(!laid.first_kept));
        set(Signal::LastChanged, f32::from(!laid.last_kept));
        for step in &laid.steps {
            let signal = match *step {
                Step::Drawn { .. } => continue,
                Step::Swapped { .. } => Signal::Swap,
                Step::Extra { doubled: true, .. } | Step::Missing { doubled: true, .. } => Signal::Double,
                Step::Extra { .. } => Signal::Extra,
                Step::Missing { .. } => Signal::Missing,
                Step::Instead { at, letter } if fold::easily_mistyped(text.letters[at as usize], letter) => {
                    Signal::NearMiss
                }
                Step::Instead { .. } => Signal::FarMiss,
            };
            set(signal, 1.0);
        }
    }

    fn placing(&self, laid: &Laid, place: &Place, set: &mut impl FnMut(Signal, f32)) {
        let apart = place.left != Edge::Joined && place.right != Edge::Joined;
        let signal = match (laid.edits() == 0, place.across, place.main) {
            (true, true, _) => Signal::AcrossExact,
            (false, true, _) => Signal::AcrossNear,
            (true, _, true) if place.whole => Signal::WholeExact,
            (false, _, true) if place.whole => Signal::WholeNear,
            (true, _, true) if apart => Signal::WordExact,
            (false, _, true) if apart => Signal::WordNear,
            (true, _, true) if place.left != Edge::Joined => Signal::StartExact,
            (true, _, true) if place.right != Edge::Joined => Signal::EndExact,
            (true, _, true) => Signal::InsideExact,
            (false, _, true) if place.left != Edge::Joined || place.right != Edge::Joined => Signal::EdgeNear,
            (false, _, true) => Signal::InsideNear,
            (true, _, false) if place.whole => Signal::LeftWholeExact,
            (true, _, false) if apart => Signal::LeftWordExact,
            (true, _, false) => Signal::LeftPartExact,
            (false, _, false) if apart => Signal::LeftNear,
            (false, _, false) => Signal::LeftPartNear,
        };
        set(signal, 1.0);
        let common = match (laid.edits() == 0, apart) {
            (true, true) => (Signal::BrandCommonApart, self.known.common_word),
            (true, false) => (Signal::BrandCommonJoined, self.known.common),
            (false, _) => (Signal::BrandCommonNear, self.known.common),
        };
        set(common.0, f32::from(common.1));
        if laid.edits() > 0 {
            set(Signal::Crowded, self.known.crowd);
            set(Signal::BrandWordsNear, f32::from(self.known.common_words));
        }
        if laid.to - laid.from > laid.squashed.len() && !place.across {
            set(Signal::SplitJoined, f32::from(!apart));
            set(Signal::SplitNear, f32::from(laid.edits() > 0));
        }
    }

    fn commonness(&self, laid: &Laid, place: &Place, set: &mut impl FnMut(Signal, f32)) -> Option<String> {
        let label = self.scene.label_written(place);
        if !place.main && !place.across {
            let domain = self.scene.main_written();
            set(Signal::DomainCommon, f32::from(self.sketch().level(&crate::sketch::edged(&domain))));
        }
        let written = self.scene.text.written_over(laid.from..laid.to).to_ascii_lowercase();
        if !written.is_ascii() || place.across {
            return None;
        }
        let bytes = written.as_bytes();
        if laid.edits() + laid.drawn() > 0 || laid.to - laid.from > laid.squashed.len() {
            set(Signal::WrittenCommon, f32::from(self.sketch().level(bytes)));
        }
        let edged = crate::sketch::edged(&label);
        // The label's own letters begin one after the edge.
        let from = laid.from - place.label.start + 1;
        let to = from + bytes.len();
        if !label.is_ascii() || edged.get(from..to) != Some(bytes) {
            return None;
        }
        set(Signal::WrittenCommonEdged, f32::from(self.sketch().level(&edged[from - 1..(to + 1).min(edged.len())])));
        set(Signal::LabelCommon, f32::from(self.sketch().level(&edged)));
        let cut = cut_words(self.sketch(), &edged[1..edged.len() - 1], from - 1..to - 1, laid.edits() > 0);
        set(if laid.edits() > 0 { Signal::NearWords } else { Signal::CutWords }, f32::from(cut));
        let (longest, level) = longest_common(self.sketch(), &edged, from, to)?;
        set(Signal::LongerCommon, f32::from(level));
        set(Signal::LongerBy, real(longest.len() - bytes.len()).min(6.0));
        Some(String::from_utf8_lossy(longest).trim_matches('-').to_owned())
    }

    fn surroundings(&self, place: &Place, rest: &Rest, set: &mut impl FnMut(Signal, f32)) -> bool {
        let scene = self.scene;
        set(Signal::Lures, real(rest.of(Sort::Lure).count().min(3)));
        set(Signal::TradeWords, real(rest.of(Sort::Trade).count().min(3)));
        let (worry, relief) = Rest::risk(&rest.words, &self.learned.words);
        set(Signal::WordsWorry, worry.min(6.0));
        set(Signal::WordsRelief, relief.min(6.0));
        let nothing = rest.words.is_empty() && rest.letters + rest.digits == 0;
        set(Signal::RestNone, f32::from(nothing));
        set(Signal::RestKnown, f32::from(!rest.words.is_empty() && rest.letters == 0));
        set(Signal::RestLetters, logarithm(rest.letters));
        set(Signal::RestDigits, logarithm(rest.digits));
        set(Signal::Hosted, f32::from(scene.hosted));
        set(Signal::SuffixRisk, scene.suffix_risk);
        let ours =
            self.official.iter().any(|domain| domain.split_once('.').is_some_and(|(_, suffix)| suffix == scene.suffix));
        set(Signal::SuffixOurs, f32::from(ours && place.main));
        let inside = self.official.iter().any(|domain| scene.writes_out(domain));
        set(Signal::OfficialInside, f32::from(inside));
        set(Signal::Labels, real(scene.labels.min(6)));
        set(Signal::Hyphens, real(scene.hyphens.min(4)));
        set(Signal::LongName, logarithm(scene.text.letters.len()));
        inside
    }
}

/// The longest piece around `from..to` that is common in popular names, if it is longer by a letter at least.
fn longest_common<'a>(sketch: &Sketch, edged: &'a [u8], from: usize, to: usize) -> Option<(&'a [u8], u8)> {
    let common = |from: usize, to: usize| sketch.level(&edged[from..to]) > 0;
    let grow = |left_first: bool| {
        let (mut from, mut to) = (from, to);
        for side in [left_first, !left_first] {
            while side && from > 0 && common(from - 1, to) {
                from -= 1;
            }
            while !side && to < edged.len() && common(from, to + 1) {
                to += 1;
            }
        }
        (from, to)
    };
    let best = [grow(true), grow(false)].into_iter().max_by_key(|&(from, to)| to - from)?;
    // An edge alone is not a longer word.
    let letters = |range: (usize, usize)| edged[range.0..range.1].iter().filter(|&&letter| letter != b'-').count();
    (letters(best) > letters((from, to))).then(|| (&edged[best.0..best.1], sketch.level(&edged[best.0..best.1])))
}

/// How common the rarer of two neighbouring words is that meet inside `range`; `exactly` also when they fill it.
pub(crate) fn cut_words(sketch: &Sketch, label: &[u8], range: std::ops::Range<usize>, exactly: bool) -> u8 {
    const FURTHER: usize = 6;
    let word = |from: usize, to: usize| {
        let piece = &label[from..to];
        if piece.len() < crate::sketch::SHORTEST || piece.contains(&b'-') { 0 } else { sketch.level(piece) }
    };
    let mut best = 0;
    for cut in range.start + 1..range.end {
        let left =
            (range.start.saturating_sub(FURTHER)..=range.start).map(|from| (word(from, cut), from < range.start));
        let right = (range.end..=(range.end + FURTHER).min(label.len())).map(|to| (word(cut, to), to > range.end));
        let strongest = |sides: &mut dyn Iterator<Item = (u8, bool)>| {
            sides.fold(
                (0, 0),
                |(inside, beyond), (level, longer)| if longer { (inside, level.max(beyond)) } else { (level, beyond) },
            )
        };
        let (left_inside, left_beyond) = strongest(&mut { left });
        let (right_inside, right_beyond) = strongest(&mut { right });
        best = best.max(left_beyond.min(right_beyond.max(right_inside))).max(left_inside.min(right_beyond));
        if exactly {
            best = best.max(left_inside.min(right_inside));
        }
    }
    best
}
