//! What phones ask of storage.

use crate::clock::Time;
use crate::ids::{AccountId, PhoneCodeId};
use crate::phones::{Phone, PhoneCode, PhoneNumber};
use crate::refusal::Fault;

/// Reading.
pub trait Reads {
    /// The confirmed phone of an account.
    fn phone(&mut self, account: AccountId) -> Result<Option<Phone>, Fault>;

    /// The code that was asked for last, used or not.
    fn phone_code(&mut self, account: AccountId) -> Result<Option<PhoneCode>, Fault>;

    /// Whether the customer chose a code by SMS as the second step of signing in.
    fn sms_codes_chosen(&mut self, account: AccountId) -> Result<bool, Fault>;

    /// The accounts that confirmed this number, the newest first, at most so many.
    fn accounts_by_phone(&mut self, number: &PhoneNumber, limit: i64) -> Result<Vec<AccountId>, Fault>;
}

/// Writing.
pub trait Writes: Reads {
    /// Makes a number the account's confirmed one.
    fn phone_set(&mut self, account: AccountId, number: &PhoneNumber, now: Time) -> Result<(), Fault>;

    /// Forgets the account's phone.
    fn phone_delete(&mut self, account: AccountId) -> Result<(), Fault>;

    /// Keeps a code, in the place of any that was asked for before.
    fn phone_code_put(&mut self, code: &PhoneCode) -> Result<(), Fault>;

    /// Counts a try at a code that still waits. Answers whether it did. Bookkeeping.
    fn phone_code_count(
        &mut self,
        account: AccountId,
        code: PhoneCodeId,
        tries_max: i64,
        now: Time,
    ) -> Result<bool, Fault>;

    /// Uses a code up, if it is unused, in time and in this epoch. Answers whether it did. Bookkeeping: what
    /// follows from it is recorded.
    fn phone_code_use(&mut self, account: AccountId, code: PhoneCodeId, epoch: i64, now: Time) -> Result<bool, Fault>;

    /// Forgets the code of an account.
    fn phone_code_forget(&mut self, account: AccountId) -> Result<(), Fault>;

    /// Chooses a code by SMS as the second step of signing in, or no longer. Answers whether that is new.
    fn sms_codes_choose(&mut self, account: AccountId, on: bool) -> Result<bool, Fault>;
}
