//! `cargo xtask soak`: many events, random kills, and a count of what was lost, invented or sent twice.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::child;
use crate::workspace::cargo;

/// What the test reads its size from.
const SIZE_VARIABLE: &str = "COUNTERSIGN_SOAK";

/// Runs the soak of the fault tests, built as for shipping, with so many events and kills; a million and a hundred unless
/// told otherwise.
pub(crate) fn run(numbers: &[&str]) -> Result<ExitCode> {
    let number = |at: usize, default: u64| -> Result<u64> {
        numbers.get(at).map_or(Ok(default), |text| text.parse().with_context(|| format!("{text} is no number")))
    };
    let (events, kills, seed) = (number(0, 1_000_000)?, number(1, 100)?, number(2, 2026)?);
    let mut test = cargo();
    test.args(["test", "--release", "--package", "testkit", "--test", "faults", "soak::", "--", "--nocapture"]);
    test.env(SIZE_VARIABLE, format!("{events} {kills} {seed}"));
    Ok(if child::finish(&mut test)?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
