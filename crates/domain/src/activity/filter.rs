//! Which entries of the log somebody wants to see.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::activity::{Country, Entry, catalogue};
use crate::change::View;
use crate::clock::{Span, Time};
use crate::ids::AccountId;
use crate::refusal::{Fault, Stop};

use super::{PAGE, Page};

/// Entries that one page of a search looks at, at most: however long a log is, a page of it costs the same.
pub const LOOKED_AT: i64 = 2_000;

/// Clocks of several nodes, and one that was set back, may put neighbours out of order by this much.
const SLACK: Span = Span::from_mins(10);

/// A search for the days on which something happened finds what was reported so much later.
const REPORTED_WITHIN: Span = Span::from_hours(31 * 24);

/// The kind of what the exchange reports.
const MONEY: &str = "money";

/// What is wanted; everything, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    kind: Option<&'static str>,
    browser: Option<String>,
    place: Option<Whereabouts>,
    from: Option<Time>,
    until: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whereabouts {
    In(Country),
    /// No country is known: an unknown place, or one that is in no country, like this computer.
    Nowhere,
}

/// The word for a place without a country.
pub const NOWHERE: &str = "none";

/// A filter in words, as an address or a form carries it; what is empty is not asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words<'a> {
    /// A code of [`kinds`].
    pub kind: &'a str,
    /// A browser as [`without_version`] writes it.
    pub browser: &'a str,
    /// A country's two letters, or [`NOWHERE`].
    pub place: &'a str,
    /// The first day, in UTC: `2026-11-01`.
    pub from: &'a str,
    /// The last day, in UTC.
    pub until: &'a str,
}

impl Filter {
    /// Reads a filter. What cannot be one is answered with the name of its field and what to do about it.
    pub fn read(words: Words<'_>) -> Result<Self, (&'static str, &'static str)> {
        let said = |text: &str| !text.is_empty();
        let kind = kinds().into_iter().map(|kind| kind.code).find(|code| *code == words.kind);
        if said(words.kind) && kind.is_none() {
            return Err(("kind", "is no kind of event"));
        }
        let place = match words.place {
            "" => None,
            NOWHERE => Some(Whereabouts::Nowhere),
            code => Some(Whereabouts::In(code.parse().map_err(|_| ("place", "must be the two letters of a country"))?)),
        };
        let day = |field, text: &str, days| {
            if said(text) {
                day(text, days).map(Some).ok_or((field, "must be a day like 2026-11-22"))
            } else {
                Ok(None)
            }
        };
        Ok(Self {
            kind,
            browser: Some(words.browser.to_owned()).filter(|browser| said(browser)),
            place,
            from: day("from", words.from, 0)?,
            until: day("until", words.until, 1)?,
        })
    }

    /// Whether everything is wanted.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this entry is wanted.
    pub fn fits(&self, entry: &Entry) -> bool {
        let country = entry.origin.place.as_ref().and_then(|place| place.country);
        let browser = || entry.origin.browser.as_deref().map(without_version).unwrap_or_default();
        // A day is the day that the customer reads: when it happened, and when it was reported.
        let days = [entry.happened_at(), entry.at];
        days.iter().any(|at| self.from.is_none_or(|from| *at >= from) && self.until.is_none_or(|until| *at < until))
            && self.kind.is_none_or(|kind| kind_of(entry.event.spec().code) == kind)
            && self.place.is_none_or(|place| match place {
                Whereabouts::In(wanted) => country == Some(wanted),
                Whereabouts::Nowhere => country.is_none(),
            })
            && self.browser.as_ref().is_none_or(|wanted| *wanted == browser())
    }
}

/// Midnight in UTC before a day, or so many days later.
fn day(text: &str, later: i64) -> Option<Time> {
    let date: Date = text.parse().ok().filter(|date: &Date| date.to_string() == text)?;
    let midnight = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
    midnight.checked_add(Span::from_hours(24 * later)).ok()
}

/// A kind of event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// What stands before the point in the codes of its events.
    pub code: &'static str,
    /// In a few words.
    pub title: String,
}

/// Every kind, in the order of the catalogue.
pub fn kinds() -> Vec<Kind> {
    let mut known = BTreeSet::new();
    let codes = catalogue().into_iter().map(|event| kind_of(event.spec().code));
    codes.filter(|code| known.insert(*code)).map(|code| Kind { code, title: title(code) }).collect()
}

