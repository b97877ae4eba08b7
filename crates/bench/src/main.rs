//! Measures this build beside the limits of the machine it runs on, in one run and in turns, and writes
//! docs/performance.md. `cargo xtask bench` builds it with the `dist` profile and starts it.

mod backend;
mod bare;
mod chance;
mod feed;
mod histories;
mod inside;
mod letters;
mod limits;
mod lines;
mod load;
mod nodes;
mod passkeys;
mod process;
mod product;
mod report;
mod seed;
mod sheet;
mod sink;
mod site;
mod stopwatch;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use crate::histories::Histories;
use crate::nodes::Nodes;
use crate::sheet::Sheet;
use crate::site::Site;

/// Fewer tell too little of how far figures lie apart.
const REPETITIONS: u32 = 5;

/// How much there is of everything.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) accounts: u32,
    pub(crate) sessions: u32,
    /// Of `sessions`, those that are checked; the rest are there to be signed out.
    pub(crate) checked: u32,
    /// The most histories; each has a hundred entries.
    pub(crate) histories: u32,
    /// Letters that wait before the product starts.
    pub(crate) backlog: u32,
    /// Accounts that several nodes share, each with a session that is signed out once at the most.
    pub(crate) on_nodes: u32,
}

const FULL: Scale = Scale {
    accounts: 1_000_000,
    sessions: 800_000,
    checked: 100_000,
    histories: 100_000,
    backlog: 100_000,
    on_nodes: 300_000,
};
const SMALL: Scale =
    Scale { accounts: 150_000, sessions: 150_000, checked: 5_000, histories: 2_000, backlog: 2_000, on_nodes: 60_000 };

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = Runtime::new()?;
    match words.as_slice() {
        // We start ourselves again as the bare server, so that its processor time is counted apart.
        ["serve-bare", listen, file] => runtime.block_on(bare::serve(listen.parse()?, PathBuf::from(file))),
        // A quick look at whether everything runs; its figures are not kept.
        ["--small"] => measure(&runtime, SMALL, 1).map(|page| println!("{page}")),
        ["--write", file] => {
            let page = measure(&runtime, FULL, REPETITIONS)?;
            std::fs::write(file, page).with_context(|| format!("cannot write {file}"))
        }
        _ => anyhow::bail!("say --small, or --write FILE"),
    }
}

fn measure(runtime: &Runtime, scale: Scale, repetitions: u32) -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let mut sheet = Sheet::default();
    // The histories first and alone: nothing else runs while they are read.
    histories(scratch.path(), scale, repetitions, &mut sheet)?;
    for _ in 0..repetitions {
        passkeys::measure(&mut sheet)?;
    }
    // Once: what it writes and reads is long enough to be its own average.
    letters::backlog(runtime, scratch.path(), scale.backlog, &mut sheet)?;
    let mut feed = feed::Feed::prepare(runtime, scratch.path())?;
    if let Some(nodes) = Nodes::prepare(runtime, scratch.path(), scale)? {
        for repetition in 1..=repetitions {
            println!("nodes, repetition {repetition} of {repetitions}");
            nodes.measure(&mut sheet)?;
        }
    }
    let mut site = Site::prepare(runtime, scratch.path(), scale)?;
    for repetition in 1..=repetitions {
        println!("repetition {repetition} of {repetitions}");
        site.start(&mut sheet)?;
        site.hashing(&mut sheet)?;
        site.checks(&mut sheet)?;
        site.events(&mut sheet)?;
        site.backend(&mut sheet)?;
        site.letters(&mut sheet)?;
        feed.measure(runtime, &mut sheet)?;
    }
    #[expect(clippy::cast_precision_loss, reason = "no binary has 2^52 bytes")]
    let bytes = product::binary()?.metadata()?.len() as f64;
    sheet.note("binary", bytes / 1e6);
    Ok(report::page(&sheet, lines::LINES, repetitions, lines::NOTES))
}

fn histories(scratch: &Path, scale: Scale, repetitions: u32, sheet: &mut Sheet) -> Result<()> {
    let histories = Histories::prepare(scratch, scale)?;
    for repetition in 1..=repetitions {
        println!("histories, repetition {repetition} of {repetitions}");
        histories.read(sheet)?;
    }
    Ok(())
}
