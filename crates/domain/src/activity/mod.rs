//! The activity log: what the customer sees of everything that happened on their account.

mod catalogue;
mod ended_by;
mod event;
mod examples;
mod filter;
mod model;
mod moved;
mod news;
mod place;
mod rows;
mod spec;
#[cfg(test)]
mod tests;
mod words;

use sha2::{Digest, Sha256};

pub use ended_by::EndedBy;
pub use event::Event;
pub use examples::catalogue;
pub use filter::{Filter, Kind, LOOKED_AT, NOWHERE, Words, kinds, without_version};
pub use model::{Actor, Entry, Origin, SealedEntry, Who};
pub use moved::{Moved, Said};
pub use place::{Country, NoPlace, Place, Spot};
pub use rows::{Reads, Writes};
pub use spec::{Brake, Outgoing, Severity, Spec, Tell};
pub(crate) use words::told_at;

use crate::change::{Change, View};
use crate::clock::Time;
use crate::entropy;
use crate::ids::AccountId;
use crate::refusal::{Fault, Stop};

/// Entries on one page, at most.
pub const PAGE: i64 = 200;

/// A page of the log, newest first.
#[derive(Debug, Clone)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Hand this to [`page`] to read on; `None` at the end of the log.
    pub older: Option<i64>,
    /// For a search that stopped looking before the end of the log: the moment it came back to.
    pub looked_back_to: Option<Time>,
}

/// A page of the log before `before` (all of it for `None`), newest first, at most `limit` and [`PAGE`] entries.
pub fn page(view: &mut View<'_>, account: AccountId, before: Option<i64>, limit: i64) -> Result<Page, Stop> {
    let limit = limit.clamp(1, PAGE);
    let entries = view.rows().events_before(account, before.unwrap_or(i64::MAX), limit)?;
    let full = i64::try_from(entries.len()) == Ok(limit);
    let older = entries.last().map(|last| last.sequence).filter(|sequence| full && *sequence > 1);
    Ok(Page { entries, older, looked_back_to: None })
}

/// A page of those entries that fit a filter. It costs about the same in a log of any length: it looks at [`LOOKED_AT`]
/// entries at most, so it may hold fewer than `limit`, or none, and still lead on to older ones.
pub fn search(
    view: &mut View<'_>,
    account: AccountId,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Page, Stop> {
    if filter.is_everything() {
        return page(view, account, before, limit);
    }
    filter::search(view, account, filter, before, limit.clamp(1, PAGE))
}

/// Entries that pictures are drawn from, at most.
pub const DRAWN: usize = 1_000;

/// What pictures are drawn from.
#[derive(Debug, Clone, Default)]
pub struct Recent {
    /// The entries since a moment, newest first; at most [`DRAWN`].
    pub entries: Vec<Entry>,
    /// Whether these are all since that moment.
    pub whole: bool,
}

/// The entries since a moment, as far as pictures need them.
pub fn recent(view: &mut View<'_>, account: AccountId, since: Time) -> Result<Recent, Stop> {
    let mut recent = Recent::default();
    while recent.entries.len() < DRAWN {
        let before = recent.entries.last().map_or(i64::MAX, |entry| entry.sequence);
        let chunk = view.rows().events_before(account, before, PAGE)?;
        let full = i64::try_from(chunk.len()) == Ok(PAGE);
        let young = chunk.iter().take_while(|entry| entry.at >= since).count();
        let ended = !full || young < chunk.len();
        recent.entries.extend(chunk.into_iter().take(young));
        if ended {
            recent.whole = true;
            break;
        }
    }
    Ok(recent)
}

/// The entries after a sequence number, oldest first: what an open page has not seen yet.
pub fn newer(view: &mut View<'_>, account: AccountId, after: i64) -> Result<Vec<Entry>, Stop> {
    Ok(view.rows().events_after(account, after, PAGE)?)
}

/// Appends an event to an account's log and answers its sequence number.
pub(crate) fn append(change: &mut Change<'_>, account: AccountId, event: &Event) -> Result<i64, Stop> {
    let sequence = change.rows().event_sequence_next(account)?;
    let actor = change.actor();
    let entry = Entry {
        account,
        sequence,
        at: change.now(),
        event: event.clone(),
        who: actor.who.code().to_owned(),
        session: actor.who.session(),
        origin: actor.origin.clone(),
    };
    let salt = entropy::bytes(change.entropy());
    let digest = digest(&entry, &salt)?;
    change.rows().event_insert(&SealedEntry { entry, salt, digest })?;
    Ok(sequence)
}

/// `SHA-256(version ‖ salt ‖ canonical bytes)`; the canonical bytes are the JSON array of the entry's fields in the
/// order of the table.
pub fn digest(entry: &Entry, salt: &[u8; 16]) -> Result<[u8; 32], Fault> {
    let canonical = serde_json::to_vec(&(
        entry.account,
        entry.sequence,
        entry.at.as_microsecond(),
        &entry.event,
        &entry.who,
        entry.session,
        entry.origin.ip,
        &entry.origin.browser,
        entry.origin.place.as_ref().map(|place| (&place.text, place.country, place.spot.map(|spot| spot.to_string()))),
    ))
    .map_err(Fault::broken)?;
    Ok(Sha256::new().chain_update([1]).chain_update(salt).chain_update(canonical).finalize().into())
}
