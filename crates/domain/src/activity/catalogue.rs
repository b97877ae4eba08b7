//! The event catalogue: the closed list of everything that can happen on an account, one arm an event.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::activity::EndedBy;
use crate::ids::{CaseId, PendingId, SessionId};
use crate::protections::FreezeCause;

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

/// Whether a letter goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mail {
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
    pub mail: Mail,
    /// It goes to the operator's support address.
    pub operator: bool,
}

/// Everything that is said of one event, in one arm of [`Event::spec`].
#[derive(Debug, Clone)]
pub struct Spec {
    /// Stored forever, never reused.
    pub code: &'static str,
    /// How much the customer should care.
    pub severity: Severity,
    /// What happened, in a few words: heading of the notice and line of the log.
    pub title: &'static str,
    /// What happened in this very case; may be empty.
    pub detail: String,
    /// What the customer should do, or need not do.
    pub advice: &'static str,
    /// Who is told.
    pub tell: Tell,
    /// Whether the notice offers to freeze the account.
    pub freeze_offer: bool,
    /// The words on the button, for an event whose letter carries a link that does something.
    pub button: Option<&'static str>,
}

/// Everything that can happen on an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum Event {
    /// Somebody opened the account; the address is not confirmed yet.
    #[serde(rename = "account.opened")]
    AccountOpened,
    /// Somebody tried to open another account with this confirmed address.
    #[serde(rename = "account.opening_repeated")]
    OpeningRepeated,
    /// The owner of the address confirmed it.
    #[serde(rename = "account.address_confirmed")]
    AddressConfirmed,
    /// The right password came from an unknown browser, which waits.
    #[serde(rename = "sign_in.waiting")]
    SignInWaiting {
        /// What waits.
        pending: PendingId,
    },
    /// The owner refused a waiting sign-in.
    #[serde(rename = "sign_in.denied")]
    SignInDenied {
        /// What waited.
        pending: PendingId,
        /// Where it was asked from.
        ip: Option<IpAddr>,
        /// The place of that address.
        place: Option<String>,
        /// The browser that asked.
        browser: Option<String>,
    },
    /// A wrong password.
    #[serde(rename = "sign_in.failed")]
    SignInFailed {
        /// How many there have been lately from where this one came from.
        failures: i64,
    },
    /// Somebody signed in.
    #[serde(rename = "sign_in.done")]
    SignedIn {
        /// The new session.
        session: SessionId,
        /// Whether the browser was unknown until now.
        new_device: bool,
    },
    /// A session ended.
    #[serde(rename = "session.ended")]
    SessionEnded {
        /// Which.
        session: SessionId,
        /// Why.
        by: EndedBy,
        /// The browser it ran in.
        browser: Option<String>,
        /// Where it was last seen.
        last_ip: Option<IpAddr>,
        /// The place of that address.
        last_place: Option<String>,
    },
    /// The customer ended all other sessions.
    #[serde(rename = "session.others_ended")]
    OthersEnded {
        /// How many there were.
        sessions: u64,
    },
    /// The password was changed.
    #[serde(rename = "credential.password_changed")]
    PasswordChanged {
        /// How many other sessions that ended.
        sessions_ended: u64,
    },
    /// Somebody in a session gave a wrong present password.
    #[serde(rename = "credential.password_recheck_failed")]
    PasswordRecheckFailed {
        /// How many there have been lately.
        failures: i64,
    },
    /// The account was frozen.
    #[serde(rename = "protection.frozen")]
    AccountFrozen {
        /// What led to it.
        why: FreezeCause,
        /// How many sessions that ended.
        sessions_ended: u64,
    },
    /// Somebody gave wrong freeze words.
    #[serde(rename = "protection.freeze_words_wrong")]
    FreezeWordsWrong,
    /// The freeze words were replaced.
    #[serde(rename = "protection.freeze_words_replaced")]
    FreezeWordsReplaced {
        /// Whether the earlier words go on working for a while: not when they were used.
        earlier_work: bool,
    },
    /// The customer chose which notices they get.
    #[serde(rename = "notice.choice_changed")]
    NoticeChoiceChanged {
        /// The event the notice is about: its code.
        notice: String,
        /// Whether it is sent by e-mail from now on.
        on: bool,
    },
    /// A case was opened for the operator's support.
    #[serde(rename = "support.case_opened")]
    CaseOpened {
        /// Which.
        case: CaseId,
        /// What the customer quotes.
        reference: String,
    },
    /// Something was asked for that the rules refused.
    #[serde(rename = "account.refused")]
    Refused {
        /// The refusal's code.
        refusal: String,
    },
}

const NOBODY: Tell = Tell { inbox: false, mail: Mail::Never, operator: false };
const INBOX: Tell = Tell { inbox: true, mail: Mail::Never, operator: false };
const ALWAYS: Tell = Tell { inbox: true, mail: Mail::Always, operator: false };
const ON: Tell = Tell { inbox: true, mail: Mail::Choice { on: true }, operator: false };
const OFF: Tell = Tell { inbox: false, mail: Mail::Choice { on: false }, operator: false };

