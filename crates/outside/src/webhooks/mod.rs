//! Webhooks over HTTP: one request to an address of the operator's backend, and nowhere else.
//!
//! Whoever can name a target, or answers for its name in the DNS, must not make us reach what only we can reach: our own
//! machine, the networks behind it, the address at which clouds keep a machine's secrets. So the check stands where the
//! connection is made: the very addresses that were found good are connected to. A redirect is not followed.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::webhooks::{Again, Answer, Call, Courier, PATIENCE};
use domain::{Network, Span, Time, is_public};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;

use crate::apart::Apart;

/// How long it may take to connect.
const CONNECTING: Duration = Duration::from_secs(5);

/// Most bytes of an answer that are read, so that the connection can be used again; nothing in them matters.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;

/// How long they may take.
const READING: Duration = Duration::from_secs(1);

/// How long a connection is kept for the next call: within a burst.
const IDLE: Duration = Duration::from_secs(1);

/// `[webhooks]` of `countersign.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Networks of the operator's own that webhooks may go to, also without TLS.
    pub private_targets: Vec<Network>,
}

/// Why an address cannot be a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is no address of the web.
    #[error("{0} is no https address")]
    Url(String),
    /// It carries a name and a password, which would end up in logs.
    #[error("an address with a user or a password in it is not taken: what we send is signed")]
    User,
    /// It would carry what we send in clear over the internet.
    #[error("a target asks for https, unless it lies in one of `private_targets` of [webhooks]")]
    Plain,
    /// It is not on the open internet.
    #[error("{0} is not on the open internet: name its network in `private_targets` of [webhooks] if it is yours")]
    Private(IpAddr),
    /// The machine gives no client.
    #[error("webhooks cannot be sent: {0}")]
    Machine(String),
}

/// Checks what can be checked of a target before the first call. Where its name leads is looked at with each call, and here
/// already where it is to go without TLS: only a private target may, and one that every call would refuse is not added.
pub fn fit(url: &str, settings: &WebhookSettings) -> Result<(), Unfit> {
    let (url, plain) = target(url, &settings.private_targets)?;
    if !plain {
        return Ok(());
    }
    let found = url.socket_addrs(|| None).map_err(|_| Unfit::Plain)?;
    let private = found.iter().any(|address| allowed(address.ip(), plain, &settings.private_targets));
    if private { Ok(()) } else { Err(Unfit::Plain) }
}

/// The address, and whether it goes without TLS.
fn target(text: &str, private: &[Network]) -> Result<(Url, bool), Unfit> {
    let none = || Unfit::Url(text.chars().take(100).collect());
    let url = Url::parse(text).map_err(|_| none())?;
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return Err(none()),
    };
    let host = url.host_str().ok_or_else(none)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Unfit::User);
    }
    if plain && private.is_empty() {
        return Err(Unfit::Plain);
    }
    // An address in place of a name is connected to as it is, and nobody is asked for it. However it was written (in hexadecimal
    // digits, as one number), the URL holds it in its plain form.
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) if !allowed(address, plain, private) => {
            Err(if plain && is_public(address) { Unfit::Plain } else { Unfit::Private(address) })
        }
        _ => Ok((url, plain)),
    }
}

/// Whether a call may go to this address.
fn allowed(address: IpAddr, plain: bool, private: &[Network]) -> bool {
    private.iter().any(|network| network.contains(address)) || !plain && is_public(address)
}

/// Makes the calls.
pub struct HttpCourier {
    private: Arc<[Network]>,
    patience: Duration,
    /// Made for the first call: most sites have no webhook, and reading the machine's certificates takes its time.
    clients: OnceLock<Result<Clients, Unfit>>,
    runtime: Apart,
}

struct Clients {
    over_tls: Client,
    plain: Client,
}

impl HttpCourier {
    /// A courier that may go where the settings say. Nothing is connected before the first call.
    pub fn new(settings: &WebhookSettings) -> Result<Self, Unfit> {
        Self::build(settings, PATIENCE.unsigned_abs())
    }

    fn build(settings: &WebhookSettings, patience: Duration) -> Result<Self, Unfit> {
        let private: Arc<[Network]> = settings.private_targets.clone().into();
        let runtime = Apart::start().map_err(|error| Unfit::Machine(error.to_string()))?;
        Ok(Self { private, patience, clients: OnceLock::new(), runtime })
    }

