//! [`Tx`]: an open transaction on either database. The features' rows are implemented on it, in the modules of their
//! names.

use domain::refusal::Fault;
use postgres::error::{DbError, Severity};
use postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::dialect::Dialect;
use crate::postgres::Connection;
use crate::statement::{Cell, Cells, Kind, Row, Statement, Value};

enum Link<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut Connection),
}

/// An open transaction.
pub(crate) struct Tx<'c> {
    link: Link<'c>,
    written: u64,
    /// Statements that may still run, where they are counted.
    left: Option<u32>,
}

impl<'c> Tx<'c> {
    pub(crate) fn sqlite(connection: &'c rusqlite::Connection) -> Self {
        Self { link: Link::Sqlite(connection), written: 0, left: None }
    }

    /// No transaction around it, so one statement and no second, which would see another moment.
    pub(crate) fn sqlite_once(connection: &'c rusqlite::Connection) -> Self {
        Self { left: Some(1), ..Self::sqlite(connection) }
    }

    pub(crate) fn postgres(connection: &'c mut Connection) -> Self {
        Self { link: Link::Postgres(connection), written: 0, left: None }
    }

    /// The same without a transaction: one statement, and not three messages to and fro.
    pub(crate) fn postgres_once(connection: &'c mut Connection) -> Self {
        Self { left: Some(1), ..Self::postgres(connection) }
    }

    /// How many rows were written that an event must tell of.
    pub(crate) fn rows_written(&self) -> u64 {
        self.written
    }

