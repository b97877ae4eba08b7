//! Dropping rows that are over. Each statement reads the oldest rows of one account or of one table, by a primary key.

use domain::clock::Time;
use domain::ids::{AccountId, EmailChangeId, FeedId, LinkId, NoticeId, PendingId, SessionId, TimerId};
use domain::refusal::Fault;
use domain::retain::{Ages, Over, Reads, Table, Writes};

use crate::statement::{Row, Statement, Value, statements};
use crate::tx::Tx;

statements! {
    Told SESSIONS_OVER = "SELECT count(*) FROM (SELECT id FROM session WHERE id < $1 AND ended_at < $2 ORDER BY id LIMIT $3) AS old";
    Told LINKS_OVER = "SELECT count(*) FROM (SELECT id FROM link WHERE id < $1 AND expires_at < $2 ORDER BY id LIMIT $3) AS old";
    Told NOTICES_OVER = "SELECT count(*) FROM (SELECT id FROM outbox WHERE id < $1 AND due_at IS NULL
        AND coalesce(sent_at, refused_at) < $2 ORDER BY id LIMIT $3) AS old";
    Told FEED_OVER = "SELECT count(*) FROM (SELECT id FROM feed WHERE id < $1 AND at < $2 AND position IS NOT NULL
        ORDER BY id LIMIT $3) AS old";
    Bookkeeping SESSIONS_OVER_DROP = "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE id < $1 AND ended_at < $2
        ORDER BY id LIMIT $3)";
    Bookkeeping LINKS_OVER_DROP = "DELETE FROM link WHERE id IN (SELECT id FROM link WHERE id < $1 AND expires_at < $2
        ORDER BY id LIMIT $3)";
    Bookkeeping NOTICES_OVER_DROP = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE id < $1 AND due_at IS NULL
        AND coalesce(sent_at, refused_at) < $2 ORDER BY id LIMIT $3)";
    // Whoever would go on from before one of these is told that they missed it.
    Bookkeeping FEED_DROPPED = "UPDATE feed_head SET dropped = (SELECT max(position) FROM (SELECT dropped AS position
        FROM feed_head WHERE one = 1 UNION ALL SELECT position FROM (SELECT position FROM feed WHERE id < $1 AND at < $2
        AND position IS NOT NULL ORDER BY id LIMIT $3) AS old) AS known) WHERE one = 1";
    Bookkeeping FEED_OVER_DROP = "DELETE FROM feed WHERE id IN (SELECT id FROM feed WHERE id < $1 AND at < $2
        AND position IS NOT NULL ORDER BY id LIMIT $3)";
    Told REPORTS_OVER = "SELECT count(*) FROM (SELECT reported_at FROM service_report WHERE reported_at < $1 ORDER BY reported_at
        LIMIT $2) AS old";
    Told REPORTS_OVER_UP_TO = "SELECT max(reported_at) FROM (SELECT reported_at FROM service_report WHERE reported_at < $1
        ORDER BY reported_at LIMIT $2) AS old";
    Bookkeeping REPORTS_DROPPED = "UPDATE service_report_head SET dropped = $1 WHERE one = 1 AND dropped < $1";
    Bookkeeping REPORTS_OVER_DROP = "DELETE FROM service_report WHERE (name, reference) IN (SELECT name, reference
        FROM service_report WHERE reported_at <= $1 ORDER BY reported_at LIMIT $2)";
    // An account has few browsers, places and holds; of everything else only the oldest are read.
    Told OVER_OF = "SELECT
        (SELECT count(*) FROM pending WHERE account = $1 AND id < $2 AND expires_at < $3),
        (SELECT count(*) FROM device WHERE account = $1 AND known_until < $4),
        (SELECT count(*) FROM used_place WHERE account = $1 AND last_at < $5 AND EXISTS (SELECT 1 FROM used_place AS newer
            WHERE newer.account = $1 AND newer.country IS NOT NULL AND newer.last_at > used_place.last_at)),
        (SELECT count(*) FROM timer WHERE account = $1 AND id < $6 AND ended_at < $7)
            + (SELECT count(*) FROM hold WHERE account = $1 AND began_at < $7 AND until < $7)
            + (SELECT count(*) FROM email_change WHERE account = $1 AND id < $8 AND expires_at < $7
                AND coalesce(undo_until, 0) < $7),
        (SELECT count(*) FROM event WHERE account = $1 AND sequence < coalesce((SELECT young.sequence FROM event AS young
            WHERE young.account = $1 AND young.at >= $9 ORDER BY young.sequence LIMIT 1), 9223372036854775807))";
    Bookkeeping PENDINGS_DROP = "DELETE FROM pending WHERE account = $1 AND id IN (SELECT id FROM pending WHERE account = $1
        AND id < $2 AND expires_at < $3 ORDER BY id LIMIT $4)";
    Bookkeeping DEVICES_DROP = "DELETE FROM device WHERE account = $1 AND id IN (SELECT id FROM device WHERE account = $1
        AND known_until < $2 ORDER BY id LIMIT $3)";
    Bookkeeping PASSKEY_BROWSERS_DROP = "DELETE FROM passkey_browser WHERE account = $1
        AND device NOT IN (SELECT id FROM device WHERE account = $1)";
    // The newest place with a country says what is usual for the account, however long ago that was.
    Bookkeeping PLACES_DROP = "DELETE FROM used_place WHERE account = $1 AND (device, place) IN (SELECT device, place
        FROM used_place AS old WHERE old.account = $1 AND old.last_at < $2 AND EXISTS (SELECT 1 FROM used_place AS newer
        WHERE newer.account = $1 AND newer.country IS NOT NULL AND newer.last_at > old.last_at) LIMIT $3)";
    Bookkeeping TIMERS_DROP = "DELETE FROM timer WHERE account = $1 AND id IN (SELECT id FROM timer WHERE account = $1
        AND id < $2 AND ended_at < $3 ORDER BY id LIMIT $4)";
    Bookkeeping HOLDS_DROP = "DELETE FROM hold WHERE account = $1 AND began_at < $2 AND until < $2";
    Bookkeeping EMAIL_CHANGES_DROP = "DELETE FROM email_change WHERE account = $1 AND id IN (SELECT id FROM email_change
        WHERE account = $1 AND id < $2 AND expires_at < $3 AND coalesce(undo_until, 0) < $3 ORDER BY id LIMIT $4)";
    Bookkeeping EVENTS_DROP = "DELETE FROM event WHERE account = $1 AND at < $2 AND sequence IN (SELECT sequence FROM event
        WHERE account = $1 ORDER BY sequence LIMIT $3)";
    Bookkeeping INBOX_DROP = "DELETE FROM inbox WHERE account = $1 AND sequence < coalesce((SELECT min(sequence) FROM event
        WHERE account = $1), 9223372036854775807)";
}

