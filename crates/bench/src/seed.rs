//! Databases with many customers, written straight into the tables that the product has made.

use std::path::Path;

use anyhow::{Context, Result};
use domain::activity::Event;
use domain::clock::{Clock, SystemClock};
use domain::credentials::{Phc, normalize};
use domain::ids::{AccountId, SessionId};
use domain::{App, SecretText};
use rusqlite::{Connection, Transaction};

use crate::chance::Chance;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "walnut harbour sixteen lanterns";

/// How many customers there are of each kind; the kinds overlap from the first customer on.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) accounts: u32,
    /// Customers who are signed in.
    pub(crate) sessions: u32,
    /// Customers with a password and a known device, who want a letter about each sign-in.
    pub(crate) known: u32,
}

/// What the customers hold.
pub(crate) struct Customers {
    /// Session secrets.
    pub(crate) sessions: Vec<String>,
    /// The same sessions, as storage names them.
    pub(crate) session_ids: Vec<(AccountId, SessionId)>,
    /// Addresses and device secrets.
    pub(crate) known: Vec<(String, String)>,
}

/// Hashes the password as the product would.
pub(crate) async fn hash(app: &App) -> Result<Phc> {
    app.hashing().hash(&normalize(PASSWORD)).await.map_err(|stop| anyhow::anyhow!("{stop:?}"))
}

/// Fills a SQLite file that holds the product's empty tables.
pub(crate) fn customers(file: &Path, sizes: Sizes, phc: &Phc) -> Result<Customers> {
    let mut connection = Connection::open(file)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -500_000)?;
    let now = SystemClock.now().as_microsecond();
    let mut chance = Chance::seeded(3);
    let mut customers = Customers { sessions: Vec::new(), session_ids: Vec::new(), known: Vec::new() };
    let transaction = connection.transaction()?;
    for number in 0..sizes.accounts {
        let account = in_order(number);
        let email = format!("customer{number}@mail.example");
        insert_account(&transaction, account, &email, now)?;
        if number < sizes.sessions {
            let id = chance.bytes::<16>();
            customers.sessions.push(insert_session(&transaction, account, id, now, &mut chance)?);
            customers.session_ids.push((AccountId::from_bytes(account), SessionId::from_bytes(id)));
        }
        if number < sizes.known {
            let device = insert_known(&transaction, account, now, phc, &mut chance)?;
            customers.known.push((email, device));
        }
    }
    transaction.commit()?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(customers)
}

fn insert_account(transaction: &Transaction<'_>, account: [u8; 16], email: &str, now: i64) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO account (id, email, email_key, opened_at, confirmed_at, freeze_words) VALUES (?1, ?2, ?2, ?3, ?3, ?4)",
        )?
        .execute((account, email, now, [0_u8; 72]))?;
    Ok(())
}

fn insert_session(
    transaction: &Transaction<'_>,
    account: [u8; 16],
    id: [u8; 16],
    now: i64,
    chance: &mut Chance,
) -> Result<String> {
    let secret = secret(chance);
    transaction
        .prepare_cached(
            "INSERT INTO session (id, account, secret_digest, device, epoch, began_at, ip, browser, last_seen_at, last_ip)
             VALUES (?1, ?2, ?3, ?4, 0, ?5, '127.0.0.1', 'Firefox 145 on Linux', ?5, '127.0.0.1')",
        )?
        .execute((id, account, secret.digest(), chance.bytes::<16>(), now))?;
    Ok(secret.reveal().to_owned())
}

