//! `countersign webhook`: where the feed is delivered to.

use std::fmt::Write as _;

use anyhow::{Result, anyhow, bail};
use clap::{Args, Subcommand};
use domain::ids::{FeedId, WebhookId};
use domain::webhooks::{self, Dead, GivenUp, Replay, Waiting, Webhook};
use domain::{Actor, App, Origin, Stop, Time, Who};
use outside::webhooks::fit;

use crate::config::Config;
use crate::machine;
use crate::{WithConfig, an_id};

/// What can be done with targets.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Add an address that every item of the feed is sent to, and print the secret that signs, once
    Add {
        /// Where to: an https address on the open internet, or one in a network of `private_targets` in [webhooks]
        url: String,
        /// Your name for it
        #[arg(long)]
        name: String,
        #[command(flatten)]
        config: WithConfig,
    },
    /// List every target and how it is
    List {
        #[command(flatten)]
        config: WithConfig,
    },
    /// Give a target a new secret and print it, once; the one before signs too for a day
    Rotate {
        /// The id that `add` and `list` print
        #[arg(value_parser = an_id::<WebhookId>)]
        id: WebhookId,
        #[command(flatten)]
        config: WithConfig,
    },
    /// Remove a target; what is on its way there is not delivered any more
    Remove {
        /// The id that `add` and `list` print
        #[arg(value_parser = an_id::<WebhookId>)]
        id: WebhookId,
        #[command(flatten)]
        config: WithConfig,
    },
    /// Switch a target on again that answered 410 (gone)
    On {
        /// The id that `add` and `list` print
        #[arg(value_parser = an_id::<WebhookId>)]
        id: WebhookId,
        #[command(flatten)]
        config: WithConfig,
    },
    /// List what no target took however often it was tried, the newest first
    Dead {
        #[command(flatten)]
        config: WithConfig,
    },
    /// Send items to a target again
    Replay {
        /// The id that `add` and `list` print
        #[arg(value_parser = an_id::<WebhookId>)]
        id: WebhookId,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        config: WithConfig,
    },
}

/// Which items are sent again.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// This item, taken or not
    #[arg(long, value_name = "ID", value_parser = an_id::<FeedId>)]
    item: Option<FeedId>,
    /// Everything since then, taken or not, like 2026-11-22T03:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Time>,
    /// Everything that `dead` lists for it
    #[arg(long)]
    dead: bool,
}

impl Which {
    fn replay(&self) -> Replay {
        match (self.item, self.since) {
            (Some(item), _) => Replay::Item(item),
            (None, Some(since)) => Replay::Since(since),
            (None, None) => Replay::Dead,
        }
    }
}

/// Runs it.
pub(crate) fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Add { url, name, config } => add(&url, &name, &config),
        Verb::List { config } => {
            let listed = listed(&open(&config)?.1)?;
            let none = "There is no webhook yet: see `countersign webhook add --help`.";
            println!("{}", if listed.is_empty() { none.to_owned() } else { listed.join("\n") });
            Ok(())
        }
        Verb::Rotate { id, config } => {
            let (_, app) = open(&config)?;
            let secret = app.change(&operator(), move |change| webhooks::rotate(change, id)).wait().map_err(said)?;
            println!("Its new secret, shown this once:\n\n  {}\n", secret.reveal());
            println!("For {} hours each request carries a signature by each of the two.", webhooks::OVERLAP.as_hours());
            Ok(())
        }
        Verb::Remove { id, config } => {
            let (_, app) = open(&config)?;
            app.change(&operator(), move |change| webhooks::remove(change, id)).wait().map_err(said)?;
            println!("Removed. Nothing more is sent to {id}, but for what is on the line at this moment.");
            Ok(())
        }
        Verb::On { id, config } => {
            let (_, app) = open(&config)?;
            app.change(&operator(), move |change| webhooks::switch_on(change, id)).wait().map_err(said)?;
            println!(
                "It is on. What happened while it was off is sent by `countersign webhook replay {id} --since TIME`."
            );
            Ok(())
        }
        Verb::Dead { config } => {
            let (_, app) = open(&config)?;
            print!("{}", given_up(&app.view(|view| webhooks::dead(view, DEAD_SHOWN)).wait().map_err(said)?));
            Ok(())
        }
        Verb::Replay { id, which, config } => {
            let ((_, app), which) = (open(&config)?, which.replay());
            let replayed = app.change(&operator(), move |change| webhooks::replay(change, id, which)).wait();
            println!("{} to {id} again, with the id it had.", items(replayed.map_err(said)?));
            Ok(())
        }
    }
}

