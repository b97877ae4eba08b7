//! Rows of webhooks: targets, and what is on its way to them.

use domain::clock::Time;
use domain::feed::Item;
use domain::ids::{FeedId, WebhookId};
use domain::refusal::Fault;
use domain::webhooks::{Backlog, Dead, Hand, Leased, Outcome, Reads, Replay, Waiting, Webhook, Writes};

use crate::feed::item;
use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told WEBHOOKS = "SELECT id, name, url, secret, secret_before, secret_before_until, added_at, removed_at, off_at FROM webhook
        WHERE removed_at IS NULL ORDER BY added_at, id";
    // A handful of targets, each asked for one row.
    Told WEBHOOKS_DUE = "SELECT id FROM webhook WHERE removed_at IS NULL AND off_at IS NULL AND (EXISTS (SELECT 1 FROM webhook_delivery
        WHERE webhook_delivery.webhook = webhook.id AND due_at IS NOT NULL AND tries = 0 AND due_at <= $1)
        OR EXISTS (SELECT 1 FROM webhook_delivery WHERE webhook_delivery.webhook = webhook.id AND due_at IS NOT NULL AND tries > 0
        AND due_at <= $1)) ORDER BY id";
    Told WEBHOOKS_DEAD = "SELECT webhook_delivery.webhook, dead_at, said, feed.id, feed.position, feed.account, feed.sequence, feed.at,
        feed.kind, feed.code, feed.changed, feed.cause, feed.session, feed.state FROM webhook_delivery
        JOIN feed ON feed.id = webhook_delivery.item WHERE dead_at IS NOT NULL ORDER BY webhook_delivery.position DESC, webhook LIMIT $1";
    Told WEBHOOK_WAITS = "SELECT count(*) FROM webhook_delivery WHERE webhook = $1 AND due_at IS NOT NULL";
    Told WEBHOOK_WAITS_LONGEST = "SELECT item, said FROM webhook_delivery WHERE webhook = $1 AND due_at IS NOT NULL
        ORDER BY item LIMIT 1";
    Told WEBHOOKS_WAITING = "SELECT count(*) FROM webhook_delivery WHERE due_at IS NOT NULL";
    Told WEBHOOKS_OLDEST = "SELECT item FROM webhook_delivery WHERE due_at IS NOT NULL ORDER BY item LIMIT 1";
    Told WEBHOOKS_GIVEN_UP = "SELECT count(*) FROM webhook_delivery WHERE dead_at IS NOT NULL";
    Told WEBHOOKS_OFF = "SELECT count(*) FROM webhook WHERE removed_at IS NULL AND off_at IS NOT NULL";
    Bookkeeping WEBHOOK_INSERT = "INSERT INTO webhook (id, name, url, secret, added_at) VALUES ($1, $2, $3, $4, $5)";
    Bookkeeping WEBHOOK_ROTATE = "UPDATE webhook SET secret_before = secret, secret_before_until = $3, secret = $2
        WHERE id = $1 AND removed_at IS NULL";
    Bookkeeping WEBHOOK_RESEAL = "UPDATE webhook SET secret = $2, secret_before = $3 WHERE id = $1";
    Bookkeeping WEBHOOK_REMOVE = "UPDATE webhook SET removed_at = $2, secret = $3, secret_before = NULL
        WHERE id = $1 AND removed_at IS NULL";
    Bookkeeping WEBHOOK_FORGET = "DELETE FROM webhook_delivery WHERE webhook = $1 AND sent_at IS NULL";
    Bookkeeping WEBHOOK_SWITCH_OFF = "UPDATE webhook SET off_at = $2 WHERE id = $1 AND removed_at IS NULL AND off_at IS NULL";
    Bookkeeping WEBHOOK_SWITCH_ON = "UPDATE webhook SET off_at = NULL WHERE id = $1 AND removed_at IS NULL AND off_at IS NOT NULL";
    Bookkeeping WEBHOOKS_QUEUE = "INSERT INTO webhook_delivery (item, webhook, position, tries, due_at, urgency)
        SELECT feed.id, webhook.id, feed.position, 0, CAST($2 AS {{int}}), CASE WHEN feed.kind = 'freeze' THEN 0 ELSE 1 END
        FROM feed CROSS JOIN webhook
        WHERE feed.position > $1 AND webhook.removed_at IS NULL AND webhook.off_at IS NULL";
    Bookkeeping WEBHOOK_LEASE_FRESH = "UPDATE webhook_delivery SET due_at = $3, tries = tries + 1 WHERE webhook = $1
        AND item IN (SELECT item FROM webhook_delivery WHERE webhook = $1 AND due_at IS NOT NULL AND tries = 0 AND due_at <= $2
        AND urgency <= $4 AND EXISTS (SELECT 1 FROM webhook WHERE id = $1 AND removed_at IS NULL AND off_at IS NULL)
        ORDER BY urgency, position LIMIT 1 {{hold_free}}) RETURNING item, tries, due_at";
    Bookkeeping WEBHOOK_LEASE_AGAIN = "UPDATE webhook_delivery SET due_at = $3, tries = tries + 1 WHERE webhook = $1
        AND item IN (SELECT item FROM webhook_delivery WHERE webhook = $1 AND due_at IS NOT NULL AND tries > 0 AND due_at <= $2
        AND EXISTS (SELECT 1 FROM webhook WHERE id = $1 AND removed_at IS NULL AND off_at IS NULL)
        ORDER BY due_at, position LIMIT 1 {{hold_free}}) RETURNING item, tries, due_at";
    Told FEED_ITEM = "SELECT id, position, account, sequence, at, kind, code, changed, cause, session, state FROM feed WHERE id = $1";
    Bookkeeping WEBHOOK_SENT = "UPDATE webhook_delivery SET due_at = NULL, dead_at = NULL, sent_at = $3, said = $4
        WHERE item = $1 AND webhook = $2";
    Bookkeeping WEBHOOK_LATER = "UPDATE webhook_delivery SET due_at = $4, said = $5 WHERE item = $1 AND webhook = $2 AND due_at = $3";
    Bookkeeping WEBHOOK_DEAD = "UPDATE webhook_delivery SET due_at = NULL, dead_at = $4, said = $5
        WHERE item = $1 AND webhook = $2 AND due_at = $3";
    Bookkeeping WEBHOOK_REPLAY_ITEM = "INSERT INTO webhook_delivery (item, webhook, position, tries, due_at, urgency)
        SELECT feed.id, webhook.id, feed.position, 0, CAST($3 AS {{int}}), 1 FROM feed CROSS JOIN webhook
        WHERE webhook.id = $1 AND feed.id = $2 AND feed.position IS NOT NULL
        ON CONFLICT (item, webhook) DO UPDATE SET tries = 0, urgency = excluded.urgency, due_at = excluded.due_at, sent_at = NULL, dead_at = NULL";
    Bookkeeping WEBHOOK_REPLAY_SINCE = "INSERT INTO webhook_delivery (item, webhook, position, tries, due_at, urgency)
        SELECT feed.id, webhook.id, feed.position, 0, CAST($3 AS {{int}}), 1 FROM feed CROSS JOIN webhook
        WHERE webhook.id = $1 AND feed.id >= $2 AND feed.position IS NOT NULL
        ON CONFLICT (item, webhook) DO UPDATE SET tries = 0, urgency = excluded.urgency, due_at = excluded.due_at, sent_at = NULL, dead_at = NULL";
    Bookkeeping WEBHOOK_REPLAY_DEAD = "UPDATE webhook_delivery SET tries = 0, urgency = 1, due_at = $2, dead_at = NULL WHERE webhook = $1
        AND dead_at IS NOT NULL";
}

