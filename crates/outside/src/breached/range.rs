//! A range service, like that of Pwned Passwords: asked with the first five digits of a SHA-1, it answers the rest of
//! all hashes that begin so. It never learns the password, nor which of about a thousand it might be.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::clock::{Clock, Span, Time};
use reqwest::{Client, StatusCode, Url};

use super::{Unfit, hex};
use crate::apart::Apart;

/// How long the service may take. Somebody is waiting for their new password.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// After a failure the service is left alone for this long, so that an outage slows nobody down more than once.
const REST: Span = Span::from_secs(30);

/// Digits of the hash that the service is told.
const TOLD: usize = 5;

/// Most bytes of an answer. A padded one has about 40 000.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A range service.
pub(super) struct RangeService {
    url: String,
    client: Client,
    runtime: Apart,
    clock: Arc<dyn Clock>,
    rests_until: Mutex<Time>,
}

/// Why there is no answer. Said without the address, which ends in digits of somebody's hash.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("it cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("its answer is too long")]
    TooLong,
    #[error("its answer is not a range of hashes")]
    NotARange,
}

impl RangeService {
    pub(super) fn new(url: &str, clock: Arc<dyn Clock>, patience: Duration) -> Result<Self, Unfit> {
        let parsed = Url::parse(url).map_err(|error| Unfit::RangeUrl(format!("{url} ({error})")))?;
        let here = parsed.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
        if parsed.scheme() != "https" && !(parsed.scheme() == "http" && here) {
            return Err(Unfit::RangeUrl(url.to_owned()));
        }
        let machine = |error: &dyn std::fmt::Display| Unfit::Machine(error.to_string());
        let client = Client::builder()
            .user_agent("countersign")
            .redirect(reqwest::redirect::Policy::none())
            // To the address in the settings and nowhere else.
            .no_proxy()
            .timeout(patience)
            .build()
            .map_err(|error| machine(&error))?;
        let runtime = Apart::start().map_err(|error| machine(&error))?;
        Ok(Self { url: url.to_owned(), client, runtime, clock, rests_until: Mutex::new(Time::MIN) })
    }

    /// Whether the service knows a hash. When it does not answer, the operator is told and the password is let through.
    pub(super) fn contains(&self, hash: &[u8; 20]) -> bool {
        let now = self.clock.now();
        if now < *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) {
            return false;
        }
        self.runtime.run(self.ask(hash)).unwrap_or_else(|trouble| {
            *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = now + REST;
            tracing::warn!(
                %trouble,
                rest_seconds = REST.as_secs(),
                "the range service did not say whether a password is breached; passwords are let through for a while"
            );
            false
        })
    }

    async fn ask(&self, hash: &[u8; 20]) -> Result<bool, Trouble> {
        let digits = hex(hash);
        let (told, kept) = digits.split_at(TOLD);
        // Padding hides from whoever watches the line how many hashes, and so which range, it was.
        let request = self.client.get(format!("{}{told}", self.url)).header("Add-Padding", "true");
        let mut response = request.send().await.map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(Trouble::Status(response.status()));
        }
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if answer.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Trouble::TooLong);
            }
            answer.extend_from_slice(&chunk);
        }
        find(&answer, kept).ok_or(Trouble::NotARange)
    }
}

fn unreachable(error: reqwest::Error) -> Trouble {
    Trouble::Unreachable(error.without_url())
}

/// Whether an answer has this rest of a hash, with a count above 0: padding has 0. `None` if it is no such answer.
fn find(answer: &[u8], kept: &str) -> Option<bool> {
    let answer = std::str::from_utf8(answer).ok()?;
    let mut found = false;
    let mut lines = 0;
    for line in answer.lines() {
        let (rest, count) = line.split_once(':').filter(|(rest, _)| rest.len() == kept.len())?;
        let count: u64 = count.trim_end().parse().ok()?;
        found |= count > 0 && rest.eq_ignore_ascii_case(kept);
        lines += 1;
    }
    // Every range of Pwned Passwords has hundreds of hashes; an empty answer comes from something else.
    (lines > 0).then_some(found)
}
