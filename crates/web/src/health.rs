//! What supervisors and load balancers ask.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::site::Web;

/// The process runs. Nothing is asked of the database: a restart would not mend it.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// Requests can be served: the database answers a reading and takes an (empty) change.
pub(crate) async fn ready(State(web): State<Web>) -> Response {
    if *web.closing().borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    let reading = web.app().view(|_| Ok(())).await;
    let change = web.app().change(&domain::activity::Actor::chore(), |_| Ok(())).await;
    match (reading, change) {
        (Ok(()), Ok(())) => "ready\n".into_response(),
        (Err(stop), _) | (_, Err(stop)) => {
            tracing::warn!(%stop, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}
