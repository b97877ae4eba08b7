//! A look at a database from the outside, which changes nothing: for `countersign doctor` and for what reads a copy.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use domain::Network;
use domain::clock::{Time, from_micros};
use domain::key_check::{Held, LOOKED_AT, Reads};
use domain::refusal::Fault;
use postgres::config::Host;
use postgres::types::ToSql;
use postgres::{Client, Config};
use rusqlite::{Connection, OpenFlags};

use crate::dialect::Dialect;
use crate::migrate::present_step;
use crate::statement::{Row, Statement};
use crate::tx::{Tx, postgres_fault, sqlite_fault};
use crate::{key_check, tls};

/// What a look at a database showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The last step of the migrations that ran in it; `None` where none did.
    pub step: Option<i64>,
    /// What tells which keys belong to it; `None` where it is at another step than this build.
    pub held: Option<Held>,
    /// The local service keys that were not revoked.
    pub local_keys: Vec<LocalKey>,
    /// Webhooks: those that go without TLS, and those that said that they are gone.
    pub webhooks: Targets,
    /// What is only so with a server.
    pub server: Option<Server>,
}

/// A key of the exchange's backend that is used without a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalKey {
    /// Until when it is good.
    pub until: Time,
    /// From where it may be used; anywhere if there are none.
    pub networks: Vec<Network>,
}

impl LocalKey {
    fn read(until: i64, networks: &str) -> Self {
        // What stands there was read as a network before it was written.
        let networks = networks.split(',').filter_map(|text| text.parse().ok()).collect();
        Self { until: from_micros(until), networks }
    }
}

/// What a look at the webhooks showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Targets {
    /// How many go without TLS.
    pub plain: i64,
    /// How many said that they are gone.
    pub off: i64,
    /// Items that one of them did not take, and that are not tried any more.
    pub dead: i64,
}

/// What a look at a PostgreSQL server showed.
#[expect(clippy::struct_excessive_bools, reason = "four answers to four questions, none of which follows from another")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Whether it is another machine, as far as the storage URL tells.
    pub elsewhere: bool,
    /// Whether the way there is encrypted.
    pub encrypted: bool,
    /// What time it was there.
    pub clock: Time,
    /// Whether a commit survives a power cut, and a page torn by one.
    pub durable: bool,
    /// Whether we are somebody who may do everything on it.
    pub superuser: bool,
}

/// Looks at the database that a storage URL names.
pub fn look(url: &str) -> Result<Look, Fault> {
    match url.strip_prefix("sqlite:") {
        Some(path) => look_at_sqlite(Path::new(path)),
        None => look_at_postgres(url),
    }
}

pub(crate) fn look_at_sqlite(path: &Path) -> Result<Look, Fault> {
    let (connection, look) = ask_sqlite(path).map_err(sqlite_fault)?;
    let present = look.step == Some(present_step());
    let held = present.then(|| Tx::sqlite(&connection).key_held(LOOKED_AT)).transpose()?;
    Ok(Look { held, ..look })
}

fn ask_sqlite(path: &Path) -> rusqlite::Result<(Connection, Look)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let made = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'";
    let made: i64 = connection.query_row(made, [], |row| row.get(0))?;
    let step = match made {
        0 => None,
        _ => connection.query_row("SELECT max(step) FROM migration", [], |row| row.get(0))?,
    };
    let keys = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'service_key'";
    let local_keys = match connection.query_row(keys, [], |row| row.get(0))? {
        0_i64 => Vec::new(),
        _ => local_keys(&connection)?,
    };
    let hooks = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'webhook'";
    let webhooks = match connection.query_row(hooks, [], |row| row.get(0))? {
        0_i64 => Targets::default(),
        _ => connection
            .query_row(WEBHOOKS, [], |row| Ok(Targets { plain: row.get(0)?, off: row.get(1)?, dead: row.get(2)? }))?,
    };
    let look = Look { step, held: None, local_keys, webhooks, server: None };
    Ok((connection, look))
}

fn local_keys(connection: &Connection) -> rusqlite::Result<Vec<LocalKey>> {
    let mut keys = connection.prepare(LOCAL_KEYS)?;
    let read = |row: &rusqlite::Row<'_>| Ok(LocalKey::read(row.get(0)?, &row.get::<_, String>(1)?));
    keys.query_map([], read)?.collect()
}

const LOCAL_KEYS: &str =
    "SELECT expires_at, networks FROM service_key WHERE kind = 'secret' AND revoked_at IS NULL ORDER BY expires_at";

