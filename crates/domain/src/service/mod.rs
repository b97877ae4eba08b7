//! For the exchange's own backend: keys that open the service addresses, whose session this is, whether an account may
//! move money, and what it reports of money that moved in its own engine.
//!
//! A backend proves itself by a signature of its own, or on this machine by a secret; the doors read what it sent, and
//! the rules about its key stand here.

mod checks;
mod chores;
mod keys;
mod model;
mod nonces;
mod reports;
mod rows;
#[cfg(test)]
mod tests;

pub use checks::{Checked, check_session, standing};
pub use chores::{forget_answers, forget_nonces};
pub use keys::{KnownKeys, NewKey, add, keys, list, revoke};
pub use model::{
    Assurance, KeyProof, LiveSession, MoneyStanding, No, Reason, Remembered, Scope, ServiceKey, State, VerifyingKey,
    WhyNot,
};
pub use nonces::{CLOCK_SLACK, Nonce, Nonces};
pub use reports::{ANSWERS_KEPT, REPORTS_MAX, Report, ReportKind, Reported, Reports, report};
pub use rows::{Reads, Writes};
