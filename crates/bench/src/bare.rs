//! The least a server can do. For a session check: axum, one SHA-256 of the cookie, one read of a session joined to its
//! account. For a durable event: axum and one row in a synced commit.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use crate::chance::Chance;
use crate::limits::RawSqlite;
use crate::seed::hexadecimal;

/// How many sessions the database holds, and of so many accounts.
pub(crate) const SESSIONS: u32 = 100_000;

const WHO: &str = "SELECT accounts.email, sessions.expires FROM sessions \
                   JOIN accounts ON accounts.id = sessions.account WHERE sessions.hash = ?1";

/// Makes the database and returns the cookies of its sessions.
pub(crate) fn fill(file: &Path) -> Result<Vec<String>> {
    let mut connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(
        "CREATE TABLE accounts (id BLOB PRIMARY KEY, email TEXT NOT NULL) STRICT, WITHOUT ROWID;
         CREATE TABLE sessions (hash BLOB PRIMARY KEY, account BLOB NOT NULL, expires INTEGER NOT NULL)
           STRICT, WITHOUT ROWID;",
    )?;
    let mut chance = Chance::seeded(2);
    let transaction = connection.transaction()?;
    let mut cookies = Vec::new();
    for number in 0..SESSIONS {
        let (account, cookie) = (chance.bytes::<16>(), hexadecimal(&chance.bytes::<32>()));
        transaction
            .prepare_cached("INSERT INTO accounts (id, email) VALUES (?1, ?2)")?
            .execute((account, format!("customer{number}@exchange.example")))?;
        transaction.prepare_cached("INSERT INTO sessions (hash, account, expires) VALUES (?1, ?2, ?3)")?.execute((
            hash(&cookie),
            account,
            i64::MAX,
        ))?;
        cookies.push(cookie);
    }
    transaction.commit()?;
    Ok(cookies)
}

/// Serves `/me` from the database, and commits of its own, until the process is stopped.
pub(crate) async fn serve(listen: SocketAddr, file: PathBuf) -> Result<()> {
    let commits = Arc::new(Mutex::new(RawSqlite::create(&file.with_extension("commits.db"))?));
    let app = Router::new()
        .route("/me", get(me))
        .with_state(Arc::new(file))
        .route("/commit", post(commit))
        .with_state(commits);
    axum::serve(tokio::net::TcpListener::bind(listen).await?, app).await?;
    Ok(())
}

thread_local! {
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

async fn me(State(file): State<Arc<PathBuf>>, headers: HeaderMap) -> Response {
    let cookie = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(session) = cookie.strip_prefix("session=") else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    match who(&file, session) {
        Some((email, expires)) => axum::Json(serde_json::json!({ "email": email, "expires": expires })).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// On the thread that answers: the quickest for one client, and a stop for all others.
async fn commit(State(commits): State<Arc<Mutex<RawSqlite>>>) -> StatusCode {
    commits.lock().expect("no commit panics").commit(1);
    StatusCode::NO_CONTENT
}

fn who(file: &Path, session: &str) -> Option<(String, i64)> {
    READER.with_borrow_mut(|reader| {
        let reader = reader.get_or_insert_with(|| {
            Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the database opens")
        });
        let mut statement = reader.prepare_cached(WHO).ok()?;
        statement.query_row([hash(session)], |row| Ok((row.get(0)?, row.get(1)?))).ok()
    })
}

fn hash(session: &str) -> [u8; 32] {
    Sha256::digest(session).into()
}
