//! Flaws that the machine can be given, to show that the claims notice them.

/// What is wrong with the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Links that freeze, cancel and undo are voided by a change of credentials, like those that grant.
    EpochVoidsBrakes,
    /// Undoing a change of address leaves the links of later changes working.
    UndoLeavesLaterLinks,
    /// A link that confirms another address works after a freeze.
    ConfirmOutlivesFreeze,
    /// What waits is not looked at again when it is due.
    DueIsNotChecked,
    /// A wait runs from when it was asked for, told or not.
    WaitsRunUntold,
    /// A hold on money runs from its event, told or not.
    HoldsRunUntold,
    /// The new address alone is told, at once after it was changed.
    NewAddressIsTold,
    /// Locking again leaves an unlocking that already waits.
    LockingAgainKeepsUnlocking,
    /// A freeze leaves what waits.
    FreezeKeepsWaits,
    /// A freeze leaves sessions.
    FreezeKeepsSessions,
    /// Other freeze words end the earlier ones at once.
    WordsEndAtOnce,
    /// With passkeys alone a password still signs in.
    PasswordDespitePasskeyOnly,
    /// Money goes to young addresses while a hold runs.
    HoldsAreIgnored,
    /// A thief's notice carries no link that stops it.
    NoCancelLinks,
    /// Getting back in without a second factor takes none of them off.
    LostFactorsKeepFactors,
    /// What came shortly before a freeze signs in and proves during it.
    NothingSleeps,
    /// Any session stops what gets the owner back in, without a proof.
    SessionsStopAThaw,
    /// An address that an undo removed hears of nothing any more.
    RemovedIsNotTold,
    /// The mailbox that was moved away from undoes a move back.
    MovingBackIsUndone,
    /// Codes that were renewed by a young proof end the earlier ones as soon as any.
    YoungProofsEndCodes,
    /// A thaw wakes what came shortly before the freeze.
    ThawWakesAll,
    /// Freezing a frozen account stops the removal of what sleeps too.
    FreezeAgainStopsRemovals,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::EpochVoidsBrakes,
        Self::UndoLeavesLaterLinks,
        Self::ConfirmOutlivesFreeze,
        Self::DueIsNotChecked,
        Self::WaitsRunUntold,
        Self::HoldsRunUntold,
        Self::NewAddressIsTold,
        Self::LockingAgainKeepsUnlocking,
        Self::FreezeKeepsWaits,
        Self::FreezeKeepsSessions,
        Self::WordsEndAtOnce,
        Self::PasswordDespitePasskeyOnly,
        Self::HoldsAreIgnored,
        Self::NoCancelLinks,
        Self::LostFactorsKeepFactors,
        Self::NothingSleeps,
        Self::SessionsStopAThaw,
        Self::RemovedIsNotTold,
        Self::MovingBackIsUndone,
        Self::YoungProofsEndCodes,
        Self::ThawWakesAll,
        Self::FreezeAgainStopsRemovals,
    ];
}
