//! `judge`: the figures of the current build, beside what defenders use today.
//!
//! Every brand is judged by weights learned from the others, so the figures speak for brands nobody has trained on.

mod baselines;
mod likeness;
mod pace;
mod page;
#[path = "../../tests/vectors_set/mod.rs"]
mod vectors_set;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use lookalike::{Brand, Detector, Learned, Register, Verdict, learn};

use crate::data::{Data, Positive};

/// What one judge says of one name.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) verdict: Verdict,
    pub(crate) brand: Option<String>,
    pub(crate) score: f32,
    pub(crate) explained: bool,
}

/// The figures of one detector.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) alert: f64,
    pub(crate) review: f64,
    pub(crate) false_alerts: usize,
    pub(crate) false_reviews: usize,
    pub(crate) negatives: usize,
    pub(crate) hard_alerts: f64,
    pub(crate) techniques: BTreeMap<String, (usize, f64, f64)>,
    pub(crate) brands: BTreeMap<String, (usize, f64, f64)>,
    pub(crate) official_recognised: f64,
    pub(crate) official_flagged: usize,
    pub(crate) deceiving_official: usize,
    pub(crate) right_brand: f64,
    pub(crate) explained: f64,
    /// Recall where so many false alarms in a million are reached, whatever the marks.
    pub(crate) at_budget: Vec<(usize, f64)>,
}

