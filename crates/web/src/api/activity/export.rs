//! The whole activity log as a file: read page by page, so that no log is too long.

use std::collections::VecDeque;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::activity::{self, Entry, Filter, PAGE};
use domain::ids::AccountId;
use domain::{Fault, Stop};
use futures_util::stream;

use super::OneEntry;
use crate::answers::Problem;
use crate::forms::Query;
use crate::search::Wanted;
use crate::{Customer, Web};

/// The log as comma-separated values (RFC 4180), newest first.
pub(crate) async fn as_csv(web: Web, customer: Customer, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let filter = wanted.filter()?;
    let head = line(&[
        "sequence",
        "happened_at",
        "at",
        "code",
        "what",
        "detail",
        "who",
        "ip",
        "place",
        "country",
        "browser",
        "session",
    ]);
    Ok(whole(
        &web,
        &customer,
        filter,
        Format { name: "activity.csv", media: "text/csv; charset=utf-8", head, entry: csv, foot: "" },
    ))
}

/// The log as one JSON array, newest first.
pub(crate) async fn as_json(web: Web, customer: Customer, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let filter = wanted.filter()?;
    let head = "[\n".to_owned();
    Ok(whole(
        &web,
        &customer,
        filter,
        Format { name: "activity.json", media: "application/json", head, entry: json, foot: "\n]\n" },
    ))
}

struct Format {
    name: &'static str,
    media: &'static str,
    head: String,
    /// Writes one entry; the flag says whether it is the first.
    entry: fn(&Entry, bool) -> String,
    foot: &'static str,
}

fn csv(entry: &Entry, _first: bool) -> String {
    let spec = entry.event.spec();
    let text = |value: Option<String>| value.unwrap_or_default();
    line(&[
        &entry.sequence.to_string(),
        &entry.happened_at().to_string(),
        &entry.at.to_string(),
        spec.code,
        spec.title,
        &spec.detail,
        &entry.who,
        &text(entry.origin.ip.map(|ip| ip.to_string())),
        &text(entry.origin.place_text()),
        &text(entry.origin.place.as_ref().and_then(|place| place.country).map(String::from)),
        &text(entry.origin.browser.clone()),
        &text(entry.session.map(|session| session.to_string())),
    ])
}

fn json(entry: &Entry, first: bool) -> String {
    let entry = serde_json::to_string(&OneEntry::of(entry)).expect("an entry is made of texts and numbers");
    if first { entry } else { format!(",\n{entry}") }
}

/// One line, every field in quotes.
fn line(fields: &[&str]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|field| format!("\"{}\"", neutral(field).replace('"', "\"\""))).collect();
    fields.join(",") + "\r\n"
}

/// The field as a spreadsheet will show it. One that begins like a formula gets an apostrophe before it: a browser's
/// name is a stranger's text, and must not be computed on the customer's machine.
fn neutral(field: &str) -> String {
    let formula =
        field.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{field}") } else { field.to_owned() }
}

/// Streams the whole log in this format. A failure on the way breaks the connection, so that a part of a log is
/// never taken for the whole.
fn whole(web: &Web, customer: &Customer, filter: Filter, format: Format) -> Response {
    let headers = [
        (header::CONTENT_TYPE, format.media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", format.name)),
    ];
    let reading = Reading {
        web: web.clone(),
        account: customer.account(),
        filter,
        ready: VecDeque::from([format.head.clone()]),
        next: Next::From(None),
        first: true,
        format,
    };
    let chunks = stream::try_unfold(reading, |mut reading| async move {
        let chunk = reading.chunk().await?;
        Ok::<_, Fault>(chunk.map(|chunk| (Bytes::from(chunk), reading)))
    });
    (headers, Body::from_stream(chunks)).into_response()
}

enum Next {
    From(Option<i64>),
    Foot,
    End,
}

struct Reading {
    web: Web,
    account: AccountId,
    filter: Filter,
    ready: VecDeque<String>,
    next: Next,
    first: bool,
    format: Format,
}

impl Reading {
    async fn chunk(&mut self) -> Result<Option<String>, Fault> {
        if let Some(chunk) = self.ready.pop_front() {
            return Ok(Some(chunk));
        }
        let before = match self.next {
            Next::From(before) => before,
            Next::Foot => {
                self.next = Next::End;
                return Ok(Some(self.format.foot.to_owned()));
            }
            Next::End => return Ok(None),
        };
        let account = self.account;
        let filter = self.filter.clone();
        let read = self.web.app().view(move |view| activity::search(view, account, &filter, before, PAGE)).await;
        let page = read.map_err(|stop| match stop {
            Stop::Failed(fault) => fault,
            Stop::Refused(refusal) => Fault::broken(format!("reading a log was refused: {}", refusal.spec().code)),
        });
        let page = page.inspect_err(|fault| tracing::warn!(%fault, "an export was broken off"))?;
        self.next = page.older.map_or(Next::Foot, |older| Next::From(Some(older)));
        let mut chunk = String::new();
        for entry in &page.entries {
            chunk += &(self.format.entry)(entry, self.first);
            self.first = false;
        }
        Ok(Some(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_field_that_looks_like_a_formula_is_shown_and_not_computed() {
        for (field, written) in [
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"\r\n"),
            ("+1", "\"'+1\"\r\n"),
            ("-1", "\"'-1\"\r\n"),
            ("@SUM(A1)", "\"'@SUM(A1)\"\r\n"),
            ("\t=1", "\"'\t=1\"\r\n"),
            ("  =1", "\"'  =1\"\r\n"),
            ("＝1", "\"'＝1\"\r\n"),
            ("a \"quoted\", text", "\"a \"\"quoted\"\", text\"\r\n"),
            ("two\nlines", "\"two\nlines\"\r\n"),
            ("Firefox 144", "\"Firefox 144\"\r\n"),
        ] {
            assert_eq!(line(&[field]), written);
        }
        assert_eq!(line(&["a", "=b"]), "\"a\",\"'=b\"\r\n");
    }
}
