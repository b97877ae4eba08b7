//! The detector: finds brands in a name, weighs each place and gives the verdict.

use std::collections::HashMap;

use crate::align;
use crate::answer::{Answer, Fault, Verdict};
use crate::fold;
use crate::learned::Learned;
use crate::reading::{self, Reading};
use crate::reasons;
use crate::register::{Register, RegisterFault};
use crate::scene::Scene;
use crate::search::{Hit, Search};
use crate::signals::{Known, Measure, Sighting};
use crate::{distinctive, host};

/// Places looked at for one name of a brand in one input: more would only repeat themselves.
const PLACES: usize = 6;
/// Hits sorted out for one input; absurdly long inputs have more.
const HITS: usize = 4096;

/// Recognises names that imitate the brands of a register.
#[derive(Debug)]
pub struct Detector {
    pub(crate) register: Register,
    pub(crate) learned: Learned,
    pub(crate) known: Vec<Known>,
    /// Official registered domains, each with its brand.
    domains: HashMap<String, usize>,
    /// Official single hosts.
    hosts: HashMap<String, usize>,
    /// One bit for each length (modulo 64) an official name has, to rule most names out at once.
    lengths: u64,
    search: Search,
}

impl Detector {
    /// Sets the detector up for a register with what this release has learned.
    pub fn new(register: Register) -> Result<Self, RegisterFault> {
        Self::with(register, Learned::built_in())
    }

    /// Sets the detector up with something else learned.
    pub fn with(register: Register, learned: Learned) -> Result<Self, RegisterFault> {
        if register.brands.is_empty() {
            return Err(RegisterFault::Empty);
        }
        let (mut known, mut domains, mut hosts) = (Vec::new(), HashMap::new(), HashMap::new());
        for (index, brand) in register.brands.iter().enumerate() {
            let patterns = brand.patterns();
            if patterns.is_empty() {
                return Err(RegisterFault::NoName(brand.brand.clone()));
            }
            known.extend(patterns.into_iter().map(|letters| distinctive::know(index, letters, &learned.sketch)));
            for (list, map) in [(&brand.official, &mut domains), (&brand.hosts, &mut hosts)] {
                for written in list {
                    let host = host::parse(written).map_err(|_| RegisterFault::NotAHost(written.clone()))?;
                    map.insert(host.ascii, index);
                }
            }
        }
        let lengths = domains.keys().chain(hosts.keys()).fold(0, |bits, name: &String| bits | 1 << (name.len() & 63));
        let search = Search::new(&known.iter().map(|known| known.letters.clone()).collect::<Vec<_>>());
        Ok(Self { register, learned, known, domains, hosts, lengths, search })
    }

