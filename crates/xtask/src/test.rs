//! `cargo xtask test`: every test of the workspace, on both databases, on this machine.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::browser::{self, Demo};
use crate::child;
use crate::deb;
use crate::machine::{self, Tool};
use crate::postgres::{self, Commits, Postgres};
use crate::scratch::Scratch;
use crate::workspace::cargo;

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
    if !machine::is_root() {
        println!("Only root installs packages. Skipped without it: {}.", Tool::Dpkg.skipped_without());
        if missing_tool == Missing::Stops {
            bail!("--nothing-skipped was asked, and {} would be", Tool::Dpkg.skipped_without());
        }
    }
    let scratch = Scratch::new()?;
    let postgres = match Tool::PostgreSql.find() {
        Some(bin) => Some(Postgres::start(&bin, scratch.path(), Commits::HandedOver)?),
        None => None,
    };
    // One build for all, so that the programs the browser drives are those the tests link.
    child::run(cargo().args(["build", "--workspace", "--bins", "--tests"]))?;
    let browser =
        if Tool::FOR_BROWSER.iter().any(|tool| missing.contains(tool)) { Ok(()) } else { browser_tests(&scratch) };
    let package = if !machine::is_root() || Tool::FOR_PACKAGE.iter().any(|tool| missing.contains(tool)) {
        Ok(())
    } else {
        deb::test(scratch.path()).context("the Debian package, above the tests of the workspace")
    };
    let workspace = workspace_tests(postgres.as_ref(), cargo())?;
    browser?;
    package?;
    Ok(workspace)
}

/// Runs the tests with every written-down expectation (generated documents, transcripts) replaced by what is so now.
/// What changed is then for `git diff` and its reader to judge.
pub(crate) fn bless() -> Result<ExitCode> {
    let mut tests = cargo();
    tests.env(BLESS_VARIABLE, "1");
    workspace_tests(None, tests)
}

fn browser_tests(scratch: &Scratch) -> Result<()> {
    browser::install_packages()?;
    browser::test(&Demo::start(scratch.path())?).context("the browser tests, above the tests of the workspace")
}

/// Runs what cargo tests. The runner's closing line is the last thing printed, on a failure too.
fn workspace_tests(postgres: Option<&Postgres>, mut tests: Command) -> Result<ExitCode> {
    let mut examples = Ok(());
    if machine::has_nextest() {
        // nextest does not run the examples in documentation; they come first.
        examples = child::run(cargo().args(["test", "--workspace", "--doc", "--quiet"]));
        tests.args(["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests=fail"]);
    } else {
        println!("cargo-nextest is not on this machine: `cargo test` runs the same tests, more slowly.");
        tests.args(["test", "--workspace", "--no-fail-fast"]);
    }
    match postgres {
        Some(postgres) => tests.env(postgres::URL_VARIABLE, &postgres.url),
        None => tests.env_remove(postgres::URL_VARIABLE),
    };
    let passed = child::finish(&mut tests)?.success();
    examples?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
