//! Rows of notices: inbox, outbox and choices.

use domain::clock::Time;
use domain::ids::{AccountId, LinkId, NoticeId};
use domain::notifications::{
    CarrierKind, Delivery, Fate, InboxItem, NotTaken, Notice, Reads, Sent, Tried, Urgency, Wanted, Way, Writes,
};
use domain::phones::PhoneNumber;
use domain::refusal::Fault;

use crate::activity::entry;
use crate::statement::{Row, Value, statements};
use crate::tx::Tx;

statements! {
    Told INBOX_BEFORE = "SELECT event.account, event.sequence, event.at, event.data, event.who, event.session, event.ip,
        event.browser, event.place, event.country, event.spot, inbox.read_at FROM inbox
        JOIN event ON event.account = inbox.account AND event.sequence = inbox.sequence
        WHERE inbox.account = $1 AND inbox.sequence < $2 ORDER BY inbox.sequence DESC LIMIT $3";
    Told INBOX_UNREAD = "SELECT count(*) FROM inbox WHERE account = $1 AND read_at IS NULL";
    Told CHOICES = "SELECT code, mailed FROM notice_choice WHERE account = $1 ORDER BY code";
    Told SMS_CHOICES = "SELECT code, texted FROM sms_choice WHERE account = $1 ORDER BY code";
    Told SMS_NEWEST_REPORT = "SELECT report FROM outbox WHERE account = $1 AND recipient = $2 AND carrier = 'sms'
        AND report IS NOT NULL ORDER BY reported_at DESC, sequence DESC LIMIT 1";
    Told INBOX_HAS = "SELECT count(*) FROM inbox WHERE account = $1 AND sequence = $2";
    Told OUTBOX_OF_ENTRY = "SELECT carrier, recipient, tries, sent_at, refused_at, refused_why, report, reported_at,
        carrier_said, kept FROM outbox WHERE account = $1 AND sequence = $2 ORDER BY carrier, recipient";
    Told OUTBOX_OF_ENTRIES = "SELECT sequence, carrier, recipient FROM outbox WHERE account = $1 AND sequence BETWEEN $2 AND $3
        AND carrier <> 'operator' ORDER BY sequence, carrier, recipient";
    Told OUTBOX_ENTRY_WITH = "SELECT sequence FROM outbox WHERE account = $1 AND freeze_link = $2";
    Told OUTBOX_WAITING = "SELECT (SELECT count(*) FROM outbox WHERE due_at IS NOT NULL AND carrier <> 'sms')
        + (SELECT count(*) FROM outbox WHERE due_at IS NOT NULL AND carrier = 'sms')";
    Told BACKLOG_LETTERS = "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL AND carrier <> 'sms'";
    Told BACKLOG_SMS = "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL AND carrier = 'sms'";
    Told OLDEST_LETTER = "SELECT id FROM outbox WHERE due_at IS NOT NULL AND carrier <> 'sms' ORDER BY id LIMIT 1";
    Told OLDEST_SMS = "SELECT id FROM outbox WHERE due_at IS NOT NULL AND carrier = 'sms' ORDER BY id LIMIT 1";
    Told OUTBOX_UNTRIED_LETTERS = "SELECT count(*) FROM outbox WHERE account = $1 AND urgency = $2 AND due_at IS NOT NULL
        AND tries = 0 AND carrier <> 'sms'";
    Told OUTBOX_UNTRIED_SMS = "SELECT count(*) FROM outbox WHERE account = $1 AND urgency = $2 AND due_at IS NOT NULL
        AND tries = 0 AND carrier = 'sms'";
    Told INBOX_INSERT = "INSERT INTO inbox (account, sequence) VALUES ($1, $2)";
    Bookkeeping INBOX_READ = "UPDATE inbox SET read_at = $3 WHERE account = $1 AND sequence <= $2 AND read_at IS NULL";
    Told CHOICE_SET = "INSERT INTO notice_choice (account, code, mailed) VALUES ($1, $2, $3)
        ON CONFLICT (account, code) DO UPDATE SET mailed = excluded.mailed WHERE notice_choice.mailed <> excluded.mailed";
    Told SMS_CHOICE_SET = "INSERT INTO sms_choice (account, code, texted) VALUES ($1, $2, $3)
        ON CONFLICT (account, code) DO UPDATE SET texted = excluded.texted WHERE sms_choice.texted <> excluded.texted";
    Told OUTBOX_INSERT = "INSERT INTO outbox (id, account, sequence, carrier, recipient, act_link, freeze_link, tries, due_at,
        urgency) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    Bookkeeping OUTBOX_LEASE_LETTERS = "UPDATE outbox SET due_at = $2, tries = tries + 1 WHERE id IN (SELECT id FROM outbox
        WHERE urgency = $4 AND due_at <= $1 AND carrier <> 'sms' ORDER BY due_at, id LIMIT $3 {{hold_free}})
        RETURNING id, account, sequence, carrier, urgency, recipient, act_link, freeze_link, tries, due_at";
    Bookkeeping OUTBOX_LEASE_SMS = "UPDATE outbox SET due_at = $2, tries = tries + 1 WHERE id IN (SELECT id FROM outbox
        WHERE urgency = $4 AND due_at <= $1 AND carrier = 'sms' ORDER BY due_at, id LIMIT $3 {{hold_free}})
        RETURNING id, account, sequence, carrier, urgency, recipient, act_link, freeze_link, tries, due_at";
    Bookkeeping OUTBOX_SENT = "UPDATE outbox SET due_at = NULL, sent_at = $2, carrier_said = $3, kept = coalesce($4, kept)
        WHERE id = $1";
    Bookkeeping OUTBOX_REFUSED = "UPDATE outbox SET due_at = NULL, refused_at = $2, carrier_said = $3,
        kept = coalesce($4, kept), refused_why = $5 WHERE id = $1";
    Bookkeeping OUTBOX_LATER = "UPDATE outbox SET due_at = $2, carrier_said = $3, kept = coalesce($4, kept) WHERE id = $1
        AND due_at IS NOT NULL";
    Bookkeeping OUTBOX_CAME_BACK = "UPDATE outbox SET refused_at = $2, carrier_said = $3, refused_why = $4 WHERE id = $1
        AND sent_at IS NOT NULL AND refused_at IS NULL AND carrier <> 'sms' RETURNING account, sequence, carrier";
    Bookkeeping SMS_REPORT = "UPDATE outbox SET report = $2, reported_at = $3 WHERE id = $1 AND carrier = 'sms'
        AND (report IS NULL OR report <> 'delivered')";
}

