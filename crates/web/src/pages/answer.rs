//! How a handler answers: with a page, with a form shown again, or with a way to the next page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::refusal::{Refusal, Stop};
use serde::Deserialize;

use crate::answers::Problem;
use crate::forms::{Mistake, MistakeKind};
use crate::pages::done::Done;
use crate::pages::frame::{Field, When};

/// What every handler of a page gives.
pub(crate) type Answer = Result<Response, Problem>;

/// A page.
pub(crate) fn show(page: &impl Template) -> Answer {
    show_as(StatusCode::OK, page)
}

/// A page with another status, such as a form that could not be done.
pub(crate) fn show_as(status: StatusCode, page: &impl Template) -> Answer {
    match page.render() {
        Ok(html) => Ok((status, Html(html)).into_response()),
        Err(error) => Err(Problem::fault(&format!("a page could not be written: {error}"))),
    }
}

/// On to the next page, which says what was done.
pub(crate) fn on_to(path: &str, done: Done) -> Response {
    Redirect::to(&format!("{path}?done={}", done.code())).into_response()
}

/// The refusal that a form can show beside its fields; everything else becomes a page of its own.
pub(crate) fn refusal(stop: Stop) -> Result<Refusal, Problem> {
    match stop {
        Stop::Refused(Refusal::Busy | Refusal::NotSignedIn) | Stop::Failed(_) => Err(Problem::from(stop)),
        Stop::Refused(refusal) => Ok(refusal),
    }
}

/// The status that goes with a refusal.
pub(crate) fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        // 401 asks a browser for HTTP's own sign-in; a page only says no.
        Refusal::WrongEmailOrPassword
        | Refusal::WrongPassword
        | Refusal::WrongCode
        | Refusal::WrongPhoneCode
        | Refusal::SignInOver
        | Refusal::PasskeyWrong
        | Refusal::PasskeyUnknown
        | Refusal::WrongFreezeWords => StatusCode::FORBIDDEN,
        other => Problem::refusal(other).status,
    }
}

/// A refusal in the words of its list, with the moment from which it is worth trying again.
pub(crate) fn sentence(refusal: &Refusal) -> String {
    let spec = refusal.spec();
    match refusal {
        Refusal::TooManyTries { until }
        | Refusal::TooManyMails { until }
        | Refusal::TooManyCodes { until }
        | Refusal::TooManyChanges { until } => {
            format!("{} {} The next try counts from {}.", spec.title, spec.advice, When::at(*until).text)
        }
        Refusal::ProofTooYoung { until } => {
            format!("{} {} What is there now is old enough from {}.", spec.title, spec.advice, When::at(*until).text)
        }
        _ => format!("{} {}", spec.title, spec.advice),
    }
}

/// Puts a mistake beside its field, or answers what to say above the form.
pub(crate) fn place(mistake: &Mistake, fields: &mut [(&str, &mut Field)]) -> Option<String> {
    let mended = match mistake.kind {
        MistakeKind::MissingField => "Please fill this in.".to_owned(),
        _ => format!("This {}.", mistake.say),
    };
    match fields.iter_mut().find(|(name, _)| *name == mistake.field) {
        Some((_, field)) => {
            field.error = Some(mended);
            None
        }
        None => Some(format!("{} Nothing was changed.", Problem::mistake(mistake).title)),
    }
}

/// A question with an answer that nobody can give by opening a link.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answered {
    /// The chosen answer.
    pub(crate) answer: Chosen,
}

/// The answers to such questions; each question takes some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Chosen {
    /// It was me.
    Mine,
    /// Let me in.
    SignIn,
    /// Keep them out.
    Refuse,
    /// Stop everything.
    Freeze,
    /// Stop what waits.
    Cancel,
    /// Undo what was changed.
    Undo,
    /// I lost what proves that it is me.
    Lost,
    /// Leave everything as it is.
    Keep,
}

/// What a question says that was sent without an answer.
pub(crate) const UNANSWERED: &str = "Please choose one answer. Nothing was changed.";
