//! Notices, and the letters they become.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::ids::{AccountId, LinkId, NoticeId};
use crate::notifications::Kept;

/// A way to deliver a notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarrierKind {
    /// A letter to the customer's address.
    #[default]
    Email,
    /// An SMS to the customer's phone.
    Sms,
    /// A letter to the operator's support.
    Operator,
}

/// What hands a notice over. Each has hands of its own, so that one that is dead holds up nothing of the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The mail server.
    Mail,
    /// The SMS gateway.
    Sms,
}

/// What is handed over before what: a flood of one customer's notices holds up nobody's alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Worth interrupting somebody for: before everything else.
    Alarm,
    /// The rest of an ordinary day.
    Ordinary,
    /// What one account causes beyond a few at a time: after everybody else's, and never dropped.
    Surplus,
}

impl Urgency {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Alarm, Self::Ordinary, Self::Surplus];

    /// The number that is stored.
    pub fn code(self) -> i64 {
        match self {
            Self::Alarm => 0,
            Self::Ordinary => 1,
            Self::Surplus => 2,
        }
    }

    /// What a stored number means.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|urgency| urgency.code() == code)
    }
}

impl CarrierKind {
    /// What hands it over.
    pub fn way(self) -> Way {
        match self {
            Self::Email | Self::Operator => Way::Mail,
            Self::Sms => Way::Sms,
        }
    }

    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Operator => "operator",
        }
    }

    /// The carrier that a stored word means.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Email, Self::Sms, Self::Operator].into_iter().find(|kind| kind.code() == code)
    }

    /// What customers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "E-mail",
            Self::Sms => "SMS",
            Self::Operator => "A letter to support",
        }
    }
}

/// One notice to one recipient: a row of the outbox. It holds no secret: links are made when it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Its id; the Message-ID follows from it, so a second copy can be told.
    pub id: NoticeId,
    /// Whose account it is about.
    pub account: AccountId,
    /// Which entry of that account's activity.
    pub sequence: i64,
    /// How it travels.
    pub carrier: CarrierKind,
    /// What it is handed over before.
    pub urgency: Urgency,
    /// The address or number it goes to, as it was when it happened.
    pub recipient: String,
    /// The link behind its button.
    pub act_link: Option<LinkId>,
    /// The link behind "this wasn't me".
    pub freeze_link: Option<LinkId>,
    /// How often it was tried.
    pub tries: i64,
    /// When it may be tried.
    pub due_at: Time,
}

/// What happened to a notice when a carrier was asked to take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The carrier took it on; its own words.
    Sent(String),
    /// Not now; try again.
    Later(String),
    /// Never: the address is refused, or it was tried for days.
    Refused(String),
}

/// Why a notice was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// The carrier refused it for good.
    Refused,
    /// It was tried for days.
    GaveUp,
    /// It would have told somebody to use what no longer works.
    TooLate,
    /// A mail server took it on, and returned it later.
    CameBack,
}

impl NotTaken {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::GaveUp => "gave_up",
            Self::TooLate => "too_late",
            Self::CameBack => "came_back",
        }
    }

    /// What a stored word means.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Refused, Self::GaveUp, Self::TooLate, Self::CameBack].into_iter().find(|why| why.code() == code)
    }
}

/// One try to hand a notice over, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What came of it.
    pub fate: Fate,
    /// Why, where that is a refusal.
    pub not_taken: NotTaken,
    /// When to try again, where that is to be.
    pub due_at: Time,
    /// What was handed over; absent where nothing was.
    pub kept: Option<Kept>,
}

/// A letter, composed when it is sent: text without layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Unique for this notice, and the same in every copy: without angle brackets.
    pub message_id: String,
    /// The one recipient.
    pub to: String,
    /// What it says first.
    pub subject: String,
    /// Paragraphs before the facts.
    pub paragraphs: Vec<String>,
    /// What happened, where and when: pairs of a name and a value.
    pub facts: Vec<(String, String)>,
    /// The button that does something, if there is one: its words and where it leads.
    pub button: Option<(String, String)>,
    /// Where "this wasn't me" leads.
    pub freeze_url: Option<String>,
    /// The words of that button.
    pub freeze_words: &'static str,
    /// The operator's name.
    pub operator: String,
    /// The operator's address on the web.
    pub operator_url: String,
    /// The accent colour, as CSS writes it.
    pub accent: String,
    /// Lines at the foot.
    pub foot: Vec<String>,
}

/// An SMS, composed when it is sent. Its letters are those that an SMS has, and it fits into two.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// The notice it is; what a gateway reports about it later comes with this id.
    pub id: NoticeId,
    /// The one number it goes to, in E.164.
    pub to: String,
    /// What it says. It may hold freeze words or a code, so it is never logged.
    pub text: String,
    /// Those freeze words and that code: what is left out of the copy that is kept.
    pub secrets: Vec<String>,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sms({} to {}, …)", self.id, self.to)
    }
}

/// A notice as it is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Composed {
    /// By mail.
    Letter(Box<Letter>),
    /// By SMS.
    Sms(Sms),
    /// Not any more, for this reason: it would tell somebody to use what no longer works.
    TooLate(String),
}

/// Something that delivers notices. It may take its time: it is never called inside a transaction or from async code.
pub trait Carrier: Send + Sync {
    /// Hands a letter over. An error is one of [`Fate::Later`] or [`Fate::Refused`].
    fn carry(&self, letter: &Letter) -> Fate;

    /// Hands an SMS over. A carrier of letters alone refuses.
    fn carry_sms(&self, sms: &Sms) -> Fate {
        let _ = sms;
        Fate::Refused("no SMS gateway is set up".to_owned())
    }
}

/// What a gateway reports about an SMS that it took on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The network has it.
    OnItsWay,
    /// The phone has it.
    Delivered,
    /// The phone will not get it.
    Failed,
}

impl Delivery {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::OnItsWay => "on_its_way",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// What a stored word means.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::OnItsWay, Self::Delivered, Self::Failed].into_iter().find(|delivery| delivery.code() == code)
    }
}

/// An entry of the inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxItem {
    /// What happened.
    pub entry: crate::activity::Entry,
    /// Whether the customer has read it.
    pub read: bool,
    /// Where else it goes, or went: how, and to whom, not in full.
    pub sent: Vec<(CarrierKind, String)>,
}

/// What the customer can choose about one kind of notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The event's code.
    pub code: &'static str,
    /// What happened, in a few words.
    pub title: &'static str,
    /// Whether an e-mail goes out.
    pub on: bool,
    /// Whether the e-mail cannot be switched off.
    pub always: bool,
    /// The same for an SMS, to customers who have a phone.
    pub sms: SmsChoice,
}

/// What the customer can choose about one kind of notice by SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsChoice {
    /// It never goes by SMS.
    Never,
    /// It goes or not, as they choose.
    Chosen(bool),
    /// It always goes.
    Always,
}
