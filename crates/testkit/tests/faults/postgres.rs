//! A PostgreSQL that is restarted, that ends connections, and whose answers are lost, under load.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use domain::notifications::{Carrier, Fate, Letter};
use domain::{Actor, App, Fault, Stop, notifications};
use testkit::server::Server;
use testkit::wire::{Cut, Wire};
use testkit::{Database, World};

use crate::check::{Answers, Kept};
use crate::machine::{NAMES, PATIENCE, act, kind};

#[test]
fn a_server_that_is_restarted_under_load_loses_nothing_acknowledged_and_is_used_again_by_itself() {
    let Some(server) = Server::start() else { return };
    let world = world(server.port);
    let mut load = Load::start(&world.app);
    for how in ["fast", "immediate", "fast", "immediate"] {
        load.hear_until(30, "done");
        server.stop(how);
        load.hear_until(1, "unavailable");
        server.run();
    }
    load.hear_until(30, "done");
    let answers = load.stop();
    kept(&server).agrees_with(&answers);
}

#[test]
fn a_connection_that_the_server_ends_costs_nobody_a_lost_or_a_double_event() {
    let Some(server) = Server::start() else { return };
    let world = world(server.port);
    let mut load = Load::start(&world.app);
    let mut client = server.client();
    let text = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign'
        AND state <> 'idle' ORDER BY random() LIMIT 1";
    let mut ended = 0;
    while ended < 60 {
        load.hear_until(2, "done");
        ended += client.query(text, &[]).unwrap().len();
    }
    load.hear_until(30, "done");
    let answers = load.stop();
    kept(&server).agrees_with(&answers);
}

#[test]
fn a_commit_whose_answer_is_lost_is_an_unknown_outcome_and_asking_again_is_no_second_event() {
    let Some(server) = Server::start() else { return };
    let wire = Wire::to(server.port, b"COMMIT\0");
    let world = world(wire.port);
    let email = format!("{}@example.com", NAMES[0]);
    let found = world.app.view(move |view| Ok(view.rows().account_by_email(&email)?)).wait().unwrap();
    let account = found.unwrap().id;
    let choose = |on: bool| {
        let action =
            move |change: &mut domain::Change<'_>| notifications::choose(change, account, "session.others_ended", on);
        world.app.change(&Actor::chore(), action).wait()
    };
    let before = world.log(account).len();
    for (events, cut) in [(1, Cut::BeforeOnce), (2, Cut::AfterOnce), (3, Cut::AfterOnce), (4, Cut::BeforeOnce)] {
        let on = events % 2 == 0;
        wire.set(cut);
        let answer = choose(on);
        assert!(matches!(answer, Err(Stop::Failed(Fault::Unknown(_)))), "{cut:?}: {answer:?}");
        let done = world.log(account).len() - before == events;
        assert_eq!(done, cut == Cut::AfterOnce, "it happened if the server heard of it");
        choose(on).expect("asking again succeeds");
        assert_eq!(world.log(account).len() - before, events, "one event, however often it was asked");
    }
}

/// A mail server that takes every letter, and just then the database goes away.
struct Parting<'a> {
    wire: &'a Wire,
    taken: Mutex<Vec<String>>,
}

impl Carrier for Parting<'_> {
    fn carry(&self, letter: &Letter) -> Fate {
        self.taken.lock().unwrap().push(letter.message_id.clone());
        self.wire.set(Cut::Always);
        Fate::Sent("250 goodbye".to_owned())
    }
}

