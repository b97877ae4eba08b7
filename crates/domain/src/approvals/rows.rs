//! What approvals ask of storage. They are proofs under way: nothing has happened to the account yet, so they are
//! bookkeeping; using one up is recorded by what it does.

use crate::approvals::Approval;
use crate::clock::Time;
use crate::ids::{AccountId, ApprovalId};
use crate::protections::Proof;
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// One approval of an account.
    fn approval_by_id(&mut self, account: AccountId, approval: ApprovalId) -> Result<Option<Approval>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// A new approval. Bookkeeping.
    fn approval_insert(&mut self, approval: &Approval) -> Result<(), Fault>;

    /// Writes down what was proved so far. Bookkeeping.
    fn approval_set_proofs(&mut self, account: AccountId, approval: ApprovalId, proofs: &[Proof]) -> Result<(), Fault>;

    /// Uses an approval up, unless it is used or its time is over. Answers whether it did: one statement, so it is good once.
    /// Bookkeeping: what it leads to is recorded, and where that waits already there is nothing new to tell.
    fn approval_use(&mut self, account: AccountId, approval: ApprovalId, now: Time) -> Result<bool, Fault>;

    /// Forgets approvals whose time was over before then. Bookkeeping. Answers how many.
    fn approvals_forget(&mut self, expired_before: Time, limit: i64) -> Result<u64, Fault>;
}
