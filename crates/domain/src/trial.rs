//! Whether the database takes changes, found out by making one. A reading says nothing of that, and nor does an empty change:
//! on a full disk both go well.
//!
//! While all is well it is a row of a few bytes, written once in a while however often somebody asks. From the first change of
//! anybody that the database could not make, until one goes well, it is a row as large as a change of a customer's, written
//! each time: a disk that is almost full takes a small one still.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::activity::Actor;
use crate::app::App;
use crate::clock::{Span, Time};
use crate::entropy;
use crate::refusal::{Fault, Stop};

/// So long an answer is good while nothing fails.
const GOOD: Span = Span::from_secs(3);

/// Rows of processes that ended go after this.
const KEPT: Span = Span::from_hours(24);

/// More than any change of a customer's writes.
const WEIGHT: usize = 64 * 1024;

/// What the trial asks of storage. All of it is bookkeeping.
pub trait Writes {
    /// Writes this process's row, as heavy as it is told to.
    fn trial_write(&mut self, id: &[u8; 16], at: Time, weight: &[u8]) -> Result<(), Fault>;

    /// Forgets rows from before then.
    fn trials_forget(&mut self, before: Time) -> Result<(), Fault>;
}

/// What this process knows of it.
#[derive(Default)]
pub(crate) struct Known {
    /// A change could not be made, and none was since.
    ailing: AtomicBool,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    id: Option<[u8; 16]>,
    well_at: Option<Time>,
}

impl Known {
    /// Hears how a change of anybody's ended, and whether it wrote something that a customer sees.
    pub(crate) fn ended<T>(&self, outcome: &Result<T, Stop>, told: bool) {
        match outcome {
            Err(Stop::Failed(Fault::Unavailable(_) | Fault::Unknown(_))) => self.ailing.store(true, Ordering::SeqCst),
            Ok(_) if told && self.ailing.load(Ordering::Relaxed) => self.ailing.store(false, Ordering::SeqCst),
            _ => {}
        }
    }
}

/// Whether the database takes changes now, or did a moment ago.
pub async fn takes_changes(app: &App) -> Result<(), Stop> {
    let (known, now) = (app.trial(), app.clock().now());
    let ailing = known.ailing.load(Ordering::SeqCst);
    let id = {
        let mut last = known.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !ailing && last.well_at.is_some_and(|at| at <= now && now < at + GOOD) {
            return Ok(());
        }
        *last.id.get_or_insert_with(|| entropy::bytes(app.entropy()))
    };
    let tried = app.change(&Actor::chore(), move |change| {
        let (now, mut weight) = (change.now(), vec![0; if ailing { WEIGHT } else { 0 }]);
        // By chance, so that no database makes it small.
        change.entropy().fill(&mut weight);
        change.rows().trial_write(&id, now, &weight)?;
        Ok(change.rows().trials_forget(now - KEPT)?)
    });
    tried.await?;
    if ailing {
        known.ailing.store(false, Ordering::SeqCst);
    }
    known.last.lock().unwrap_or_else(PoisonError::into_inner).well_at = Some(now);
    Ok(())
}
