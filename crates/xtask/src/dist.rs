//! The binary as it is shipped, the same bytes wherever and whenever it is built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::child;
use crate::scratch::Scratch;
use crate::workspace::{self, cargo};

/// Builds once, or twice in two directories and compares.
pub(crate) fn run(twice: bool) -> Result<ExitCode> {
    let scratch = Scratch::new()?;
    let builds = if twice { vec!["one", "two"] } else { vec!["one"] };
    let mut digests = Vec::new();
    for build in builds {
        let target = scratch.path().join(build);
        let binary = built(&target)?;
        let digest = digest(&binary)?;
        println!("{digest}  {} bytes", fs::metadata(&binary)?.len());
        let kept = workspace::target()?.join("countersign-dist");
        fs::copy(&binary, &kept).with_context(|| format!("cannot keep {}", kept.display()))?;
        digests.push(digest);
    }
    if digests.iter().any(|digest| *digest != digests[0]) {
        bail!("two builds of the same sources differ");
    }
    println!("{}", workspace::target()?.join("countersign-dist").display());
    Ok(ExitCode::SUCCESS)
}

/// What differs between two machines is named alike: where the sources, the registry and the build stand, and when it was.
fn built(target: &Path) -> Result<PathBuf> {
    let home = PathBuf::from(std::env::var_os("CARGO_HOME").unwrap_or_else(|| {
        let home = std::env::var_os("HOME").unwrap_or_default();
        Path::new(&home).join(".cargo").into_os_string()
    }));
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let flags = [remap(workspace::root(), "/src"), remap(&home, "/cargo"), remap(target, "/target")].join("\u{1f}");
    let mut build = cargo();
    build
        .args(["build", "--locked", "--profile", "dist", "--package", "countersign", "--target-dir"])
        .arg(target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env("CARGO_INCREMENTAL", "0")
        .env(
            "CFLAGS",
            format!("-ffile-prefix-map={}=/cargo -ffile-prefix-map={}=/target", home.display(), target.display()),
        )
        .env("SOURCE_DATE_EPOCH", workspace::last_commit_seconds()?);
    child::run(&mut build)?;
    Ok(target.join("dist/countersign"))
}

fn digest(binary: &Path) -> Result<String> {
    let said = Command::new("sha256sum").arg(binary).output().context("sha256sum does not run")?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.split_whitespace().next().map(str::to_owned).context("a digest")
}