    fn clients(&self) -> Result<&Clients, Unfit> {
        let made =
            self.clients.get_or_init(|| Ok(Clients { over_tls: self.client(false)?, plain: self.client(true)? }));
        made.as_ref().map_err(Unfit::clone)
    }

    fn client(&self, plain: bool) -> Result<Client, Unfit> {
        Client::builder()
            .user_agent("countersign")
            .redirect(reqwest::redirect::Policy::none())
            // Each call is one request: what was not taken is tried again by the schedule.
            .retry(reqwest::retry::never())
            .referer(false)
            .https_only(!plain)
            // To the address that was checked and through nobody else.
            .no_proxy()
            .dns_resolver(Checked { plain, private: Arc::clone(&self.private) })
            // Between calls nobody listens to a connection, so one that was long idle may be closed unseen.
            .pool_idle_timeout(IDLE)
            .connect_timeout(CONNECTING.min(self.patience))
            .timeout(self.patience)
            .build()
            .map_err(|error| Unfit::Machine(error.to_string()))
    }

    async fn ask(&self, call: &Call) -> Answer {
        let ready = target(&call.url, &self.private).and_then(|target| Ok((target, self.clients()?)));
        let ((url, plain), clients) = match ready {
            Ok(ready) => ready,
            Err(unfit) => return Answer::Failed(unfit.to_string()),
        };
        let client = if plain { &clients.plain } else { &clients.over_tls };
        let request = client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", call.id.to_string())
            .header("webhook-timestamp", call.timestamp)
            .header("webhook-signature", &call.signatures)
            .body(call.body.clone());
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Answer::Failed(reason(error)),
        };
        let answer = judged(response.status(), response.headers());
        if response.content_length().is_some_and(|length| length <= ANSWER_BYTES_MAX) {
            // Whether it comes whole makes no difference to what was said.
            let _ = tokio::time::timeout(READING, response.bytes()).await;
        }
        answer
    }
}

impl Courier for HttpCourier {
    fn call(&self, call: &Call) -> Answer {
        self.runtime.run(self.ask(call))
    }
}

fn judged(status: StatusCode, headers: &HeaderMap) -> Answer {
    let code = status.as_u16();
    let busy = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    if let Some(again) = again(headers).filter(|_| busy) {
        return Answer::Busy(code.to_string(), again);
    }
    match status {
        StatusCode::GONE => Answer::Gone("410: the target says that it is gone".to_owned()),
        _ if status.is_success() => Answer::Taken(code.to_string()),
        _ if status.is_redirection() => Answer::Failed(format!("{code}: a redirect is not followed")),
        _ => Answer::Failed(code.to_string()),
    }
}

/// When the target asks to be called again: `Retry-After` of RFC 9110, seconds or a date. What is neither asks for nothing.
fn again(headers: &HeaderMap) -> Option<Again> {
    let said = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !said.is_empty() && said.bytes().all(|digit| digit.is_ascii_digit()) {
        // More than a number holds is for ever.
        return Some(Again::In(Span::from_secs(said.parse().unwrap_or(i64::MAX))));
    }
    Some(Again::At(Time::try_from(httpdate::parse_http_date(said).ok()?).ok()?))
}

/// Why there was no answer, to its cause, and without the address.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut said = if error.is_timeout() { "no answer in time".to_owned() } else { error.to_string() };
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        said = format!("{said}: {inner}");
        cause = inner.source();
    }
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

/// Asks the system where a name leads, and lets the connection have only what it may go to.
struct Checked {
    plain: bool,
    private: Arc<[Network]>,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (plain, private, name) = (self.plain, Arc::clone(&self.private), name.as_str().to_owned());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let good: Vec<SocketAddr> =
                found.iter().copied().filter(|address| allowed(address.ip(), plain, &private)).collect();
            match found.first() {
                Some(first) if good.is_empty() => {
                    let why = if plain && is_public(first.ip()) { Unfit::Plain } else { Unfit::Private(first.ip()) };
                    Err(why.into())
                }
                _ => Ok(Box::new(good.into_iter()) as Addrs),
            }
        })
    }
}