fn insert_known(
    transaction: &Transaction<'_>,
    account: [u8; 16],
    now: i64,
    phc: &Phc,
    chance: &mut Chance,
) -> Result<String> {
    let secret = secret(chance);
    let year = 365 * 24 * 3_600 * 1_000_000_i64;
    transaction
        .prepare_cached("INSERT INTO password (account, number, set_at, phc) VALUES (?1, 1, ?2, ?3)")?
        .execute((account, now, phc.as_str()))?;
    transaction
        .prepare_cached(
            "INSERT INTO device (account, id, secret_digest, first_at, last_at, known_until) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        )?
        .execute((account, chance.bytes::<16>(), secret.digest(), now, now + year))?;
    transaction
        .prepare_cached("INSERT INTO notice_choice (account, code, mailed) VALUES (?1, 'sign_in.done', 1)")?
        .execute([account])?;
    Ok(secret.reveal().to_owned())
}

/// Every history is a hundred entries long, so many histories hold a hundred times as many.
pub(crate) const ENTRIES: u32 = 100;

/// Fills a SQLite file with histories.
pub(crate) fn histories_sqlite(file: &Path, accounts: u32) -> Result<()> {
    let mut connection = Connection::open(file)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -500_000)?;
    let now = SystemClock.now().as_microsecond();
    let mut chance = Chance::seeded(4);
    let transaction = connection.transaction()?;
    for number in 0..accounts {
        let account = in_order(number);
        insert_account(&transaction, account, &format!("customer{number}@mail.example"), now)?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO event (account, sequence, at, data, who, session, ip, browser, place, country, salt, digest)
             VALUES (?1, ?2, ?3, ?4, 'customer', ?5, '203.0.113.24', 'Firefox 145 on Linux', 'Hamburg, Germany', 'DE', ?6, ?7)",
        )?;
        for sequence in 1..=ENTRIES {
            let session = chance.bytes::<16>();
            insert.execute((
                account,
                sequence,
                now,
                entry(session)?,
                session,
                chance.bytes::<16>(),
                chance.bytes::<32>(),
            ))?;
        }
    }
    transaction.commit()?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Makes an empty database on a PostgreSQL server and answers its URL.
pub(crate) fn new_postgres_database(server: &str, name: &str) -> Result<String> {
    postgres::Client::connect(server, postgres::NoTls)?.batch_execute(&format!("CREATE DATABASE {name}"))?;
    let (host, _) = server.rsplit_once('/').context("a URL with a database")?;
    Ok(format!("{host}/{name}"))
}

/// The same histories in PostgreSQL, entry by entry in the order of time and not of customers, as life writes them.
pub(crate) fn histories_postgres(url: &str, accounts: u32) -> Result<()> {
    use std::io::Write as _;
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    let now = SystemClock.now().as_microsecond();
    let mut rows =
        client.copy_in("COPY account (id, email, email_key, opened_at, confirmed_at, freeze_words) FROM STDIN")?;
    for number in 0..accounts {
        let (id, email) = (hexadecimal(&in_order(number)), format!("customer{number}@mail.example"));
        writeln!(rows, "\\\\x{id}\t{email}\t{email}\t{now}\t{now}\t\\\\x00")?;
    }
    rows.finish()?;
    let mut chance = Chance::seeded(4);
    let mut rows = client.copy_in(
        "COPY event (account, sequence, at, data, who, session, ip, browser, place, country, salt, digest) FROM STDIN",
    )?;
    for sequence in 1..=ENTRIES {
        for number in 0..accounts {
            let session = chance.bytes::<16>();
            let account = hexadecimal(&in_order(number));
            let (data, session) = (entry(session)?, hexadecimal(&session));
            let (salt, digest) = (hexadecimal(&chance.bytes::<16>()), hexadecimal(&chance.bytes::<32>()));
            writeln!(
                rows,
                "\\\\x{account}\t{sequence}\t{now}\t{data}\tcustomer\t\\\\x{session}\t203.0.113.24\tFirefox 145 on Linux\t\
                 Hamburg, Germany\tDE\t\\\\x{salt}\t\\\\x{digest}",
            )?;
        }
    }
    rows.finish()?;
    // With every page marked as visible to all, the covering index answers alone, as after a night's autovacuum.
    client.batch_execute("VACUUM (ANALYZE) event")?;
    Ok(())
}

