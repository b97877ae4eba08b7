//! For a proxy on the same host that asks who a request is from before it passes it on: nginx's `auth_request`.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::service::{self, Assurance, LiveSession};
use domain::{Span, Time};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answers::Problem;
use crate::forms::{Mistake, MistakeKind, Query, Text, Whole};
use crate::site::Web;
use crate::visitor::Visitor;

/// Whose account it is. The proxy sets it on what it passes on, in place of whatever the client sent under this name.
const ACCOUNT: HeaderName = HeaderName::from_static("x-countersign-account");
const SESSION: HeaderName = HeaderName::from_static("x-countersign-session");
const ASSURANCE: HeaderName = HeaderName::from_static("x-countersign-assurance");
const EPOCH: HeaderName = HeaderName::from_static("x-countersign-epoch");

/// `yes` where money may leave for any address.
const MONEY: HeaderName = HeaderName::from_static("x-countersign-may-move-money");

/// Why a customer who is signed in is not let through.
pub(crate) const REASON: HeaderName = HeaderName::from_static("x-countersign-reason");

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
    let least = wanted.assurance.as_ref().map(|word| word.as_str().parse::<Assurance>()).transpose();
    let least =
        least.map_err(|say| Problem::mistake(&Mistake::here(MistakeKind::BadValue, say).within("assurance")))?;
    let secret = visitor.session.as_ref().ok_or_else(Problem::not_signed_in)?;
    let live = service::check_session(web.app(), secret, Some(&visitor.seen(&web))).await?;
    let live = live.ok_or_else(Problem::not_signed_in)?;
    let now = web.app().clock().now();
    let span = wanted.within_minutes.map(|minutes| Span::from_mins(minutes.get()));
    if let Some(reason) = too_little(&live, least, span, now) {
        let mut response = step_up().into_response();
        response.headers_mut().insert(REASON, HeaderValue::from_static(reason));
        return Ok(response);
    }
    Ok((StatusCode::OK, said(&live)).into_response())
}

/// Why the sign-in does not do: it was too weak, or is too long ago.
fn too_little(live: &LiveSession, least: Option<Assurance>, within: Option<Span>, now: Time) -> Option<&'static str> {
    if least.is_some_and(|least| Assurance::of(&live.proved_by) < least) {
        Some("assurance")
    } else if within.is_some_and(|within| now.duration_since(live.began_at) > within) {
        Some("age")
    } else {
        None
    }
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
