//! `kill -9` while customers are answered over HTTP: what a 2xx said is there, and a request that got no answer and is
//! sent again under its `Idempotency-Key` is done once.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use domain::clock::SystemClock;
use outside::mailbox::Mailbox;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::client::{get, send, signed_in};
use super::running::{Running, serving};

/// How often the server is killed.
const KILLS: u32 = 20;

/// Requests that are sent in one life before the blow falls, at the least.
const REQUESTS: u32 = 30;

#[test]
fn what_was_answered_over_http_survives_kill_9_and_what_was_not_is_done_once() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mailbox = runtime.block_on(Mailbox::open(Arc::new(SystemClock))).unwrap();
    let running = life(directory.path(), &mailbox);
    let secret = signed_in(&runtime, &running, &mailbox);
    let device = get(&running, "/api/v1/devices", &secret)["devices"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/devices/{device}/name");
    let mut clients: Vec<Client> =
        (0..4).map(|number| Client { number, turns: 0, unanswered: false, path: &path, secret: &secret }).collect();
    drop(running);
    let mut left_open = 0;
    for round in 0..KILLS {
        let running = life(directory.path(), &mailbox);
        live(&running, &mut clients, round);
        left_open += clients.iter().filter(|client| client.unanswered).count();
        drop(running);
    }
    let running = life(directory.path(), &mailbox);
    for client in clients.iter_mut().filter(|client| client.unanswered) {
        assert!(client.turn(&running.address), "a living server answers");
    }
    let mut expected: Vec<String> = clients.iter().flat_map(|one| (1..=one.turns).map(|turn| one.name(turn))).collect();
    let mut logged = named(&running, &secret);
    println!("{KILLS} kills, {} names, {left_open} requests without an answer", expected.len());
    expected.sort();
    logged.sort();
    assert_eq!(logged, expected);
    assert!(left_open > 0, "every blow fell between two requests");
}

/// A client that gives a browser one name after another, and sends a request again until it is answered.
struct Client<'a> {
    number: u32,
    /// Names given so far.
    turns: u32,
    /// Whether the last one got no answer.
    unanswered: bool,
    path: &'a str,
    secret: &'a str,
}

impl Client<'_> {
    fn name(&self, turn: u32) -> String {
        format!("Name {turn} of client {}", self.number)
    }

    /// Sends the next request, or the last one again under its key; whether it was answered.
    fn turn(&mut self, address: &str) -> bool {
        if !self.unanswered {
            self.turns += 1;
        }
        let name = self.name(self.turns);
        let headers =
            [("Authorization", format!("Bearer {}", self.secret)), ("Idempotency-Key", name.replace(' ', "-"))];
        let answer = send(address, "POST", self.path, &headers, Some(&json!({ "name": name })));
        if let Some((status, body)) = &answer {
            assert!((200..300).contains(status), "{status}: {body}");
        }
        self.unanswered = answer.is_none();
        answer.is_some()
    }
}

fn life(directory: &Path, mailbox: &Mailbox) -> Running {
    let mut command = serving(mailbox);
    // One customer stands for many here.
    command.env("COUNTERSIGN__GUESS__CHANGES_HOURLY", "100000");
    Running::start(&mut command, directory)
}

/// All clients send at once, until the server is killed with requests under way.
fn live(running: &Running, clients: &mut [Client<'_>], round: u32) {
    let (begun, heard): (Sender<()>, Receiver<()>) = channel();
    std::thread::scope(|threads| {
        for client in clients {
            let begun = begun.clone();
            threads.spawn(move || {
                loop {
                    // The blow may have fallen already; then nobody answers.
                    let _ = begun.send(());
                    if !client.turn(&running.address) {
                        break;
                    }
                }
            });
        }
        drop(begun);
        for _ in 0..REQUESTS {
            heard.recv().expect("requests are sent");
        }
        // Each time a little later: before the request is read, while it is committed, while it is answered.
        (0..200 * round).for_each(|_| std::thread::yield_now());
        kill_process(Pid::from_child(&running.child), Signal::KILL).expect("it is there");
    });
}

/// The names that the browser was given, once for each entry of the activity log.
fn named(running: &Running, secret: &str) -> Vec<String> {
    let (mut names, mut before) = (Vec::new(), String::new());
    loop {
        let page = get(running, &format!("/api/v1/activity?limit=100{before}"), secret);
        let entries = page["entries"].as_array().expect("entries");
        let given = entries.iter().filter(|entry| entry["code"] == "device.named");
        names.extend(given.filter_map(|entry| entry["facts"]["name"].as_str().map(str::to_owned)));
        if page["older"].is_null() {
            return names;
        }
        before = format!("&before={}", page["older"]);
    }
}
