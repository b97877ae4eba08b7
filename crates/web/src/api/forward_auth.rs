//! For a proxy on the same host that asks who a request is from before it passes it on: nginx's `auth_request`.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::service::{self, Assurance, LiveSession};
use domain::{Span, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use super::service::StandingOfMoney;
use crate::answers::Problem;
use crate::forms::{Json, Mistake, MistakeKind, Query, Text, Whole};
use crate::next::come_back_to;
use crate::site::Web;
use crate::visitor::{Customer, Visitor};

/// Whose account it is. The proxy sets it on what it passes on, in place of whatever the client sent under this name.
const ACCOUNT: HeaderName = HeaderName::from_static("x-countersign-account");
const SESSION: HeaderName = HeaderName::from_static("x-countersign-session");
const ASSURANCE: HeaderName = HeaderName::from_static("x-countersign-assurance");
const EPOCH: HeaderName = HeaderName::from_static("x-countersign-epoch");

/// `yes` where money may leave for any address.
const MONEY: HeaderName = HeaderName::from_static("x-countersign-may-move-money");

/// Why a customer who is signed in is not let through.
pub(crate) const REASON: HeaderName = HeaderName::from_static("x-countersign-reason");

/// The same for the OpenAPI document.
pub(crate) const SAID: &[(&str, &str)] = &[
    ("X-Countersign-Account", "The id of the account."),
    ("X-Countersign-Session", "The id of the session."),
    ("X-Countersign-Assurance", "`password`, `sms`, `two_factors` or `passkey`."),
    ("X-Countersign-Epoch", "The security epoch of the account."),
    ("X-Countersign-May-Move-Money", "`yes` where money may leave for any address, or `no`."),
];

/// What a refusal says beside it.
pub(crate) const SAID_WHY: &[(&str, &str)] =
    &[("X-Countersign-Reason", "`assurance`, where the sign-in was too weak, or `age`, where it is too long ago.")];

/// What has to be so, besides that somebody is signed in.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The weakest sign-in that is let through: `password`, `sms`, `two_factors` or `passkey`.
    #[param(inline)]
    assurance: Option<Text<16>>,
    /// The longest ago that it may have been, in minutes.
    #[param(inline)]
    within_minutes: Option<Whole<1, 1440>>,
}

/// `GET /api/v1/forward-auth`: 200 with who it is, 401 for nobody, 403 where they have to prove more. It is a use of the
/// session, which stays alive by it. What the request itself says in headers of these names is not looked at.
pub(crate) async fn who(web: Web, visitor: Visitor, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let demand = Demand { assurance: wanted.assurance, within_minutes: wanted.within_minutes, next: None };
    let (live, missing) = look(&web, &visitor, &demand).await?;
    if let Some(missing) = missing {
        let mut response = step_up().into_response();
        response.headers_mut().insert(REASON, HeaderValue::from_static(missing.code()));
        return Ok(response);
    }
    Ok((StatusCode::OK, said(&live)).into_response())
}

/// The same, as the page and the reading that explain it are asked, with where to go on from there.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Demand {
    /// The weakest sign-in that is let through: `password`, `sms`, `two_factors` or `passkey`.
    #[param(inline)]
    assurance: Option<Text<16>>,
    /// The longest ago that it may have been, in minutes.
    #[param(inline)]
    within_minutes: Option<Whole<1, 1440>>,
    /// Where to go on: a page of ours, or a path below one of `return_paths`. Any other is left out of the answer.
    #[param(inline)]
    next: Option<Text<200>>,
}

impl Demand {
    /// Where to go on, as it was asked.
    pub(crate) fn next(&self) -> Option<&str> {
        self.next.as_ref().map(Text::as_str)
    }
}

/// The session that a visitor brings, and what it lacks for this.
pub(crate) async fn look(
    web: &Web,
    visitor: &Visitor,
    demand: &Demand,
) -> Result<(LiveSession, Option<Missing>), Problem> {
    let least = demand.assurance.as_ref().map(|word| word.as_str().parse::<Assurance>()).transpose();
    let least =
        least.map_err(|say| Problem::mistake(&Mistake::here(MistakeKind::BadValue, say).within("assurance")))?;
    let secret = visitor.session.as_ref().ok_or_else(Problem::not_signed_in)?;
    let live = service::check_session(web.app(), secret, Some(&visitor.seen(web))).await?;
    let live = live.ok_or_else(Problem::not_signed_in)?;
    let minutes = demand.within_minutes.map(Whole::get);
    let missing = too_little(&live, least, minutes, web.app().clock().now());
    Ok((live, missing))
}

/// Whether this sign-in does for moving money, and what stands in the way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepUp {
    /// Whether nothing stands in the way.
    may_go_on: bool,
    /// What the sign-in lacks: `assurance`, where it was too weak, or `age`, where it is too long ago.
    sign_in: Option<&'static str>,
    /// Whether money may move from the account.
    standing: StandingOfMoney,
    /// Where to go on, if it may be gone to.
    next: Option<String>,
}

/// `GET /api/v1/step-up`
pub(crate) async fn why(web: Web, customer: Customer, Query(demand): Query<Demand>) -> Answer<StepUp> {
    let (live, missing) = look(&web, &customer.visitor, &demand).await?;
    let money = live.state.money();
    Ok(Json(StepUp {
        may_go_on: missing.is_none() && money.anywhere,
        sign_in: missing.map(Missing::code),
        standing: StandingOfMoney::of(&money),
        next: come_back_to(&web, demand.next()),
    }))
}

/// Why the sign-in does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It was too weak.
    Assurance,
    /// It is too long ago.
    Fresh {
        /// How long ago it may be, in minutes.
        minutes: i64,
    },
}

impl Missing {
    /// Stable name for programs.
    fn code(self) -> &'static str {
        match self {
            Self::Assurance => "assurance",
            Self::Fresh { .. } => "age",
        }
    }
}

fn too_little(live: &LiveSession, least: Option<Assurance>, minutes: Option<i64>, now: Time) -> Option<Missing> {
    if least.is_some_and(|least| Assurance::of(&live.proved_by) < least) {
        return Some(Missing::Assurance);
    }
    let minutes = minutes?;
    (now.duration_since(live.began_at) > Span::from_mins(minutes)).then_some(Missing::Fresh { minutes })
}

fn step_up() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "step_up",
        "This asks for a stronger or a fresher sign-in.",
        "Sign in again, with your second proof.",
    )
}

fn said(live: &LiveSession) -> [(HeaderName, HeaderValue); 5] {
    let text = |text: String| HeaderValue::try_from(text).expect("ids and numbers are fit for a header");
    let money = if live.state.money().anywhere { "yes" } else { "no" };
    [
        (ACCOUNT, text(live.state.account.to_string())),
        (SESSION, text(live.session.to_string())),
        (ASSURANCE, HeaderValue::from_static(Assurance::of(&live.proved_by).code())),
        (EPOCH, text(live.state.epoch.to_string())),
        (MONEY, HeaderValue::from_static(money)),
    ]
}