fn kind_of(code: &'static str) -> &'static str {
    code.split('.').next().unwrap_or(code)
}

fn title(kind: &str) -> String {
    match kind {
        "account" => "The account itself".to_owned(),
        "sign_in" => "Signing in, and attempts".to_owned(),
        "session" => "Signing out".to_owned(),
        "credential" => "Passwords".to_owned(),
        "protection" => "Freezing and protections".to_owned(),
        "notice" => "What we tell you".to_owned(),
        "factor" => "Ways to prove it is you".to_owned(),
        "checkup" => "The security check-up".to_owned(),
        "device" => "Known browsers".to_owned(),
        "phone" => "Your phone".to_owned(),
        MONEY => "Purchases, deposits and withdrawals".to_owned(),
        "support" => "Our support".to_owned(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// A browser without its version, which changes every month: `Firefox on Linux`.
pub fn without_version(browser: &str) -> String {
    let words: Vec<&str> = browser.split(' ').filter(|word| !word.bytes().all(|byte| byte.is_ascii_digit())).collect();
    words.join(" ")
}

/// A page of what is wanted, newest first. It looks at [`LOOKED_AT`] entries at most and says how far back it came;
/// `older` goes on from there.
pub(super) fn search(
    view: &mut View<'_>,
    account: AccountId,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Page, Stop> {
    let newest = view.rows().events_before(account, i64::MAX, 1)?.first().map_or(0, |entry| entry.sequence);
    let mut before = before.unwrap_or(i64::MAX).min(newest.saturating_add(1));
    if let Some(until) = filter.until {
        // What the exchange reports is written down after it happened.
        let later = if filter.kind.is_none_or(|kind| kind == MONEY) { REPORTED_WITHIN } else { SLACK };
        before = before.min(first_since(view, account, newest, until.saturating_add(later).map_err(Fault::broken)?)?);
    }
    let oldest = match filter.from {
        Some(from) => first_since(view, account, newest, from.saturating_sub(SLACK).map_err(Fault::broken)?)?,
        None => 1,
    };
    let stop = oldest.max(before.saturating_sub(LOOKED_AT));
    let mut page = Page { entries: Vec::new(), older: None, looked_back_to: None };
    while before > stop {
        let chunk = view.rows().events_before(account, before, PAGE.min(before - stop))?;
        let Some(last) = chunk.last().map(|last| (last.sequence, last.at)) else { return Ok(page) };
        for entry in chunk {
            let sequence = entry.sequence;
            if filter.fits(&entry) {
                page.entries.push(entry);
                if i64::try_from(page.entries.len()) == Ok(limit) {
                    page.older = Some(sequence).filter(|sequence| *sequence > oldest);
                    return Ok(page);
                }
            }
        }
        before = last.0;
        if before > oldest && before <= stop {
            page.older = Some(before);
            page.looked_back_to = Some(last.1);
        }
    }
    Ok(page)
}

/// The number of the first entry at or after a moment, found by halving: entries are numbered without gaps, and time
/// goes with the numbers but for [`SLACK`].
fn first_since(view: &mut View<'_>, account: AccountId, newest: i64, since: Time) -> Result<i64, Stop> {
    let (mut low, mut high) = (1, newest.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        match view.rows().event_time(account, middle)? {
            Some(at) if at >= since => high = middle,
            _ => low = middle + 1,
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::{Event, Origin, Place};
    use crate::ids::SessionId;

    fn entry(at: &str, browser: &str, country: Option<&str>) -> Entry {
        let place = country.map(|code| Place { country: code.parse().ok(), ..Place::named(code) });
        Entry {
            account: AccountId::from_bytes([1; 16]),
            sequence: 1,
            at: at.parse().unwrap(),
            event: Event::SignedIn {
                session: SessionId::from_bytes([2; 16]),
                new_device: false,
                waited: None,
                unusual: None,
            },
            who: "visitor".to_owned(),
            session: None,
            origin: Origin { ip: None, browser: Some(browser.to_owned()), place },
        }
    }

    #[test]
    fn what_a_filter_keeps() {
        let words = Words::default();
        let entry = entry("2026-11-22T23:59:59Z", "Firefox 144 on Linux", Some("CH"));
        for (words, fits) in [
            (words, true),
            (Words { kind: "sign_in", ..words }, true),
            (Words { kind: "session", ..words }, false),
            (Words { browser: "Firefox on Linux", ..words }, true),
            (Words { browser: "Firefox on Android", ..words }, false),
            (Words { place: "CH", ..words }, true),
            (Words { place: "DE", ..words }, false),
            (Words { place: "none", ..words }, false),
            (Words { from: "2026-11-22", until: "2026-11-22", ..words }, true),
            (Words { from: "2026-11-23", ..words }, false),
            (Words { until: "2026-11-21", ..words }, false),
            (Words { kind: "sign_in", place: "DE", ..words }, false),
        ] {
            assert_eq!(Filter::read(words).unwrap().fits(&entry), fits, "{words:?}");
        }
        let nowhere = Filter::read(Words { place: NOWHERE, ..words }).unwrap();
        assert!(nowhere.fits(&Entry { origin: Origin::default(), ..entry }));
    }

    #[test]
    fn what_cannot_be_a_filter_is_named() {
        let words = Words::default();
        for (words, field) in [
            (Words { kind: "sign", ..words }, "kind"),
            (Words { place: "Switzerland", ..words }, "place"),
            (Words { place: "ch", ..words }, "place"),
            (Words { from: "yesterday", ..words }, "from"),
            (Words { from: "2026-02-30", ..words }, "from"),
            (Words { until: "2026-11-22T10:00:00Z", ..words }, "until"),
            (Words { until: "+9999999-01-01", ..words }, "until"),
        ] {
            assert_eq!(Filter::read(words).unwrap_err().0, field, "{words:?}");
        }
    }

    #[test]
    fn every_kind_of_the_catalogue_has_words() {
        for kind in kinds() {
            assert!(kind.title.starts_with(char::is_uppercase) && !kind.title.contains('_'), "{kind:?}");
        }
    }

    #[test]
    fn a_browser_is_the_same_after_it_was_renewed() {
        for (browser, plain) in [
            ("Firefox 144 on Linux", "Firefox on Linux"),
            ("Samsung Internet 28 on Android", "Samsung Internet on Android"),
            ("An app on iOS", "An app on iOS"),
            ("curl 8", "curl"),
        ] {
            assert_eq!(without_version(browser), plain);
        }
    }
}
