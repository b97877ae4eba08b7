//! What happens to sessions by itself.

use crate::activity::{Actor, Event};
use crate::app::App;
use crate::chore::Tally;
use crate::clock::Span;
use crate::refusal::Stop;
use crate::sessions;

/// Rows that one run takes.
const BATCH: i64 = 100;

/// Another node may have seen a session that long ago and not written it down yet.
const GRACE: Span = Span::from_secs(60);

/// Writes down when sessions were last used.
pub fn flush_marks(app: &App) -> Result<Tally, Stop> {
    let marked = app.marks().sessions();
    for sessions in marked.chunks(500) {
        let batch = app.marks().of(sessions);
        let rows = batch.clone();
        app.change(&Actor::chore(), move |change| {
            for (session, mark) in &rows {
                change.rows().session_mark(*session, mark)?;
            }
            Ok(())
        })
        .wait()?;
        app.marks().written_down(&batch);
    }
    Ok(Tally { done: marked.len() as u64, more: false })
}

/// Ends sessions that are over by themselves, so that the log tells of it.
pub fn expire(app: &App) -> Result<Tally, Stop> {
    flush_marks(app)?;
    let rules = app.settings().session.clone();
    let overdue = app
        .view(move |view| {
            let seen_before = view.now() - Span::from_mins(rules.idle_minutes) - GRACE;
            let began_before = view.now() - Span::from_hours(rules.absolute_hours);
            Ok(view.rows().sessions_overdue(seen_before, began_before, BATCH)?)
        })
        .wait()?;
    let rules = app.settings().session.clone();
    let mut done = 0;
    for session in overdue {
        let rules = rules.clone();
        let ended = app
            .change(&Actor::chore(), move |change| {
                // It may have been used or ended since it was listed.
                let Some(session) = change.rows().session_by_id(session.account, session.id)? else { return Ok(false) };
                match session.expired(session.last_seen_at, change.now(), &rules) {
                    Some(by) => sessions::end_loaded(change, &session, by),
                    None => Ok(false),
                }
            })
            .wait()?;
        done += u64::from(ended);
    }
    Ok(Tally::of(done, BATCH))
}

/// Tells of sign-ins with the right password that had no second proof in time. Nobody got in, and yet somebody may know
/// the password.
pub fn tell_unproved(app: &App) -> Result<Tally, Stop> {
    let overdue = app.view(|view| {
        let now = view.now();
        Ok(view.rows().pendings_unproved(now, BATCH)?)
    });
    let mut done = 0;
    for pending in overdue.wait()? {
        let told = app.change(&Actor::chore(), move |change| {
            let (now, account) = (change.now(), pending.account);
            // Also what a change of credentials voided meanwhile: the password was right when it was given.
            if !change.rows().pending_deny(account, pending.id, now)? {
                return Ok(false);
            }
            let event = Event::SignInUnproved {
                pending: pending.id,
                known_device: pending.device.is_some(),
                ip: pending.origin.ip,
                place: pending.origin.place_text(),
                browser: pending.origin.browser.clone(),
            };
            change.record(account, &event)?;
            Ok(true)
        });
        done += u64::from(told.wait()?);
    }
    Ok(Tally::of(done, BATCH))
}

/// Forgets codes by SMS whose time has been over for a day.
pub fn forget_codes(app: &App) -> Result<Tally, Stop> {
    let forgotten = app.change(&Actor::chore(), |change| {
        let before = change.now() - Span::from_hours(24);
        Ok(change.rows().sign_in_codes_forget(before, BATCH)?)
    });
    Ok(Tally::of(forgotten.wait()?, BATCH))
}
