//! `countersign demo`: a made-up exchange, with its own mail server and SMS gateway in the process, so that the same carriers send as
//! in production. Its pages exist here only; `serve` has no way to them.

mod address;
mod authenticator;
mod clock;
mod handset;
mod history;
mod mailbox;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use data_encoding::HEXLOWER;
use domain::Time;
use domain::clock::Clock;
use domain::entropy::{Entropy, SystemEntropy};
use outside::mailbox::Mailbox;

use crate::config::Config;
use crate::crowd::Limits;
use crate::demo::address::Address;
use crate::demo::authenticator::Authenticator;
use crate::demo::clock::DemoClock;
use crate::demo::handset::Handset;
use crate::demo::history::Backend;
use crate::machine::Machine;
use crate::serve::{self, StopSignals};
use crate::server::{self, Listening};

/// What the demo can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// Where to listen; away from localhost it speaks TLS with a certificate made at start
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The address that people type, if it is not that of this computer: links lead there, and nothing else is answered
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where to keep the data: a new directory of its own unless said otherwise
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
}

/// Runs the demo until it is stopped.
pub(crate) fn run(options: &Options) -> Result<()> {
    // The terminal belongs to the welcome; only what goes wrong is logged, unless more is asked for.
    crate::logs::start("warn");
    let fresh = match &options.directory {
        None => Some(tempfile::Builder::new().prefix("countersign-demo-").tempdir()?),
        Some(_) => None,
    };
    let directory = options.directory.clone().or_else(|| fresh.as_ref().map(|fresh| fresh.path().to_owned()));
    let directory = directory.context("a directory for the demo")?;
    serve::runtime()?.block_on(async {
        let signals = StopSignals::hear()?;
        // Taken first, for the port is part of the address.
        let mut listening = Listening::on(options.listen, None, Limits::of_the_system(&[])).await?;
        let listen = listening.listener.local_addr()?;
        let address = Address::of(listen, options.url.as_deref())?;
        if address::away(listen) {
            listening.tls = Some(server::tls_self_signed(address.host())?);
        }
        let clock = Arc::new(DemoClock::weeks_ago());
        let mailbox = Arc::new(Mailbox::open(clock.clone()).await?);
        let passwords = Passwords::make();
        let handset = Handset::open(clock.clone(), &passwords.gateway).await?;
        let carriers = Carriers { mail: mailbox.address(), sms: handset.address, passwords: &passwords };
        let config = settings(&directory, address.url(), &carriers)?;
        let new = !directory.join("countersign.db").exists();
        let on = clock.clone();
        let machine = tokio::task::spawn_blocking(move || Machine::build(&config, on)).await??;
        let authenticator = Arc::new(Authenticator::open(directory.join("authenticator.txt")));
        let mut backend = None;
        if new {
            println!("Making up an exchange …");
            backend = Some(history::make_up(&machine, &clock, &authenticator).await?);
        }
        clock.go_live();
        let report = backend.map(|backend| how_to_report(&backend, listen, clock.now())).unwrap_or_default();
        println!("{}", welcome(&address, &report, listen, &directory));
        let demo = mailbox::router(&machine.web, mailbox, handset, &passwords.hooks)
            .merge(authenticator::router(&machine.web, authenticator));
        let router = web::routes::router(&machine.web).merge(address::only_there(&address, demo));
        serve::until_stopped(machine, listening, router, signals).await;
        Ok(())
    })
}

/// What the demo's own gateway and site say to each other, made new at each start.
struct Passwords {
    gateway: String,
    hooks: String,
}

impl Passwords {
    fn make() -> Self {
        let word = || {
            let mut bytes = [0; 16];
            SystemEntropy.fill(&mut bytes);
            HEXLOWER.encode(&bytes)
        };
        Self { gateway: word(), hooks: word() }
    }
}

/// Where the demo's own mail server and SMS gateway are.
struct Carriers<'a> {
    mail: SocketAddr,
    sms: SocketAddr,
    passwords: &'a Passwords,
}

fn settings(directory: &std::path::Path, url: &str, carriers: &Carriers<'_>) -> Result<Config> {
    let text = format!(
        "[operator]\nname = \"Harbour\"\nurl = \"{url}\"\nsupport_address = \"support@exchange.example\"\n\
         [storage]\nurl = {:?}\nkey_file = {:?}\n\
         [mail]\nhost = \"127.0.0.1\"\nport = {}\nfrom = \"no-reply@exchange.example\"\n\
         [phone]\nreplies = true\nsign_in_codes = true\n\
         [sms]\ngateway = \"kannel\"\nurl = \"http://{sms}/cgi-bin/sendsms\"\nuser = \"{}\"\npassword = \"{}\"\n\
         from = \"+447700900100\"\nhooks_url = \"http://{sms}\"\nhooks_password = \"{}\"\n",
        format!("sqlite:{}", directory.join("countersign.db").display()),
        directory.join("countersign.key").display().to_string(),
        carriers.mail.port(),
        handset::USER,
        carriers.passwords.gateway,
        carriers.passwords.hooks,
        sms = carriers.sms,
    );
    let mut config = Config::from_parts(&text, std::iter::empty())?;
    config.demo = true;
    Ok(config)
}

/// How to be the exchange's own backend: a command that works as it stands. The secret in it opens nothing from elsewhere.
fn how_to_report(backend: &Backend, listen: SocketAddr, now: Time) -> String {
    if address::away(listen) {
        return String::new();
    }
    let secret = backend.secret.reveal();
    let body = serde_json::json!({ "events": [{
        "account": backend.account, "kind": "withdrawal", "asset": "BTC", "amount": "0.01",
        "reference": "W-1000", "happened_at": now,
    }] });
    format!(
        "\x20 7. Be the exchange's own backend, and report a withdrawal of Mira's. She is told at once:\n\
         \x20    curl -s http://{listen}/api/v1/service/events -H 'Authorization: Bearer {secret}' \\\n\
         \x20      -H 'Content-Type: application/json' -H 'Idempotency-Key: my-first' -d '{body}'\n"
    )
}

fn welcome(address: &Address, report: &str, listen: SocketAddr, directory: &std::path::Path) -> String {
    let url = address.url();
    let guessed = if address.guessed() {
        "It can be reached from other computers, but its links lead to this one: say with --url what people type.\n\n"
    } else {
        ""
    };
    let line = |person: &history::Customer| format!("  {:<20} {:<34} {}", person.email, person.password, person.about);
    let people = history::PEOPLE.iter().map(line).collect::<Vec<_>>().join("\n");
    format!(
        "\nHarbour, a made-up exchange, is open:  {url}\n\n\
         Every e-mail and SMS it sends lies in {url}/demo/mailbox\n\
         The customers' authenticator apps:    {url}/demo/authenticator\n\n{guessed}\
         Sign in as\n{people}\n\n\
         Try first:\n\
         \x20 1. Sign in as Mira. Your browser is new to her account, so nobody is let in yet:\n\
         \x20    open the link in the mailbox, in the same browser.\n\
         \x20 2. Look at Settings > Security: every sign-in, attempt and sign-out.\n\
         \x20 3. Sign in as Mira from a second browser, and say \"this wasn't me\" from the letter.\n\
         \x20 4. See the account frozen, and the case in support's mail.\n\
         \x20 5. Sign in as Noor: she has an authenticator app.\n\
         \x20 6. Mira has a phone: answer one of its SMS in the mailbox with FREEZE.\n{report}\n\
         Listening on {listen}. Data: {} (made new at each start). Stop with Ctrl-C.\n",
        directory.display()
    )
}
