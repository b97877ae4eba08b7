//! Doors for the operator's SMS gateway: what became of our SMS, and SMS that came back. Nobody else is let in, and
//! nobody is recognised by cookies here; the gateway proves itself in each call.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::activity::Actor;
use domain::ids::NoticeId;
use domain::notifications::Delivery;
use domain::{Origin, notifications, phones};

use crate::answers::Problem;
use crate::forms::read_at_most;
use crate::site::Web;

/// Most bytes of a call: an SMS is short, and so is what is said about one.
pub(crate) const CALL_MAX: usize = 8 * 1024;

/// A call as it came, before anything in it is believed.
#[derive(Debug, Clone)]
pub struct Call {
    /// The path and what stands behind it.
    pub path_and_query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Call {
    /// The one value of a header; none, two or an unreadable one are empty.
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().unwrap_or_default(),
            _ => "",
        }
    }
}

/// What a gateway said, once it proved itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// What became of an SMS of ours.
    Report {
        /// Which.
        notice: NoticeId,
        /// What became of it.
        delivery: Delivery,
    },
    /// An SMS came back.
    Reply {
        /// The number of its sender, as the gateway writes it.
        from: String,
        /// What it says.
        text: String,
    },
    /// Something that changes nothing for us.
    Nothing,
}

/// The operator's SMS gateway, as far as it calls us.
pub trait Gateway: Send + Sync {
    /// What a call says; `None` if it is not the gateway's.
    fn read(&self, call: &Call) -> Option<Said>;

    /// What it is answered, as media type and text, so that it sends nothing back to the customer.
    fn thanks(&self) -> (&'static str, &'static str);
}

/// Where no SMS is sent: nobody who calls is the gateway.
pub(crate) struct NoGateway;

impl Gateway for NoGateway {
    fn read(&self, _call: &Call) -> Option<Said> {
        None
    }

    fn thanks(&self) -> (&'static str, &'static str) {
        ("text/plain", "")
    }
}

/// `GET` and `POST /hooks/sms/report`: what became of an SMS. Kannel reports by GET, which elsewhere never changes
/// anything; here it writes the fate of a delivery, and only for who knows the gateway's password (decision 12).
pub(crate) async fn report(State(web): State<Web>, request: Request) -> Result<Response, Problem> {
    if let Said::Report { notice, delivery } = heard(&web, request).await? {
        let gateway = Actor::visitor(Origin::default());
        web.app().change(&gateway, move |change| notifications::report(change, notice, delivery)).await?;
    }
    Ok(thanked(&web))
}

/// `POST /hooks/sms/inbound`: an SMS that came back. FREEZE freezes the accounts of its sender's number.
pub(crate) async fn inbound(State(web): State<Web>, request: Request) -> Result<Response, Problem> {
    if let Said::Reply { from, text } = heard(&web, request).await? {
        let sender = Actor::visitor(Origin::default());
        let frozen = web.app().change(&sender, move |change| phones::freeze_by_reply(change, &from, &text)).await?;
        tracing::info!(accounts = frozen, "an SMS came back");
    }
    Ok(thanked(&web))
}

async fn heard(web: &Web, request: Request) -> Result<Said, Problem> {
    let (parts, body): (_, Body) = request.into_parts();
    let path_and_query = parts.uri.path_and_query().map_or("", |written| written.as_str()).to_owned();
    let body = read_at_most(body, CALL_MAX).await?.into();
    let call = Call { path_and_query, headers: parts.headers, body };
    web.gateway().read(&call).ok_or_else(Problem::not_the_gateway)
}

fn thanked(web: &Web) -> Response {
    let (media_type, text) = web.gateway().thanks();
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}
