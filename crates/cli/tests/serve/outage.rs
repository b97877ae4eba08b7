//! PostgreSQL goes away under a site that is served, in each way there is, and comes back: whoever asks is refused soon and
//! clearly, nothing that was answered well is lost, nothing is done twice, and nobody restarts anything.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::clock::SystemClock;
use domain::meters::Stopwatch;
use outside::mailbox::Mailbox;
use serde_json::json;
use tempfile::TempDir;
use testkit::server::{self, Server};
use testkit::wire::{Cut, Wire};
use tokio::runtime::Runtime;

use super::client::{Answer, PASSWORD, exchange, get, signed_in_as};
use super::namer::{Namer, named};
use super::running::{Running, STORAGE, serving};

/// How long anything may take to come back.
const PATIENCE_SECONDS: f64 = 90.0;

/// Requests that are refused before an outage ends.
const REFUSED: usize = 60;

/// For how many seconds an outage lasts at the least: none in a test, sixty in a rehearsal.
const SECONDS: &str = "COUNTERSIGN_OUTAGE_SECONDS";

/// A way in which a database is away.
#[derive(Debug, Clone, Copy)]
enum Outage {
    /// It was stopped, and refuses everybody.
    Stopped,
    /// It stands still: it takes connections, and answers nobody.
    Paused,
    /// The network swallows everything.
    Hole,
    /// The network cuts everybody off.
    Cut,
}

/// A server on a PostgreSQL of its own, behind a wire.
struct Site {
    running: Running,
    runtime: Runtime,
    mailbox: Mailbox,
    /// Of a local key.
    service: String,
    directory: TempDir,
    wire: Wire,
    /// Last, so that nobody uses it any more when it goes.
    server: Server,
}

/// Somebody who is signed in.
struct Customer {
    secret: String,
    account: String,
}

impl Site {
    fn start() -> Option<Self> {
        let server = Server::start()?;
        let wire = Wire::to(server.port, b"COMMIT\0");
        let directory = tempfile::tempdir().expect("a directory");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let mailbox = runtime.block_on(Mailbox::open(Arc::new(SystemClock))).expect("a mailbox");
        let mut command = serving(&mailbox);
        command.env(STORAGE, server::url(wire.port)).env("COUNTERSIGN__GUESS__CHANGES_HOURLY", "100000");
        let running = Running::start(&mut command, directory.path());
        let service = local_key(&server, directory.path());
        Some(Self { running, runtime, mailbox, service, directory, wire, server })
    }

    fn customer(&self, name: &str) -> Customer {
        let email = format!("{name}@example.com");
        let secret = signed_in_as(&email, &self.running.address, &self.runtime, &self.mailbox).session;
        let session = until("the key opens", || Some(self.check(&secret)).filter(|answer| answer.status == 200));
        let account = session.body["session"]["account"].as_str().expect("an account").to_owned();
        Customer { secret, account }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, String)]) -> Answer {
        exchange(&self.running.address, method, path, headers, None).expect("it serves on")
    }

    /// What the exchange's backend hears of a session.
    fn check(&self, session: &str) -> Answer {
        let backend = ("Authorization", format!("Bearer {}", self.service));
        self.ask("GET", "/api/v1/service/session", &[backend, ("Countersign-Session", session.to_owned())])
    }

    /// What it hears of an account.
    fn standing(&self, account: &str) -> Answer {
        let backend = ("Authorization", format!("Bearer {}", self.service));
        self.ask("GET", &format!("/api/v1/service/accounts/{account}/standing"), &[backend])
    }

    /// What nginx hears of a browser.
    fn forward(&self, session: &str) -> Answer {
        self.ask("GET", "/api/v1/forward-auth", &[("Cookie", format!("__Host-session={session}"))])
    }

    fn act(&self, path: &str, customer: &Customer, key: &str) -> Answer {
        let headers = [("Authorization", format!("Bearer {}", customer.secret)), ("Idempotency-Key", key.to_owned())];
        self.ask("POST", path, &headers)
    }

    fn begin(&self, outage: Outage) {
        match outage {
            Outage::Stopped => self.server.stop("immediate"),
            Outage::Paused => self.server.pause(),
            Outage::Hole => self.wire.set(Cut::Hole),
            Outage::Cut => self.wire.set(Cut::Always),
        }
    }

    fn end(&self, outage: Outage) {
        match outage {
            Outage::Stopped => self.server.run(),
            Outage::Paused => self.server.resume(),
            Outage::Hole | Outage::Cut => self.wire.set(Cut::Never),
        }
    }

    /// How many threads it has.
    fn threads(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.running.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("Threads:")).expect("a number of threads");
        line.trim().parse().expect("a number")
    }
}

