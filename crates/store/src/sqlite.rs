//! The engine on SQLite: one writer thread, grouped commits, read-only readers.
//!
//! The writer takes what waits, runs each action as a savepoint of one transaction and answers all of them, refusals
//! included, after the group's single fsync. If the group's commit fails, all its members fail: what one was refused on
//! may have been written by another.
//!
//! After an fsync that failed, the system may call pages clean that never reached the disk, and a later fsync that
//! succeeds says nothing about them. Here that is safe for two reasons. While the process lives, the next commit writes
//! over the failed one, so it makes the same pages dirty again. When a new process finds a failed commit whole in the
//! WAL, it takes it for a good one, so before it acknowledges anything it copies the WAL into the database and starts
//! an empty one: see [`Writer::settle`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Condvar, Mutex};
use std::thread::{self, JoinHandle};

use domain::meters::{Commits, Stopwatch};
use domain::refusal::Fault;
use domain::{Engine, Job, Reading, Rows, Verdict};
use rusqlite::{Connection, OpenFlags};

use crate::migrate;
use crate::tx::{Tx, sqlite_commit_fault, sqlite_fault};

/// Actions of one group, at most: enough to share an fsync, few enough that none waits long for its neighbours.
const GROUP: usize = 64;

/// Actions that may wait before more are turned away.
const QUEUE: usize = 4096;

/// Pages that one reader keeps for itself.
const READER_CACHE_KIB: i64 = 512;

/// Older ones can corrupt a WAL database (<https://sqlite.org/wal.html#the_wal_reset_bug>).
const VERSION_MIN: i32 = 3_051_003;

/// SQLite in a file.
pub struct Sqlite {
    jobs: Option<SyncSender<Box<dyn Job>>>,
    writer: Option<JoinHandle<()>>,
    readers: Readers,
    commits: Commits,
}

impl Sqlite {
    /// Opens the file, creates and migrates it as needed, and starts the writer. `readers` connections read at once.
    pub fn open(path: &Path, readers: usize) -> Result<Self, Fault> {
        if rusqlite::version_number() < VERSION_MIN {
            return Err(Fault::broken(format!("SQLite {} is too old to be safe", rusqlite::version())));
        }
        let mut connection = open_writer(path).map_err(sqlite_fault)?;
        migrate::sqlite(&mut connection)?;
        let commits = Commits::default();
        let counted = commits.clone();
        let writer = Writer { path: path.to_owned(), connection, state: State::Unsettled, commits: counted };
        let (jobs, queue) = sync_channel(QUEUE);
        let writer = thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || writer.work(&queue))
            .map_err(Fault::broken)?;
        Ok(Self { jobs: Some(jobs), writer: Some(writer), readers: Readers::new(path.to_owned(), readers), commits })
    }
}

impl Drop for Sqlite {
    /// Finishes what was taken on.
    fn drop(&mut self) {
        // First, because the last to close empties the WAL, which a reader cannot.
        self.readers.pool().connections.clear();
        self.jobs = None;
        // An action holds the app; whoever finishes the last one drops the engine, and may be the writer itself.
        if let Some(writer) = self.writer.take().filter(|writer| writer.thread().id() != thread::current().id()) {
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

    fn commits(&self) -> Commits {
        self.commits.clone()
    }

    fn name(&self) -> &'static str {
        "sqlite"
    }
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    // What customers wrote never spills into files outside the database's directory.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// How far the writer's connection can be relied on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The WAL may hold a commit whose fsync failed in an earlier process.
    Unsettled,
    /// Every commit that this process builds on is on the disk.
    Sound,
    /// A commit failed; the connection is replaced before the next group.
    Suspect,
}

/// The one connection that writes, on a thread of its own.
struct Writer {
    path: PathBuf,
    connection: Connection,
    state: State,
    commits: Commits,
}

impl Writer {
    fn work(mut self, queue: &Receiver<Box<dyn Job>>) {
        // Now, so that the first request does not wait for it; if it fails, each group tries again.
        let _ = self.settle();
        while let Ok(first) = queue.recv() {
            match self.begin() {
                Ok(()) => self.group(first, queue),
                Err(fault) => first.done(Err(fault)),
            }
        }
    }

    fn begin(&mut self) -> Result<(), Fault> {
        self.settle()?;
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(sqlite_fault)
    }

    /// Makes sure that what this process builds on is on the disk.
    fn settle(&mut self) -> Result<(), Fault> {
        match self.state {
            State::Sound => return Ok(()),
            State::Unsettled => {
                // It writes every page of the WAL into the database, fsyncs that, and leaves an empty WAL.
                let blocked = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
                if blocked.map_err(sqlite_fault)? {
                    return Err(Fault::Unavailable("another process reads the database and holds the WAL".into()));
                }
            }
            // The suspect one is closed after the new one is open: were it the last, the new one would take what is
            // left of the failed commit for a good one.
            State::Suspect => self.connection = open_writer(&self.path).map_err(sqlite_fault)?,
        }
        self.state = State::Sound;
        Ok(())
    }

