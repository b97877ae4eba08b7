//! The JSON twin of every page: each handler parses, enters one action of the domain and writes what it answers.

pub(crate) mod accounts;
pub(crate) mod activity;
pub(crate) mod approvals;
pub(crate) mod checkup;
pub(crate) mod credentials;
pub(crate) mod devices;
pub(crate) mod feed;
pub(crate) mod forward_auth;
pub(crate) mod links;
pub(crate) mod notifications;
pub(crate) mod passkeys;
pub(crate) mod phones;
pub(crate) mod protections;
pub(crate) mod recovery;
pub(crate) mod second_factors;
pub(crate) mod service;
pub(crate) mod sessions;
pub(crate) mod support;

use axum::http::{HeaderValue, header};
use axum::response::{AppendHeaders, IntoResponse};
use domain::activity::Country;
use domain::repeats::Repeatable;
use domain::{Origin, SecretText};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Customer;
use crate::answers::Problem;
use crate::cookies::Jar;
use crate::forms::{Json, Secret};

/// What every handler answers.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// It is done, and there is nothing else to say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    /// Always true: what was not done is a problem document.
    #[schema(example = true)]
    done: bool,
}

impl Done {
    /// It is done.
    pub(crate) fn it_is() -> Self {
        Self { done: true }
    }
}

impl Repeatable for Done {}

/// The answer that it is done.
pub(crate) fn done() -> Json<Done> {
    Json(Done::it_is())
}

/// From where something was done, as far as we know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct From {
    /// The address.
    #[schema(example = "192.0.2.7")]
    ip: Option<String>,
    /// Browser and system.
    #[schema(example = "Firefox 144 on Linux")]
    browser: Option<String>,
    /// The place that belongs to the address.
    place: Option<String>,
    /// The country of that place: its two letters (ISO 3166-1).
    #[schema(value_type = Option<String>, example = "CH")]
    country: Option<Country>,
}

impl From {
    fn origin(origin: &Origin) -> Self {
        Self {
            ip: origin.ip.map(|ip| ip.to_string()),
            browser: origin.browser.clone(),
            place: origin.place_text(),
            country: origin.place.as_ref().and_then(|place| place.country),
        }
    }
}

/// A fresh session secret goes back the way the old one came: into the cookie, or into the body for a program.
fn renewed(customer: &Customer, secret: SecretText) -> (Option<Secret>, Option<HeaderValue>) {
    if customer.visitor.by_bearer {
        (Some(Secret(secret)), None)
    } else {
        let cookie = Jar::Session.keep(&secret, None);
        (None, Some(cookie))
    }
}

/// The answer with the cookie it sets, if any.
fn with_cookie<T: IntoResponse>(cookie: Option<HeaderValue>, answer: T) -> impl IntoResponse {
    (AppendHeaders(cookie.map(|cookie| (header::SET_COOKIE, cookie))), answer)
}

/// The header that takes an ended session's cookie away, where it came as one.
fn forgotten(customer: &Customer) -> Option<HeaderValue> {
    (!customer.visitor.by_bearer).then(|| Jar::Session.forget())
}
