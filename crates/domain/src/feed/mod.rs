//! The feed: what the exchange's backend is told by itself, of freezes, thaws, revocations, changed credentials and standings.
//!
//! An item is written in the same transaction as what it tells of, and has no position. A moment later, in a transaction of its
//! own, it gets the next one. That is what lets a reader go on from a number: on a database where many write at once, whatever
//! number an item got while it was written could become visible *after* a higher one, and a reader who is past that would
//! never see it. Here one transaction at a time gives positions, because it holds the one row that says which is the last;
//! and it gives them only to what it sees committed. So whoever sees a position sees every lower one, and what commits
//! late gets a later position. See decision 31.

mod model;
mod rows;

pub(crate) use model::Note;
pub use model::{Head, Item, Kind, News, Page};
pub use rows::{Reads, Writes};

use crate::activity::Actor;
use crate::app::App;
use crate::change::{Change, View};
use crate::chore::Tally;
use crate::ids::{AccountId, FeedId};
use crate::protections::Sensitive;
use crate::refusal::{Refusal, Stop};
use crate::service::State;

/// Items of one page, at most.
pub const PAGE: i64 = 500;

/// Items that get their position in one change.
const BATCH: i64 = 500;

/// By how much positions jump after an old copy of the database was put in place: further than the feed can have come since the
/// copy was made, so that no position means two things to a backend that remembers one.
const JUMP: i64 = 1_000_000_000;

/// A page of the feed after a position; without one, from the oldest item that is kept.
pub fn page(view: &mut View<'_>, after: Option<i64>, limit: i64) -> Result<Page, Stop> {
    let head = view.rows().feed_head()?;
    let from = after.unwrap_or(0);
    // Whoever begins asks for all there is. Whoever goes on must not miss what was dropped meanwhile, nor go on from a
    // position that nobody gave.
    if from > 0 && from < head.dropped || from > head.position {
        return Err(Refusal::CursorLost.into());
    }
    let items = view.rows().feed_after(from, limit.clamp(1, PAGE))?;
    let next = items.last().and_then(|last| last.position).unwrap_or(from);
    Ok(Page { items, next, head: head.position })
}

/// Writes what a change carries, once the change is over: each item says how its account stands then.
pub(crate) fn write(change: &mut Change<'_>) -> Result<(), Stop> {
    let notes = change.take_notes();
    let (now, thaw) = (change.now(), Sensitive::Thaw.key());
    let mut known = None;
    for Note { account, sequence, code, news } in notes {
        if known.is_none_or(|state: State| state.account != account) {
            known = change.rows().service_state(account, &thaw, now)?;
        }
        let Some(state) = known else { continue };
        let item = Item {
            id: FeedId::new(now, change.entropy()),
            position: None,
            account,
            sequence,
            at: now,
            kind: news.kind,
            code: code.to_owned(),
            changed: news.changed.to_owned(),
            cause: news.cause.map(str::to_owned),
            session: news.session,
            state,
        };
        change.rows().feed_insert(&item)?;
    }
    Ok(())
}

/// What changes the standing of an account by itself, with no entry in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// A hold ends at another time: it began to run, or has to begin again.
    Hold,
    /// A hold is over.
    HoldOver,
    /// An unfreezing takes effect at another time.
    Thaw,
}

impl Moved {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hold, Self::HoldOver, Self::Thaw];

    /// Its code, beside those of events, and what changed.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Hold => ("hold.moved", "held"),
            Self::HoldOver => ("hold.over", "held"),
            Self::Thaw => ("thaw.moved", "thaws_at"),
        }
    }
}

/// Notes that the standing of an account moved.
pub(crate) fn moved(change: &mut Change<'_>, account: AccountId, what: Moved) -> Result<(), Stop> {
    let sequence = change.rows().feed_sequence(account)?;
    let (code, changed) = what.words();
    change.note(Note { account, sequence, code, news: News::of(Kind::Standing, changed) });
    Ok(())
}

/// Gives positions to what was written and has none, and tells whoever waits for the feed. Safe on any number of nodes at once.
pub fn place(app: &App) -> Result<Tally, Stop> {
    // Most looks find nothing, and write nothing.
    let head = app.glance(|view| Ok(view.rows().feed_head()?)).wait()?;
    if !head.unplaced {
        app.feed_is_at(head.position);
        return Ok(Tally::default());
    }
    let placing = |change: &mut Change<'_>| {
        let last = change.rows().feed_hold()?;
        let placed = change.rows().feed_place(last, BATCH)?;
        let head = last + i64::try_from(placed).unwrap_or(0);
        if placed > 0 {
            change.rows().feed_placed(head)?;
            // From here on it is on its way to every target, whatever happens to this process.
            let now = change.now();
            change.rows().webhooks_queue(last, now)?;
        }
        Ok((placed, head))
    };
    let (placed, head) = app.change(&Actor::chore(), placing).wait()?;
    app.feed_is_at(head);
    Ok(Tally::of(placed, BATCH))
}

/// Accounts whose holds are looked at in one run.
const HOLDS: i64 = 50;

/// Tells of holds that are over: nothing else happens at that moment.
pub fn tell_holds_over(app: &App) -> Result<Tally, Stop> {
    let over = app.view(|view| {
        let now = view.now();
        Ok(view.rows().holds_over(now, HOLDS)?)
    });
    let accounts = over.wait()?;
    let done = accounts.len() as u64;
    for account in accounts {
        let tell = move |change: &mut Change<'_>| {
            let now = change.now();
            // One statement decides, so that two nodes tell of it once.
            if change.rows().holds_over_told(account, now)? { moved(change, account, Moved::HoldOver) } else { Ok(()) }
        };
        app.change(&Actor::chore(), tell).wait()?;
    }
    Ok(Tally::of(done, HOLDS))
}

/// After an old copy of the database was put in place: positions go on where nobody has ever been.
pub(crate) fn jump(change: &mut Change<'_>) -> Result<(), Stop> {
    let last = change.rows().feed_hold()?;
    Ok(change.rows().feed_placed(last + JUMP)?)
}
