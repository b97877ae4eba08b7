//! [`Change`]: one database transaction that carries the rows, the activity event and the notices it causes.

use crate::activity::{self, Actor, Event};
use crate::app::{Core, Reads, Rows};
use crate::clock::Time;
use crate::entropy::Entropy;
use crate::feed::Note;
use crate::ids::{AccountId, LinkId};
use crate::notifications::{self, Way};
use crate::phones::PhoneNumber;
use crate::refusal::Stop;
use crate::secrets::Keys;
use crate::settings::Settings;

/// One transaction under way. An action is a plain function that is handed one; it may be run again from its
/// beginning, so everything it needs it takes from here.
pub struct Change<'a> {
    rows: &'a mut dyn Rows,
    core: &'a Core,
    actor: &'a Actor,
    now: Time,
    subject: Option<AccountId>,
    told: Vec<AccountId>,
    queued: Vec<Way>,
    happened: Vec<&'static str>,
    notes: Vec<Note>,
    fed: bool,
}

impl<'a> Change<'a> {
    pub(crate) fn new(rows: &'a mut dyn Rows, core: &'a Core, actor: &'a Actor, now: Time) -> Self {
        Self {
            rows,
            core,
            actor,
            now,
            subject: None,
            told: Vec::new(),
            queued: Vec::new(),
            happened: Vec::new(),
            notes: Vec::new(),
            fed: false,
        }
    }

    /// The moment of this change: the same wherever it is asked, so that what is written together agrees.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Who acts, and from where.
    pub fn actor(&self) -> &'a Actor {
        self.actor
    }

    /// The rows, to read and to write.
    pub fn rows(&mut self) -> &mut dyn Rows {
        self.rows
    }

    /// The operator's settings.
    pub fn settings(&self) -> &'a Settings {
        &self.core.settings
    }

    /// The keys kept outside the database.
    pub fn keys(&self) -> &'a Keys {
        &self.core.keys
    }

    /// The source of chance.
    pub fn entropy(&self) -> &'a dyn Entropy {
        &*self.core.entropy
    }

    /// The same transaction as a view, for readings that both share.
    pub fn view(&mut self) -> View<'_> {
        View { rows: self.rows, core: self.core, now: self.now }
    }

    /// Says whose account this change is about, so that a refused attempt can be written into their activity.
    pub(crate) fn about(&mut self, account: AccountId) {
        self.subject = Some(account);
    }

    /// Writes what happened into the account's activity and puts the notices it causes into the outbox.
    pub(crate) fn record(&mut self, account: AccountId, event: &Event) -> Result<(), Stop> {
        self.record_with_link(account, event, None).map(drop)
    }

    /// The same, for an event whose letter carries a link that does something. Answers the entry's number.
    pub(crate) fn record_with_link(
        &mut self,
        account: AccountId,
        event: &Event,
        link: Option<LinkId>,
    ) -> Result<i64, Stop> {
        let sequence = activity::append(self, account, event)?;
        let code = event.spec().code;
        self.happened.push(code);
        if let Some(news) = event.news() {
            self.note(Note { account, sequence, code, news });
        }
        notifications::queue(self, account, sequence, event, link)?;
        if !self.told.contains(&account) {
            self.told.push(account);
        }
        Ok(sequence)
    }

    /// The same, for an event that an SMS to this very number carries, whatever the customer chose.
    pub(crate) fn record_with_sms_to(
        &mut self,
        account: AccountId,
        event: &Event,
        number: &PhoneNumber,
    ) -> Result<(), Stop> {
        let sequence = self.record_with_link(account, event, None)?;
        notifications::queue_sms(self, account, sequence, (number, event.spec().severity))
    }

    /// Notes that the outbox grew, so that the delivery is poked after the commit.
    pub(crate) fn note_queued(&mut self, way: Way) {
        if !self.queued.contains(&way) {
            self.queued.push(way);
        }
    }

    pub(crate) fn queued(&self) -> &[Way] {
        &self.queued
    }

    /// The codes of the events that were recorded.
    pub(crate) fn happened(&self) -> &[&'static str] {
        &self.happened
    }

    /// Keeps news for the feed until the change is over.
    pub(crate) fn note(&mut self, note: Note) {
        self.notes.push(note);
        self.fed = true;
    }

    pub(crate) fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// Whether the feed grew, so that its items get their positions after the commit.
    pub(crate) fn fed(&self) -> bool {
        self.fed
    }

    /// The accounts whose activity grew.
    pub(crate) fn told(&self) -> &[AccountId] {
        &self.told
    }

    pub(crate) fn subject(&self) -> Option<AccountId> {
        self.subject
    }
}

/// A reading of one consistent moment of the database. It cannot write: the type has no way to.
pub struct View<'a> {
    rows: &'a mut dyn Reads,
    core: &'a Core,
    now: Time,
}

impl<'a> View<'a> {
    pub(crate) fn new(rows: &'a mut dyn Reads, core: &'a Core, now: Time) -> Self {
        Self { rows, core, now }
    }

    /// The moment of this reading.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The rows, to read.
    pub fn rows(&mut self) -> &mut dyn Reads {
        self.rows
    }

    /// The operator's settings.
    pub fn settings(&self) -> &'a Settings {
        &self.core.settings
    }

    /// The keys kept outside the database.
    pub fn keys(&self) -> &'a Keys {
        &self.core.keys
    }
}
