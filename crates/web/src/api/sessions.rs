//! Signing in, sessions, and signing out.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::activity::EndedBy;
use domain::approvals::Given;
use domain::ids::SessionId;
use domain::protections::Method;
use domain::refusal::Refusal;
use domain::repeats::Repeatable;
use domain::sessions::{self, NewSession, Session, SignInOutcome, Unusual};
use domain::{Span, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::LinkAndPending;
use super::recovery::HalfSignedIn;
use super::{Answer, Done, From, done, forgotten, with_cookie};
use crate::answers::Problem;
use crate::forms::{Hidden, Json, PathPart, Secret, TypedEmail, TypedPassword};
use crate::{Customer, Visitor, Web};

/// What signing in takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The address of the account.
    email: TypedEmail,
    /// Its password.
    password: TypedPassword,
    /// What confirming the address or an earlier sign-in answered: with it this device is known, and no letter has to be waited for.
    device_secret: Option<Secret>,
}

/// What a right password leads to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum SignInAnswer {
    /// In.
    SignedIn {
        /// Send it as `Authorization: Bearer …`.
        session_secret: Secret,
        /// Keep it for the next sign-in, if it is there.
        device_secret: Option<Secret>,
    },
    /// The password was right, and a second proof is asked for.
    SecondStep {
        /// Giving the proof takes it.
        pending_secret: Secret,
        /// How it can be proved, the strongest first: `passkey`, `app`, `recovery_code` or `sms`.
        methods: Vec<&'static str>,
        /// Until when that is possible.
        #[schema(value_type = String, format = DateTime)]
        expires_at: Time,
    },
    /// The device is known and asks from an unusual place: the owner has been mailed, and no session exists until they let
    /// it in.
    ConfirmUnusualPlace {
        /// Letting in takes it together with the secret of the mailed link.
        pending_secret: Secret,
        /// Until when that is possible.
        #[schema(value_type = String, format = DateTime)]
        expires_at: Time,
        /// What is unusual.
        reason: Reason,
    },
    /// The device is unknown: the owner has been mailed, and no session exists until they let it in.
    ConfirmNewDevice {
        /// Letting in takes it together with the secret of the mailed link.
        pending_secret: Secret,
        /// Until when that is possible.
        #[schema(value_type = String, format = DateTime)]
        expires_at: Time,
    },
}

/// Why a known device has to be let in again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// `new_country` or `impossible_travel`.
    code: &'static str,
    /// The two letters of the country that is new.
    country: Option<String>,
    /// The same in a sentence.
    says: String,
}

impl Reason {
    pub(super) fn of(unusual: &Unusual, says: String) -> Self {
        Self { code: unusual.code(), country: unusual.country().map(|country| country.to_string()), says }
    }
}

impl SignInAnswer {
    /// What signing in led to, and the status that goes with it.
    fn of(web: &Web, outcome: SignInOutcome) -> Response {
        let expires_at = web.app().clock().now() + web.app().settings().link.new_device();
        match outcome {
            SignInOutcome::In(new) => Json(Self::signed_in(new)).into_response(),
            SignInOutcome::SecondStep { secret, methods } => {
                let methods = methods.into_iter().map(Method::code).collect();
                let answer = Self::SecondStep { pending_secret: Secret(secret), methods, expires_at };
                (StatusCode::ACCEPTED, Json(answer)).into_response()
            }
            SignInOutcome::Unusual { secret, why } => {
                let reason = Reason::of(&why, why.to_asker());
                let answer = Self::ConfirmUnusualPlace { pending_secret: Secret(secret), expires_at, reason };
                (StatusCode::ACCEPTED, Json(answer)).into_response()
            }
            SignInOutcome::Waiting(secret) => {
                let answer = Self::ConfirmNewDevice { pending_secret: Secret(secret), expires_at };
                (StatusCode::ACCEPTED, Json(answer)).into_response()
            }
        }
    }

    pub(super) fn signed_in(new: NewSession) -> Self {
        Self::SignedIn { session_secret: Secret(new.secret), device_secret: new.device.map(Secret) }
    }
}

pub(crate) async fn sign_in(web: Web, visitor: Visitor, Json(asked): Json<SignIn>) -> Result<Response, Problem> {
    let given = sessions::SignIn {
        email: asked.email.into_string(),
        password: asked.password.reveal().to_owned(),
        devices: asked.device_secret.map(|secret| secret.0).into_iter().collect(),
    };
    let outcome = sessions::sign_in(web.app(), &visitor.actor(&web), &given).await?;
    Ok(SignInAnswer::of(&web, outcome))
}

/// The second proof of a sign-in: one of the codes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondProof {
    /// What signing in answered.
    pending_secret: Secret,
    /// The code that the authenticator app shows.
    code: Option<Hidden<64>>,
    /// A recovery code in its place.
    recovery_code: Option<Hidden<64>>,
    /// The code that was sent by SMS, where that is one of the methods.
    sms_code: Option<Hidden<64>>,
}

pub(crate) async fn prove(web: Web, visitor: Visitor, Json(asked): Json<SecondProof>) -> Result<Response, Problem> {
    let (actor, secret) = (visitor.actor(&web), &asked.pending_secret.0);
    let given = match (asked.code, asked.recovery_code, asked.sms_code) {
        (Some(code), None, None) => Given::Code(code.reveal().to_owned()),
        (None, Some(code), None) => Given::RecoveryCode(code.reveal().to_owned()),
        (None, None, Some(code)) => {
            let outcome = sessions::prove_by_sms(web.app(), &actor, secret, code.reveal()).await?;
            return Ok(SignInAnswer::of(&web, outcome));
        }
        _ => return Err(Problem::refusal(&Refusal::CodeUnfit)),
    };
    let outcome = sessions::prove_factor(web.app(), &actor, secret, &given).await?;
    Ok(SignInAnswer::of(&web, outcome))
}

