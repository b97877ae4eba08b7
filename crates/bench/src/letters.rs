//! Letters: how long one takes from its event to the mail server's yes while the site is busy, and how fast many drain
//! that waited.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use domain::clock::{Clock, SystemClock, Time};
use domain::ids::AccountId;
use domain::{Actor, Origin, protections};
use rusqlite::{Connection, OpenFlags};
use tokio::runtime::Runtime;

use crate::histories::milliseconds;
use crate::seed::{self, Sizes};
use crate::sheet::Sheet;
use crate::site::{database, url};
use crate::stopwatch::Stopwatch;
use crate::{inside, product, sink};

/// Customers among whom the letters of a backlog are spread.
const CUSTOMERS: u32 = 10_000;

/// Changes under way at once while the backlog is written.
const AT_ONCE: usize = 64;

/// Queues so many letters while nobody hands any over, then starts the product and counts how many it hands over a second.
pub(crate) fn backlog(runtime: &Runtime, scratch: &Path, letters: u32, sheet: &mut Sheet) -> Result<()> {
    println!("queueing {letters} letters");
    let directory = scratch.join("backlog");
    database(runtime, &directory, Sizes { accounts: CUSTOMERS, sessions: 0, known: 0 })?;
    queue(&directory, letters)?;
    let outbox = Outbox::of(&directory)?;
    let _product = product::serve(&directory, sink::start()?, false)?;
    let (watch, before) = (Stopwatch::start(), outbox.waiting()?);
    ensure!(before > letters / 2, "most were gone before anybody looked");
    outbox.drain()?;
    sheet.note("backlog", f64::from(before) / watch.seconds());
    ensure!(outbox.sent()? == letters, "letters were lost");
    Ok(())
}

fn queue(directory: &Path, letters: u32) -> Result<()> {
    let app = inside::open(&url(directory))?;
    let actor = Actor::visitor(Origin::default());
    let mut under_way = VecDeque::new();
    for number in 0..letters {
        let account = AccountId::from_bytes(seed::in_order(number % CUSTOMERS));
        under_way.push_back(app.change(&actor, move |change| protections::replace_freeze_words(change, account)));
        if under_way.len() == AT_ONCE
            && let Some(oldest) = under_way.pop_front()
        {
            oldest.wait().map_err(|stop| anyhow!("{stop:?}"))?;
        }
    }
    for answer in under_way {
        answer.wait().map_err(|stop| anyhow!("{stop:?}"))?;
    }
    Ok(())
}

/// The outbox of a product that runs, as one sees it from outside.
pub(crate) struct Outbox(Connection);

impl Outbox {
    pub(crate) fn of(directory: &Path) -> Result<Self> {
        let file = directory.join("countersign.db");
        Ok(Self(Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?))
    }

    fn waiting(&self) -> Result<u32> {
        Ok(self.0.query_row(
            "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL AND carrier <> 'sms'",
            [],
            |row| row.get(0),
        )?)
    }

    fn sent(&self) -> Result<u32> {
        Ok(self.0.query_row("SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL", [], |row| row.get(0))?)
    }

    /// Waits until nothing waits.
    pub(crate) fn drain(&self) -> Result<()> {
        let watch = Stopwatch::start();
        while self.waiting()? > 0 {
            ensure!(watch.seconds() < 1800.0, "letters wait for ever");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// How long the letters of events since then took, from the beginning of the change to the mail server's yes.
    pub(crate) fn note_hand_off(&self, since: Time, sheet: &mut Sheet) -> Result<()> {
        let mut statement = self.0.prepare(
            "SELECT o.sent_at - e.at FROM outbox o JOIN event e ON e.account = o.account AND e.sequence = o.sequence
             WHERE o.sent_at IS NOT NULL AND e.at >= ?1",
        )?;
        let waits = statement.query_map([since.as_microsecond()], |row| row.get::<_, i64>(0))?;
        let waits: Result<Vec<_>> = waits.map(|wait| Ok(Duration::from_micros(u64::try_from(wait?)?))).collect();
        let waits = waits?;
        ensure!(waits.len() > 20, "only {} letters went out", waits.len());
        let all = inside::percentiles(waits);
        sheet.note("hand-off p50", milliseconds(all.p50));
        sheet.note("hand-off p99", milliseconds(all.p99));
        Ok(())
    }
}

/// Now, as the product writes it down.
pub(crate) fn now() -> Time {
    SystemClock.now()
}
