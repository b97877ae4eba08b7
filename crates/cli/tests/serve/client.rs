//! A customer's program that talks to a running server.

use std::io::{Read, Write};
use std::net::TcpStream;

use outside::mailbox::Mailbox;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::running::Running;

pub(crate) const EMAIL: &str = "ada@example.com";

pub(crate) const PASSWORD: &str = "copper saddle thirteen winds apart";

/// Opens an account by its letter and signs in on the browser that did; answers the session's secret.
pub(crate) fn signed_in(runtime: &Runtime, running: &Running, mailbox: &Mailbox) -> String {
    let given = json!({ "email": EMAIL, "password": PASSWORD });
    let opened = post(running, "/api/v1/sign-up", &given);
    let mut arrivals = mailbox.arrivals();
    runtime.block_on(arrivals.wait_for(|arrived| *arrived > 0)).expect("the mailbox listens");
    let letter = &mailbox.newest_first()[0];
    let link = letter.text.split("/l/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a link");
    let both = json!({ "link_secret": link, "pending_secret": opened["pending_secret"] });
    let confirmed = post(running, "/api/v1/sign-up/confirm", &both);
    let known = json!({ "email": EMAIL, "password": PASSWORD, "device_secret": confirmed["device_secret"] });
    post(running, "/api/v1/sign-in", &known)["session_secret"].as_str().expect("a session").to_owned()
}

fn post(running: &Running, path: &str, body: &Value) -> Value {
    let (status, answer) = send(&running.address, "POST", path, &[], Some(body)).expect("an answer");
    assert!((200..300).contains(&status), "{path}: {status} {answer}");
    answer
}

pub(crate) fn get(running: &Running, path: &str, secret: &str) -> Value {
    let headers = [("Authorization", format!("Bearer {secret}"))];
    let (status, answer) = send(&running.address, "GET", path, &headers, None).expect("an answer");
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
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    let length = body.len().to_string();
    request.extend(["Content-Type: application/json\r\nContent-Length: ", &length, "\r\n\r\n", &body]);
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    if body.len() < length.unwrap_or(0) {
        return None;
    }
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("an answer in JSON") };
    Some((head.get(9..12)?.parse().expect("a status"), body))
}
