//! Which part of the activity log is asked for: the same words on the page, in JSON and in the files to keep.

use domain::activity::{Filter, PAGE, Words};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answers::Problem;
use crate::forms::{Mistake, MistakeKind, Sequence, Text, Whole};

/// A word of a filter: the longest is a browser's name.
type Word = Text<80>;

/// How much of the log to read at once.
type PageSize = Whole<1, PAGE>;

/// Which entries of the log are wanted. What is left out or empty is not asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// What stands before the point in a `code`, like `sign_in`.
    #[param(inline)]
    kind: Option<Word>,
    /// A browser and its system without a version, like `Firefox on Linux`.
    #[param(inline)]
    browser: Option<Word>,
    /// The two letters of a country, or `none` for entries without one.
    #[param(inline)]
    place: Option<Word>,
    /// The first day, in UTC, like `2026-11-01`.
    #[param(inline)]
    from: Option<Word>,
    /// The last day, in UTC.
    #[param(inline)]
    until: Option<Word>,
}

/// A page of the entries that are wanted. A page looks at 2000 entries at most: it may hold fewer than were asked for,
/// or none, and still have an `older`.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// Only what is older than this `sequence`: the `older` of the page before.
    #[param(inline)]
    before: Option<Sequence>,
    /// How many at most.
    #[param(inline, default = 50)]
    limit: Option<PageSize>,
    /// What stands before the point in a `code`, like `sign_in`.
    #[param(inline)]
    kind: Option<Word>,
    /// A browser and its system without a version, like `Firefox on Linux`.
    #[param(inline)]
    browser: Option<Word>,
    /// The two letters of a country, or `none` for entries without one.
    #[param(inline)]
    place: Option<Word>,
    /// The first day, in UTC, like `2026-11-01`.
    #[param(inline)]
    from: Option<Word>,
    /// The last day, in UTC.
    #[param(inline)]
    until: Option<Word>,
}

impl Search {
    pub(crate) fn before(&self) -> Option<i64> {
        self.before.map(Whole::get)
    }

    pub(crate) fn limit(&self) -> i64 {
        self.limit.map_or(50, Whole::get)
    }

    /// What is wanted, apart from which page of it.
    pub(crate) fn wanted(self) -> Wanted {
        let Self { kind, browser, place, from, until, .. } = self;
        Wanted { kind, browser, place, from, until }
    }
}

impl Wanted {
    /// The words as they were said.
    pub(crate) fn words(&self) -> Words<'_> {
        fn said(word: Option<&Word>) -> &str {
            word.map_or("", Text::as_str)
        }
        Words {
            kind: said(self.kind.as_ref()),
            browser: said(self.browser.as_ref()),
            place: said(self.place.as_ref()),
            from: said(self.from.as_ref()),
            until: said(self.until.as_ref()),
        }
    }

    /// The filter they are.
    pub(crate) fn filter(&self) -> Result<Filter, Problem> {
        Filter::read(self.words()).map_err(|(field, say)| {
            Problem::mistake(&Mistake { field: field.to_owned(), kind: MistakeKind::BadValue, say: say.to_owned() })
        })
    }

    /// The part of an address that asks for the same: empty, or beginning with `&`.
    pub(crate) fn in_address(&self) -> String {
        let words = self.words();
        let pairs = [
            ("kind", words.kind),
            ("browser", words.browser),
            ("place", words.place),
            ("from", words.from),
            ("until", words.until),
        ];
        let said = pairs.into_iter().filter(|(_, word)| !word.is_empty());
        said.fold(String::new(), |address, (name, word)| format!("{address}&{name}={}", escaped(word)))
    }
}

/// A text as a part of an address.
fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a string takes all");
        }
        escaped
    })
}