/// Asks until there is an answer, for so long and no longer.
fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(watch.seconds() < PATIENCE_SECONDS, "{what}: never");
        // Another's program, and nobody says when it is there: a look now and then.
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A key for a backend on this machine, added by the command line. It goes to the server itself, by no wire.
fn local_key(server: &Server, directory: &Path) -> String {
    let scopes = ["--scope", "check-session", "--scope", "standing", "--scope", "events-in"];
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["service-key", "add", "exchange", "--local"])
        .args(scopes)
        .env(STORAGE, server.url())
        .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.join("countersign.key"))
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.split_whitespace().find(|word| word.starts_with("cssk_")).expect("a secret").to_owned()
}

/// What goes on, for those who ask all the time.
const BEFORE: u8 = 0;
const OUT: u8 = 1;
const BACK: u8 = 2;
const OVER: u8 = 3;

/// Customers and a backend who ask all the time, and what they were answered.
struct Crowd<'a> {
    site: &'a Site,
    phase: AtomicU8,
    /// Refused while the database was away.
    refused: AtomicUsize,
    longest: Mutex<f64>,
}

impl<'a> Crowd<'a> {
    fn new(site: &'a Site) -> Self {
        Self { site, phase: AtomicU8::new(BEFORE), refused: AtomicUsize::new(0), longest: Mutex::new(0.0) }
    }

    /// Asks again and again, each time in the next of some ways.
    fn keep_asking(&self, ways: &[&dyn Fn() -> Answer]) {
        for way in ways.iter().cycle() {
            let (began, watch) = (self.phase.load(Ordering::SeqCst), Stopwatch::start());
            if began == OVER {
                return;
            }
            let answer = way();
            let all_of_it_out = began == OUT && self.phase.load(Ordering::SeqCst) == OUT;
            self.judge(&answer, all_of_it_out);
            let mut longest = self.longest.lock().expect("nobody panics with it");
            *longest = longest.max(watch.seconds());
        }
    }

