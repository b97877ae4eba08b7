//! The phone that gets our SMS.

use domain::ids::ApprovalId;
use domain::notifications::Delivery;
use domain::phones::{self, Asked};
use domain::repeats::Repeatable;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use crate::forms::{Hidden, Json, Text};
use crate::{Customer, Web};

/// The phone of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhoneState {
    /// Whether the operator sends SMS at all.
    offered: bool,
    /// The confirmed phone.
    phone: Option<OwnPhone>,
    /// The number that waits for its code.
    waiting: Option<Waiting>,
}

/// A confirmed phone.
#[derive(Debug, Serialize, ToSchema)]
struct OwnPhone {
    /// The last two digits of its number.
    #[schema(example = "67")]
    ending: String,
    /// When it was confirmed.
    confirmed_at: String,
    /// What became of the newest SMS to it that the gateway reported about: `on_its_way`, `delivered` or `failed`.
    last_sms: Option<&'static str>,
}

/// A number that waits for the code that was sent to it.
#[derive(Debug, Serialize, ToSchema)]
struct Waiting {
    /// Its last two digits.
    #[schema(example = "67")]
    ending: String,
    /// Until when the code works.
    expires_at: String,
}

pub(crate) async fn show(web: Web, customer: Customer) -> Answer<PhoneState> {
    let account = customer.account();
    let shown = web.app().view(move |view| phones::show(view, account)).await?;
    let last_sms = shown.last_sms.map(Delivery::code);
    Ok(Json(PhoneState {
        offered: shown.offered,
        phone: shown.phone.map(|phone| OwnPhone {
            ending: phone.number.ending(),
            confirmed_at: phone.confirmed_at.to_string(),
            last_sms,
        }),
        waiting: shown
            .waiting
            .map(|code| Waiting { ending: code.number.ending(), expires_at: code.expires_at.to_string() }),
    }))
}

/// A number to be told by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Add {
    /// The number of a mobile phone, with a plus sign and the code of its country.
    number: Text<40>,
}

/// A code is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CodeSent {
    /// Until when it works; absent if this number is confirmed already and nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl Repeatable for CodeSent {}

pub(crate) async fn add(web: Web, customer: Customer, Json(given): Json<Add>) -> Answer<CodeSent> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        let expires_at = match phones::ask(change, account, given.number.as_str())? {
            Asked::Already => None,
            Asked::Sent { expires_at } => Some(expires_at.to_string()),
        };
        Ok(CodeSent { expires_at })
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

/// The code that was sent to the number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirm {
    /// Six digits.
    code: Hidden<16>,
}

/// The code was right.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhoneConfirmed {
    /// Whether the number is the account's phone now.
    #[schema(example = true)]
    confirmed: bool,
    /// Prove this, and it takes the place of the number before.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovalId>,
}

/// Whether there is a phone to remove.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhoneRemoved {
    /// Whether there is none now.
    #[schema(example = false)]
    removed: bool,
    /// Prove this, and it is removed.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovalId>,
}

impl Repeatable for PhoneRemoved {}

pub(crate) async fn confirm(web: Web, customer: Customer, Json(given): Json<Confirm>) -> Answer<PhoneConfirmed> {
    let (actor, account) = (customer.actor(&web), customer.account());
    let phones::Confirmed { confirmed, approval } =
        phones::confirm(web.app(), &actor, account, given.code.reveal()).await?;
    Ok(Json(PhoneConfirmed { confirmed, approval }))
}

pub(crate) async fn remove(web: Web, customer: Customer) -> Answer<PhoneRemoved> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        phones::remove(change, account).map(|approval| PhoneRemoved { removed: approval.is_none(), approval })
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}
