//! `cargo xtask bench`: this build beside the limits of this machine.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::child;
use crate::machine::{self, Tool};
use crate::postgres::{self, Commits, Postgres};
use crate::scratch::Scratch;
use crate::workspace::{cargo, root};

/// How much to measure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything, five times, into docs/performance.md.
    Whole,
    /// Whether everything runs, in a minute; no figure is kept.
    Small,
}

/// Builds as for shipping, then measures.
pub(crate) fn run(extent: Extent) -> Result<ExitCode> {
    let missing = machine::provide(&[Tool::PostgreSql]);
    if !missing.is_empty() {
        bail!("to measure both databases, {}", machine::how_to_install(&missing));
    }
    child::run(cargo().args(["build", "--profile", "dist", "--package", "bench", "--package", "countersign"]))?;
    let scratch = Scratch::new()?;
    let Some(bin) = Tool::PostgreSql.find() else { bail!("PostgreSQL is not on this machine") };
    let postgres = Postgres::start(&bin, scratch.path(), Commits::Synced)?;
    let mut bench = Command::new(root().join("target/dist/bench"));
    bench.env(postgres::URL_VARIABLE, &postgres.url);
    match extent {
        Extent::Whole => bench.arg("--write").arg(root().join("docs/performance.md")),
        Extent::Small => bench.arg("--small"),
    };
    child::run(&mut bench)?;
    Ok(ExitCode::SUCCESS)
}
