//! The `countersign` binary: the product's verbs.

mod backup;
mod bounce;
mod breached;
mod config;
mod crowd;
mod demo;
mod dkim;
mod doctor;
mod keys;
mod logs;
mod lookalike;
mod machine;
mod metrics;
mod notices;
mod retain;
mod rotate;
mod serve;
mod server;
mod service_key;
mod sms;
mod webhook;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::config::Config;

/// Account security for a self-service exchange: customers see everything, are told of it, and can stop it.
#[derive(Parser)]
#[command(name = "countersign", version, long_version = long_version(), arg_required_else_help = true, after_help = AFTER_HELP)]
struct Countersign {
    #[command(subcommand)]
    verb: Verb,
}

/// The version, and what was compiled in from elsewhere that grows old.
fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let table = outside::places::table_date();
        format!(
            "{}\nCountries of addresses: the regional internet registries (nro.net), by iptocc {}, {}",
            env!("CARGO_PKG_VERSION"),
            table.version,
            table.day
        )
    });
    &TEXT
}

const AFTER_HELP: &str = "\
Try it:        countersign demo        (a made-up exchange, nothing to set up)
Run it:        countersign serve       (countersign.toml lists the settings)
One setting:   COUNTERSIGN__WEB__LISTEN=0.0.0.0:443 countersign serve
What is set:   countersign settings    (every setting as it would be used)
Is it safe:    countersign doctor      (what is unsafe, and what to do)";

#[derive(Subcommand)]
enum Verb {
    /// Serve the pages, the API and the worker
    Serve(WithConfig),
    /// Run a made-up exchange with its own mailbox, in a fresh directory
    Demo(demo::Options),
    /// Bring the database to the present step and stop
    Migrate(WithConfig),
    /// Copy the database while it is served
    Backup(backup::BackupOptions),
    /// Put a copy in place of a database that is gone
    Restore(backup::RestoreOptions),
    /// End every session and void what was granted, after a copy was put in place by other means
    Restored(backup::RestoredOptions),
    /// Replace the keys outside the database while the site is served
    #[command(subcommand)]
    Keys(rotate::Verb),
    /// Drop what is over by the policy in [retain], all at once; the background does it by and by
    Retain {
        #[command(flatten)]
        config: WithConfig,
        /// Say what would go, and drop nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Print every setting as it would be used, secrets masked
    Settings(WithConfig),
    /// Say what is unsafe here, or weaker than advised, and what to do about it
    Doctor(doctor::Options),
    /// Print what to put into the DNS, so that mailboxes can check the signature of our letters
    Dkim(WithConfig),
    /// The keys by which your exchange's own backend asks: see docs/service.md
    #[command(subcommand)]
    ServiceKey(service_key::Verb),
    /// Where your exchange's backend is told by itself of freezes and whatever else ends: see docs/service.md
    #[command(subcommand)]
    Webhook(webhook::Verb),
    /// Take a letter that came back from standard input, and mark the notice that it was
    ///
    /// For the address that undeliverable letters go back to: `mail.bounces`, or `mail.from` where that is empty. Postfix runs it
    /// for each that arrives, by a pipe transport with a user of its own, as docs/operating.md shows. What is no report about a
    /// letter of ours is left alone. When the database cannot be reached it ends with 75, so that Postfix tries again later.
    Bounce(WithConfig),
    /// The letters, SMS and inbox lines that customers get
    #[command(subcommand)]
    Notices(notices::Verb),
    /// The list of passwords that thieves know
    #[command(subcommand)]
    Breached(breached::Verb),
    /// Is this name pretending to be us?
    #[command(subcommand)]
    Lookalike(lookalike::Verb),
}

/// An id as somebody wrote it.
pub(crate) fn an_id<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| {
        "this is no id: they look like 0198f3a2-7c41-7d36-9c0e-52f1f0a6b7d4, and `list` shows them".to_owned()
    })
}

#[derive(Args)]
pub(crate) struct WithConfig {
    /// Settings that differ from the defaults (TOML)
    #[arg(long, short, value_name = "FILE", env = "COUNTERSIGN_CONFIG")]
    config: Option<PathBuf>,
}

/// What mail servers take for "not now" from a program (`EX_TEMPFAIL` of `sysexits.h`); anything else would lose the letter.
const TRY_LATER: u8 = 75;

/// How a program ends whose output nobody reads on, as if the signal for that had ended it.
const NOBODY_READS: i32 = 128 + 13;

/// `countersign … | head -1` reads one line and goes: that is no fault, and no reason for a panic's report.
fn end_quietly_where_nobody_reads_on() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            std::process::exit(NOBODY_READS);
        }
        report(panic);
    }));
}

fn main() -> ExitCode {
    end_quietly_where_nobody_reads_on();
    // One provider for every TLS connection, in and out.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let verb = Countersign::parse().verb;
    // What is written is about customers and their owner's alone, in whatever directory it lies. The index of breached
    // passwords is no secret, and may be made by somebody other than who serves; names and texts are nobody's secret either.
    if !matches!(verb, Verb::Breached(_) | Verb::Lookalike(_) | Verb::Notices(_)) {
        umask(Mode::RWXG | Mode::RWXO);
    }
    let done = match verb {
        Verb::Serve(options) => Config::load(options.config.as_deref()).and_then(serve::run),
        Verb::Demo(options) => demo::run(&options),
        Verb::Migrate(options) => Config::load(options.config.as_deref()).and_then(|config| serve::migrate(&config)),
        Verb::Retain { config, dry_run } => {
            Config::load(config.config.as_deref()).and_then(|config| retain::run(&config, dry_run))
        }
        Verb::Dkim(options) => Config::load(options.config.as_deref()).and_then(|config| dkim::run(&config.mail)),
        Verb::Backup(options) => backup::backup(&options),
        Verb::Restore(options) => backup::restore(&options),
        Verb::Restored(options) => backup::restored(&options),
        Verb::Keys(verb) => rotate::run(&verb),
        Verb::Doctor(options) => doctor::run(&options),
        Verb::ServiceKey(verb) => service_key::run(verb),
        Verb::Webhook(verb) => webhook::run(verb),
        Verb::Bounce(options) => {
            let done =
                Config::load(options.config.as_deref()).and_then(|config| bounce::run(&config, std::io::stdin()));
            if let Err(error) = done {
                eprintln!("countersign: {error:#}");
                return ExitCode::from(TRY_LATER);
            }
            Ok(())
        }
        Verb::Notices(verb) => notices::run(&verb),
        Verb::Breached(verb) => breached::run(verb),
        Verb::Lookalike(verb) => lookalike::run(&verb),
        Verb::Settings(options) => Config::load(options.config.as_deref()).map(|config| println!("{}", config.shown())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("countersign: {error:#}");
            ExitCode::FAILURE
        }
    }
}
