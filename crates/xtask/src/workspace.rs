//! Where the workspace is and how its programs are built.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The directory of the root Cargo.toml.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate stands in crates/xtask")
}

/// The cargo that runs us, so that a toolchain chosen on the command line holds for what we start too.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Where cargo builds.
pub(crate) fn target() -> Result<PathBuf> {
    let us = std::env::current_exe()?;
    us.ancestors().nth(2).map(Path::to_owned).context("this program stands in a profile's directory of the target")
}

/// The moment of the last commit, in seconds since 1970: what is built from it was built then.
pub(crate) fn last_commit_seconds() -> Result<String> {
    let said = Command::new("git").current_dir(root()).args(["log", "-1", "--format=%ct"]).output()?;
    let text = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if text.is_empty() { Ok("0".to_owned()) } else { Ok(text) }
}

/// A program of the workspace, built with the same profile as this one: cargo puts them side by side.
pub(crate) fn built(program: &str) -> Result<PathBuf> {
    let us = std::env::current_exe()?;
    let path = us.with_file_name(program);
    path.is_file().then_some(path).with_context(|| format!("`{program}` is not built"))
}
