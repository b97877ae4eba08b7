//! What a SQLite database holds, looked at from outside, in a copy: looking must not mend what the next process finds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::ids::NoticeId;
use rusqlite::{Connection, OpenFlags, Row};
use tempfile::TempDir;

/// What became of the orders.
#[derive(Debug, Default, Clone)]
pub(crate) struct Answers {
    /// Given to a machine, whatever became of them.
    pub(crate) given: BTreeSet<u64>,
    /// Acknowledged.
    pub(crate) done: BTreeSet<u64>,
    /// Answered with “nothing was changed”.
    pub(crate) undone: BTreeSet<u64>,
}

/// What a database holds of orders and letters.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The orders whose event is there.
    pub(crate) orders: BTreeSet<u64>,
    /// The letters about them, whether they were sent or not.
    pub(crate) letters: BTreeMap<NoticeId, Letter>,
}

/// A row of the outbox.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) recipient: String,
    /// What stands in place of the browser: the order.
    pub(crate) order: String,
    pub(crate) sent: bool,
}

/// Reads a copy of the database `file` and its WAL, and checks that it is whole.
pub(crate) fn look(file: &Path) -> Kept {
    let directory = TempDir::new().expect("a temporary directory");
    let copy = directory.path().join("copy.db");
    for (from, to) in [(file.to_owned(), copy.clone()), (wal(file), wal(&copy))] {
        if from.exists() {
            std::fs::copy(from, to).expect("a database can be copied");
        }
    }
    let connection = Connection::open(&copy).expect("it opens");
    let whole: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("it is read");
    assert_eq!(whole, "ok");
    no_gaps(&connection);
    all_or_nothing(&connection);
    Kept { orders: orders(&connection), letters: letters(&connection) }
}

/// The notices that are not written down as sent, read in place: there may be a million others.
pub(crate) fn unsent(file: &Path) -> BTreeSet<NoticeId> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    let text = "SELECT id FROM outbox WHERE due_at IS NOT NULL";
    rows(&connection, text, |row| row.get(0).map(NoticeId::from_bytes)).into_iter().collect()
}

/// The write-ahead log beside a database.
pub(crate) fn wal(file: &Path) -> std::path::PathBuf {
    file.with_file_name(format!("{}-wal", file.file_name().and_then(|name| name.to_str()).expect("a plain name")))
}

impl Kept {
    /// Holds what is kept against what was answered.
    pub(crate) fn agrees_with(&self, answers: &Answers) {
        let lost: Vec<_> = answers.done.difference(&self.orders).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let lied: Vec<_> = answers.undone.intersection(&self.orders).collect();
        assert!(lied.is_empty(), "answered with “nothing was changed”, and done: {lied:?}");
        let invented: Vec<_> = self.orders.difference(&answers.given).collect();
        assert!(invented.is_empty(), "nobody asked for {invented:?}");
    }
}

fn rows<T>(connection: &Connection, text: &str, read: fn(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
    let mut statement = connection.prepare(text).expect("our own SQL");
    statement.query_map([], read).expect("it is read").map(|row| row.expect("a row")).collect()
}

fn no_gaps(connection: &Connection) {
    let text = "SELECT a.event_sequence, count(*), min(e.sequence), max(e.sequence) FROM account a
        JOIN event e ON e.account = a.id GROUP BY a.id";
    let read = |row: &Row<'_>| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?]);
    for [last, count, min, max] in rows(connection, text, read) {
        assert!(
            count == last && min == 1 && max == last,
            "a log has gaps: {count} entries from {min} to {max} of {last}"
        );
    }
}

/// Every event of an order has its inbox row, its letter and the letter's link.
fn all_or_nothing(connection: &Connection) {
    let text = "SELECT e.browser FROM event e
        LEFT JOIN inbox i ON i.account = e.account AND i.sequence = e.sequence
        LEFT JOIN outbox o ON o.account = e.account AND o.sequence = e.sequence
        LEFT JOIN link l ON l.id = o.freeze_link
        WHERE e.browser LIKE 'order %' AND (i.account IS NULL OR o.id IS NULL OR l.id IS NULL)";
    let halves = rows(connection, text, |row| row.get::<_, String>(0));
    assert!(halves.is_empty(), "done by halves: {halves:?}");
}

fn orders(connection: &Connection) -> BTreeSet<u64> {
    let text = "SELECT browser FROM event WHERE browser LIKE 'order %'";
    let mut orders = BTreeSet::new();
    for order in rows(connection, text, |row| row.get::<_, String>(0)) {
        let number = order["order ".len()..].parse().expect("a number");
        assert!(orders.insert(number), "{order} was done twice");
    }
    orders
}

fn letters(connection: &Connection) -> BTreeMap<NoticeId, Letter> {
    let text = "SELECT o.id, o.recipient, e.browser, o.sent_at IS NOT NULL FROM outbox o
        JOIN event e ON e.account = o.account AND e.sequence = o.sequence WHERE e.browser LIKE 'order %'";
    let read = |row: &Row<'_>| {
        let letter = Letter { recipient: row.get(1)?, order: row.get(2)?, sent: row.get(3)? };
        Ok((NoticeId::from_bytes(row.get(0)?), letter))
    };
    rows(connection, text, read).into_iter().collect()
}
