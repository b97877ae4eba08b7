//! Rows of protections.

use domain::clock::{Span, Time};
use domain::ids::{AccountId, TimerId};
use domain::protections::{FreezeCause, Hold, Lock, Notified, Reads, Timer, TimerEnd, Writes};
use domain::refusal::Fault;

use crate::activity::{Columns, origin_in_words};
use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told ACCOUNT_FREEZE = "UPDATE account SET frozen_at = $2, frozen_by = $3 WHERE id = $1 AND frozen_at IS NULL";
    Told ACCOUNT_THAW = "UPDATE account SET frozen_at = NULL, frozen_by = NULL WHERE id = $1 AND frozen_at IS NOT NULL";
    Told ACCOUNT_SET_LOCK = "UPDATE account SET locked_at = $2, lock_days = $3 WHERE id = $1";
    Told ACCOUNT_SET_PASSKEY_ONLY = "UPDATE account SET passkey_only = $2 WHERE id = $1 AND passkey_only <> $2";
    Told TIMERS_RUNNING = "SELECT account, id, what, asked_at, ip, browser, place, sequence, wait_micros, not_before, told_at,
        due_at, half_told_at FROM timer WHERE account = $1 AND ended_at IS NULL ORDER BY asked_at, id";
    Told TIMER_BY_ID = "SELECT account, id, what, asked_at, ip, browser, place, sequence, wait_micros, not_before, told_at,
        due_at, half_told_at, ended_by FROM timer WHERE account = $1 AND id = $2";
    Told TIMERS_DUE = "SELECT account, id, what, asked_at, ip, browser, place, sequence, wait_micros, not_before, told_at,
        due_at, half_told_at FROM timer WHERE ended_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2";
    Told TIMERS_HALF_WAY = "SELECT account, id, what, asked_at, ip, browser, place, sequence, wait_micros, not_before, told_at,
        due_at, half_told_at FROM timer WHERE ended_at IS NULL AND due_at > $1 AND half_told_at IS NULL
        AND told_at + (due_at - told_at) / 2 <= $1 ORDER BY due_at LIMIT $2";
    Told TIMER_INSERT = "INSERT INTO timer (account, id, what, key, asked_at, ip, browser, place, sequence, wait_micros, not_before)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    Told TIMER_UNTOLD = "SELECT account, id, what, asked_at, ip, browser, place, sequence, wait_micros, not_before, told_at,
        due_at, half_told_at FROM timer WHERE account = $1 AND sequence = $2 AND told_at IS NULL AND ended_at IS NULL";
    Bookkeeping TIMER_BEGIN = "UPDATE timer SET told_at = $3, due_at = $4 WHERE account = $1 AND id = $2 AND told_at IS NULL
        AND ended_at IS NULL";
    Bookkeeping TIMER_UNTELL = "UPDATE timer SET told_at = NULL, due_at = NULL WHERE account = $1 AND sequence = $2
        AND told_at IS NOT NULL AND ended_at IS NULL";
    Told TIMER_HALF_TOLD = "UPDATE timer SET half_told_at = $3 WHERE account = $1 AND id = $2 AND half_told_at IS NULL
        AND ended_at IS NULL";
    Told TIMER_STOP = "UPDATE timer SET ended_at = $3, ended_by = $4 WHERE account = $1 AND id = $2 AND ended_at IS NULL";
    Told TIMER_EFFECT = "UPDATE timer SET ended_at = $3, ended_by = $4 WHERE account = $1 AND id = $2 AND ended_at IS NULL
        AND due_at <= $3";
    Told HOLDS_SINCE = "SELECT cause, began_at, until FROM hold WHERE account = $1 AND until > $2 ORDER BY began_at, cause";
    Told HOLD_INSERT = "INSERT INTO hold (account, began_at, cause, until, sequence) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account, began_at, cause) DO NOTHING";
    Told HOLD_UNTOLD = "SELECT count(*) FROM hold WHERE account = $1 AND sequence = $2 AND told_at IS NULL";
    Bookkeeping HOLD_BEGIN = "UPDATE hold SET told_at = $3, until = $4 WHERE account = $1 AND sequence = $2 AND told_at IS NULL
        AND until > $3";
    Bookkeeping HOLD_UNTELL = "UPDATE hold SET told_at = NULL, until = CASE WHEN until < $4 THEN $4 ELSE until END
        WHERE account = $1 AND sequence = $2 AND told_at IS NOT NULL AND until > $3";
    Bookkeeping TIMERS_PUT_OFF = "UPDATE timer SET not_before = $2, due_at = CASE WHEN due_at < $2 THEN $2 ELSE due_at END
        WHERE account = $1 AND ended_at IS NULL AND not_before < $2";
    Told OUTBOX_NOTIFIED = "SELECT count(CASE WHEN carrier = 'email' AND due_at IS NOT NULL THEN 1 END),
        count(CASE WHEN carrier = 'email' AND due_at IS NOT NULL AND act_link IS NULL THEN 1 END),
        count(CASE WHEN carrier = 'email' AND sent_at IS NOT NULL AND refused_at IS NULL THEN 1 END),
        count(CASE WHEN carrier = 'email' AND refused_at IS NOT NULL THEN 1 END),
        count(CASE WHEN carrier = 'sms' AND due_at IS NOT NULL THEN 1 END),
        count(CASE WHEN carrier = 'sms' AND sent_at IS NOT NULL THEN 1 END)
        FROM outbox WHERE account = $1 AND sequence = $2
        AND (carrier <> 'email' OR act_link IS NOT NULL OR freeze_link IS NOT NULL)";
}