    fn judge(&self, answer: &Answer, all_of_it_out: bool) {
        // The outcome of a COMMIT that nobody answered is not known, and is not called anything else.
        let unknown = answer.status == 500 && answer.body["code"] == "outcome_unknown";
        let clear = answer.status == 503 && answer.header("retry-after").is_some();
        assert!(answer.status == 200 || clear || unknown, "{answer:?}");
        if all_of_it_out {
            assert_ne!(answer.status, 200, "answered without a database: {answer:?}");
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[test]
fn without_a_database_money_is_refused_and_what_protects_works_as_soon_as_it_is_back() {
    let Some(site) = Site::start() else { return };
    let ada = site.customer("ada");
    let device =
        get(&site.running.address, "/api/v1/devices", &ada.secret)["devices"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/devices/{device}/name");
    let mut namers: Vec<Namer> = (0..3).map(|number| Namer::new(number, &path, &ada.secret)).collect();
    for outage in [Outage::Stopped, Outage::Paused, Outage::Hole, Outage::Cut] {
        lived_through(&site, outage, &ada, &mut namers);
    }
    for namer in namers.iter_mut().filter(|namer| namer.open) {
        assert_eq!(namer.turn(&site.running.address).expect("an answer").status, 200);
    }
    let mut expected: Vec<String> = namers.iter().flat_map(Namer::names).collect();
    let mut logged = named(&site.running.address, &ada.secret);
    expected.sort();
    logged.sort();
    assert_eq!(logged, expected, "what was answered well is there, and nothing twice");
    each_was_told_once(site, 4);
}

/// One outage, while all kinds of people ask; one of them freezes, one signs out.
fn lived_through(site: &Site, outage: Outage, ada: &Customer, namers: &mut [Namer]) {
    let (mira, tomas) = (site.customer(&format!("mira-{outage:?}")), site.customer(&format!("tomas-{outage:?}")));
    assert_eq!(site.standing(&ada.account).body["standing"]["may_move_money"], true, "{outage:?}");
    let crowd = Crowd::new(site);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                crowd.keep_asking(&[&|| site.check(&ada.secret), &|| site.standing(&ada.account), &|| {
                    site.forward(&ada.secret)
                }]);
            });
        }
        for namer in namers {
            let (address, crowd) = (&site.running.address, &crowd);
            threads.spawn(move || {
                let namer = std::cell::RefCell::new(namer);
                crowd.keep_asking(&[&|| namer.borrow_mut().turn(address).expect("it serves on")]);
            });
        }
        // Whatever goes wrong here, those who ask come to an end.
        let _over = Over(&crowd.phase);
        site.begin(outage);
        crowd.phase.store(OUT, Ordering::SeqCst);
        while_it_is_out(&crowd, outage, &mira, &tomas);
        crowd.phase.store(BACK, Ordering::SeqCst);
        site.end(outage);
        until("ready again", || (site.ask("GET", "/readyz", &[]).status == 200).then_some(()));
    });
    println!(
        "{outage:?}: {} refused, the longest answer took {:.1} s",
        crowd.refused.load(Ordering::SeqCst),
        crowd.longest.lock().expect("nobody panics with it")
    );
    when_it_is_back(site, &mira, &tomas);
}

struct Over<'a>(&'a AtomicU8);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(OVER, Ordering::SeqCst);
    }
}

