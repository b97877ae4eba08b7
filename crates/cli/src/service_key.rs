//! `countersign service-key`: the keys by which the exchange's own backend asks.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::{ArgGroup, Subcommand};
use domain::ids::ServiceKeyId;
use domain::service::{self, KeyProof, NewKey, Scope, ServiceKey, VerifyingKey};
use domain::{Actor, App, Network, Origin, Span, Stop, Who};

use crate::config::Config;
use crate::machine;
use crate::{WithConfig, an_id};

/// What can be done with keys.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Add a key, for a backend that signs its requests or for one on this machine
    ///
    /// A backend that signs keeps its private key and hands over the public one:
    ///
    ///   openssl genpkey -algorithm ed25519 -out exchange.key
    ///   openssl pkey -in exchange.key -pubout -out exchange.pub
    ///   countersign service-key add exchange --public-key exchange.pub --scope feed
    ///
    /// A backend on this machine can send a secret instead, which is printed once:
    ///
    ///   countersign service-key add exchange --local --scope check-session
    #[command(verbatim_doc_comment, group = ArgGroup::new("proof").required(true).args(["public_key", "local"]))]
    Add {
        /// Who uses it; keys of one name speak for the same backend, so a new one takes over from an old one
        name: String,
        /// The public key: PEM as openssl writes it, or its 32 bytes as base64 or hexadecimal digits
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
        /// Make a secret in place of a signature, for requests from this machine, or from the networks given
        #[arg(long)]
        local: bool,
        /// What it may be used for, once for each: check-session, standing, events-in, feed
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<Scope>,
        /// From where it may be used, once for each, like 10.0.0.0/8; without it from anywhere, a local one from here
        #[arg(long = "network", value_name = "NETWORK")]
        networks: Vec<Network>,
        /// How long it is good
        #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=3650))]
        days: i64,
        #[command(flatten)]
        config: WithConfig,
    },
    /// List every key that was ever added
    List {
        #[command(flatten)]
        config: WithConfig,
    },
    /// Revoke a key; one second later it opens nothing on any node
    Revoke {
        /// The id that `add` and `list` print
        #[arg(value_parser = an_id::<ServiceKeyId>)]
        id: ServiceKeyId,
        #[command(flatten)]
        config: WithConfig,
    },
}

/// Runs it.
pub(crate) fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Add { name, public_key, local: _, scopes, networks, days, config } => {
            let signs = public_key.map(|file| read(&file)).transpose()?;
            let networks = if signs.is_none() && networks.is_empty() { here() } else { networks };
            let new = NewKey { name: named(name)?, signs, scopes, networks, lives: Span::from_hours(24 * days) };
            add(&open(&config)?, new)
        }
        Verb::List { config } => list(&open(&config)?),
        Verb::Revoke { id, config } => {
            let app = open(&config)?;
            app.change(&operator(), move |change| service::revoke(change, id)).wait().map_err(|stop| said(&stop))?;
            println!("Revoked. Within a second {id} opens nothing on any node.");
            Ok(())
        }
    }
}

fn open(options: &WithConfig) -> Result<App> {
    let config = Config::load(options.config.as_deref())?;
    machine::app(&config)
}

fn operator() -> Actor {
    Actor { who: Who::Operator, origin: Origin::default(), asked: None }
}

/// The words of a refusal, which are written to be read.
fn said(stop: &Stop) -> anyhow::Error {
    match stop {
        Stop::Refused(refusal) => {
            anyhow!("{} There is no such key; see `countersign service-key list`.", refusal.spec().title)
        }
        Stop::Failed(fault) => anyhow!("{fault}"),
    }
}

fn read(file: &std::path::Path) -> Result<VerifyingKey> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    VerifyingKey::parse(&text).map_err(|why| anyhow!("{}: {why}", file.display()))
}

fn named(name: String) -> Result<String> {
    let fits = (1..=40).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if !fits {
        bail!("a name has 1 to 40 letters, digits, points, hyphens and underscores");
    }
    Ok(name)
}

/// This machine.
fn here() -> Vec<Network> {
    ["127.0.0.0/8", "::1"].into_iter().map(|text| text.parse().expect("a range of addresses")).collect()
}

fn add(app: &App, new: NewKey) -> Result<()> {
    let added = app.change(&operator(), move |change| service::add(change, &new)).wait();
    let (key, secret) = added.map_err(|stop| said(&stop))?;
    println!("{}", shown(&key, "added"));
    match secret {
        Some(secret) => {
            println!("\nIts secret, shown this once:\n\n  {}\n", secret.reveal());
            println!("Send it as `Authorization: Bearer …`, straight to Countersign and through no proxy.");
        }
        None => println!("\nSign with keyid=\"{}\". docs/service.md shows how; it works within a second.", key.id),
    }
    Ok(())
}

fn list(app: &App) -> Result<()> {
    let keys = app.view(service::list).wait().map_err(|stop| said(&stop))?;
    let now = app.clock().now();
    for key in &keys {
        let state = match key.revoked_at {
            Some(at) => format!("revoked on {}", day(at)),
            None if key.expires_at <= now => "expired".to_owned(),
            None => "good".to_owned(),
        };
        println!("{}", shown(key, &state));
    }
    if keys.is_empty() {
        println!("There is no service key yet: see `countersign service-key add --help`.");
    }
    Ok(())
}

/// The keys that open something now, as `list` shows them.
pub(crate) fn good(app: &App) -> Result<Vec<String>> {
    let keys = app.view(service::list).wait().map_err(|stop| said(&stop))?;
    let now = app.clock().now();
    let good = keys.iter().filter(|key| key.revoked_at.is_none() && key.expires_at > now);
    Ok(good.map(|key| shown(key, "good")).collect())
}

fn day(at: domain::Time) -> String {
    at.strftime("%-d %B %Y").to_string()
}

fn shown(key: &ServiceKey, state: &str) -> String {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.code()).collect();
    let networks: Vec<String> = key.networks.iter().map(ToString::to_string).collect();
    let from = if networks.is_empty() { "anywhere".to_owned() } else { networks.join(", ") };
    let how = match key.proof {
        KeyProof::Signs(_) => "signs",
        KeyProof::Secret(_) => "local secret",
    };
    format!(
        "{}  {}  {state}\n    {how}; {}; from {from}; until {}",
        key.id,
        key.name,
        scopes.join(", "),
        day(key.expires_at)
    )
}
