//! Passwords: how good one is, and changing it.

use axum::response::IntoResponse;
use domain::credentials::{self, Beside, Weakness};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, renewed, with_cookie};
use crate::answers::Problem;
use crate::forms::{Json, Secret, TypedEmail, TypedPassword};
use crate::{Customer, Visitor, Web};

/// A password to be judged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    /// The password somebody thinks of.
    password: TypedPassword,
    /// The address of the account, so that a password like it is noticed.
    email: Option<TypedEmail>,
}

/// What is thought of a password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Judged {
    /// Whether it would be taken.
    good: bool,
    /// How hard it is to guess: 0 (at once) to 4 (not in our lifetime).
    #[schema(maximum = 4)]
    score: u8,
    /// Why it would not be taken, in plain words.
    reasons: Vec<String>,
}

pub(crate) async fn check(web: Web, visitor: Visitor, Json(asked): Json<Check>) -> Answer<Judged> {
    let password = credentials::normalize(asked.password.reveal());
    let email = asked.email.as_ref().map(crate::forms::Text::as_str);
    // Anybody may ask; who is signed in comes before who is not.
    let actor = match Customer::of(&web, visitor.clone()).await {
        Ok(customer) => customer.actor(&web),
        Err(_) => visitor.actor(&web),
    };
    let judged = credentials::check(web.app(), &actor, &password, &Beside { email, ..Beside::default() }).await?;
    let reasons: Vec<String> = judged.weaknesses.iter().map(Weakness::sentence).collect();
    Ok(Json(Judged { good: reasons.is_empty(), score: judged.score, reasons }))
}

/// What changing the password takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// The present password, once more.
    present_password: TypedPassword,
    /// The one to use from now on.
    new_password: TypedPassword,
}

/// The password is changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changed {
    /// How many other sessions that ended.
    sessions_ended: u64,
    /// The new secret of this session, for a program; the earlier one opens nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_secret: Option<Secret>,
}

pub(crate) async fn change(
    web: Web,
    customer: Customer,
    Json(asked): Json<Change>,
) -> Result<impl IntoResponse, Problem> {
    let (present, new) = (asked.present_password.reveal(), asked.new_password.reveal());
    let (changed, secret) = credentials::change_password(web.app(), &customer.actor(&web), present, new).await?;
    let (session_secret, cookie) = renewed(&customer, secret);
    Ok(with_cookie(cookie, Json(Changed { sessions_ended: changed.sessions_ended, session_secret })))
}