    /// The register the detector was set up for.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Says what to make of a name, URL, e-mail address, handle or telephone number.
    pub fn check(&self, input: &str) -> Answer<'_> {
        if host::is_plain(input) {
            return self.check_plain(input);
        }
        match reading::read(input) {
            Ok(Reading::Host(host)) => self.check_place(&host),
            Ok(Reading::Mail(mail)) => self.check_mail(&mail),
            Ok(Reading::Handle(handle)) => self.check_handle(&handle),
            Ok(Reading::Phone) => reasons::phone(),
            Err(fault) => self.check_unreadable(input, fault),
        }
    }

    /// The brand that owns an ASCII host, by equality or by a dot.
    pub(crate) fn owner(&self, ascii: &str) -> Option<usize> {
        let fits = |name: &str| self.lengths >> (name.len() & 63) & 1 == 1;
        if fits(ascii)
            && let Some(&brand) = self.hosts.get(ascii)
        {
            return Some(brand);
        }
        let mut rest = ascii;
        loop {
            if fits(rest)
                && let Some(&brand) = self.domains.get(rest)
            {
                return Some(brand);
            }
            rest = rest.split_once('.')?.1;
        }
    }

    /// A plain lower-case ASCII host: by far the most common input, so nothing is allocated until something is found.
    fn check_plain(&self, host: &str) -> Answer<'_> {
        if let Some(brand) = self.owner(host) {
            return self.official(brand);
        }
        if !self.anything_in(host.as_bytes()) {
            return Answer::clear();
        }
        self.weigh(self.strongest(|pairs| Scene::host(host, host, pairs)), None)
    }

    pub(crate) fn official(&self, brand: usize) -> Answer<'_> {
        let brand = self.name_of(brand);
        Answer {
            verdict: Verdict::Official,
            brand: Some(brand),
            score: 0.0,
            reasons: vec![format!("it is registered as {brand}'s own")],
            ..Answer::clear()
        }
    }

    pub(crate) fn name_of(&self, brand: usize) -> &str {
        &self.register.brands[brand].brand
    }

    fn anything_in(&self, letters: &[u8]) -> bool {
        let mut hits = Vec::new();
        self.search.run(letters, &mut hits);
        if !hits.is_empty() {
            return true;
        }
        let Some(paired) = paired(letters) else { return false };
        self.search.run(&paired, &mut hits);
        !hits.is_empty()
    }

    /// The strongest sighting in a name, read letter by letter and with pairs that look like one letter.
    pub(crate) fn strongest(&self, scene: impl Fn(bool) -> Scene) -> Option<(f32, Sighting, Scene)> {
        let mut best: Option<(f32, Sighting, Scene)> = None;
        for pairs in [false, true] {
            let mut scene = scene(pairs);
            if pairs && scene.text.letters.len() == scene.text.written.len() && best.is_some() {
                break;
            }
            scene.suffix_risk = self.learned.suffix_risk(scene.ending());
            let found =
                self.sightings(&scene).into_iter().map(|sighting| (self.learned.sum(&sighting.values), sighting));
            if let Some((sum, sighting)) = found.max_by(|one, other| one.0.total_cmp(&other.0))
                && best.as_ref().is_none_or(|best| sum > best.0)
            {
                best = Some((sum, sighting, scene));
            }
        }
        best
    }

    /// Every place where a brand stands in a name, measured.
    pub(crate) fn sightings(&self, scene: &Scene) -> Vec<Sighting> {
        let mut hits = Vec::new();
        self.search.run(&scene.text.letters, &mut hits);
        hits.truncate(HITS);
        // Fewest errors first; of equals, the one that ends later covers more.
        hits.sort_unstable_by_key(|hit| (hit.pattern, hit.errors, std::cmp::Reverse(hit.end)));
        let mut sightings: Vec<Sighting> = Vec::new();
        for group in hits.chunk_by(|one, other| one.pattern == other.pattern) {
            self.sightings_of(scene, group, &mut sightings);
        }
        sightings
    }

    fn sightings_of(&self, scene: &Scene, hits: &[Hit], sightings: &mut Vec<Sighting>) {
        let index = usize::from(hits[0].pattern);
        let known = &self.known[index];
        let measure =
            Measure { scene, known, learned: &self.learned, official: &self.register.brands[known.brand].official };
        let mut taken: Vec<std::ops::Range<usize>> = Vec::new();
        for &hit in hits {
            if taken.len() == PLACES {
                break;
            }
            // An end inside a place already taken is the same place, read worse.
            let end = hit.end as usize;
            let near = crate::search::budget(known.letters.len());
            if taken.iter().any(|range| range.start < end && end <= range.end + near) {
                continue;
            }
            let Some(laid) = align::lay(&known.letters, &scene.text, hit) else { continue };
            if taken.iter().any(|range| range.start < laid.squashed.end && laid.squashed.start < range.end) {
                continue;
            }
            taken.push(laid.squashed.clone());
            if scene.in_suffix(&laid) {
                continue;
            }
            sightings.push(measure.sighting(index, laid));
        }
    }

    /// Turns the strongest sighting into an answer.
    pub(crate) fn weigh(&self, found: Option<(f32, Sighting, Scene)>, shown: Option<String>) -> Answer<'_> {
        let Some((sum, sighting, scene)) = found else { return Answer { shown, ..Answer::clear() } };
        let verdict = if sum >= self.learned.alert {
            Verdict::Alert
        } else if sum >= self.learned.review {
            Verdict::Review
        } else {
            Verdict::Clear
        };
        let known = &self.known[sighting.known];
        let brand = self.name_of(known.brand);
        Answer {
            verdict,
            brand: (verdict != Verdict::Clear).then_some(brand),
            score: self.learned.score(sum),
            reasons: if verdict == Verdict::Clear {
                Vec::new()
            } else {
                reasons::explain(&sighting, &scene, known, brand)
            },
            shown,
            odd: false,
            fault: None,
        }
    }

    /// An input nobody can read may still be meant to be read as a brand.
    fn check_unreadable(&self, input: &str, fault: Fault) -> Answer<'_> {
        let mut answer = Answer::fault(fault);
        if matches!(fault, Fault::Empty | Fault::TooLong) {
            return answer;
        }
        let seen = host::as_seen(input);
        if let Some((sum, sighting, scene)) = self.strongest(|pairs| Scene::host(&seen, "", pairs))
            && sighting.laid.edits() == 0
        {
            let known = &self.known[sighting.known];
            answer.verdict = Verdict::Review;
            answer.brand = Some(self.name_of(known.brand));
            answer.score = self.learned.score(sum.max(self.learned.review)).min(0.74);
            answer.reasons.extend(reasons::likeness(&sighting, &scene, known, self.name_of(known.brand)));
        }
        answer
    }
}

/// The letters with each pair that looks like one letter put together, if there is such a pair.
fn paired(letters: &[u8]) -> Option<Vec<u8>> {
    let any = letters.windows(2).any(|pair| fold::pair_imitates(pair[0], pair[1]).is_some());
    any.then(|| {
        let mut out = Vec::with_capacity(letters.len());
        let mut rest = letters;
        while let [first, after @ ..] = rest {
            let pair = after.first().and_then(|&second| fold::pair_imitates(*first, second));
            out.push(pair.unwrap_or(*first));
            rest = if pair.is_some() { &after[1..] } else { after };
        }
        out
    })
}
