//! For the exchange's own backend: whose session is this, may that account move money, and what moved.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use domain::activity::{Actor, Moved, Said};
use domain::ids::{AccountId, SessionId};
use domain::refusal::Refusal;
use domain::service::{
    self, Assurance, LiveSession, MoneyStanding, REPORTS_MAX, Reason, Report, ReportKind, Reported, Reports,
};
use domain::{Origin, SecretText, Span, Stop, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use crate::answers::Problem;
use crate::forms::{Json, Mistake, MistakeKind, PathPart, Secret, Text};
use crate::once;
use crate::service::{Caller, SEEN_FROM, SESSION, one, word_digest};
use crate::site::Web;

/// A customer's session, as their browser or app showed it to the backend.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionToCheck {
    /// The session's secret.
    session_secret: Secret,
    /// The address the customer came from. With it this is a use of the session, which keeps it alive.
    #[schema(example = "203.0.113.9")]
    seen_from: Option<Text<45>>,
}

/// Whose session it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionChecked {
    /// Whether the session is live.
    live: bool,
    /// The session, if it is.
    session: Option<CheckedSession>,
}

/// A live session, and its account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckedSession {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    /// The account.
    #[schema(value_type = String, format = "uuid")]
    account: AccountId,
    /// How well its sign-in was proved: `password`, `sms`, `two_factors` or `passkey`.
    assurance: &'static str,
    /// What it was proved by, in the order given.
    proved_by: Vec<&'static str>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    began_at: Time,
    /// When it ends by itself at the latest.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Time,
    /// The security epoch of the account: another one than before means that credentials were changed, or a freeze.
    epoch: i64,
    /// What else is true of the account: `frozen`, `held`, `settings_locked`, `passkey_only`.
    flags: Vec<&'static str>,
    /// Whether money may move.
    standing: StandingOfMoney,
}

impl SessionChecked {
    fn of(web: &Web, live: Option<LiveSession>) -> Self {
        let session = live.map(|live| CheckedSession {
            id: live.session,
            account: live.state.account,
            assurance: Assurance::of(&live.proved_by).code(),
            proved_by: live.proved_by.iter().map(|method| method.code()).collect(),
            began_at: live.began_at,
            ends_at: live.began_at + Span::from_hours(web.app().settings().session.absolute_hours),
            epoch: live.state.epoch,
            flags: live.state.flags(),
            standing: StandingOfMoney::of(&live.state.money()),
        });
        Self { live: session.is_some(), session }
    }
}

/// Whether money may move.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingOfMoney {
    /// Whether it may leave for any address.
    may_move_money: bool,
    /// Whether it may leave for addresses that the account used before `old_before`, where that is there.
    may_move_money_to_old_addresses: bool,
    /// An address is old enough if the account used it before this moment.
    #[schema(value_type = Option<String>, format = DateTime)]
    old_before: Option<Time>,
    /// Everything that stands in the way.
    reasons: Vec<OneReason>,
}

/// One reason why money does not move, or not everywhere.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneReason {
    /// `frozen`, `held` or `unconfirmed`.
    code: &'static str,
    /// The same for the customer.
    says: &'static str,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Time>,
    /// Until when, where that is known: a freeze ends only when its owner unfreezes the account.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
}

impl StandingOfMoney {
    pub(super) fn of(money: &MoneyStanding) -> Self {
        let reason = |reason: &Reason| OneReason {
            code: reason.why.code(),
            says: reason.why.sentence(),
            since: reason.since,
            until: reason.until,
        };
        Self {
            may_move_money: money.anywhere,
            may_move_money_to_old_addresses: money.to_old_addresses,
            old_before: money.old_before,
            reasons: money.reasons.iter().map(reason).collect(),
        }
    }
}

/// The state of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountStanding {
    /// The account.
    #[schema(value_type = String, format = "uuid")]
    account: AccountId,
    /// Its security epoch.
    epoch: i64,
    /// What else is true of it: `frozen`, `held`, `settings_locked`, `passkey_only`.
    flags: Vec<&'static str>,
    /// Whether money may move.
    standing: StandingOfMoney,
}

pub(crate) async fn check_session(web: Web, Json(asked): Json<SessionToCheck>) -> Answer<SessionChecked> {
    let seen_from = asked.seen_from.as_ref().map(|text| address("seen_from", text.as_str())).transpose()?;
    answer(&web, &asked.session_secret.0, seen_from).await
}

pub(crate) async fn session(web: Web, request: Request) -> Answer<SessionChecked> {
    let headers = request.headers();
    let secret = one(headers, SESSION)?.and_then(Secret::from_text).ok_or_else(|| {
        Problem::mistake(&Mistake::here(MistakeKind::MissingField, "must hold the session's secret").within(SESSION))
    })?;
    let seen_from = one(headers, SEEN_FROM)?.map(|text| address(SEEN_FROM, text)).transpose()?;
    answer(&web, &secret.0, seen_from).await
}

async fn answer(web: &Web, secret: &SecretText, seen_from: Option<IpAddr>) -> Answer<SessionChecked> {
    let place = |ip: IpAddr| Origin { ip: Some(ip), browser: None, place: web.guesses().place(ip) };
    let live = service::check_session(web.app(), secret, seen_from.map(place).as_ref()).await?;
    Ok(Json(SessionChecked::of(web, live)))
}

fn address(field: &str, text: &str) -> Result<IpAddr, Problem> {
    let wrong = |_| Problem::mistake(&Mistake::here(MistakeKind::BadValue, "must be an IP address").within(field));
    text.parse::<IpAddr>().map(|ip| ip.to_canonical()).map_err(wrong)
}