#[test]
fn a_letter_that_was_taken_while_the_database_went_away_is_not_sent_again_when_it_is_back() {
    let Some(server) = Server::start() else { return };
    let wire = Wire::to(server.port, b"COMMIT\0");
    let world = world(wire.port);
    world.settle();
    act(&world.app, 1).wait().unwrap();
    let carrier = Parting { wire: &wire, taken: Mutex::default() };
    for _ in 0..3 {
        let away = notifications::deliver(&world.app, &carrier);
        assert!(matches!(away, Err(Stop::Failed(Fault::Unavailable(_)))), "{away:?}");
    }
    wire.set(Cut::Never);
    for _ in 0..3 {
        while notifications::deliver(&world.app, &carrier).unwrap().done > 0 {}
        world.clock.advance(domain::Span::from_hours(1));
    }
    assert_eq!(carrier.taken.lock().unwrap().len(), 1);
    let text = "SELECT count(*), count(sent_at) FROM outbox WHERE due_at IS NOT NULL OR carrier_said = '250 goodbye'";
    let row = server.client().query_one(text, &[]).unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 1), "it is written down as sent, and nothing waits");
}

/// Threads that give orders, one after the other, until they are told to stop.
struct Load {
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    heard: Receiver<(u64, &'static str)>,
    answers: Answers,
    counts: BTreeMap<&'static str, usize>,
}

impl Load {
    fn start(app: &App) -> Self {
        let (say, heard) = channel();
        let (stop, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(1)));
        let worker = |_| {
            let (app, say, stop, number) = (app.clone(), say.clone(), stop.clone(), number.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let number = number.fetch_add(1, Ordering::SeqCst);
                    let answer = act(&app, number).wait().as_ref().map_or_else(kind, |()| "done");
                    if say.send((number, answer)).is_err() {
                        return;
                    }
                }
            })
        };
        let threads = (0..6).map(worker).collect();
        Self { threads, stop, heard, answers: Answers::default(), counts: BTreeMap::new() }
    }

    /// Waits until so many more answers of a kind came.
    fn hear_until(&mut self, count: usize, wanted: &str) {
        let mut left = count;
        while left > 0 {
            let (number, answer) = self.heard.recv_timeout(PATIENCE).expect("an order hangs");
            left -= usize::from(answer == wanted);
            self.note(number, answer);
        }
    }

    fn note(&mut self, number: u64, answer: &'static str) {
        assert!(["done", "unavailable", "unknown"].contains(&answer), "order {number} is {answer}");
        self.answers.given.insert(number);
        match answer {
            "done" => drop(self.answers.done.insert(number)),
            "unavailable" => drop(self.answers.undone.insert(number)),
            _ => {}
        }
        *self.counts.entry(answer).or_default() += 1;
    }

    fn stop(mut self) -> Answers {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            thread.join().expect("giving orders does not panic");
        }
        while let Ok((number, answer)) = self.heard.try_recv() {
            self.note(number, answer);
        }
        println!("{:?}", self.counts);
        self.answers
    }
}

/// What is kept of orders; each must be there once, and no log may have a gap.
fn kept(server: &Server) -> Kept {
    let mut client = server.client();
    let text = "SELECT a.event_sequence = count(*) AND max(e.sequence) = count(*) AND min(e.sequence) = 1
        FROM account a JOIN event e ON e.account = a.id GROUP BY a.id";
    assert!(client.query(text, &[]).unwrap().iter().all(|row| row.get(0)), "a log has gaps");
    let text = "SELECT substr(browser, 7)::bigint, count(*) FROM event WHERE browser LIKE 'order %' GROUP BY 1";
    let orders = client.query(text, &[]).unwrap();
    assert!(orders.iter().all(|row| row.get::<_, i64>(1) == 1), "an order was done twice");
    let orders = orders.iter().map(|row| u64::try_from(row.get::<_, i64>(0)).unwrap()).collect();
    Kept { orders, letters: BTreeMap::new() }
}

/// A world on the server behind a port, with the customers.
fn world(port: u16) -> World {
    let database = Database::at(&format!("postgres://countersign@127.0.0.1:{port}/postgres"));
    // The load is one customer's, more than people cause in an hour.
    let world = World::with_settings(database, |settings| {
        settings.guess.changes_hourly = 1_000_000;
        settings.guess.freeze_words_daily = 1_000_000;
    });
    for name in NAMES {
        world.customer(name);
    }
    world
}
