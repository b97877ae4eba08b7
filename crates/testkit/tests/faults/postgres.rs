//! A PostgreSQL that is restarted, that ends connections, and whose answers are lost, under load.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use ::postgres::{Client, NoTls};
use domain::{Actor, App, Fault, Stop, notifications};
use tempfile::TempDir;
use testkit::{Database, World};

use crate::check::{Answers, Kept};
use crate::machine::{NAMES, PATIENCE, act, kind};
use crate::wire::{Cut, Wire};

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
    server.kept().agrees_with(&answers);
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
    server.kept().agrees_with(&answers);
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

/// A PostgreSQL of the test's own, which can be stopped and started.
struct Server {
    bin: PathBuf,
    home: TempDir,
    user: Option<(u32, u32)>,
    port: u16,
}

impl Server {
    /// Starts one where PostgreSQL is installed.
    fn start() -> Option<Self> {
        let Some(bin) = programs() else {
            println!("skipped: PostgreSQL is not installed");
            return None;
        };
        let home = TempDir::new().unwrap();
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let data = home.path().join("data");
        std::fs::create_dir(&data).unwrap();
        // PostgreSQL refuses to run as root.
        let root = home.path().metadata().is_ok_and(|made| std::os::unix::fs::MetadataExt::uid(&made) == 0);
        let user = if root { Some(postgres_user()?) } else { None };
        if let Some((user, group)) = user {
            chown(&data, Some(user), Some(group)).unwrap();
        }
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let server = Self { bin, home, user, port };
        let options = ["--username=countersign", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        server.call(server.command("initdb").arg("--pgdata").arg(&data).args(options));
        server.run();
        Some(server)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.current_dir(self.home.path()).env_remove("PGDATA");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn call(&self, command: &mut Command) {
        let log = || std::fs::read_to_string(self.home.path().join("data/log")).unwrap_or_default();
        assert!(command.status().expect("it can be called").success(), "PostgreSQL says: {}", log());
    }

    fn control(&self, verb: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command.arg("--pgdata").arg(self.home.path().join("data")).args(["--wait", verb]);
        command
    }

    /// Starts the server and waits until it takes connections.
    fn run(&self) {
        let options =
            format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off", self.port);
        let log = self.home.path().join("data/log");
        self.call(self.control("start").arg("--log").arg(log).arg("--options").arg(options));
    }

    fn stop(&self, how: &str) {
        self.call(self.control("stop").args(["--mode", how]));
    }

    fn client(&self) -> Client {
        Client::connect(&format!("postgres://countersign@127.0.0.1:{}/postgres", self.port), NoTls).unwrap()
    }

    /// What is kept of orders; each must be there once, and no log may have a gap.
    fn kept(&self) -> Kept {
        let mut client = self.client();
        let text = "SELECT a.event_sequence = count(*) AND max(e.sequence) = count(*) AND min(e.sequence) = 1
            FROM account a JOIN event e ON e.account = a.id GROUP BY a.id";
        assert!(client.query(text, &[]).unwrap().iter().all(|row| row.get(0)), "a log has gaps");
        let text = "SELECT substr(browser, 7)::bigint, count(*) FROM event WHERE browser LIKE 'order %' GROUP BY 1";
        let orders = client.query(text, &[]).unwrap();
        assert!(orders.iter().all(|row| row.get::<_, i64>(1) == 1), "an order was done twice");
        let orders = orders.iter().map(|row| u64::try_from(row.get::<_, i64>(0)).unwrap()).collect();
        Kept { orders, letters: BTreeMap::new() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.control("stop").args(["--mode", "immediate"]).status();
    }
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

/// The directory of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let numbers = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = numbers.max().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_all = |directory: &Path| directory.join("initdb").is_file() && directory.join("pg_ctl").is_file();
    newest.into_iter().chain(std::env::split_paths(&path)).find(|directory| has_all(directory))
}

/// The user that Debian's package brings.
fn postgres_user() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let found = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    if found.is_none() {
        println!("skipped: PostgreSQL does not run as root, and there is no user named postgres");
    }
    found
}