fn while_it_is_out(crowd: &Crowd<'_>, outage: Outage, mira: &Customer, tomas: &Customer) {
    let (site, watch) = (crowd.site, Stopwatch::start());
    let seconds = std::env::var(SECONDS).map_or(0.0, |text| text.parse().expect("a number of seconds"));
    let (address, given) = (&site.running.address, json!({ "email": "ada@example.com", "password": PASSWORD }));
    let sign_in = exchange(address, "POST", "/api/v1/sign-in", &[], Some(&given)).expect("it serves on");
    for refused in [site.act("/api/v1/freeze", mira, "freeze"), site.act("/api/v1/sign-out", tomas, "out"), sign_in] {
        assert_eq!((refused.status, &refused.body["code"]), (503, &json!("unavailable")), "{outage:?}");
        assert!(refused.header("retry-after").is_some(), "{refused:?}");
    }
    let mut most = (0, 0);
    until("enough are refused", || {
        assert_eq!(site.ask("GET", "/healthz", &[]).status, 200, "{outage:?}");
        assert_eq!(site.ask("GET", "/readyz", &[]).status, 503, "{outage:?}");
        most = (most.0.max(site.threads()), most.1.max(site.wire.open()));
        (crowd.refused.load(Ordering::SeqCst) >= REFUSED && watch.seconds() >= seconds).then_some(())
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{outage:?}: at most {} threads and {} connections to the database", most.0, most.1);
    // Four a core, and whoever looks whether it is back.
    assert!(most.1 <= 4 * cores + 4, "{outage:?}: {} connections to the database", most.1);
    assert!(most.0 <= 100, "{outage:?}: {} threads", most.0);
}

fn when_it_is_back(site: &Site, mira: &Customer, tomas: &Customer) {
    assert_eq!(site.act("/api/v1/freeze", mira, "freeze").status, 200);
    let again = site.act("/api/v1/freeze", mira, "freeze");
    assert_eq!(again.status, 200, "the same request again has the same answer: {again:?}");
    assert_eq!(site.check(&mira.secret).body["live"], false);
    let standing = site.standing(&mira.account);
    assert_eq!(standing.body["standing"]["may_move_money"], false, "{standing:?}");
    assert_eq!(site.act("/api/v1/sign-out", tomas, "out").status, 200);
    assert_eq!(site.check(&tomas.secret).body["live"], false);
    let text = r#"SELECT count(*) FROM event WHERE data LIKE '%"protection.frozen"%' AND encode(account, 'hex') = $1"#;
    let frozen: i64 =
        site.server.client().query_one(text, &[&mira.account.replace('-', "")]).expect("it is there").get(0);
    assert_eq!(frozen, 1, "frozen once");
}

/// Every letter that was written is told once, also of those that were being handed over when the database went.
fn each_was_told_once(site: Site, freezes: usize) {
    let mut client = site.server.client();
    let mut count = |which: &str| -> i64 {
        let text = format!("SELECT count(*) FROM outbox WHERE {which} IS NOT NULL");
        client.query_one(&text, &[]).expect("it is there").get(0)
    };
    until("every letter is out", || (count("due_at") == 0).then_some(()));
    let sent = count("sent_at");
    let Site { running, mailbox, directory, .. } = site;
    assert_eq!(running.stop(), Some(0));
    let letters = mailbox.newest_first();
    let mut ids: Vec<_> = letters.iter().filter_map(|letter| letter.header("message-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((letters.len(), i64::try_from(letters.len())), (ids.len(), Ok(sent)));
    assert_eq!(letters.iter().filter(|letter| letter.subject == "Your account is frozen").count(), freezes);
    drop(directory);
}

/// As it is on a standby, or where somebody protects a server that has no room left.
#[test]
fn a_server_that_answers_and_takes_no_changes_is_not_ready() {
    let Some(site) = Site::start() else { return };
    let mira = site.customer("mira");
    let mut client = site.server.client();
    let mut read_only = |set: &str| {
        client.batch_execute(&format!("ALTER SYSTEM SET default_transaction_read_only = {set}")).expect("a superuser");
        client.batch_execute("SELECT pg_reload_conf()").expect("a superuser");
    };
    let ready = || site.ask("GET", "/readyz", &[]).status;
    assert_eq!(ready(), 200);
    read_only("on");
    until("not ready", || (ready() == 503).then_some(()));
    assert_eq!(site.act("/api/v1/freeze", &mira, "freeze").status, 503);
    assert_eq!(site.check(&mira.secret).status, 200, "readings go on");
    read_only("off");
    until("ready", || (ready() == 200).then_some(()));
    assert_eq!(site.act("/api/v1/freeze", &mira, "freeze").status, 200);
}

#[test]
fn a_commit_whose_answer_is_lost_is_told_so_over_http_and_asking_again_does_it_once() {
    let Some(site) = Site::start() else { return };
    let mira = site.customer("mira");
    let device =
        get(&site.running.address, "/api/v1/devices", &mira.secret)["devices"][0]["id"].as_str().unwrap().to_owned();
    let mut namer = Namer::new(0, &format!("/api/v1/devices/{device}/name"), &mira.secret);
    let (mut unknown, mut turn) = (0, 0);
    // Chores commit as well, and may meet the scissors first.
    while unknown < 8 && turn < 80 {
        turn += 1;
        site.wire.set(if turn % 2 == 0 { Cut::BeforeOnce } else { Cut::AfterOnce });
        let first = namer.turn(&site.running.address).expect("an answer");
        site.wire.set(Cut::Never);
        if first.status != 200 {
            assert_eq!((first.status, &first.body["code"]), (500, &json!("outcome_unknown")), "{first:?}");
            unknown += 1;
            assert_eq!(namer.turn(&site.running.address).expect("an answer").status, 200, "asked again, it is done");
        }
    }
    assert_eq!(unknown, 8, "the scissors never met a customer's change");
    let (mut logged, mut given) = (named(&site.running.address, &mira.secret), namer.names());
    logged.sort();
    given.sort();
    assert_eq!(logged, given, "once each");
}
