//! A database of its own for each test.

use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

/// An empty database, gone when it is dropped.
pub struct Database {
    url: String,
    kept: Kept,
}

enum Kept {
    /// The file's directory.
    Sqlite(TempDir),
    /// The server and the schema in it.
    Postgres { server: String, schema: String },
    /// By whoever made it.
    Elsewhere,
}

impl Database {
    /// SQLite in a directory of its own.
    pub fn sqlite() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let url = format!("sqlite:{}", directory.path().join("test.db").display());
        Self { url, kept: Kept::Sqlite(directory) }
    }

    /// A schema of its own on the server that `COUNTERSIGN_TEST_POSTGRES` names, if it names one.
    pub fn postgres() -> Option<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let server = std::env::var("COUNTERSIGN_TEST_POSTGRES").ok()?;
        let schema = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        execute(&server, &format!("CREATE SCHEMA {schema}"));
        let joint = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{joint}options=-csearch_path%3D{schema}");
        Some(Self { url, kept: Kept::Postgres { server, schema } })
    }

    /// A database that the test itself made, and removes.
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), kept: Kept::Elsewhere }
    }

    /// The storage URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The directory of a SQLite database.
    pub fn directory(&self) -> Option<&std::path::Path> {
        match &self.kept {
            Kept::Sqlite(directory) => Some(directory.path()),
            Kept::Postgres { .. } | Kept::Elsewhere => None,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Kept::Postgres { server, schema } = &self.kept {
            execute(server, &format!("DROP SCHEMA {schema} CASCADE"));
        }
    }
}

fn execute(server: &str, text: &str) {
    let mut client = postgres::Client::connect(server, postgres::NoTls).expect("the test server answers");
    client.batch_execute(text).expect("the test server makes schemas");
}
