//! What support asks of storage.

use crate::clock::Time;
use crate::ids::{AccountId, CaseId};
use crate::refusal::Fault;

/// A case that the operator's support works on.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Whose.
    pub account: AccountId,
    /// What the customer quotes.
    pub reference: String,
    /// When it was opened.
    pub opened_at: Time,
}

/// Reading.
pub trait Reads {
    /// The cases of an account, newest first.
    fn cases(&mut self, account: AccountId) -> Result<Vec<Case>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// A new case.
    fn case_insert(&mut self, case: &Case) -> Result<(), Fault>;
}
