//! `countersign lookalike`: is this name pretending to be us?

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use lookalike::{Brand, Detector, Learned, Register, command};

/// What can be done with names.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Read names, URLs, e-mail addresses and handles, one a line; write one JSON line for each
    ///
    /// The verdict is official, clear, review (somebody should look) or alert (a customer should be warned), and the
    /// reasons say why in plain words. Nothing is looked up, and no name is ever opened.
    #[command(after_help = REGISTER)]
    Check {
        /// The register of brands (JSON)
        #[arg(long, value_name = "FILE")]
        brands: PathBuf,
        /// Files to read; `-` is standard input
        #[arg(value_name = "FILE", default_value = "-")]
        names: Vec<PathBuf>,
    },
    /// List the names most worth registering or watching, best first, one JSON line each
    Candidates {
        /// The official domain, like exchange.example
        #[arg(value_name = "DOMAIN")]
        domain: String,
        /// Only so many
        #[arg(long, value_name = "COUNT")]
        first: Option<usize>,
    },
    /// Say how easily a name is confused with popular names
    Distinctive {
        /// The official domain, like exchange.example
        #[arg(value_name = "DOMAIN")]
        domain: String,
    },
}

const REGISTER: &str = "\
The register names what is yours:
  {\"brands\": [{\"brand\": \"Northquay\", \"names\": [\"northquay\"], \"official\": [\"northquay.com\"]}]}
  A brand may have more: hosts, senders (support@northquay.com), handles (@northquay).

Try it:
  echo northquay-login.com | countersign lookalike check --brands brands.json";

/// Runs it.
pub(crate) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Check { brands, names } => check(brands, names),
        Verb::Candidates { domain, first } => {
            let made = lookalike::candidates(domain, &Learned::built_in());
            let made = made.map_err(|fault| anyhow!("“{domain}”: {fault}"))?;
            let first = first.unwrap_or(made.len());
            quiet_when_closed(command::write_candidates(io::stdout().lock(), made.into_iter().take(first)))
        }
        Verb::Distinctive { domain } => {
            let name = domain.rsplit_once('.').map_or(domain.as_str(), |(label, _)| label);
            let found = lookalike::distinctive(&Brand::new(name, domain), &Learned::built_in().sketch);
            if found.is_empty() {
                bail!("“{domain}” has no name of 3 to 40 letters or digits");
            }
            quiet_when_closed(command::write_distinctiveness(io::stdout().lock(), &found))
        }
    }
}

fn check(brands: &Path, names: &[PathBuf]) -> Result<()> {
    let text = std::fs::read_to_string(brands).with_context(|| format!("cannot read {}", brands.display()))?;
    let register: Register =
        serde_json::from_str(&text).with_context(|| format!("{} is not a register of brands", brands.display()))?;
    let detector = Detector::new(register)?;
    // Progress is for a person who waits for a file, not for one who types or pipes on.
    let watched = io::stderr().is_terminal() && !io::stdout().is_terminal();
    let bar = if watched { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{spinner} {human_pos} names checked, {per_sec}")?);
    for path in names {
        let input: Box<dyn Read + Send> = if path.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).with_context(|| format!("cannot read {}", path.display()))?)
        };
        let answered = command::check(&detector, input, io::stdout().lock(), |lines| bar.set_position(lines));
        quiet_when_closed(answered.map(|_| ()))?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// A reader that has seen enough (`| head`) is no fault.
fn quiet_when_closed(done: io::Result<()>) -> Result<()> {
    match done {
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
