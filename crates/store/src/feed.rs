//! Rows of the feed.

use domain::clock::Time;
use domain::feed::{Head, Item, Kind, Reads, Writes};
use domain::ids::{AccountId, FeedId, SessionId};
use domain::refusal::Fault;

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told FEED_HEAD = "SELECT position, dropped, (SELECT count(*) FROM (SELECT id FROM feed WHERE position IS NULL LIMIT 1) AS waits)
        FROM feed_head WHERE one = 1";
    Told FEED_AFTER = "SELECT id, position, account, sequence, at, kind, code, changed, cause, session, state FROM feed
        WHERE position > $1 ORDER BY position LIMIT $2";
    Told HOLDS_OVER = "SELECT account FROM hold WHERE over_told_at IS NULL AND cause <> 'thaw' AND until <= $1
        ORDER BY until LIMIT $2";
    // Whoever writes about an account holds its row, so of two turns one is taken after the other.
    Bookkeeping FEED_INSERT = "INSERT INTO feed (id, account, sequence, at, kind, code, changed, cause, session, state, turn)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, (SELECT coalesce(max(turn), 0) + 1 FROM feed WHERE account = $2))";
    Told FEED_HOLD = "SELECT position FROM feed_head WHERE one = 1 {{hold}}";
    // The first that have none, as many as are wanted; then numbered.
    Bookkeeping FEED_PLACE = "UPDATE feed SET position = $1 + placed.number FROM (SELECT which,
        row_number() OVER (ORDER BY account, turn) AS number FROM (SELECT id AS which, account, turn
        FROM feed WHERE position IS NULL ORDER BY account, turn LIMIT $2) AS waiting) AS placed
        WHERE feed.id = placed.which AND feed.position IS NULL";
    Bookkeeping FEED_PLACED = "UPDATE feed_head SET position = $1 WHERE one = 1";
    Told FEED_SEQUENCE = "SELECT event_sequence FROM account WHERE id = $1 {{hold}}";
    Bookkeeping HOLDS_OVER_TOLD = "UPDATE hold SET over_told_at = $2 WHERE account = $1 AND over_told_at IS NULL
        AND cause <> 'thaw' AND until <= $2";
}

/// The columns of an item: id, position, account, sequence, at, kind, code, changed, cause, session, state.
pub(crate) fn item(row: &mut Row) -> Result<Item, Fault> {
    Ok(Item {
        id: FeedId::from_bytes(row.bytes()?),
        position: row.int_or_null()?,
        account: AccountId::from_bytes(row.bytes()?),
        sequence: row.int()?,
        at: row.time()?,
        kind: kind(&row.text()?)?,
        code: row.text()?,
        changed: row.text()?,
        cause: row.text_or_null()?,
        session: row.bytes_or_null()?.map(SessionId::from_bytes),
        state: serde_json::from_str(&row.text()?).map_err(Fault::broken)?,
    })
}

fn kind(code: &str) -> Result<Kind, Fault> {
    Kind::from_code(code).ok_or_else(|| Fault::broken(format!("the feed has no kind {code}")))
}

fn head(row: &mut Row) -> Result<Head, Fault> {
    Ok(Head { position: row.int()?, dropped: row.int()?, unplaced: row.int()? > 0 })
}

fn no_head() -> Fault {
    Fault::broken("the feed has no head")
}

impl Reads for Tx<'_> {
    fn feed_head(&mut self) -> Result<Head, Fault> {
        self.read_one(&FEED_HEAD, &[], head)?.ok_or_else(no_head)
    }

    fn feed_after(&mut self, after: i64, limit: i64) -> Result<Vec<Item>, Fault> {
        self.read_all(&FEED_AFTER, &[after.into(), limit.into()], item)
    }

    fn holds_over(&mut self, now: Time, limit: i64) -> Result<Vec<AccountId>, Fault> {
        let mut accounts =
            self.read_all(&HOLDS_OVER, &[now.into(), limit.into()], |row| Ok(AccountId::from_bytes(row.bytes()?)))?;
        accounts.sort_unstable();
        accounts.dedup();
        Ok(accounts)
    }
}

impl Writes for Tx<'_> {
    fn feed_insert(&mut self, item: &Item) -> Result<(), Fault> {
        let state = serde_json::to_string(&item.state).map_err(Fault::broken)?;
        let values = [
            item.id.as_bytes().into(),
            item.account.as_bytes().into(),
            item.sequence.into(),
            item.at.into(),
            item.kind.code().into(),
            (&item.code).into(),
            (&item.changed).into(),
            item.cause.as_ref().into(),
            item.session.as_ref().map(SessionId::as_bytes).into(),
            (&state).into(),
        ];
        self.write(&FEED_INSERT, &values).map(drop)
    }

    fn feed_hold(&mut self) -> Result<i64, Fault> {
        self.read_one(&FEED_HOLD, &[], |row| row.int())?.ok_or_else(no_head)
    }

    fn feed_place(&mut self, after: i64, limit: i64) -> Result<u64, Fault> {
        self.write(&FEED_PLACE, &[after.into(), limit.into()])
    }

    fn feed_placed(&mut self, up_to: i64) -> Result<(), Fault> {
        self.write(&FEED_PLACED, &[up_to.into()]).map(drop)
    }

    fn feed_sequence(&mut self, account: AccountId) -> Result<i64, Fault> {
        let found = self.read_one(&FEED_SEQUENCE, &[account.as_bytes().into()], |row| row.int())?;
        found.ok_or_else(|| Fault::broken("an account whose standing moved is not there"))
    }

    fn holds_over_told(&mut self, account: AccountId, now: Time) -> Result<bool, Fault> {
        Ok(self.write(&HOLDS_OVER_TOLD, &[account.as_bytes().into(), now.into()])? > 0)
    }
}
