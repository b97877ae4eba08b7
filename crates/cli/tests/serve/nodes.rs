//! Two servers on one PostgreSQL: what a customer or a thief does at one of them holds at the other.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::clock::SystemClock;
use outside::mailbox::Mailbox;
use serde_json::json;
use tempfile::TempDir;
use testkit::Database;
use tokio::runtime::Runtime;

use super::client::{EMAIL, PASSWORD, get, send, signed_in};
use super::running::{Running, STORAGE, serving};

/// Two servers, and what they share.
struct Nodes {
    both: [Running; 2],
    secret: String,
    mailbox: Mailbox,
    runtime: Runtime,
    directory: TempDir,
    /// Last, so that nobody uses it any more when it goes.
    database: Database,
}

impl Nodes {
    /// Two servers with a customer who signed in at the first; none without a PostgreSQL.
    fn start() -> Option<Self> {
        let database = Database::postgres()?;
        let directory = tempfile::tempdir().expect("a directory");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let mailbox = runtime.block_on(Mailbox::open(Arc::new(SystemClock))).expect("a mailbox");
        let node = || Running::start(serving(&mailbox).env(STORAGE, database.url()), directory.path());
        let both = [node(), node()];
        let secret = signed_in(&runtime, &both[0], &mailbox);
        Some(Self { both, secret, mailbox, runtime, directory, database })
    }

    fn status(&self, node: usize, method: &str, path: &str) -> u16 {
        let headers = [("Authorization", format!("Bearer {}", self.secret))];
        send(&self.both[node].address, method, path, &headers, None).expect("an answer").0
    }
}

#[test]
fn what_is_signed_out_at_one_node_is_signed_out_at_the_other() {
    let Some(nodes) = Nodes::start() else { return };
    assert_eq!(nodes.status(1, "GET", "/api/v1/session"), 200);
    assert_eq!(nodes.status(0, "POST", "/api/v1/sign-out"), 200);
    assert_eq!(nodes.status(1, "GET", "/api/v1/session"), 401);
}

#[test]
fn a_freeze_at_one_node_ends_the_live_pages_at_the_other() {
    let Some(nodes) = Nodes::start() else { return };
    let mut stream = TcpStream::connect(&nodes.both[1].address).unwrap();
    let secret = &nodes.secret;
    write!(stream, "GET /api/v1/activity/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {secret}\r\n\r\n")
        .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("HTTP/1.1 200 OK"));
    assert_eq!(nodes.status(0, "POST", "/api/v1/freeze"), 200);
    let events: Vec<String> = lines.filter(|line| line.starts_with("event: ")).collect();
    assert_eq!(events.last().map(String::as_str), Some("event: ended"), "{events:?}");
}

/// The secret of a local service key that reads the feed.
fn feed_key(nodes: &Nodes) -> String {
    let add = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["service-key", "add", "exchange", "--local", "--scope", "feed"])
        .env(STORAGE, nodes.database.url())
        .env("COUNTERSIGN__STORAGE__KEY_FILE", nodes.directory.path().join("countersign.key"))
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&add.stdout).into_owned();
    said.split_whitespace().find(|word| word.starts_with("cssk_")).unwrap_or_else(|| panic!("{add:?}")).to_owned()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "other processes are waited for, and their clock is the machine's")]
fn a_freeze_at_one_node_reaches_who_waits_for_the_feed_at_the_other_within_a_second() {
    let Some(nodes) = Nodes::start() else { return };
    let key = [("Authorization", format!("Bearer {}", feed_key(&nodes)))];
    let read = |path: &str| send(&nodes.both[1].address, "GET", path, &key, None).expect("an answer");
    // A key that was added just now is known within a second.
    let added = Instant::now();
    let (mut status, mut begin) = read("/api/v1/service/feed");
    while status == 401 && added.elapsed() < Duration::from_secs(5) {
        (status, begin) = read("/api/v1/service/feed");
    }
    assert_eq!(status, 200, "{begin}");
    let path = format!("/api/v1/service/feed?after={}&wait=25", begin["head"]);
    let (answered, answer, asked) = std::thread::scope(|threads| {
        let waiting = threads.spawn(|| (read(&path), Instant::now()));
        let asked = Instant::now();
        assert_eq!(nodes.status(0, "POST", "/api/v1/freeze"), 200);
        let ((status, answer), at) = waiting.join().expect("no panic");
        assert_eq!(status, 200, "{answer}");
        (at, answer, asked)
    });
    let items = answer["items"].as_array().expect("items");
    assert!(items.iter().any(|item| item["kind"] == "freeze"), "{answer}");
    let took = answered.duration_since(asked);
    assert!(took < Duration::from_secs(1), "it took {took:?}");
}

#[test]
fn wrong_passwords_are_counted_at_all_nodes_together() {
    let Some(nodes) = Nodes::start() else { return };
    let guess = json!({ "email": EMAIL, "password": format!("not {PASSWORD}") });
    let at = |turn: usize| send(&nodes.both[turn % 2].address, "POST", "/api/v1/sign-in", &[], Some(&guess));
    let answers: Vec<u16> = (0..7).map(|turn| at(turn).expect("an answer").0).collect();
    assert_eq!(answers, [401, 401, 401, 401, 401, 429, 429]);
}

#[test]
fn one_request_that_reaches_both_nodes_at_once_is_done_once() {
    let Some(nodes) = Nodes::start() else { return };
    let device =
        get(&nodes.both[0].address, "/api/v1/devices", &nodes.secret)["devices"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/devices/{device}/name");
    for turn in 0..20 {
        let key = format!("turn-{turn}");
        let headers = [("Authorization", format!("Bearer {}", nodes.secret)), ("Idempotency-Key", key)];
        let body = json!({ "name": format!("Name {turn}") });
        let asked = |node: usize| send(&nodes.both[node].address, "POST", &path, &headers, Some(&body));
        let (one, other) = std::thread::scope(|threads| {
            let other = threads.spawn(|| asked(1));
            (asked(0).expect("an answer"), other.join().expect("no panic").expect("an answer"))
        });
        assert_eq!(one, other);
        assert_eq!(one.0, 200, "{one:?}");
    }
    let logged = get(&nodes.both[1].address, "/api/v1/activity?limit=100", &nodes.secret);
    let entries = logged["entries"].as_array().unwrap();
    assert_eq!(entries.iter().filter(|entry| entry["code"] == "device.named").count(), 20);
}

#[test]
fn each_letter_goes_out_once_though_both_nodes_send() {
    let Some(nodes) = Nodes::start() else { return };
    for turn in 0..30 {
        let wanted = json!({ "code": "sign_in.failed", "on": turn % 2 == 1 });
        let headers = [("Authorization", format!("Bearer {}", nodes.secret))];
        let path = "/api/v1/notices/preferences/choose";
        let answer = send(&nodes.both[turn % 2].address, "POST", path, &headers, Some(&wanted));
        assert_eq!(answer.expect("an answer").0, 200);
    }
    let Nodes { both, mailbox, runtime, .. } = nodes;
    // Switching off is told by a letter, fifteen times.
    let told =
        || mailbox.newest_first().into_iter().filter(|letter| letter.subject == "You changed which notices you get");
    runtime.block_on(mailbox.arrivals().wait_for(|_| told().count() >= 15)).expect("the mailbox listens");
    // A node that is told to stop finishes what it holds.
    for node in both {
        assert_eq!(node.stop(), Some(0));
    }
    let ids: BTreeSet<_> = told().map(|letter| letter.header("message-id").map(str::to_owned)).collect();
    assert_eq!((told().count(), ids.len()), (15, 15));
}