fn timer(row: &mut Row) -> Result<Timer, Fault> {
    Ok(Timer {
        account: AccountId::from_bytes(row.bytes()?),
        id: TimerId::from_bytes(row.bytes()?),
        what: serde_json::from_str(&row.text()?).map_err(Fault::broken)?,
        asked_at: row.time()?,
        origin: origin_in_words(row)?,
        sequence: row.int()?,
        wait: Span::from_micros(row.int()?),
        not_before: row.time_or_null()?,
        told_at: row.time_or_null()?,
        due_at: row.time_or_null()?,
        half_told_at: row.time_or_null()?,
    })
}

fn ended_timer(row: &mut Row) -> Result<(Timer, Option<TimerEnd>), Fault> {
    let timer = timer(row)?;
    let end = row
        .text_or_null()?
        .map(|end| TimerEnd::from_code(&end).ok_or_else(|| Fault::broken(format!("no timer ends by {end}"))));
    Ok((timer, end.transpose()?))
}

fn hold(row: &mut Row) -> Result<Hold, Fault> {
    Ok(Hold { cause: row.text()?, began_at: row.time()?, until: row.time()? })
}

fn notified(row: &mut Row) -> Result<Notified, Fault> {
    Ok(Notified {
        letters_due: row.int()?,
        removed_due: row.int()?,
        letters_sent: row.int()?,
        letters_refused: row.int()?,
        texts_due: row.int()?,
        texts_sent: row.int()?,
    })
}

impl Reads for Tx<'_> {
    fn timers_running(&mut self, account: AccountId) -> Result<Vec<Timer>, Fault> {
        self.read_all(&TIMERS_RUNNING, &[account.as_bytes().into()], timer)
    }

    fn timer_by_id(&mut self, account: AccountId, timer: TimerId) -> Result<Option<(Timer, Option<TimerEnd>)>, Fault> {
        self.read_one(&TIMER_BY_ID, &[account.as_bytes().into(), timer.as_bytes().into()], ended_timer)
    }

    fn timers_due(&mut self, now: Time, limit: i64) -> Result<Vec<Timer>, Fault> {
        self.read_all(&TIMERS_DUE, &[now.into(), limit.into()], timer)
    }

    fn timers_half_way(&mut self, now: Time, limit: i64) -> Result<Vec<Timer>, Fault> {
        self.read_all(&TIMERS_HALF_WAY, &[now.into(), limit.into()], timer)
    }

    fn holds_since(&mut self, account: AccountId, since: Time) -> Result<Vec<Hold>, Fault> {
        self.read_all(&HOLDS_SINCE, &[account.as_bytes().into(), since.into()], hold)
    }
}

