//! Which events the exchange's backend is told of by itself, and as what: one match, without a rest, so that a new event
//! has to say.

use crate::activity::{EndedBy, Event};
use crate::feed::{Kind, News};
use crate::protections::Sensitive;

impl Event {
    /// What the feed tells of it; `None` for what neither stops, ends nor changes anything a backend decides by.
    pub fn news(&self) -> Option<News> {
        let credential = |changed| Some(News::of(Kind::Credential, changed));
        let standing = |changed| Some(News::of(Kind::Standing, changed));
        match self {
            Self::AccountFrozen { why, .. } => Some(News { cause: Some(why.code()), ..News::of(Kind::Freeze, "frozen") }),
            Self::AccountThawed => Some(News::of(Kind::Thaw, "frozen")),
            Self::SessionEnded { session, by, .. } => revokes(*by).then(|| News {
                cause: Some(by.code()),
                session: Some(*session),
                ..News::of(Kind::Revocation, "session")
            }),
            Self::DeviceForgotten { .. } => Some(News::of(Kind::Revocation, "device")),
            Self::PasswordChanged { .. } | Self::PasswordReset { .. } => credential("password"),
            Self::EmailChanged { .. } | Self::EmailUndone { .. } => credential("email"),
            Self::PhoneAdded { .. } | Self::PhoneChanged { .. } | Self::PhoneRemoved { .. } => credential("phone"),
            Self::AppAdded { .. } | Self::FactorRemoved { .. } | Self::FactorsLost { .. } => credential("second_factors"),
            Self::PasskeyAdded { .. } => credential("passkeys"),
            Self::RecoveryCodesRenewed { .. } => credential("recovery_codes"),
            Self::PasskeyOnlySwitched { .. } => credential("passkey_only"),
            Self::SmsCodesSwitched { .. } => credential("sms_codes"),
            Self::AddressConfirmed => standing("confirmed"),
            Self::LockArmed { .. } | Self::LockOpened => standing("settings_locked"),
            Self::RecordsRestored { .. } => standing("records"),
            // Until when a freeze lasts: known from the asking on, and not any more when the wait was stopped.
            Self::TimerStarted { what: Sensitive::Thaw | Sensitive::ThawSlowly, .. }
            | Self::TimerEnded { what: Sensitive::Thaw | Sensitive::ThawSlowly, .. } => standing("thaws_at"),
            // Each session that this ended stands there for itself.
            Self::OthersEnded { .. }
            | Self::SessionsFull { .. }
            // What was asked for, begun, tried, refused or named changed nothing yet.
            | Self::AccountOpened
            | Self::OpeningRepeated
            | Self::SignInWaiting { .. }
            | Self::SignInUnusual { .. }
            | Self::SignInDenied { .. }
            | Self::SignInSecondStep { .. }
            | Self::SignInCodeSent { .. }
            | Self::SignInUnproved { .. }
            | Self::SignInFailed { .. }
            | Self::SignedIn { .. }
            | Self::PasswordOff
            | Self::ResetAsked
            | Self::PasswordRecheckFailed { .. }
            | Self::AppOffered { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::SecondFactorFailed { .. }
            | Self::FactorNamed { .. }
            | Self::EmailChangeAsked { .. }
            | Self::EmailChangeStopped { .. }
            | Self::AddressWanted
            | Self::TimerStarted { .. }
            | Self::TimerHalfWay { .. }
            | Self::TimerEnded { .. }
            | Self::PasskeyRenamed { .. }
            | Self::PasskeyFailed { .. }
            | Self::PasskeyCopied { .. }
            | Self::DeviceNamed { .. }
            | Self::PhoneCodeAsked { .. }
            | Self::PhoneCodeWrong { .. }
            | Self::CheckupAnswered { .. }
            | Self::CheckupTakenBack { .. }
            | Self::Refused { .. }
            // The owner's brake, which notices go out and what support works on are the customer's own.
            | Self::FreezeWordsWrong { .. }
            | Self::FreezeWordsReplaced { .. }
            | Self::NoticeChoiceChanged { .. }
            | Self::SmsPaused { .. }
            | Self::CaseOpened { .. }
            // The backend itself told us.
            | Self::Purchased(_)
            | Self::Deposited(_)
            | Self::Withdrawn(_) => None,
        }
    }
}

/// Whether a session was taken from whoever held it. A sign-out, and a session whose time was over, are no news: they end what
/// their holder let go, and every check says so.
fn revokes(by: EndedBy) -> bool {
    !matches!(by, EndedBy::You | EndedBy::Idle | EndedBy::Age)
}
