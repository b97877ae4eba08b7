//! What the customer has just done, carried to the next page as a word of a closed list, so that nobody can make
//! our pages say something else.

use serde::Deserialize;

/// Something that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Done {
    SignedOut,
    AddressConfirmed,
    PasswordChanged,
    PasswordReset,
    AppAdded,
    EmailChanged,
    EmailChangeStopped,
    SessionOver,
    NotYetIn,
    SessionEnded,
    OthersEnded,
    ChoicesSaved,
    WordsReplaced,
    AllRead,
    TimerStopped,
    WaitsNow,
    WaitsSooner,
    BrowserForgotten,
    BrowserNamed,
    AnswerKept,
    AnswerTakenBack,
    CodeSent,
    PhoneConfirmed,
    PhoneRemoved,
    PasskeyAdded,
}

impl Done {
    /// The word in the address.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::AddressConfirmed => "address-confirmed",
            Self::PasswordChanged => "password-changed",
            Self::PasswordReset => "password-reset",
            Self::AppAdded => "app-added",
            Self::EmailChanged => "email-changed",
            Self::EmailChangeStopped => "email-change-stopped",
            Self::SessionOver => "session-over",
            Self::NotYetIn => "not-yet-in",
            Self::SessionEnded => "session-ended",
            Self::OthersEnded => "others-ended",
            Self::ChoicesSaved => "choices-saved",
            Self::WordsReplaced => "words-replaced",
            Self::AllRead => "all-read",
            Self::TimerStopped => "timer-stopped",
            Self::WaitsNow => "waits-now",
            Self::WaitsSooner => "waits-sooner",
            Self::BrowserForgotten => "browser-forgotten",
            Self::BrowserNamed => "browser-named",
            Self::AnswerKept => "answer-kept",
            Self::AnswerTakenBack => "answer-taken-back",
            Self::CodeSent => "code-sent",
            Self::PhoneConfirmed => "phone-confirmed",
            Self::PhoneRemoved => "phone-removed",
            Self::PasskeyAdded => "passkey-added",
        }
    }

    /// What the next page says.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::SignedOut => "You are signed out.",
            Self::AddressConfirmed => {
                "Your address is confirmed, and this browser is known from now on. You can sign in."
            }
            Self::PasswordChanged => "Your password is changed, and every other session has ended.",
            Self::EmailChanged => "Your new address is confirmed. Every other session has ended.",
            Self::EmailChangeStopped => {
                "It is stopped, and your address stays as it is. If it was not you who asked for it, freeze your account."
            }
            Self::SessionOver => {
                "You were signed out here. A session ends by itself after a while, and at once when your account is frozen, when your password changes, or when you end it from elsewhere. Sign in to see which it was."
            }
            Self::NotYetIn => {
                "You are not signed in yet: this sign-in still waits. If we mailed you a link, open it in this browser, and answer there that it is you."
            }
            Self::PasswordReset => {
                "Your new password works now. Every session has ended and every browser is forgotten, this one too: sign in, and open the link that we mail you then."
            }
            Self::AppAdded => {
                "Your authenticator app works. Signing in asks for a code of it from now on, and every other session has ended."
            }
            Self::SessionEnded => "That session has ended.",
            Self::OthersEnded => "All other sessions have ended.",
            Self::ChoicesSaved => "Saved.",
            Self::WordsReplaced => "These are your new freeze words. The earlier ones go on working for seven days.",
            Self::AllRead => "All notices are marked as read.",
            Self::BrowserForgotten => "That browser is forgotten, and its sessions have ended.",
            Self::BrowserNamed => "Named.",
            Self::AnswerKept => "Thank you. We keep that.",
            Self::AnswerTakenBack => "We no longer count on it.",
            Self::PasskeyAdded => "Your passkey is registered. Every other session has ended.",
            Self::WaitsNow => "Confirmed. It waits now; here you see how long, and can stop it.",
            Self::WaitsSooner => {
                "The same waits already and is over sooner, so that goes on. Here you see when, and can stop it."
            }
            Self::TimerStopped => {
                "It is stopped, and nothing was changed. If it was not you who asked for it, freeze your account."
            }
            Self::CodeSent => "A code is on its way to that phone.",
            Self::PhoneConfirmed => "Your phone is confirmed. What matters goes there by SMS from now on.",
            Self::PhoneRemoved => "Your phone is removed. No SMS goes there any more.",
        }
    }
}

/// The part of an address that says what was done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    /// What was done, if the customer comes from a form.
    pub(crate) done: Option<Done>,
}
