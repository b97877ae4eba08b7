//! Where the feed is delivered to, and what is on its way there.

use crate::clock::{Span, Time};
use crate::feed::Item;
use crate::ids::{FeedId, WebhookId};

/// A target: an address of the exchange's backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The operator's name for it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The secret that signs, encrypted for this target.
    pub secret: Vec<u8>,
    /// The one before it, which signs too until then.
    pub before: Option<(Vec<u8>, Time)>,
    /// When it was added.
    pub added_at: Time,
    /// When it was removed, if it was.
    pub removed_at: Option<Time>,
    /// When it was switched off, because it said that it is gone.
    pub off_at: Option<Time>,
}

/// What a hand takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hand {
    /// Freezes that were never tried, and nothing else: it is free when all others wait for a target that hangs.
    ForFreezes,
    /// Whatever is due.
    ForAll,
}

/// An item that somebody has taken on to deliver, and nobody else meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Leased {
    /// What is delivered.
    pub item: Item,
    /// How often that was tried, this time included.
    pub tries: i64,
    /// Until when it is ours.
    pub until: Time,
}

/// One request, ready to be made.
#[derive(Clone)]
pub struct Call {
    /// Where to.
    pub url: String,
    /// `webhook-id`.
    pub id: FeedId,
    /// `webhook-timestamp`: seconds since 1970.
    pub timestamp: i64,
    /// `webhook-signature`: one for each secret that is good, with a space between them.
    pub signatures: String,
    /// The body that was signed.
    pub body: String,
}

/// What a target said to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Taken(String),
    /// That it is gone for good: 410.
    Gone(String),
    /// Not now, and when again: 429 or 503 with `Retry-After`.
    Busy(String, Again),
    /// Anything else, or nothing.
    Failed(String),
}

/// When a target asks to be called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// So long after its answer.
    In(Span),
    /// Not before then.
    At(Time),
}

/// Makes calls.
pub trait Courier: Send + Sync {
    /// Makes one, and waits for its answer no longer than [`PATIENCE`].
    fn call(&self, call: &Call) -> Answer;
}

/// How long a target may take.
pub const PATIENCE: Span = Span::from_secs(10);

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Sent(String),
    /// It is tried again then.
    Later(String, Time),
    /// It was tried for the last time.
    Dead(String),
}

/// An item that a target did not take, however often it was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Dead {
    /// Whose it was.
    pub webhook: WebhookId,
    /// Since when it is not tried any more.
    pub dead_at: Time,
    /// What the target said at last.
    pub said: String,
    /// What was to be delivered.
    pub item: Item,
}

/// What waits for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// How many items.
    pub items: i64,
    /// The oldest of them, and what the target said to it the last time; nothing where it was not called yet.
    pub oldest: Option<(FeedId, Option<String>)>,
}

/// What is not tried any more.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenUp {
    /// The newest, the newest first.
    pub newest: Vec<Dead>,
    /// How many there are.
    pub all: i64,
}

/// What is delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// One item.
    Item(FeedId),
    /// Everything since then, taken or not.
    Since(Time),
    /// What was tried for the last time.
    Dead,
}

/// What the operator's charts show of all targets together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Items on their way.
    pub waiting: i64,
    /// The oldest of them.
    pub oldest: Option<FeedId>,
    /// Items that are not tried any more.
    pub dead: i64,
    /// Targets that said that they are gone.
    pub off: i64,
}
