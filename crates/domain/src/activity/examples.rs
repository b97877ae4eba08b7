//! One example of each event: the catalogue as a list that can be walked.

use crate::activity::{EndedBy, Event, Moved, Said};
use crate::clock::Time;
use crate::ids::{CaseId, DeviceId, FactorId, PendingId, PhoneCodeId, SessionId, SignInCodeId, TimerId};
use crate::notifications::CarrierKind;
use crate::protections::{FreezeCause, Sensitive, TimerEnd};
use crate::second_factors::passkeys::PasskeyKind;
use crate::sessions::Unusual;

/// When the example of a purchase was made.
const MOVED_AT: Time = Time::constant(1_790_000_000, 0);

/// One example of each event, in the order of the list: what documents, previews and choices are made from.
/// `sign_in.done` comes three times, because a new browser and an unusual place are told of differently.
#[expect(clippy::too_many_lines, reason = "one example an event is the point of the list")]
pub fn catalogue() -> Vec<Event> {
    let session = SessionId::from_bytes([0; 16]);
    let pending = PendingId::from_bytes([0; 16]);
    let timer = TimerId::from_bytes([0; 16]);
    let device = DeviceId::from_bytes([0; 16]);
    let nowhere = (None, None, None);
    let unusual = Unusual::ImpossibleTravel {
        place: "Lisbon, Portugal".into(),
        from: "Tokyo, Japan".into(),
        km: 11_100,
        minutes: 120,
    };
    let moved = Moved::read(
        Said {
            asset: "BTC",
            amount: "0.05",
            address: Some("bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"),
            reference: "W-1042",
            at: MOVED_AT,
        },
        MOVED_AT,
    )
    .expect("an example that fits");
    vec![
        Event::AccountOpened,
        Event::OpeningRepeated,
        Event::AddressConfirmed,
        Event::SignInWaiting { pending },
        Event::SignInUnusual { pending, unusual: unusual.clone() },
        Event::SignInDenied { pending, ip: nowhere.0, place: nowhere.1.clone(), browser: nowhere.2.clone() },
        Event::SignInSecondStep { pending },
        Event::SignInCodeSent { pending, code: SignInCodeId::from_bytes([0; 16]), ending: "67".into() },
        Event::SignInUnproved {
            pending,
            known_device: false,
            ip: nowhere.0,
            place: nowhere.1.clone(),
            browser: nowhere.2.clone(),
        },
        Event::SignInFailed { failures: 3 },
        Event::SignedIn { session, new_device: true, waited: Some(pending), unusual: None },
        Event::SignedIn { session, new_device: false, waited: None, unusual: None },
        Event::SignedIn { session, new_device: false, waited: Some(pending), unusual: Some(unusual.clone()) },
        Event::SessionEnded {
            session,
            by: EndedBy::OtherDevice,
            browser: nowhere.2,
            last_ip: nowhere.0,
            last_place: nowhere.1,
        },
        Event::SessionsFull { most: 50 },
        Event::OthersEnded { sessions: 2 },
        Event::RecordsRestored { made_at: Time::UNIX_EPOCH, sessions_ended: 2 },
        Event::PasswordChanged { sessions_ended: 2 },
        Event::ResetAsked,
        Event::PasswordReset { sessions_ended: 2 },
        Event::PasswordRecheckFailed { failures: 3, given_for: Some("thaw_slowly".into()) },
        Event::AppOffered { factor: FactorId::from_bytes([0; 16]) },
        Event::AppAdded { factor: FactorId::from_bytes([0; 16]), sessions_ended: 1 },
        Event::RecoveryCodesRenewed { earlier_work: true },
        Event::RecoveryCodeUsed { left: 9 },
        Event::SecondFactorFailed { method: "app".into(), failures: 3 },
        Event::FactorNamed { name: "Phone".into(), before: "Authenticator app".into() },
        Event::EmailChangeAsked { new: "new@example.com".into() },
        Event::EmailChangeStopped { new: "new@example.com".into() },
        Event::EmailChanged { old: "old@example.com".into(), new: "new@example.com".into(), back: false },
        Event::EmailUndone { restored: "old@example.com".into(), removed: vec!["new@example.com".into()] },
        Event::AddressWanted,
        Event::AccountFrozen { why: FreezeCause::Link, sessions_ended: 2 },
        Event::FreezeWordsWrong { tries: 3 },
        Event::FreezeWordsReplaced { earlier_work: true },
        Event::TimerStarted { timer, what: Sensitive::Unlock, wait_hours: 168, about: None },
        Event::TimerHalfWay { timer, what: Sensitive::Unlock, due_at: Time::UNIX_EPOCH, about: None },
        Event::TimerEnded { timer, what: Sensitive::Unlock, by: TimerEnd::Effective, about: None },
        Event::TimerEnded { timer, what: Sensitive::Unlock, by: TimerEnd::Cancelled, about: None },
        Event::TimerEnded { timer, what: Sensitive::ThawSlowly, by: TimerEnd::Replaced, about: None },
        Event::AccountThawed,
        Event::LockArmed { days: 7 },
        Event::LockOpened,
        Event::PasskeyAdded { name: "My phone".into(), kind: PasskeyKind::Synced },
        Event::PasskeyRenamed { before: "My phone".into(), name: "My old phone".into() },
        Event::PasskeyFailed { name: "My phone".into() },
        Event::PasskeyCopied { name: "My key".into() },
        Event::PasswordOff,
        Event::FactorRemoved { kind: "app".into(), name: "My phone".into() },
        Event::FactorsLost { factors: 2 },
        Event::PasskeyOnlySwitched { on: true },
        Event::SmsCodesSwitched { on: true },
        Event::NoticeChoiceChanged { notice: "sign_in.failed".into(), by: CarrierKind::Email, on: false },
        Event::SmsPaused { until: Time::UNIX_EPOCH },
        Event::PhoneCodeAsked { code: PhoneCodeId::from_bytes([0; 16]), ending: "67".into() },
        Event::PhoneCodeWrong { ending: "67".into() },
        Event::PhoneAdded { ending: "67".into() },
        Event::PhoneChanged { from_ending: "67".into(), to_ending: "89".into() },
        Event::PhoneRemoved { ending: "67".into() },
        Event::CheckupAnswered { line: "one_address".into() },
        Event::CheckupTakenBack { line: "one_address".into() },
        Event::DeviceForgotten { device, name: "My laptop".into() },
        Event::DeviceNamed { device, name: "My laptop".into() },
        Event::CaseOpened { case: CaseId::from_bytes([0; 16]), reference: "CASE-0000".into() },
        Event::Purchased(moved.clone()),
        Event::Deposited(moved.clone()),
        Event::Withdrawn(moved),
        Event::Refused { refusal: "account_frozen".into() },
    ]
}
