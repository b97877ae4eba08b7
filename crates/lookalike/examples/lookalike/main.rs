//! The crate's command: check names, list candidates, say how distinctive a name is, learn, and judge what was learned.

mod data;
mod judge;
mod learning;

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use lookalike::{Brand, Detector, Learned, Register, command};

/// Is this name pretending to be us?
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Read names, URLs, addresses and handles, one a line; write one JSON line for each.
    Check {
        /// The register of brands (JSON).
        #[arg(long)]
        brands: PathBuf,
        /// Files to read; `-` is standard input.
        #[arg(default_value = "-")]
        names: Vec<PathBuf>,
    },
    /// List the names most worth registering or watching, best first.
    Candidates {
        /// The official domain.
        domain: String,
        /// Only so many.
        #[arg(long)]
        first: Option<usize>,
    },
    /// Say how easily the name is confused with popular names.
    Distinctive {
        /// The official domain.
        domain: String,
    },
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
        Action::Check { brands, names } => check(&brands, &names),
        Action::Candidates { domain, first } => {
            let made = lookalike::candidates(&domain, &Learned::built_in())
                .map_err(|fault| anyhow::anyhow!("“{domain}”: {fault}"))?;
            let first = first.unwrap_or(made.len());
            quiet_when_closed(command::write_candidates(io::stdout().lock(), made.into_iter().take(first)))
        }
        Action::Distinctive { domain } => {
            let name = domain.rsplit_once('.').map_or(domain.as_str(), |(label, _)| label);
            let found = lookalike::distinctive(&Brand::new(name, &domain), &Learned::built_in().sketch);
            if found.is_empty() {
                bail!("“{domain}” has no name of 3 to 40 letters or digits");
            }
            quiet_when_closed(command::write_distinctiveness(io::stdout().lock(), &found))
        }
        Action::Learn { data, write } => learning::run(&data, &write),
        Action::Judge { data, write, misses } => judge::run(&data, write.as_deref(), misses.as_deref()),
    }
}

fn check(brands: &PathBuf, names: &[PathBuf]) -> Result<()> {
    let text = std::fs::read_to_string(brands).with_context(|| format!("cannot read {}", brands.display()))?;
    let register: Register =
        serde_json::from_str(&text).with_context(|| format!("{} is not a register", brands.display()))?;
    let detector = Detector::new(register)?;
    // Progress is for a person who waits for a file, not for one who types or pipes on.
    let watched = io::stderr().is_terminal() && !io::stdout().is_terminal();
    let mut told = 0;
    let mut progress = |lines: u64| {
        if watched && lines >= told + 200_000 {
            told = lines;
            let _ = write!(io::stderr(), "\r{lines} names checked");
        }
    };
    for path in names {
        let answered = if path.as_os_str() == "-" {
            command::check(&detector, io::stdin(), io::stdout().lock(), &mut progress)
        } else {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            command::check(&detector, file, io::stdout().lock(), &mut progress)
        };
        quiet_when_closed(answered.map(|_| ()))?;
    }
    if watched && told > 0 {
        eprintln!();
    }
    Ok(())
}

/// A reader that has seen enough (`| head`) is no fault.
fn quiet_when_closed(done: io::Result<()>) -> Result<()> {
    match done {
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