/// A code is on its way to the phone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInCodeSent {
    /// The last two digits of its number.
    #[schema(example = "67")]
    ending: String,
    /// Until when the code works; an earlier one works no more.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
}

pub(crate) async fn send_code(web: Web, visitor: Visitor, Json(given): Json<HalfSignedIn>) -> Answer<SignInCodeSent> {
    let action = move |change: &mut domain::Change<'_>| sessions::send_code(change, &given.pending_secret.0);
    let sent = web.app().change(&visitor.actor(&web), action).await?;
    Ok(Json(SignInCodeSent { ending: sent.ending, expires_at: sent.sent_until }))
}

pub(crate) async fn confirm(web: Web, visitor: Visitor, Json(given): Json<LinkAndPending>) -> Answer<SignInAnswer> {
    let actor = visitor.actor(&web);
    let action = move |change: &mut domain::Change<'_>| {
        sessions::confirm_device(change, &given.link_secret.0, Some(&given.pending_secret.0))
    };
    Ok(Json(SignInAnswer::signed_in(web.app().change(&actor, action).await?)))
}

/// The secret of a mailed link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkAlone {
    /// The last part of the mailed link.
    pub(super) link_secret: Secret,
}

pub(crate) async fn deny(web: Web, visitor: Visitor, Json(given): Json<LinkAlone>) -> Answer<Done> {
    let action = move |change: &mut domain::Change<'_>| sessions::deny_device(change, &given.link_secret.0);
    web.app().change(&visitor.actor(&web), action).await?;
    Ok(done())
}

/// The session that asks, and its account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Here {
    /// The address of the account.
    email: String,
    /// Since when the account is frozen, if it is.
    #[schema(value_type = Option<String>, format = DateTime)]
    frozen_at: Option<Time>,
    /// The session.
    session: OneSession,
}

/// One live session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneSession {
    /// Its id: ending it takes this.
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    /// Whether it is the one that asks.
    this_one: bool,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    began_at: Time,
    /// From where it began.
    began_from: From,
    /// When it was last used; up to half a minute may be missing.
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Time,
    /// The address it was last used from.
    last_ip: Option<String>,
    /// The place of that address.
    last_place: Option<String>,
    /// What its sign-in was proved by, in the order given: `password`, `app`, `passkey`, `recovery_code`, `mailbox`.
    proved_by: Vec<&'static str>,
    /// When it ends by itself at the latest.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Time,
}

impl OneSession {
    fn of(session: &Session, customer: &Customer, web: &Web) -> Self {
        Self {
            id: session.id,
            this_one: session.id == customer.signed_in.session.id,
            began_at: session.began_at,
            began_from: From::origin(&session.origin),
            last_seen_at: session.last_seen_at,
            last_ip: session.last_ip.map(|ip| ip.to_string()),
            last_place: session.last_place.clone(),
            proved_by: session.proved_by.iter().map(|method| method.code()).collect(),
            ends_at: session.began_at + Span::from_hours(web.app().settings().session.absolute_hours),
        }
    }
}

pub(crate) async fn here(web: Web, customer: Customer) -> Json<Here> {
    // Whoever checks a session asks this: what the door read has to be enough.
    Json(Here {
        email: customer.signed_in.email.clone(),
        frozen_at: customer.signed_in.frozen_at,
        session: OneSession::of(&customer.signed_in.session, &customer, &web),
    })
}

/// The live sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// Newest first.
    sessions: Vec<OneSession>,
}

pub(crate) async fn list(web: Web, customer: Customer) -> Answer<Sessions> {
    let account = customer.account();
    let live = web.app().view(move |view| sessions::list(view, account)).await?;
    let sessions = live.iter().map(|session| OneSession::of(session, &customer, &web)).collect();
    Ok(Json(Sessions { sessions }))
}

pub(crate) async fn sign_out(web: Web, customer: Customer) -> Result<impl IntoResponse, Problem> {
    let (account, session) = (customer.account(), customer.signed_in.session.id);
    let action = move |change: &mut domain::Change<'_>| {
        sessions::end(change, account, session, EndedBy::You).map(|()| Done::it_is())
    };
    let done = web.app().act(&customer.actor(&web), action).await?;
    Ok(with_cookie(forgotten(&customer), Json(done)))
}

pub(crate) async fn end(web: Web, customer: Customer, PathPart(session): PathPart<SessionId>) -> Answer<Done> {
    let account = customer.account();
    let by = if session == customer.signed_in.session.id { EndedBy::You } else { EndedBy::OtherDevice };
    let action =
        move |change: &mut domain::Change<'_>| sessions::end(change, account, session, by).map(|()| Done::it_is());
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

/// How many sessions ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ended {
    /// How many.
    sessions_ended: u64,
}

impl Repeatable for Ended {}

pub(crate) async fn end_others(web: Web, customer: Customer) -> Answer<Ended> {
    let (account, kept) = (customer.account(), customer.signed_in.session.id);
    let action = move |change: &mut domain::Change<'_>| {
        sessions::end_others(change, account, kept).map(|sessions_ended| Ended { sessions_ended })
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}
