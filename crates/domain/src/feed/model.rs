//! One item of the feed.

use serde_json::{Value, json};

use crate::clock::Time;
use crate::ids::{AccountId, FeedId, SessionId};
use crate::service::{MoneyStanding, Reason, State};

/// What kind of news it is: the closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An account was frozen.
    Freeze,
    /// An account was unfrozen.
    Thaw,
    /// A session was ended by somebody else than who held it, or a browser is not known any more.
    Revocation,
    /// Something that proves who the customer is was added, changed or removed.
    Credential,
    /// Whether money may move, or until when not, changed without any of these.
    Standing,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Freeze, Self::Thaw, Self::Revocation, Self::Credential, Self::Standing];

    /// The word for it: in the table, and for the backend.
    pub fn code(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::Revocation => "revocation",
            Self::Credential => "credential",
            Self::Standing => "standing",
        }
    }

    /// The kind that a stored word names.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What an event says to the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// What kind it is.
    pub kind: Kind,
    /// What changed, in a word.
    pub changed: &'static str,
    /// What led to it, where that is known.
    pub cause: Option<&'static str>,
    /// The session that ended.
    pub session: Option<SessionId>,
}

impl News {
    /// News of this kind, about this.
    pub fn of(kind: Kind, changed: &'static str) -> Self {
        Self { kind, changed, cause: None, session: None }
    }
}

/// News that a change carries and that is written when the change is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Note {
    pub(crate) account: AccountId,
    /// The number of its entry in the activity log; the newest one for what has none of its own.
    pub(crate) sequence: i64,
    pub(crate) code: &'static str,
    pub(crate) news: News,
}

/// One item, as the backend reads it. It names the account and nothing else of its owner.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its id, the same however often it is told.
    pub id: FeedId,
    /// Its place; `None` while nobody gave it one.
    pub position: Option<i64>,
    /// The account.
    pub account: AccountId,
    /// The number of its entry in the account's activity; the newest one for what has none of its own.
    pub sequence: i64,
    /// When it happened.
    pub at: Time,
    /// What kind of news it is.
    pub kind: Kind,
    /// What happened: the code of the event.
    pub code: String,
    /// What changed, in a word.
    pub changed: String,
    /// What led to it, where that is known.
    pub cause: Option<String>,
    /// The session that ended.
    pub session: Option<SessionId>,
    /// How the account stood when that was over.
    pub state: State,
}

impl Item {
    /// The item as a webhook carries it: what `GET /api/v1/service/feed` answers for it, word by word.
    pub fn as_json(&self) -> Value {
        json!({
            "id": self.id,
            "position": self.position,
            "kind": self.kind.code(),
            "code": self.code,
            "changed": self.changed,
            "cause": self.cause,
            "account": self.account,
            "session": self.session,
            "sequence": self.sequence,
            "at": self.at,
            "epoch": self.state.epoch,
            "flags": self.state.flags(),
            "standing": standing(&self.state.money()),
        })
    }
}

fn standing(money: &MoneyStanding) -> Value {
    let reason = |reason: &Reason| {
        let (code, says) = (reason.why.code(), reason.why.sentence());
        json!({ "code": code, "says": says, "since": reason.since, "until": reason.until })
    };
    json!({
        "may_move_money": money.anywhere,
        "may_move_money_to_old_addresses": money.to_old_addresses,
        "old_before": money.old_before,
        "reasons": money.reasons.iter().map(reason).collect::<Vec<_>>(),
    })
}

/// How far the feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last position that was given.
    pub position: i64,
    /// The last position that was dropped.
    pub dropped: i64,
    /// Whether something waits for its position.
    pub unplaced: bool,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The items, in order.
    pub items: Vec<Item>,
    /// From where to read on.
    pub next: i64,
    /// The last position there is.
    pub head: i64,
}
