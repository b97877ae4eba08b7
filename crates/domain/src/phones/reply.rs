//! "FREEZE", sent back to one of our SMS. A sender's number can be forged, so it may do this one thing and no other.

use crate::change::Change;
use crate::clock::Span;
use crate::credentials::{self, Allowance};
use crate::phones::PhoneNumber;
use crate::protections::{self, FreezeCause};
use crate::refusal::{Refusal, Stop};

/// How many accounts one phone may be confirmed for and stop at once: a family's, not a town's. Should two
/// confirmations at once make more of it, the newest are stopped.
pub(super) const ACCOUNTS_MAX: i64 = 10;

/// What came by SMS: freezes every account that confirmed the sender's number, if the first word is FREEZE. Answers how
/// many there are. Anything else does nothing, and an unknown number is counted like a known one.
pub fn freeze_by_reply(change: &mut Change<'_>, from: &str, text: &str) -> Result<u64, Stop> {
    let Some(number) = PhoneNumber::of_sender(from).filter(|_| says_freeze(text)) else { return Ok(0) };
    let bucket = change.keys().bucket("freeze by reply", number.as_str().as_bytes(), b"");
    let allowance = Allowance { most: change.settings().phone.replies_hourly, window: Span::from_hours(1) };
    credentials::count_within(change, bucket, allowance, |until| Refusal::TooManyTries { until })?;
    let mut accounts = change.rows().accounts_by_phone(&number, ACCOUNTS_MAX)?;
    // Rows are held in one order everywhere, so that two changes cannot wait for each other.
    accounts.sort();
    let mut frozen = 0;
    for account in accounts {
        protections::freeze(change, account, FreezeCause::Reply)?;
        frozen += 1;
    }
    Ok(frozen)
}

/// Whether the first word is FREEZE, however it is written.
pub(super) fn says_freeze(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("freeze"))
}