fn webhook(row: &mut Row) -> Result<Webhook, Fault> {
    Ok(Webhook {
        id: WebhookId::from_bytes(row.bytes()?),
        name: row.text()?,
        url: row.text()?,
        secret: row.blob()?,
        before: row.blob_or_null()?.zip(row.time_or_null()?),
        added_at: row.time()?,
        removed_at: row.time_or_null()?,
        off_at: row.time_or_null()?,
    })
}

fn dead(row: &mut Row) -> Result<Dead, Fault> {
    let (webhook, dead_at) = (WebhookId::from_bytes(row.bytes()?), row.time()?);
    Ok(Dead { webhook, dead_at, said: row.text_or_null()?.unwrap_or_default(), item: item(row)? })
}

fn leased(row: &mut Row) -> Result<(FeedId, i64, Time), Fault> {
    Ok((FeedId::from_bytes(row.bytes()?), row.int()?, row.time()?))
}

impl Reads for Tx<'_> {
    fn webhooks(&mut self) -> Result<Vec<Webhook>, Fault> {
        self.read_all(&WEBHOOKS, &[], webhook)
    }

    fn webhooks_due(&mut self, now: Time) -> Result<Vec<WebhookId>, Fault> {
        self.read_all(&WEBHOOKS_DUE, &[now.into()], |row| Ok(WebhookId::from_bytes(row.bytes()?)))
    }

    fn webhook_waiting(&mut self, webhook: WebhookId) -> Result<Waiting, Fault> {
        let longest = |row: &mut Row| Ok((FeedId::from_bytes(row.bytes()?), row.text_or_null()?));
        Ok(Waiting {
            items: self.read_one(&WEBHOOK_WAITS, &[webhook.as_bytes().into()], |row| row.int())?.unwrap_or(0),
            oldest: self.read_one(&WEBHOOK_WAITS_LONGEST, &[webhook.as_bytes().into()], longest)?,
        })
    }

    fn webhooks_dead(&mut self, limit: i64) -> Result<Vec<Dead>, Fault> {
        self.read_all(&WEBHOOKS_DEAD, &[limit.into()], dead)
    }

    fn webhooks_backlog(&mut self) -> Result<Backlog, Fault> {
        Ok(Backlog {
            waiting: self.read_one(&WEBHOOKS_WAITING, &[], |row| row.int())?.unwrap_or(0),
            oldest: self.read_one(&WEBHOOKS_OLDEST, &[], |row| Ok(FeedId::from_bytes(row.bytes()?)))?,
            dead: self.read_one(&WEBHOOKS_GIVEN_UP, &[], |row| row.int())?.unwrap_or(0),
            off: self.read_one(&WEBHOOKS_OFF, &[], |row| row.int())?.unwrap_or(0),
        })
    }
}

