//! What an entry of the activity log holds.

use std::net::IpAddr;

use crate::activity::{Event, Moved, Place};
use crate::clock::{Span, Time};
use crate::ids::{AccountId, SessionId};
use crate::repeats::Asked;

/// Who acts, and from where: written on every event. And whether the request may come again.
#[derive(Debug, Clone, PartialEq)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// From where.
    pub origin: Origin,
    /// The request that asks for it, where that carries a key and is to be done once.
    pub asked: Option<Asked>,
}

impl Actor {
    /// Countersign itself, at work in the background.
    pub fn chore() -> Self {
        Self { who: Who::Chore, origin: Origin::default(), asked: None }
    }

    /// The exchange's own backend. Where the customer was, it does not say.
    pub fn exchange() -> Self {
        Self { who: Who::Exchange, origin: Origin::default(), asked: None }
    }

    /// Somebody who has not proved who they are.
    pub fn visitor(origin: Origin) -> Self {
        Self { who: Who::Visitor, origin, asked: None }
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Somebody who has not proved who they are.
    Visitor,
    /// The customer, in this session.
    Customer {
        /// Whose session it is.
        account: AccountId,
        /// The session.
        session: SessionId,
    },
    /// Countersign itself.
    Chore,
    /// The operator, at the command line.
    Operator,
    /// The exchange's own backend, by a service key.
    Exchange,
}

impl Who {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Customer { .. } => "customer",
            Self::Chore => "chore",
            Self::Operator => "operator",
            Self::Exchange => "exchange",
        }
    }

    /// The session it happened in, if it happened in one.
    pub fn session(self) -> Option<SessionId> {
        match self {
            Self::Customer { session, .. } => Some(session),
            _ => None,
        }
    }
}

/// From where something was done, as far as we know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, as configured proxies tell it.
    pub ip: Option<IpAddr>,
    /// Browser and system, like `Firefox 144 on Linux`.
    pub browser: Option<String>,
    /// The place that belongs to the address.
    pub place: Option<Place>,
}

impl Origin {
    /// The place in words.
    pub fn place_text(&self) -> Option<String> {
        self.place.as_ref().map(|place| place.text.clone())
    }
}

/// One entry of a customer's activity log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Whose log.
    pub account: AccountId,
    /// Its number in that log, from 1 without gaps. Order comes from here, never from the time.
    pub sequence: i64,
    /// When.
    pub at: Time,
    /// What.
    pub event: Event,
    /// Who: a word of [`Who::code`].
    pub who: String,
    /// In which session.
    pub session: Option<SessionId>,
    /// From where.
    pub origin: Origin,
}

/// A report that came so much later than what it tells of is said to have come later.
const LATE: Span = Span::from_mins(10);

impl Entry {
    /// When it happened: for what the exchange's backend reports, before the entry was written.
    pub fn happened_at(&self) -> Time {
        self.event.moved().map_or(self.at, Moved::at)
    }

    /// When it was reported, where that was noticeably later than it happened.
    pub fn reported_at(&self) -> Option<Time> {
        Some(self.at).filter(|at| at.duration_since(self.happened_at()) > LATE)
    }

    /// Whether the exchange's own backend reported it, which does not say where the customer was.
    pub fn is_reported(&self) -> bool {
        self.who == Who::Exchange.code()
    }
}

/// An entry as it is stored, with the digest that will let the log be sealed.
#[derive(Debug, Clone)]
pub struct SealedEntry {
    /// The entry.
    pub entry: Entry,
    /// Random bytes of its own; erasing them erases what the digest could confirm.
    pub salt: [u8; 16],
    /// `SHA-256(version ‖ salt ‖ canonical bytes)`.
    pub digest: [u8; 32],
}
