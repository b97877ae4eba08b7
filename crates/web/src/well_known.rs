//! Addresses that password managers look for by themselves.

use axum::extract::State;
use axum::response::Redirect;
use serde::Serialize;

use crate::forms::Json;
use crate::site::Web;

/// Where passkeys are made and managed (W3C, Passkey Endpoints).
#[derive(Debug, Serialize)]
pub(crate) struct PasskeyEndpoints {
    enroll: String,
    manage: String,
}

/// `GET /.well-known/passkey-endpoints`
pub(crate) async fn passkey_endpoints(State(web): State<Web>) -> Json<PasskeyEndpoints> {
    let page = format!("{}/settings/passkeys", web.origin());
    Json(PasskeyEndpoints { enroll: page.clone(), manage: page })
}

/// `GET /.well-known/change-password` (W3C, A Well-Known URL for Changing Passwords)
pub(crate) async fn change_password() -> Redirect {
    Redirect::to("/settings/password")
}
