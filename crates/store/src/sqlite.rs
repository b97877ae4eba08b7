//! The engine on SQLite: one writer thread, grouped commits, read-only readers.
//!
//! The writer takes what waits, runs each action as a savepoint of one transaction and answers all of them, refusals
//! included, after the group's single fsync. If the group's commit fails, all its members fail: what one was refused on
//! may have been written by another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Condvar, Mutex};
use std::thread::{self, JoinHandle};

use domain::refusal::Fault;
use domain::{Engine, Job, Reading, Rows, Verdict};
use rusqlite::{Connection, OpenFlags};

use crate::migrate;
use crate::tx::{Tx, sqlite_fault};

/// Actions of one group, at most: enough to share an fsync, few enough that none waits long for its neighbours.
const GROUP: usize = 64;

/// Actions that may wait before more are turned away.
const QUEUE: usize = 4096;

/// Older ones can corrupt a WAL database (<https://sqlite.org/wal.html#the_wal_reset_bug>).
const VERSION_MIN: i32 = 3_051_003;

/// SQLite in a file.
pub struct Sqlite {
    jobs: Option<SyncSender<Box<dyn Job>>>,
    writer: Option<JoinHandle<()>>,
    readers: Readers,
}

impl Sqlite {
    /// Opens the file, creates and migrates it as needed, and starts the writer. `readers` connections read at once.
    pub fn open(path: &Path, readers: usize) -> Result<Self, Fault> {
        if rusqlite::version_number() < VERSION_MIN {
            return Err(Fault::broken(format!("SQLite {} is too old to be safe", rusqlite::version())));
        }
        let mut connection = Connection::open(path).map_err(sqlite_fault)?;
        prepare_writer(&connection).map_err(sqlite_fault)?;
        migrate::sqlite(&mut connection)?;
        let (jobs, queue) = sync_channel(QUEUE);
        let writer = thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write(&connection, &queue))
            .map_err(Fault::broken)?;
        Ok(Self { jobs: Some(jobs), writer: Some(writer), readers: Readers::new(path.to_owned(), readers) })
    }
}

impl Drop for Sqlite {
    /// Finishes what was taken on.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // It caught every panic of an action; one of its own leaves nothing to wait for.
            let _ = writer.join();
        }
    }
}

impl Engine for Sqlite {
    fn write(&self, job: Box<dyn Job>) {
        let Some(jobs) = &self.jobs else { return };
        match jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => job.done(Err(Fault::Busy("the writer's queue is full".into()))),
            Err(TrySendError::Disconnected(job)) => job.done(Err(Fault::broken("the writer has stopped"))),
        }
    }

    fn read(&self, mut reading: Box<dyn Reading>) {
        let outcome = self.readers.with(|connection| read(connection, &mut *reading));
        reading.done(outcome);
    }

    fn name(&self) -> &'static str {
        "sqlite"
    }
}

fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(())
}

fn write(connection: &Connection, queue: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = queue.recv() {
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            first.done(Err(sqlite_fault(error)));
            continue;
        }
        let mut group: Vec<(Box<dyn Job>, Result<(), Fault>)> = Vec::new();
        let mut next = Some(first);
        while let Some(mut job) = next {
            let ran = run(connection, &mut *job);
            let broken = connection.is_autocommit();
            group.push((job, ran));
            // Some failures (a full disk, an I/O error) end the whole transaction by themselves.
            next = if broken || group.len() >= GROUP { None } else { queue.try_recv().ok() };
        }
        let commit = if connection.is_autocommit() {
            Err(Fault::broken("SQLite ended the transaction"))
        } else {
            connection.execute_batch("COMMIT").map_err(sqlite_fault)
        };
        if commit.is_err() && !connection.is_autocommit() {
            // What cannot be rolled back now is rolled back when the file is next opened.
            let _ = connection.execute_batch("ROLLBACK");
        }
        for (job, ran) in group {
            job.done(ran.and(commit.clone()));
        }
    }
}

/// Runs one job in a savepoint of its own.
fn run(connection: &Connection, job: &mut dyn Job) -> Result<(), Fault> {
    match in_savepoint(connection, |tx| job.run(tx))? {
        Verdict::Keep => Ok(()),
        Verdict::Discard => in_savepoint(connection, |tx| job.leave_trace(tx)).map(drop),
    }
}

fn in_savepoint(connection: &Connection, act: impl FnOnce(&mut dyn Rows) -> Verdict) -> Result<Verdict, Fault> {
    execute(connection, "SAVEPOINT action")?;
    let mut tx = Tx::sqlite(connection);
    // A panic in an action is that action's failure and nobody else's.
    let verdict = catch_unwind(AssertUnwindSafe(|| act(&mut tx)));
    if connection.is_autocommit() {
        return Err(Fault::broken("SQLite ended the transaction"));
    }
    if !matches!(verdict, Ok(Verdict::Keep)) {
        execute(connection, "ROLLBACK TO action")?;
    }
    execute(connection, "RELEASE action")?;
    verdict.map_err(|_| Fault::broken("an action panicked"))
}

fn execute(connection: &Connection, text: &str) -> Result<(), Fault> {
    connection.prepare_cached(text).and_then(|mut statement| statement.execute([])).map(drop).map_err(sqlite_fault)
}

fn read(connection: &Connection, reading: &mut dyn Reading) -> Result<(), Fault> {
    execute(connection, "BEGIN")?;
    let mut tx = Tx::sqlite(connection);
    let ran = catch_unwind(AssertUnwindSafe(|| reading.run(&mut tx)));
    execute(connection, "COMMIT")?;
    ran.map_err(|_| Fault::broken("a reading panicked"))
}

/// Read-only connections, opened when they are first needed.
struct Readers {
    path: PathBuf,
    idle: Mutex<Pool>,
    returned: Condvar,
}

struct Pool {
    connections: Vec<Connection>,
    unopened: usize,
}

impl Readers {
    fn new(path: PathBuf, most: usize) -> Self {
        Self { path, idle: Mutex::new(Pool { connections: Vec::new(), unopened: most }), returned: Condvar::new() }
    }

    fn with<T>(&self, act: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let connection = self.take()?;
        let outcome = act(&connection);
        if !connection.is_autocommit() {
            // The reading failed between BEGIN and COMMIT; a reader that cannot be reset is replaced.
            if connection.execute_batch("ROLLBACK").is_err() {
                self.pool().unopened += 1;
                self.returned.notify_one();
                return outcome;
            }
        }
        self.pool().connections.push(connection);
        self.returned.notify_one();
        outcome
    }

    fn take(&self) -> Result<Connection, Fault> {
        let mut pool = self.pool();
        loop {
            if let Some(connection) = pool.connections.pop() {
                return Ok(connection);
            }
            if pool.unopened > 0 {
                pool.unopened -= 1;
                drop(pool);
                return self.open().inspect_err(|_| {
                    self.pool().unopened += 1;
                    self.returned.notify_one();
                });
            }
            // Readings take microseconds, so this wait is short even on an async thread.
            pool = self.returned.wait(pool).expect("no holder of this lock panics");
        }
    }

    fn open(&self) -> Result<Connection, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.pragma_update(None, "trusted_schema", "OFF")?;
            connection.busy_timeout(std::time::Duration::from_secs(2))?;
            connection.set_prepared_statement_cache_capacity(128);
            Ok(connection)
        };
        open().map_err(sqlite_fault)
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, Pool> {
        self.idle.lock().expect("no holder of this lock panics")
    }
}
