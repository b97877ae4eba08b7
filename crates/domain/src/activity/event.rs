//! Everything that can happen on an account: the closed list. What is said of each stands in the catalogue.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::activity::{EndedBy, Moved};
use crate::clock::Time;
use crate::ids::{CaseId, DeviceId, FactorId, PendingId, PhoneCodeId, SessionId, SignInCodeId, TimerId};
use crate::notifications::CarrierKind;
use crate::protections::{FreezeCause, Sensitive, TimerEnd};
use crate::second_factors::passkeys::PasskeyKind;
use crate::sessions::Unusual;

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
    /// The operator put a copy of the records in place, and what was granted before was taken back.
    #[serde(rename = "account.records_restored")]
    RecordsRestored {
        /// When the copy was made.
        made_at: Time,
        /// Sessions that ended.
        sessions_ended: u64,
    },
    /// The owner of the address confirmed it.
    #[serde(rename = "account.address_confirmed")]
    AddressConfirmed,
    /// The right password came from an unknown browser, which waits.
    #[serde(rename = "sign_in.waiting")]
    SignInWaiting {
        /// What waits.
        pending: PendingId,
    },
    /// The right password came from a known browser in an unusual place, which waits.
    #[serde(rename = "sign_in.unusual_place")]
    SignInUnusual {
        /// What waits.
        pending: PendingId,
        /// What is unusual.
        unusual: Unusual,
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
    /// The right password came, and a second proof is asked for.
    #[serde(rename = "sign_in.second_step")]
    SignInSecondStep {
        /// What waits.
        pending: PendingId,
    },
    /// A code was sent to the phone, for a sign-in that asks for its second proof.
    #[serde(rename = "sign_in.code_sent")]
    SignInCodeSent {
        /// The sign-in.
        pending: PendingId,
        /// Which; the code itself follows from it, with a key outside the database.
        code: SignInCodeId,
        /// The last digits of the number.
        ending: String,
    },
    /// The right password came, and no second proof in time.
    #[serde(rename = "sign_in.unproved")]
    SignInUnproved {
        /// What waited.
        pending: PendingId,
        /// Whether it was a browser the account knows.
        known_device: bool,
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
        /// The sign-in that waited and is let in by this, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waited: Option<PendingId>,
        /// What was unusual about where it came from, if anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unusual: Option<Unusual>,
    },
    /// A session began that was one too many: the oldest ended. Recorded once a day.
    #[serde(rename = "session.too_many")]
    SessionsFull {
        /// How many are open at a time.
        most: i64,
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
    /// Somebody asked for a new password without the old one.
    #[serde(rename = "credential.reset_asked")]
    ResetAsked,
    /// A new password was set by the mailbox, and a second proof where there is one.
    #[serde(rename = "credential.password_reset")]
    PasswordReset {
        /// How many sessions that ended.
        sessions_ended: u64,
    },
    /// Somebody in a session gave a wrong present password.
    #[serde(rename = "credential.password_recheck_failed")]
    PasswordRecheckFailed {
        /// How many there have been lately.
        failures: i64,
        /// What it was given for: `change_password`, or the code of the change that it was to confirm.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        given_for: Option<String>,
    },
    /// An authenticator app was offered: its key was shown in the session that asked.
    #[serde(rename = "factor.app_offered")]
    AppOffered {
        /// Which.
        factor: FactorId,
    },
    /// An authenticator app was added and proved that it works.
    #[serde(rename = "factor.app_added")]
    AppAdded {
        /// Which.
        factor: FactorId,
        /// How many other sessions that ended.
        sessions_ended: u64,
    },
    /// There are new recovery codes.
    #[serde(rename = "factor.codes_renewed")]
    RecoveryCodesRenewed {
        /// Whether earlier ones go on working for a while.
        earlier_work: bool,
    },
    /// A recovery code was used up.
    #[serde(rename = "factor.code_used")]
    RecoveryCodeUsed {
        /// How many are left of its set.
        left: i64,
    },
    /// A wrong code, by somebody who gave the right password or is signed in.
    #[serde(rename = "factor.failed")]
    SecondFactorFailed {
        /// What kind of code: a word of `Method::code`.
        method: String,
        /// How many there have been within a day from where this one came from.
        failures: i64,
    },
    /// A second factor got another name.
    #[serde(rename = "factor.named")]
    FactorNamed {
        /// The name now.
        name: String,
        /// The name before.
        before: String,
    },
    /// Somebody who is signed in asked for another e-mail address.
    #[serde(rename = "account.email_change_asked")]
    EmailChangeAsked {
        /// The new address.
        new: String,
    },
    /// Somebody who is signed in stopped a change of the address before it was confirmed.
    #[serde(rename = "account.email_change_stopped")]
    EmailChangeStopped {
        /// The address that it will not become.
        new: String,
    },
    /// The new mailbox confirmed it: the address is changed.
    #[serde(rename = "account.email_changed")]
    EmailChanged {
        /// The address before.
        old: String,
        /// The address now.
        new: String,
        /// Whether that took an earlier change back, so that nobody undoes it.
        #[serde(default)]
        back: bool,
    },
    /// A change of the address was undone from the old mailbox, with every later one.
    #[serde(rename = "account.email_undone")]
    EmailUndone {
        /// The address that is back.
        restored: String,
        /// The addresses that are gone.
        removed: Vec<String>,
    },
    /// Somebody else asked to use this account's address for theirs.
    #[serde(rename = "account.address_wanted")]
    AddressWanted,
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
    FreezeWordsWrong {
        /// How many there were within a day, from everywhere, this one included.
        #[serde(default = "first")]
        tries: i64,
    },
    /// The freeze words were replaced.
    #[serde(rename = "protection.freeze_words_replaced")]
    FreezeWordsReplaced {
        /// Whether the earlier words go on working for a while: not when they were used.
        earlier_work: bool,
    },
    /// A change that weakens the account was asked for, and waits.
    #[serde(rename = "protection.timer_started")]
    TimerStarted {
        /// What waits.
        timer: TimerId,
        /// What was asked for.
        what: Sensitive,
        /// How long it waits from when this notice was accepted by a carrier.
        wait_hours: i64,
        /// Its object in this very case, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
    },
    /// Half of a wait is over.
    #[serde(rename = "protection.timer_half_way")]
    TimerHalfWay {
        /// What waits.
        timer: TimerId,
        /// What was asked for.
        what: Sensitive,
        /// When it takes effect.
        due_at: Time,
        /// Its object in this very case, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
    },
    /// A wait ended.
    #[serde(rename = "protection.timer_ended")]
    TimerEnded {
        /// What waited.
        timer: TimerId,
        /// What was asked for.
        what: Sensitive,
        /// How.
        by: TimerEnd,
        /// Its object in this very case, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
    },
    /// The account was unfrozen.
    #[serde(rename = "protection.thawed")]
    AccountThawed,
    /// The settings were locked.
    #[serde(rename = "protection.lock_armed")]
    LockArmed {
        /// Days between asking to unlock and unlocking.
        days: i64,
    },
    /// The settings were unlocked.
    #[serde(rename = "protection.lock_opened")]
    LockOpened,
    /// A passkey was registered.
    #[serde(rename = "factor.passkey_added")]
    PasskeyAdded {
        /// The name its owner gave it.
        name: String,
        /// What kind it is.
        kind: PasskeyKind,
    },
    /// A passkey got another name.
    #[serde(rename = "factor.passkey_renamed")]
    PasskeyRenamed {
        /// The name it had.
        before: String,
        /// The name it has.
        name: String,
    },
    /// A passkey was tried, and its answer was not right.
    #[serde(rename = "factor.passkey_failed")]
    PasskeyFailed {
        /// Its name.
        name: String,
    },
    /// A passkey counted backwards: a copy of it may be in use.
    #[serde(rename = "factor.passkey_copied")]
    PasskeyCopied {
        /// Its name.
        name: String,
    },
    /// The right password was given, which does not open the account any more.
    #[serde(rename = "sign_in.passkey_only")]
    PasswordOff,
    /// A second factor was removed.
    #[serde(rename = "factor.removed")]
    FactorRemoved {
        /// A word of `FactorKind::code`.
        kind: String,
        /// The name its owner gave it.
        name: String,
    },
    /// All second factors, and codes by SMS, were taken off, because their owner lost them.
    #[serde(rename = "factor.all_lost")]
    FactorsLost {
        /// How many there were.
        factors: u64,
    },
    /// Signing in by passkey alone was switched on or off.
    #[serde(rename = "factor.passkey_only")]
    PasskeyOnlySwitched {
        /// Whether it is on now.
        on: bool,
    },
    /// A code by SMS at each sign-in was switched on or off.
    #[serde(rename = "factor.sms_codes")]
    SmsCodesSwitched {
        /// Whether it is on now.
        on: bool,
    },
    /// The customer chose which notices they get.
    #[serde(rename = "notice.choice_changed")]
    NoticeChoiceChanged {
        /// The event the notice is about: its code.
        notice: String,
        /// By which carrier; e-mail where the log does not say.
        #[serde(default)]
        by: CarrierKind,
        /// Whether it is sent from now on.
        on: bool,
    },
    /// As many SMS went to the phone, or to its country, as go in a time; not every notice goes there until then.
    #[serde(rename = "notice.sms_paused")]
    SmsPaused {
        /// Until when.
        until: Time,
    },
    /// The customer answered a line of the security check-up.
    #[serde(rename = "checkup.answered")]
    CheckupAnswered {
        /// Which line.
        line: String,
    },
    /// The customer took such an answer back.
    #[serde(rename = "checkup.taken_back")]
    CheckupTakenBack {
        /// Which line.
        line: String,
    },
    /// The customer forgot a browser that was known.
    #[serde(rename = "device.forgotten")]
    DeviceForgotten {
        /// Which.
        device: DeviceId,
        /// The name its owner gave it, or what it is.
        name: String,
    },
    /// The customer named a browser.
    #[serde(rename = "device.named")]
    DeviceNamed {
        /// Which.
        device: DeviceId,
        /// The name.
        name: String,
    },
    /// A code was sent to a number, to prove that its phone is theirs.
    #[serde(rename = "phone.code_asked")]
    PhoneCodeAsked {
        /// Which; the code itself follows from it, with a key outside the database.
        code: PhoneCodeId,
        /// The last digits of the number.
        ending: String,
    },
    /// Somebody typed a wrong code for a number.
    #[serde(rename = "phone.code_wrong")]
    PhoneCodeWrong {
        /// The last digits of the number.
        ending: String,
    },
    /// The first phone was confirmed.
    #[serde(rename = "phone.added")]
    PhoneAdded {
        /// The last digits of its number.
        ending: String,
    },
    /// Another phone took the place of the one before.
    #[serde(rename = "phone.changed")]
    PhoneChanged {
        /// The last digits of the number before.
        from_ending: String,
        /// The last digits of the number from now on.
        to_ending: String,
    },
    /// The phone was removed.
    #[serde(rename = "phone.removed")]
    PhoneRemoved {
        /// The last digits of its number.
        ending: String,
    },
    /// A case was opened for the operator's support.
    #[serde(rename = "support.case_opened")]
    CaseOpened {
        /// Which.
        case: CaseId,
        /// What the customer quotes.
        reference: String,
    },
    /// The customer bought something in the exchange's own engine.
    #[serde(rename = "money.purchased")]
    Purchased(Moved),
    /// Money arrived there.
    #[serde(rename = "money.deposited")]
    Deposited(Moved),
    /// Money left from there.
    #[serde(rename = "money.withdrawn")]
    Withdrawn(Moved),
    /// Something was asked for that the rules refused.
    #[serde(rename = "account.refused")]
    Refused {
        /// The refusal's code.
        refusal: String,
    },
}

/// What an entry counted that was written before it said how many there were.
fn first() -> i64 {
    1
}

impl Event {
    /// What moved, where money did.
    pub(crate) fn moved(&self) -> Option<&Moved> {
        match self {
            Self::Purchased(moved) | Self::Deposited(moved) | Self::Withdrawn(moved) => Some(moved),
            _ => None,
        }
    }
}
