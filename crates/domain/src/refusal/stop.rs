//! The two ways an action stops.

use std::fmt;

use super::Refusal;

/// Why an action did not happen.
#[derive(Debug)]
pub enum Stop {
    /// A rule said no. Nothing was changed; the customer may read why.
    Refused(Refusal),
    /// Something of ours broke. Nothing was changed, unless the fault says that the outcome is unknown.
    Failed(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "refused: {}", refusal.spec().code),
            Self::Failed(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Stop {}

/// What went wrong on our side, in words for the operator. A customer sees a number, never these words.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// The database says another transaction came between; the whole action is run again.
    #[error("another transaction came between: {0}")]
    Again(String),
    /// Too much is waiting already, so this was not begun.
    #[error("too busy: {0}")]
    Busy(String),
    /// The database cannot do it now: its disk is full or fails, or it cannot be reached. Nothing was changed.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The commit was under way when the connection broke or the disk failed: it may have happened or not.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// Anything else; nothing was changed.
    #[error("{0}")]
    Broken(String),
}

impl Fault {
    /// A fault that nothing but a person can mend.
    pub fn broken(what: impl fmt::Display) -> Self {
        Self::Broken(what.to_string())
    }
}
