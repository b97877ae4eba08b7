//! What the table's no is to whoever asked.

use crate::protections::No;
use crate::refusal::{Refusal, Stop};

impl From<No> for Stop {
    fn from(no: No) -> Self {
        Self::Refused(match no {
            No::Frozen => Refusal::AccountFrozen,
            No::Locked => Refusal::SettingsLocked,
            No::NotFrozen | No::NotLocked | No::NothingThere => Refusal::NothingToDo,
            No::NoRecoveryCodes => Refusal::RecoveryCodesFirst,
            No::NoSmsCodes => Refusal::NoSmsCodes,
            No::LockDays => Refusal::LockUnfit,
            No::TooFewPasskeys | No::LastPasskeys => Refusal::PasskeysFirst,
            No::Prove(_) => Refusal::ProofMissing,
            No::NotEnoughToThaw => Refusal::NotEnoughToThaw,
            No::Asleep => Refusal::Asleep,
            No::TooYoung { until } => Refusal::ProofTooYoung { until },
        })
    }
}
