//! What webhooks ask of storage. All of it is bookkeeping: what happened has its own entry.

use crate::clock::Time;
use crate::ids::WebhookId;
use crate::refusal::Fault;
use crate::webhooks::{Backlog, Dead, Hand, Leased, Outcome, Replay, Waiting, Webhook};

/// Reading.
pub trait Reads {
    /// Every target that was not removed, the oldest first.
    fn webhooks(&mut self) -> Result<Vec<Webhook>, Fault>;

    /// Those with something that is due.
    fn webhooks_due(&mut self, now: Time) -> Result<Vec<WebhookId>, Fault>;

    /// What waits for one target.
    fn webhook_waiting(&mut self, webhook: WebhookId) -> Result<Waiting, Fault>;

    /// What is not tried any more, the newest first.
    fn webhooks_dead(&mut self, limit: i64) -> Result<Vec<Dead>, Fault>;

    /// What waits, and what does not any more.
    fn webhooks_backlog(&mut self) -> Result<Backlog, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// A new target.
    fn webhook_insert(&mut self, webhook: &Webhook) -> Result<(), Fault>;

    /// Puts a new secret in the place of the one that is there, which signs too until then. Answers whether there is such a
    /// target.
    fn webhook_rotate(&mut self, webhook: WebhookId, secret: &[u8], until: Time) -> Result<bool, Fault>;

    /// Puts the same secrets there, encrypted with another key.
    fn webhook_reseal(&mut self, webhook: WebhookId, secret: &[u8], before: Option<&[u8]>) -> Result<(), Fault>;

    /// Removes a target with everything on its way there. Answers whether it did.
    fn webhook_remove(&mut self, webhook: WebhookId, now: Time) -> Result<bool, Fault>;

    /// Switches a target off, or on again. Answers whether it did.
    fn webhook_switch(&mut self, webhook: WebhookId, off_at: Option<Time>) -> Result<bool, Fault>;

    /// Sends what got a position after that one on its way to every target that is on.
    fn webhooks_queue(&mut self, after: i64, now: Time) -> Result<u64, Fault>;

    /// Takes on one item that is due and for this hand: a freeze first, then what was never tried. Nobody else gets it until
    /// then.
    fn webhook_lease(
        &mut self,
        webhook: WebhookId,
        hand: Hand,
        now: Time,
        until: Time,
    ) -> Result<Option<Leased>, Fault>;

    /// Writes down what a try came to. What was put off or given up counts only while the item is still ours.
    fn webhook_settle(
        &mut self,
        webhook: WebhookId,
        leased: &Leased,
        outcome: &Outcome,
        now: Time,
    ) -> Result<(), Fault>;

    /// Sends items on their way again. Answers how many.
    fn webhook_replay(&mut self, webhook: WebhookId, which: Replay, now: Time) -> Result<u64, Fault>;
}
