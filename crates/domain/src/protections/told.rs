//! From when a customer can know of something: what became of its notices starts what waits for that.

use crate::accounts::{self, Account};
use crate::change::Change;
use crate::clock::Span;
use crate::feed::{self, Moved};
use crate::ids::AccountId;
use crate::protections::{Sensitive, Timer};
use crate::refusal::Stop;

/// For so long after a wait was asked for a mailbox that an undo removed holds it up, whatever its server answers.
const REMOVED: Span = Span::from_hours(24);

/// How many notices about one entry are on their way to the customer, and how many ended in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notified {
    /// Letters that may still be taken.
    pub letters_due: i64,
    /// Those of them that carry nothing but the freeze, which about a wait are the ones to what an undo removed.
    pub removed_due: i64,
    /// Letters that a mail server took.
    pub letters_sent: i64,
    /// Letters that were refused for good, or given up.
    pub letters_refused: i64,
    /// SMS that may still be taken.
    pub texts_due: i64,
    /// SMS that a gateway took.
    pub texts_sent: i64,
}

/// Whether the customer can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Somebody has still to answer.
    NotYet,
    /// From now on.
    Now,
    /// Somebody who should know cannot be told.
    Never,
}

impl Notified {
    /// Every mailbox counts that can stop it: while a change of the address can be undone there are two, and the newer may be
    /// a thief's; so may be the one that an undo removed.
    /// The phone holds nothing up, because a letter is what stops a wait; it makes up for a mailbox that refuses.
    pub(super) fn known(&self) -> Known {
        if self.letters_due > 0 {
            return Known::NotYet;
        }
        if self.letters_sent > 0 && self.letters_refused == 0 || self.texts_sent > 0 {
            return Known::Now;
        }
        if self.texts_due > 0 { Known::NotYet } else { Known::Never }
    }
}

/// A notice to the customer was taken, refused or given up: what waits for that runs from now on, if it was the last
/// one that counts.
pub(crate) fn settled(change: &mut Change<'_>, account: AccountId, sequence: i64) -> Result<(), Stop> {
    let timer = change.rows().timer_untold(account, sequence)?;
    if timer.is_none() && !change.rows().hold_untold(account, sequence)? {
        return Ok(());
    }
    // Of two notices that settle at once, the second sees the first.
    let row = accounts::lock(change, account)?;
    // An undo is the old mailbox's alone: its own letter starts it, whatever became of the others. It comes with a hold.
    let now = change.now();
    let undo_until = now + Span::from_hours(change.settings().protection.undo_hours);
    change.rows().undo_begin(account, sequence, now, undo_until)?;
    let known = known_by_now(change, &row, (sequence, timer.as_ref()))?;
    if known != Known::NotYet {
        begin_timer(change, account, sequence, known)?;
    }
    // A hold that nobody can be told of has its longer end already.
    if known == Known::Now { begin_hold(change, account, sequence) } else { Ok(()) }
}

/// A notice was put off and is tried again: what waits for nothing but a mailbox that an undo removed waits for it only so long.
pub(crate) fn put_off(change: &mut Change<'_>, account: AccountId, sequence: i64) -> Result<(), Stop> {
    let Some(timer) = change.rows().timer_untold(account, sequence)? else { return Ok(()) };
    let row = accounts::lock(change, account)?;
    match known_by_now(change, &row, (sequence, Some(&timer)))? {
        Known::NotYet => Ok(()),
        known => begin_timer(change, account, sequence, known),
    }
}

fn known_by_now(
    change: &mut Change<'_>,
    account: &Account,
    (sequence, timer): (i64, Option<&Timer>),
) -> Result<Known, Stop> {
    let mut notified = change.rows().outbox_notified(account.id, sequence)?;
    if let Some(timer) = timer
        && notified.removed_due > 0
        && !removed_holds_up(change, account, timer)?
    {
        notified.letters_due -= notified.removed_due;
    }
    Ok(notified.known())
}

