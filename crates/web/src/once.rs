//! The same request sent again. Where the table says so, a POST may carry an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header): then it is done once, and every copy of it gets the one answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::repeats::{self, Asked};
use tokio::time::timeout;

use crate::answers::Problem;
use crate::forms::{self, Mistake, MistakeKind};
use crate::routes::Row;
use crate::site::Web;
use crate::visitor::{Customer, Visitor};

/// The header, as documents write it.
pub(crate) const NAME: &str = "Idempotency-Key";

/// The same, as programs compare it.
pub(crate) const HEADER: &str = "idempotency-key";

/// The longest key.
pub(crate) const KEY_MAX: usize = 255;

/// The request, if it carries a key where one is taken. Its body is read here, because the key stands for all of it.
pub(crate) async fn asked(
    web: &Web,
    row: &Row,
    visitor: &Visitor,
    request: &mut Request,
) -> Result<Option<Asked>, Problem> {
    if !row.takes_key(request.method()) {
        return Ok(None);
    }
    let Some(key) = key(request.headers()).map_err(|mistake| Problem::mistake(&mistake))?.map(str::to_owned) else {
        return Ok(None);
    };
    let Some(session) = &visitor.session else { return Ok(None) };
    let limit = Duration::from_secs(web.settings().request_seconds);
    let read = timeout(limit, forms::read_at_most(std::mem::take(request.body_mut()), row.body_max()));
    let body = read.await.map_err(|_| Problem::too_slow())??;
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    let asked = Asked::new(web.app().keys(), session, &key, address, &body);
    *request.body_mut() = Body::from(body);
    Ok(Some(asked))
}

/// The one key of a request: a text in quotes as the draft has it, or bare as most programs send it.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<&str>, Mistake> {
    let wrong = |kind, say: String| Mistake::here(kind, say).within(NAME);
    let mut values = headers.get_all(NAME).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(wrong(MistakeKind::DuplicateField, "was sent twice".to_owned()));
    }
    let text = value.to_str().unwrap_or("\u{0}").trim();
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if inner.is_empty() || inner.len() > KEY_MAX {
        return Err(wrong(MistakeKind::WrongLength, format!("must have 1 to {KEY_MAX} characters")));
    }
    // A comma would be two headers that a proxy made one of.
    if !inner.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",\\".contains(&byte)) {
        let say = "must be letters, digits and signs without space, comma, quotation mark or backslash";
        return Err(wrong(MistakeKind::BadValue, say.to_owned()));
    }
    Ok(Some(inner))
}

/// The answer to a request whose session has ended since: it may be the one that ended it, and its answer was lost.
pub(crate) async fn answered(web: &Web, row: &Row, asked: Asked) -> Result<Option<Response>, Problem> {
    let answer = web.app().view(move |view| repeats::answer(view, &asked)).await?;
    Ok(answer.map(|answer| again(row, answer)))
}

/// Runs the handler, unless the request was answered before. Copies that come at the same time wait for the first.
pub(crate) async fn run(web: Web, row: Row, request: Request, next: Next) -> Response {
    let customer = request.extensions().get::<Customer>().filter(|customer| customer.asked.is_some());
    let Some((account, asked)) = customer.and_then(|customer| Some((customer.account(), customer.asked?))) else {
        return next.run(request).await;
    };
    let turn = web.under_way().turn(asked.request());
    let _mine = turn.lock().await;
    match web.app().view(move |view| repeats::answer_or_go_on(view, account, &asked)).await {
        Ok(None) => {}
        Ok(Some(answer)) => return again(&row, answer),
        Err(stop) => return Problem::from(stop).into_response(),
    }
    let response = next.run(request).await;
    if response.extensions().get::<Problem>().is_none() {
        return response;
    }
    // Another node may have been quicker; then what was refused here is the copy.
    answered(&web, &row, asked).await.ok().flatten().unwrap_or(response)
}

fn again(row: &Row, answer: String) -> Response {
    (row.done(), [(header::CONTENT_TYPE, "application/json")], answer).into_response()
}

/// The requests with a key that this process is at work on.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<HashMap<[u8; 32], Weak<tokio::sync::Mutex<()>>>>);

impl UnderWay {
    /// What a request holds while it is under way, one at a time.
    fn turn(&self, request: &[u8; 32]) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().expect("no holder of this lock panics");
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(request).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(*request, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_one_key() {
        let long = "k".repeat(KEY_MAX);
        let longer = "k".repeat(KEY_MAX + 1);
        for (values, expected) in [
            (vec![], Ok(None)),
            (vec!["8e03978e-40d5-43e8-bc93-6894a57f9324"], Ok(Some("8e03978e-40d5-43e8-bc93-6894a57f9324"))),
            (vec!["\"in quotes\""], Err(MistakeKind::BadValue)),
            (vec!["\"in-quotes\""], Ok(Some("in-quotes"))),
            (vec![" bare "], Ok(Some("bare"))),
            (vec![&long], Ok(Some(long.as_str()))),
            (vec![&longer], Err(MistakeKind::WrongLength)),
            (vec![""], Err(MistakeKind::WrongLength)),
            (vec!["\"\""], Err(MistakeKind::WrongLength)),
            (vec!["\""], Err(MistakeKind::BadValue)),
            (vec!["one, two"], Err(MistakeKind::BadValue)),
            (vec!["one,two"], Err(MistakeKind::BadValue)),
            (vec!["caf\u{e9}"], Err(MistakeKind::BadValue)),
            (vec!["one", "one"], Err(MistakeKind::DuplicateField)),
        ] {
            let mut headers = HeaderMap::new();
            for value in &values {
                headers.append(NAME, axum::http::HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
            }
            assert_eq!(key(&headers).map_err(|mistake| mistake.kind), expected, "{values:?}");
        }
    }
}
