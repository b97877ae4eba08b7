//! Purchases, deposits and withdrawals that happened in the exchange's own engine: each becomes an entry of the customer's
//! activity with its notices, in one change, once. Decision 28 says what "once" means.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::activity::{Event, Moved};
use crate::change::Change;
use crate::clock::Span;
use crate::ids::AccountId;
use crate::refusal::{Fault, Refusal, Stop};
use crate::service::{Nonce, ServiceKey};

use super::keys::still_good;

/// Reports in one request, at most.
pub const REPORTS_MAX: usize = 100;

/// How long the answer to a request is kept.
pub const ANSWERS_KEPT: Span = Span::from_hours(24);

/// One report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Whose money.
    pub account: AccountId,
    /// What happened.
    pub kind: ReportKind,
    /// What moved.
    pub moved: Moved,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// The customer bought something.
    Purchase,
    /// Money arrived.
    Deposit,
    /// Money left.
    Withdrawal,
}

impl Report {
    fn event(&self) -> Event {
        let moved = self.moved.clone();
        match self.kind {
            ReportKind::Purchase => Event::Purchased(moved),
            ReportKind::Deposit => Event::Deposited(moved),
            ReportKind::Withdrawal => Event::Withdrawn(moved),
        }
    }

    /// What the same report shares, and no other.
    fn digest(&self) -> Result<[u8; 32], Fault> {
        let canonical = serde_json::to_vec(&(self.account, self.event())).map_err(Fault::broken)?;
        Ok(Sha256::digest(canonical).into())
    }
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Reported {
    /// It stands in the customer's activity now.
    Done {
        /// The number of its entry.
        sequence: i64,
    },
    /// It stood there already: this very report came before.
    Already {
        /// The number of its entry.
        sequence: i64,
    },
    /// There is no such account.
    NoAccount,
    /// Another report came with this reference before.
    ReferenceUsed,
    /// It happened so long ago that it may have been told and forgotten, so it is not told.
    TooOld,
}

/// A request with reports: who asks, and how the same request is known again.
#[derive(Debug, Clone)]
pub struct Reports {
    /// The key that asks.
    pub key: ServiceKey,
    /// The use of its signature, where it was signed.
    pub nonce: Option<Nonce>,
    /// The digest of the word that the backend gave the request.
    pub idempotency_key: [u8; 32],
    /// The digest of the whole request.
    pub request: [u8; 32],
    /// The reports.
    pub reports: Vec<Report>,
}

/// Writes reports down, one by one in one change, and answers what became of each, in their order. The same request sent
/// again gets the same answer, and a report that came in another request is not told twice.
pub fn report(change: &mut Change<'_>, asked: &Reports) -> Result<Vec<Reported>, Stop> {
    still_good(change, asked.key.id)?;
    if let Some(nonce) = &asked.nonce {
        nonce.spend(change)?;
    }
    let name = &asked.key.name;
    if let Some((request, answer)) = change.rows().service_answer(name, &asked.idempotency_key)? {
        if request != asked.request {
            return Err(Refusal::KeyUsed.into());
        }
        return Ok(serde_json::from_str(&answer).map_err(Fault::broken)?);
    }
    let mut order: Vec<usize> = (0..asked.reports.len()).collect();
    // Accounts are held in one order everywhere, so that two requests never wait for each other in a circle.
    order.sort_by_key(|index| asked.reports[*index].account);
    let mut answers = vec![Reported::NoAccount; asked.reports.len()];
    for index in order {
        answers[index] = report_one(change, &asked.key, &asked.reports[index])?;
    }
    let answer = serde_json::to_string(&answers).map_err(Fault::broken)?;
    let now = change.now();
    change.rows().service_answer_insert(name, (&asked.idempotency_key, &asked.request), &answer, now)?;
    Ok(answers)
}

fn report_one(change: &mut Change<'_>, key: &ServiceKey, report: &Report) -> Result<Reported, Stop> {
    let (digest, reference) = (report.digest()?, report.moved.reference());
    // The account first: of two at once with the same report the second sees what the first did.
    let account = change.rows().account_lock(report.account)?.filter(|account| account.confirmed_at.is_some());
    let remembered = change.rows().service_report(&key.name, reference)?;
    if let Some((before, sequence)) = remembered.report {
        return Ok(if before == digest { Reported::Already { sequence } } else { Reported::ReferenceUsed });
    }
    let Some(account) = account else { return Ok(Reported::NoAccount) };
    let happened_at = report.moved.at();
    // To the microsecond, as it is stored.
    if happened_at.as_microsecond() <= remembered.dropped.as_microsecond() {
        return Ok(Reported::TooOld);
    }
    let sequence = change.record_with_link(account.id, &report.event(), None)?;
    // The later of both: so what was forgotten happened no later than what says until when reports are forgotten, whatever
    // the clock of the backend shows.
    let reported_at = change.now().max(happened_at);
    change.rows().service_report_insert(key, reference, (&digest, account.id, sequence), reported_at)?;
    Ok(Reported::Done { sequence })
}