const NOT_YOU: &str = "If this was you, there is nothing to do. If it was not you, freeze your account now: it takes one click and no sign-in.";

impl Event {
    /// Everything that is said of it.
    #[expect(clippy::too_many_lines, reason = "one arm an event is the point of the catalogue")]
    pub fn spec(&self) -> Spec {
        let quiet = |code, title| Spec {
            code,
            severity: Severity::Quiet,
            title,
            detail: String::new(),
            advice: "",
            tell: NOBODY,
            freeze_offer: false,
            button: None,
        };
        let alarm = |code, title| Spec {
            severity: Severity::Alarm,
            advice: NOT_YOU,
            tell: ALWAYS,
            freeze_offer: true,
            ..quiet(code, title)
        };
        match self {
            Self::AccountOpened => Spec {
                advice: "Confirm your address to start. If you did not open an account, ignore this letter: without your confirmation the account never works.",
                tell: ALWAYS,
                button: Some("Confirm my address"),
                ..quiet("account.opened", "Your account was opened: please confirm your address")
            },
            Self::OpeningRepeated => Spec {
                severity: Severity::Notable,
                detail: "Your address already has an account here, so nothing was changed and the person learned nothing.".into(),
                advice: "If it was you, sign in with the account you have. If it was not you, there is nothing to do.",
                tell: ALWAYS,
                ..quiet("account.opening_repeated", "Somebody tried to open an account with your address")
            },
            Self::AddressConfirmed => Spec {
                advice: "Your account is ready. Bookmark our address, and keep this mailbox as safe as the account.",
                tell: INBOX,
                ..quiet("account.address_confirmed", "Your e-mail address is confirmed")
            },
            Self::SignInWaiting { .. } => Spec {
                detail: "Somebody with your password asked to sign in from a browser we did not know. Nobody is let in without you.".into(),
                advice: "If this is you, open the link in that same browser within 15 minutes. If it is not you, somebody knows your password: freeze your account now.",
                button: Some("Look at this sign-in"),
                ..alarm("sign_in.waiting", "A new browser asked to sign in")
            },
            Self::SignInDenied { .. } => Spec {
                detail: "You said that it was not you. Whoever tried it knows your password.".into(),
                advice: "Change your password now. If anything else looks strange, freeze your account.",
                ..alarm("sign_in.denied", "You refused a sign-in")
            },
            Self::SignInFailed { failures } => Spec {
                severity: Severity::Notable,
                detail: count(*failures, "wrong password lately.", "wrong passwords lately."),
                advice: "Nobody got in. If it was not you, your password still holds; you need do nothing, or may freeze your account.",
                tell: if told_at(*failures) { ON } else { NOBODY },
                freeze_offer: true,
                ..quiet("sign_in.failed", "Somebody tried to sign in with a wrong password")
            },
            Self::SignedIn { new_device: true, .. } => {
                alarm("sign_in.done", "Somebody signed in from a new browser")
            }
            Self::SignedIn { new_device: false, .. } => Spec {
                advice: NOT_YOU,
                tell: OFF,
                freeze_offer: true,
                ..quiet("sign_in.done", "Signed in")
            },
            Self::SessionEnded { by, .. } => Spec {
                detail: by.sentence().into(),
                advice: NOT_YOU,
                tell: if *by == EndedBy::OtherDevice { ON } else { NOBODY },
                freeze_offer: true,
                ..quiet("session.ended", by.title())
            },
            Self::OthersEnded { sessions } => Spec {
                severity: Severity::Notable,
                detail: count(*sessions, "session was ended.", "sessions were ended."),
                advice: NOT_YOU,
                tell: ON,
                freeze_offer: true,
                ..quiet("session.others_ended", "All other sessions were ended")
            },
            Self::PasswordChanged { sessions_ended } => Spec {
                detail: count(*sessions_ended, "other session was ended.", "other sessions were ended."),
                ..alarm("credential.password_changed", "Your password was changed")
            },
            Self::PasswordRecheckFailed { failures } => Spec {
                severity: Severity::Notable,
                detail: "Somebody who is signed in tried to change the password and gave a wrong present one.".into(),
                advice: NOT_YOU,
                tell: if told_at(*failures) { ALWAYS } else { NOBODY },
                freeze_offer: true,
                ..quiet("credential.password_recheck_failed", "A wrong present password was given")
            },
            Self::AccountFrozen { why, sessions_ended } => Spec {
                detail: format!("{} {}", why.sentence(), count(*sessions_ended, "session was ended.", "sessions were ended.")),
                advice: "Nothing can be moved or loosened now. You can still sign in and read everything. Our support has opened a case and will write to you; we never phone.",
                freeze_offer: false,
                ..alarm("protection.frozen", "Your account is frozen")
            },
            Self::FreezeWordsWrong => Spec {
                severity: Severity::Notable,
                advice: "Nothing was changed.",
                ..quiet("protection.freeze_words_wrong", "Somebody tried to freeze your account with wrong words")
            },
            Self::FreezeWordsReplaced { earlier_work } => Spec {
                severity: Severity::Notable,
                detail: if *earlier_work {
                    "The earlier words go on working for seven days.".into()
                } else {
                    "The earlier words were used and do not work any more.".into()
                },
                advice: "Write the new words down and keep them where you find them without your phone. If you did not ask for new words, freeze your account now.",
                tell: ALWAYS,
                freeze_offer: true,
                ..quiet("protection.freeze_words_replaced", "Your freeze words were replaced")
            },
            Self::NoticeChoiceChanged { notice, on } => Spec {
                severity: Severity::Notable,
                detail: format!("E-mail about “{}” is {} now.", title_of(notice), if *on { "on" } else { "off" }),
                advice: NOT_YOU,
                tell: if *on { INBOX } else { ALWAYS },
                freeze_offer: true,
                ..quiet("notice.choice_changed", "You changed which notices you get")
            },
            Self::CaseOpened { reference, .. } => Spec {
                severity: Severity::Notable,
                detail: format!("Case {reference}."),
                advice: "Our support will write to you at this address. We never phone, and we never ask you to install anything.",
                tell: Tell { inbox: true, mail: Mail::Never, operator: true },
                ..quiet("support.case_opened", "A case was opened for you")
            },
            Self::Refused { refusal } => Spec {
                severity: Severity::Notable,
                detail: match refusal.as_str() {
                    "account_frozen" => "The account is frozen, so nothing was moved or loosened.".into(),
                    other => format!("The rules said no ({other})."),
                },
                ..quiet("account.refused", "Something was asked for and refused")
            },
        }
    }
}