/// Whether a letter to what an undo removed still holds a wait up: for a day, and no longer than it could stop it. It is
/// tried on all the same.
fn removed_holds_up(change: &mut Change<'_>, account: &Account, timer: &Timer) -> Result<bool, Stop> {
    let now = change.now();
    let Some(frozen_at) = account.frozen_at.filter(|_| now < timer.asked_at + REMOVED) else { return Ok(false) };
    let undone = change.rows().email_changes_undone(account.id, frozen_at)?;
    let rules = &change.settings().protection;
    Ok(undone.iter().any(|undone| undone.removed_freezes_until(rules).is_some_and(|until| until > now)))
}

/// A letter that a mail server had taken on came back: what ran because of it has not begun, and begins again from now if
/// nobody else has still to answer. By that it only ever ends later.
pub(crate) fn came_back(change: &mut Change<'_>, account: AccountId, sequence: i64) -> Result<(), Stop> {
    accounts::lock(change, account)?;
    let known = change.rows().outbox_notified(account, sequence)?.known();
    if known == Known::Now {
        return Ok(());
    }
    change.rows().timer_untell(account, sequence)?;
    let (now, rules) = (change.now(), &change.settings().protection);
    let until = now + Span::from_hours(rules.hold_hours.max(24 * rules.untold_days));
    if change.rows().hold_untell(account, sequence, now, until)? {
        change.rows().timers_put_off(account, until)?;
        feed::moved(change, account, Moved::Hold)?;
    }
    if known == Known::Never { begin_timer(change, account, sequence, known) } else { Ok(()) }
}

fn begin_timer(change: &mut Change<'_>, account: AccountId, sequence: i64, known: Known) -> Result<(), Stop> {
    let Some(timer) = change.rows().timer_untold(account, sequence)? else { return Ok(()) };
    let now = change.now();
    let least = Span::from_hours(24 * change.settings().protection.untold_days);
    let wait = if known == Known::Now { timer.wait } else { timer.wait.max(least) };
    let due_at = (now + wait).max(timer.not_before.unwrap_or(now));
    change.rows().timer_begin(account, timer.id, now, due_at)?;
    if timer.what.key() == Sensitive::Thaw.key() { feed::moved(change, account, Moved::Thaw) } else { Ok(()) }
}

fn begin_hold(change: &mut Change<'_>, account: AccountId, sequence: i64) -> Result<(), Stop> {
    let now = change.now();
    let until = now + Span::from_hours(change.settings().protection.hold_hours);
    if change.rows().hold_begin(account, sequence, now, until)? {
        change.rows().timers_put_off(account, until)?;
        feed::moved(change, account, Moved::Hold)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Known, Notified};

    #[test]
    fn every_mailbox_counts_and_the_phone_makes_up_for_one_that_refuses() {
        let check = |letters: [i64; 3], texts: [i64; 2], expected: Known| {
            let [letters_due, letters_sent, letters_refused] = letters;
            let [texts_due, texts_sent] = texts;
            let removed_due = 0;
            let notified = Notified { letters_due, removed_due, letters_sent, letters_refused, texts_due, texts_sent };
            assert_eq!(notified.known(), expected, "{notified:?}");
        };
        // Letters due, sent, refused; SMS due, sent.
        check([1, 0, 0], [0, 0], Known::NotYet);
        check([1, 1, 0], [0, 0], Known::NotYet);
        check([1, 0, 1], [0, 0], Known::NotYet);
        check([1, 1, 0], [0, 1], Known::NotYet);
        check([0, 1, 0], [0, 0], Known::Now);
        check([0, 2, 0], [0, 0], Known::Now);
        check([0, 1, 0], [1, 0], Known::Now);
        check([0, 1, 1], [0, 0], Known::Never);
        check([0, 1, 1], [1, 0], Known::NotYet);
        check([0, 1, 1], [0, 1], Known::Now);
        check([0, 0, 1], [1, 0], Known::NotYet);
        check([0, 0, 1], [0, 1], Known::Now);
        check([0, 0, 1], [0, 0], Known::Never);
    }
}
