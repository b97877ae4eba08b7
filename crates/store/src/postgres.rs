//! The engine on PostgreSQL: a bounded set of worker threads, each with a connection and one transaction at a time.
//!
//! Every action locks the account it is about before it decides, and what must happen once is a conditional UPDATE, so
//! READ COMMITTED is enough; what PostgreSQL itself asks to run again is run again, whole, a bounded number of times. So
//! is an action whose connection broke before its COMMIT, on a new connection: a server that was restarted costs nobody
//! an error. Whether a connection that breaks during COMMIT had committed cannot be known, and is answered so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use domain::meters::{Commits, Stopwatch};
use domain::refusal::Fault;
use domain::{Engine, Job, Reading, Verdict};
use postgres::{Client, Config};

use crate::migrate;
use crate::tls;
use crate::tx::{Prepared, Tx, lost, postgres_fault};

/// Actions that may wait before more are turned away.
const QUEUE: usize = 4096;

/// How often an action is run when others keep coming between.
const RUNS: u32 = 20;

/// How often an action is run when connections break under it. Few: it may be the action that breaks them.
const CONNECTIONS: u32 = 3;

enum Task {
    Write(Box<dyn Job>),
    Read(Box<dyn Reading>),
}

/// PostgreSQL behind a connection string.
pub struct Postgres {
    tasks: Option<SyncSender<Task>>,
    workers: Vec<JoinHandle<()>>,
    commits: Commits,
}

impl Postgres {
    /// Connects, migrates as needed, and starts `workers` threads.
    pub fn open(url: &str, workers: usize) -> Result<Self, Fault> {
        let mut config: Config = url.parse().map_err(|error: postgres::Error| postgres_fault(&error))?;
        config.connect_timeout(Duration::from_secs(5)).application_name("countersign");
        // A server that vanished without a word holds a worker for half a minute, not for hours.
        config.tcp_user_timeout(Duration::from_secs(20));
        config
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3);
        migrate::postgres(&mut connect(&config)?)?;
        let (tasks, queue) = sync_channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let commits = Commits::default();
        let start = |number| {
            let connection = Connection { config: config.clone(), open: None, commits: commits.clone() };
            let queue = queue.clone();
            let worker = thread::Builder::new().name(format!("postgres-{number}"));
            worker.spawn(move || work(connection, &queue)).map_err(Fault::broken)
        };
        let workers = (0..workers).map(start).collect::<Result<_, _>>()?;
        Ok(Self { tasks: Some(tasks), workers, commits })
    }

    fn take_on(&self, task: Task) {
        let Some(tasks) = &self.tasks else { return };
        let (task, fault) = match tasks.try_send(task) {
            Ok(()) => return,
            Err(TrySendError::Full(task)) => (task, Fault::Busy("the database's queue is full".into())),
            Err(TrySendError::Disconnected(task)) => (task, Fault::broken("the database's workers have stopped")),
        };
        match task {
            Task::Write(job) => job.done(Err(fault)),
            Task::Read(reading) => reading.done(Err(fault)),
        }
    }
}

impl Drop for Postgres {
    /// Finishes what was taken on.
    fn drop(&mut self) {
        self.tasks = None;
        // An action holds the app; whoever finishes the last one drops the engine, and may be a worker itself.
        for worker in self.workers.drain(..).filter(|worker| worker.thread().id() != thread::current().id()) {
            // It caught every panic of an action; one of its own leaves nothing to wait for.
            let _ = worker.join();
        }
    }
}

impl Engine for Postgres {
    fn write(&self, job: Box<dyn Job>) {
        self.take_on(Task::Write(job));
    }

    fn read(&self, reading: Box<dyn Reading>) {
        self.take_on(Task::Read(reading));
    }

    fn commits(&self) -> Commits {
        self.commits.clone()
    }

    fn name(&self) -> &'static str {
        "postgres"
    }
}

