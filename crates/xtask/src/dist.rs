//! The binary as it is shipped, the same bytes wherever and whenever it is built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::child;
use crate::scratch::Scratch;
use crate::workspace::{self, cargo};

/// Builds once, or twice in two directories and compares, and keeps what was built.
pub(crate) fn run(twice: bool) -> Result<ExitCode> {
    let kept = workspace::target()?.join("countersign-dist");
    // Whoever compares with another machine needs the same of these; the rest is pinned by Cargo.lock.
    for tool in ["rustc", "cc"] {
        println!("{}", first_line_of(tool)?);
    }
    if twice {
        let digest = alike(&kept)?;
        println!("{digest}  {}, built twice", kept.display());
    } else {
        keep(&binary()?, &kept)?;
        println!("{}  {}", digest(&kept)?, kept.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the sources as they stand here.
pub(crate) fn binary() -> Result<PathBuf> {
    built(workspace::root(), &workspace::target()?.join("shipped"))
}

/// Builds two copies of the sources, each in a directory of its own, and keeps what came of the first. The names differ in
/// length as well: a path that gets into the binary moves everything behind it.
fn alike(kept: &Path) -> Result<String> {
    let scratch = Scratch::new()?;
    let places = ["one", "another/place"].map(|place| scratch.path().join(place));
    // Both before the first is built: somebody may go on working here.
    for place in &places {
        copy_sources(&place.join("sources"))?;
    }
    let mut digests = Vec::new();
    for place in &places {
        let binary = built(&place.join("sources"), &place.join("target"))?;
        let digest = digest(&binary)?;
        println!("{digest}  {} bytes, built in {}", fs::metadata(&binary)?.len(), place.display());
        let kept = if digests.is_empty() { kept.to_owned() } else { kept.with_extension("other") };
        keep(&binary, &kept)?;
        digests.push(digest);
    }
    if digests[0] != digests[1] {
        bail!("two builds of the same sources differ: see {0} and {0}.other", kept.display());
    }
    fs::remove_file(kept.with_extension("other"))?;
    Ok(digests.swap_remove(0))
}

/// What differs between two machines is named alike: where the sources, the registry and the build stand, and when it was.
fn built(sources: &Path, target: &Path) -> Result<PathBuf> {
    let home = PathBuf::from(std::env::var_os("CARGO_HOME").unwrap_or_else(|| {
        let home = std::env::var_os("HOME").unwrap_or_default();
        Path::new(&home).join(".cargo").into_os_string()
    }));
    let named = [(sources, "/src"), (home.as_path(), "/cargo"), (target, "/target")];
    let rust = named.map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    let c = named.map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display()));
    let mut build = cargo();
    build
        .current_dir(sources)
        .args(["build", "--locked", "--profile", "dist", "--package", "countersign", "--target-dir"])
        .arg(target)
        .env("CARGO_ENCODED_RUSTFLAGS", rust.join("\u{1f}"))
        .env("CARGO_INCREMENTAL", "0")
        .env("CFLAGS", c.join(" "))
        .env("SOURCE_DATE_EPOCH", workspace::last_commit_seconds()?);
    child::run(&mut build)?;
    Ok(target.join("dist/countersign"))
}

/// The files that git knows, as they stand here.
fn copy_sources(into: &Path) -> Result<()> {
    let said = Command::new("git").current_dir(workspace::root()).args(["ls-files", "-z"]).output()?;
    let names = String::from_utf8(said.stdout).context("a name that is no text")?;
    let names: Vec<&str> = names.split_terminator('\0').collect();
    if names.is_empty() {
        bail!("git names no sources here");
    }
    for name in names {
        let (from, to) = (workspace::root().join(name), into.join(name));
        fs::create_dir_all(to.parent().context("a file stands in a directory")?)?;
        fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(())
}

fn keep(binary: &Path, kept: &Path) -> Result<()> {
    fs::copy(binary, kept).with_context(|| format!("cannot keep {}", kept.display()))?;
    Ok(())
}

fn first_line_of(tool: &str) -> Result<String> {
    let said = Command::new(tool).arg("--version").output().with_context(|| format!("{tool} does not run"))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    Ok(said.lines().next().unwrap_or_default().to_owned())
}

fn digest(binary: &Path) -> Result<String> {
    let said = Command::new("sha256sum").arg(binary).output().context("sha256sum does not run")?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.split_whitespace().next().map(str::to_owned).context("a digest")
}
