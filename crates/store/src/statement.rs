//! The small layer that runs one SQL text on both databases.

use std::net::IpAddr;
use std::sync::OnceLock;

use domain::clock::{Time, from_micros};
use domain::refusal::Fault;

use crate::dialect::Dialect;

/// What a statement does to the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads, or writes what an event must tell of.
    Told,
    /// Writes one of the closed list of bookkeeping rows.
    Bookkeeping,
}

/// One statement: a text for both databases.
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) kind: Kind,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Statement {
    pub(crate) const fn new(name: &'static str, kind: Kind, text: &'static str) -> Self {
        Self { name, text, kind, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// The text as one database reads it, rendered once.
    pub(crate) fn rendered(&'static self, dialect: Dialect) -> &'static str {
        let slot = match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        };
        slot.get_or_init(|| dialect.render(self.text))
    }
}

/// Declares the statements of a module, and the array by which a test finds them all.
macro_rules! statements {
    ($($kind:ident $name:ident = $text:literal;)*) => {
        $(static $name: $crate::statement::Statement =
            $crate::statement::Statement::new(stringify!($name), $crate::statement::Kind::$kind, $text);)*
        /// Every statement of this module.
        pub(crate) const STATEMENTS: &[&$crate::statement::Statement] = &[$(&$name),*];
    };
}
pub(crate) use statements;

/// A bound value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
    Null,
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Time> for Value<'_> {
    fn from(time: Time) -> Self {
        Self::Int(time.as_microsecond())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Blob(bytes)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What came back in one column, where the database's client holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'r> {
    Int(i64),
    Text(&'r str),
    Blob(&'r [u8]),
    Null,
}

/// A row as a database's client hands it out.
pub(crate) trait Cells {
    fn cell(&self, column: usize) -> Result<Cell<'_>, Fault>;
}

/// A row, read from its first column to its last.
pub(crate) struct Row<'r> {
    cells: &'r dyn Cells,
    column: usize,
}

impl<'r> Row<'r> {
    pub(crate) fn new(cells: &'r dyn Cells) -> Self {
        Self { cells, column: 0 }
    }

    fn next(&mut self) -> Result<Cell<'r>, Fault> {
        let cell = self.cells.cell(self.column)?;
        self.column += 1;
        Ok(cell)
    }

    pub(crate) fn int(&mut self) -> Result<i64, Fault> {
        self.int_or_null()?.ok_or_else(|| unexpected("a number", &Cell::Null))
    }

    pub(crate) fn int_or_null(&mut self) -> Result<Option<i64>, Fault> {
        match self.next()? {
            Cell::Int(number) => Ok(Some(number)),
            Cell::Null => Ok(None),
            other => Err(unexpected("a number", &other)),
        }
    }

    pub(crate) fn time(&mut self) -> Result<Time, Fault> {
        self.int().map(from_micros)
    }

    pub(crate) fn time_or_null(&mut self) -> Result<Option<Time>, Fault> {
        Ok(self.int_or_null()?.map(from_micros))
    }

    pub(crate) fn text(&mut self) -> Result<String, Fault> {
        self.text_or_null()?.ok_or_else(|| unexpected("a text", &Cell::Null))
    }

    pub(crate) fn text_or_null(&mut self) -> Result<Option<String>, Fault> {
        Ok(self.str_or_null()?.map(str::to_owned))
    }

    fn str_or_null(&mut self) -> Result<Option<&'r str>, Fault> {
        match self.next()? {
            Cell::Text(text) => Ok(Some(text)),
            Cell::Null => Ok(None),
            other => Err(unexpected("a text", &other)),
        }
    }

    pub(crate) fn ip_or_null(&mut self) -> Result<Option<IpAddr>, Fault> {
        self.str_or_null()?.map(|text| text.parse().map_err(Fault::broken)).transpose()
    }

    pub(crate) fn blob(&mut self) -> Result<Vec<u8>, Fault> {
        self.slice().map(<[u8]>::to_vec)
    }

    pub(crate) fn blob_or_null(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.slice_or_null()?.map(<[u8]>::to_vec))
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.slice().and_then(exactly)
    }

    pub(crate) fn bytes_or_null<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Fault> {
        self.slice_or_null()?.map(exactly).transpose()
    }

    fn slice(&mut self) -> Result<&'r [u8], Fault> {
        self.slice_or_null()?.ok_or_else(|| unexpected("bytes", &Cell::Null))
    }

    fn slice_or_null(&mut self) -> Result<Option<&'r [u8]>, Fault> {
        match self.next()? {
            Cell::Blob(bytes) => Ok(Some(bytes)),
            Cell::Null => Ok(None),
            other => Err(unexpected("bytes", &other)),
        }
    }
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Fault> {
    bytes.try_into().map_err(|_| Fault::broken(format!("a column does not hold {N} bytes")))
}

fn unexpected(wanted: &str, got: &Cell<'_>) -> Fault {
    let got = match got {
        Cell::Int(_) => "a number",
        Cell::Text(_) => "a text",
        Cell::Blob(_) => "bytes",
        Cell::Null => "nothing",
    };
    Fault::broken(format!("a column holds {got} where {wanted} was expected"))
}
