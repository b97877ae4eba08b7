//! Saying no and saying sorry: every answer that is not the one asked for is made here.
//!
//! A handler that stops returns a [`Problem`]. The door turns it into an RFC 9457 problem
//! document for the API or into a page for people, so both always tell the same story.

use std::hash::{BuildHasher, RandomState};
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::credentials::Weakness;
use domain::refusal::Kind;
use domain::{Fault, Refusal, Stop, Time};
use serde::Serialize;
use utoipa::ToSchema;

use crate::forms::Mistake;
use crate::routes::Shape;

/// Why a request was not done, for people and for programs. Small to hand on: what it says is in a box.
#[derive(Debug, Clone)]
pub struct Problem(Box<Said>);

impl Deref for Problem {
    type Target = Said;
    fn deref(&self) -> &Said {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Said {
        &mut self.0
    }
}

/// What a problem says.
#[derive(Debug, Clone)]
pub struct Said {
    /// The HTTP status.
    pub status: StatusCode,
    /// Stable name for programs.
    pub code: &'static str,
    /// What happened, in one sentence.
    pub title: String,
    /// What was kept and what to do next.
    pub advice: String,
    /// The field that has to be mended, if it is one.
    pub field: Option<String>,
    /// Reasons, one sentence each, where there are several.
    pub reasons: Vec<String>,
    /// The number under which the fault stands in the log.
    pub number: Option<String>,
    /// When it is worth trying again.
    pub again: Option<Again>,
}

/// When a refused request is worth another try.
#[derive(Debug, Clone, Copy)]
pub enum Again {
    /// After so many seconds.
    In(u64),
    /// Not before this moment.
    At(Time),
}

impl Again {
    /// Whole seconds from now, at least one.
    pub(crate) fn seconds_from(self, now: Time) -> u64 {
        match self {
            Self::In(seconds) => seconds,
            Self::At(time) => {
                let left = time.duration_since(now).as_millis();
                u64::try_from(left).unwrap_or(0).div_ceil(1000).max(1)
            }
        }
    }
}

/// A problem document of RFC 9457, as the API sends it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
struct Document<'a> {
    /// A stable name of this kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:countersign:problem:missing_field")]
    kind: String,
    /// The last part of `type`, for a quick comparison.
    #[schema(example = "missing_field")]
    code: &'a str,
    /// The HTTP status, repeated.
    status: u16,
    /// What happened, in one sentence.
    title: &'a str,
    /// What was kept and what to do next.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = false)]
    detail: &'a str,
    /// The field that has to be mended.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// Reasons, where there are several.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[schema(required = false)]
    reasons: &'a [String],
    /// A number to quote to the operator's support.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a str>,
    /// Seconds after which it is worth trying again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// Seconds we ask for when we are too busy.
const BUSY_SECONDS: u64 = 5;

/// Seconds we ask for when the database cannot be used: somebody has to mend something first.
const UNAVAILABLE_SECONDS: u64 = 30;

impl Problem {
    /// A problem with nothing but a status, a code and two sentences.
    pub(crate) fn new(status: StatusCode, code: &'static str, title: &str, advice: &str) -> Self {
        Self(Box::new(Said {
            status,
            code,
            title: title.to_owned(),
            advice: advice.to_owned(),
            field: None,
            reasons: Vec::new(),
            number: None,
            again: None,
        }))
    }

    /// No such page, or none of theirs.
    pub fn not_found() -> Self {
        Self::refusal(&Refusal::NoSuchThing)
    }

    /// Nobody is signed in, or not any more.
    pub(crate) fn not_signed_in() -> Self {
        Self::refusal(&Refusal::NotSignedIn)
    }

    /// The page is there, but not for this method.
    pub(crate) fn wrong_method() -> Self {
        let advice = "Nothing was changed. Go back to the page you came from and try again.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "This address is not for that.", advice)
    }

