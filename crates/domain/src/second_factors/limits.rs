//! How guessing codes is slowed down. The tries are rows, so neither a restart nor parallel requests beat them; the
//! decision is a pure function over exact windows: no moment lets two windows' worth through.

use serde::{Deserialize, Serialize};

use crate::clock::{Span, Time};
use crate::protections::Method;
use crate::settings::GuessRules;

/// The window in which codes are counted at all.
pub(crate) const DAY: Span = Span::from_hours(24);

/// One code that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// When.
    pub at: Time,
    /// What kind of code.
    pub by: Method,
}

/// The codes of one bucket that were looked at within a day, oldest first; right ones are taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tries(pub Vec<Try>);

/// Whether a code is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is, and counts as wrong until it turns out right.
    Look {
        /// The tries, this one included.
        tries: Tries,
        /// How many of this kind there were within a day, this one included.
        failures: i64,
    },
    /// It is not, whatever it says.
    Wait {
        /// When the next one is.
        until: Time,
    },
}

/// Decides on one code and counts it before it is looked at, so that fifty at once count as fifty.
pub fn attempt(tries: &Tries, by: Method, now: Time, rules: &GuessRules) -> Decision {
    let recent: Vec<Try> = tries.0.iter().filter(|tried| now.duration_since(tried.at) < DAY).copied().collect();
    let all: Vec<Time> = recent.iter().map(|tried| tried.at).collect();
    let of_kind: Vec<Time> = recent.iter().filter(|tried| tried.by == by).map(|tried| tried.at).collect();
    // The day's number is there again when its oldest try is a day old; a block lasts as long as the window it comes from.
    let day_over = nth_last(&all, rules.codes_daily).map(|oldest| oldest + DAY);
    let window = Span::from_mins(rules.codes_wrong_minutes);
    let block_over = nth_last(&of_kind, rules.codes_wrong)
        .zip(of_kind.last())
        .filter(|(oldest, newest)| newest.duration_since(*oldest) < window)
        .map(|(_, newest)| *newest + window);
    match day_over.max(block_over) {
        Some(until) if until > now => Decision::Wait { until },
        _ => {
            let failures = i64::try_from(of_kind.len() + 1).unwrap_or(i64::MAX);
            let mut tries = Tries(recent);
            tries.0.push(Try { at: now, by });
            Decision::Look { tries, failures }
        }
    }
}

/// Takes back one try that turned out right; the others stay.
pub fn take_back(tries: &Tries, right: Try) -> Tries {
    let mut kept = tries.clone();
    if let Some(place) = kept.0.iter().position(|tried| *tried == right) {
        kept.0.remove(place);
    }
    kept
}

fn nth_last(times: &[Time], number: usize) -> Option<Time> {
    times.len().checked_sub(number).and_then(|place| times.get(place)).copied()
}
