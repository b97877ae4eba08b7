//! Webhooks: the feed, delivered to addresses of the exchange's backend, signed as Standard Webhooks has it.
//!
//! An item is on its way to every target from the moment at which it gets its position, by the same transaction. It is delivered at
//! least once; its id is the same each time.

mod deliver;
mod model;
mod rows;
mod signature;

pub use deliver::{deliver_next, due};
pub use model::{
    Again, Answer, Backlog, Call, Courier, Dead, GivenUp, Hand, Leased, Outcome, PATIENCE, Replay, Waiting, Webhook,
};
pub use rows::{Reads, Writes};

use crate::change::{Change, View};
use crate::clock::Span;
use crate::ids::WebhookId;
use crate::refusal::{Refusal, Stop};
use crate::secrets::SecretText;

/// How long the secret before a new one goes on signing too, so that the backend changes over in its own time.
pub const OVERLAP: Span = Span::from_hours(24);

/// Adds a target and answers it, with its secret: that is seen once, here. Whether the address is fit is asked before.
pub fn add(change: &mut Change<'_>, name: &str, url: &str) -> Result<(Webhook, SecretText), Stop> {
    let (now, id) = (change.now(), WebhookId::new(change.now(), change.entropy()));
    let (secret, text) = signature::fresh(change.entropy());
    let webhook = Webhook {
        id,
        name: name.to_owned(),
        url: url.to_owned(),
        secret: change.keys().seal_webhook(id, &*secret, change.entropy()),
        before: None,
        added_at: now,
        removed_at: None,
        off_at: None,
    };
    change.rows().webhook_insert(&webhook)?;
    Ok((webhook, text))
}

/// Every target that was not removed, the oldest first.
pub fn list(view: &mut View<'_>) -> Result<Vec<Webhook>, Stop> {
    Ok(view.rows().webhooks()?)
}

/// The same, each with what waits for it.
pub fn list_with_waiting(view: &mut View<'_>) -> Result<Vec<(Webhook, Waiting)>, Stop> {
    let webhooks = view.rows().webhooks()?;
    webhooks
        .into_iter()
        .map(|webhook| view.rows().webhook_waiting(webhook.id).map(|waiting| (webhook, waiting)))
        .collect::<Result<_, _>>()
        .map_err(Stop::from)
}

/// Gives a target a new secret, seen once here. The one before it signs beside it for a day.
pub fn rotate(change: &mut Change<'_>, webhook: WebhookId) -> Result<SecretText, Stop> {
    let (secret, text) = signature::fresh(change.entropy());
    let sealed = change.keys().seal_webhook(webhook, &*secret, change.entropy());
    let until = change.now() + OVERLAP;
    if change.rows().webhook_rotate(webhook, &sealed, until)? { Ok(text) } else { Err(Refusal::NoSuchThing.into()) }
}

/// Removes a target. What was on its way there is not delivered any more.
pub fn remove(change: &mut Change<'_>, webhook: WebhookId) -> Result<(), Stop> {
    let now = change.now();
    if change.rows().webhook_remove(webhook, now)? { Ok(()) } else { Err(Refusal::NoSuchThing.into()) }
}

/// Switches a target on again that said that it is gone. What happened meanwhile is delivered if it is replayed.
pub fn switch_on(change: &mut Change<'_>, webhook: WebhookId) -> Result<(), Stop> {
    let known = change.rows().webhooks()?.iter().any(|target| target.id == webhook);
    if change.rows().webhook_switch(webhook, None)? || known { Ok(()) } else { Err(Refusal::NoSuchThing.into()) }
}

/// What is not tried any more: the newest, so many at most, and how many there are.
pub fn dead(view: &mut View<'_>, most: i64) -> Result<GivenUp, Stop> {
    Ok(GivenUp { newest: view.rows().webhooks_dead(most)?, all: view.rows().webhooks_backlog()?.dead })
}

/// Sends items on their way to a target again, taken or not, and answers how many.
pub fn replay(change: &mut Change<'_>, webhook: WebhookId, which: Replay) -> Result<u64, Stop> {
    let now = change.now();
    if !change.rows().webhooks()?.iter().any(|target| target.id == webhook) {
        return Err(Refusal::NoSuchThing.into());
    }
    let replayed = change.rows().webhook_replay(webhook, which, now)?;
    if replayed == 0 && matches!(which, Replay::Item(_)) { Err(Refusal::NoSuchThing.into()) } else { Ok(replayed) }
}
