//! What supervisors and load balancers ask.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::trial;
use tokio::time::timeout;

use crate::site::Web;

/// Whoever asks whether requests can be served does not wait long for the answer.
const READY: Duration = Duration::from_secs(3);

/// The process runs. Nothing is asked of the database: a restart would not mend it.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// Requests can be served: the database answers a reading and takes changes.
pub(crate) async fn ready(State(web): State<Web>) -> Response {
    if *web.closing().borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    let asked = async {
        web.app().view(|_| Ok(())).await?;
        trial::takes_changes(web.app()).await
    };
    let why = match timeout(READY, asked).await {
        Ok(Ok(())) => return "ready\n".into_response(),
        Ok(Err(stop)) => stop.to_string(),
        Err(_) => "the database did not answer in time".to_owned(),
    };
    tracing::warn!(why, "not ready");
    (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
}