impl Tx<'_> {
    fn feed_item(&mut self, id: FeedId) -> Result<Item, Fault> {
        let found = self.read_one(&FEED_ITEM, &[id.as_bytes().into()], item)?;
        found.ok_or_else(|| Fault::broken("what is on its way to a webhook is not in the feed"))
    }
}

impl Writes for Tx<'_> {
    fn webhook_insert(&mut self, webhook: &Webhook) -> Result<(), Fault> {
        let values = [
            webhook.id.as_bytes().into(),
            (&webhook.name).into(),
            (&webhook.url).into(),
            webhook.secret.as_slice().into(),
            webhook.added_at.into(),
        ];
        self.write(&WEBHOOK_INSERT, &values).map(drop)
    }

    fn webhook_rotate(&mut self, webhook: WebhookId, secret: &[u8], until: Time) -> Result<bool, Fault> {
        Ok(self.write(&WEBHOOK_ROTATE, &[webhook.as_bytes().into(), secret.into(), until.into()])? == 1)
    }

    fn webhook_reseal(&mut self, webhook: WebhookId, secret: &[u8], before: Option<&[u8]>) -> Result<(), Fault> {
        self.write(&WEBHOOK_RESEAL, &[webhook.as_bytes().into(), secret.into(), before.into()]).map(drop)
    }

    fn webhook_remove(&mut self, webhook: WebhookId, now: Time) -> Result<bool, Fault> {
        let nothing: &[u8] = &[];
        let removed = self.write(&WEBHOOK_REMOVE, &[webhook.as_bytes().into(), now.into(), nothing.into()])? == 1;
        if removed {
            self.write(&WEBHOOK_FORGET, &[webhook.as_bytes().into()])?;
        }
        Ok(removed)
    }

    fn webhook_switch(&mut self, webhook: WebhookId, off_at: Option<Time>) -> Result<bool, Fault> {
        let switched = match off_at {
            Some(off_at) => self.write(&WEBHOOK_SWITCH_OFF, &[webhook.as_bytes().into(), off_at.into()])?,
            None => self.write(&WEBHOOK_SWITCH_ON, &[webhook.as_bytes().into()])?,
        };
        Ok(switched == 1)
    }

    fn webhooks_queue(&mut self, after: i64, now: Time) -> Result<u64, Fault> {
        self.write(&WEBHOOKS_QUEUE, &[after.into(), now.into()])
    }

    fn webhook_lease(
        &mut self,
        webhook: WebhookId,
        hand: Hand,
        now: Time,
        until: Time,
    ) -> Result<Option<Leased>, Fault> {
        let values = [webhook.as_bytes().into(), now.into(), until.into()];
        let most = match hand {
            Hand::ForFreezes => 0_i64,
            Hand::ForAll => 1,
        };
        let fresh = self.read_one(&WEBHOOK_LEASE_FRESH, &[values[0], values[1], values[2], most.into()], leased)?;
        let taken = match (fresh, hand) {
            (None, Hand::ForAll) => self.read_one(&WEBHOOK_LEASE_AGAIN, &values, leased)?,
            (fresh, _) => fresh,
        };
        let Some((id, tries, until)) = taken else { return Ok(None) };
        Ok(Some(Leased { item: self.feed_item(id)?, tries, until }))
    }

    fn webhook_settle(
        &mut self,
        webhook: WebhookId,
        leased: &Leased,
        outcome: &Outcome,
        now: Time,
    ) -> Result<(), Fault> {
        let (item, webhook) = (leased.item.id.as_bytes().into(), webhook.as_bytes().into());
        match outcome {
            Outcome::Sent(said) => self.write(&WEBHOOK_SENT, &[item, webhook, now.into(), said.into()]),
            Outcome::Later(said, due_at) => {
                self.write(&WEBHOOK_LATER, &[item, webhook, leased.until.into(), (*due_at).into(), said.into()])
            }
            Outcome::Dead(said) => {
                self.write(&WEBHOOK_DEAD, &[item, webhook, leased.until.into(), now.into(), said.into()])
            }
        }
        .map(drop)
    }

    fn webhook_replay(&mut self, webhook: WebhookId, which: Replay, now: Time) -> Result<u64, Fault> {
        let webhook = webhook.as_bytes().into();
        match which {
            Replay::Item(item) => self.write(&WEBHOOK_REPLAY_ITEM, &[webhook, item.as_bytes().into(), now.into()]),
            Replay::Since(since) => {
                let first = FeedId::earliest(since);
                self.write(&WEBHOOK_REPLAY_SINCE, &[webhook, first.as_bytes().into(), now.into()])
            }
            Replay::Dead => self.write(&WEBHOOK_REPLAY_DEAD, &[webhook, now.into()]),
        }
    }
}