/// The first id that a row could have that is not old enough, whoever made it.
fn first_young(table: Table, before: Time) -> [u8; 16] {
    match table {
        Table::Links => *LinkId::earliest(before).as_bytes(),
        Table::Notices => *NoticeId::earliest(before).as_bytes(),
        Table::Feed => *FeedId::earliest(before).as_bytes(),
        _ => *SessionId::earliest(before).as_bytes(),
    }
}

/// What counts, and what drops.
fn by_time(table: Table) -> Result<(&'static Statement, &'static Statement), Fault> {
    match table {
        Table::Sessions => Ok((&SESSIONS_OVER, &SESSIONS_OVER_DROP)),
        Table::Links => Ok((&LINKS_OVER, &LINKS_OVER_DROP)),
        Table::Notices => Ok((&NOTICES_OVER, &NOTICES_OVER_DROP)),
        Table::Feed => Ok((&FEED_OVER, &FEED_OVER_DROP)),
        _ => Err(Fault::broken(format!("the ids of {table:?} do not lie in order of time"))),
    }
}

fn number(row: &mut Row<'_>) -> Result<u64, Fault> {
    u64::try_from(row.int()?).map_err(Fault::broken)
}

fn over(row: &mut Row<'_>) -> Result<Over, Fault> {
    let mut over = Over::default();
    for table in [Table::SignIns, Table::Browsers, Table::Places, Table::Waits, Table::Events] {
        over.add(table, number(row)?);
    }
    Ok(over)
}

