//! Learning, and judging what was learned: for whoever works on the crate. Checking names is `countersign lookalike`.

mod data;
mod judge;
mod learning;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Learns the detector's weights and judges them.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Learn the weights and tables from data.
    Learn {
        /// The folder with the data.
        #[arg(long)]
        data: PathBuf,
        /// Where to write what was learned.
        #[arg(long)]
        write: PathBuf,
    },
    /// Judge the current build on data, each brand by weights that have not seen it.
    Judge {
        /// The folder with the data.
        #[arg(long)]
        data: PathBuf,
        /// Where to write the page with the figures.
        #[arg(long)]
        write: Option<PathBuf>,
        /// A list of false alarms and misses for whoever works on the detector.
        #[arg(long)]
        misses: Option<PathBuf>,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().action {
        Action::Learn { data, write } => learning::run(&data, &write),
        Action::Judge { data, write, misses } => judge::run(&data, write.as_deref(), misses.as_deref()),
    }
}
