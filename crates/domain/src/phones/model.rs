//! A customer's phone, and the code that proves it is theirs.

use serde::Serialize;

use crate::clock::Time;
use crate::ids::{AccountId, ApprovalId, PhoneCodeId};
use crate::notifications::Delivery;
use crate::phones::PhoneNumber;
use crate::repeats::Repeatable;

/// The phone that a customer confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// Its number.
    pub number: PhoneNumber,
    /// When they confirmed it.
    pub confirmed_at: Time,
}

/// A number that waits for the code that was sent to it. An account has at most one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneCode {
    /// Its id; with a key outside the database the code follows from it, when it is sent.
    pub id: PhoneCodeId,
    /// Whose.
    pub account: AccountId,
    /// The number it was sent to.
    pub number: PhoneNumber,
    /// Keyed hash of the code, bound to the account and this id.
    pub digest: [u8; 32],
    /// The account's security epoch when it was asked for.
    pub epoch: i64,
    /// When it was asked for.
    pub asked_at: Time,
    /// When it stops working.
    pub expires_at: Time,
    /// How often somebody tried.
    pub tries: i64,
    /// When it did what it does, once.
    pub used_at: Option<Time>,
}

impl PhoneCode {
    /// Whether it can still be typed.
    pub fn waits(&self, now: Time, tries_max: i64) -> bool {
        self.used_at.is_none() && self.expires_at > now && self.tries < tries_max
    }
}

/// What the customer sees of their phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Whether the operator sends SMS at all.
    pub offered: bool,
    /// The confirmed phone.
    pub phone: Option<Phone>,
    /// What became of the newest SMS to it that the gateway reported about.
    pub last_sms: Option<Delivery>,
    /// The number that waits for its code.
    pub waiting: Option<PhoneCode>,
}

/// The code was right: the answer that a program gets again, however often it sends the same request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// Whether the number is the account's phone now.
    pub confirmed: bool,
    /// What has to be proved before it takes the place of another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
}

impl Repeatable for Confirmed {}

/// What asking for a code did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// This number is confirmed already: nothing was sent.
    Already,
    /// A code is on its way.
    Sent {
        /// Until when it works.
        expires_at: Time,
    },
}
