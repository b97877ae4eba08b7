//! The page about performance, written from the figures of one run.

use std::fmt::Write as _;
use std::process::Command;

use crate::sheet::{Sheet, Spread};

/// One line of the page: what was measured, beside what, and what we want of it.
pub(crate) struct Line {
    pub(crate) what: &'static str,
    pub(crate) unit: Unit,
    pub(crate) ours: &'static str,
    pub(crate) limit: Option<(&'static str, &'static str)>,
    pub(crate) goal: Goal,
}

/// How a figure is written.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    PerSecond,
    Milliseconds,
    Mebibytes,
    Megabytes,
    Seconds,
    Times,
}

/// What we want of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// No goal: for orientation.
    Told,
    AtLeast(f64),
    AtMost(f64),
    /// Of ours divided by its limit.
    RatioAtLeast(f64),
    RatioAtMost(f64),
}

/// The whole page.
pub(crate) fn page(sheet: &Sheet, lines: &[Line], repetitions: u32, notes: &[&str]) -> String {
    let mut page = format!(
        "# Performance\n\n\
         Written by `cargo xtask bench` from one run; do not edit. {machine}\n\n\
         Every figure is the median of {repetitions} repetitions, the least and the most in brackets. What is compared was \
         measured in turns, and a ratio is taken within each repetition before its median, so that a slow moment of the \
         machine weighs on both. The load comes from the same machine and takes its share of the cores. An answer other \
         than 2xx ends the run, so no figure counts one.\n\n\
         | what | ours | limit | ours ÷ limit | goal | met |\n|---|---|---|---|---|---|\n",
        machine = machine(),
    );
    for line in lines {
        write_line(&mut page, sheet, line);
    }
    if !notes.is_empty() {
        page.push_str("\n## How it was measured\n\n");
        for note in notes {
            let _ = writeln!(page, "- {note}");
        }
    }
    page
}

fn write_line(page: &mut String, sheet: &Sheet, line: &Line) {
    let Some(ours) = sheet.spread(line.ours) else {
        let _ = writeln!(page, "| {} | not measured in this run | | | {} | |", line.what, goal(line.goal, line.unit));
        return;
    };
    let limit = line.limit.and_then(|(name, words)| Some((sheet.spread(name)?, sheet.ratio(line.ours, name)?, words)));
    let ratio = limit.map(|(_, ratio, _)| ratio.median);
    let met = match line.goal {
        Goal::Told => None,
        Goal::AtLeast(least) => Some(ours.median >= least),
        Goal::AtMost(most) => Some(ours.median <= most),
        Goal::RatioAtLeast(least) => ratio.map(|ratio| ratio >= least),
        Goal::RatioAtMost(most) => ratio.map(|ratio| ratio <= most),
    };
    let met = met.map_or("", |met| if met { "yes" } else { "**no**" });
    let (limit, ratio) = limit.map_or((String::new(), String::new()), |(limit, ratio, words)| {
        (
            format!("{} ({words})", figure(limit, line.unit)),
            format!("{:.2} ({:.2}–{:.2})", ratio.median, ratio.least, ratio.most),
        )
    });
    let (ours, goal) = (figure(ours, line.unit), goal(line.goal, line.unit));
    let _ = writeln!(page, "| {} | {ours} | {limit} | {ratio} | {goal} | {met} |", line.what);
}

fn figure(spread: Spread, unit: Unit) -> String {
    let Spread { least, median, most } = spread;
    format!("{} ({}–{})", with_unit(median, unit), number(least), number(most))
}

fn with_unit(figure: f64, unit: Unit) -> String {
    let number = number(figure);
    match unit {
        Unit::PerSecond => format!("{number}/s"),
        Unit::Milliseconds => format!("{number} ms"),
        Unit::Mebibytes => format!("{number} MiB"),
        Unit::Megabytes => format!("{number} MB"),
        Unit::Seconds => format!("{number} s"),
        Unit::Times => number,
    }
}

/// Three digits that say something; more would only be noise.
fn number(figure: f64) -> String {
    match figure.abs() {
        size if size >= 10_000.0 => format!("{:.1} k", figure / 1000.0),
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        size if size >= 0.1 => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

fn goal(goal: Goal, unit: Unit) -> String {
    match goal {
        Goal::Told => String::new(),
        Goal::AtLeast(least) => format!("≥ {}", with_unit(least, unit)),
        Goal::AtMost(most) => format!("≤ {}", with_unit(most, unit)),
        Goal::RatioAtLeast(least) => format!("≥ {least} × limit"),
        Goal::RatioAtMost(most) => format!("≤ {most} × limit"),
    }
}

/// The machine, the build and the day, as far as they can be told.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown", |(_, name)| name.trim());
    let commit = said("git", &["rev-parse", "--short", "HEAD"]);
    let day = said("date", &["-u", "+%-d %B %Y"]);
    format!(
        "{day}, commit {commit}, `dist` profile, {cores} cores ({model}), shared with other work: read the figures as ratios."
    )
}

fn said(program: &str, words: &[&str]) -> String {
    let said = Command::new(program).args(words).output();
    said.map_or_else(|_| "unknown".to_owned(), |said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(figures: &[(&'static str, f64)], line: &Line) -> String {
        let mut sheet = Sheet::default();
        for (name, figure) in figures {
            sheet.note(name, *figure);
        }
        let mut page = String::new();
        write_line(&mut page, &sheet, line);
        page
    }

    #[test]
    fn a_goal_is_met_or_not_by_the_ratio() {
        let line = Line {
            what: "sign-ins",
            unit: Unit::PerSecond,
            ours: "ours",
            limit: Some(("limit", "raw")),
            goal: Goal::RatioAtLeast(0.9),
        };
        assert!(row(&[("ours", 95.0), ("limit", 100.0)], &line).ends_with("| ≥ 0.9 × limit | yes |\n"));
        assert!(row(&[("ours", 85.0), ("limit", 100.0)], &line).ends_with("| ≥ 0.9 × limit | **no** |\n"));
    }

    #[test]
    fn what_was_not_measured_is_said_and_never_met() {
        let line =
            Line { what: "binary", unit: Unit::Megabytes, ours: "binary", limit: None, goal: Goal::AtMost(40.0) };
        assert_eq!(row(&[], &line), "| binary | not measured in this run | | | ≤ 40.0 MB | |\n");
    }
}
