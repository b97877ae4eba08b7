//! Passkeys for programs: what a browser or an app is to ask its authenticator, and what came of it.

use axum::response::IntoResponse;
use domain::Time;
use domain::ids::{ApprovalId, FactorId};
use domain::repeats::Repeatable;
use domain::second_factors::passkeys::{self, Listed, PasskeyKind};
use domain::sessions::sign_in_by_passkey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sessions::SignInAnswer;
use super::{Answer, Done, renewed, with_cookie};
use crate::answers::Problem;
use crate::forms::{Hidden, Json, PathPart, Secret, Text};
use crate::{Customer, Visitor, Web};

/// A question for an authenticator. Its answer is good once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Started {
    /// `PublicKeyCredentialRequestOptionsJSON` or `PublicKeyCredentialCreationOptionsJSON` of `WebAuthn`.
    #[schema(value_type = Object)]
    options: serde_json::Value,
    /// Until when it can be answered.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

impl Repeatable for Started {}

impl Started {
    pub(crate) fn of(started: passkeys::Started) -> Self {
        Self { options: started.options, expires_at: started.expires_at }
    }
}

pub(crate) async fn start_sign_in(web: Web) -> Answer<Started> {
    let started = passkeys::start_sign_in(web.app())?;
    Ok(Json(Started::of(started)))
}

/// The answer of a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInByPasskey {
    /// The `PublicKeyCredential` as JSON text.
    assertion: Hidden<16384>,
    /// What an earlier sign-in answered: with it this device is known.
    device_secret: Option<Secret>,
    /// What a right password answered, where this is the second step.
    pending_secret: Option<Secret>,
}

pub(crate) async fn sign_in(web: Web, visitor: Visitor, Json(given): Json<SignInByPasskey>) -> Answer<SignInAnswer> {
    let devices: Vec<_> = given.device_secret.map(|secret| secret.0).into_iter().collect();
    let actor = visitor.actor(&web);
    let kept = (devices.as_slice(), given.pending_secret.as_ref().map(|secret| &secret.0));
    let new = sign_in_by_passkey(web.app(), &actor, kept, given.assertion.reveal()).await?;
    Ok(Json(SignInAnswer::signed_in(new)))
}

pub(crate) async fn start_approval(
    web: Web,
    customer: Customer,
    PathPart(approval): PathPart<ApprovalId>,
) -> Answer<Started> {
    let (account, session) = (customer.account(), customer.signed_in.session.id);
    let action = move |change: &mut domain::Change<'_>| {
        passkeys::start_approval(change, account, session, approval).map(Started::of)
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

pub(crate) async fn start_registering(web: Web, customer: Customer) -> Answer<Started> {
    let (account, session) = (customer.account(), customer.signed_in.session.id);
    let action =
        move |change: &mut domain::Change<'_>| passkeys::start_registering(change, account, session).map(Started::of);
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

/// A passkey that was made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    /// The `PublicKeyCredential` as JSON text.
    credential: Hidden<16384>,
    /// A name for it.
    name: Option<Text<60>>,
}

/// A passkey was registered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Registered {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    passkey: FactorId,
    /// What kind it is: `synced`, `one_device`, `security_key` or `untold`.
    #[schema(value_type = String)]
    kind: PasskeyKind,
    /// The new secret of this session, for a program; the earlier one opens nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_secret: Option<Secret>,
}

pub(crate) async fn register(
    web: Web,
    customer: Customer,
    Json(made): Json<Made>,
) -> Result<impl IntoResponse, Problem> {
    let name = made.name.as_ref().map_or("", Text::as_str);
    let actor = customer.actor(&web);
    let (registered, fresh) = passkeys::register(web.app(), &actor, made.credential.reveal(), name).await?;
    let (session_secret, cookie) = renewed(&customer, fresh);
    let answer = Registered { passkey: registered.passkey, kind: registered.kind, session_secret };
    Ok(with_cookie(cookie, Json(answer)))
}

/// The passkeys of the account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Passkeys {
    /// Oldest first.
    passkeys: Vec<OnePasskey>,
}

/// One passkey.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnePasskey {
    /// Its id: removing and renaming take this.
    #[schema(value_type = String, format = "uuid")]
    passkey: FactorId,
    /// Its name.
    name: String,
    /// What kind it is: `synced`, `one_device`, `security_key` or `untold`.
    #[schema(value_type = String)]
    kind: PasskeyKind,
    /// Its id as authenticators know it.
    credential_id: String,
    /// When it was registered.
    #[schema(value_type = String, format = DateTime)]
    added_at: Time,
    /// When it was last used.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Time>,
}

impl OnePasskey {
    fn of(listed: Listed) -> Self {
        let Listed { id, name, kind, added_at, last_used_at, credential } = listed;
        Self { passkey: id, name, kind, credential_id: credential, added_at, last_used_at }
    }
}

pub(crate) async fn list(web: Web, customer: Customer) -> Answer<Passkeys> {
    let account = customer.account();
    let listed = web.app().view(move |view| passkeys::list(view, account)).await?;
    Ok(Json(Passkeys { passkeys: listed.into_iter().map(OnePasskey::of).collect() }))
}

/// Another name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rename {
    /// Its id.
    #[schema(value_type = String, format = "uuid", max_length = 36)]
    passkey: FactorId,
    /// The name.
    name: Text<60>,
}

pub(crate) async fn rename(web: Web, customer: Customer, Json(asked): Json<Rename>) -> Answer<Done> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        passkeys::rename(change, account, asked.passkey, asked.name.as_str())?;
        Ok(Done::it_is())
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}
