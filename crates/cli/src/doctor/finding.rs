//! What the doctor found, and how much it weighs.

use serde::Serialize;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Weight {
    /// Accounts, money or data are in danger, or it does not run at all.
    Unsafe,
    /// Weaker than advised, and a decision the operator may take.
    Advice,
}

impl Weight {
    /// Unsafe if so, advice otherwise.
    pub(super) fn unsafe_if(it_is: bool) -> Self {
        if it_is { Self::Unsafe } else { Self::Advice }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// A name that stays the same.
    pub(super) code: String,
    /// How much it weighs.
    pub(super) weight: Weight,
    /// What is so, and what it opens.
    pub(super) says: String,
    /// What to do.
    pub(super) advice: String,
}

impl Finding {
    /// Something unsafe.
    pub(super) fn danger(code: &str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code: code.to_owned(), weight: Weight::Unsafe, says: says.into(), advice: advice.into() }
    }

    /// Something weaker than advised.
    pub(super) fn advice(code: &str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { weight: Weight::Advice, ..Self::danger(code, says, advice) }
    }
}
