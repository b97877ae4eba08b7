//! The first conversation with PostgreSQL, before anybody is served: bringing the database to the present step.
//!
//! A step takes as long as it takes: an index on a hundred million rows, or another node that is at it. So no answer is given up
//! because it is late. But a server that says nothing to anybody is not at work: it is asked on the side, and where it is
//! silent the start ends with a fault, and whoever runs us (systemd) starts us again.

use std::time::Duration;

use domain::refusal::Fault;
use tokio::time::{sleep, timeout};

use super::connection::{CONNECT, Server, runtime};
use super::line::SILENT;
use crate::migrate;
use crate::tx::postgres_fault;

/// How long a start waits for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For the first connection.
    connect: Duration,
    /// Between two questions whether the server answers anybody, while it is at work.
    ask: Duration,
    /// For the answer to such a question.
    silent: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: CONNECT, ask: Duration::from_secs(10), silent: SILENT }
    }
}

/// Brings the database to the present step, and ends with a fault where the server says nothing. Answers how many steps ran.
pub(super) fn migrate(server: &Server, patience: Patience) -> Result<usize, Fault> {
    let runtime = runtime().map_err(Fault::broken)?;
    runtime.block_on(async {
        let connected =
            timeout(patience.connect, server.connect_unhurried()).await.map_err(|_| says_nothing(server))?;
        let mut client = connected.map_err(|error| postgres_fault(&error))?;
        tokio::select! {
            biased;
            ran = migrate::postgres(&mut client) => ran,
            fault = silence(server, patience) => Err(fault),
        }
    })
}

/// Ends when the server says nothing to somebody new; until then it tells now and then what we wait for.
async fn silence(server: &Server, patience: Patience) -> Fault {
    loop {
        sleep(patience.ask).await;
        if !server.answers(patience.silent).await {
            return says_nothing(server);
        }
        tracing::info!(
            server = server.place(),
            "the database is being brought to the present step, here or by another node; serving begins after it"
        );
    }
}

fn says_nothing(server: &Server) -> Fault {
    Fault::Unavailable(format!("PostgreSQL at {} does not answer", server.place()))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use testkit::server;
    use testkit::wire::{Cut, Wire};

    use super::*;

    /// Asks all the time.
    const CURIOUS: Patience =
        Patience { connect: CONNECT, ask: Duration::from_millis(20), silent: Duration::from_secs(2) };

    #[test]
    fn a_start_ends_where_a_server_takes_connections_and_says_nothing() {
        // The system takes connections for whoever listens.
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Server::at(&server::url(port)).unwrap();
        let fault = migrate(&server, Patience { connect: Duration::from_millis(100), ..CURIOUS }).unwrap_err();
        let said = format!("the database is not available: PostgreSQL at 127.0.0.1:{port} does not answer");
        assert_eq!(fault.to_string(), said);
    }

    /// A migration under way on a thread of its own, which waits for a lock.
    fn held_up<'s>(
        threads: &'s std::thread::Scope<'s, '_>,
        server: &'s Server,
        watcher: &mut postgres::Client,
    ) -> std::thread::ScopedJoinHandle<'s, Result<usize, Fault>> {
        let migrating = threads.spawn(|| migrate(server, CURIOUS));
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'migration'::regclass";
        while watcher.query_one(waiting, &[]).unwrap().get::<_, i64>(0) == 0 {
            assert!(!migrating.is_finished(), "it waits for nobody");
        }
        migrating
    }

    #[test]
    fn a_long_step_is_waited_for_while_the_server_answers_and_no_longer() {
        let Some(database) = server::Server::start() else { return };
        let wire = Wire::to(database.port, b"no moment matters");
        let server = Server::at(&server::url(wire.port)).unwrap();
        let all = migrate(&server, Patience::default()).unwrap();
        assert!(all > 10, "every step ran: {all}");

        let (mut holder, mut watcher) = (database.client(), database.client());
        let asked = |watcher: &mut postgres::Client| -> i64 {
            watcher.query_one("SELECT sessions FROM pg_stat_database WHERE datname = 'postgres'", &[]).unwrap().get(0)
        };
        let hold = "LOCK TABLE migration IN ACCESS EXCLUSIVE MODE";
        std::thread::scope(|threads| {
            let mut lock = holder.transaction().unwrap();
            lock.batch_execute(hold).unwrap();
            let waited_for = held_up(threads, &server, &mut watcher);
            let before = asked(&mut watcher);
            while asked(&mut watcher) < before + 3 {
                assert!(!waited_for.is_finished(), "it was cut off, and the server answers");
            }
            lock.commit().unwrap();
            assert_eq!(waited_for.join().unwrap().unwrap(), 0);

            let mut lock = holder.transaction().unwrap();
            lock.batch_execute(hold).unwrap();
            let left = held_up(threads, &server, &mut watcher);
            wire.set(Cut::Hole);
            assert!(matches!(left.join().unwrap(), Err(Fault::Unavailable(_))), "it fell silent, and nobody waits on");
        });
    }

    #[test]
    fn no_step_is_cut_off_by_the_bound_for_statements() {
        let Some(database) = server::Server::start() else { return };
        let server = Server::at(&database.url()).unwrap();
        let bound: String = runtime().unwrap().block_on(async {
            let client = server.connect_unhurried().await.unwrap();
            client.query_one("SHOW statement_timeout", &[]).await.unwrap().get(0)
        });
        assert_eq!(bound, "0");
    }
}
