//! For the exchange's own backend: what stopped, ended or changed since it asked last.

use std::pin::pin;
use std::time::Duration;

use domain::Time;
use domain::feed::{self, Item, PAGE, Page};
use domain::ids::{AccountId, FeedId, SessionId};
use futures_util::future::select;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use super::service::StandingOfMoney;
use crate::forms::{Json, Query, Whole};
use crate::service::{Caller, still_open};
use crate::site::Web;

/// How much of the feed to read at once.
type PageSize = Whole<1, PAGE>;

/// A position, or 0 for the beginning.
type Position = Whole<0, { i64::MAX }>;

/// How long to wait: shorter than any request may take.
type Seconds = Whole<0, 25>;

/// How long whoever finds no seat waits, in seconds.
const WITHOUT_A_SEAT: u64 = 1;

/// Which part of the feed is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only what comes after this position: the `next` of the page before. Without it, from the oldest that is kept.
    #[param(inline)]
    after: Option<Position>,
    /// How many at most.
    #[param(inline, default = 100)]
    limit: Option<PageSize>,
    /// Seconds to wait for something new where there is nothing yet.
    #[param(inline, default = 0)]
    wait: Option<Seconds>,
}

/// A page of the feed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedPage {
    /// The items after `after`, in order; none where there is nothing new.
    items: Vec<FeedItem>,
    /// From where to read on: the next `after`. Write it down together with what you did about the items.
    next: i64,
    /// The last position there is now. Where it is above `next`, ask again at once.
    head: i64,
}

/// Something that stopped, ended or changed. A webhook carries the same.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedItem {
    /// Its id, the same however often it is told.
    #[schema(value_type = String, format = "uuid")]
    id: FeedId,
    /// Its place in the feed. Of two items about one account the one with the higher position is the later.
    position: Option<i64>,
    /// `freeze`, `thaw`, `revocation`, `credential` or `standing`.
    kind: &'static str,
    /// What happened: the code of the event.
    code: String,
    /// What changed, in a word.
    changed: String,
    /// What led to it, where that is known.
    cause: Option<String>,
    /// The account.
    #[schema(value_type = String, format = "uuid")]
    account: AccountId,
    /// The session that ended.
    #[schema(value_type = Option<String>, format = "uuid")]
    session: Option<SessionId>,
    /// The number of its entry in the customer's activity; the newest one for what has none of its own.
    sequence: i64,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// The security epoch of the account then.
    epoch: i64,
    /// What else was true of the account then: `frozen`, `held`, `settings_locked`, `passkey_only`.
    flags: Vec<&'static str>,
    /// Whether money might move then.
    standing: StandingOfMoney,
}

impl From<Item> for FeedItem {
    fn from(item: Item) -> Self {
        Self {
            id: item.id,
            position: item.position,
            kind: item.kind.code(),
            account: item.account,
            session: item.session,
            sequence: item.sequence,
            at: item.at,
            epoch: item.state.epoch,
            flags: item.state.flags(),
            standing: StandingOfMoney::of(&item.state.money()),
            code: item.code,
            changed: item.changed,
            cause: item.cause,
        }
    }
}

impl From<Page> for FeedPage {
    fn from(page: Page) -> Self {
        Self { items: page.items.into_iter().map(FeedItem::from).collect(), next: page.next, head: page.head }
    }
}

/// Answers at once where there is something; else waits, without a connection to the database, until the feed moves.
pub(crate) async fn read(web: Web, caller: Caller, Query(wanted): Query<Wanted>) -> Answer<FeedPage> {
    let (after, limit) = (wanted.after.map(Whole::get), wanted.limit.map_or(100, Whole::get));
    let wait = wanted.wait.map_or(0, Whole::get).unsigned_abs();
    // Before the first look, so that nothing comes between them unseen.
    let (mut moves, mut closing) = (web.app().feed_moves(), web.closing());
    let seat = if wait > 0 { web.feed_seats().take(caller.key.id) } else { None };
    // Whoever finds no seat waits for a moment all the same: the right loop of a backend has no pause of its own.
    let most = if seat.is_some() { u64::MAX } else { WITHOUT_A_SEAT };
    let until = Instant::now() + Duration::from_secs(wait.min(most));
    loop {
        let page = web.app().view(move |view| feed::page(view, after, limit)).await?;
        let over = *closing.borrow() || Instant::now() >= until;
        if over || !page.items.is_empty() {
            if wait > 0 {
                still_open(&web, &caller).await?;
            }
            return Ok(Json(page.into()));
        }
        let _ = timeout_at(until, select(pin!(moves.changed()), pin!(closing.changed()))).await;
    }
}
