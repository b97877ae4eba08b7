//! What can be said of an event, and of whom it is told.

/// How much the customer should care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Part of an ordinary day.
    Quiet,
    /// Worth a look.
    Notable,
    /// Worth interrupting somebody for.
    Alarm,
}

/// Whether a notice goes out by a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outgoing {
    /// Never.
    Never,
    /// The customer chooses; this is what holds until they do.
    Choice {
        /// What holds until they choose.
        on: bool,
    },
    /// Always: it cannot be switched off.
    Always,
}

/// Who is told, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tell {
    /// It lies in the customer's inbox on the site.
    pub inbox: bool,
    /// It goes to the customer by e-mail.
    pub mail: Outgoing,
    /// It goes to the phone that the customer confirmed, if there is one.
    pub sms: Outgoing,
    /// Whether that SMS is counted together with all others. What matters most is counted by itself, as many of a kind in a
    /// day as there are others, so that nothing else uses it up.
    pub sms_with_others: bool,
    /// It goes to the operator's support address.
    pub operator: bool,
}

impl Tell {
    /// Nobody: it stands in the log.
    pub fn nobody() -> Self {
        NOBODY
    }
}

/// The words around the freeze offer of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brake {
    /// What the page asks that the letter's button opens.
    pub asks: &'static str,
    /// The button that freezes.
    pub freeze: &'static str,
    /// The same in a letter to somebody whose account is frozen: the page it opens says what is left to do.
    pub frozen: &'static str,
    /// The answer that stops an unfreezing.
    pub keep: &'static str,
    /// The answer that changes nothing.
    pub fine: &'static str,
    /// What an SMS asks before it says how to stop everything.
    pub in_sms: &'static str,
    /// What freezing does not do, where somebody might hope for it; may be empty.
    pub limits: &'static str,
}

impl Brake {
    /// The customer did it, or somebody else.
    pub const NOT_ME: Self = Self {
        asks: "Was this you?",
        freeze: "This wasn’t me. Freeze my account",
        frozen: "This wasn’t me. See what to do",
        keep: "This wasn’t me. Keep my account frozen",
        fine: "This was me",
        in_sms: "Not you?",
        limits: "",
    };
}

/// Everything that is said of one event, in one arm of [`crate::activity::Event::spec`].
#[derive(Debug, Clone)]
pub struct Spec {
    /// Stored forever, never reused.
    pub code: &'static str,
    /// How much the customer should care.
    pub severity: Severity,
    /// What happened, in a few words: heading of the notice, line of the log, and what an SMS says.
    pub title: &'static str,
    /// What an SMS says, where that is more than the title.
    pub in_sms: Option<String>,
    /// What happened in this very case; may be empty.
    pub detail: String,
    /// What the customer should do, or need not do.
    pub advice: &'static str,
    /// The same for a notice that offers the freeze, where the account is frozen already.
    pub advice_frozen: &'static str,
    /// Who is told.
    pub tell: Tell,
    /// Whether the notice offers to freeze the account.
    pub freeze_offer: bool,
    /// The words around that offer.
    pub brake: Brake,
    /// The words on the button, for an event whose letter carries a link that does something.
    pub button: Option<&'static str>,
}

impl Spec {
    /// What the customer should do, or need not do, as their account stands: nobody is told to freeze what is frozen.
    pub fn advice_for(&self, frozen: bool) -> &'static str {
        if frozen && self.freeze_offer { self.advice_frozen } else { self.advice }
    }
}

/// Nobody is told; it stands in the log.
pub(super) const NOBODY: Tell =
    Tell { inbox: false, mail: Outgoing::Never, sms: Outgoing::Never, sms_with_others: true, operator: false };
/// It lies in the inbox and goes nowhere.
pub(super) const INBOX: Tell = Tell { inbox: true, ..NOBODY };
/// A letter that means nothing to whoever holds the phone, comes before there can be one, or is caused by any stranger.
pub(super) const ALWAYS_BY_MAIL: Tell = Tell { mail: Outgoing::Always, ..INBOX };
/// What tells of a takeover: by every carrier there is.
pub(super) const ALWAYS: Tell = Tell { sms: Outgoing::Always, ..ALWAYS_BY_MAIL };
/// What weakens the account, freezes it, or changes where its notices go: no number of other SMS keeps it from the phone.
pub(super) const CRITICAL: Tell = Tell { sms_with_others: false, ..ALWAYS };
/// Mailed unless the customer chooses otherwise; by SMS if they choose it.
pub(super) const ON: Tell = Tell { mail: Outgoing::Choice { on: true }, sms: Outgoing::Choice { on: false }, ..INBOX };
/// Money that came or was spent: by every carrier, unless the customer chooses otherwise.
pub(super) const MONEY: Tell =
    Tell { mail: Outgoing::Choice { on: true }, sms: Outgoing::Choice { on: true }, ..INBOX };
/// Sent only if the customer chooses it.
pub(super) const OFF: Tell =
    Tell { mail: Outgoing::Choice { on: false }, sms: Outgoing::Choice { on: false }, ..NOBODY };
