//! Ways back in: a new password by the mailbox, and the wait after lost second factors.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::approvals::Given;
use domain::ids::AccountId;
use domain::protections::{Carried, Method};
use domain::refusal::Refusal;
use domain::{SecretText, Time, credentials};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::LinkAndPending;
use super::passkeys::Started;
use super::sessions::LinkAlone;
use super::{Answer, Done, done};
use crate::answers::Problem;
use crate::evenly::evenly;
use crate::forms::{Hidden, Json, Secret, TypedEmail, TypedPassword};
use crate::{Customer, Visitor, Web};

/// What asking for a new password takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// The address of the account.
    email: TypedEmail,
    /// What an earlier sign-in answered: with it strangers cannot use up the letters of this device.
    device_secret: Option<Secret>,
}

/// A letter is on its way, if there is an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResetAsked {
    /// Belongs to whoever asked; the mailed link works together with it only.
    pending_secret: Secret,
    /// Until when the link works.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

pub(crate) async fn ask(web: Web, visitor: Visitor, Json(asked): Json<Ask>) -> Result<impl IntoResponse, Problem> {
    let actor = visitor.actor(&web);
    let devices: Vec<_> = asked.device_secret.map(|secret| secret.0).into_iter().collect();
    // For a known address more is written than for an unknown one.
    let pending = evenly(credentials::ask_reset(web.app(), &actor, asked.email.as_str(), &devices)).await?;
    let expires_at = web.app().clock().now() + web.app().settings().link.reset();
    Ok((StatusCode::ACCEPTED, Json(ResetAsked { pending_secret: Secret(pending), expires_at })))
}

/// What a reset link asks for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResetWanted {
    /// The address of the account.
    email: String,
    /// The second proofs of which one is asked for as well, the strongest first; none where the account has none.
    second_proofs: Vec<&'static str>,
    /// Whether only passkeys open the account: then there is no password to choose.
    passkey_only: bool,
}

pub(crate) async fn look(web: Web, Json(given): Json<LinkAndPending>) -> Answer<ResetWanted> {
    let reading = move |view: &mut domain::View<'_>| {
        credentials::reset_shown(view, &given.link_secret.0, Some(&given.pending_secret.0))
    };
    let shown = web.app().view(reading).await?;
    let second_proofs = shown.second.into_iter().map(Method::code).collect();
    Ok(Json(ResetWanted { email: shown.email, second_proofs, passkey_only: shown.passkey_only }))
}

pub(crate) async fn start_passkey(web: Web, visitor: Visitor, Json(given): Json<LinkAndPending>) -> Answer<Started> {
    let action = move |change: &mut domain::Change<'_>| {
        credentials::start_reset_passkey(change, &given.link_secret.0, Some(&given.pending_secret.0))
    };
    Ok(Json(Started::of(web.app().change(&visitor.actor(&web), action).await?)))
}

/// What setting a new password takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reset {
    /// The last part of the mailed link.
    link_secret: Secret,
    /// What was answered when it was asked for.
    pending_secret: Secret,
    /// The password to use from now on.
    new_password: TypedPassword,
    /// A code of the authenticator app, where the account asks for a second proof.
    code: Option<Hidden<100>>,
    /// Or a recovery code.
    recovery_code: Option<Hidden<100>>,
    /// Or the answer of a passkey: a `PublicKeyCredential` as JSON text.
    assertion: Option<Hidden<16384>>,
}

/// The password is reset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WasReset {
    /// How many sessions that ended: all there were.
    sessions_ended: u64,
}

pub(crate) async fn reset(web: Web, visitor: Visitor, Json(asked): Json<Reset>) -> Answer<WasReset> {
    let code = asked.code.map(|code| Given::Code(code.reveal().to_owned()));
    let recovery = asked.recovery_code.map(|code| Given::RecoveryCode(code.reveal().to_owned()));
    let passkey = asked.assertion.map(|answer| Given::Passkey(answer.reveal().to_owned()));
    let by = (&asked.link_secret.0, Some(&asked.pending_secret.0));
    let (actor, given) = (visitor.actor(&web), code.or(recovery).or(passkey));
    let changed = credentials::reset(web.app(), &actor, by, asked.new_password.reveal(), given).await?;
    Ok(Json(WasReset { sessions_ended: changed.sessions_ended }))
}

