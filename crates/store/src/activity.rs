//! Rows of the activity log.

use domain::activity::{Country, Entry, Origin, Place, Reads, SealedEntry, Writes};
use domain::clock::Time;
use domain::ids::{AccountId, SessionId};
use domain::refusal::Fault;

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told EVENTS_BEFORE = "SELECT account, sequence, at, data, who, session, ip, browser, place, country, spot FROM event
        WHERE account = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3";
    Told EVENTS_AFTER = "SELECT account, sequence, at, data, who, session, ip, browser, place, country, spot FROM event
        WHERE account = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
    Told EVENT_TIME = "SELECT at FROM event WHERE account = $1 AND sequence = $2";
    Told EVENT_BY_SEQUENCE = "SELECT account, sequence, at, data, who, session, ip, browser, place, country, spot, salt, digest FROM event
        WHERE account = $1 AND sequence = $2";
    Told EVENT_SEQUENCE_NEXT = "UPDATE account SET event_sequence = event_sequence + 1 WHERE id = $1 RETURNING event_sequence";
    Told EVENT_INSERT = "INSERT INTO event (account, sequence, at, data, who, session, ip, browser, place, country, spot, salt,
        digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
}

/// The columns of an origin: ip, browser, place, country, spot.
pub(crate) fn origin(row: &mut Row) -> Result<Origin, Fault> {
    let (ip, browser, text) = (row.ip_or_null()?, row.text_or_null()?, row.text_or_null()?);
    let (country, spot) = (row.text_or_null()?, row.text_or_null()?);
    let country = country.map(|country| country.parse().map_err(Fault::broken)).transpose()?;
    let spot = spot.map(|spot| spot.parse().map_err(Fault::broken)).transpose()?;
    Ok(Origin { ip, browser, place: text.map(|text| Place { text, country, spot }) })
}

/// The columns of a place: its words, country, spot.
pub(crate) fn place(row: &mut Row) -> Result<Place, Fault> {
    let (text, country, spot) = (row.text()?, row.text_or_null()?, row.text_or_null()?);
    let country = country.map(|country| country.parse().map_err(Fault::broken)).transpose()?;
    let spot = spot.map(|spot| spot.parse().map_err(Fault::broken)).transpose()?;
    Ok(Place { text, country, spot })
}

/// The columns of an origin whose place is kept in words alone: ip, browser, place.
pub(crate) fn origin_in_words(row: &mut Row) -> Result<Origin, Fault> {
    let (ip, browser, place) = (row.ip_or_null()?, row.text_or_null()?, row.text_or_null()?);
    Ok(Origin { ip, browser, place: place.map(Place::named) })
}

/// An origin as its columns hold it.
pub(crate) struct Columns<'a> {
    pub(crate) ip: Option<String>,
    pub(crate) browser: Option<&'a str>,
    pub(crate) place: Option<&'a str>,
    pub(crate) country: Option<&'a str>,
    pub(crate) spot: Option<String>,
}

impl<'a> From<&'a Origin> for Columns<'a> {
    fn from(origin: &'a Origin) -> Self {
        let place = origin.place.as_ref();
        Self {
            ip: origin.ip.map(|ip| ip.to_string()),
            browser: origin.browser.as_deref(),
            place: place.map(|place| place.text.as_str()),
            country: place.and_then(|place| place.country.as_ref()).map(Country::code),
            spot: place.and_then(|place| place.spot).map(|spot| spot.to_string()),
        }
    }
}

/// The columns of an entry, in the order of the table.
pub(crate) fn entry(row: &mut Row) -> Result<Entry, Fault> {
    Ok(Entry {
        account: AccountId::from_bytes(row.bytes()?),
        sequence: row.int()?,
        at: row.time()?,
        event: serde_json::from_str(&row.text()?).map_err(Fault::broken)?,
        who: row.text()?,
        session: row.bytes_or_null()?.map(SessionId::from_bytes),
        origin: origin(row)?,
    })
}

fn sealed(row: &mut Row) -> Result<SealedEntry, Fault> {
    Ok(SealedEntry { entry: entry(row)?, salt: row.bytes()?, digest: row.bytes()? })
}

impl Reads for Tx<'_> {
    fn events_before(&mut self, account: AccountId, before: i64, limit: i64) -> Result<Vec<Entry>, Fault> {
        self.read_all(&EVENTS_BEFORE, &[account.as_bytes().into(), before.into(), limit.into()], entry)
    }

    fn events_after(&mut self, account: AccountId, after: i64, limit: i64) -> Result<Vec<Entry>, Fault> {
        self.read_all(&EVENTS_AFTER, &[account.as_bytes().into(), after.into(), limit.into()], entry)
    }

    fn event_time(&mut self, account: AccountId, sequence: i64) -> Result<Option<Time>, Fault> {
        self.read_one(&EVENT_TIME, &[account.as_bytes().into(), sequence.into()], |row| row.time())
    }

    fn event_by_sequence(&mut self, account: AccountId, sequence: i64) -> Result<Option<SealedEntry>, Fault> {
        self.read_one(&EVENT_BY_SEQUENCE, &[account.as_bytes().into(), sequence.into()], sealed)
    }
}

impl Writes for Tx<'_> {
    fn event_sequence_next(&mut self, account: AccountId) -> Result<i64, Fault> {
        let sequence = self.write_one(&EVENT_SEQUENCE_NEXT, &[account.as_bytes().into()], |row| row.int())?;
        sequence.ok_or_else(|| Fault::broken("an event on an account that is not there"))
    }

    fn event_insert(&mut self, sealed: &SealedEntry) -> Result<(), Fault> {
        let entry = &sealed.entry;
        let data = serde_json::to_string(&entry.event).map_err(Fault::broken)?;
        let from = Columns::from(&entry.origin);
        let values = [
            entry.account.as_bytes().into(),
            entry.sequence.into(),
            entry.at.into(),
            (&data).into(),
            (&entry.who).into(),
            entry.session.as_ref().map(SessionId::as_bytes).into(),
            from.ip.as_ref().into(),
            from.browser.into(),
            from.place.into(),
            from.country.into(),
            from.spot.as_ref().into(),
            (&sealed.salt).into(),
            (&sealed.digest).into(),
        ];
        self.write(&EVENT_INSERT, &values).map(drop)
    }
}
