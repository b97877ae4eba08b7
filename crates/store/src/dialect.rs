//! The one place that asks "which database?": how the one text of a statement or migration is written for each.

/// Which database a text is rendered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite, inside this process.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// Renders what stands in double braces, and for SQLite the numbered parameters: to it `$2` is a name, `?2` a number.
    pub(crate) fn render(self, text: &str) -> String {
        let mut rendered = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (word, after) = after.split_once("}}").expect("every {{ in our own SQL is closed");
            rendered.push_str(before);
            rendered.push_str(self.word(word));
            rest = after;
        }
        rendered.push_str(rest);
        match self {
            Self::Sqlite => rendered.replace('$', "?"),
            Self::Postgres => rendered,
        }
    }

    fn word(self, word: &str) -> &str {
        let (sqlite, postgres) = match word {
            "int" => ("INTEGER", "BIGINT"),
            "blob" => ("BLOB", "BYTEA"),
            "strict" => ("STRICT", ""),
            "strict_clustered" => ("STRICT, WITHOUT ROWID", ""),
            // PostgreSQL cannot keep a table in the order of its key; a covering index is the next best.
            cover if cover.starts_with("include ") => ("", &cover["include ".len()..]),
            // SQLite has one writer, so what it reads in a change nobody else can be writing.
            "hold" => ("", "FOR UPDATE"),
            "hold_free" => ("", "FOR UPDATE SKIP LOCKED"),
            other => panic!("no dialect knows {{{{{other}}}}}"),
        };
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres if word.starts_with("include ") => {
                // Leaked once per start: a handful of bytes, and the word lives as long as the process anyway.
                Box::leak(format!("INCLUDE {postgres}").into_boxed_str())
            }
            Self::Postgres => postgres,
        }
    }
}
