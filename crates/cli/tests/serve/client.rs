//! A customer's program that talks to a running server.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use outside::mailbox::Mailbox;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::running::Running;

pub(crate) const EMAIL: &str = "ada@example.com";

pub(crate) const PASSWORD: &str = "copper saddle thirteen winds apart";

/// How long an answer may take before the test says that it hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// Opens an account by its letter and signs in on the browser that did; answers the session's secret.
pub(crate) fn signed_in(runtime: &Runtime, running: &Running, mailbox: &Mailbox) -> String {
    signed_in_as(EMAIL, &running.address, runtime, mailbox).session
}

/// What somebody holds who is signed in.
pub(crate) struct SignedIn {
    pub(crate) session: String,
    pub(crate) device: String,
}

/// The same for somebody else.
pub(crate) fn signed_in_as(email: &str, address: &str, runtime: &Runtime, mailbox: &Mailbox) -> SignedIn {
    let given = json!({ "email": email, "password": PASSWORD });
    let opened = post(address, "/api/v1/sign-up", &given);
    let theirs = || mailbox.newest_first().into_iter().find(|letter| letter.to.iter().any(|to| to.contains(email)));
    runtime.block_on(mailbox.arrivals().wait_for(|_| theirs().is_some())).expect("the mailbox listens");
    let letter = theirs().expect("it has arrived");
    let link = letter.text.split("/l/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a link");
    let both = json!({ "link_secret": link, "pending_secret": opened["pending_secret"] });
    let confirmed = post(address, "/api/v1/sign-up/confirm", &both);
    let device = confirmed["device_secret"].as_str().expect("a device").to_owned();
    SignedIn { session: sign_in(email, address, &device), device }
}

/// Signs in again on a known device; answers the session's secret.
pub(crate) fn sign_in(email: &str, address: &str, device: &str) -> String {
    let known = json!({ "email": email, "password": PASSWORD, "device_secret": device });
    post(address, "/api/v1/sign-in", &known)["session_secret"].as_str().expect("a session").to_owned()
}

fn post(address: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = send(address, "POST", path, &[], Some(body)).expect("an answer");
    assert!((200..300).contains(&status), "{path}: {status} {answer}");
    answer
}

pub(crate) fn get(address: &str, path: &str, secret: &str) -> Value {
    let headers = [("Authorization", format!("Bearer {secret}"))];
    let (status, answer) = send(address, "GET", path, &headers, None).expect("an answer");
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

/// One request on a connection of its own; nothing where the server went away before its answer was whole.
pub(crate) fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: Option<&Value>,
) -> Option<(u16, Value)> {
    exchange(address, method, path, headers, body).map(|answer| (answer.status, answer.body))
}

/// What a server said.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers, in small letters.
    pub(crate) head: String,
    /// Nothing, where it is not JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// What a header says.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    }
}

/// The same with the head of the answer.
pub(crate) fn exchange(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: Option<&Value>,
) -> Option<Answer> {
    exchange_on(TcpStream::connect(address).ok()?, method, path, headers, body)
}

/// The same on a connection that was made already, and is good for this one request.
pub(crate) fn exchange_on(
    mut stream: TcpStream,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: Option<&Value>,
) -> Option<Answer> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    let length = body.len().to_string();
    request.extend(["Content-Type: application/json\r\nContent-Length: ", &length, "\r\n\r\n", &body]);
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    if let Err(error) = stream.read_to_string(&mut answer) {
        assert!(error.kind() != ErrorKind::WouldBlock, "{method} {path} is not answered");
        return None;
    }
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let (head, status) = (head.to_ascii_lowercase(), head.get(9..12)?.parse().expect("a status"));
    let mut answer = Answer { status, head, body: Value::Null };
    let length = answer.header("content-length").and_then(|length| length.parse().ok());
    if body.len() < length.unwrap_or(0) {
        return None;
    }
    if answer.header("content-type").is_some_and(|kind| kind.contains("json")) {
        answer.body = serde_json::from_str(body).expect("an answer in JSON");
    }
    Some(answer)
}
