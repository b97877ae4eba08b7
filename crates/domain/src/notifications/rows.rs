//! What notices ask of storage.

use crate::activity;
use crate::clock::Time;
use crate::ids::{AccountId, LinkId, NoticeId};
use crate::notifications::{CarrierKind, Delivery, InboxItem, Notice, Sent, Tried, Urgency, Way};
use crate::phones::PhoneNumber;
use crate::refusal::Fault;

/// Reading.
pub trait Reads: activity::Reads {
    /// The inbox before a sequence number, newest first.
    fn inbox_before(&mut self, account: AccountId, before: i64, limit: i64) -> Result<Vec<InboxItem>, Fault>;

    /// How many inbox items are unread.
    fn inbox_unread(&mut self, account: AccountId) -> Result<i64, Fault>;

    /// What the customer chose: pairs of an event's code and whether an e-mail goes out.
    fn choices(&mut self, account: AccountId) -> Result<Vec<(String, bool)>, Fault>;

    /// The same for SMS.
    fn sms_choices(&mut self, account: AccountId) -> Result<Vec<(String, bool)>, Fault>;

    /// What a gateway reported last about an SMS of this account to this number.
    fn sms_newest_report(&mut self, account: AccountId, number: &PhoneNumber) -> Result<Option<Delivery>, Fault>;

    /// How many notices of an account wait that go this way, are this urgent and were never tried.
    fn outbox_untried(&mut self, account: AccountId, way: Way, urgency: Urgency) -> Result<i64, Fault>;

    /// Whether an entry lies in the inbox.
    fn inbox_has(&mut self, account: AccountId, sequence: i64) -> Result<bool, Fault>;

    /// What went out about an entry, letters first. Recipients stand there in full.
    fn outbox_of_entry(&mut self, account: AccountId, sequence: i64) -> Result<Vec<Sent>, Fault>;

    /// Where the notices to the customer about the entries from one number to another go: the number, how, and to whom.
    fn outbox_of_entries(
        &mut self,
        account: AccountId,
        sequences: (i64, i64),
    ) -> Result<Vec<(i64, CarrierKind, String)>, Fault>;

    /// The entry that the notice with this link behind "this wasn't me" is about.
    fn outbox_entry_with(&mut self, account: AccountId, freeze_link: LinkId) -> Result<Option<i64>, Fault>;

    /// How many notices are neither sent nor refused.
    fn outbox_waiting(&mut self) -> Result<i64, Fault>;

    /// The same for one way, and the oldest of them.
    fn outbox_backlog(&mut self, way: Way) -> Result<(i64, Option<NoticeId>), Fault>;
}

/// Which notices somebody wants to hand over.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Which way they go.
    pub way: Way,
    /// How urgent they are.
    pub urgency: Urgency,
    /// How many, at most.
    pub limit: i64,
}

/// Writing.
pub trait Writes: Reads {
    /// Puts an entry into the inbox.
    fn inbox_insert(&mut self, account: AccountId, sequence: i64) -> Result<(), Fault>;

    /// Marks everything up to an entry as read. Bookkeeping.
    fn inbox_read(&mut self, account: AccountId, up_to: i64, now: Time) -> Result<(), Fault>;

    /// Keeps a choice. Answers whether that is new.
    fn choice_set(&mut self, account: AccountId, code: &str, on: bool) -> Result<bool, Fault>;

    /// Keeps a choice about SMS. Answers whether that is new.
    fn sms_choice_set(&mut self, account: AccountId, code: &str, on: bool) -> Result<bool, Fault>;

    /// Puts a notice into the outbox.
    fn outbox_insert(&mut self, notice: &Notice) -> Result<(), Fault>;

    /// Leases notices that are due until then, oldest first; nobody else gets them meanwhile. Bookkeeping.
    fn outbox_lease(&mut self, which: &Wanted, now: Time, until: Time) -> Result<Vec<Notice>, Fault>;

    /// Writes down what a try to hand over a leased notice came to. Bookkeeping.
    fn outbox_settle(&mut self, notice: NoticeId, tried: &Tried, now: Time) -> Result<(), Fault>;

    /// Writes down that a letter came back which a mail server had taken on, in whose words. Answers what it was about, if
    /// that is new. Bookkeeping.
    fn outbox_came_back(
        &mut self,
        notice: NoticeId,
        said: &str,
        now: Time,
    ) -> Result<Option<(AccountId, i64, CarrierKind)>, Fault>;

    /// Writes down what a gateway reports about an SMS. What was delivered stays delivered. Bookkeeping.
    fn sms_report(&mut self, notice: NoticeId, delivery: Delivery, now: Time) -> Result<(), Fault>;
}
