//! Ways to prove that it is you. Adding, renewing and removing are sensitive changes: they are asked for as approvals.

use axum::response::IntoResponse;
use domain::ids::FactorId;
use domain::second_factors::{self, FactorKind};
use domain::{Refusal, Time, protections};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, Done, renewed, with_cookie};
use crate::answers::Problem;
use crate::forms::{Hidden, Json, PathPart, Secret, Text};
use crate::{Customer, Web};

/// Everything that proves that it is the customer, beside the password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Factors {
    /// Oldest first.
    factors: Vec<OneFactor>,
    /// Codes by SMS at sign-in: no factor, and weaker than one.
    sms_codes: SmsState,
}

/// Codes by SMS at sign-in.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that a program asks for")]
#[derive(Debug, Serialize, ToSchema)]
struct SmsState {
    /// Whether the operator sends them.
    allowed: bool,
    /// Whether the customer chose them: the change `sms_codes`, and `sms_codes_off`.
    chosen: bool,
    /// Whether signing in asks for one. It does not while there is a stronger factor.
    asked_for: bool,
    /// Whether every sign-in asks for the mailbox instead, because none can be sent.
    mailbox_instead: bool,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
struct OneFactor {
    /// Its id: removing and naming it take this.
    #[schema(value_type = String, format = "uuid")]
    id: FactorId,
    /// `app`, `passkey` or `recovery_codes`.
    kind: &'static str,
    /// The name its owner gave it.
    name: String,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    added_at: Time,
    /// When it was last used.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Time>,
    /// When it stops working, where that is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    over_at: Option<Time>,
    /// For recovery codes, how many are left.
    codes_left: Option<i64>,
}

pub(crate) async fn list(web: Web, customer: Customer) -> Answer<Factors> {
    let account = customer.account();
    let reading = move |view: &mut domain::View<'_>| {
        let mut factors = Vec::new();
        for factor in second_factors::list(view, account)? {
            let codes_left = match factor.kind {
                FactorKind::RecoveryCodes => Some(view.rows().recovery_codes_left(account, factor.id)?),
                FactorKind::App | FactorKind::Passkey => None,
            };
            factors.push(OneFactor {
                id: factor.id,
                kind: factor.kind.code(),
                name: factor.name,
                added_at: factor.added_at,
                last_used_at: factor.last_used_at,
                over_at: factor.over_at,
                codes_left,
            });
        }
        let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
        let standing = protections::standing(view, &account)?;
        let sms_codes = SmsState {
            allowed: standing.sms.allowed,
            chosen: standing.sms.chosen,
            asked_for: standing.asks_sms(),
            mailbox_instead: standing.asks_mailbox(),
        };
        Ok(Factors { factors, sms_codes })
    };
    Ok(Json(web.app().view(reading).await?))
}

/// A new name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Naming {
    /// The name, for its owner's eyes.
    name: Text<60>,
}

pub(crate) async fn name(
    web: Web,
    customer: Customer,
    PathPart(factor): PathPart<FactorId>,
    Json(given): Json<Naming>,
) -> Answer<Done> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        second_factors::name(change, account, factor, given.name.as_str()).map(|()| Done::it_is())
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

/// What an authenticator app is set up with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppKey {
    /// The key, to be typed.
    key: String,
    /// The same as an `otpauth:` address, for a QR code.
    url: String,
    /// Until when a code can confirm it.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

pub(crate) async fn offered(web: Web, customer: Customer, PathPart(factor): PathPart<FactorId>) -> Answer<AppKey> {
    let (account, session) = (customer.account(), customer.signed_in.session.id);
    let key = web.app().view(move |view| second_factors::offered(view, account, session, factor)).await?;
    Ok(Json(AppKey { key: key.key, url: key.url, expires_at: key.until }))
}

/// A code of the app that is being set up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstCode {
    /// Six digits.
    code: Hidden<64>,
}

/// The app counts from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppConfirmed {
    /// How many other sessions that ended.
    sessions_ended: u64,
    /// The new secret of this session, for a program; the earlier one opens nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_secret: Option<Secret>,
}

pub(crate) async fn confirm(
    web: Web,
    customer: Customer,
    PathPart(factor): PathPart<FactorId>,
    Json(given): Json<FirstCode>,
) -> Result<impl IntoResponse, Problem> {
    let actor = customer.actor(&web);
    let (confirmed, fresh) = second_factors::confirm_app(web.app(), &actor, factor, given.code.reveal()).await?;
    let (session_secret, cookie) = renewed(&customer, fresh);
    Ok(with_cookie(cookie, Json(AppConfirmed { sessions_ended: confirmed.sessions_ended, session_secret })))
}
