//! The two ways an action stops: it is refused (expected, safe to show), or it failed (our problem).

mod stop;

pub use stop::{Fault, Stop};

use crate::clock::Time;

/// What kind of no it is; the doors choose their status by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something given is not acceptable.
    Unfit,
    /// The proof given is not right, or is no longer good.
    Unproven,
    /// Known who it is, and still not allowed.
    Forbidden,
    /// There is no such thing, or it belongs to somebody else: the answer is the same.
    Missing,
    /// Allowed, but not yet.
    Later(Time),
    /// We are too busy to do it well.
    Busy,
}

/// What is said of a refusal, in one place.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Stable name for programs.
    pub code: &'static str,
    /// What kind of no it is.
    pub kind: Kind,
    /// What happened, for the customer.
    pub title: &'static str,
    /// What was kept and what to do next, for the customer.
    pub advice: &'static str,
    /// Whether the attempt is written into the customer's activity.
    pub recorded: bool,
}

/// Every way the rules say no.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The e-mail address cannot be one.
    AddressUnfit,
    /// The password is not good enough, for these reasons.
    PasswordUnfit(Vec<crate::credentials::Weakness>),
    /// Sign-in: one answer for an unknown address and for a wrong password.
    WrongEmailOrPassword,
    /// The present password, asked for again, was wrong.
    WrongPassword,
    /// What was given cannot be a code.
    CodeUnfit,
    /// The code was wrong, or used before.
    WrongCode,
    /// A sign-in whose password was right waited too long for its second proof, or has had it.
    SignInOver,
    /// There are as many authenticator apps as an account can have.
    TooManyApps,
    /// The answer of a passkey is not one to what was asked.
    PasskeyWrong,
    /// The passkey is none of ours, or was removed.
    PasskeyUnknown,
    /// The passkey counted backwards: a copy of it may be in use.
    PasskeyCopied,
    /// What was made is no passkey as it was asked for.
    PasskeyUnfit,
    /// The passkey is registered already.
    PasskeyThere,
    /// What a passkey was asked for is over, or was answered.
    CeremonyOver,
    /// The operator's address is none that browsers make passkeys for.
    NoPasskeysHere,
    /// `/stop`: one answer for an unknown address and for wrong words.
    WrongFreezeWords,
    /// Guesses are slowed down until then.
    TooManyTries {
        /// When the next try is looked at.
        until: Time,
    },
    /// Too many e-mails were asked for; no more go out until then.
    TooManyMails {
        /// When the next is sent.
        until: Time,
    },
    /// This was done on this account often enough for now.
    TooManyChanges {
        /// When it can be done again.
        until: Time,
    },
    /// The phone number is not one of a mobile phone.
    PhoneUnfit,
    /// The operator sends no SMS to the country of this number.
    PhoneCountryNotServed,
    /// The number is the phone of as many accounts as it may be.
    PhoneOfMany,
    /// The code sent by SMS: one answer for a wrong, an old and a spent one.
    WrongPhoneCode,
    /// Too many codes were asked for; no more go out until then.
    TooManyCodes {
        /// When the next is sent.
        until: Time,
    },
    /// No code by SMS opens this account: the operator sends none, there is no phone, or there is something stronger.
    NoSmsCodes,
    /// No live session.
    NotSignedIn,
    /// The account is frozen, and this would move or loosen something.
    AccountFrozen,
    /// The link is used, expired, or not one of ours.
    LinkSpent,
    /// The link is good, but it was asked for in another browser.
    LinkForOtherBrowser,
    /// Not there, or not theirs.
    NoSuchThing,
    /// The key of this request came with another request before.
    KeyUsed,
    /// The signature of this request was used before.
    NonceUsed,
    /// The backend's key does not open this, or not any more.
    ServiceKey(crate::service::No),
    /// The feed cannot be read on from this position.
    CursorLost,
    /// This notice cannot be switched off.
    NoticeAlwaysOn,
    /// The approval was used, is too old, or belongs to another session.
    ApprovalOver,
    /// It was confirmed already, in this session.
    ApprovalDone,
    /// What was given does not prove what was asked for.
    ProofMissing,
    /// Too little of what the account has was old enough when it was frozen.
    NotEnoughToThaw,
    /// Everything that was proved is too young to weaken the account.
    ProofTooYoung {
        /// When it no longer is.
        until: Time,
    },
    /// The settings are locked, and this would weaken the account.
    SettingsLocked,
    /// The settings lock cannot be armed like this.
    LockUnfit,
    /// The name that was given to something could be taken for a link, or hides something.
    NameUnfit,
    /// Locking asks for recovery codes first.
    RecoveryCodesFirst,
    /// Passkeys alone asks for two of them, or one and recovery codes.
    PasskeysFirst,
    /// It came too shortly before the freeze, or since: it sleeps until a thaw.
    Asleep,
    /// Only passkeys open the account: its password opens nothing, and there is none to reset.
    PasskeyOnly,
    /// There is nothing of the kind to do.
    NothingToDo,
    /// Too many requests wait for the same scarce thing.
    Busy,
}

