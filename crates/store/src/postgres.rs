//! The engine on PostgreSQL: a bounded set of worker threads, each with a connection and one transaction at a time.
//!
//! Every action locks the account it is about before it decides, and what must happen once is a conditional UPDATE, so
//! READ COMMITTED is enough; what PostgreSQL itself asks to run again is run again, whole, a bounded number of times. So
//! is an action whose connection broke before its COMMIT, on a new connection: a server that was restarted costs nobody
//! an error. Whether a connection that breaks during COMMIT had committed cannot be known, and is answered so.
//!
//! Nothing waits without end: not for a connection (`line`), nor for a server that neither answers nor refuses.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use domain::meters::{Commits, Stopwatch};
use domain::refusal::Fault;
use domain::{Engine, Job, Reading, Verdict};
use tokio::sync::watch;

mod connection;
mod line;
mod start;

pub(crate) use self::connection::Connection;
use self::connection::{Server, State};
use self::line::{Line, Task};
use self::start::Patience;
use crate::tx::Tx;

/// How often an action is run when others keep coming between.
const RUNS: u32 = 20;

/// How often an action is run when connections break under it. Few: it may be the action that breaks them.
const CONNECTIONS: u32 = 3;

/// PostgreSQL behind a connection string.
pub struct Postgres {
    line: Arc<Line>,
    threads: Vec<JoinHandle<()>>,
    commits: Commits,
}

impl Postgres {
    /// Connects, migrates as needed, and starts `workers` threads.
    pub fn open(url: &str, workers: usize) -> Result<Self, Fault> {
        let server = Server::at(url)?;
        start::migrate(&server, Patience::default())?;
        let line = Arc::new(Line::of(workers));
        let commits = Commits::default();
        let mut threads = Vec::new();
        for number in 0..workers {
            let silence = line.silence();
            let worker = Worker { server: server.clone(), silence, open: None, commits: commits.clone() };
            let line = line.clone();
            threads.push(spawn(&format!("postgres-{number}"), move || work(worker, number, &line))?);
        }
        let judged = line.clone();
        threads.push(spawn("postgres-judge", move || line::judge(&judged, &server))?);
        Ok(Self { line, threads, commits })
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Fault> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(Fault::broken)
}

impl Drop for Postgres {
    /// Finishes what was taken on.
    fn drop(&mut self) {
        self.line.close();
        // An action holds the app; whoever finishes the last one drops the engine, and may be one of these threads itself.
        for thread in self.threads.drain(..).filter(|thread| thread.thread().id() != thread::current().id()) {
            // It caught every panic of an action; one of its own leaves nothing to wait for.
            let _ = thread.join();
        }
    }
}

impl Engine for Postgres {
    fn write(&self, job: Box<dyn Job>) {
        self.line.join(Task::Write(job));
    }

    fn read(&self, reading: Box<dyn Reading>) {
        self.line.join(Task::Read(reading));
    }

    fn commits(&self) -> Commits {
        self.commits.clone()
    }

    fn name(&self) -> &'static str {
        "postgres"
    }
}

/// One thread's way to the server: its connection is opened when it is needed and dropped when it breaks.
struct Worker {
    server: Server,
    silence: watch::Receiver<bool>,
    open: Option<Connection>,
    commits: Commits,
}

impl Worker {
    fn connection(&mut self) -> Result<&mut Connection, Fault> {
        if self.open.as_ref().is_none_or(|open| !open.is_usable()) {
            // The broken one first: it may hold locks that the next one waits for.
            self.open = None;
            self.open = Some(Connection::open(&self.server, self.silence.clone())?);
        }
        Ok(self.open.as_mut().expect("it was opened just now").anew())
    }
}

/// Why a transaction came to nothing.
enum Trouble {
    /// The connection broke before the COMMIT.
    Lost,
    /// Anything else.
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn work(mut worker: Worker, number: usize, line: &Line) {
    while let Some(task) = line.next(number) {
        match task {
            Task::Write(mut job) => {
                let outcome = persist(&mut worker, |worker| write(worker, &mut *job));
                job.done(outcome);
            }
            Task::Read(mut reading) => {
                let outcome = persist(&mut worker, |worker| read(worker, &mut *reading));
                reading.done(outcome);
            }
        }
    }
}

/// Runs a transaction until it came to something, on a new connection where one broke.
fn persist(worker: &mut Worker, mut once: impl FnMut(&mut Worker) -> Result<(), Trouble>) -> Result<(), Fault> {
    let mut last = Fault::broken("a transaction is run at least once");
    let mut broke = 0;
    for _ in 0..RUNS {
        match once(worker) {
            Ok(()) => return Ok(()),
            Err(Trouble::Lost) => {
                broke += 1;
                if broke == CONNECTIONS {
                    return Err(Fault::Unavailable("connections to PostgreSQL break again and again".into()));
                }
            }
            Err(Trouble::Fault(Fault::Again(why))) => last = Fault::Again(why),
            Err(Trouble::Fault(fault)) => return Err(fault),
        }
    }
    Err(last)
}

fn write(worker: &mut Worker, job: &mut dyn Job) -> Result<(), Trouble> {
    let verdict = in_transaction(worker, |tx| job.run(tx))?;
    if verdict == Verdict::Discard {
        // The refusal stands, whether its trace could be kept or not.
        let _ = in_transaction(worker, |tx| job.leave_trace(tx));
    }
    Ok(())
}

fn in_transaction(worker: &mut Worker, act: impl FnOnce(&mut Tx<'_>) -> Verdict) -> Result<Verdict, Trouble> {
    let commits = worker.commits.clone();
    let connection = worker.connection()?;
    connection.begin("BEGIN").map_err(|fault| trouble(connection, fault))?;
    let mut tx = Tx::postgres(connection);
    let verdict = catch_unwind(AssertUnwindSafe(|| act(&mut tx)));
    match verdict {
        // What a statement could not do was not done, whatever the action made of it.
        Ok(Verdict::Keep) if connection.failed().is_none() => {
            let took = Stopwatch::start();
            connection.commit()?;
            commits.count(1, &took);
            Ok(Verdict::Keep)
        }
        verdict => {
            // A panic in an action is that action's failure and nobody else's.
            let verdict = verdict.map_err(|_| Fault::broken("an action panicked"));
            let fault = connection.failed();
            connection.roll_back();
            match fault {
                Some(fault) if connection.state() != State::Sound => Err(trouble(connection, fault)),
                Some(fault @ Fault::Again(_)) => Err(fault.into()),
                Some(fault) if matches!(verdict, Ok(Verdict::Keep)) => Err(fault.into()),
                _ => Ok(verdict?),
            }
        }
    }
}

fn trouble(connection: &Connection, fault: Fault) -> Trouble {
    if connection.state() == State::Lost { Trouble::Lost } else { Trouble::Fault(fault) }
}

fn read(worker: &mut Worker, reading: &mut dyn Reading) -> Result<(), Trouble> {
    let connection = worker.connection()?;
    let alone = reading.is_one_statement();
    if !alone {
        let begun = connection.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        begun.map_err(|fault| trouble(connection, fault))?;
    }
    let mut tx = if alone { Tx::postgres_once(connection) } else { Tx::postgres(connection) };
    let ran = catch_unwind(AssertUnwindSafe(|| reading.run(&mut tx)));
    let fault = connection.failed();
    if !alone {
        // Nothing was written, so there is nothing to commit.
        connection.roll_back();
    }
    ran.map_err(|_| Fault::broken("a reading panicked"))?;
    match fault {
        Some(fault) if connection.state() != State::Sound => Err(trouble(connection, fault)),
        _ => Ok(()),
    }
}