fn inbox_item(row: &mut Row) -> Result<InboxItem, Fault> {
    Ok(InboxItem { entry: entry(row)?, read: row.int_or_null()?.is_some(), sent: Vec::new() })
}

fn choice(row: &mut Row) -> Result<(String, bool), Fault> {
    Ok((row.text()?, row.int()? == 1))
}

fn carrier(code: &str) -> Result<CarrierKind, Fault> {
    CarrierKind::from_code(code).ok_or_else(|| Fault::broken(format!("there is no carrier {code}")))
}

fn urgency(code: i64) -> Result<Urgency, Fault> {
    Urgency::from_code(code).ok_or_else(|| Fault::broken(format!("there is no urgency {code}")))
}

fn notice(row: &mut Row) -> Result<Notice, Fault> {
    Ok(Notice {
        id: NoticeId::from_bytes(row.bytes()?),
        account: AccountId::from_bytes(row.bytes()?),
        sequence: row.int()?,
        carrier: carrier(&row.text()?)?,
        urgency: urgency(row.int()?)?,
        recipient: row.text()?,
        act_link: row.bytes_or_null()?.map(LinkId::from_bytes),
        freeze_link: row.bytes_or_null()?.map(LinkId::from_bytes),
        tries: row.int()?,
        due_at: row.time()?,
    })
}

