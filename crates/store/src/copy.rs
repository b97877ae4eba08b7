//! A copy of a SQLite database: made while it is served, and checked before it is put in place.

use std::path::Path;
use std::time::Duration;

use domain::clock::{Span, Time};
use domain::refusal::Fault;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::look::{Look, look_at_sqlite};
use crate::tx::sqlite_fault;

/// Pages of one step: a few milliseconds of reading, so that a bar moves and the disk is shared.
const STEP: i32 = 1024;

/// The moment of a copy stands in its `user_version`, a number of 32 bits that SQLite keeps for its user: minutes since 1970.
const MINUTE: i64 = 60;

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// When it was made, to the minute.
    pub made_at: Time,
    /// The last step of the migrations in it.
    pub step: Option<i64>,
}

/// Copies the database as it is at one moment, however much is written meanwhile. `told` hears how many pages are done, of
/// how many.
///
/// An open reading holds that moment: without one SQLite begins again whenever another process writes, and would never
/// end beside a busy one.
pub fn copy(from: &Path, to: &Path, now: Time, mut told: impl FnMut(u64, u64)) -> Result<(), Fault> {
    let mut run = || -> rusqlite::Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let source = Connection::open_with_flags(from, flags)?;
        source.busy_timeout(Duration::from_secs(10))?;
        source.execute_batch("BEGIN")?;
        source.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        let mut target = Connection::open(to)?;
        let backup = Backup::new(&source, &mut target)?;
        loop {
            let step = backup.step(STEP)?;
            let progress = backup.progress();
            let number = |pages: i32| u64::try_from(pages).unwrap_or(0);
            told(number(progress.pagecount - progress.remaining), number(progress.pagecount));
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                // Somebody holds the file for a moment.
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        drop(backup);
        // One file, with nothing beside it.
        target.pragma_update(None, "journal_mode", "DELETE")?;
        target.pragma_update(None, "user_version", now.as_second() / MINUTE)
    };
    run().map_err(sqlite_fault)
}

/// Checks a copy from its first page to its last, and says what it holds.
pub fn check(path: &Path) -> Result<Copied, Fault> {
    let run = || -> rusqlite::Result<(String, i64, i64)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        let verdict = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        let orphans = "SELECT count(*) FROM pragma_foreign_key_check";
        let orphans = connection.query_row(orphans, [], |row| row.get(0))?;
        Ok((verdict, orphans, connection.query_row("PRAGMA user_version", [], |row| row.get(0))?))
    };
    let (verdict, orphans, minutes) = run().map_err(sqlite_fault)?;
    if verdict != "ok" {
        return Err(Fault::broken(format!("the copy is damaged: {verdict}")));
    }
    if orphans > 0 {
        return Err(Fault::broken(format!("the copy is damaged: {orphans} rows belong to nothing")));
    }
    let Look { step, .. } = look_at_sqlite(path)?;
    let made_at = Time::UNIX_EPOCH + Span::from_secs(minutes.saturating_mul(MINUTE));
    Ok(Copied { made_at, step })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use testkit::Database;

    use super::*;

    fn path(database: &Database) -> &Path {
        Path::new(database.url().strip_prefix("sqlite:").expect("a file"))
    }

    fn now() -> Time {
        "2026-11-22T12:34:00Z".parse().unwrap()
    }

    #[test]
    fn a_copy_beside_a_writer_that_never_rests_is_one_moment_and_ends() {
        let (database, copied) = (Database::sqlite(), Database::sqlite());
        drop(crate::open(database.url(), 1).unwrap());
        let mut writer = Connection::open(path(&database)).unwrap();
        let writer = writer.transaction().unwrap();
        writer.execute_batch("CREATE TABLE pair (a INTEGER, b INTEGER, filling BLOB) STRICT").unwrap();
        for number in 0..3000 {
            writer.execute("INSERT INTO pair VALUES (?1, ?1, zeroblob(3000))", [number]).unwrap();
        }
        writer.commit().unwrap();
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let writing = scope.spawn(|| {
                let writer = Connection::open(path(&database)).unwrap();
                let mut written = 0;
                while !over.load(Ordering::Relaxed) {
                    writer
                        .execute_batch("BEGIN; UPDATE pair SET a = a + 1; UPDATE pair SET b = b + 1; COMMIT")
                        .unwrap();
                    written += 1;
                }
                written
            });
            let mut shown = (0, 0);
            copy(path(&database), path(&copied), now(), |done, all| shown = (done, all)).unwrap();
            over.store(true, Ordering::Relaxed);
            assert!(writing.join().unwrap() > 0);
            assert!(shown.0 == shown.1 && shown.0 > 2000, "{shown:?}");
        });
        let connection = Connection::open(path(&copied)).unwrap();
        let torn = "SELECT count(*) FROM pair WHERE a <> b OR a - rowid <> (SELECT a - rowid FROM pair LIMIT 1)";
        assert_eq!(connection.query_row(torn, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
        let checked = check(path(&copied)).unwrap();
        assert_eq!(checked, Copied { made_at: now(), step: Some(crate::present_step()) });
    }

    #[test]
    fn a_damaged_copy_and_what_is_none_are_told() {
        let (database, copied) = (Database::sqlite(), Database::sqlite());
        drop(crate::open(database.url(), 1).unwrap());
        copy(path(&database), path(&copied), now(), |_, _| {}).unwrap();
        let whole = std::fs::read(path(&copied)).unwrap();
        std::fs::write(path(&copied), &whole[..whole.len() / 2]).unwrap();
        assert!(check(path(&copied)).is_err());
        let mut torn = whole;
        let middle = torn.len() / 2 / 4096 * 4096;
        torn[middle..middle + 64].fill(0xAB);
        std::fs::write(path(&copied), &torn).unwrap();
        assert!(check(path(&copied)).is_err());
        std::fs::write(path(&copied), "no database at all").unwrap();
        assert!(check(path(&copied)).is_err());
    }
}