fn open(options: &WithConfig) -> Result<(Config, App)> {
    let config = Config::load(options.config.as_deref())?;
    let app = machine::app(&config)?;
    Ok((config, app))
}

fn operator() -> Actor {
    Actor { who: Who::Operator, origin: Origin::default(), asked: None }
}

/// The words of a refusal, which are written to be read.
fn said(stop: Stop) -> anyhow::Error {
    match stop {
        Stop::Refused(refusal) => {
            anyhow!("{} There is no such webhook or item; see `countersign webhook list`.", refusal.spec().title)
        }
        Stop::Failed(fault) => anyhow!("{fault}"),
    }
}

/// Targets that there are at most: each has hands of its own in every process.
const TARGETS_MAX: usize = 20;

fn add(url: &str, name: &str, options: &WithConfig) -> Result<()> {
    let (config, app) = open(options)?;
    fit(url, &config.webhooks)?;
    if !(1..=40).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        bail!("a name has 1 to 40 characters");
    }
    if app.view(webhooks::list).wait().map_err(said)?.len() >= TARGETS_MAX {
        bail!("there are {TARGETS_MAX} webhooks already: remove one, or let the backend pass on what it gets");
    }
    let (url, name) = (url.to_owned(), name.to_owned());
    let added = app.change(&operator(), move |change| webhooks::add(change, &name, &url)).wait();
    let (webhook, secret) = added.map_err(said)?;
    println!("{}", shown(&webhook));
    println!("\nIts secret, shown this once:\n\n  {}\n", secret.reveal());
    println!("From now on every item of the feed is sent there. docs/service.md shows how to check the signature.");
    Ok(())
}

/// The targets, each on two lines, and on a third what waits for it.
pub(crate) fn listed(app: &App) -> Result<Vec<String>> {
    let targets = app.view(webhooks::list_with_waiting).wait().map_err(said)?;
    Ok(targets.iter().map(|(webhook, waiting)| shown(webhook) + &waits(waiting)).collect())
}

/// Nothing where nothing waits: "on" alone would say that all is well.
fn waits(waiting: &Waiting) -> String {
    let Some((oldest, said)) = &waiting.oldest else { return String::new() };
    let items = if waiting.items == 1 { "1 item waits".to_owned() } else { format!("{} items wait", waiting.items) };
    let said = match said {
        Some(said) => format!("to that one it said: {said}"),
        None => "that one was not answered yet".to_owned(),
    };
    format!("\n    {items}, the oldest since {}; {said}", oldest.made_at())
}

fn shown(webhook: &Webhook) -> String {
    let state = match webhook.off_at {
        Some(at) => format!("OFF since {at}: it said that it is gone"),
        None => "on".to_owned(),
    };
    format!("{}  {}  {state}\n    {}", webhook.id, webhook.name, webhook.url)
}

fn items(number: u64) -> String {
    if number == 1 { "One item is on its way".to_owned() } else { format!("{number} items are on their way") }
}

/// Items that are shown as given up, at most: more than anybody reads.
const DEAD_SHOWN: i64 = 1000;

fn given_up(dead: &GivenUp) -> String {
    let mut text = String::new();
    for Dead { webhook, dead_at, said, item } in &dead.newest {
        let (id, code, at, account) = (item.id, &item.code, item.at, item.account);
        let _ = writeln!(text, "{id}  {code}  {at}\n    account {account}; to {webhook}, given up {dead_at}: {said}");
    }
    let shown = dead.newest.len();
    if dead.all == 0 {
        text.push_str("Nothing was given up.\n");
    } else if dead.all.unsigned_abs() > shown as u64 {
        let _ =
            writeln!(text, "These are the newest {shown} of {}: `replay ID --dead` sends all of them again.", dead.all);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_was_cut_says_so_and_an_empty_one_too() {
        let of = |all| given_up(&GivenUp { newest: Vec::new(), all });
        assert_eq!(of(0), "Nothing was given up.\n");
        assert!(of(7).starts_with("These are the newest 0 of 7: "), "{}", of(7));
    }
}
