//! What accounts ask of storage.

use crate::accounts::{Account, EmailChange};
use crate::clock::Time;
use crate::ids::{AccountId, EmailChangeId};
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// One account.
    fn account_by_id(&mut self, account: AccountId) -> Result<Option<Account>, Fault>;

    /// The confirmed account with this address.
    fn account_by_email(&mut self, email_key: &str) -> Result<Option<Account>, Fault>;

    /// Accounts in the order of their ids, those after one of them; unconfirmed ones too.
    fn accounts_after(&mut self, after: Option<AccountId>, limit: i64) -> Result<Vec<AccountId>, Fault>;

    /// How many accounts there are, unconfirmed ones too.
    fn accounts_count(&mut self) -> Result<i64, Fault>;

    /// One change of an account's address, whatever became of it.
    fn email_change_by_id(&mut self, account: AccountId, id: EmailChangeId) -> Result<Option<EmailChange>, Fault>;

    /// The changes of an account's address that were asked for in this epoch and can still be confirmed, the oldest first.
    fn email_changes_waiting(&mut self, account: AccountId, epoch: i64, now: Time) -> Result<Vec<EmailChange>, Fault>;

    /// The changes of an account's address that can be undone at `now`, in the order they were made.
    fn email_changes_undoable(&mut self, account: AccountId, now: Time) -> Result<Vec<EmailChange>, Fault>;

    /// The changes of an account's address that were undone at `since` or later, in the order they were made.
    fn email_changes_undone(&mut self, account: AccountId, since: Time) -> Result<Vec<EmailChange>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// One account, held until the commit so that no other change to it comes between.
    fn account_lock(&mut self, account: AccountId) -> Result<Option<Account>, Fault>;

    /// A new, unconfirmed account.
    fn account_insert(&mut self, account: &Account, email_key: &str) -> Result<(), Fault>;

    /// Confirms the address, unless it is confirmed or another account was quicker. Answers whether it did.
    fn account_confirm(&mut self, account: AccountId, email_key: &str, now: Time) -> Result<bool, Fault>;

    /// A change of the address that was asked for.
    fn email_change_insert(&mut self, asked: &EmailChange) -> Result<(), Fault>;

    /// Marks a change as confirmed now, in the epoch and until when it says, unless it is confirmed or its time is over.
    /// Answers whether it did.
    fn email_change_done(&mut self, done: &EmailChange, now: Time) -> Result<bool, Fault>;

    /// Notes which entry tells the old mailbox of a change.
    fn email_change_told_by(&mut self, account: AccountId, id: EmailChangeId, sequence: i64) -> Result<(), Fault>;

    /// Ends the undo of every change that was confirmed after this epoch and can still be undone.
    fn email_changes_end_undo(&mut self, account: AccountId, after_epoch: i64, now: Time) -> Result<(), Fault>;

    /// Lets the undo of a change run from now on, if this entry told its old mailbox and the letter was taken, unless it
    /// runs already. Bookkeeping.
    fn undo_begin(&mut self, account: AccountId, sequence: i64, now: Time, until: Time) -> Result<(), Fault>;

    /// Ends those that were asked for in this epoch and can still be confirmed. Answers how many.
    fn email_changes_stop(&mut self, account: AccountId, epoch: i64, now: Time) -> Result<u64, Fault>;

    /// Marks the change confirmed in this epoch, and every later one, as undone. Answers how many that were not.
    fn email_changes_undo(&mut self, account: AccountId, from_epoch: i64, now: Time) -> Result<u64, Fault>;

    /// Gives an account another address, unless another account has it, or may get it back. Answers whether it did.
    fn account_set_email(&mut self, account: AccountId, email: &str, email_key: &str, now: Time)
    -> Result<bool, Fault>;

    /// Raises the security epoch, which voids everything granted before.
    fn account_raise_epoch(&mut self, account: AccountId) -> Result<(), Fault>;

    /// Writes down the freeze words, present and before, as the account has them.
    fn account_set_freeze_words(&mut self, account: &Account) -> Result<(), Fault>;

    /// The same freeze words, present and before, encrypted with another key. Bookkeeping.
    fn account_reseal(&mut self, account: AccountId, words: &[u8], before: Option<&[u8]>) -> Result<(), Fault>;

    /// Forgets every unconfirmed account with this address, with everything that hangs on it.
    fn accounts_unconfirmed_forget_like(&mut self, email_key: &str) -> Result<(), Fault>;

    /// Forgets accounts that were opened before then and never confirmed, with everything that hangs on them.
    /// Bookkeeping: nobody ever had them. Answers how many.
    fn accounts_unconfirmed_forget(&mut self, opened_before: Time, limit: i64) -> Result<u64, Fault>;
}
