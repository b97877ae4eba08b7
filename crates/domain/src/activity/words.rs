//! Counts and lengths of time in the catalogue's sentences.

use crate::clock::Time;
use crate::notifications::written;
use crate::protections::Sensitive;

/// Told after the third failure, then after the sixth, the twelfth and so on: not a letter for each, and one that was
/// lost with its attempt (a crash) is made up for.
pub(crate) fn told_at(failures: i64) -> bool {
    failures % 3 == 0 && u64::try_from(failures / 3).is_ok_and(u64::is_power_of_two)
}

pub(super) fn count<N: Into<i128> + Copy>(number: N, one: &str, many: &str) -> String {
    match number.into() {
        0 => format!("No {many}"),
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

/// What a wrong password was given for. Entries of the first weeks do not say.
pub(super) fn wrong_password_for(given_for: Option<&str>) -> String {
    let what = given_for.and_then(|code| Sensitive::all().into_iter().find(|what| what.rule().code == code));
    match (what, given_for) {
        (Some(what), _) => {
            format!("Somebody who is signed in gave a wrong password to confirm: {}.", what.rule().title)
        }
        (None, Some(_)) => {
            "Somebody who is signed in tried to change the password and gave a wrong present one.".into()
        }
        (None, None) => "Somebody who is signed in gave a wrong password where the present one was asked for.".into(),
    }
}

/// A length of time as customers read it.
pub(super) fn hours(hours: i64) -> String {
    if hours % 24 == 0 && hours > 24 { count(hours / 24, "day", "days") } else { count(hours, "hour", "hours") }
}

/// What became of an account when a copy of the records was put in place.
pub(super) fn restored(made_at: Time, sessions_ended: u64) -> String {
    format!(
        "We had to go back to a copy of our records made on {}. {} No browser is known any more, everything that waited was stopped, an unfreezing too, and money for new addresses waits for a while.",
        written(made_at),
        count(sessions_ended, "session was ended.", "sessions were ended.")
    )
}
