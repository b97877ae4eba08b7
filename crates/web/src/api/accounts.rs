//! Opening an account.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::accounts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use crate::answers::Problem;
use crate::evenly::evenly;
use crate::forms::{Json, Secret, TypedEmail, TypedPassword};
use crate::{Visitor, Web};

/// What opening an account takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    /// One e-mail address, best one that serves nothing else.
    email: TypedEmail,
    /// The new password.
    password: TypedPassword,
}

/// The account waits for its address to be confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedUp {
    /// Always `confirm_address`, also where the address has an account already.
    #[schema(example = "confirm_address")]
    status: &'static str,
    /// Belongs to whoever asked; confirming takes it together with the secret of the mailed link.
    pending_secret: Secret,
}

pub(crate) async fn sign_up(
    web: Web,
    visitor: Visitor,
    Json(asked): Json<SignUp>,
) -> Result<impl IntoResponse, Problem> {
    let actor = visitor.actor(&web);
    let opening = accounts::prepare(web.app(), &actor, asked.email.as_str(), asked.password.reveal()).await?;
    let pending = evenly(accounts::open_prepared(web.app(), &actor, opening)).await?;
    let answer = SignedUp { status: "confirm_address", pending_secret: Secret(pending) };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// The secret of a mailed link, with the secret of whoever asked for it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkAndPending {
    /// The last part of the mailed link.
    pub(super) link_secret: Secret,
    /// What was answered when it was asked for.
    pub(super) pending_secret: Secret,
}

/// The address is confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Confirmed {
    /// Always true.
    #[schema(example = true)]
    confirmed: bool,
    /// Keep it for signing in: with it this device is known, and no letter has to be waited for. Absent where the address
    /// was confirmed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_secret: Option<Secret>,
}

pub(crate) async fn confirm(web: Web, visitor: Visitor, Json(given): Json<LinkAndPending>) -> Answer<Confirmed> {
    let actor = visitor.actor(&web);
    let action = move |change: &mut domain::Change<'_>| {
        accounts::confirm(change, &given.link_secret.0, Some(&given.pending_secret.0))
    };
    let device = web.app().change(&actor, action).await?.device;
    Ok(Json(Confirmed { confirmed: true, device_secret: device.map(Secret) }))
}