    /// The request came from another site, or does not say where it came from.
    pub(crate) fn cross_site() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "This request did not come from our own pages.",
            "Nothing was changed. Open our site yourself, from your bookmark, and try again there.",
        )
    }

    /// Whoever called is not the operator's SMS gateway.
    pub(crate) fn not_the_gateway() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "not_the_gateway",
            "This address is for the operator's SMS gateway alone.",
            "Nothing was changed.",
        )
    }

    /// The body is larger than this address takes.
    pub(crate) fn too_large(max: usize) -> Self {
        let advice = format!("Nothing was changed. At most {max} bytes are read here.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "This is too long.", &advice)
    }

    /// The body is of another kind than the one read here.
    pub(crate) fn wrong_media_type(wanted: &str) -> Self {
        let advice = format!("Nothing was changed. Send it with the content type {wanted}.");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_media_type", "This cannot be read here.", &advice)
    }

    /// It took too long. What an action had begun by then goes on to its end.
    pub(crate) fn too_slow() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_slow",
            "This took longer than it should.",
            "It may still have been done: look at your account activity before you try again.",
        )
        .retry_after(BUSY_SECONDS)
    }

    /// Something sent does not fit.
    pub fn mistake(mistake: &Mistake) -> Self {
        let title = if mistake.field.is_empty() {
            mistake.say.clone()
        } else {
            format!("The field \u{201c}{}\u{201d} {}.", mistake.field, mistake.say)
        };
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, mistake.kind.code(), &title, "Nothing was changed.");
        if mistake.kind == crate::forms::MistakeKind::Unreadable {
            problem.status = StatusCode::BAD_REQUEST;
        }
        if !mistake.field.is_empty() {
            problem.field = Some(mistake.field.clone());
        }
        problem
    }

    /// A rule said no.
    pub fn refusal(refusal: &Refusal) -> Self {
        let spec = refusal.spec();
        let status = match spec.kind {
            Kind::Unfit => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Unproven => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::Missing => StatusCode::NOT_FOUND,
            Kind::Later(_) => StatusCode::TOO_MANY_REQUESTS,
            Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut problem = Self::new(status, spec.code, spec.title, spec.advice);
        if let Refusal::PasswordUnfit(weaknesses) = refusal {
            problem.reasons = weaknesses.iter().map(Weakness::sentence).collect();
        }
        match spec.kind {
            Kind::Busy => problem.retry_after(BUSY_SECONDS),
            Kind::Later(until) => {
                problem.again = Some(Again::At(until));
                problem
            }
            _ => problem,
        }
    }

    /// Something of ours broke. It is logged here, once, under the number that the answer shows.
    pub fn fault(what: &str) -> Self {
        let number = next_number();
        tracing::error!(number, what, "fault");
        let mut problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "fault",
            "Something went wrong on our side.",
            "It is not your fault, and nothing was changed. If it happens again, tell our support the number.",
        );
        problem.number = Some(number);
        problem
    }

    /// The same problem, worth another try after so many seconds.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.again = Some(Again::In(seconds));
        self
    }

    /// The problem as a document of RFC 9457.
    fn to_json(&self, now: Time) -> Vec<u8> {
        let document = Document {
            kind: format!("urn:countersign:problem:{}", self.code),
            code: self.code,
            status: self.status.as_u16(),
            title: &self.title,
            detail: &self.advice,
            field: self.field.as_deref(),
            reasons: &self.reasons,
            number: self.number.as_deref(),
            retry_after_seconds: self.again.map(|again| again.seconds_from(now)),
        };
        serde_json::to_vec(&document).expect("a document of texts and numbers can be written")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::refusal(&refusal)
    }
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => Self::refusal(&refusal),
            Stop::Failed(fault) => Self::from(fault),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let what = fault.to_string();
        match fault {
            // Our own limits did what they are for: nothing is broken, and nobody needs a number.
            Fault::Busy(_) => Self::refusal(&Refusal::Busy),
            Fault::Unavailable(_) => {
                let mut problem = Self::fault(&what);
                problem.status = StatusCode::SERVICE_UNAVAILABLE;
                problem.code = "unavailable";
                "We cannot do this right now.".clone_into(&mut problem.title);
                "It is not your fault, and nothing was changed. Please try again in a minute."
                    .clone_into(&mut problem.advice);
                problem.retry_after(UNAVAILABLE_SECONDS)
            }
            Fault::Unknown(_) => {
                let mut problem = Self::fault(&what);
                problem.code = "outcome_unknown";
                "We cannot tell whether it was done: look at your account activity before you try again."
                    .clone_into(&mut problem.advice);
                problem
            }
            Fault::Again(_) | Fault::Broken(_) => Self::fault(&what),
        }
    }
}

impl IntoResponse for Problem {
    /// Carries the problem to the door, which knows whether a person or a program asked.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The answer that carries this problem to a program.
pub(crate) fn as_document(problem: &Problem, now: Time) -> Response {
    let body = problem.to_json(now);
    let mut response = (problem.status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if problem.status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Says when to try again, in the header that programs and caches look at.
pub(crate) fn add_retry_after(problem: &Problem, now: Time, response: &mut Response) {
    if let Some(again) = problem.again {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(again.seconds_from(now)));
    }
}

/// A number that a customer can read out and an operator can find: unlike any other of this process, and very
/// likely of any other. It names a log line and guards nothing, so it does not draw on the app's chance.
fn next_number() -> String {
    static COUNTED: AtomicU64 = AtomicU64::new(1);
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()) % 1_000_000);
    format!("{:06}-{}", *PROCESS, COUNTED.fetch_add(1, Ordering::Relaxed))
}

/// The shape of a problem document, for the OpenAPI document.
pub(crate) fn shape() -> Shape {
    Shape::of::<Document<'_>>()
}