pub(crate) async fn standing(web: Web, PathPart(account): PathPart<AccountId>) -> Answer<AccountStanding> {
    let state = service::standing(web.app(), account).await.map_err(|stop| match stop {
        Stop::Refused(Refusal::NoSuchThing) => no_such_account(),
        other => Problem::from(other),
    })?;
    let (epoch, flags) = (state.epoch, state.flags());
    Ok(Json(AccountStanding { account, epoch, flags, standing: StandingOfMoney::of(&state.money()) }))
}

fn no_such_account() -> Problem {
    let advice = "Look whether the id is the one that a check of a session or forward-auth told of; an account that was never opened here has no standing.";
    Problem::new(StatusCode::NOT_FOUND, "no_such_thing", "There is no account with this id.", advice)
}

/// Purchases, deposits and withdrawals that happened in the exchange's own engine.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsIn {
    /// From 1 to 100 of them.
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<EventIn>,
}

/// One of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventIn {
    /// Whose money.
    #[schema(value_type = String, format = "uuid", max_length = 36)]
    account: AccountId,
    /// What happened.
    kind: EventKind,
    /// The asset's code: 2 to 12 capital letters and digits.
    #[schema(example = "BTC")]
    asset: Text<12>,
    /// How much, as the customer is to read it: a decimal number above zero, as text.
    #[schema(example = "0.05")]
    amount: Text<39>,
    /// The address it went to, or came from.
    address: Option<Text<128>>,
    /// What you call it. One reference is one event: sent again, it is told once.
    #[schema(example = "W-1042")]
    reference: Text<64>,
    /// When it happened, as RFC 3339.
    #[schema(example = "2026-11-22T12:00:00Z")]
    happened_at: Text<40>,
}

/// What happened.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventKind {
    /// The customer bought something.
    Purchase,
    /// Money arrived.
    Deposit,
    /// Money left.
    Withdrawal,
}

/// What became of each, in the order they were sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventsTaken {
    /// One for each.
    results: Vec<EventTaken>,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventTaken {
    /// Its reference.
    reference: String,
    /// `done`; `already`, where this very event came before; `no_such_account`; `reference_used`, where another event came
    /// with this reference; or `too_old`, where it happened before all that is remembered of events: it may have been told
    /// then, so it is not told.
    status: &'static str,
    /// The number of its entry in the customer's activity.
    sequence: Option<i64>,
}

pub(crate) async fn report(
    web: Web,
    caller: Caller,
    headers: HeaderMap,
    Json(sent): Json<EventsIn>,
) -> Answer<EventsTaken> {
    let key = once::key(&headers).map_err(|mistake| Problem::mistake(&mistake))?;
    let key = key.ok_or_else(|| Problem::mistake(&Mistake::missing(once::NAME)))?;
    let reports = read(&sent, web.app().clock().now()).map_err(|mistake| Problem::mistake(&mistake))?;
    let asked = Reports {
        key: (*caller.key).clone(),
        nonce: caller.nonce,
        idempotency_key: word_digest(key),
        request: caller.request,
        reports,
    };
    let _turn = web.turns().take(asked.reports.len()).await?;
    let answers = web.app().change(&Actor::exchange(), move |change| service::report(change, &asked)).await?;
    let results = sent.events.into_iter().zip(answers).map(|(event, answer)| {
        let (status, sequence) = match answer {
            Reported::Done { sequence } => ("done", Some(sequence)),
            Reported::Already { sequence } => ("already", Some(sequence)),
            Reported::NoAccount => ("no_such_account", None),
            Reported::ReferenceUsed => ("reference_used", None),
            Reported::TooOld => ("too_old", None),
        };
        EventTaken { reference: event.reference.into_string(), status, sequence }
    });
    Ok(Json(EventsTaken { results: results.collect() }))
}

/// All of them, or the first mistake: what has the wrong shape is a fault of the program, and nothing of it is taken.
fn read(sent: &EventsIn, now: Time) -> Result<Vec<Report>, Mistake> {
    if !(1..=REPORTS_MAX).contains(&sent.events.len()) {
        let say = format!("must hold 1 to {REPORTS_MAX} events");
        return Err(Mistake::here(MistakeKind::WrongLength, say).within("events"));
    }
    let within = |index: usize, field: &str, say: &str| {
        Mistake::here(MistakeKind::BadValue, say).within(field).within(&index.to_string()).within("events")
    };
    let one = |(index, event): (usize, &EventIn)| {
        // A second that is none, :60, would be read as another one.
        let written = Some(event.happened_at.as_str()).filter(|text| !text.contains(":60"));
        let at = written.and_then(|text| text.parse().ok());
        let at = at.ok_or_else(|| within(index, "happened_at", "must be a moment like 2026-11-22T12:00:00Z"))?;
        let said = Said {
            asset: event.asset.as_str(),
            amount: event.amount.as_str(),
            address: event.address.as_ref().map(Text::as_str),
            reference: event.reference.as_str(),
            at,
        };
        let moved = Moved::read(said, now).map_err(|(field, say)| within(index, field, say))?;
        let kind = match event.kind {
            EventKind::Purchase => ReportKind::Purchase,
            EventKind::Deposit => ReportKind::Deposit,
            EventKind::Withdrawal => ReportKind::Withdrawal,
        };
        Ok(Report { account: event.account, kind, moved })
    };
    sent.events.iter().enumerate().map(one).collect()
}
