//! Learning the weights, the risky endings and the sketch from data that somebody hands over as text.
//!
//! Every brand can be left out in turn, so that a brand is only ever judged by weights that have not seen it.

mod invented;
mod regression;
mod rows;
mod sketches;

use std::collections::{HashMap, HashSet};

use crate::learned::Learned;
use crate::register::{Register, RegisterFault};
use crate::signals::{Signal, Values};
use crate::words::{Rest, Risks};
use rows::{Row, Rows};

/// What is learned from.
#[derive(Debug, Clone)]
pub struct Material<'a> {
    /// The brands that the deceiving names imitate.
    pub register: Register,
    /// Hosts that deceived, each with the brand it imitated.
    pub deceiving: Vec<(&'a str, &'a str)>,
    /// Popular honest hosts.
    pub popular: Vec<&'a str>,
    /// Hosts kept for judging: their rows are not learned from.
    pub kept: HashSet<&'a str>,
    /// False alarms allowed in a million popular names: alerts, then alerts and reviews together.
    pub alarms_per_million: (f64, f64),
    /// Lines for the file saying where the data came from.
    pub provenance: String,
}

/// Weights learned without each brand in turn, and from all.
#[derive(Debug)]
pub struct Lessons {
    /// Learned from all brands: what is shipped.
    pub all: Learned,
    /// For each brand of the register, in its order: learned from the others.
    pub without: Vec<Learned>,
}

/// Learns everything from the material.
pub fn learn(material: &Material<'_>, mut told: impl FnMut(&str)) -> Result<Lessons, RegisterFault> {
    told("counting pieces of popular names");
    let folds = sketches::count(&material.popular);
    told("measuring names");
    let words = vocabulary(material);
    let rows = Rows::measure(material, &folds, &words)?;
    told(&format!("{} deceiving and {} honest places measured", rows.deceiving.len(), rows.honest.len()));
    let brands = material.register.brands.len();
    let mut without: Vec<Learned> = Vec::new();
    for brand in 0..brands {
        told(&format!("learning without {}", material.register.brands[brand].brand));
        without.push(fit(material, &rows, Some(brand)));
    }
    told("learning from all brands");
    let mut all = fit(material, &rows, None);
    // A brand's own weights never saw it, so the popular names it would raise alarms for are honest judges of a mark.
    let (alert, review) = marks(material, &rows, |row| &without[row.brand]);
    for learned in without.iter_mut().chain([&mut all]) {
        (learned.alert, learned.review) = (alert, review);
        learned.sketch = folds.whole.clone();
        learned.provenance.clone_from(&material.provenance);
    }
    Ok(Lessons { all, without })
}

fn fit(material: &Material<'_>, rows: &Rows, left_out: Option<usize>) -> Learned {
    let keep = |row: &&Row| row.invented || Some(row.brand) != left_out;
    let suffixes = suffix_risks(material, rows, left_out);
    let words = word_risks(rows, left_out);
    let learned = Learned { suffixes, words, ..Learned::default() };
    let prepared = |row: &Row| prepared(row, &learned);
    let honest: Vec<_> = rows.honest.iter().filter(keep).map(|row| (row.weight, prepared(row))).collect();
    let deceiving: Vec<Vec<_>> = rows
        .deceiving
        .iter()
        .filter(|places| Some(places[0].brand) != left_out)
        .map(|places| places.iter().map(prepared).collect())
        .collect();
    let weights = regression::fit(&deceiving, &honest);
    Learned { weights, ..learned }
}

/// The values of a row with the risks that these lessons know.
fn prepared(row: &Row, learned: &Learned) -> Values {
    let mut values = row.values;
    let (worry, relief) = Rest::risk(&row.words, &learned.words);
    values[Signal::SuffixRisk as usize] = learned.suffix_risk(&row.ending);
    values[Signal::WordsWorry as usize] = worry.min(6.0);
    values[Signal::WordsRelief as usize] = relief.min(6.0);
    values
}

/// Words that stand apart in deceiving names of three brands or more.
fn vocabulary(material: &Material<'_>) -> Risks {
    let mut brands: HashMap<&str, HashSet<&str>> = HashMap::new();
    for &(host, brand) in &material.deceiving {
        for word in host.split(['.', '-', '_']) {
            if (3..=14).contains(&word.len())
                && word.bytes().all(|byte| byte.is_ascii_lowercase())
                && !word.contains(brand)
            {
                brands.entry(word).or_default().insert(brand);
            }
        }
    }
    brands.into_iter().filter(|(_, brands)| brands.len() >= 3).map(|(word, _)| (word.to_owned(), 0.0)).collect()
}