fn sent(row: &mut Row) -> Result<Sent, Fault> {
    Ok(Sent {
        carrier: carrier(&row.text()?)?,
        recipient: row.text()?,
        tries: row.int()?,
        taken_at: row.time_or_null()?,
        ended_at: row.time_or_null()?,
        not_taken: row.text_or_null()?.as_deref().and_then(NotTaken::from_code),
        report: row.text_or_null()?.as_deref().and_then(Delivery::from_code).zip(row.time_or_null()?),
        said: row.text_or_null()?,
        kept: row.text_or_null()?.map(|kept| serde_json::from_str(&kept).map_err(Fault::broken)).transpose()?,
    })
}

impl Reads for Tx<'_> {
    fn inbox_before(&mut self, account: AccountId, before: i64, limit: i64) -> Result<Vec<InboxItem>, Fault> {
        self.read_all(&INBOX_BEFORE, &[account.as_bytes().into(), before.into(), limit.into()], inbox_item)
    }

    fn inbox_unread(&mut self, account: AccountId) -> Result<i64, Fault> {
        Ok(self.read_one(&INBOX_UNREAD, &[account.as_bytes().into()], |row| row.int())?.unwrap_or(0))
    }

    fn choices(&mut self, account: AccountId) -> Result<Vec<(String, bool)>, Fault> {
        self.read_all(&CHOICES, &[account.as_bytes().into()], choice)
    }

    fn sms_choices(&mut self, account: AccountId) -> Result<Vec<(String, bool)>, Fault> {
        self.read_all(&SMS_CHOICES, &[account.as_bytes().into()], choice)
    }

    fn sms_newest_report(&mut self, account: AccountId, number: &PhoneNumber) -> Result<Option<Delivery>, Fault> {
        let values = [account.as_bytes().into(), number.as_str().into()];
        let word = self.read_one(&SMS_NEWEST_REPORT, &values, |row| row.text())?;
        Ok(word.as_deref().and_then(Delivery::from_code))
    }

    fn outbox_untried(&mut self, account: AccountId, way: Way, urgency: Urgency) -> Result<i64, Fault> {
        let statement = match way {
            Way::Mail => &OUTBOX_UNTRIED_LETTERS,
            Way::Sms => &OUTBOX_UNTRIED_SMS,
        };
        let values = [account.as_bytes().into(), urgency.code().into()];
        Ok(self.read_one(statement, &values, |row| row.int())?.unwrap_or(0))
    }

    fn inbox_has(&mut self, account: AccountId, sequence: i64) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), sequence.into()];
        Ok(self.read_one(&INBOX_HAS, &values, |row| row.int())?.unwrap_or(0) > 0)
    }

    fn outbox_of_entry(&mut self, account: AccountId, sequence: i64) -> Result<Vec<Sent>, Fault> {
        self.read_all(&OUTBOX_OF_ENTRY, &[account.as_bytes().into(), sequence.into()], sent)
    }

    fn outbox_of_entries(
        &mut self,
        account: AccountId,
        (from, to): (i64, i64),
    ) -> Result<Vec<(i64, CarrierKind, String)>, Fault> {
        let values = [account.as_bytes().into(), from.into(), to.into()];
        self.read_all(&OUTBOX_OF_ENTRIES, &values, |row| Ok((row.int()?, carrier(&row.text()?)?, row.text()?)))
    }

    fn outbox_entry_with(&mut self, account: AccountId, freeze_link: LinkId) -> Result<Option<i64>, Fault> {
        self.read_one(&OUTBOX_ENTRY_WITH, &[account.as_bytes().into(), freeze_link.as_bytes().into()], |row| row.int())
    }

    fn outbox_waiting(&mut self) -> Result<i64, Fault> {
        Ok(self.read_one(&OUTBOX_WAITING, &[], |row| row.int())?.unwrap_or(0))
    }

    fn outbox_backlog(&mut self, way: Way) -> Result<(i64, Option<NoticeId>), Fault> {
        let (backlog, oldest) = match way {
            Way::Mail => (&BACKLOG_LETTERS, &OLDEST_LETTER),
            Way::Sms => (&BACKLOG_SMS, &OLDEST_SMS),
        };
        let waiting = self.read_one(backlog, &[], |row| row.int())?.unwrap_or(0);
        let oldest = self.read_one(oldest, &[], |row| Ok(NoticeId::from_bytes(row.bytes()?)))?;
        Ok((waiting, oldest))
    }
}

