//! Copies of pages: how many are caught at no false match, beside ssdeep and TLSH.

#[path = "../../../tests/pages_set/mod.rs"]
mod pages_set;

use std::collections::HashMap;
use std::process::Command;

use lookalike::pages::{OurPages, Page};
use pages_set::{MUTATIONS, PAGES};

/// How many copies of each kind were caught.
#[derive(Debug)]
pub(crate) struct Caught {
    pub(crate) name: &'static str,
    /// For each mutation; nothing when the tool is not installed.
    pub(crate) by_mutation: Option<Vec<usize>>,
    /// How the mark was set.
    pub(crate) mark: &'static str,
}

/// Pages, and what is done to each.
pub(crate) fn sizes() -> (usize, Vec<&'static str>) {
    (PAGES.len(), MUTATIONS.iter().map(|(name, _)| *name).collect())
}

/// Runs all three on the same pages.
pub(crate) fn all() -> Vec<Caught> {
    let best = "the best mark without a false match on these pages";
    vec![
        Caught {
            name: "this crate",
            by_mutation: Some(ours()),
            mark: "its built-in mark; false matches are counted as misses of all",
        },
        Caught { name: "TLSH", by_mutation: Some(at_best_mark(&tlsh())), mark: best },
        Caught { name: "ssdeep", by_mutation: ssdeep().map(|scores| at_best_mark(&scores)), mark: best },
    ]
}

/// Likeness of page `original` to the copy that `mutation` made of page `of`.
type Scores = HashMap<(usize, usize, usize), f64>;

fn copies() -> impl Iterator<Item = (usize, usize, String)> {
    PAGES.iter().enumerate().flat_map(|(page, (_, text))| {
        MUTATIONS.iter().enumerate().map(move |(mutation, (_, mutate))| (page, mutation, mutate(text)))
    })
}

fn ours() -> Vec<usize> {
    let pages = OurPages::new(PAGES.iter().map(|(_, text)| Page::read([text])).collect());
    let mut caught = vec![0; MUTATIONS.len()];
    for (page, mutation, copy) in copies() {
        let copy = Page::read([copy]);
        let taken = |index: usize| pages.contained(index, &copy).is_some_and(|likeness| likeness.copy());
        if (0..PAGES.len()).any(|other| other != page && taken(other)) {
            return vec![0; MUTATIONS.len()];
        }
        caught[mutation] += usize::from(taken(page));
    }
    caught
}

/// Catches at the highest score that any false match has, and not above.
fn at_best_mark(scores: &Scores) -> Vec<usize> {
    let wrong = scores.iter().filter(|((original, of, _), _)| original != of).map(|(_, &score)| score);
    let mark = wrong.fold(f64::MIN, f64::max).max(0.0);
    let right = |mutation: usize| {
        scores
            .iter()
            .filter(|((original, of, how), score)| original == of && *how == mutation && **score > mark)
            .count()
    };
    (0..MUTATIONS.len()).map(right).collect()
}

fn tlsh() -> Scores {
    let digest = |text: &str| tlsh2::TlshDefaultBuilder::build_from(text.as_bytes());
    let pages: Vec<_> = PAGES.iter().map(|(_, text)| digest(text)).collect();
    let mut scores = Scores::new();
    for (of, mutation, copy) in copies() {
        let copy = digest(&copy);
        for (original, page) in pages.iter().enumerate() {
            if let (Some(page), Some(copy)) = (page, &copy) {
                // TLSH measures distance.
                scores.insert((original, of, mutation), 10_000.0 - f64::from(page.diff(copy, true)));
            }
        }
    }
    scores
}

/// The scores of Debian's ssdeep, when it is installed.
fn ssdeep() -> Option<Scores> {
    let folder = std::env::temp_dir().join(format!("lookalike-pages-{}", std::process::id()));
    std::fs::create_dir_all(&folder).ok()?;
    let mut files = Vec::new();
    let mut write = |name: String, text: &str| {
        files.push(folder.join(&name));
        std::fs::write(folder.join(name), text)
    };
    for (page, (_, text)) in PAGES.iter().enumerate() {
        write(format!("original_{page}"), text).ok()?;
    }
    for (page, mutation, copy) in copies() {
        write(format!("copy_{page}_{mutation}"), &copy).ok()?;
    }
    let run = Command::new("ssdeep").args(["-d", "-b", "-c", "-s"]).args(&files).output();
    let _ = std::fs::remove_dir_all(&folder);
    let listed = String::from_utf8_lossy(&run.ok()?.stdout).into_owned();
    let mut scores = Scores::new();
    for line in listed.lines() {
        let fields: Vec<&str> = line.split(',').map(|field| field.trim_matches('"')).collect();
        let [one, other, score] = fields[..] else { continue };
        let (original, copy) = if one.starts_with("original") { (one, other) } else { (other, one) };
        let numbers = |name: &str| name.split('_').skip(1).filter_map(|part| part.parse().ok()).collect::<Vec<usize>>();
        if let ([original], [of, mutation]) = (&numbers(original)[..], &numbers(copy)[..]) {
            scores.insert((*original, *of, *mutation), score.parse().unwrap_or(0.0));
        }
    }
    Some(scores)
}