impl Writes for Tx<'_> {
    fn account_freeze(&mut self, account: AccountId, why: FreezeCause, now: Time) -> Result<bool, Fault> {
        Ok(self.write(&ACCOUNT_FREEZE, &[account.as_bytes().into(), now.into(), why.code().into()])? == 1)
    }

    fn account_thaw(&mut self, account: AccountId) -> Result<bool, Fault> {
        Ok(self.write(&ACCOUNT_THAW, &[account.as_bytes().into()])? == 1)
    }

    fn account_set_lock(&mut self, account: AccountId, lock: Option<Lock>) -> Result<(), Fault> {
        let (at, days) = (lock.map(|lock| lock.armed_at), lock.map(|lock| lock.days));
        self.write(&ACCOUNT_SET_LOCK, &[account.as_bytes().into(), at.into(), days.into()]).map(drop)
    }

    fn account_set_passkey_only(&mut self, account: AccountId, only: bool) -> Result<bool, Fault> {
        Ok(self.write(&ACCOUNT_SET_PASSKEY_ONLY, &[account.as_bytes().into(), i64::from(only).into()])? == 1)
    }

    fn timer_insert(&mut self, timer: &Timer) -> Result<(), Fault> {
        let what = serde_json::to_string(&timer.what).map_err(Fault::broken)?;
        let (key, from) = (timer.what.key(), Columns::from(&timer.origin));
        let wait = i64::try_from(timer.wait.as_micros()).map_err(Fault::broken)?;
        let values = [
            timer.account.as_bytes().into(),
            timer.id.as_bytes().into(),
            (&what).into(),
            (&key).into(),
            timer.asked_at.into(),
            from.ip.as_ref().into(),
            from.browser.into(),
            from.place.into(),
            timer.sequence.into(),
            wait.into(),
            timer.not_before.into(),
        ];
        self.write(&TIMER_INSERT, &values).map(drop)
    }

    fn timer_untold(&mut self, account: AccountId, sequence: i64) -> Result<Option<Timer>, Fault> {
        self.read_one(&TIMER_UNTOLD, &[account.as_bytes().into(), sequence.into()], timer)
    }

    fn timer_begin(&mut self, account: AccountId, timer: TimerId, told_at: Time, due_at: Time) -> Result<(), Fault> {
        let values = [account.as_bytes().into(), timer.as_bytes().into(), told_at.into(), due_at.into()];
        self.write(&TIMER_BEGIN, &values).map(drop)
    }

    fn timer_untell(&mut self, account: AccountId, sequence: i64) -> Result<(), Fault> {
        self.write(&TIMER_UNTELL, &[account.as_bytes().into(), sequence.into()]).map(drop)
    }

    fn timer_half_told(&mut self, account: AccountId, timer: TimerId, now: Time) -> Result<bool, Fault> {
        Ok(self.write(&TIMER_HALF_TOLD, &[account.as_bytes().into(), timer.as_bytes().into(), now.into()])? == 1)
    }

    fn timer_end(&mut self, account: AccountId, timer: TimerId, end: TimerEnd, now: Time) -> Result<bool, Fault> {
        let statement = if end == TimerEnd::Effective { &TIMER_EFFECT } else { &TIMER_STOP };
        let values = [account.as_bytes().into(), timer.as_bytes().into(), now.into(), end.code().into()];
        Ok(self.write(statement, &values)? == 1)
    }

    fn hold_insert(&mut self, account: AccountId, hold: &Hold, sequence: Option<i64>) -> Result<(), Fault> {
        let (began_at, until) = (hold.began_at.into(), hold.until.into());
        let values = [account.as_bytes().into(), began_at, (&hold.cause).into(), until, sequence.into()];
        self.write(&HOLD_INSERT, &values).map(drop)
    }

    fn hold_untold(&mut self, account: AccountId, sequence: i64) -> Result<bool, Fault> {
        let untold = self.read_one(&HOLD_UNTOLD, &[account.as_bytes().into(), sequence.into()], |row| row.int())?;
        Ok(untold.unwrap_or(0) > 0)
    }

    fn hold_begin(&mut self, account: AccountId, sequence: i64, now: Time, until: Time) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), sequence.into(), now.into(), until.into()];
        Ok(self.write(&HOLD_BEGIN, &values)? == 1)
    }

    fn hold_untell(&mut self, account: AccountId, sequence: i64, now: Time, until: Time) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), sequence.into(), now.into(), until.into()];
        Ok(self.write(&HOLD_UNTELL, &values)? > 0)
    }

    fn timers_put_off(&mut self, account: AccountId, until: Time) -> Result<(), Fault> {
        self.write(&TIMERS_PUT_OFF, &[account.as_bytes().into(), until.into()]).map(drop)
    }

    fn outbox_notified(&mut self, account: AccountId, sequence: i64) -> Result<Notified, Fault> {
        let found = self.read_one(&OUTBOX_NOTIFIED, &[account.as_bytes().into(), sequence.into()], notified)?;
        Ok(found.unwrap_or_default())
    }
}
