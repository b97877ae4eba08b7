//! The product without its doors, inside this process: what an action and a page of history cost by themselves.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};
use domain::activity::{self, EndedBy};
use domain::clock::SystemClock;
use domain::credentials::BreachedPasswords;
use domain::entropy::SystemEntropy;
use domain::ids::{AccountId, SessionId};
use domain::refusal::Stop;

use domain::settings::Settings;
use domain::{Actor, App, Core, Engine, Keys, Origin, key_check, sessions};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::chance::Chance;
use crate::seed::in_order;
use crate::stopwatch::Stopwatch;

/// How many entries the first page shows.
const PAGE: i64 = 50;
const PAGES: usize = 4_000;

/// The key of every database that the bench writes.
const MASTER: [u8; 32] = [7; 32];

struct NoneKnown;

impl BreachedPasswords for NoneKnown {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

/// The product on this database.
pub(crate) fn app(engine: Box<dyn Engine>) -> App {
    let mut settings = Settings::default();
    // A backlog is made of what one customer does many times.
    settings.guess.freeze_words_daily = i64::MAX;
    let core = Core {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        keys: Keys::from_master(&MASTER),
        settings,
    };
    let breached: Arc<dyn BreachedPasswords> = Arc::new(NoneKnown);
    App::new(core, engine, &breached)
}

/// Creates the product's tables, which its storage does when it opens.
pub(crate) fn open(url: &str) -> Result<App> {
    store::open(url, 4).map(app).map_err(|fault| anyhow!("{fault:?}"))
}

/// Lets the product serve a new database with the key that the bench writes by.
pub(crate) fn hand_over_key(app: &App, directory: &Path) -> Result<()> {
    if let Err(misfit) = key_check::settle(app)? {
        bail!("the bench's keys {misfit}");
    }
    let file = directory.join("countersign.key");
    let mut key = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    key.write_all("07".repeat(MASTER.len()).as_bytes())?;
    Ok(())
}

/// Ends sessions with so many actions under way at once, each of three statements, and answers how many a second.
pub(crate) fn endings_per_second(app: &App, sessions: &[(AccountId, SessionId)], at_once: usize) -> Result<f64> {
    let actor = Actor::visitor(Origin::default());
    let watch = Stopwatch::start();
    let mut under_way = VecDeque::new();
    for (account, session) in sessions.iter().copied() {
        under_way.push_back(app.change(&actor, move |change| sessions::end(change, account, session, EndedBy::You)));
        if under_way.len() == at_once
            && let Some(oldest) = under_way.pop_front()
        {
            oldest.wait().map_err(|stop| stopped(&stop))?;
        }
    }
    for answer in under_way {
        answer.wait().map_err(|stop| stopped(&stop))?;
    }
    Ok(f64::from(u32::try_from(sessions.len())?) / watch.seconds())
}

/// How long the first page of a random history takes.
pub(crate) fn first_pages(app: &App, accounts: u32) -> Result<Percentiles> {
    let mut waits = Vec::with_capacity(PAGES);
    let mut chance = Chance::seeded(5);
    for _ in 0..PAGES {
        waits.push(first_page(app, random(&mut chance, accounts)?)?);
    }
    Ok(percentiles(waits))
}

/// The same beside the same rows with nothing of ours in between, page for page in turns.
pub(crate) fn first_pages_beside_bare(app: &App, file: &Path, accounts: u32) -> Result<(Percentiles, Percentiles)> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let (mut ours, mut bare) = (Vec::with_capacity(PAGES), Vec::with_capacity(PAGES));
    let mut chance = Chance::seeded(6);
    for _ in 0..PAGES {
        ours.push(first_page(app, random(&mut chance, accounts)?)?);
        bare.push(bare_first_page(&connection, random(&mut chance, accounts)?)?);
    }
    Ok((percentiles(ours), percentiles(bare)))
}

fn random(chance: &mut Chance, accounts: u32) -> Result<[u8; 16]> {
    Ok(in_order(u32::try_from(chance.below(usize::try_from(accounts)?))?))
}

fn first_page(app: &App, account: [u8; 16]) -> Result<Duration> {
    let account = AccountId::from_bytes(account);
    let watch = Stopwatch::start();
    let page = app.view(move |view| activity::page(view, account, None, PAGE)).wait().map_err(|stop| stopped(&stop))?;
    let wait = watch.elapsed();
    ensure!(page.entries.len() == usize::try_from(PAGE)?, "a page of {} entries", page.entries.len());
    Ok(wait)
}

fn bare_first_page(connection: &Connection, account: [u8; 16]) -> Result<Duration> {
    let watch = Stopwatch::start();
    let mut statement = connection.prepare_cached(
        "SELECT sequence, at, data, who, session, ip, browser, place, country, spot FROM event
         WHERE account = ?1 ORDER BY sequence DESC LIMIT ?2",
    )?;
    let mut rows = statement.query((account, PAGE))?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let numbers: (i64, i64) = (row.get(0)?, row.get(1)?);
        let texts: Result<Vec<_>, _> = (2..10).map(|column| row.get::<_, Value>(column)).collect();
        entries.push((numbers, texts?));
    }
    let wait = watch.elapsed();
    ensure!(entries.len() == usize::try_from(PAGE)?, "a bare page of {} entries", entries.len());
    Ok(wait)
}

/// The middle of some waits and the 99th of a hundred.
#[derive(Clone, Copy)]
pub(crate) struct Percentiles {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

pub(crate) fn percentiles(mut waits: Vec<Duration>) -> Percentiles {
    waits.sort_unstable();
    Percentiles { p50: waits[waits.len() / 2], p99: waits[waits.len() * 99 / 100] }
}

fn stopped(stop: &Stop) -> anyhow::Error {
    anyhow!("{stop:?}")
}
