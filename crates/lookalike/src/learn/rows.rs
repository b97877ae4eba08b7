//! Turning names into measured places.

use crate::detector::Detector;
use crate::host;
use crate::layout;
use crate::learned::Learned;
use crate::register::{Register, RegisterFault};
use crate::scene::Scene;
use crate::signals::{Sighting, Signal, Values};
use crate::sketch::Sketch;
use crate::words::Risks;

use super::Material;
use super::invented::{self, Pattern};
use super::sketches::{self, Sketches};

/// What a place of a made-up brand in a popular name counts for: there are many.
const INVENTED_HONEST: f64 = 0.1;
/// What a place in a name put together from two popular ones counts for.
const BORROWED: f64 = 1.0;

/// One measured place.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) brand: usize,
    /// It tells of a made-up brand; of a deceiving name, `brand` is then the real one it was rewritten from.
    pub(super) invented: bool,
    /// It stands in a name put together from two popular ones.
    pub(super) borrowed: bool,
    /// Which popular name it comes from.
    pub(super) name: usize,
    pub(super) ending: String,
    /// Known words beside the brand.
    pub(super) words: Vec<String>,
    pub(super) weight: f64,
    pub(super) values: Values,
}

/// All measured places.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    /// For each deceiving name, the places where its own brand stands.
    pub(super) deceiving: Vec<Vec<Row>>,
    pub(super) deceiving_hosts: Vec<(&'a str, &'a str)>,
    pub(super) honest: Vec<Row>,
}

impl<'a> Rows<'a> {
    /// Measures all names; `words` are the words to know beside those of the lexicon.
    pub(super) fn measure(material: &Material<'a>, sketches: &Sketches, words: &Risks) -> Result<Self, RegisterFault> {
        let detector = |register: &Register, sketch: &Sketch| detector(register, sketch, words);
        let mut all = Self { deceiving: Vec::new(), deceiving_hosts: Vec::new(), honest: Vec::new() };
        let whole = detector(&material.register, &sketches.whole)?;
        let mut patterns: Vec<Pattern> = Vec::new();
        for &(host, brand) in &material.deceiving {
            let mut places = rows(&whole, host, 0);
            places.retain(|row| whole.name_of(row.brand) == brand);
            if !places.is_empty() {
                all.deceiving.push(places);
                all.deceiving_hosts.push((host, brand));
                patterns.extend(pattern(&whole, host, brand));
            }
        }
        let folded = |register: &Register| {
            sketches.without.iter().map(|sketch| detector(register, sketch)).collect::<Result<Vec<_>, _>>()
        };
        all.honest(material, &folded(&material.register)?, false);
        let register = invented::register();
        let invented_whole = detector(&register, &sketches.whole)?;
        for (host, invented, source) in invented::rewrite(&patterns, &register) {
            let mut places = rows(&invented_whole, &host, 0);
            places.retain(|row| row.brand == invented);
            for row in &mut places {
                (row.brand, row.invented) = (source, true);
            }
            if !places.is_empty() {
                all.deceiving.push(places);
            }
        }
        all.honest(material, &folded(&register)?, true);
        Ok(all)
    }

    fn honest(&mut self, material: &Material<'a>, folded: &[Detector], invented: bool) {
        let weight = if invented { INVENTED_HONEST } else { 1.0 };
        for (name, host) in material.popular.iter().enumerate() {
            if material.kept.contains(host) {
                continue;
            }
            let detector = &folded[sketches::fold_of(host)];
            self.honest.extend(rows(detector, host, name).into_iter().map(|row| Row { invented, weight, ..row }));
            // Few popular names have anything left of their domain, so some get another's name there.
            if name.is_multiple_of(3) && !host.starts_with("www.") {
                let left = host.split('.').next().unwrap_or(host);
                let host = format!("{left}.{}", borrowed(material, name));
                let weight = weight * BORROWED;
                self.honest.extend(rows(detector, &host, name).into_iter().map(|row| Row {
                    invented,
                    weight,
                    borrowed: true,
                    ..row
                }));
            }
        }
    }
}

/// Another popular name, or every fourth time a host where anyone may open a site.
fn borrowed<'a>(material: &Material<'a>, name: usize) -> &'a str {
    let place = name * 7919 + 13;
    if name.is_multiple_of(4) { layout::builder(place) } else { material.popular[place % material.popular.len()] }
}

fn detector(register: &Register, sketch: &Sketch, words: &Risks) -> Result<Detector, RegisterFault> {
    let learned = Learned {
        weights: vec![0.0; Signal::ALL.len()],
        sketch: sketch.clone(),
        words: words.clone(),
        ..Learned::default()
    };
    Detector::with(register.clone(), learned)
}

/// The plainest place of a brand in a name that deceived, to be rewritten for others.
fn pattern(detector: &Detector, host: &str, brand: &str) -> Option<Pattern> {
    let scene = Scene::host(host, host, false);
    let index = detector.register.brands.iter().position(|known| known.brand == brand)?;
    let mut sightings = detector.sightings(&scene);
    sightings.retain(|sighting| detector.known[sighting.known].brand == index);
    let plainest = sightings.iter().min_by_key(|sighting| sighting.laid.steps.len())?;
    invented::pattern(plainest, &scene, detector.known[plainest.known].letters.len(), index)
}

fn rows(detector: &Detector, written: &str, name: usize) -> Vec<Row> {
    let Ok(host) = host::parse(written) else { return seen_rows(detector, written, name) };
    if host.numeric || detector.owner(&host.ascii).is_some() {
        return Vec::new();
    }
    places(detector, &host.shown, &host.ascii, name)
}

/// Names that IDNA refuses are read as they would be seen.
fn seen_rows(detector: &Detector, written: &str, name: usize) -> Vec<Row> {
    places(detector, &host::as_seen(written), written, name)
}

fn places(detector: &Detector, shown: &str, ascii: &str, name: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for pairs in [false, true] {
        let scene = Scene::host(shown, ascii, pairs);
        if pairs && scene.text.letters.len() == scene.text.written.len() {
            break;
        }
        rows.extend(
            detector.sightings(&scene).into_iter().filter(|sighting| !pairs || reads_a_pair(sighting, &scene)).map(
                |sighting| Row {
                    brand: detector.known[sighting.known].brand,
                    invented: false,
                    borrowed: false,
                    name,
                    ending: scene.ending().to_owned(),
                    weight: 1.0,
                    words: sighting.rest.words,
                    values: sighting.values,
                },
            ),
        );
    }
    rows
}

/// A second reading only adds the places where a pair of letters is read as one.
fn reads_a_pair(sighting: &Sighting, scene: &Scene) -> bool {
    (sighting.laid.from..sighting.laid.to).any(|letter| scene.text.written_at(letter).len() > 1)
}
