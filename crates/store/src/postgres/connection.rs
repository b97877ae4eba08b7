//! One connection to PostgreSQL, and waiting for its answers, which has an end.

use std::collections::HashMap;
use std::time::Duration;

use domain::refusal::Fault;
use postgres::types::ToSql;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, Error, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::dialect::Dialect;
use crate::statement::{Statement, Value};
use crate::tls;
use crate::tx::{commit_fault, lost, postgres_fault};

/// An answer that takes longer is not waited for. The server gives up on a statement before, but not on a standby that
/// ought to confirm a commit.
const ANSWER: Duration = Duration::from_secs(25);

/// The same for a connection, from its first packet until it can be used.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// Work that takes longer than this is stuck; its locks must not hold up everybody else. Nor must the locks of a client that
/// went away in the middle without the server's hearing of it. And whatever the server was set up for, a commit of ours is on
/// the disk before it is acknowledged; stronger settings are left alone.
const SETTINGS: &str = "SET statement_timeout = '20s'; SET idle_in_transaction_session_timeout = '10s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// Where the server is, and how to speak to it.
#[derive(Clone)]
pub(super) struct Server {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Server {
    pub(super) fn at(url: &str) -> Result<Self, Fault> {
        let mut config: Config = url.parse().map_err(|error: Error| postgres_fault(&error))?;
        config.application_name("countersign");
        // A server that vanished without a word holds a worker for half a minute, not for hours.
        config.tcp_user_timeout(Duration::from_secs(20));
        config
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3);
        Ok(Self { config, tls: tls::connector()? })
    }

    /// Connects, and runs what the connection asks for on the runtime that this is awaited on.
    async fn connect(&self) -> Result<Client, Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        // How it ends is told to whoever waits for an answer then.
        tokio::spawn(connection);
        client.batch_execute(SETTINGS).await?;
        Ok(client)
    }

    /// The same for what is done before anybody is served, and takes as long as it takes.
    pub(super) async fn connect_unhurried(&self) -> Result<Client, Error> {
        let client = self.connect().await?;
        client.batch_execute("SET statement_timeout = 0").await?;
        Ok(client)
    }

    /// Whether it says anything to somebody new within the given time, were it only no.
    pub(super) fn answers_within(&self, time: Duration) -> bool {
        // Without a runtime nothing is known against it.
        runtime().ok().is_none_or(|runtime| runtime.block_on(self.answers(time)))
    }

    pub(super) async fn answers(&self, time: Duration) -> bool {
        timeout(time, self.connect()).await.is_ok()
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        let ports = self.config.get_ports();
        let places = self.config.get_hosts().iter().enumerate().map(|(number, host)| {
            // One port holds for every host; none is PostgreSQL's own.
            let port = ports.get(number).or(ports.first()).unwrap_or(&5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(path) => format!("{}, port {port}", path.display()),
            }
        });
        places.collect::<Vec<_>>().join(" or ")
    }
}

/// What became of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It can be used.
    Sound,
    /// It broke, or the server ended it.
    Lost,
    /// Something was asked that was not answered.
    Silent,
}

/// An open connection, and what was prepared on it.
pub(crate) struct Connection {
    client: Client,
    /// By the text of their constant.
    prepared: HashMap<&'static str, tokio_postgres::Statement>,
    silence: watch::Receiver<bool>,
    state: State,
    failed: Option<Fault>,
    /// The last to go: it carries the others.
    runtime: Runtime,
}

/// Why there is no answer.
enum NoAnswer {
    Error(Error),
    Silence,
}

pub(super) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}

