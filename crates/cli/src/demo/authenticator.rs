//! `/demo/authenticator`: plays the customers' authenticator apps, on no phone.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use domain::second_factors::Seed;
use serde::Deserialize;
use web::Web;
use web::pages::demo::{AuthenticatorPage, ShownCode};
use web::pages::frame::Frame;

use crate::demo::mailbox::{PAGE, policy};

/// The keys of the apps, kept in a file beside the demo's data so that they outlive it as phones would.
pub(crate) struct Authenticator {
    file: PathBuf,
    keys: Mutex<Vec<(String, Seed)>>,
}

impl Authenticator {
    /// The keys that the file holds, if it is there.
    pub(crate) fn open(file: PathBuf) -> Self {
        let kept = fs::read_to_string(&file).unwrap_or_default();
        let read = |line: &str| {
            let (label, key) = line.split_once('\t')?;
            Some((label.to_owned(), Seed::from_key(key)?))
        };
        let keys = Mutex::new(kept.lines().filter_map(read).collect());
        Self { file, keys }
    }

    /// Takes a key on.
    pub(crate) fn add(&self, label: &str, seed: Seed) -> Result<()> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let label: String = label.chars().filter(|c| !c.is_control()).take(80).collect();
        keys.push((label, seed));
        let lines: Vec<String> = keys.iter().map(|(label, seed)| format!("{label}\t{}\n", seed.key())).collect();
        Ok(fs::write(&self.file, lines.concat())?)
    }

    /// The newest key of a label.
    pub(crate) fn seed(&self, label: &str) -> Option<Seed> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().rev().find(|(kept, _)| kept == label).map(|(_, seed)| seed.clone())
    }

    fn all(&self) -> Vec<(String, Seed)> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Clone)]
struct Demo {
    web: Web,
    authenticator: Arc<Authenticator>,
}

/// The page of the apps.
pub(crate) fn router(web: &Web, authenticator: Arc<Authenticator>) -> Router {
    Router::new().route("/demo/authenticator", get(show).post(add)).with_state(Demo { web: web.clone(), authenticator })
}

async fn show(State(demo): State<Demo>) -> Response {
    page(&demo, None)
}

/// What the form sends.
#[derive(Deserialize)]
struct Added {
    name: String,
    key: String,
}

async fn add(State(demo): State<Demo>, headers: HeaderMap, body: String) -> Response {
    let from = headers.get("sec-fetch-site").map_or("same-origin", |from| from.to_str().unwrap_or_default());
    if from != "same-origin" {
        return StatusCode::FORBIDDEN.into_response();
    }
    let form = format!("/?{body}").parse::<Uri>().ok().and_then(|uri| Query::<Added>::try_from_uri(&uri).ok());
    let Some(Query(added)) = form else { return StatusCode::UNPROCESSABLE_ENTITY.into_response() };
    // A whole `otpauth:` address is as good as its key.
    let key = added.key.split_once("secret=").map_or(added.key.as_str(), |(_, rest)| rest);
    let key = key.split('&').next().unwrap_or_default();
    let name = if added.name.trim().is_empty() { "An app" } else { added.name.trim() };
    match Seed::from_key(key).map(|seed| demo.authenticator.add(name, seed)) {
        Some(Ok(())) => Redirect::to("/demo/authenticator").into_response(),
        Some(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        None => page(&demo, Some("This is not a key. Copy all eight groups of four.".to_owned())),
    }
}

fn page(demo: &Demo, problem: Option<String>) -> Response {
    let now = demo.web.app().clock().now();
    let shown = |(label, seed): (String, Seed)| {
        let code = seed.code_at(now);
        ShownCode { label, code: format!("{} {}", &code[..3], &code[3..]) }
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = AuthenticatorPage {
        frame: Frame { demo: true, ..Frame::stranger(&demo.web, "authenticator") },
        codes: demo.authenticator.all().into_iter().map(shown).collect(),
        seconds_left: 30 - now.as_second().rem_euclid(30),
        problem,
    };
    match page.render() {
        Ok(page) => (status, policy(PAGE), Html(page)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
