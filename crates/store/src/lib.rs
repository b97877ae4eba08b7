//! What the domain asks of storage, in SQL, for SQLite and PostgreSQL. Modules have the names of the domain's features;
//! `dialect.rs` alone asks which database it is.
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "`Row::int` reads a row of one lifetime, a reader reads any"
)]

mod accounts;
mod activity;
mod approvals;
mod checkup;
mod copy;
mod credentials;
mod dialect;
mod feed;
mod key_check;
mod links;
mod look;
mod migrate;
mod notifications;
mod passkeys;
mod phones;
mod postgres;
mod protections;
mod repeats;
mod retain;
mod second_factors;
mod service;
mod sessions;
mod sqlite;
mod statement;
mod support;
#[cfg(test)]
mod tests;
mod tls;
mod trial;
mod tx;
mod webhooks;

use std::path::Path;

use domain::refusal::Fault;
use domain::{Engine, Reads, Rows};

pub use self::copy::{Copied, check, copy};
pub use self::look::{LocalKey, Look, Server, Targets, look};
pub use self::migrate::{newer, present_step};
pub use self::postgres::Postgres;
pub use self::sqlite::Sqlite;

use crate::statement::Statement;
use crate::tx::Tx;

/// Opens the database that a storage URL names, creates and migrates it as needed: `sqlite:FILE` or
/// `postgres://USER:PASSWORD@HOST/DATABASE`. `slots` is how many readings (SQLite) or transactions (PostgreSQL) run
/// at once.
pub fn open(url: &str, slots: usize) -> Result<Box<dyn Engine>, Fault> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return Ok(Box::new(Sqlite::open(Path::new(path), slots)?));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Box::new(Postgres::open(url, slots)?));
    }
    Err(Fault::broken("the storage URL starts with neither sqlite: nor postgres://"))
}

impl Reads for Tx<'_> {}

impl Rows for Tx<'_> {
    fn written(&self) -> u64 {
        self.rows_written()
    }
}

/// Every statement there is, by module: what the tests prepare on both databases.
#[cfg_attr(not(test), expect(dead_code, reason = "the tests walk it"))]
const STATEMENTS: &[(&str, &[&Statement])] = &[
    ("accounts", accounts::STATEMENTS),
    ("activity", activity::STATEMENTS),
    ("approvals", approvals::STATEMENTS),
    ("checkup", checkup::STATEMENTS),
    ("credentials", credentials::STATEMENTS),
    ("feed", feed::STATEMENTS),
    ("key_check", key_check::STATEMENTS),
    ("links", links::STATEMENTS),
    ("notifications", notifications::STATEMENTS),
    ("passkeys", passkeys::STATEMENTS),
    ("phones", phones::STATEMENTS),
    ("protections", protections::STATEMENTS),
    ("repeats", repeats::STATEMENTS),
    ("retain", retain::STATEMENTS),
    ("second_factors", second_factors::STATEMENTS),
    ("service", service::STATEMENTS),
    ("sessions", sessions::STATEMENTS),
    ("support", support::STATEMENTS),
    ("trial", trial::STATEMENTS),
    ("webhooks", webhooks::STATEMENTS),
];
