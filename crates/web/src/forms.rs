//! Reading what was sent, strictly: one size, one form, no unknown fields, nothing twice, UTF-8 only.
//!
//! A handler names the type it wants: [`Json`] for the API, [`Form`] for pages, [`Query`] for both. Where the
//! input does not fit, the API answers with a problem document that names the field, and a page gets the
//! mistake beside what was typed, to show the form again.

mod mistake;
mod text;
mod value;
mod whole;

#[cfg(test)]
mod tests;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use mistake::{Mistake, MistakeKind};
pub use text::{Hidden, Secret, Text, TypedEmail, TypedPassword};
use value::Sent;
pub use whole::{Sequence, Whole};

use crate::answers::Problem;
use crate::routes::{Row, Side};
use crate::site::Web;

/// The most a form or a JSON body may hold, unless its row in the table says less.
pub const BODY_MAX: usize = 16 * 1024;

/// JSON in and out: reads a request's body into `T`, and sends a `T` with status 200.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Web> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _web: &Web) -> Result<Self, Problem> {
        let bytes = body(request, "application/json").await?;
        Ok(Self(json(&bytes)?))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Problem::fault(&format!("an answer could not be written as JSON: {error}")).into_response(),
        }
    }
}

/// A form sent by a page: what it says, or the first mistake in it, and what was typed.
#[derive(Debug)]
pub struct Form<T> {
    /// What the form says, if it says it properly.
    pub said: Result<T, Mistake>,
    /// What was typed, to show it again. Never put a secret field back into a page.
    pub typed: Typed,
}

impl<T: DeserializeOwned> FromRequest<Web> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _web: &Web) -> Result<Self, Problem> {
        let bytes = body(request, "application/x-www-form-urlencoded").await?;
        // A form that is not one cannot be shown again: no page of ours sends it.
        let typed = pairs(&bytes).map_err(|mistake| Problem::mistake(&mistake))?;
        Ok(Self { said: read(&typed), typed: Typed(typed) })
    }
}

/// What was typed into a form, field by field.
#[derive(Debug, Default)]
pub struct Typed(Vec<(String, String)>);

impl Typed {
    /// What was typed into this field; empty if nothing was.
    pub fn get(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }
}

/// The part of an address after its question mark, read as strictly as a form. A program that asks for something says what:
/// where a variable of its script was empty, "no demand" would be the wrong guess. Browsers send the empty fields of a form.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Web> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _web: &Web) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let of_a_page = parts.extensions.get::<Row>().is_some_and(|row| row.side() == Side::Page);
        let read = pairs(query.as_bytes()).and_then(|pairs| match pairs.iter().find(|(_, value)| value.is_empty()) {
            Some((name, _)) if !of_a_page => {
                Err(Mistake::here(MistakeKind::BadValue, "must not be empty: leave it out").within(name))
            }
            _ => read(&pairs),
        });
        read.map(Self).map_err(|mistake| Problem::mistake(&mistake))
    }
}

/// One part of the path, such as an id. What cannot be one is a page that does not exist.
#[derive(Debug)]
pub struct PathPart<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for PathPart<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let axum::extract::Path(text) =
            axum::extract::Path::<String>::from_request_parts(parts, web).await.map_err(|_| Problem::not_found())?;
        T::deserialize(Sent::Typed(text)).map(Self).map_err(|_| Problem::not_found())
    }
}

/// Reads a JSON text into a type.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let unreadable = |say: &str| Problem::mistake(&Mistake::here(MistakeKind::Unreadable, say));
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable("The body is not UTF-8."))?;
    let sent: Sent = serde_json::from_str(text).map_err(|error| {
        unreadable(&format!("The body is not JSON: see line {}, column {}.", error.line(), error.column()))
    })?;
    T::deserialize(sent).map_err(|mistake| Problem::mistake(&mistake))
}

/// Reads a type from pairs of a form or a query.
fn read<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, Mistake> {
    let fields = pairs.iter().map(|(name, value)| (name.clone(), Sent::Typed(value.clone())));
    T::deserialize(Sent::Fields(fields.collect()))
}

/// The pairs of `application/x-www-form-urlencoded` text. Unlike a browser's own reader this one refuses what is
/// not UTF-8 or wrongly escaped, instead of putting replacement characters into somebody's password.
fn pairs(bytes: &[u8]) -> Result<Vec<(String, String)>, Mistake> {
    let parts = bytes.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let cut = part.iter().position(|byte| *byte == b'=');
            let (name, value) = cut.map_or((part, &[][..]), |cut| (&part[..cut], &part[cut + 1..]));
            let name = unescaped(name)?;
            let value = unescaped(value).map_err(|mistake| mistake.within(&name))?;
            Ok((name, value))
        })
        .collect()
}

/// The text that percent signs and plus signs spell.
fn unescaped(bytes: &[u8]) -> Result<String, Mistake> {
    let wrong = || Mistake::here(MistakeKind::Unreadable, "has a wrong percent escape");
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16)).ok_or_else(wrong);
                let value = digit()? * 16 + digit()?;
                u8::try_from(value).map_err(|_| wrong())?
            }
            other => other,
        });
    }
    String::from_utf8(plain).map_err(|_| Mistake::here(MistakeKind::Unreadable, "is not UTF-8"))
}

/// The body, if it is of the kind wanted and no larger than its row allows.
async fn body(request: Request, kind: &'static str) -> Result<Vec<u8>, Problem> {
    if media_type(request.headers()).as_deref() != Some(kind) {
        return Err(Problem::wrong_media_type(kind));
    }
    let max = request.extensions().get::<Row>().map_or(BODY_MAX, Row::body_max);
    read_at_most(request.into_body(), max).await
}

/// The media type that the request says it sends, without its parameters.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let said = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The whole body, if it holds no more than that.
pub(crate) async fn read_at_most(body: Body, max: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::mistake(&Mistake::here(MistakeKind::Unreadable, "The body ended before it was complete."))
        })?;
        if bytes.len() + chunk.len() > max {
            return Err(Problem::too_large(max));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
