//! The page with the figures.

use std::fmt::Write as _;

use super::likeness::{self, Caught};
use super::pace::Pace;
use super::{Figures, share};

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) unseen: Figures,
    pub(crate) shipped: Figures,
    pub(crate) baselines: Vec<(String, Option<Figures>)>,
    /// Alerts and reviews for a distinctive name, and over how many names.
    pub(crate) kriptomat: (usize, usize, usize),
    /// How many vectors there are, and those answered otherwise than expected.
    pub(crate) vectors: (usize, Vec<String>),
    pub(crate) pages: Vec<Caught>,
    pub(crate) pace: Pace,
}

const HEAD: &str = "# Look-alike names: how good, how fast

This page is written by

    cargo run --release -p lookalike --example lookalike -- \\
        judge --data FOLDER --write docs/lookalike.md

and the weights and tables it judges by

    cargo run --release -p lookalike --example lookalike -- \\
        learn --data FOLDER --write crates/lookalike/learned.bin

where FOLDER holds the evaluation data (its README names sources and licences; none of it is in this repository, and no
name in it is ever opened or resolved).

**Unseen** means that each of the brands is judged by weights, risky endings and risky words learned from the other
brands only, the detectors of all brands running side by side as one; the marks for alert and review are set on the
larger popular list (each brand again by weights that have not seen it), and the 150,000 popular names judged here are
not in that list. **Shipped** is the built-in file, which has seen all brands. The sketch of popular names has no part
in any brand. The lexicon of lure words and the made-up brands were written by hand with samples of the data in view,
and the allowance of false alarms behind the marks was chosen with these figures in view, so a little optimism remains.

";

/// Writes the page.
pub(crate) fn write(found: &Findings) -> String {
    let mut page = HEAD.to_owned();
    goals(&mut page, found);
    baselines(&mut page, found);
    groups(&mut page, found);
    pages(&mut page, found);
    page
}

fn percent(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

/// A count among popular names as a rate in a million, with the 95 % interval its smallness leaves open.
fn per_million(count: usize, of: usize) -> String {
    let rate = |count: f64| 1e6 * count / share(of, 1);
    let (low, high) = interval(share(count, 1));
    format!("{:.0} ({count} of {of}; 95 % interval {:.0} to {:.0})", rate(share(count, 1)), rate(low), rate(high))
}

/// The exact (Garwood) interval of a Poisson count.
fn interval(count: f64) -> (f64, f64) {
    // The chance of at most `count` events where `mean` are expected.
    let at_most = |count: f64, mean: f64| {
        let (mut term, mut sum, mut k) = ((-mean).exp(), (-mean).exp(), 0.0);
        while k < count {
            k += 1.0;
            term *= mean / k;
            sum += term;
        }
        sum
    };
    let solve = |holds: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (0.0, 10.0 * count + 20.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if holds(middle) { low = middle } else { high = middle }
        }
        low
    };
    let low = if count == 0.0 { 0.0 } else { solve(&|mean| 1.0 - at_most(count - 1.0, mean) < 0.025) };
    (low, solve(&|mean| at_most(count, mean) > 0.025))
}