/// The same customers in PostgreSQL.
pub(crate) fn customers_postgres(url: &str, sizes: Sizes, phc: &Phc) -> Result<Customers> {
    use std::io::Write as _;
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    let now = SystemClock.now().as_microsecond();
    let later = now + 365 * 24 * 3_600 * 1_000_000_i64;
    let mut chance = Chance::seeded(3);
    let mut customers = Customers { sessions: Vec::new(), session_ids: Vec::new(), known: Vec::new() };
    let mut rows =
        client.copy_in("COPY account (id, email, email_key, opened_at, confirmed_at, freeze_words) FROM STDIN")?;
    for number in 0..sizes.accounts {
        let (id, email) = (hexadecimal(&in_order(number)), format!("customer{number}@mail.example"));
        writeln!(rows, "\\\\x{id}\t{email}\t{email}\t{now}\t{now}\t\\\\x00")?;
    }
    rows.finish()?;
    let mut rows = client.copy_in(
        "COPY session (id, account, secret_digest, device, epoch, began_at, ip, browser, last_seen_at, last_ip) FROM STDIN",
    )?;
    for number in 0..sizes.sessions {
        let (account, id, secret) = (in_order(number), chance.bytes::<16>(), secret(&mut chance));
        let (digest, device) = (hexadecimal(&secret.digest()), hexadecimal(&chance.bytes::<16>()));
        let (whose, hex) = (hexadecimal(&account), hexadecimal(&id));
        writeln!(
            rows,
            "\\\\x{hex}\t\\\\x{whose}\t\\\\x{digest}\t\\\\x{device}\t0\t{now}\t127.0.0.1\tFirefox 145 on Linux\t{now}\t127.0.0.1"
        )?;
        customers.sessions.push(secret.reveal().to_owned());
        customers.session_ids.push((AccountId::from_bytes(account), SessionId::from_bytes(id)));
    }
    rows.finish()?;
    for number in 0..sizes.known {
        let (account, secret) = (in_order(number), secret(&mut chance));
        let (whose, device) = (account.as_slice(), chance.bytes::<16>());
        client.execute(
            "INSERT INTO password (account, number, set_at, phc) VALUES ($1, 1, $2, $3)",
            &[&whose, &now, &phc.as_str()],
        )?;
        client.execute(
            "INSERT INTO device (account, id, secret_digest, first_at, last_at, known_until) VALUES ($1, $2, $3, $4, $4, $5)",
            &[&whose, &device.as_slice(), &secret.digest().as_slice(), &now, &later],
        )?;
        client
            .execute("INSERT INTO notice_choice (account, code, mailed) VALUES ($1, 'sign_in.done', 1)", &[&whose])?;
        customers.known.push((format!("customer{number}@mail.example"), secret.reveal().to_owned()));
    }
    client.batch_execute("VACUUM (ANALYZE) account, session")?;
    Ok(customers)
}

fn entry(session: [u8; 16]) -> Result<String> {
    let event =
        Event::SignedIn { session: SessionId::from_bytes(session), new_device: false, waited: None, unusual: None };
    Ok(serde_json::to_string(&event)?)
}

/// Account ids in the order in which they were given out, as the product's own are.
pub(crate) fn in_order(number: u32) -> [u8; 16] {
    let mut id = [0x55; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    id
}

fn secret(chance: &mut Chance) -> SecretText {
    SecretText::presented(hexadecimal(&chance.bytes::<32>()))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

#[cfg(test)]
mod tests {
    use domain::sessions::{SignIn, SignInOutcome, check, sign_in};
    use domain::{Actor, Origin};

    use super::*;
    use crate::inside;

    const FEW: Sizes = Sizes { accounts: 3, sessions: 2, known: 1 };

    async fn can_use(app: &App, customers: &Customers) {
        let session = SecretText::presented(customers.sessions[1].clone());
        assert!(check(app, &session, &Origin::default()).await.unwrap().is_some());
        let (email, device) = customers.known[0].clone();
        let given = SignIn { email, password: PASSWORD.into(), devices: vec![SecretText::presented(device)] };
        let outcome = sign_in(app, &Actor::visitor(Origin::default()), &given).await.unwrap();
        assert!(matches!(outcome, SignInOutcome::In(_)), "{outcome:?}");
    }

    #[tokio::test]
    async fn the_customers_we_write_can_use_the_product() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("countersign.db");
        let app = inside::open(&format!("sqlite:{}", file.display())).unwrap();
        let phc = hash(&app).await.unwrap();
        can_use(&app, &customers(&file, FEW, &phc).unwrap()).await;
    }

    #[test]
    fn so_can_those_we_write_into_postgresql() {
        let Some(database) = testkit::Database::postgres() else {
            return println!("skipped: COUNTERSIGN_TEST_POSTGRES is not set");
        };
        let app = inside::open(database.url()).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let phc = runtime.block_on(hash(&app)).unwrap();
        let customers = customers_postgres(database.url(), FEW, &phc).unwrap();
        runtime.block_on(can_use(&app, &customers));
    }

    #[test]
    fn the_histories_we_write_are_read_as_pages() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("countersign.db");
        let app = inside::open(&format!("sqlite:{}", file.display())).unwrap();
        histories_sqlite(&file, 2).unwrap();
        inside::first_pages_beside_bare(&app, &file, 2).unwrap();
    }
}