/// How much more often each word stands beside a brand in deceiving than in honest names.
fn word_risks(rows: &Rows, left_out: Option<usize>) -> Risks {
    let mut counts: HashMap<&str, (f64, f64)> = HashMap::new();
    let (mut deceiving, mut honest) = (0.0, 0.0);
    for row in rows.deceiving.iter().map(|places| &places[0]).filter(|row| Some(row.brand) != left_out && !row.invented)
    {
        deceiving += 1.0;
        for word in row.words.iter().collect::<HashSet<_>>() {
            counts.entry(word).or_default().0 += 1.0;
        }
    }
    for row in rows.honest.iter().filter(|row| (row.invented || Some(row.brand) != left_out) && !row.borrowed) {
        honest += 1.0;
        for word in row.words.iter().collect::<HashSet<_>>() {
            counts.entry(word).or_default().1 += 1.0;
        }
    }
    let risk = |(bad, good): (f64, f64)| {
        let expected = good / honest * deceiving;
        #[expect(clippy::cast_possible_truncation, reason = "a logarithm between -2 and 4")]
        let risk = ((bad + 2.0) / (expected + 2.0)).ln().clamp(-2.0, 4.0) as f32;
        risk
    };
    counts.into_iter().map(|(word, count)| (word.to_owned(), risk(count))).collect()
}

/// How much more often an ending is seen among deceiving than among popular names, as a logarithm drawn towards none.
fn suffix_risks(material: &Material<'_>, rows: &Rows, left_out: Option<usize>) -> HashMap<String, f32> {
    let mut deceiving: HashMap<&str, HashSet<(usize, &str)>> = HashMap::new();
    let mut total = 0;
    for (places, &(host, _)) in rows.deceiving.iter().zip(&rows.deceiving_hosts) {
        if Some(places[0].brand) != left_out {
            // A brand counts once for each ending and registered name, so that one gang's habit is not a law.
            deceiving.entry(&places[0].ending).or_default().insert((places[0].brand, host));
            total += 1;
        }
    }
    let mut popular: HashMap<&str, usize> = HashMap::new();
    for host in &material.popular {
        *popular.entry(host.rsplit('.').next().unwrap_or("")).or_default() += 1;
    }
    let share = |count: usize, of: usize| (precise(count) + 0.0) / precise(of.max(1));
    let all = material.popular.len();
    let mut risks = HashMap::new();
    for ending in deceiving.keys().chain(popular.keys()).copied().collect::<HashSet<_>>() {
        let seen = deceiving.get(ending).map_or(0, HashSet::len);
        let known = popular.get(ending).copied().unwrap_or(0);
        // Twenty imagined names on each side hold rare endings near the middle.
        let expected = share(known, all) * precise(total);
        let risk = ((precise(seen) + 5.0) / (expected + 5.0)).ln().clamp(-3.0, 3.0);
        if risk.abs() >= 0.2 {
            #[expect(clippy::cast_possible_truncation, reason = "a logarithm between -3 and 3")]
            risks.insert(ending.to_owned(), risk as f32);
        }
    }
    risks
}

/// The sums from which popular names would raise no more than the allowed alarms.
fn marks<'a>(material: &Material<'_>, rows: &Rows, learned: impl Fn(&Row) -> &'a Learned) -> (f32, f32) {
    let mut strongest: HashMap<usize, f32> = HashMap::new();
    for row in rows.honest.iter().filter(|row| !row.invented && !row.borrowed) {
        let learned = learned(row);
        let sum = learned.sum(&prepared(row, learned));
        let best = strongest.entry(row.name).or_insert(sum);
        *best = best.max(sum);
    }
    let mut sums: Vec<f32> = strongest.into_values().collect();
    sums.sort_by(|one, other| other.total_cmp(one));
    let at = |per_million: f64| {
        let allowed = precise(material.popular.len()) * per_million / 1e6;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive count")]
        let index = allowed as usize;
        sums.get(index).map_or(0.0, |sum| sum + 1e-4)
    };
    (at(material.alarms_per_million.0), at(material.alarms_per_million.1))
}

#[expect(clippy::cast_precision_loss, reason = "counts of names are far below 2^52")]
pub(crate) fn precise(count: usize) -> f64 {
    count as f64
}