const WEBHOOKS: &str =
    "SELECT count(CASE WHEN url LIKE 'http:%' THEN 1 END), count(off_at), (SELECT count(*) FROM webhook_delivery
     JOIN webhook AS target ON target.id = webhook_delivery.webhook WHERE dead_at IS NOT NULL AND target.removed_at IS NULL)
     FROM webhook WHERE removed_at IS NULL";

/// Asks the server for its own clock: to compare, never to decide by.
const SERVER: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on',
    coalesce((SELECT rolsuper FROM pg_roles WHERE rolname = current_user), false),
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
    to_regclass('migration') IS NOT NULL, to_regclass('service_key') IS NOT NULL,
    to_regclass('webhook') IS NOT NULL";

/// A server that says nothing is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(15);

fn look_at_postgres(url: &str) -> Result<Look, Fault> {
    let (say, heard) = channel();
    let url = url.to_owned();
    // Where the server neither answers nor refuses, this thread waits on; whoever looks is about to end.
    std::thread::spawn(move || drop(say.send(ask_postgres(&url))));
    let nothing = |_| Err(Fault::Unavailable("PostgreSQL does not answer".to_owned()));
    heard.recv_timeout(PATIENCE).unwrap_or_else(nothing)
}

fn ask_postgres(url: &str) -> Result<Look, Fault> {
    let mut config: Config = url.parse().map_err(|error: postgres::Error| postgres_fault(&error))?;
    config.connect_timeout(Duration::from_secs(5)).application_name("countersign doctor");
    let mut client = config.connect(tls::connector()?).map_err(|error| postgres_fault(&error))?;
    let ask = |client: &mut Client| -> Result<Look, postgres::Error> {
        client.batch_execute("SET statement_timeout = '5s'")?;
        let row = client.query_one(SERVER, &[])?;
        let made: bool = row.get(4);
        let step = if made { client.query_one("SELECT max(step) FROM migration", &[])?.get(0) } else { None };
        let keys: bool = row.get(5);
        let local_keys = if keys { client.query(LOCAL_KEYS, &[])? } else { Vec::new() };
        let local_keys = local_keys.iter().map(|row| LocalKey::read(row.get(0), row.get(1))).collect();
        let hooks: bool = row.get(6);
        let webhooks = if hooks {
            let row = client.query_one(WEBHOOKS, &[])?;
            Targets { plain: row.get(0), off: row.get(1), dead: row.get(2) }
        } else {
            Targets::default()
        };
        let server = Server {
            elsewhere: config.get_hosts().iter().any(is_elsewhere),
            encrypted: row.get(3),
            clock: from_micros(row.get(0)),
            durable: row.get(1),
            superuser: row.get(2),
        };
        Ok(Look { step, held: None, local_keys, webhooks, server: Some(server) })
    };
    let look = ask(&mut client).map_err(|error| postgres_fault(&error))?;
    let present = look.step == Some(present_step());
    let held = present.then(|| held_on(&mut client)).transpose()?;
    Ok(Look { held, ..look })
}

fn held_on(client: &mut Client) -> Result<Held, Fault> {
    let [checks, accounts, webhooks] = key_check::HELD;
    Ok(Held {
        checks: all(client, checks, &[], |row| row.bytes())?,
        accounts: all(client, accounts, &[&LOOKED_AT], key_check::account)?,
        webhooks: all(client, webhooks, &[&LOOKED_AT], key_check::webhook)?,
    })
}