fn connect(config: &Config) -> Result<Client, Fault> {
    let mut client = config.connect(tls::connector()?).map_err(|error| postgres_fault(&error))?;
    // Work that takes longer than this is stuck; its locks must not hold up everybody else. And whatever the server was
    // set up for, a commit of ours is on the disk before it is acknowledged; stronger settings are left alone.
    client
        .batch_execute(
            "SET statement_timeout = '20s'; SET idle_in_transaction_session_timeout = '60s';
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        )
        .map_err(|error| postgres_fault(&error))?;
    Ok(client)
}

/// One worker's connection, opened when it is needed and dropped when it breaks.
struct Connection {
    config: Config,
    open: Option<(Client, Prepared)>,
    commits: Commits,
}

impl Connection {
    fn get(&mut self) -> Result<(&mut Client, &mut Prepared), Fault> {
        if self.open.as_ref().is_none_or(|(client, _)| client.is_closed()) {
            self.open = Some((connect(&self.config)?, Prepared::new()));
        }
        let (client, prepared) = self.open.as_mut().expect("it was opened just now");
        Ok((client, prepared))
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

impl From<postgres::Error> for Trouble {
    fn from(error: postgres::Error) -> Self {
        if lost(&error) { Self::Lost } else { Self::Fault(postgres_fault(&error)) }
    }
}

fn work(mut connection: Connection, queue: &Mutex<Receiver<Task>>) {
    loop {
        let task = queue.lock().map(|queue| queue.recv());
        let Ok(Ok(task)) = task else { return };
        match task {
            Task::Write(mut job) => {
                let outcome = persist(&mut connection, |connection| write(connection, &mut *job));
                job.done(outcome);
            }
            Task::Read(mut reading) => {
                let outcome = persist(&mut connection, |connection| read(connection, &mut *reading));
                reading.done(outcome);
            }
        }
    }
}

/// Runs a transaction until it came to something, on a new connection where one broke.
fn persist(
    connection: &mut Connection,
    mut once: impl FnMut(&mut Connection) -> Result<(), Trouble>,
) -> Result<(), Fault> {
    let mut last = Fault::broken("a transaction is run at least once");
    let mut broke = 0;
    for _ in 0..RUNS {
        match once(connection) {
            Ok(()) => return Ok(()),
            Err(Trouble::Lost) => {
                connection.open = None;
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

fn write(connection: &mut Connection, job: &mut dyn Job) -> Result<(), Trouble> {
    let verdict = in_transaction(connection, |tx| job.run(tx))?;
    if verdict == Verdict::Discard {
        // The refusal stands, whether its trace could be kept or not.
        let _ = in_transaction(connection, |tx| job.leave_trace(tx));
    }
    Ok(())
}

fn in_transaction(connection: &mut Connection, act: impl FnOnce(&mut Tx<'_>) -> Verdict) -> Result<Verdict, Trouble> {
    let commits = connection.commits.clone();
    let (client, prepared) = connection.get()?;
    let mut tx = Tx::postgres(client.transaction()?, prepared);
    // A panic in an action is that action's failure and nobody else's; dropping the transaction rolls it back.
    let verdict = catch_unwind(AssertUnwindSafe(|| act(&mut tx))).map_err(|_| Fault::broken("an action panicked"))?;
    if tx.is_lost() {
        return Err(Trouble::Lost);
    }
    if tx.asks_again() {
        return Err(Fault::Again("PostgreSQL asked to run the action again".into()).into());
    }
    if verdict == Verdict::Keep {
        let took = Stopwatch::start();
        tx.commit()?;
        commits.count(1, &took);
    }
    Ok(verdict)
}

fn read(connection: &mut Connection, reading: &mut dyn Reading) -> Result<(), Trouble> {
    let (client, prepared) = connection.get()?;
    let transaction =
        client.build_transaction().isolation_level(postgres::IsolationLevel::RepeatableRead).read_only(true).start()?;
    let mut tx = Tx::postgres(transaction, prepared);
    catch_unwind(AssertUnwindSafe(|| reading.run(&mut tx))).map_err(|_| Fault::broken("a reading panicked"))?;
    if tx.is_lost() {
        return Err(Trouble::Lost);
    }
    // Nothing was written, so there is nothing to commit: dropping the transaction ends it.
    Ok(())
}
