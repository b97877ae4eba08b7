//! The first page of activity among few, many and very many entries, on both databases.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use domain::App;

use crate::inside::Percentiles;
use crate::sheet::Sheet;
use crate::{Scale, inside, seed};

/// Where a PostgreSQL server is, if there is one.
pub(crate) const POSTGRES_VARIABLE: &str = "COUNTERSIGN_TEST_POSTGRES";

/// A thousand histories of a hundred entries: between one, and as many as the scale says.
const MANY: u32 = 1_000;

/// Databases of three sizes, each open. The largest on SQLite stands apart: it has a limit beside it.
pub(crate) struct Histories {
    open: Vec<(App, u32, [&'static str; 2])>,
    largest: (PathBuf, App),
    most: u32,
}

impl Histories {
    pub(crate) fn prepare(scratch: &Path, scale: Scale) -> Result<Self> {
        let most = scale.histories;
        let mut open = Vec::new();
        for (names, count) in
            [(["sqlite few p50", "sqlite few p99"], 1), (["sqlite many p50", "sqlite many p99"], MANY)]
        {
            let (_, app) = in_sqlite(scratch, count)?;
            open.push((app, count, names));
        }
        let largest = in_sqlite(scratch, most)?;
        if let Ok(server) = std::env::var(POSTGRES_VARIABLE) {
            for (names, count) in [
                (["postgres few p50", "postgres few p99"], 1),
                (["postgres many p50", "postgres many p99"], MANY),
                (["postgres most p50", "postgres most p99"], most),
            ] {
                open.push((in_postgres(&server, count)?, count, names));
            }
        }
        Ok(Self { open, largest, most })
    }

    pub(crate) fn read(&self, sheet: &mut Sheet) -> Result<()> {
        for (app, count, names) in &self.open {
            note(sheet, *names, inside::first_pages(app, *count)?);
        }
        let (file, app) = &self.largest;
        let (ours, bare) = inside::first_pages_beside_bare(app, file, self.most)?;
        note(sheet, ["sqlite most p50", "sqlite most p99"], ours);
        note(sheet, ["bare most p50", "bare most p99"], bare);
        Ok(())
    }
}

fn note(sheet: &mut Sheet, names: [&'static str; 2], waits: Percentiles) {
    sheet.note(names[0], milliseconds(waits.p50));
    sheet.note(names[1], milliseconds(waits.p99));
}

pub(crate) fn milliseconds(wait: Duration) -> f64 {
    wait.as_secs_f64() * 1000.0
}

fn in_sqlite(scratch: &Path, histories: u32) -> Result<(PathBuf, App)> {
    println!("writing {} entries into SQLite", histories * seed::ENTRIES);
    let file = scratch.join(format!("histories-{histories}.db"));
    let app = inside::open(&format!("sqlite:{}", file.display()))?;
    seed::histories_sqlite(&file, histories)?;
    Ok((file, app))
}

fn in_postgres(server: &str, histories: u32) -> Result<App> {
    println!("writing {} entries into PostgreSQL", histories * seed::ENTRIES);
    let url = seed::new_postgres_database(server, &format!("histories_{histories}"))?;
    let app = inside::open(&url)?;
    seed::histories_postgres(&url, histories)?;
    Ok(app)
}