fn all<T>(
    client: &mut Client,
    statement: &'static Statement,
    values: &[&(dyn ToSql + Sync)],
    decode: fn(&mut Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let rows = client.query(statement.rendered(Dialect::Postgres), values).map_err(|error| postgres_fault(&error))?;
    rows.iter().map(|row| decode(&mut Row::new(row))).collect()
}

fn is_elsewhere(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name != "localhost" && !name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()),
        Host::Unix(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Database;

    fn both_looks(url: &str) -> (Look, Look) {
        let before = look(url).unwrap();
        drop(crate::open(url, 1).unwrap());
        (before, look(url).unwrap())
    }

    /// A key that signs, a local one, and a local one that was revoked; webhooks with and without TLS, on, off and removed.
    fn keys(blob: impl Fn(u8) -> String) -> String {
        let key = |id, kind, expires_at, revoked_at| {
            let id = blob(id);
            format!(
                "INSERT INTO service_key (id, name, kind, material, scopes, networks, added_at, expires_at, revoked_at)
                VALUES ({id}, 'a', '{kind}', {id}, 'standing', '10.0.0.0/8,::1/128', 0, {expires_at}, {revoked_at});"
            )
        };
        let webhook = |id, scheme, removed_at, off_at| {
            let id = blob(id);
            format!(
                "INSERT INTO webhook (id, name, url, secret, added_at, removed_at, off_at)
                VALUES ({id}, 'a', '{scheme}://a.example', {id}, 0, {removed_at}, {off_at});"
            )
        };
        let webhooks = [webhook(1, "https", "NULL", "NULL"), webhook(2, "http", "NULL", "NULL")].concat();
        let more = [webhook(3, "http", "1", "1"), webhook(4, "https", "NULL", "1")].concat();
        let dead = |webhook| {
            let (item, webhook) = (blob(1), blob(webhook));
            format!(
                "INSERT INTO webhook_delivery (item, webhook, position, tries, dead_at) VALUES ({item}, {webhook}, 1, 1, 1);"
            )
        };
        let one = blob(1);
        let item = format!(
            "INSERT INTO feed (id, account, sequence, turn, at, kind, code, changed, state)
            VALUES ({one}, {one}, 0, 0, 0, 'a', 'a', 'a', 'a');"
        );
        let more = [more, item, dead(1), dead(3)].concat();
        [key(1, "signs", 9, "NULL"), key(2, "secret", 7, "NULL"), key(3, "secret", 8, "1"), webhooks, more].concat()
    }

    #[test]
    fn a_look_at_sqlite_shows_its_step_and_makes_nothing() {
        let database = Database::sqlite();
        assert!(look(database.url()).is_err());
        let path = database.url().strip_prefix("sqlite:").unwrap();
        assert!(!Path::new(path).exists());
        Connection::open(path).unwrap().execute_batch("CREATE TABLE other (a INTEGER) STRICT").unwrap();
        let (before, after) = both_looks(database.url());
        assert_eq!((before.step, after.step), (None, Some(present_step())));
        assert_eq!((before.local_keys, after.local_keys), (vec![], vec![]));
        assert_eq!((before.webhooks, after.webhooks), (Targets::default(), Targets::default()));
        Connection::open(path)
            .unwrap()
            .execute_batch(&keys(|id| format!("x'{}'", format!("{id:02x}").repeat(16))))
            .unwrap();
        let after = look(database.url()).unwrap();
        assert_eq!(after.local_keys, [LocalKey::read(7, "10.0.0.0/8,::1/128")]);
        assert_eq!(after.local_keys[0].networks.len(), 2);
        assert_eq!(after.webhooks, Targets { plain: 1, off: 1, dead: 1 });
    }

    #[test]
    fn a_look_at_postgres_shows_its_step_and_its_server() {
        let Some(database) = Database::postgres() else {
            return println!("skipped: COUNTERSIGN_TEST_POSTGRES is not set");
        };
        let (before, after) = both_looks(database.url());
        assert_eq!((before.step, after.step), (None, Some(present_step())));
        let server = after.server.unwrap();
        assert!(!server.elsewhere && !server.encrypted, "{server:?}");
        assert!(server.clock > Time::UNIX_EPOCH);
        assert_eq!((before.local_keys, after.local_keys), (vec![], vec![]));
        assert_eq!((before.webhooks, after.webhooks), (Targets::default(), Targets::default()));
        let config: Config = database.url().parse().unwrap();
        let mut client = config.connect(tls::connector().unwrap()).unwrap();
        client.batch_execute(&keys(|id| format!("'\\x{}'", format!("{id:02x}").repeat(16)))).unwrap();
        let after = look(database.url()).unwrap();
        assert_eq!(after.local_keys, [LocalKey::read(7, "10.0.0.0/8,::1/128")]);
        assert_eq!(after.local_keys[0].networks.len(), 2);
        assert_eq!(after.webhooks, Targets { plain: 1, off: 1, dead: 1 });
    }

    #[test]
    fn another_machine_is_told_from_this_one() {
        for (url, elsewhere) in [
            ("postgres://a@db.internal/x", true),
            ("postgres://a@10.0.0.3/x", true),
            ("postgres://a@127.0.0.1/x", false),
            ("postgres://a@[::1]/x", false),
            ("postgres://a@localhost/x", false),
            ("postgres:///x?host=/run/postgresql", false),
        ] {
            let config: Config = url.parse().unwrap();
            assert_eq!(config.get_hosts().iter().any(is_elsewhere), elsewhere, "{url}");
        }
    }
}
