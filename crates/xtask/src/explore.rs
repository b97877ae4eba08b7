//! `cargo xtask explore`: the state model plays random histories.

use std::process::ExitCode;

use anyhow::Result;

use crate::child;
use crate::workspace::cargo;

/// Builds the model, which is optimised in every profile, and lets it explore.
pub(crate) fn run(numbers: &[&str]) -> Result<ExitCode> {
    child::run(cargo().args(["run", "--quiet", "--package", "model", "--"]).args(numbers))?;
    Ok(ExitCode::SUCCESS)
}