/// Told after the third failure, then after the sixth, the twelfth and so on: not a letter for each, and one that was
/// lost with its attempt (a crash) is made up for.
fn told_at(failures: i64) -> bool {
    failures % 3 == 0 && u64::try_from(failures / 3).is_ok_and(u64::is_power_of_two)
}

fn count<N: Into<i128> + Copy>(number: N, one: &str, many: &str) -> String {
    match number.into() {
        0 => format!("No {many}"),
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

fn title_of(code: &str) -> &'static str {
    catalogue()
        .into_iter()
        .map(|event| event.spec())
        .find(|spec| spec.code == code)
        .map_or("this event", |spec| spec.title)
}

/// One example of each event, in the order of the list: what documents, previews and choices are made from.
/// `sign_in.done` comes twice, because a new browser is told of differently.
pub fn catalogue() -> Vec<Event> {
    let session = SessionId::from_bytes([0; 16]);
    let pending = PendingId::from_bytes([0; 16]);
    let nowhere = (None, None, None);
    vec![
        Event::AccountOpened,
        Event::OpeningRepeated,
        Event::AddressConfirmed,
        Event::SignInWaiting { pending },
        Event::SignInDenied { pending, ip: nowhere.0, place: nowhere.1.clone(), browser: nowhere.2.clone() },
        Event::SignInFailed { failures: 3 },
        Event::SignedIn { session, new_device: true },
        Event::SignedIn { session, new_device: false },
        Event::SessionEnded {
            session,
            by: EndedBy::OtherDevice,
            browser: nowhere.2,
            last_ip: nowhere.0,
            last_place: nowhere.1,
        },
        Event::OthersEnded { sessions: 2 },
        Event::PasswordChanged { sessions_ended: 2 },
        Event::PasswordRecheckFailed { failures: 3 },
        Event::AccountFrozen { why: FreezeCause::Link, sessions_ended: 2 },
        Event::FreezeWordsWrong,
        Event::FreezeWordsReplaced { earlier_work: true },
        Event::NoticeChoiceChanged { notice: "sign_in.failed".into(), on: false },
        Event::CaseOpened { case: CaseId::from_bytes([0; 16]), reference: "CASE-0000".into() },
        Event::Refused { refusal: "account_frozen".into() },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_tag_of_every_event_is_its_code() {
        for event in catalogue() {
            let stored = serde_json::to_value(&event).unwrap();
            assert_eq!(stored["event"], event.spec().code);
            assert_eq!(serde_json::from_value::<Event>(stored).unwrap(), event);
        }
    }

    #[test]
    fn what_cannot_be_switched_off_is_everything_that_tells_of_a_takeover() {
        let always: Vec<&str> = catalogue()
            .iter()
            .map(Event::spec)
            .filter(|spec| spec.tell.mail == Mail::Always && spec.severity == Severity::Alarm)
            .map(|spec| spec.code)
            .collect();
        assert_eq!(
            always,
            ["sign_in.waiting", "sign_in.denied", "sign_in.done", "credential.password_changed", "protection.frozen"]
        );
    }
}
