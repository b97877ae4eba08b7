//! Handing notices over: lease a batch, compose, carry outside any transaction, write down what happened.

use crate::activity::Actor;
use crate::app::App;
use crate::chore::Tally;
use crate::clock::Span;
use crate::meters::Stopwatch;
use crate::notifications::{
    self, Carrier, CarrierKind, Composed, Fate, Kept, NotTaken, Notice, Tried, Urgency, Wanted, Way,
};
use crate::protections;
use crate::refusal::{Fault, Stop};

/// A lease outlives every attempt to hand over a whole batch: carriers give up on a letter after half a minute.
const LEASE: Span = Span::from_mins(5);

/// A letter is tried for this long; then the row is marked.
const GIVE_UP: Span = Span::from_hours(5 * 24);

/// Left of a lease, at least, when a letter is handed over: longer than any carrier may take.
const MARGIN: Span = Span::from_mins(1);

/// Notices of one batch: few, so that a slow server holds few of them up.
const BATCH: i64 = 8;

/// The same of what one customer causes beyond a few: fewer still, because an alarm that comes meanwhile waits for them.
const SURPLUS_BATCH: i64 = 2;

/// Hands over notices that are due, of both kinds.
pub fn deliver(app: &App, carrier: &dyn Carrier) -> Result<Tally, Stop> {
    let by_mail = deliver_by(app, carrier, Way::Mail)?;
    let by_sms = deliver_by(app, carrier, Way::Sms)?;
    Ok(Tally { done: by_mail.done + by_sms.done, more: by_mail.more || by_sms.more })
}

/// What became of a notice, and could not be written down because the database was away.
pub(crate) struct Unwritten {
    notice: Notice,
    fate: Fate,
    kept: Option<Kept>,
}

/// Hands over notices that are due, of one kind and the most urgent there are, so that a carrier that is dead holds up none of the other's. Safe on many
/// threads and nodes at once: each notice is leased to one. If the process dies between a carrier's yes and its record, the
/// notice goes out again with the same Message-ID; if only the database is away then, the record is made as soon as it is back.
pub fn deliver_by(app: &App, carrier: &dyn Carrier, way: Way) -> Result<Tally, Stop> {
    write_down_what_waits(app)?;
    let notices = app
        .change(&Actor::chore(), move |change| {
            let now = change.now();
            for urgency in Urgency::ALL {
                let limit = if urgency == Urgency::Surplus { SURPLUS_BATCH } else { BATCH };
                let leased = change.rows().outbox_lease(&Wanted { way, urgency, limit }, now, now + LEASE)?;
                if !leased.is_empty() {
                    return Ok(leased);
                }
            }
            Ok(Vec::new())
        })
        .wait()?;
    let done = notices.len() as u64;
    for notice in notices {
        // The lease may be somebody else's by the time this letter is through: leave it, it is due again then.
        if app.clock().now() + MARGIN > notice.due_at {
            break;
        }
        let handed_over = |carry: &dyn Fn() -> Fate| {
            let took = Stopwatch::start();
            let fate = carry();
            app.meters().handed_over(way, &fate, &took);
            fate
        };
        let (fate, kept) = match compose(app, &notice) {
            Ok(Composed::Letter(letter)) => (handed_over(&|| carrier.carry(&letter)), Some(letter.kept())),
            Ok(Composed::Sms(sms)) => (handed_over(&|| carrier.carry_sms(&sms)), Some(sms.kept())),
            Ok(Composed::TooLate(why)) => (Fate::Refused(why), None),
            Err(stop) => {
                tracing::error!(notice = %notice.id, why = %stop, "a notice cannot be composed; it will be tried again");
                (Fate::Later(stop.to_string()), None)
            }
        };
        settle(app, Unwritten { notice, fate, kept })?;
    }
    Ok(Tally::of(done, 1))
}

/// Writes down what became of notices while the database was away: before any of them is due again, if that was no longer
/// than a lease.
fn write_down_what_waits(app: &App) -> Result<(), Stop> {
    let mut waiting = std::mem::take(&mut *app.unwritten());
    while let Some(one) = waiting.pop() {
        if let Err(stop) = settle(app, one) {
            app.unwritten().append(&mut waiting);
            return Err(stop);
        }
    }
    Ok(())
}

fn compose(app: &App, notice: &Notice) -> Result<Composed, Stop> {
    let notice = notice.clone();
    app.view(move |view| notifications::compose(view, &notice)).wait()
}

/// Writes down what became of a notice, or keeps it where the database cannot be told now. To write it twice changes nothing.
fn settle(app: &App, what: Unwritten) -> Result<(), Stop> {
    let outcome = write_down(app, &what.notice, what.fate.clone(), what.kept.clone());
    // What is only put off is due again by itself.
    if let Err(Stop::Failed(Fault::Unavailable(_) | Fault::Unknown(_))) = &outcome
        && !matches!(what.fate, Fate::Later(_))
    {
        app.unwritten().push(what);
    }
    outcome
}

fn write_down(app: &App, notice: &Notice, fate: Fate, kept: Option<Kept>) -> Result<(), Stop> {
    let (id, tries, account, sequence) = (notice.id, notice.tries, notice.account, notice.sequence);
    let to_customer = notice.carrier != CarrierKind::Operator;
    // What was composed and put off may have left our hands all the same, so its copy is kept whatever came of it.
    let not_taken = match (&fate, &kept) {
        (Fate::Refused(_), None) => NotTaken::TooLate,
        (Fate::Later(_), _) if gave_up(tries) => NotTaken::GaveUp,
        _ => NotTaken::Refused,
    };
    let fate = match fate {
        Fate::Later(why) if not_taken == NotTaken::GaveUp => Fate::Refused(why),
        other => other,
    };
    app.change(&Actor::chore(), move |change| {
        let now = change.now();
        let attempt = Tried { fate: fate.clone(), not_taken, due_at: now + back_off(tries), kept: kept.clone() };
        change.rows().outbox_settle(id, &attempt, now)?;
        // What waits runs from when its customer can know.
        match attempt.fate {
            Fate::Sent(_) | Fate::Refused(_) if to_customer => protections::settled(change, account, sequence),
            Fate::Later(_) if to_customer => protections::put_off(change, account, sequence),
            _ => Ok(()),
        }
    })
    .wait()
}

/// How long to wait after that many tries: from ten seconds, doubling, to an hour.
fn back_off(tries: i64) -> Span {
    let doublings = u32::try_from(tries).unwrap_or(0).min(9);
    Span::from_secs((10_i64 << doublings).min(3600))
}

/// Whether the waits so far add up to the time after which a letter is given up.
fn gave_up(tries: i64) -> bool {
    let waited: i64 = (0..tries).map(|earlier| back_off(earlier).as_secs()).sum();
    waited >= GIVE_UP.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_tried_for_five_days_and_not_for_six() {
        let tries = (0..10_000).find(|tries| gave_up(*tries)).unwrap();
        let waited: i64 = (0..tries).map(|earlier| back_off(earlier).as_secs()).sum();
        assert!((5 * 86_400..6 * 86_400).contains(&waited), "{waited} seconds");
    }
}
