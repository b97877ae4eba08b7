//! What a process counts about itself, for the operator's charts. Nothing here names a customer, and no rule reads it.
//!
//! Counting is one atomic addition. What exists only while somebody asks (how many wait, how old the oldest is) is looked
//! up by whoever shows the figures.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::activity::catalogue;
use crate::chore::CHORES;
use crate::notifications::{Fate, Way};
use crate::refusal::Refusal;
use crate::webhooks::Answer;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Found {
    found: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HandOver {
    carrier: &'static str,
    fate: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Called {
    fate: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChoreRun {
    chore: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChoreName {
    chore: &'static str,
}

/// The name under which the delivery of notices counts among the chores.
pub const DELIVERY: &str = "notices_deliver";

/// The name under which the giving of positions counts among them.
pub const PLACING: &str = "feed_place";

/// The name under which the delivery of webhooks counts among them.
pub const CALLING: &str = "webhooks_deliver";

/// How long something took. Nothing decides by it.
#[derive(Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Begins now.
    #[expect(clippy::disallowed_methods, reason = "it measures, and no rule reads what it measured")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Seconds since then.
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// What an engine counts of its commits.
#[derive(Debug, Clone)]
pub struct Commits {
    seconds: Histogram,
    group: Histogram,
}

impl Default for Commits {
    fn default() -> Self {
        Self {
            seconds: Histogram::new(exponential_buckets(0.000_1, 2.0, 16)),
            group: Histogram::new(exponential_buckets(1.0, 2.0, 7)),
        }
    }
}

impl Commits {
    /// Counts a commit of so many changes.
    pub fn count(&self, changes: usize, took: &Stopwatch) {
        self.seconds.observe(took.seconds());
        self.group.observe(f64::from(u32::try_from(changes).unwrap_or(u32::MAX)));
    }
}

/// Everything that is counted as it happens.
#[derive(Debug)]
pub struct Meters {
    events: Family<Code, Counter>,
    refusals: Family<Code, Counter>,
    checks: Family<Found, Counter>,
    // Beside the family, so that the hot path looks nothing up.
    checks_found: Counter,
    checks_not_found: Counter,
    hand_overs: Family<HandOver, Histogram, fn() -> Histogram>,
    calls: Family<Called, Histogram, fn() -> Histogram>,
    chores: Family<ChoreRun, Counter>,
    chore_seconds: Family<ChoreName, Histogram, fn() -> Histogram>,
    commits: Commits,
}

impl Meters {
    /// All at nought. Every label there is stands there from the start, so that a chart sees the first one too.
    pub(crate) fn new(commits: Commits) -> Self {
        let checks = Family::<Found, Counter>::default();
        let seconds: fn() -> Histogram = || Histogram::new(exponential_buckets(0.001, 4.0, 9));
        let meters = Self {
            events: Family::default(),
            refusals: Family::default(),
            checks_found: checks.get_or_create_owned(&Found { found: "yes" }),
            checks_not_found: checks.get_or_create_owned(&Found { found: "no" }),
            checks,
            hand_overs: Family::new_with_constructor(seconds),
            calls: Family::new_with_constructor(seconds),
            chores: Family::default(),
            chore_seconds: Family::new_with_constructor(seconds),
            commits,
        };
        for event in catalogue() {
            drop(meters.events.get_or_create(&Code { code: event.spec().code }));
        }
        for (carrier, fate) in WAYS.into_iter().flat_map(|way| FATES.map(|fate| (way.code(), fate))) {
            drop(meters.hand_overs.get_or_create(&HandOver { carrier, fate }));
        }
        for fate in CALLS {
            drop(meters.calls.get_or_create(&Called { fate }));
        }
        for chore in CHORES.iter().map(|chore| chore.name).chain([DELIVERY, PLACING, CALLING]) {
            for outcome in ["done", "failed"] {
                drop(meters.chores.get_or_create(&ChoreRun { chore, outcome }));
            }
            drop(meters.chore_seconds.get_or_create(&ChoreName { chore }));
        }
        // One of those that every attack shows in; the others stand there from the first time on.
        drop(meters.refusals.get_or_create(&Code { code: Refusal::Busy.spec().code }));
        meters
    }

    /// Counts what was recorded, once it is committed.
    pub(crate) fn happened(&self, events: &[&'static str]) {
        for code in events {
            self.events.get_or_create(&Code { code }).inc();
        }
    }

    /// Counts an answer that said no.
    pub fn refused(&self, code: &'static str) {
        self.refusals.get_or_create(&Code { code }).inc();
    }

    pub(crate) fn checked(&self, found: bool) {
        let counter = if found { &self.checks_found } else { &self.checks_not_found };
        counter.inc();
    }

    pub(crate) fn handed_over(&self, way: Way, fate: &Fate, took: &Stopwatch) {
        let fate = match fate {
            Fate::Sent(_) => FATES[0],
            Fate::Later(_) => FATES[1],
            Fate::Refused(_) => FATES[2],
        };
        self.hand_overs.get_or_create(&HandOver { carrier: way.code(), fate }).observe(took.seconds());
    }

    pub(crate) fn called(&self, answer: &Answer, took: &Stopwatch) {
        let fate = match answer {
            Answer::Taken(_) => CALLS[0],
            Answer::Busy(..) | Answer::Failed(_) => CALLS[1],
            Answer::Gone(_) => CALLS[2],
        };
        self.calls.get_or_create(&Called { fate }).observe(took.seconds());
    }

    /// Counts one run of a chore.
    pub fn chore_ran(&self, chore: &'static str, well: bool, took: &Stopwatch) {
        let outcome = if well { "done" } else { "failed" };
        self.chores.get_or_create(&ChoreRun { chore, outcome }).inc();
        self.chore_seconds.get_or_create(&ChoreName { chore }).observe(took.seconds());
    }

    /// Puts all of it on a list that can be shown. Names come without the prefix of the list.
    pub fn list(&self, list: &mut Registry) {
        list.register("events", EVENTS, self.events.clone());
        list.register("refusals", REFUSALS, self.refusals.clone());
        list.register("session_checks", CHECKS, self.checks.clone());
        list.register("hand_over_seconds", HAND_OVERS, self.hand_overs.clone());
        list.register("webhook_seconds", WEBHOOKS, self.calls.clone());
        list.register("chore_runs", "Runs of background work", self.chores.clone());
        list.register("chore_seconds", "How long background work took", self.chore_seconds.clone());
        list.register("commit_seconds", "How long commits took", self.commits.seconds.clone());
        list.register("commit_group", "Changes that shared one commit", self.commits.group.clone());
    }
}

const EVENTS: &str = "Entries of activity logs, by the code of the event (docs/events.md): sign-ins by their outcome are \
     sign_in.*, freezes protection.frozen";
const REFUSALS: &str = "Answers that said no, by their code; faults of ours are among them";
const CHECKS: &str = "Looks at who a session's secret belongs to";
const HAND_OVERS: &str = "How long a mail server or gateway took to take a notice, and what became of it";

const WEBHOOKS: &str = "How long the exchange's backend took to answer a webhook, and what came of it";

const WAYS: [Way; 2] = [Way::Mail, Way::Sms];
const FATES: [&str; 3] = ["sent", "later", "refused"];
const CALLS: [&str; 3] = ["taken", "failed", "gone"];

impl Way {
    /// The word that figures are listed under.
    pub fn code(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }
}
