//! The event catalogue: what is said of each event and who is told, one arm an event.

use crate::activity::spec::{ALWAYS, ALWAYS_BY_MAIL, Brake, CRITICAL, INBOX, NOBODY, OFF, ON, Severity, Spec, Tell};
use crate::activity::words::{count, hours, restored, told_at, wrong_password_for};
use crate::activity::{EndedBy, Event, catalogue};
use crate::notifications::written;
use crate::protections::{Sensitive, TimerEnd, asked_for};
use crate::sessions::Unusual;

pub(super) const NOT_YOU: &str = "If this was you, there is nothing to do. If it was not you, freeze your account now: you need not sign in for that.";

/// The same to somebody whose account is frozen.
const FROZEN: &str = "Your account is frozen, so nothing moves and there is nothing more to freeze. If this was not you, change your password and write to our support.";

/// What is said of a wait that somebody may want to stop.
const STOP_IT: &str = "If this was you, there is nothing to do. If it was not you, stop it now, or freeze your account: you need not sign in for either.";

impl Event {
    /// Everything that is said of it.
    #[expect(clippy::too_many_lines, reason = "one arm an event is the point of the catalogue")]
    pub fn spec(&self) -> Spec {
        let quiet = |code, title| Spec {
            code,
            severity: Severity::Quiet,
            title,
            in_sms: None,
            detail: String::new(),
            advice: "",
            advice_frozen: FROZEN,
            tell: NOBODY,
            freeze_offer: false,
            brake: Brake::NOT_ME,
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
                tell: ALWAYS_BY_MAIL,
                button: Some("Confirm my address"),
                ..quiet("account.opened", "Your account was opened")
            },
            Self::OpeningRepeated => Spec {
                severity: Severity::Notable,
                detail: "Your address already has an account here, so nothing was changed and the person learned nothing.".into(),
                advice: "If it was you, sign in with the account you have. If it was not you, there is nothing to do.",
                tell: ALWAYS_BY_MAIL,
                ..quiet("account.opening_repeated", "Somebody tried to open an account with your address")
            },
            Self::AddressConfirmed => Spec {
                advice: "Your account is ready. Bookmark our address, and keep this mailbox as safe as the account.",
                tell: INBOX,
                ..quiet("account.address_confirmed", "Your e-mail address is confirmed")
            },
            Self::RecordsRestored { made_at, sessions_ended } => Spec {
                severity: Severity::Notable,
                detail: restored(*made_at, *sessions_ended),
                advice: "Sign in and look whether all is as you left it. What you changed after that moment is not there: a password, an app, a passkey, a freeze, a wait that you asked for. Do it again, and make new recovery codes if you used one since.",
                advice_frozen: "Your account is frozen, as it was then. Sign in and look whether all is as you left it; ask again for what waited, and make new recovery codes if you used one since.",
                tell: ALWAYS_BY_MAIL,
                freeze_offer: true,
                ..quiet("account.records_restored", "Our records were restored from a copy")
            },
            Self::SignInWaiting { .. } => Spec {
                detail: "Somebody with your password asked to sign in from a browser we did not know. Nobody is let in without you.".into(),
                advice: "If this is you, open the link in that same browser within 15 minutes. If it is not you, somebody knows your password: freeze your account now.",
                advice_frozen: "If this is you, open the link in that same browser within 15 minutes. If it is not you, somebody knows your password: refuse it, and change your password. Your account is frozen, so nothing moves.",
                button: Some("Look at this sign-in"),
                ..alarm("sign_in.waiting", "A new browser asked to sign in")
            },
            Self::SignInUnusual { unusual, .. } => Spec {
                detail: format!(
                    "{} Whoever asks has your password and a browser that you have used. Nobody is let in without you.",
                    unusual.to_owner()
                ),
                advice: "If this is you, open the link in that same browser within 15 minutes. If it is not you, somebody knows your password and may have copied what your browser keeps: refuse it, or freeze your account now.",
                button: Some("Look at this sign-in"),
                ..alarm("sign_in.unusual_place", "Somebody asked to sign in from an unusual place")
            },
            Self::SignInDenied { .. } => Spec {
                detail: "You said that it was not you. Whoever tried it knows your password.".into(),
                advice: "Change your password now. If anything else looks strange, freeze your account.",
                ..alarm("sign_in.denied", "You refused a sign-in")
            },
            Self::SignInSecondStep { .. } => Spec {
                detail: "The password was right. Nobody is let in without the second proof.".into(),
                ..quiet("sign_in.second_step", "Somebody gave your password and was asked for a code")
            },
            Self::SignInCodeSent { ending, .. } => Spec {
                detail: format!("To the number that ends in {ending}. It opens nothing without your password."),
                ..quiet("sign_in.code_sent", "A code to sign in was sent to your phone")
            },
            Self::SignInUnproved { known_device, .. } => Spec {
                detail: if *known_device {
                    "Somebody gave your right password in a browser you have used, and then no code. Nobody got in.".into()
                } else {
                    "Somebody gave your right password in a browser we did not know, and then no code. Nobody got in.".into()
                },
                advice: "If it was you, there is nothing to do. If it was not you, somebody knows your password: change it now.",
                tell: if *known_device { INBOX } else { ALWAYS },
                ..alarm("sign_in.unproved", "Your password was given without your second proof")
            },
            Self::SignInFailed { failures } => Spec {
                severity: Severity::Notable,
                detail: count(*failures, "wrong password lately.", "wrong passwords lately."),
                advice: "Nobody got in. If it was not you, your password still holds; you need do nothing, or may freeze your account.",
                tell: if told_at(*failures) { ON } else { NOBODY },
                freeze_offer: true,
                ..quiet("sign_in.failed", "Somebody tried to sign in with a wrong password")
            },
            Self::SignedIn { new_device: true, unusual, .. } => Spec {
                detail: unusual.as_ref().map_or(String::new(), Unusual::to_owner),
                ..alarm("sign_in.done", "Somebody signed in from a new browser")
            },
            Self::SignedIn { unusual: Some(unusual), .. } => Spec {
                detail: unusual.to_owner(),
                ..alarm("sign_in.done", "Somebody signed in from an unusual place")
            },
            Self::SignedIn { .. } => Spec {
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
            Self::SessionsFull { most } => Spec {
                severity: Severity::Notable,
                detail: format!("An account has {most} sessions at a time, and yours has as many: for each further one the oldest of the same browser ends, or else the oldest of all. You read this once a day at most."),
                advice: NOT_YOU,
                tell: ALWAYS,
                freeze_offer: true,
                ..quiet("session.too_many", "So many sessions are open that the oldest ends")
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
            Self::ResetAsked => Spec {
                severity: Severity::Notable,
                detail: "Somebody asked for a new password for your account. The link works for 30 minutes, once, and only in the browser that asked.".into(),
                advice: "If it was you, open the link in that same browser. If it was not you, nothing changes as long as nobody but you reads your mail: pass the link on to nobody, and if more of these come, freeze your account.",
                advice_frozen: "If it was you, open the link in that same browser. If it was not you, pass the link on to nobody. Your account is frozen, so nothing moves.",
                tell: ALWAYS_BY_MAIL,
                freeze_offer: true,
                button: Some("Choose a new password"),
                ..quiet("credential.reset_asked", "Somebody asked for a new password")
            },
            Self::PasswordReset { sessions_ended } => Spec {
                detail: format!(
                    "It was done with a link from your mailbox. {} Every browser has to be let in anew, and for three days money leaves only for addresses you used before.",
                    count(*sessions_ended, "session was ended.", "sessions were ended."),
                ),
                ..alarm("credential.password_reset", "Your password was reset")
            },
            Self::PasswordRecheckFailed { failures, given_for } => Spec {
                severity: Severity::Notable,
                detail: wrong_password_for(given_for.as_deref()),
                advice: NOT_YOU,
                tell: if told_at(*failures) { ALWAYS } else { NOBODY },
                freeze_offer: true,
                ..quiet("credential.password_recheck_failed", "A wrong present password was given")
            },
            Self::AppOffered { .. } => Spec {
                severity: Severity::Notable,
                detail: "It counts for nothing until a code of it confirms it.".into(),
                advice: NOT_YOU,
                tell: INBOX,
                freeze_offer: true,
                ..quiet("factor.app_offered", "Setting up an authenticator app was begun")
            },
            Self::AppAdded { sessions_ended, .. } => Spec {
                detail: format!(
                    "Signing in asks for a code of it from now on. {}",
                    count(*sessions_ended, "other session was ended.", "other sessions were ended.")
                ),
                ..alarm("factor.app_added", "An authenticator app was added to your account")
            },
            Self::RecoveryCodesRenewed { earlier_work } => Spec {
                detail: if *earlier_work {
                    "Ten new codes were shown once. The earlier ones go on working for three days at least.".into()
                } else {
                    "Ten codes were shown once. Each opens your account one time in place of your second proof.".into()
                },
                ..alarm("factor.codes_renewed", "New recovery codes were made for your account")
            },
            Self::RecoveryCodeUsed { left } => Spec {
                detail: count(*left, "recovery code is left.", "recovery codes are left."),
                ..alarm("factor.code_used", "One of your recovery codes was used")
            },
            Self::SecondFactorFailed { method, failures } => Spec {
                severity: Severity::Notable,
                detail: if method == "recovery_code" {
                    count(*failures, "wrong recovery code lately.", "wrong recovery codes lately.")
                } else {
                    count(*failures, "wrong code lately.", "wrong codes lately.")
                },
                advice: "The code was asked for after your right password, or in a session of yours. If it was not you, change your password now, or freeze your account.",
                tell: if told_at(*failures) { ALWAYS } else { NOBODY },
                freeze_offer: true,
                ..quiet("factor.failed", "Somebody gave a wrong code")
            },
            Self::FactorNamed { name, before } => Spec {
                detail: format!("“{before}” is called “{name}” now."),
                ..quiet("factor.named", "You renamed a way to prove it is you")
            },
            Self::EmailChangeAsked { new } => Spec {
                severity: Severity::Notable,
                detail: format!("It is to become {new}. Nothing changes until the letter there is opened in the browser that asked."),
                advice: "If it was you, open the letter in the new mailbox. If it was not you, confirm nothing, and freeze your account.",
                tell: ALWAYS,
                freeze_offer: true,
                button: Some("Confirm this address"),
                ..quiet("account.email_change_asked", "Somebody asked for another e-mail address")
            },
            Self::EmailChangeStopped { new } => Spec {
                detail: format!("It does not become {new}. The letter there confirms nothing any more."),
                tell: INBOX,
                ..quiet("account.email_change_stopped", "A change of your e-mail address was stopped")
            },
            Self::EmailChanged { old, new, back } => Spec {
                detail: if *back {
                    format!("It was {old} and is {new} again, as it was before. The mailbox of {old} does not undo that. For three days money leaves only for addresses you used before.")
                } else {
                    format!("It was {old} and is {new} now. For three days the mailbox of {old} can undo it, and money leaves only for addresses you used before.")
                },
                button: Some("Undo this change"),
                tell: CRITICAL,
                ..alarm("account.email_changed", "Your e-mail address was changed")
            },
            Self::EmailUndone { restored, removed } => Spec {
                detail: format!("It is {restored} again, and no longer {}. Everybody was signed out, and the account is frozen.", removed.join(" or ")),
                advice: "Choose a new password here and for your mailbox. If it was not you who undid it, somebody reads the mailbox it came from: write to our support.",
                freeze_offer: false,
                tell: CRITICAL,
                ..alarm("account.email_undone", "A change of your e-mail address was undone")
            },
            Self::AddressWanted => Spec {
                advice: "Nothing was changed, and they were told nothing. If it was you, an address can name one account only.",
                tell: ALWAYS_BY_MAIL,
                ..quiet("account.address_wanted", "Somebody asked to use your address")
            },
            Self::AccountFrozen { why, sessions_ended } => Spec {
                detail: format!("{} {}", why.sentence(), count(*sessions_ended, "session was ended.", "sessions were ended.")),
                advice: "Nothing that moves money works now, and no protection can be weakened. You can still sign in and read everything. Unfreezing it is up to you, and takes its time. Our support has opened a case and will write to you; we never phone.",
                freeze_offer: false,
                tell: CRITICAL,
                ..alarm("protection.frozen", "Your account is frozen")
            },
            Self::FreezeWordsWrong { tries } => Spec {
                severity: Severity::Notable,
                detail: count(*tries, "try within a day.", "tries within a day. Not each of them stands here."),
                advice: "Nothing was changed, and whoever finds the right words can only freeze your account.",
                tell: if told_at(*tries) { ON } else { NOBODY },
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
            Self::TimerStarted { what, wait_hours, about, .. } => Spec {
                detail: format!(
                    "What was asked for: {}. What that does: {} It takes effect not before {} from now; the page of what waits shows the exact time.",
                    asked_for(what, about.as_deref()), what.rule().effect, hours(*wait_hours),
                ),
                advice: STOP_IT,
                advice_frozen: "If this was you, there is nothing to do. If it was not you, stop it now: you need not sign in for that.",
                button: Some("Stop it"),
                tell: CRITICAL,
                ..alarm("protection.timer_started", match what {
                    Sensitive::Thaw | Sensitive::ThawSlowly => "Unfreezing your account was asked for",
                    Sensitive::LoseFactors => "Taking off your second proofs was asked for",
                    _ => "A change that weakens your account was asked for",
                })
            },
            Self::TimerHalfWay { what, due_at, about, .. } => Spec {
                detail: format!(
                    "What was asked for: {}. What that does: {} It takes effect on {}.",
                    asked_for(what, about.as_deref()), what.rule().effect, written(*due_at),
                ),
                advice: STOP_IT,
                advice_frozen: "If this was you, there is nothing to do. If it was not you, stop it now: you need not sign in for that.",
                button: Some("Stop it"),
                tell: CRITICAL,
                ..alarm("protection.timer_half_way", match what {
                    Sensitive::Thaw | Sensitive::ThawSlowly => "Half of the wait until your account is unfrozen is over",
                    Sensitive::LoseFactors => "Half of the wait until your second proofs are taken off is over",
                    _ => "Half of the wait before a change that weakens your account is over",
                })
            },
            Self::TimerEnded { what, by: TimerEnd::Effective, about, .. } => Spec {
                detail: format!("What was asked for: {}. What that does: {}", asked_for(what, about.as_deref()), what.rule().effect),
                tell: INBOX,
                freeze_offer: true,
                ..quiet("protection.timer_ended", "A change that waited took effect")
            },
            Self::TimerEnded { what, by, about, .. } => Spec {
                severity: Severity::Notable,
                detail: format!("What was asked for: {}. {}", asked_for(what, about.as_deref()), by.sentence()),
                advice: NOT_YOU,
                tell: ALWAYS,
                freeze_offer: true,
                ..quiet("protection.timer_ended", match by {
                    TimerEnd::Replaced => "A wait was replaced by a shorter one",
                    _ => "A change that waited was stopped",
                })
            },
            Self::AccountThawed => Spec {
                detail: "Everything works again.".into(),
                tell: CRITICAL,
                ..alarm("protection.thawed", "Your account is no longer frozen")
            },
            Self::LockArmed { days } => Spec {
                severity: Severity::Notable,
                detail: format!("Nothing that weakens your account can be changed until you unlock and {} are over.", count(*days, "day", "days")),
                advice: NOT_YOU,
                tell: ALWAYS,
                freeze_offer: true,
                ..quiet("protection.lock_armed", "Your settings are locked")
            },
            Self::LockOpened => alarm("protection.lock_opened", "Your settings are no longer locked"),
            Self::PasskeyAdded { name, kind } => Spec {
                detail: format!("“{name}”: {}. It opens your account without your password.", kind.title().to_lowercase()),
                ..alarm("factor.passkey_added", "A passkey was added")
            },
            Self::PasskeyRenamed { before, name } => Spec {
                detail: format!("“{before}” is called “{name}” now."),
                ..quiet("factor.passkey_renamed", "A passkey got another name")
            },
            Self::PasskeyFailed { name } => Spec {
                severity: Severity::Notable,
                detail: format!("The answer that named “{name}” was not right. Nobody got in."),
                ..quiet("factor.passkey_failed", "A passkey was tried and refused")
            },
            Self::PasskeyCopied { name } => Spec {
                detail: format!("“{name}” counts how often it is used, and it counted backwards. Somebody may have made a copy of it. It was refused."),
                advice: "Remove this passkey and register a new one. If you cannot explain it, freeze your account now: you need not sign in for that.",
                ..alarm("factor.passkey_copied", "One of your passkeys may have been copied")
            },
            Self::PasswordOff => Spec {
                severity: Severity::Notable,
                detail: "Somebody gave your password. It opens nothing, because only passkeys open your account.".into(),
                advice: "If it was you, sign in with a passkey. If it was not you, somebody knows your password; nobody got in.",
                tell: ON,
                freeze_offer: true,
                ..quiet("sign_in.passkey_only", "Your password was given, which opens nothing any more")
            },
            Self::FactorRemoved { name, .. } => Spec {
                detail: format!("“{name}” no longer opens your account."),
                ..alarm("factor.removed", "A way to prove that it is you was removed")
            },
            Self::FactorsLost { .. } => Spec {
                detail: "You told us that you lost them, and the wait is over. Your password and your mailbox open the account. Set up a new authenticator app or passkey now.".into(),
                ..alarm("factor.all_lost", "Your second proofs were taken off")
            },
            Self::PasskeyOnlySwitched { on } => Spec {
                detail: if *on {
                    "Your password and your authenticator app no longer open your account.".into()
                } else {
                    "Your password opens your account again, together with your second proof.".into()
                },
                ..alarm("factor.passkey_only", if *on { "Only passkeys open your account now" } else { "Your password works again" })
            },
            Self::SmsCodesSwitched { on } => Spec {
                detail: if *on {
                    "An authenticator app is stronger: nobody gets its codes by taking over your phone number.".into()
                } else {
                    "Your password opens your account, and in a new browser your mailbox as well.".into()
                },
                ..alarm("factor.sms_codes", if *on { "Signing in asks for a code by SMS now" } else { "Signing in no longer asks for a code by SMS" })
            },
            Self::NoticeChoiceChanged { notice, by, on } => Spec {
                severity: Severity::Notable,
                detail: format!("{} about “{}” is {} now.", by.name(), title_of(notice), if *on { "on" } else { "off" }),
                advice: NOT_YOU,
                tell: if *on { INBOX } else { ALWAYS },
                freeze_offer: true,
                ..quiet("notice.choice_changed", "You changed which notices you get")
            },
            Self::SmsPaused { until } => Spec {
                severity: Severity::Notable,
                detail: format!(
                    "So many went there that until {} not every notice does. Your mailbox and your inbox have all of them. What weakens or freezes your account, or changes its address or phone, still goes to your phone, unless that very notice went there as often.",
                    written(*until)
                ),
                advice: "Look at what happened in Settings, Security. If it was not you, freeze your account now: it takes one click and no sign-in.",
                tell: ALWAYS_BY_MAIL,
                freeze_offer: true,
                ..quiet("notice.sms_paused", "Many SMS went to your phone")
            },
            Self::CheckupAnswered { .. } => quiet("checkup.answered", "You answered a question of the security check-up"),
            Self::CheckupTakenBack { .. } => {
                quiet("checkup.taken_back", "You took back an answer of the security check-up")
            }
            Self::DeviceForgotten { name, .. } => Spec {
                severity: Severity::Notable,
                detail: format!("“{name}” must ask you by letter before it signs in again."),
                advice: NOT_YOU,
                tell: INBOX,
                freeze_offer: true,
                ..quiet("device.forgotten", "A browser was forgotten")
            },
            Self::DeviceNamed { name, .. } => Spec {
                detail: format!("It is called “{name}” now."),
                ..quiet("device.named", "You named a browser")
            },
            Self::PhoneCodeAsked { ending, .. } => Spec {
                detail: format!("To the number that ends in {ending}. Nothing changes before the code is typed in."),
                ..quiet("phone.code_asked", "A code was sent to confirm a phone")
            },
            Self::PhoneCodeWrong { ending } => Spec {
                severity: Severity::Notable,
                detail: format!("For the number that ends in {ending}. Nothing was changed."),
                ..quiet("phone.code_wrong", "A wrong code was typed to confirm a phone")
            },
            Self::PhoneAdded { ending } => Spec {
                severity: Severity::Notable,
                detail: format!("Its number ends in {ending}. What matters goes there by SMS too."),
                advice: NOT_YOU,
                tell: ALWAYS,
                freeze_offer: true,
                ..quiet("phone.added", "A phone was added to your account")
            },
            Self::PhoneChanged { from_ending, to_ending } => Spec {
                detail: format!(
                    "Our SMS go to the number that ends in {to_ending} now, and no more to the one that ends in {from_ending}."
                ),
                tell: CRITICAL,
                ..alarm("phone.changed", "The phone of your account was changed")
            },
            Self::PhoneRemoved { ending } => Spec {
                detail: format!("No SMS goes to the number that ends in {ending} any more."),
                tell: CRITICAL,
                ..alarm("phone.removed", "The phone of your account was removed")
            },
            Self::CaseOpened { reference, .. } => Spec {
                severity: Severity::Notable,
                detail: format!("Case {reference}."),
                advice: "Our support will write to you at this address. We never phone, and we never ask you to install anything.",
                tell: Tell { operator: true, ..INBOX },
                ..quiet("support.case_opened", "A case was opened for you")
            },
            Self::Purchased(moved) => moved.purchased(),
            Self::Deposited(moved) => moved.deposited(),
            Self::Withdrawn(moved) => moved.withdrawn(),
            Self::Refused { refusal } => Spec {
                severity: Severity::Notable,
                detail: match refusal.as_str() {
                    "account_frozen" => "The account is frozen, so nothing was changed.".into(),
                    other => format!("The rules said no ({other})."),
                },
                ..quiet("account.refused", "Something was asked for and refused")
            },
        }
    }
}

fn title_of(code: &str) -> &'static str {
    catalogue()
        .into_iter()
        .map(|event| event.spec())
        .find(|spec| spec.code == code)
        .map_or("this event", |spec| spec.title)
}
