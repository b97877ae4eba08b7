//! A client of the site, without a socket.

use std::fmt;
use std::net::IpAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use axum::response::Response;
use domain::activity::Place;
use domain::ids::AccountId;
use domain::{App, SecretText};
use serde_json::Value;
use testkit::World;
use tower::ServiceExt;
use web::{Guesses, Peer, SiteSettings, Web};

/// A site in a world.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) web: Web,
    router: Router,
}

/// An address in Germany.
pub(crate) const IN_GERMANY: &str = "192.0.2.49";
/// An address in Portugal.
pub(crate) const IN_PORTUGAL: &str = "192.0.2.51";

/// Takes every browser at its word and knows two countries.
struct Literal;

impl Guesses for Literal {
    fn browser(&self, user_agent: &str) -> Option<String> {
        Some(user_agent.to_owned())
    }
    fn place(&self, ip: IpAddr) -> Option<Place> {
        let (text, country) = match ip.to_string().as_str() {
            IN_GERMANY => ("Germany", "DE"),
            IN_PORTUGAL => ("Portugal", "PT"),
            _ => return None,
        };
        Some(Place { country: country.parse().ok(), ..Place::named(text) })
    }
}

impl Site {
    pub(crate) fn new(world: World) -> Self {
        Self::with_settings(world, SiteSettings::default())
    }

    pub(crate) fn with_settings(world: World, settings: SiteSettings) -> Self {
        Self::with_web(world, |app, guesses| Web::new(app, settings, guesses))
    }

    pub(crate) fn with_web(world: World, make: impl FnOnce(App, Box<dyn Guesses>) -> Web) -> Self {
        let web = make(world.app.clone(), Box::new(Literal));
        let router = web::routes::router(&web);
        Self { world, web, router }
    }

    /// Sends a request and reads the answer, except for a stream without end.
    pub(crate) fn send(&self, ask: Ask) -> Got {
        self.world.wait(async {
            let response = self.open(ask).await;
            let (parts, body) = response.into_parts();
            let endless = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
            let body = if endless { Vec::new() } else { to_bytes(body, usize::MAX).await.expect("a body").to_vec() };
            Got { status: parts.status.as_u16(), headers: parts.headers, body }
        })
    }

    /// Sends a request and hands out the answer as it begins.
    pub(crate) async fn open(&self, ask: Ask) -> Response {
        self.router.clone().oneshot(ask.request()).await.expect("the router is infallible")
    }

    /// Sends a request whose body comes by and by.
    pub(crate) async fn open_with(&self, ask: Ask, body: Body) -> Response {
        let (parts, _) = ask.request().into_parts();
        self.router.clone().oneshot(Request::from_parts(parts, body)).await.expect("the router is infallible")
    }

    /// How many entries an account's log has.
    pub(crate) fn logged(&self, account: AccountId) -> usize {
        self.world.log(account).len()
    }
}

/// A request.
#[derive(Clone)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    peer: Option<IpAddr>,
}

impl Ask {
    pub(crate) fn new(method: Method, path: &str) -> Self {
        let peer = Some(IpAddr::from([203, 0, 113, 9]));
        Self { method, path: path.to_owned(), headers: HeaderMap::new(), body: Vec::new(), peer }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    /// With a JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }

    pub(crate) fn body(mut self, kind: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("content-type", kind)
    }

    /// With these bytes as its body, and nothing said of their kind.
    pub(crate) fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// The same request to another address.
    pub(crate) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// With this value of a header in place of those it has.
    pub(crate) fn instead(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    /// The value of a header.
    pub(crate) fn value(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a header's value");
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    /// As a program that holds a session secret.
    pub(crate) fn bearer(self, secret: &SecretText) -> Self {
        let value = format!("Bearer {}", secret.reveal());
        self.header("authorization", &value)
    }

    /// As a browser that holds a session cookie, without saying which page it is on.
    pub(crate) fn cookie(self, secret: &SecretText) -> Self {
        let value = format!("__Host-session={}", secret.reveal());
        self.header("cookie", &value)
    }

    /// From one of our own pages, as browsers write it.
    pub(crate) fn same_origin(self) -> Self {
        self.header("sec-fetch-site", "same-origin").header("origin", "null")
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        self.peer = Some(peer.parse().expect("an address"));
        self
    }

    /// As if whoever accepts connections forgot to say from where.
    pub(crate) fn nowhere(mut self) -> Self {
        self.peer = None;
        self
    }

    fn request(self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().expect("a path");
        *request.headers_mut() = self.headers;
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(Peer(peer));
        }
        request
    }
}

/// An answer.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

impl fmt::Debug for Got {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beginning: String = String::from_utf8_lossy(&self.body).chars().take(400).collect();
        write!(f, "{} {:?} {beginning}", self.status, self.headers)
    }
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("an answer in UTF-8")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a readable header"))
    }

    /// The body, which must be JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// `status code field` of a problem document.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.text());
        let document = self.json();
        assert_eq!(document["status"], self.status);
        assert_eq!(document["type"], format!("urn:countersign:problem:{}", document["code"].as_str().unwrap_or("?")));
        let field = document["field"].as_str().unwrap_or("-");
        format!("{} {} {field}", self.status, document["code"].as_str().unwrap_or("?"))
    }
}

/// The secret in a field of an answer.
pub(crate) fn secret(answer: &Value, field: &str) -> SecretText {
    SecretText::presented(answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}")))
}