/// Judges and writes the page.
pub(crate) fn run(folder: &Path, write: Option<&Path>, misses: Option<&Path>) -> Result<()> {
    let data = Data::read(folder)?;
    let lessons = learn::learn(&data.material(), |doing| eprintln!("{doing}"))?;
    let alone = data.register.brands.iter().zip(lessons.without);
    let unseen: Vec<Detector> = alone.map(|(brand, learned)| one_brand(brand, learned)).collect::<Result<_, _>>()?;
    let shipped = Detector::new(data.register.clone())?;
    eprintln!("judging");
    let unseen_figures = figures(&data, |host| strongest(&unseen, host), misses)?;
    let shipped_figures = figures(&data, |host| said(&shipped, host), None)?;
    let kriptomat = Detector::new(Register { brands: vec![Brand::new("kriptomat", "kriptomat.io")] })?;
    let text = page::write(&page::Findings {
        unseen: unseen_figures,
        shipped: shipped_figures,
        baselines: baselines::all(&data),
        kriptomat: alarms(&kriptomat, &data),
        vectors: vectors_set::judge(folder)?,
        pages: likeness::all(),
        pace: pace::measure(&data, &shipped, &kriptomat)?,
    });
    let Some(path) = write else {
        print!("{text}");
        return Ok(());
    };
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn one_brand(brand: &Brand, learned: Learned) -> Result<Detector, lookalike::RegisterFault> {
    Detector::with(Register { brands: vec![brand.clone()] }, learned)
}

fn said(detector: &Detector, host: &str) -> Said {
    let answer = detector.check(host);
    Said {
        verdict: answer.verdict,
        brand: answer.brand.map(str::to_owned),
        score: answer.score,
        explained: !answer.reasons.is_empty(),
    }
}

/// What the brands' detectors say together: official if one says so, else what the strongest says.
fn strongest(detectors: &[Detector], host: &str) -> Said {
    let all = detectors.iter().map(|detector| said(detector, host));
    let rank = |said: &Said| (said.verdict == Verdict::Official, said.score);
    all.max_by(|one, other| rank(one).partial_cmp(&rank(other)).unwrap_or(std::cmp::Ordering::Equal)).unwrap_or(Said {
        verdict: Verdict::Clear,
        brand: None,
        score: 0.0,
        explained: false,
    })
}

fn alarms(detector: &Detector, data: &Data) -> (usize, usize, usize) {
    let names: Vec<&str> = data.popular().into_iter().chain(data.negatives()).chain(data.hard()).collect();
    let count = |verdict| names.iter().filter(|name| detector.check(name).verdict == verdict).count();
    (count(Verdict::Alert), count(Verdict::Review), names.len())
}

pub(crate) fn flagged(said: &Said) -> bool {
    matches!(said.verdict, Verdict::Alert | Verdict::Review)
}

pub(crate) fn share(count: usize, of: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / f64::from(u32::try_from(of.max(1)).unwrap_or(u32::MAX))
}

/// Judges one detector on all the data.
pub(crate) fn figures(data: &Data, judge: impl Fn(&str) -> Said, misses: Option<&Path>) -> Result<Figures> {
    let positives = data.positives();
    let said: Vec<Said> = positives.iter().map(|positive| judge(positive.host)).collect();
    let negatives = data.negatives();
    let honest: Vec<Said> = negatives.iter().map(|host| judge(host)).collect();
    let hard: Vec<Said> = data.hard().iter().map(|host| judge(host)).collect();
    let official: Vec<Said> = data.official().iter().map(|host| judge(host)).collect();
    let alerts = |of: &[Said]| of.iter().filter(|said| said.verdict == Verdict::Alert).count();
    let all = |of: &[Said]| of.iter().filter(|said| flagged(said)).count();
    let hits: Vec<(&Positive<'_>, &Said)> = positives.iter().zip(&said).filter(|(_, said)| flagged(said)).collect();
    if let Some(path) = misses {
        let missing = positives.iter().zip(&said).filter(|(_, said)| said.verdict != Verdict::Alert);
        let missing = missing.map(|(positive, said)| {
            format!("missed\t{}\t{}\t{}\t{:.3}", said.verdict.word(), positive.brand, positive.host, said.score)
        });
        let raised = negatives.iter().zip(&honest).filter(|(_, said)| flagged(said));
        let raised = raised.map(|(host, said)| {
            format!(
                "raised\t{}\t{}\t{host}\t{:.3}",
                said.verdict.word(),
                said.brand.as_deref().unwrap_or(""),
                said.score
            )
        });
        std::fs::write(path, missing.chain(raised).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(Figures {
        alert: share(alerts(&said), said.len()),
        review: share(all(&said), said.len()),
        false_alerts: alerts(&honest),
        false_reviews: all(&honest),
        negatives: honest.len(),
        hard_alerts: share(alerts(&hard), hard.len()),
        techniques: by(&positives, &said, |positive| positive.technique),
        brands: by(&positives, &said, |positive| positive.brand),
        official_recognised: share(
            official.iter().filter(|said| said.verdict == Verdict::Official).count(),
            official.len(),
        ),
        official_flagged: all(&official),
        deceiving_official: said.iter().filter(|said| said.verdict == Verdict::Official).count(),
        right_brand: share(
            hits.iter().filter(|(positive, said)| said.brand.as_deref() == Some(positive.brand)).count(),
            hits.len(),
        ),
        explained: share(hits.iter().filter(|(_, said)| said.explained).count(), hits.len()),
        at_budget: at_budgets(&said, &honest),
    })
}

fn by(
    positives: &[Positive<'_>],
    said: &[Said],
    key: impl for<'a> Fn(&'a Positive<'a>) -> &'a str,
) -> BTreeMap<String, (usize, f64, f64)> {
    let mut groups: BTreeMap<String, Vec<&Said>> = BTreeMap::new();
    for (positive, said) in positives.iter().zip(said) {
        groups.entry(key(positive).to_owned()).or_default().push(said);
    }
    let figures = |group: Vec<&Said>| {
        let alerts = group.iter().filter(|said| said.verdict == Verdict::Alert).count();
        let all = group.iter().filter(|said| flagged(said)).count();
        (group.len(), share(alerts, group.len()), share(all, group.len()))
    };
    groups.into_iter().map(|(name, group)| (name, figures(group))).collect()
}

fn at_budgets(said: &[Said], honest: &[Said]) -> Vec<(usize, f64)> {
    let mut scores: Vec<f32> =
        honest.iter().filter(|said| said.verdict != Verdict::Official).map(|said| said.score).collect();
    scores.sort_by(|one, other| other.total_cmp(one));
    let recall = |per_million: usize| {
        let mark = scores.get(per_million * honest.len() / 1_000_000).copied().unwrap_or(0.0);
        share(said.iter().filter(|said| said.score > mark).count(), said.len())
    };
    [10, 30, 100, 300].map(|per_million| (per_million, recall(per_million))).to_vec()
}