    /// Runs a writing statement and answers how many rows it wrote.
    pub(crate) fn write(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<u64, Fault> {
        let written = match &mut self.link {
            Link::Sqlite(connection) => {
                let mut prepared =
                    connection.prepare_cached(statement.rendered(Dialect::Sqlite)).map_err(sqlite_fault)?;
                prepared.execute(rusqlite::params_from_iter(values)).map_err(sqlite_fault)? as u64
            }
            Link::Postgres(connection) => connection.write(statement, values)?,
        };
        if statement.kind == Kind::Told {
            self.written += written;
        }
        Ok(written)
    }

    /// Runs a statement that answers rows, and shows each to `look`.
    fn read(
        &mut self,
        statement: &'static Statement,
        values: &[Value<'_>],
        mut look: impl FnMut(&mut Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or_else(|| Fault::broken("a glance ran a second statement"))?;
        }
        match &mut self.link {
            Link::Sqlite(connection) => {
                let mut prepared =
                    connection.prepare_cached(statement.rendered(Dialect::Sqlite)).map_err(sqlite_fault)?;
                let mut rows = prepared.query(rusqlite::params_from_iter(values)).map_err(sqlite_fault)?;
                while let Some(row) = rows.next().map_err(sqlite_fault)? {
                    look(&mut Row::new(row))?;
                }
                Ok(())
            }
            Link::Postgres(connection) => {
                connection.read(statement, values)?.iter().try_for_each(|row| look(&mut Row::new(row)))
            }
        }
    }

    /// Reads at most one row.
    pub(crate) fn read_one<T>(
        &mut self,
        statement: &'static Statement,
        values: &[Value<'_>],
        decode: fn(&mut Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let mut first = None;
        self.read(statement, values, |row| {
            if first.is_none() {
                first = Some(decode(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    /// Reads all rows.
    pub(crate) fn read_all<T>(
        &mut self,
        statement: &'static Statement,
        values: &[Value<'_>],
        decode: fn(&mut Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        self.read(statement, values, |row| {
            all.push(decode(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Runs a writing statement that answers a row, and counts it as written.
    pub(crate) fn write_one<T>(
        &mut self,
        statement: &'static Statement,
        values: &[Value<'_>],
        decode: fn(&mut Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let row = self.read_one(statement, values, decode)?;
        if row.is_some() && statement.kind == Kind::Told {
            self.written += 1;
        }
        Ok(row)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
            Self::Null => ValueRef::Null,
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Int(number) => number.to_sql_checked(kind, out),
            Self::Text(text) => text.to_sql_checked(kind, out),
            Self::Blob(bytes) => bytes.to_sql_checked(kind, out),
            Self::Null => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Cells for rusqlite::Row<'_> {
    fn cell(&self, column: usize) -> Result<Cell<'_>, Fault> {
        Ok(match self.get_ref(column).map_err(sqlite_fault)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text).map_err(Fault::broken)?),
            ValueRef::Blob(bytes) => Cell::Blob(bytes),
            ValueRef::Real(_) => return Err(Fault::broken("a column holds a floating-point number")),
        })
    }
}

impl Cells for postgres::Row {
    fn cell(&self, column: usize) -> Result<Cell<'_>, Fault> {
        let kind = self.columns().get(column).map(postgres::Column::type_);
        let cell = if kind == Some(&Type::INT8) {
            self.try_get::<_, Option<i64>>(column).map(|value| value.map(Cell::Int))
        } else if kind == Some(&Type::BYTEA) {
            self.try_get::<_, Option<&[u8]>>(column).map(|value| value.map(Cell::Blob))
        } else {
            self.try_get::<_, Option<&str>>(column).map(|value| value.map(Cell::Text))
        };
        cell.map(|cell| cell.unwrap_or(Cell::Null)).map_err(Fault::broken)
    }
}

/// What a failure of SQLite before the commit means for the action: it is rolled back.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(crate) fn sqlite_fault(error: rusqlite::Error) -> Fault {
    use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure};
    let what = format!("SQLite: {error}");
    match error.sqlite_error_code() {
        Some(DiskFull | SystemIoFailure | CannotOpen | ReadOnly | DatabaseBusy | DatabaseLocked) => {
            Fault::Unavailable(what)
        }
        _ => Fault::broken(what),
    }
}

/// What a failed COMMIT means. On a full disk its last frame was not written, so it did not happen. If an fsync failed,
/// it did not happen for this process, but another that opens the file may find it whole.
pub(crate) fn sqlite_commit_fault(error: rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => sqlite_fault(error),
        _ => Fault::Unknown(format!("SQLite could not commit: {error}")),
    }
}

/// Whether the connection is gone: it broke, or the server ended it.
pub(crate) fn lost(error: &postgres::Error) -> bool {
    if let Some(db) = error.as_db_error() {
        return ends_connection(db);
    }
    let source = std::error::Error::source(error);
    error.is_closed() || source.is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

fn ends_connection(db: &DbError) -> bool {
    matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

/// What a failure of PostgreSQL before the commit means for the action. Serialization failures, deadlocks and a row
/// that somebody else inserted first (a unique key) go away when the action is run again and sees what is there now.
/// A server that is away, out of room (class 53), stopping, read-only or stuck is for the operator to mend.
pub(crate) fn postgres_fault(error: &postgres::Error) -> Fault {
    let Some(db) = error.as_db_error() else {
        let what = format!(
            "PostgreSQL: {error}: {}",
            std::error::Error::source(error).map_or_else(String::new, ToString::to_string)
        );
        return if lost(error) { Fault::Unavailable(what) } else { Fault::Broken(what) };
    };
    match db.code().code() {
        "40001" | "40P01" | "23505" => Fault::Again(db.message().to_owned()),
        "25006" | "57014" | "58030" => Fault::Unavailable(format!("PostgreSQL: {db}")),
        code if code.starts_with("53") || ends_connection(db) => Fault::Unavailable(format!("PostgreSQL: {db}")),
        _ => Fault::broken(format!("PostgreSQL: {db}")),
    }
}

/// What a failed COMMIT means. An error is a plain no. Where the connection ends, the commit may have come first: a
/// server that is told to stop finishes what it is committing and says goodbye instead of yes.
pub(crate) fn commit_fault(error: &postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(db) if !ends_connection(db) => postgres_fault(error),
        _ => Fault::Unknown(format!("the connection broke during COMMIT: {error}")),
    }
}