impl Refusal {
    /// Everything that is said of it.
    #[expect(clippy::too_many_lines, reason = "one arm a refusal is the point of the list")]
    pub fn spec(&self) -> Spec {
        let (code, kind, recorded, title, advice) = match self {
            Self::AddressUnfit => (
                "address_unfit",
                Kind::Unfit,
                false,
                "This does not look like an e-mail address.",
                "Write one address, like name@example.com.",
            ),
            Self::PasswordUnfit(_) => (
                "password_unfit",
                Kind::Unfit,
                false,
                "This password cannot be used.",
                "See the reasons below. Nothing was changed.",
            ),
            Self::WrongEmailOrPassword => (
                "wrong_email_or_password",
                Kind::Unproven,
                false,
                "The e-mail address or the password is not right.",
                "Check both and try again. If you have only just opened your account, first open the link in our letter. Nothing was changed.",
            ),
            Self::WrongPassword => (
                "wrong_password",
                Kind::Unproven,
                false,
                "Your present password is not right.",
                "Check it and try again. Nothing was changed.",
            ),
            Self::CodeUnfit => (
                "code_unfit",
                Kind::Unfit,
                false,
                "This cannot be a code.",
                "A code of your authenticator app has six digits; a recovery code has six groups of four letters and digits.",
            ),
            Self::WrongCode => (
                "wrong_code",
                Kind::Unproven,
                false,
                "This code is not right.",
                "Each code works once and for about a minute. Wait for the next one, and see that your phone’s clock is right.",
            ),
            Self::SignInOver => (
                "sign_in_over",
                Kind::Unproven,
                false,
                "This sign-in is over.",
                "It waited too long, or was completed. Start again with your e-mail address and your password.",
            ),
            Self::TooManyApps => (
                "too_many_apps",
                Kind::Forbidden,
                false,
                "You have as many authenticator apps as an account can have.",
                "Remove one that you do not use any more, then add this one.",
            ),
            Self::PasskeyWrong => (
                "passkey_wrong",
                Kind::Unproven,
                false,
                "This passkey did not prove that it is you.",
                "Try again, and look at the address bar first. Nothing was changed.",
            ),
            Self::PasskeyUnknown => (
                "passkey_unknown",
                Kind::Unproven,
                false,
                "We do not know this passkey.",
                "It may have been removed from your account, or belong to another. Use another one, or sign in with your password.",
            ),
            Self::PasskeyCopied => (
                "passkey_copied",
                Kind::Forbidden,
                true,
                "This passkey may have been copied, so it was not accepted.",
                "Use another way to sign in, remove this passkey, and register a new one. If you did not expect this, freeze your account.",
            ),
            Self::PasskeyUnfit => (
                "passkey_unfit",
                Kind::Unfit,
                false,
                "This passkey could not be registered.",
                "Try again, and look at the address bar first. Nothing was changed.",
            ),
            Self::PasskeyThere => (
                "passkey_there",
                Kind::Unfit,
                false,
                "This passkey is registered already.",
                "Use another device or security key for another passkey. Nothing was changed.",
            ),
            Self::CeremonyOver => (
                "ceremony_over",
                Kind::Missing,
                false,
                "This took too long, or was answered already.",
                "Nothing was changed. Please start again.",
            ),
            Self::NoPasskeysHere => (
                "no_passkeys_here",
                Kind::Forbidden,
                false,
                "Passkeys do not work at this address.",
                "Browsers keep passkeys for names only, not for bare addresses of machines.",
            ),
            Self::WrongFreezeWords => (
                "wrong_freeze_words",
                Kind::Unproven,
                false,
                "The e-mail address or the freeze words are not right.",
                "Words that froze your account a moment ago are spent: then it is frozen, and our letter says so. Otherwise check the four words and their order and try again. You can also freeze your account from any security e-mail we sent you.",
            ),
            Self::TooManyTries { until } => (
                "too_many_tries",
                Kind::Later(*until),
                false,
                "There were too many tries.",
                "Please wait a little, then try again. Nothing was changed. What strangers try elsewhere holds up no browser that you have used before.",
            ),
            Self::TooManyMails { until } => (
                "too_many_mails",
                Kind::Later(*until),
                false,
                "We have sent several e-mails already.",
                "Look for them in your mailbox, also among the junk mail, or try again later.",
            ),
            Self::TooManyChanges { until } => (
                "too_many_changes",
                Kind::Later(*until),
                false,
                "You have changed this many times already.",
                "Each time you are told of it, so we do it only so often. Nothing was changed now; try again later.",
            ),
            Self::PhoneUnfit => (
                "phone_unfit",
                Kind::Unfit,
                false,
                "This does not look like the number of a mobile phone.",
                "Write it with a plus sign and the code of its country, like +41 79 123 45 67.",
            ),
            Self::PhoneCountryNotServed => (
                "phone_country_not_served",
                Kind::Unfit,
                false,
                "We do not send SMS to numbers of this country.",
                "Nothing was changed. Your e-mail tells you everything that an SMS would.",
            ),
            Self::PhoneOfMany => (
                "phone_of_many",
                Kind::Forbidden,
                false,
                "This phone belongs to ten accounts already.",
                "Remove it from one of them first, or use another phone. Nothing was changed.",
            ),
            Self::WrongPhoneCode => (
                "wrong_phone_code",
                Kind::Unproven,
                false,
                "This code is not right, or it is too old.",
                "Take the code from the newest SMS, or ask for a new one. Nothing was changed.",
            ),
            Self::TooManyCodes { until } => (
                "too_many_codes",
                Kind::Later(*until),
                false,
                "We have sent several codes already.",
                "Look for the newest SMS on that phone, or try again later.",
            ),
            Self::NoSmsCodes => (
                "no_sms_codes",
                Kind::Forbidden,
                false,
                "No code by SMS can be used here.",
                "It takes a confirmed phone, and nothing stronger: an authenticator app or a passkey takes its place. Nothing was changed.",
            ),
            Self::NotSignedIn => (
                "not_signed_in",
                Kind::Unproven,
                false,
                "You are not signed in.",
                "Sign in to go on. If you were signed in before, the session has ended.",
            ),
            Self::AccountFrozen => (
                "account_frozen",
                Kind::Forbidden,
                true,
                "Your account is frozen.",
                "While it is frozen, nothing that moves money works and no protection can be weakened. You can still sign in, read everything, end sessions, and unfreeze it, which takes its time.",
            ),
            Self::LinkSpent => (
                "link_spent",
                Kind::Missing,
                false,
                "This link does not work any more.",
                "It was used already, is too old, or was not copied whole. Nothing was changed. Ask for a new one.",
            ),
            Self::LinkForOtherBrowser => (
                "link_for_other_browser",
                Kind::Forbidden,
                false,
                "This link works only in the browser that asked for it.",
                "Open it in that browser. If you did not ask for it, somebody else did: do not pass it on.",
            ),
            Self::NoSuchThing => (
                "no_such_thing",
                Kind::Missing,
                false,
                "There is nothing here.",
                "It may have ended, or the address was not copied whole.",
            ),
            Self::KeyUsed => (
                "key_used",
                Kind::Unfit,
                false,
                "This Idempotency-Key came with another request before.",
                "Nothing was changed now; that request was done. Give every request a key of its own; to send one again, send it unchanged, as whoever sent it first.",
            ),
            Self::NonceUsed => (
                "nonce_used",
                Kind::Unproven,
                false,
                "This signed request came before.",
                "A signature is good for one request. Sign again, with a fresh nonce and the time of now. Nothing was changed.",
            ),
            Self::CursorLost => (
                "cursor_lost",
                Kind::Missing,
                false,
                "The feed cannot be read on from here.",
                "What came next was dropped, or this position was never given. Ask for the standing of your accounts, then read on without `after`.",
            ),
            Self::NoticeAlwaysOn => (
                "notice_always_on",
                Kind::Forbidden,
                false,
                "This notice cannot be switched off.",
                "It is the one that would tell you if somebody took over your account.",
            ),
            Self::ApprovalOver => (
                "approval_over",
                Kind::Missing,
                false,
                "This can no longer be confirmed.",
                "It was confirmed already, took longer than five minutes, or was asked for in another session. Nothing was changed. Ask again.",
            ),
            Self::ApprovalDone => (
                "approval_done",
                Kind::Missing,
                false,
                "You have confirmed this already.",
                "It was done then, or waits since, once. Sending it again changes nothing.",
            ),
            Self::ProofMissing => (
                "proof_missing",
                Kind::Unproven,
                false,
                "This does not prove that it is you.",
                "Use one of the ways that are offered. Nothing was changed.",
            ),
            Self::NotEnoughToThaw => (
                "not_enough_to_thaw",
                Kind::Forbidden,
                false,
                "What you have is not enough to unfreeze within a day.",
                "That takes two things that you had at least three days before the freeze, so that nobody adds one just before it. Unfreeze with what you have now instead: it takes longer. Nothing was changed.",
            ),
            Self::ProofTooYoung { until } => (
                "proof_too_young",
                Kind::Later(*until),
                true,
                "This way to prove that it is you is too new for this.",
                "After something unusual happened, what was added since must first grow older before it can weaken your account. Use an older one, or come back then. Nothing was changed.",
            ),
            Self::SettingsLocked => (
                "settings_locked",
                Kind::Forbidden,
                true,
                "Your settings are locked.",
                "Nothing that weakens your account can be changed until you unlock and the wait you chose is over. Nothing was changed.",
            ),
            Self::LockUnfit => {
                ("lock_unfit", Kind::Unfit, false, "The lock cannot wait that long.", "Choose from 1 to 30 days.")
            }
            Self::NameUnfit => (
                "name_unfit",
                Kind::Unfit,
                false,
                "This name cannot be used.",
                "It stands in our letters to you, so it must not look like a web address or hold characters that nobody sees. Choose plain words. Nothing was changed.",
            ),
            Self::RecoveryCodesFirst => (
                "recovery_codes_first",
                Kind::Forbidden,
                false,
                "Make recovery codes first.",
                "Without them you might lock yourself out. Nothing was changed.",
            ),
            Self::Asleep => (
                "asleep",
                Kind::Forbidden,
                true,
                "This is too new to be used while your account is frozen.",
                "What came in the three days before the freeze, or since, proves nothing while it is frozen: a thief may have put it there. Use something older, or a letter of ours. Nothing was changed.",
            ),
            Self::PasskeysFirst => (
                "passkeys_first",
                Kind::Forbidden,
                false,
                "You need two passkeys for this, or one and recovery codes.",
                "Otherwise you might lock yourself out. Nothing was changed.",
            ),
            Self::PasskeyOnly => (
                "passkey_only",
                Kind::Forbidden,
                true,
                "Only passkeys open your account.",
                "You switched your password off, so it opens nothing and there is none to choose. Use one of your passkeys. If you lost them, ask for them to be taken off from the page for a forgotten password: that takes seven days, and can be stopped. Nothing was changed.",
            ),
            Self::NothingToDo => (
                "nothing_to_do",
                Kind::Missing,
                false,
                "There is nothing to do.",
                "It may have been done already. Nothing was changed.",
            ),
            Self::ServiceKey(no) => no.words(),
            Self::Busy => (
                "busy",
                Kind::Busy,
                false,
                "We are very busy right now.",
                "Nothing was changed. Please try again in a few seconds.",
            ),
        };
        Spec { code, kind, title, advice, recorded }
    }
}