/// Waits for an answer, but not while the server is known to be silent, and never without end.
async fn bounded<T>(
    silence: &mut watch::Receiver<bool>,
    time: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, NoAnswer> {
    tokio::select! {
        biased;
        answer = answer => answer.map_err(NoAnswer::Error),
        Ok(_) = silence.wait_for(|silent| *silent) => Err(NoAnswer::Silence),
        () = sleep(time) => Err(NoAnswer::Silence),
    }
}

impl Connection {
    pub(super) fn open(server: &Server, mut silence: watch::Receiver<bool>) -> Result<Self, Fault> {
        let runtime = runtime().map_err(Fault::broken)?;
        match runtime.block_on(bounded(&mut silence, CONNECT, server.connect())) {
            Ok(client) => {
                let prepared = HashMap::new();
                Ok(Self { client, prepared, silence, state: State::Sound, failed: None, runtime })
            }
            Err(NoAnswer::Error(error)) => Err(postgres_fault(&error)),
            Err(NoAnswer::Silence) => Err(silent()),
        }
    }

    pub(super) fn is_usable(&self) -> bool {
        self.state == State::Sound && !self.client.is_closed()
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// The first thing that went wrong since [`Connection::anew`].
    pub(super) fn failed(&self) -> Option<Fault> {
        self.failed.clone()
    }

    /// Forgets what went wrong before.
    pub(super) fn anew(&mut self) -> &mut Self {
        self.failed = None;
        self
    }

    pub(super) fn begin(&mut self, how: &str) -> Result<(), Fault> {
        self.ask(async |client| client.batch_execute(how).await).map_err(|no| self.note(no, "BEGIN"))
    }

    pub(super) fn commit(&mut self) -> Result<(), Fault> {
        self.ask(async |client| client.batch_execute("COMMIT").await).map_err(|no| {
            let fault = match &no {
                NoAnswer::Error(error) => commit_fault(error),
                NoAnswer::Silence => Fault::Unknown("PostgreSQL did not answer a COMMIT".to_owned()),
            };
            self.note(no, "COMMIT");
            fault
        })
    }

    /// Takes back what was not committed. Where that cannot be said to the server, the connection is not used again.
    pub(super) fn roll_back(&mut self) {
        if self.state == State::Sound
            && let Err(no) = self.ask(async |client| client.batch_execute("ROLLBACK").await)
        {
            self.note(no, "ROLLBACK");
        }
    }

    /// Runs a statement and answers how many rows it wrote.
    pub(crate) fn write(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<u64, Fault> {
        self.run(statement, async |client, prepared| client.execute(prepared, &bound(values)).await)
    }

    /// Runs a statement that answers rows.
    pub(crate) fn read(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        self.run(statement, async |client, prepared| client.query(prepared, &bound(values)).await)
    }

    fn run<T>(
        &mut self,
        statement: &'static Statement,
        run: impl AsyncFnOnce(&Client, &tokio_postgres::Statement) -> Result<T, Error>,
    ) -> Result<T, Fault> {
        let prepared = if let Some(known) = self.prepared.get(statement.text) {
            known.clone()
        } else {
            let fresh = self.ask(async |client| client.prepare(statement.rendered(Dialect::Postgres)).await);
            let fresh = fresh.map_err(|no| self.note(no, statement.name))?;
            self.prepared.insert(statement.text, fresh.clone());
            fresh
        };
        self.ask(async |client| run(client, &prepared).await).map_err(|no| self.note(no, statement.name))
    }

    fn ask<T>(&mut self, question: impl AsyncFnOnce(&Client) -> Result<T, Error>) -> Result<T, NoAnswer> {
        let Self { client, silence, runtime, .. } = self;
        runtime.block_on(bounded(silence, ANSWER, question(client)))
    }

    /// Keeps what an answer that did not come says of this connection, and says it as a fault.
    fn note(&mut self, no: NoAnswer, what: &str) -> Fault {
        let fault = match no {
            NoAnswer::Error(error) => {
                if lost(&error) {
                    self.state = State::Lost;
                }
                match postgres_fault(&error) {
                    Fault::Broken(why) => Fault::Broken(format!("{what}: {why}")),
                    other => other,
                }
            }
            NoAnswer::Silence => {
                self.state = State::Silent;
                silent()
            }
        };
        self.failed.get_or_insert(fault).clone()
    }
}

pub(super) fn silent() -> Fault {
    Fault::Unavailable("PostgreSQL does not answer".to_owned())
}

fn bound<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}