/// A wait runs, or will once its notice was accepted by a carrier.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waits {
    /// When it takes effect; none while it does not run yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Time>,
    /// The soonest it can take effect.
    #[schema(value_type = String, format = DateTime)]
    not_before: Time,
}

pub(crate) async fn lose_factors(
    web: Web,
    visitor: Visitor,
    Json(given): Json<LinkAndPending>,
) -> Result<impl IntoResponse, Problem> {
    let action = move |change: &mut domain::Change<'_>| {
        credentials::lose_factors_by_link(change, &given.link_secret.0, Some(&given.pending_secret.0))
    };
    waits(&web, web.app().change(&visitor.actor(&web), action).await?).await
}

async fn waits(web: &Web, (account, carried): (AccountId, Carried)) -> Result<impl IntoResponse + use<>, Problem> {
    let Carried::Waits(waiting) = carried else { return Err(Problem::refusal(&Refusal::NothingToDo)) };
    let reading = move |view: &mut domain::View<'_>| {
        let (timer, _) = view.rows().timer_by_id(account, waiting.timer)?.ok_or(Refusal::NoSuchThing)?;
        Ok(Waits { due_at: timer.due_at, not_before: timer.soonest(view.now()) })
    };
    Ok((StatusCode::ACCEPTED, Json(web.app().view(reading).await?)))
}

/// A sign-in whose password was right.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HalfSignedIn {
    /// What signing in answered.
    pub(super) pending_secret: Secret,
}

pub(crate) async fn lose_factors_by_password(
    web: Web,
    visitor: Visitor,
    Json(given): Json<HalfSignedIn>,
) -> Result<impl IntoResponse, Problem> {
    let action = move |change: &mut domain::Change<'_>| domain::sessions::lose_factors(change, &given.pending_secret.0);
    waits(&web, web.app().change(&visitor.actor(&web), action).await?).await
}

/// The changes of the address that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmailChanges {
    /// The oldest first.
    waiting: Vec<EmailChangeWaits>,
}

/// A change of the address that waits for its new mailbox.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmailChangeWaits {
    /// The address it would become.
    #[schema(example = "new@example.com")]
    new: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    asked_at: Time,
    /// Until when it can be confirmed.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
}

pub(crate) async fn email_changes(web: Web, customer: Customer) -> Answer<EmailChanges> {
    let account = customer.account();
    let waiting = web.app().view(move |view| domain::accounts::changes_waiting(view, account)).await?;
    let row = |asked: domain::accounts::EmailChange| EmailChangeWaits {
        new: asked.new,
        asked_at: asked.asked_at,
        until: asked.expires_at,
    };
    Ok(Json(EmailChanges { waiting: waiting.into_iter().map(row).collect() }))
}

pub(crate) async fn stop_email_changes(web: Web, customer: Customer) -> Answer<Done> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        domain::accounts::stop_changes(change, account)?;
        Ok(Done::it_is())
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

/// What confirming another address takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmEmail {
    /// The last part of the link mailed to the new address.
    link_secret: Secret,
    /// What signing in answered on the device that asked: only there it is confirmed.
    device_secret: Secret,
}

/// The address is changed; every session has ended.
pub(crate) async fn confirm_email(web: Web, visitor: Visitor, Json(given): Json<ConfirmEmail>) -> Answer<Done> {
    let unused = SecretText::random(web.app().entropy()).digest();
    let action = move |change: &mut domain::Change<'_>| {
        let device = std::slice::from_ref(&given.device_secret.0);
        domain::accounts::confirm_change(change, &given.link_secret.0, device, &unused)
    };
    web.app().change(&visitor.actor(&web), action).await?;
    Ok(done())
}

/// The address that is back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmailUndone {
    /// The address.
    email: String,
    /// Always true: undoing freezes.
    #[schema(example = true)]
    frozen: bool,
}

pub(crate) async fn undo_email(web: Web, visitor: Visitor, Json(given): Json<LinkAlone>) -> Answer<EmailUndone> {
    let action = move |change: &mut domain::Change<'_>| domain::accounts::undo_change(change, &given.link_secret.0);
    let email = web.app().change(&visitor.actor(&web), action).await?;
    Ok(Json(EmailUndone { email, frozen: true }))
}