fn goals(page: &mut String, found: &Findings) {
    let (unseen, shipped, measured) = (&found.unseen, &found.shipped, &found.pace);
    let technique =
        |of: &Figures, name: &str| of.techniques.get(name).map_or_else(|| "–".to_owned(), |&(_, _, all)| percent(all));
    let mut row = |what: &str, goal: &str, unseen: String, shipped: String| {
        let _ = writeln!(page, "| {what} | {goal} | {unseen} | {shipped} |");
    };
    row("figure", "goal", "unseen brands".into(), "shipped".into());
    row("---", "---", "---".into(), "---".into());
    let both = |figure: &dyn Fn(&Figures) -> String| (figure(unseen), figure(shipped));
    let mut line = |what: &str, goal: &str, figure: &dyn Fn(&Figures) -> String| {
        let (unseen, shipped) = both(figure);
        row(what, goal, unseen, shipped);
    };
    line("alert recall", "≥ 87 %", &|of| percent(of.alert));
    line("false alerts per million popular names", "≤ 30", &|of| per_million(of.false_alerts, of.negatives));
    line("alert + review recall", "≥ 95 %", &|of| percent(of.review));
    line("false alerts + reviews per million", "≤ 100", &|of| per_million(of.false_reviews, of.negatives));
    line("hard negatives alerted", "≤ 4 %", &|of| percent(of.hard_alerts));
    line("IDN, alert + review", "≥ 99 %", &|of| technique(of, "idn"));
    line("look-alike digits and letters, alert + review", "≥ 97 %", &|of| technique(of, "leet"));
    line("one edit, alert + review", "≥ 90 %", &|of| technique(of, "typo1"));
    line("official hosts recognised", "100 %", &|of| percent(of.official_recognised));
    line("official hosts flagged; phish called official", "0; 0", &|of| {
        format!("{}; {}", of.official_flagged, of.deceiving_official)
    });
    line("brand right", "≥ 99.5 %", &|of| percent(of.right_brand));
    line("reasons given", "100 %", &|of| percent(of.explained));
    let (vectors, failed) = &found.vectors;
    row("checker vectors", "63 / 63", String::new(), format!("{} / {vectors}", vectors - failed.len()));
    let (alerts, reviews, names) = found.kriptomat;
    row("`kriptomat`, alerts and reviews", "0; ≤ 2", format!("{alerts}; {reviews} of {names}"), "the same".into());
    row("names per CPU-second, all brands", "≥ 0.5 M", String::new(), format!("{:.2} M", measured.all_brands / 1e6));
    row("names per CPU-second, one brand", "≥ 1.5 M", String::new(), format!("{:.2} M", measured.one_brand / 1e6));
    let memory = measured
        .memory_mib
        .map_or_else(|| "not measured".to_owned(), |mib| format!("{mib:.0} MiB after {} MiB", measured.streamed_mib));
    row("memory, any length of input", "≤ 64 MB", String::new(), memory);
    let dnstwist =
        measured.dnstwist.map_or_else(|| "dnstwist not installed".to_owned(), |speed| format!("dnstwist {speed:.0}"));
    row(
        "candidates per CPU-second",
        "≥ 10 × dnstwist",
        String::new(),
        format!("{:.0} ({dnstwist})", measured.candidates),
    );
    let at = |of: &Figures| {
        of.at_budget
            .iter()
            .map(|(budget, recall)| format!("{budget}: {}", percent(*recall)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let _ = writeln!(
        page,
        "\nRecall where so many false alarms in a million are reached, whatever the marks: unseen {}; shipped {}.\n",
        at(unseen),
        at(shipped)
    );
}

fn baselines(page: &mut String, found: &Findings) {
    let _ = writeln!(
        page,
        "## What defenders use today, on the same names\n\n| rule | recall | false alarms per million | hard negatives |\n| --- | --- | --- | --- |"
    );
    let ours = [(
        "this crate, alert, unseen brands".to_owned(),
        Some((found.unseen.alert, found.unseen.false_alerts, found.unseen.negatives, found.unseen.hard_alerts)),
    )];
    let theirs = found.baselines.iter().map(|(name, of)| {
        (name.clone(), of.as_ref().map(|of| (of.alert, of.false_alerts, of.negatives, of.hard_alerts)))
    });
    for (name, figures) in ours.into_iter().chain(theirs) {
        let _ = match figures {
            Some((recall, raised, of, hard)) => {
                writeln!(page, "| {name} | {} | {:.0} | {} |", percent(recall), 1e6 * share(raised, of), percent(hard))
            }
            None => writeln!(page, "| {name} | not installed | | |"),
        };
    }
}

fn groups(page: &mut String, found: &Findings) {
    for (title, unseen, shipped) in [
        ("technique", &found.unseen.techniques, &found.shipped.techniques),
        ("brand", &found.unseen.brands, &found.shipped.brands),
    ] {
        let _ = writeln!(
            page,
            "\n## By {title}\n\n| {title} | names | unseen: alert | + review | shipped: alert | + review |\n| --- | --- | --- | --- | --- | --- |"
        );
        for (name, &(count, alert, all)) in unseen {
            let (_, shipped_alert, shipped_all) = shipped.get(name).copied().unwrap_or_default();
            let _ = writeln!(
                page,
                "| {name} | {count} | {} | {} | {} | {} |",
                percent(alert),
                percent(all),
                percent(shipped_alert),
                percent(shipped_all)
            );
        }
    }
}

fn pages(page: &mut String, found: &Findings) {
    let (count, mutations) = likeness::sizes();
    let _ = writeln!(
        page,
        "\n## Page likeness\n\n{count} pages of our own, {} mutations of each; no page may be taken for another. Goal: at least 94 % caught.\n\n| tool | caught | {} | mark |\n| --- | --- | {} --- |",
        mutations.len(),
        mutations.join(" | "),
        "--- | ".repeat(mutations.len())
    );
    for caught in &found.pages {
        let _ = match &caught.by_mutation {
            Some(by) => {
                let all = percent(share(by.iter().sum(), count * mutations.len()));
                let each = by.iter().map(|caught| format!("{caught} of {count}")).collect::<Vec<_>>().join(" | ");
                writeln!(page, "| {} | {all} | {each} | {} |", caught.name, caught.mark)
            }
            None => writeln!(page, "| {} | not installed | {} |", caught.name, " | ".repeat(mutations.len())),
        };
    }
}
