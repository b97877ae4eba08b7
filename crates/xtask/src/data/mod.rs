//! The compact tables that are made from freely licensed data: names and middles of countries, the outline of the land.
//! The packages are pinned here; to renew a table, raise its version and run the verb.

mod countries;
mod topology;
mod world;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::child;
use crate::scratch::Scratch;
use crate::workspace;

/// Natural Earth's outlines (public domain), as `TopoJSON`.
const WORLD_ATLAS: &str = "world-atlas@2.0.2";
/// Names and codes of territories from Unicode's CLDR (Unicode-3.0).
const CLDR: [&str; 2] = ["cldr-localenames-full@48.2.0", "cldr-core@48.2.0"];

/// Makes `crates/outside/data/countries.tsv` and `assets/world.svg` anew.
pub(crate) fn run() -> Result<ExitCode> {
    let scratch = Scratch::new()?;
    let npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
    child::run(Command::new("npm").args(npm).args(CLDR).arg(WORLD_ATLAS).current_dir(scratch.path()))?;
    let packages = scratch.path().join("node_modules");
    write("crates/outside/data/countries.tsv", &countries::table(&packages, &date_of_the_address_table()?)?)?;
    write("assets/world.svg", &world::picture(&packages)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The crate that carries the table of addresses, as Cargo.lock names it: version, and the day it was published on.
fn date_of_the_address_table() -> Result<(String, String)> {
    let lock = std::fs::read_to_string(workspace::root().join("Cargo.lock"))?;
    let after = lock.split_once("name = \"iptocc\"\nversion = \"").context("Cargo.lock names no iptocc")?.1;
    let version = after.split('"').next().unwrap_or_default().to_owned();
    // Cargo's own copy of the registry's index says when a version was published.
    let home = std::env::var_os("CARGO_HOME").map_or_else(|| home().join(".cargo"), Into::into);
    let index = home.join("registry/index");
    for registry in std::fs::read_dir(&index).with_context(|| format!("no {}", index.display()))? {
        let Ok(about) = std::fs::read(registry?.path().join(".cache/ip/to/iptocc")) else { continue };
        let about = String::from_utf8_lossy(&about).into_owned();
        let ours = format!("\"vers\":\"{version}\"");
        let line = about.split('\0').find(|line| line.replace(' ', "").contains(&ours));
        if let Some(line) = line {
            let about: Value = serde_json::from_str(line)?;
            let published = about["pubtime"].as_str().context("the index does not say when it was published")?;
            return Ok((version, published.chars().take(10).collect()));
        }
    }
    anyhow::bail!("the registry's index does not know iptocc {version}: run `cargo fetch` first")
}

fn home() -> std::path::PathBuf {
    std::env::var_os("HOME").map(Into::into).unwrap_or_default()
}

fn write(file: &str, text: &str) -> Result<()> {
    std::fs::write(workspace::root().join(file), text).with_context(|| format!("cannot write {file}"))?;
    println!("{file}: {} bytes", text.len());
    Ok(())
}

/// A JSON file of a package.
fn json(packages: &Path, file: &str) -> Result<Value> {
    let path = packages.join(file);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(serde_json::from_slice(&bytes)?)
}
