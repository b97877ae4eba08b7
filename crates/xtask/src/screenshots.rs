//! `cargo xtask screenshots`: a picture of every page, for people to look at.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::browser::{self, Demo};
use crate::child;
use crate::machine::{self, Tool};
use crate::scratch::Scratch;
use crate::workspace::{self, cargo};

/// Replaces the pictures in target/screenshots.
pub(crate) fn run() -> Result<ExitCode> {
    let missing = machine::provide(&Tool::FOR_BROWSER);
    if !missing.is_empty() {
        bail!("to take pictures, {}", machine::how_to_install(&missing));
    }
    child::run(cargo().args(["build", "--package", "countersign"]))?;
    browser::install_packages()?;
    let scratch = Scratch::new()?;
    let demo = Demo::start(scratch.path())?;
    let into = workspace::root().join("target/screenshots");
    browser::screenshots(&demo, &into)?;
    println!("The pictures are in {}.", into.display());
    Ok(ExitCode::SUCCESS)
}
