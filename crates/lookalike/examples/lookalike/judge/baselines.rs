//! What defenders use today, judged on the same names.

use std::collections::HashSet;
use std::process::Command;

use lookalike::Verdict;

use super::{Figures, Said, figures};
use crate::data::Data;

/// All baselines that can be run here, by name.
pub(crate) fn all(data: &Data) -> Vec<(String, Option<Figures>)> {
    let mut found = vec![
        (
            "contains the brand, or one edit away (openSquat's rule)".to_owned(),
            figures(data, |host| opensquat(data, host), None).ok(),
        ),
        (
            "registered label within two edits of the brand".to_owned(),
            figures(data, |host| near(data, host), None).ok(),
        ),
        ("contains the brand, nothing else".to_owned(), figures(data, |host| contains(data, host), None).ok()),
    ];
    let listed = dnstwist(data);
    let judged = listed.map(|listed| figures(data, |host| said(listed.contains(host).then(String::new)), None).ok());
    found.push(("dnstwist's list of permutations".to_owned(), judged.flatten()));
    found
}

fn said(brand: Option<String>) -> Said {
    let verdict = if brand.is_some() { Verdict::Alert } else { Verdict::Clear };
    Said { verdict, brand, score: if verdict == Verdict::Alert { 1.0 } else { 0.0 }, explained: false }
}

/// Labels of a host without its last; official hosts are left alone, as the real tools are told to.
fn labels<'a>(data: &Data, host: &'a str) -> Vec<&'a str> {
    let official = data.register.brands.iter().flat_map(|brand| &brand.official);
    if official.into_iter().any(|domain| host == domain || host.ends_with(&format!(".{domain}"))) {
        return Vec::new();
    }
    let mut labels: Vec<&str> = host.split('.').collect();
    labels.pop();
    labels
}

fn opensquat(data: &Data, host: &str) -> Said {
    let labels = labels(data, host);
    let hit = data.register.brands.iter().find(|brand| {
        labels
            .iter()
            .any(|label| label.contains(&brand.brand) || label.split('-').any(|word| distance(word, &brand.brand) <= 1))
    });
    said(hit.map(|brand| brand.brand.clone()))
}

fn contains(data: &Data, host: &str) -> Said {
    let labels = labels(data, host);
    let hit = data.register.brands.iter().find(|brand| labels.iter().any(|label| label.contains(&brand.brand)));
    said(hit.map(|brand| brand.brand.clone()))
}

fn near(data: &Data, host: &str) -> Said {
    let labels = labels(data, host);
    let hit =
        data.register.brands.iter().find(|brand| labels.last().is_some_and(|label| distance(label, &brand.brand) <= 2));
    said(hit.map(|brand| brand.brand.clone()))
}

/// Levenshtein's distance.
fn distance(one: &str, other: &str) -> usize {
    if one.len().abs_diff(other.len()) > 2 {
        return 3;
    }
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

/// Every permutation dnstwist makes for the official domains, when it is installed. It only makes names here: its
/// list format resolves nothing.
fn dnstwist(data: &Data) -> Option<HashSet<String>> {
    let mut names = HashSet::new();
    for domain in data.register.brands.iter().flat_map(|brand| &brand.official) {
        let made = Command::new("dnstwist").args(["--format", "list", domain]).output().ok()?;
        names.extend(String::from_utf8_lossy(&made.stdout).lines().map(str::to_owned));
    }
    for domain in data.register.brands.iter().flat_map(|brand| &brand.official) {
        names.remove(domain);
    }
    Some(names)
}
