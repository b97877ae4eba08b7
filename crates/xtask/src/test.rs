//! `cargo xtask test`: every test of the workspace, on both databases, on this machine.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::child;
use crate::machine::{self, Tool};
use crate::postgres::Postgres;
use crate::scratch::Scratch;

/// Tests that need PostgreSQL read its address here, and pass over it where the variable is not set.
const POSTGRES_VARIABLE: &str = "COUNTERSIGN_TEST_POSTGRES";

/// Tests that compare with a file of the repository write that file instead where this is set.
const BLESS_VARIABLE: &str = "COUNTERSIGN_BLESS";

/// What to do when a tool is missing and cannot be installed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Skips,
    Stops,
}

/// Runs every test. The last line printed is the test runner's own.
pub(crate) fn run(missing_tool: Missing) -> Result<ExitCode> {
    let missing = machine::provide(&Tool::ALL);
    if !missing.is_empty() {
        for tool in &missing {
            println!("{} is not on this machine. Skipped without it: {}.", tool.name(), tool.skipped_without());
        }
        println!("To have everything, {}", machine::how_to_install(&missing));
        if missing_tool == Missing::Stops {
            bail!("--nothing-skipped was asked, and {} would be", missing[0].skipped_without());
        }
    }
    let scratch = Scratch::new()?;
    let postgres = match Tool::PostgreSql.find() {
        Some(bin) => Some(Postgres::start(&bin, scratch.path())?),
        None => None,
    };
    workspace_tests(postgres.as_ref(), cargo())
}

/// Runs the tests with every written-down expectation (generated documents, transcripts) replaced by what is so now.
/// What changed is then for `git diff` and its reader to judge.
pub(crate) fn bless() -> Result<ExitCode> {
    let mut tests = cargo();
    tests.env(BLESS_VARIABLE, "1");
    workspace_tests(None, tests)
}

fn workspace_tests(postgres: Option<&Postgres>, mut tests: Command) -> Result<ExitCode> {
    if machine::has_nextest() {
        // nextest does not run the examples in documentation; they come first, so that its closing line is the last.
        child::run(cargo().args(["test", "--workspace", "--doc", "--quiet"]))?;
        tests.args(["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests=fail"]);
    } else {
        println!("cargo-nextest is not on this machine: `cargo test` runs the same tests, more slowly.");
        tests.args(["test", "--workspace", "--no-fail-fast"]);
    }
    match postgres {
        Some(postgres) => tests.env(POSTGRES_VARIABLE, &postgres.url),
        None => tests.env_remove(POSTGRES_VARIABLE),
    };
    // On a failure too, the runner has said what there is to say: its closing line stays the last.
    Ok(if child::finish(&mut tests)?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cargo() -> Command {
    // The cargo that runs us, so that a toolchain chosen on the command line holds for the tests too.
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