impl Tx<'_> {
    /// Drops what the backend reported before then, and writes down up to when: what happened up to then is not taken as new
    /// any more. Nothing later goes, also where another node dropped some meanwhile.
    fn reports_drop(&mut self, before: Time, limit: i64) -> Result<u64, Fault> {
        let up_to = self.read_one(&REPORTS_OVER_UP_TO, &[before.into(), limit.into()], |row| row.time_or_null())?;
        let Some(up_to) = up_to.flatten() else { return Ok(0) };
        self.write(&REPORTS_DROPPED, &[up_to.into()])?;
        self.write(&REPORTS_OVER_DROP, &[up_to.into(), limit.into()])
    }
}

impl Reads for Tx<'_> {
    fn over_of(&mut self, account: AccountId, ages: &Ages) -> Result<Over, Fault> {
        let (sign_ins, waits) = (ages.of(Table::SignIns), ages.of(Table::Waits));
        let (pending, timer) = (PendingId::earliest(sign_ins), TimerId::earliest(waits));
        let email_change = EmailChangeId::earliest(waits);
        let values = [
            account.as_bytes().into(),
            pending.as_bytes().into(),
            sign_ins.into(),
            ages.of(Table::Browsers).into(),
            ages.of(Table::Places).into(),
            timer.as_bytes().into(),
            waits.into(),
            email_change.as_bytes().into(),
            ages.of(Table::Events).into(),
        ];
        Ok(self.read_one(&OVER_OF, &values, over)?.unwrap_or_default())
    }

    fn over_by_time(&mut self, table: Table, ages: &Ages, most: i64) -> Result<u64, Fault> {
        let before = ages.of(table);
        if table == Table::Reports {
            return Ok(self.read_one(&REPORTS_OVER, &[before.into(), most.into()], number)?.unwrap_or(0));
        }
        let count = by_time(table)?.0;
        let young = first_young(table, before);
        let values = [(&young).into(), before.into(), most.into()];
        Ok(self.read_one(count, &values, number)?.unwrap_or(0))
    }
}

impl Writes for Tx<'_> {
    fn over_of_drop(&mut self, account: AccountId, ages: &Ages, limit: i64) -> Result<Over, Fault> {
        let (sign_ins, waits) = (ages.of(Table::SignIns), ages.of(Table::Waits));
        let (pending, timer) = (PendingId::earliest(sign_ins), TimerId::earliest(waits));
        let email_change = EmailChangeId::earliest(waits);
        let (whose, most) = (Value::from(account.as_bytes()), Value::from(limit));
        let mut dropped = Over::default();
        let values = [whose, pending.as_bytes().into(), sign_ins.into(), most];
        dropped.add(Table::SignIns, self.write(&PENDINGS_DROP, &values)?);
        let browsers = self.write(&DEVICES_DROP, &[whose, ages.of(Table::Browsers).into(), most])?;
        if browsers > 0 {
            self.write(&PASSKEY_BROWSERS_DROP, &[whose])?;
        }
        dropped.add(Table::Browsers, browsers);
        dropped.add(Table::Places, self.write(&PLACES_DROP, &[whose, ages.of(Table::Places).into(), most])?);
        let values = [whose, timer.as_bytes().into(), waits.into(), most];
        dropped.add(Table::Waits, self.write(&TIMERS_DROP, &values)?);
        dropped.add(Table::Waits, self.write(&HOLDS_DROP, &[whose, waits.into()])?);
        let values = [whose, email_change.as_bytes().into(), waits.into(), most];
        dropped.add(Table::Waits, self.write(&EMAIL_CHANGES_DROP, &values)?);
        let events = self.write(&EVENTS_DROP, &[whose, ages.of(Table::Events).into(), most])?;
        if events > 0 {
            self.write(&INBOX_DROP, &[whose])?;
        }
        dropped.add(Table::Events, events);
        Ok(dropped)
    }

    fn over_by_time_drop(&mut self, table: Table, ages: &Ages, limit: i64) -> Result<u64, Fault> {
        let before = ages.of(table);
        if table == Table::Reports {
            return self.reports_drop(before, limit);
        }
        let dropping = by_time(table)?.1;
        let young = first_young(table, before);
        let values = [(&young).into(), before.into(), limit.into()];
        if table == Table::Feed {
            self.write(&FEED_DROPPED, &values)?;
        }
        self.write(dropping, &values)
    }
}
