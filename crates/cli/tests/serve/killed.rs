//! `kill -9` while customers are answered over HTTP: what a 2xx said is there, and a request that got no answer and is
//! sent again under its `Idempotency-Key` is done once.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use domain::clock::SystemClock;
use outside::mailbox::Mailbox;
use rustix::process::{Pid, Signal, kill_process};

use super::client::{get, signed_in};
use super::namer::{Namer, named};
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
    let device =
        get(&running.address, "/api/v1/devices", &secret)["devices"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/devices/{device}/name");
    let mut clients: Vec<Namer> = (0..4).map(|number| Namer::new(number, &path, &secret)).collect();
    drop(running);
    let mut left_open = 0;
    for round in 0..KILLS {
        let running = life(directory.path(), &mailbox);
        live(&running, &mut clients, round);
        left_open += clients.iter().filter(|client| client.open).count();
        drop(running);
    }
    let running = life(directory.path(), &mailbox);
    for client in clients.iter_mut().filter(|client| client.open) {
        assert!(answered(client, &running), "a living server answers");
    }
    let mut expected: Vec<String> = clients.iter().flat_map(Namer::names).collect();
    let mut logged = named(&running.address, &secret);
    println!("{KILLS} kills, {} names, {left_open} requests without an answer", expected.len());
    expected.sort();
    logged.sort();
    assert_eq!(logged, expected);
    assert!(left_open > 0, "every blow fell between two requests");
}

/// Sends the next request; whether it was answered, and then well.
fn answered(client: &mut Namer, running: &Running) -> bool {
    let answer = client.turn(&running.address);
    if let Some(answer) = &answer {
        assert!((200..300).contains(&answer.status), "{answer:?}");
    }
    answer.is_some()
}

fn life(directory: &Path, mailbox: &Mailbox) -> Running {
    let mut command = serving(mailbox);
    // One customer stands for many here.
    command.env("COUNTERSIGN__GUESS__CHANGES_HOURLY", "100000");
    Running::start(&mut command, directory)
}

/// All clients send at once, until the server is killed with requests under way.
fn live(running: &Running, clients: &mut [Namer], round: u32) {
    let (begun, heard): (Sender<()>, Receiver<()>) = channel();
    std::thread::scope(|threads| {
        for client in clients {
            let begun = begun.clone();
            threads.spawn(move || {
                loop {
                    // The blow may have fallen already; then nobody answers.
                    let _ = begun.send(());
                    if !answered(client, running) {
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
