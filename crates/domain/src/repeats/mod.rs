//! The same request sent again: done once, and answered alike. A program that got no answer sends the same request with
//! the same key; what became of it is kept in the transaction that did it, so there is one outcome whatever happened to
//! the answer.

mod chores;
mod model;
mod rows;

pub use chores::forget_answers;
pub use model::{Asked, Repeatable};
pub use rows::{Reads, Writes};

use crate::activity::{Actor, Who};
use crate::change::{Change, View};
use crate::clock::Span;
use crate::ids::AccountId;
use crate::refusal::{Fault, Refusal, Stop};

/// How long an answer is kept, and a key remembered.
pub const KEPT: Span = Span::from_hours(24);

/// The answer that this very request was given, if it was done. Whoever asks holds the same session secret, so it does
/// not matter whether that still opens a session: the request may have been the one that ended it.
pub fn answer(view: &mut View<'_>, asked: &Asked) -> Result<Option<String>, Stop> {
    Ok(view.rows().answer_to(asked.request())?)
}

/// The same, before anything is done for it; refuses a key that came with another request.
pub fn answer_or_go_on(view: &mut View<'_>, account: AccountId, asked: &Asked) -> Result<Option<String>, Stop> {
    match view.rows().answer_to(asked.request())? {
        Some(answer) => Ok(Some(answer)),
        None if view.rows().answer_key_used(account, asked.key())? => Err(Refusal::KeyUsed.into()),
        None => Ok(None),
    }
}

/// Keeps the answer of a change, where a customer's request with a key asked for it. One statement decides: where the key
/// has an answer already, this change is refused and rolled back, whatever it did.
pub(crate) fn keep(change: &mut Change<'_>, answer: &impl Repeatable) -> Result<(), Stop> {
    let Actor { who: Who::Customer { account, .. }, asked: Some(asked), .. } = change.actor() else { return Ok(()) };
    let answer = serde_json::to_string(answer).map_err(Fault::broken)?;
    let now = change.now();
    if change.rows().answer_insert(*account, asked, &answer, now)? { Ok(()) } else { Err(Refusal::KeyUsed.into()) }
}
