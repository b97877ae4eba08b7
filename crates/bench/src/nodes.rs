//! Several nodes of the product on one PostgreSQL, beside what the server does for somebody who asks it and nothing else.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use postgres::{Client, NoTls, Statement};
use tokio::runtime::Runtime;

use crate::chance::Chance;
use crate::limits::argon2_per_second;
use crate::load::{self, Ask};
use crate::process::Process;
use crate::seed::{self, Customers, Sizes};
use crate::sheet::Sheet;
use crate::stopwatch::Stopwatch;
use crate::{Scale, inside, product, sink};

/// Shorter than elsewhere: there are nine of them in each repetition.
const TIME: Duration = Duration::from_secs(2);

/// Clients in all, however many nodes they are spread over.
const SIGNING_IN: u64 = 8;
const CHECKING: u64 = 16;
const CHANGING: u64 = 32;

/// How many nodes, and what their figures are called: sign-ins, session checks, durable events.
const RUNS: [(usize, [&str; 3]); 3] = [
    (1, ["nodes 1 sign-ins", "nodes 1 checks", "nodes 1 events"]),
    (2, ["nodes 2 sign-ins", "nodes 2 checks", "nodes 2 events"]),
    (4, ["nodes 4 sign-ins", "nodes 4 checks", "nodes 4 events"]),
];

/// A PostgreSQL database with customers in it.
pub(crate) struct Nodes<'a> {
    runtime: &'a Runtime,
    url: String,
    directory: PathBuf,
    mail_port: u16,
    customers: Arc<Customers>,
    checked: usize,
    signed_out: Arc<AtomicUsize>,
}

impl<'a> Nodes<'a> {
    /// Nothing where there is no server.
    pub(crate) fn prepare(runtime: &'a Runtime, scratch: &Path, scale: Scale) -> Result<Option<Self>> {
        let Ok(server) = std::env::var(crate::histories::POSTGRES_VARIABLE) else { return Ok(None) };
        println!("writing {} accounts into PostgreSQL", scale.on_nodes);
        let url = seed::new_postgres_database(&server, "nodes")?;
        let app = inside::open(&url)?;
        let phc = runtime.block_on(seed::hash(&app))?;
        let directory = scratch.join("nodes");
        std::fs::create_dir_all(&directory)?;
        inside::hand_over_key(&app, &directory)?;
        drop(app);
        let sizes = Sizes { accounts: scale.on_nodes, sessions: scale.on_nodes, known: 64 };
        let customers = Arc::new(seed::customers_postgres(&url, sizes, &phc)?);
        raw_table(&url)?;
        let checked = usize::try_from(scale.checked)?.min(customers.sessions.len() / 4);
        let signed_out = Arc::new(AtomicUsize::new(checked));
        Ok(Some(Self { runtime, url, directory, mail_port: sink::start()?, customers, checked, signed_out }))
    }

    /// One, two and four nodes, each figure from the same clients.
    pub(crate) fn measure(&self, sheet: &mut Sheet) -> Result<()> {
        let cores = u32::try_from(std::thread::available_parallelism()?.get())?;
        sheet.note("nodes argon2", argon2_per_second(cores)?);
        sheet.note("raw postgres checks", self.raw(CHECKING, &CHECK)?);
        sheet.note("raw postgres commits", self.raw(CHANGING, &COMMIT)?);
        for (number, [sign_ins, checks, events]) in RUNS {
            let started: Result<Vec<Process>> = (0..number).map(|node| self.node(node)).collect();
            let started = started?;
            let nodes: Vec<SocketAddr> = started.iter().map(|node| node.address).collect();
            sheet.note(sign_ins, self.put(&nodes, SIGNING_IN, &product::sign_ins(&self.customers))?);
            sheet.note(checks, self.put(&nodes, CHECKING, &product::session_checks(&self.customers, self.checked))?);
            sheet.note(events, self.put(&nodes, CHANGING, &product::sign_outs(&self.customers, &self.signed_out))?);
        }
        Ok(())
    }

    fn node(&self, number: usize) -> Result<Process> {
        let here = self.directory.join(number.to_string());
        std::fs::create_dir_all(&here)?;
        product::serve_on(&self.url, &self.directory.join("countersign.key"), &here, self.mail_port)
    }

    /// Answers a second from all nodes together, whose clients are the same number each.
    fn put(&self, nodes: &[SocketAddr], clients: u64, ask: &Arc<Ask>) -> Result<f64> {
        let each = clients / u64::try_from(nodes.len())?;
        self.runtime.block_on(async {
            let put = |node: &SocketAddr| tokio::spawn(load::put(*node, each, TIME, Arc::clone(ask)));
            let under_way: Vec<_> = nodes.iter().map(put).collect();
            let mut all = 0.0;
            for one in under_way {
                all += one.await??.per_second;
            }
            Ok(all)
        })
    }

    /// The same question over and over on so many connections, with nothing of ours in between; answers a second.
    fn raw(&self, connections: u64, ask: &'static Raw) -> Result<f64> {
        let watch = Stopwatch::start();
        let one = |number: u64| {
            let (url, customers) = (self.url.clone(), Arc::clone(&self.customers));
            std::thread::spawn(move || -> Result<u32> {
                let mut client = Client::connect(&url, NoTls)?;
                let prepared = client.prepare(ask.text)?;
                let (mut chance, mut answered) = (Chance::seeded(number + 1), 0);
                while watch.elapsed() < TIME {
                    (ask.run)(&mut client, &prepared, &customers, &mut chance)?;
                    answered += 1;
                }
                Ok(answered)
            })
        };
        let threads: Vec<_> = (0..connections).map(one).collect();
        let mut all = 0;
        for thread in threads {
            all += thread.join().ok().context("asking does not panic")??;
        }
        Ok(f64::from(all) / watch.seconds())
    }
}

fn raw_table(url: &str) -> Result<()> {
    let text = "CREATE TABLE raw (account BYTEA NOT NULL, sequence BIGINT NOT NULL, detail BYTEA NOT NULL,
        PRIMARY KEY (account, sequence)); ANALYZE";
    Client::connect(url, NoTls)?.batch_execute(text)?;
    Ok(())
}

/// What is asked of the server with nothing in between.
struct Raw {
    text: &'static str,
    run: fn(&mut Client, &Statement, &Customers, &mut Chance) -> Result<(), postgres::Error>,
}

/// A session joined to its account, by primary keys.
const CHECK: Raw = Raw {
    text: "SELECT account.email, session.epoch FROM session JOIN account ON account.id = session.account WHERE session.id = $1",
    run: |client, prepared, customers, chance| {
        let (_, session) = customers.session_ids[chance.below(customers.session_ids.len())];
        client.query_one(prepared, &[&session.as_bytes().as_slice()]).map(drop)
    },
};

/// One row in a commit of its own, which is synced before the answer.
const COMMIT: Raw = Raw {
    text: "INSERT INTO raw (account, sequence, detail) VALUES ($1, $2, $3)",
    run: |client, prepared, _, chance| {
        // Never given twice, in whichever repetition.
        static NEXT: AtomicI64 = AtomicI64::new(0);
        let (account, sequence) = (chance.bytes::<16>(), NEXT.fetch_add(1, Ordering::Relaxed));
        client.execute(prepared, &[&account.as_slice(), &sequence, &[7_u8; 160].as_slice()]).map(drop)
    },
};