    /// Runs what waits as one transaction and answers all of it.
    fn group(&mut self, first: Box<dyn Job>, queue: &Receiver<Box<dyn Job>>) {
        let mut group: Vec<(Box<dyn Job>, Result<(), Fault>)> = Vec::new();
        let mut next = Some(first);
        while let Some(mut job) = next {
            let ran = run(&self.connection, &mut *job);
            let broken = self.connection.is_autocommit();
            group.push((job, ran));
            // Some failures (a full disk, an I/O error) end the whole transaction by themselves.
            next = if broken || group.len() >= GROUP { None } else { queue.try_recv().ok() };
        }
        let took = Stopwatch::start();
        let commit = self.commit();
        self.commits.count(group.len(), &took);
        if commit.is_err() {
            self.state = State::Suspect;
        }
        for (job, ran) in group {
            job.done(ran.and(commit.clone()));
        }
    }

    fn commit(&self) -> Result<(), Fault> {
        if self.connection.is_autocommit() {
            return Err(rolled_back());
        }
        let commit = self.connection.execute_batch("COMMIT").map_err(sqlite_commit_fault);
        if commit.is_err() && !self.connection.is_autocommit() {
            // What cannot be rolled back now is rolled back when the connection is closed.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        commit
    }
}

fn rolled_back() -> Fault {
    Fault::Unavailable("SQLite rolled back a group of actions by itself".into())
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
        return Err(rolled_back());
    }
    let keep = matches!(verdict, Ok(Verdict::Keep));
    let undone = if keep { Ok(()) } else { execute(connection, "ROLLBACK TO action") };
    if let Err(fault) = undone.and_then(|()| execute(connection, "RELEASE action")) {
        // What was refused must not be committed with its neighbours.
        let _ = connection.execute_batch("ROLLBACK");
        return Err(fault);
    }
    verdict.map_err(|_| Fault::broken("an action panicked"))
}

fn execute(connection: &Connection, text: &str) -> Result<(), Fault> {
    connection.prepare_cached(text).and_then(|mut statement| statement.execute([])).map(drop).map_err(sqlite_fault)
}

fn read(connection: &Connection, reading: &mut dyn Reading) -> Result<(), Fault> {
    // One statement is a transaction by itself; opening one around it would take longer than most statements do.
    let of_many = !reading.is_one_statement();
    if of_many {
        execute(connection, "BEGIN")?;
    }
    let mut tx = if of_many { Tx::sqlite(connection) } else { Tx::sqlite_once(connection) };
    let ran = catch_unwind(AssertUnwindSafe(|| reading.run(&mut tx)));
    if of_many {
        execute(connection, "COMMIT")?;
    }
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
    /// Readings that wait for a connection: to wake nobody is a call into the system too.
    waiting: usize,
}

impl Readers {
    fn new(path: PathBuf, most: usize) -> Self {
        let pool = Pool { connections: Vec::new(), unopened: most, waiting: 0 };
        Self { path, idle: Mutex::new(pool), returned: Condvar::new() }
    }

    fn with<T>(&self, act: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let connection = self.take()?;
        let outcome = act(&connection);
        if !connection.is_autocommit() {
            // The reading failed between BEGIN and COMMIT; a reader that cannot be reset is replaced.
            if connection.execute_batch("ROLLBACK").is_err() {
                self.give_back(|pool| pool.unopened += 1);
                return outcome;
            }
        }
        self.give_back(|pool| pool.connections.push(connection));
        outcome
    }

    fn give_back(&self, put: impl FnOnce(&mut Pool)) {
        let mut pool = self.pool();
        put(&mut pool);
        if pool.waiting > 0 {
            self.returned.notify_one();
        }
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
                return self.open().inspect_err(|_| self.give_back(|pool| pool.unopened += 1));
            }
            // Readings take microseconds, so this wait is short even on an async thread.
            pool.waiting += 1;
            pool = self.returned.wait(pool).expect("no holder of this lock panics");
            pool.waiting -= 1;
        }
    }

    fn open(&self) -> Result<Connection, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.pragma_update(None, "trusted_schema", "OFF")?;
            connection.busy_timeout(std::time::Duration::from_secs(2))?;
            // Each has its own, and the system's cache behind it holds the same pages once for all.
            connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
            connection.set_prepared_statement_cache_capacity(128);
            Ok(connection)
        };
        open().map_err(sqlite_fault)
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, Pool> {
        self.idle.lock().expect("no holder of this lock panics")
    }
}
