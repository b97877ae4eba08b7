//! What is dropped, and from which age on.

use crate::clock::{Span, Time};
use crate::settings::RetainRules;

/// A table that something is dropped from, or some that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Sessions that ended.
    Sessions,
    /// Links in letters whose time is over.
    Links,
    /// Letters and SMS that were handed over, or given up.
    Notices,
    /// Sign-ins that waited for something.
    SignIns,
    /// Browsers that are not known any more, and which passkeys were used in them.
    Browsers,
    /// Places that an account was used from, but for the newest.
    Places,
    /// Waits that ended, holds that are over, changes of address that are over.
    Waits,
    /// The activity log, and the inbox with it.
    Events,
    /// The feed of the exchange's backend, and what webhooks were told of it.
    Feed,
    /// The references of what the exchange's backend reported; what was told of it stands in the activity log.
    Reports,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Sessions,
        Self::Links,
        Self::Notices,
        Self::SignIns,
        Self::Browsers,
        Self::Places,
        Self::Waits,
        Self::Events,
        Self::Feed,
        Self::Reports,
    ];

    /// Those that are found in order of time, whoever they belong to. The others are looked through by account.
    pub const BY_TIME: [Self; 5] = [Self::Sessions, Self::Links, Self::Notices, Self::Feed, Self::Reports];

    /// What it holds, as the operator reads it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sessions => "sessions that ended",
            Self::Links => "links in letters",
            Self::Notices => "letters and SMS that were sent",
            Self::SignIns => "sign-ins that waited",
            Self::Browsers => "forgotten browsers",
            Self::Places => "places of sign-ins",
            Self::Waits => "waits, holds and changes of address",
            Self::Events => "activity and inbox",
            Self::Feed => "feed of the backend",
            Self::Reports => "references of reports",
        }
    }

    /// The days after which it goes, if it does.
    pub fn days(self, rules: &RetainRules) -> Option<i64> {
        match self {
            Self::Sessions => Some(rules.sessions_days),
            Self::Links => Some(rules.links_days),
            Self::Notices => Some(rules.notices_days),
            Self::SignIns => Some(rules.sign_ins_days),
            Self::Browsers => Some(rules.browsers_days),
            Self::Places => Some(rules.places_days),
            Self::Waits => Some(rules.waits_days),
            Self::Events => Some(rules.events_days).filter(|days| *days > 0),
            Self::Feed => Some(rules.feed_days),
            Self::Reports => Some(rules.reports_days),
        }
    }
}

/// Until when everything of a table is kept: what was over before then goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages([Option<Time>; 10]);

impl Ages {
    /// The ages at a moment.
    pub fn at(rules: &RetainRules, now: Time) -> Self {
        Self(Table::ALL.map(|table| table.days(rules).map(|days| now - Span::from_hours(24 * days))))
    }

    /// Before when something of a table must have been over to go; long ago where nothing goes.
    pub fn of(&self, table: Table) -> Time {
        self.0[table as usize].unwrap_or(Time::MIN)
    }
}

/// How many rows of each table are over, or were dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Over([u64; 10]);

impl Over {
    /// How many of one table.
    pub fn of(&self, table: Table) -> u64 {
        self.0[table as usize]
    }

    /// How many of all.
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds to one table.
    pub fn add(&mut self, table: Table, rows: u64) {
        self.0[table as usize] += rows;
    }

    pub(super) fn add_all(&mut self, more: &Self) {
        for table in Table::ALL {
            self.add(table, more.of(table));
        }
    }

    /// Whether as many of some table were dropped as one change drops.
    pub(super) fn any_full(&self, batch: i64) -> bool {
        self.0.iter().any(|rows| *rows >= batch.unsigned_abs())
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Accounts that were looked at.
    pub looked_at: u64,
    /// Accounts that there are.
    pub accounts: u64,
    /// Whether rows were dropped since the last time: then others want their turn.
    pub wrote: bool,
}