impl Writes for Tx<'_> {
    fn inbox_insert(&mut self, account: AccountId, sequence: i64) -> Result<(), Fault> {
        self.write(&INBOX_INSERT, &[account.as_bytes().into(), sequence.into()]).map(drop)
    }

    fn inbox_read(&mut self, account: AccountId, up_to: i64, now: Time) -> Result<(), Fault> {
        self.write(&INBOX_READ, &[account.as_bytes().into(), up_to.into(), now.into()]).map(drop)
    }

    fn choice_set(&mut self, account: AccountId, code: &str, on: bool) -> Result<bool, Fault> {
        Ok(self.write(&CHOICE_SET, &[account.as_bytes().into(), code.into(), i64::from(on).into()])? == 1)
    }

    fn sms_choice_set(&mut self, account: AccountId, code: &str, on: bool) -> Result<bool, Fault> {
        Ok(self.write(&SMS_CHOICE_SET, &[account.as_bytes().into(), code.into(), i64::from(on).into()])? == 1)
    }

    fn outbox_insert(&mut self, notice: &Notice) -> Result<(), Fault> {
        let values = [
            notice.id.as_bytes().into(),
            notice.account.as_bytes().into(),
            notice.sequence.into(),
            notice.carrier.code().into(),
            (&notice.recipient).into(),
            notice.act_link.as_ref().map(LinkId::as_bytes).into(),
            notice.freeze_link.as_ref().map(LinkId::as_bytes).into(),
            notice.tries.into(),
            notice.due_at.into(),
            notice.urgency.code().into(),
        ];
        self.write(&OUTBOX_INSERT, &values).map(drop)
    }

    fn outbox_lease(&mut self, which: &Wanted, now: Time, until: Time) -> Result<Vec<Notice>, Fault> {
        let statement = match which.way {
            Way::Mail => &OUTBOX_LEASE_LETTERS,
            Way::Sms => &OUTBOX_LEASE_SMS,
        };
        let values = [now.into(), until.into(), which.limit.into(), which.urgency.code().into()];
        let mut leased = self.read_all(statement, &values, notice)?;
        // RETURNING keeps no order; letters to one customer go out in the order of their log.
        leased.sort_by_key(|notice| (notice.account, notice.sequence));
        Ok(leased)
    }

    fn outbox_settle(&mut self, notice: NoticeId, tried: &Tried, now: Time) -> Result<(), Fault> {
        let kept = tried.kept.as_ref().map(serde_json::to_string).transpose().map_err(Fault::broken)?;
        let (id, kept) = (Value::from(notice.as_bytes()), Value::from(kept.as_ref()));
        match &tried.fate {
            Fate::Sent(said) => self.write(&OUTBOX_SENT, &[id, now.into(), said.into(), kept]),
            Fate::Later(said) => self.write(&OUTBOX_LATER, &[id, tried.due_at.into(), said.into(), kept]),
            Fate::Refused(said) => {
                let why = tried.not_taken.code().into();
                self.write(&OUTBOX_REFUSED, &[id, now.into(), said.into(), kept, why])
            }
        }
        .map(drop)
    }

    fn outbox_came_back(
        &mut self,
        notice: NoticeId,
        said: &str,
        now: Time,
    ) -> Result<Option<(AccountId, i64, CarrierKind)>, Fault> {
        let values = [notice.as_bytes().into(), now.into(), said.into(), NotTaken::CameBack.code().into()];
        self.read_one(&OUTBOX_CAME_BACK, &values, |row| {
            Ok((AccountId::from_bytes(row.bytes()?), row.int()?, carrier(&row.text()?)?))
        })
    }

    fn sms_report(&mut self, notice: NoticeId, delivery: Delivery, now: Time) -> Result<(), Fault> {
        self.write(&SMS_REPORT, &[notice.as_bytes().into(), delivery.code().into(), now.into()]).map(drop)
    }
}
