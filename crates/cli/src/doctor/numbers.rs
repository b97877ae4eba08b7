//! Every number and switch of the settings that can be made weaker than we advise. What we advise is the default.

use toml::{Table, Value};

use super::finding::{Finding, Weight};

/// In which direction a setting grows weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weaker {
    /// A smaller number is weaker.
    Below,
    /// A larger number is weaker.
    Above,
    /// Being switched to this is weaker.
    When(bool),
}
use Weaker::{Above, Below, When};

/// One setting: section and name, the direction, the value past which it is not weaker but unsafe, and what it opens.
pub(super) type Number = (&'static str, &'static str, Weaker, Option<i64>, &'static str);

/// One row for each. The Argon2id settings are judged together, in `argon2`.
pub(super) const NUMBERS: &[Number] = &[
    ("password", "characters_min", Below, Some(8), "short passwords are guessed"),
    ("password", "characters_min_with_factor", Below, Some(8), "short passwords are guessed"),
    ("password", "characters_max", Below, Some(64), "long sentences, the best passwords there are, are refused"),
    ("password", "score_min", Below, Some(2), "passwords that guessing programs try early are taken"),
    ("password", "remembered", Below, None, "an old password that somebody knows comes back"),
    ("session", "idle_minutes", Above, Some(1440), "a browser that was left open stays signed in"),
    ("session", "absolute_hours", Above, Some(720), "a stolen session lives longer"),
    ("session", "device_days", Above, None, "a browser that was sold or lost stays known"),
    ("session", "ask_at_unusual_places", When(false), None, "a stolen device secret works from another country"),
    ("link", "confirm_address_hours", Above, Some(720), "a letter in an abandoned mailbox opens an account"),
    ("link", "new_device_minutes", Above, Some(1440), "whoever reads the mailbox later still lets a browser in"),
    ("link", "reset_minutes", Above, Some(1440), "whoever reads the mailbox later still chooses a password"),
    ("link", "freeze_days", Below, Some(1), "a customer who reads the letter late cannot freeze with it"),
    ("guess", "failures_free", Above, Some(50), "passwords are guessed without a pause"),
    ("guess", "delay_seconds", Below, Some(1), "passwords are guessed almost without a pause"),
    ("guess", "delay_seconds_max", Below, Some(60), "passwords are guessed almost without a pause"),
    ("guess", "forget_hours", Below, Some(1), "waiting a little starts the guesses anew"),
    ("guess", "network_hourly", Above, Some(10_000), "one network guesses at many accounts"),
    ("session", "live_max", Above, None, "a stolen password opens sessions without end"),
    ("guess", "sign_ins_hourly", Above, None, "a thief fills the log, and what matters drowns in it"),
    ("guess", "checks_hourly", Above, None, "a stranger keeps a core busy with judging passwords"),
    ("guess", "words_hourly", Above, None, "freeze words are guessed"),
    ("guess", "words_network_hourly", Above, None, "freeze words are guessed"),
    ("guess", "openings_hourly", Above, None, "one network opens accounts by the thousand"),
    ("guess", "resets_hourly", Above, None, "one network makes us write to many people"),
    ("guess", "passwords_daily", Above, Some(10_000), "many networks together guess at one account"),
    ("guess", "mails_hourly", Above, None, "strangers fill a customer's mailbox, and alarms drown in it"),
    ("guess", "mails_daily", Above, None, "strangers fill a customer's mailbox, and alarms drown in it"),
    ("guess", "changes_hourly", Above, None, "a thief fills the log, and what matters drowns in it"),
    ("guess", "freeze_words_daily", Above, None, "a thief fills the log, and what matters drowns in it"),
    ("guess", "codes_wrong", Above, Some(20), "the six digits of an app are guessed"),
    ("guess", "codes_wrong_minutes", Below, Some(1), "the six digits of an app are guessed"),
    ("guess", "codes_daily", Above, Some(100), "the six digits of an app are guessed"),
    ("protection", "loosen_hours", Below, Some(1), "a thief in a session loosens what protects before its owner reads"),
    ("protection", "thaw_hours", Below, Some(1), "a frozen account moves again before its owner reads"),
    ("protection", "thaw_slow_days", Below, Some(1), "a frozen account moves again before its owner reads"),
    ("protection", "lost_factor_days", Below, Some(1), "whoever reads the mailbox removes the second factor"),
    ("protection", "hold_hours", Below, Some(24), "money leaves before its owner can undo what a thief changed"),
    ("protection", "undo_hours", Below, Some(24), "the owner loses the mailbox before they read of it"),
    ("protection", "lock_days_max", Below, None, "customers cannot lock their settings for as long as they wish"),
    ("protection", "untold_days", Below, Some(1), "what nobody could be told of takes effect early"),
    ("protection", "approval_minutes", Above, Some(60), "a proof given once can be used by somebody else later"),
    ("phone", "code_minutes", Above, Some(60), "a code read over somebody's shoulder still works"),
    ("phone", "code_tries", Above, Some(20), "the six digits of a code are guessed"),
    ("phone", "codes_daily", Above, None, "thieves earn by SMS to numbers of theirs"),
    ("phone", "codes_number_hourly", Above, None, "a stranger's phone is filled with codes"),
    ("phone", "codes_network_hourly", Above, None, "thieves earn by SMS to numbers of theirs"),
    ("phone", "codes_country_hourly", Above, None, "thieves earn by SMS to numbers of theirs"),
    ("phone", "sign_in_codes", When(true), None, "whoever takes over a phone number takes part in signing in"),
    ("phone", "sign_in_codes_daily", Above, Some(100), "the six digits of a code are guessed"),
    ("phone", "replies_hourly", Below, Some(1), "an owner who answers FREEZE is not heard"),
];

/// Settings that are not stronger in one direction than in the other, or whose right value only the operator knows.
#[cfg(test)]
pub(super) const NEUTRAL: &[(&str, &str)] = &[
    ("password", "reminder_days"),
    ("password", "hashing_slots"),
    ("password", "hashing_queue"),
    ("password", "argon2_memory_kib"),
    ("password", "argon2_passes"),
    ("phone", "notices_daily"),
    ("phone", "notices_country_hourly"),
    ("phone", "replies"),
    ("mail", "port"),
    // How long history is kept: less of it protects customers from us, more of it protects them from thieves.
    ("retain", "sessions_days"),
    ("retain", "links_days"),
    ("retain", "notices_days"),
    ("retain", "sign_ins_days"),
    ("retain", "browsers_days"),
    ("retain", "places_days"),
    ("retain", "waits_days"),
    ("retain", "events_days"),
    ("retain", "feed_days"),
    ("retain", "reports_days"),
];

/// Compares what is set with the defaults.
pub(super) fn check(set: &Table, defaults: &Table, found: &mut Vec<Finding>) {
    for (section, name, weaker, unsafe_past, risk) in NUMBERS {
        let of = |table: &Table| table.get(*section).and_then(|section| section.get(*name)).cloned();
        let (Some(value), Some(advised)) = (of(set), of(defaults)) else { continue };
        let weight = match (weaker, &value, &advised) {
            (When(weak), Value::Boolean(value), _) if value == weak => Weight::Advice,
            (Below, Value::Integer(value), Value::Integer(advised)) if value < advised => {
                Weight::unsafe_if(unsafe_past.is_some_and(|past| *value < past))
            }
            (Above, Value::Integer(value), Value::Integer(advised)) if value > advised => {
                Weight::unsafe_if(unsafe_past.is_some_and(|past| *value > past))
            }
            _ => continue,
        };
        let bound = match weaker {
            Below => " or more",
            Above => " or less",
            When(_) => "",
        };
        found.push(Finding {
            code: format!("{section}.{name}"),
            weight,
            says: format!("[{section}] {name} = {value}, and {advised}{bound} is advised: {risk}."),
            advice: format!("Remove the line, or write {name} = {advised}."),
        });
    }
}

/// Pairs of memory in KiB and passes that resist equally (OWASP, Password Storage Cheat Sheet).
const ARGON2: [(i64, i64); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// Memory and passes make up for each other, so they are judged together.
pub(super) fn argon2(memory_kib: u32, passes: u32, found: &mut Vec<Finding>) {
    let (memory, passes) = (i64::from(memory_kib), i64::from(passes));
    if ARGON2.iter().any(|(least_memory, least_passes)| memory >= *least_memory && passes >= *least_passes) {
        return;
    }
    found.push(Finding {
        code: "password.argon2".to_owned(),
        weight: Weight::unsafe_if(memory * passes < 7_168 * 5 / 4),
        says: format!(
            "[password] argon2_memory_kib = {memory} with argon2_passes = {passes}: whoever steals the database tries \
             passwords faster than OWASP thinks right."
        ),
        advice: "Write argon2_memory_kib = 19456 and argon2_passes = 2, or more of either.".to_owned(),
    });
}
