//! A real server, a real backend: after a freeze it knows within a second, whoever else is slow or down.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use domain::clock::SystemClock;
use outside::mailbox::Mailbox;
use serde_json::Value;

use super::client::{send, signed_in};
use super::running::{Running, STORAGE, serving};

const PRIVATE: (&str, &str) = ("COUNTERSIGN__WEBHOOKS__PRIVATE_TARGETS", "[\"127.0.0.1\"]");

/// One request: its head and its body.
fn request(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).ok()? > 2 {
        head.push_str(&line.to_ascii_lowercase());
        line.clear();
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, serde_json::from_slice(&body).ok()?))
}

/// A target that answers 200 to everything and tells what it heard, and when.
#[expect(clippy::disallowed_methods, reason = "another process is timed, and its clock is the machine's")]
fn target() -> (String, Receiver<(Instant, String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("it listens"));
    let (told, heard): (Sender<_>, Receiver<_>) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let told = told.clone();
            std::thread::spawn(move || {
                while let Some((head, body)) = request(&stream) {
                    let _ = told.send((Instant::now(), head, body));
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            });
        }
    });
    (url, heard)
}

/// One that takes connections and never says anything.
fn silent() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    (format!("http://{}/hook", listener.local_addr().expect("it listens")), listener)
}

fn webhook(directory: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("webhook")
        .args(words)
        .env(STORAGE, format!("sqlite:{}", directory.join("countersign.db").display()))
        .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.join("countersign.key"))
        .env(PRIVATE.0, PRIVATE.1)
        .output()
        .expect("it runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "another process is timed, and its clock is the machine's")]
fn a_freeze_reaches_a_webhook_within_a_second_though_mail_is_down_and_another_target_is_silent() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mailbox = runtime.block_on(Mailbox::open(Arc::new(SystemClock))).unwrap();
    let running = Running::start(serving(&mailbox).env(PRIVATE.0, PRIVATE.1), directory.path());
    let session = signed_in(&runtime, &running, &mailbox);
    let ((dead_end, _listens), (url, told)) = (silent(), target());
    for (url, name) in [(&dead_end, "silent"), (&url, "exchange")] {
        let added = webhook(directory.path(), &["add", url, "--name", name]);
        assert!(added.status.success() && said(&added).contains("whsec_"), "{}", said(&added));
    }
    let listed = said(&webhook(directory.path(), &["list"]));
    assert!(listed.contains(&url) && listed.contains("silent") && !listed.contains("whsec_"), "{listed}");
    // From here on no mail server.
    drop((mailbox, runtime));
    let bearer = [("Authorization", format!("Bearer {session}"))];
    let asked = Instant::now();
    let (status, answer) = send(&running.address, "POST", "/api/v1/freeze", &bearer, None).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let (at, head, body) = loop {
        let (at, head, body) = told.recv_timeout(Duration::from_secs(20)).expect("it is told");
        if body["type"] == "protection.frozen" {
            break (at, head, body);
        }
    };
    let took = at.duration_since(asked);
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    for header in ["webhook-id: ", "webhook-timestamp: ", "webhook-signature: v1,"] {
        assert!(head.contains(header), "{head}");
    }
    assert_eq!(body["data"]["standing"]["may_move_money"], false, "{body}");
    // What was taken is sent again when somebody asks for it, while the server runs.
    let id = body["data"]["id"].as_str().expect("an id").to_owned();
    let target =
        listed.lines().find(|line| line.contains("exchange")).and_then(|line| line.split(' ').next()).expect("an id");
    let replayed = webhook(directory.path(), &["replay", target, "--item", &id]);
    assert!(said(&replayed).contains("One item is on its way"), "{}", said(&replayed));
    // What the freeze ended may be told between the two.
    let again = || told.recv_timeout(Duration::from_secs(20)).expect("it is told again");
    let head = std::iter::repeat_with(again).find_map(|(_, head, again)| (again == body).then_some(head));
    assert!(head.is_some_and(|head| head.contains(&format!("webhook-id: {id}"))));
    assert_eq!(said(&webhook(directory.path(), &["dead"])), "Nothing was given up.\n");
    let listed = said(&webhook(directory.path(), &["list"]));
    assert!(listed.contains("items wait, the oldest since 20"), "nobody sees that one of them is silent: {listed}");
}

#[test]
fn what_cannot_be_a_target_is_not_added() {
    let directory = tempfile::tempdir().unwrap();
    for (url, why) in [
        ("http://hooks.exchange.example/x", "a target asks for https"),
        ("https://10.0.0.1/x", "is not on the open internet"),
        ("https://user:password@hooks.exchange.example", "a user or a password"),
        ("gopher://hooks.exchange.example", "is no https address"),
    ] {
        let refused = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(["webhook", "add", url, "--name", "exchange"])
            .env(STORAGE, format!("sqlite:{}", directory.path().join("countersign.db").display()))
            .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.path().join("countersign.key"))
            .output()
            .unwrap();
        assert!(!refused.status.success() && said(&refused).contains(why), "{url}: {}", said(&refused));
    }
    let nobody = webhook(directory.path(), &["remove", "01900000-0000-7000-8000-000000000000"]);
    assert!(!nobody.status.success() && said(&nobody).contains("webhook list"), "{}", said(&nobody));
    assert!(!webhook(directory.path(), &["replay", "01900000-0000-7000-8000-000000000000"]).status.success());
}
