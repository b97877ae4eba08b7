//! What a mailed link would do, before anybody does it.

use domain::Time;
use domain::links::{self, Purpose, Shown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sessions::Reason;
use super::{Answer, From};
use crate::Web;
use crate::forms::{Json, Secret};

/// A mailed link to look at. The secret travels in the body, because addresses are logged in many places.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Look {
    /// The last part of the mailed link.
    link_secret: Secret,
    /// What was answered when it was asked for, if it was asked for here.
    pending_secret: Option<Secret>,
}

/// What a mailed link would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Seen {
    /// What it is for.
    purpose: For,
    /// The address of the account.
    email: String,
    /// Until when it works.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// Whether what it grants can be had here: it was asked for here, and still waits. Freezing and denying need no such
    /// thing.
    grantable: bool,
    /// The sign-in that waits, where it is about one.
    attempt: Option<Attempt>,
}

/// What a link is for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum For {
    /// Confirming the address of a new account.
    ConfirmAddress,
    /// Letting in or denying a sign-in from an unknown device.
    NewDevice,
    /// Choosing a new password.
    Reset,
    /// Confirming another address of an account.
    ConfirmEmail,
    /// Undoing a change of the address.
    UndoEmail,
    /// Freezing the account.
    Freeze,
    /// Stopping a change that waits, or freezing the account.
    CancelTimer,
}

/// A sign-in that waits.
#[derive(Debug, Serialize, ToSchema)]
struct Attempt {
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    asked_at: Time,
    /// From where.
    from: From,
    /// What is unusual about that, where the device is known: why it waits.
    unusual: Option<Reason>,
    /// What the owner decided, if they have.
    let_in: Option<bool>,
}

pub(crate) async fn look(web: Web, Json(given): Json<Look>) -> Answer<Seen> {
    let reading = move |view: &mut domain::View<'_>| {
        links::show(view, &given.link_secret.0, given.pending_secret.as_ref().map(|secret| &secret.0))
    };
    let Shown { link, account, pending, grantable, .. } = web.app().view(reading).await?;
    Ok(Json(Seen {
        purpose: match link.purpose {
            Purpose::ConfirmAddress { .. } => For::ConfirmAddress,
            Purpose::NewDevice { .. } => For::NewDevice,
            Purpose::Reset { .. } => For::Reset,
            Purpose::ConfirmEmail { .. } => For::ConfirmEmail,
            Purpose::UndoEmail { .. } => For::UndoEmail,
            Purpose::Freeze | Purpose::FreezeOrUndo { .. } => For::Freeze,
            Purpose::Cancel { .. } => For::CancelTimer,
        },
        email: account.email,
        expires_at: link.expires_at,
        grantable,
        attempt: pending.map(|pending| Attempt {
            asked_at: pending.asked_at,
            from: From::origin(&pending.origin),
            unusual: pending.unusual.as_ref().map(|unusual| Reason::of(unusual, unusual.to_owner())),
            let_in: pending.let_in,
        }),
    }))
}
