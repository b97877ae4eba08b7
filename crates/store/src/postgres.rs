//! The engine on PostgreSQL: a bounded set of worker threads, each with a connection and one transaction at a time.
//!
//! Every action locks the account it is about before it decides, and what must happen once is a conditional UPDATE, so
//! READ COMMITTED is enough; what PostgreSQL itself asks to run again is run again, whole, a bounded number of times.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use domain::refusal::Fault;
use domain::{Engine, Job, Reading, Verdict};
use postgres::{Client, Config};

use crate::migrate;
use crate::tls;
use crate::tx::{Prepared, Tx, postgres_fault};

/// Actions that may wait before more are turned away.
const QUEUE: usize = 4096;

/// How often an action is run when others keep coming between.
const RUNS: u32 = 20;

enum Task {
    Write(Box<dyn Job>),
    Read(Box<dyn Reading>),
}

/// PostgreSQL behind a connection string.
pub struct Postgres {
    tasks: Option<SyncSender<Task>>,
    workers: Vec<JoinHandle<()>>,
}

impl Postgres {
    /// Connects, migrates as needed, and starts `workers` threads.
    pub fn open(url: &str, workers: usize) -> Result<Self, Fault> {
        let mut config: Config = url.parse().map_err(|error: postgres::Error| postgres_fault(&error))?;
        config.connect_timeout(Duration::from_secs(5)).application_name("countersign");
        migrate::postgres(&mut connect(&config)?)?;
        let (tasks, queue) = sync_channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let start = |number| {
            let (config, queue) = (config.clone(), queue.clone());
            let worker = thread::Builder::new().name(format!("postgres-{number}"));
            worker.spawn(move || work(&config, &queue)).map_err(Fault::broken)
        };
        let workers = (0..workers).map(start).collect::<Result<_, _>>()?;
        Ok(Self { tasks: Some(tasks), workers })
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
        for worker in self.workers.drain(..) {
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

    fn name(&self) -> &'static str {
        "postgres"
    }
}

fn connect(config: &Config) -> Result<Client, Fault> {
    let mut client = config.connect(tls::connector()?).map_err(|error| postgres_fault(&error))?;
    // Work that takes longer than this is stuck; its locks must not hold up everybody else.
    client
        .batch_execute("SET statement_timeout = '20s'; SET idle_in_transaction_session_timeout = '60s'")
        .map_err(|error| postgres_fault(&error))?;
    Ok(client)
}

/// One worker's connection, opened when it is needed and dropped when it breaks.
struct Connection {
    config: Config,
    open: Option<(Client, Prepared)>,
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

fn work(config: &Config, queue: &Mutex<Receiver<Task>>) {
    let mut connection = Connection { config: config.clone(), open: None };
    loop {
        let task = queue.lock().map(|queue| queue.recv());
        let Ok(Ok(task)) = task else { return };
        match task {
            Task::Write(mut job) => {
                let outcome = write(&mut connection, &mut *job);
                job.done(outcome);
            }
            Task::Read(mut reading) => {
                let outcome = read(&mut connection, &mut *reading);
                reading.done(outcome);
            }
        }
        if connection.open.as_ref().is_some_and(|(client, _)| client.is_closed()) {
            connection.open = None;
        }
    }
}

fn write(connection: &mut Connection, job: &mut dyn Job) -> Result<(), Fault> {
    let mut last = Fault::broken("an action is run at least once");
    for _ in 0..RUNS {
        match write_once(connection, job) {
            Err(Fault::Again(why)) => last = Fault::Again(why),
            outcome => return outcome,
        }
    }
    Err(last)
}

fn write_once(connection: &mut Connection, job: &mut dyn Job) -> Result<(), Fault> {
    let verdict = in_transaction(connection, |tx| job.run(tx))?;
    if verdict == Verdict::Discard {
        // The refusal stands, whether its trace could be kept or not.
        let _ = in_transaction(connection, |tx| job.leave_trace(tx));
    }
    Ok(())
}

fn in_transaction(connection: &mut Connection, act: impl FnOnce(&mut Tx<'_>) -> Verdict) -> Result<Verdict, Fault> {
    let (client, prepared) = connection.get()?;
    let transaction = client.transaction().map_err(|error| postgres_fault(&error))?;
    let mut tx = Tx::postgres(transaction, prepared);
    // A panic in an action is that action's failure and nobody else's; dropping the transaction rolls it back.
    let verdict = catch_unwind(AssertUnwindSafe(|| act(&mut tx))).map_err(|_| Fault::broken("an action panicked"))?;
    if tx.asks_again() {
        return Err(Fault::Again("PostgreSQL asked to run the action again".into()));
    }
    if verdict == Verdict::Keep {
        tx.commit()?;
    }
    Ok(verdict)
}

fn read(connection: &mut Connection, reading: &mut dyn Reading) -> Result<(), Fault> {
    let (client, prepared) = connection.get()?;
    let transaction =
        client.build_transaction().isolation_level(postgres::IsolationLevel::RepeatableRead).read_only(true).start();
    let mut tx = Tx::postgres(transaction.map_err(|error| postgres_fault(&error))?, prepared);
    catch_unwind(AssertUnwindSafe(|| reading.run(&mut tx))).map_err(|_| Fault::broken("a reading panicked"))?;
    tx.commit()
}
