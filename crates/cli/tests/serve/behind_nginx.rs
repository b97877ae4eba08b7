//! Three servers on one PostgreSQL behind a real nginx, with the very configuration that the package brings: whoever comes in
//! by it meets one Countersign.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::clock::SystemClock;
use outside::mailbox::Mailbox;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::server::Server;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;

use super::client::{Answer, EMAIL, PASSWORD, SignedIn, exchange, exchange_on, get, sign_in, signed_in_as};
use super::running::{Running, STORAGE, serving};

/// nginx; ended when dropped.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Three nodes, and what is around them.
struct Site {
    /// nginx's.
    address: String,
    /// First to go: it asks the nodes.
    _nginx: Nginx,
    nodes: Vec<Running>,
    runtime: Runtime,
    mailbox: Mailbox,
    directory: TempDir,
    /// Last, so that nobody uses it any more when it goes.
    _server: Server,
}

impl Site {
    /// Nothing where there is no nginx, or no PostgreSQL.
    fn start() -> Option<Self> {
        let program = PathBuf::from("/usr/sbin/nginx");
        if !program.is_file() {
            println!("skipped: nginx is not on this machine");
            return None;
        }
        let server = Server::start()?;
        let directory = tempfile::tempdir().expect("a directory");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let mailbox = runtime.block_on(Mailbox::open(Arc::new(SystemClock))).expect("a mailbox");
        let node = |_| {
            let mut command = serving(&mailbox);
            command.env(STORAGE, server.url()).env("COUNTERSIGN__WEB__TRUSTED_PROXIES", r#"["127.0.0.1"]"#);
            Running::start(&mut command, directory.path())
        };
        let nodes: Vec<Running> = (0..3).map(node).collect();
        let (nginx, address) = nginx(&program, directory.path(), &nodes);
        Some(Self { address, _nginx: nginx, nodes, runtime, mailbox, directory, _server: server })
    }

    /// Ada, who opened her account and signed in by nginx.
    fn ada(&self) -> SignedIn {
        signed_in_as(EMAIL, &self.address, &self.runtime, &self.mailbox)
    }

    fn act(&self, path: &str, session: &str, body: Option<&Value>) -> Answer {
        exchange(&self.address, "POST", path, &bearer(session), body).expect("an answer")
    }

    /// Which nodes answered so far, as nginx wrote down.
    fn answered(&self) -> Vec<bool> {
        let log = std::fs::read_to_string(self.directory.path().join("access.log")).expect("its log");
        self.nodes.iter().map(|node| log.lines().any(|line| line.starts_with(&node.address))).collect()
    }

    /// What every node says of a session, asked without nginx.
    fn at_each(&self, session: &str) -> Vec<u16> {
        let ask = |node: &Running| exchange(&node.address, "GET", "/api/v1/session", &bearer(session), None);
        self.nodes.iter().map(|node| ask(node).expect("an answer").status).collect()
    }

    /// A connection to somewhere, from an address of this machine that is not the proxy's.
    fn from(&self, own: [u8; 4], to: &str) -> TcpStream {
        let to = to.parse().expect("an address");
        let stream = self.runtime.block_on(async {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind((Ipv4Addr::from(own), 0).into()).expect("all of 127.0.0.0/8 is this machine");
            socket.connect(to).await.expect("it listens").into_std().expect("a socket")
        });
        stream.set_nonblocking(false).expect("a socket");
        stream
    }
}

fn bearer(session: &str) -> [(&'static str, String); 1] {
    [("Authorization", format!("Bearer {session}"))]
}

/// nginx with the file that the package brings, and the nodes' ports in it.
fn nginx(program: &Path, directory: &Path, nodes: &[Running]) -> (Nginx, String) {
    let here = directory.display().to_string();
    let port =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port").local_addr().expect("it listens").port();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/nginx-nodes.conf");
    let kept: Vec<String> = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
        .collect();
    let log = format!("log_format nodes '$upstream_addr $status $uri'; access_log {here}/access.log nodes;\n");
    let mut conf = std::fs::read_to_string(ours).expect("it is in the package");
    for (number, node) in nodes.iter().enumerate() {
        conf = conf.replace(&format!("127.0.0.1:{}", 8081 + number), &node.address);
    }
    conf = conf.replace("127.0.0.1:8000", &format!("127.0.0.1:{port}"));
    conf = conf.replace("http {", &format!("http {{\n{log}{}", kept.concat()));
    std::fs::write(directory.join("nginx.conf"), conf).expect("it is ours");
    let main = format!("daemon off; master_process off; pid {here}/nginx.pid; error_log {here}/error.log;");
    let child = Command::new(program)
        .args(["-p", &here, "-e", &format!("{here}/error.log"), "-c", &format!("{here}/nginx.conf"), "-g", &main])
        .stderr(Stdio::null())
        .spawn()
        .expect("nginx starts");
    let (nginx, address) = (Nginx(child), format!("127.0.0.1:{port}"));
    for _ in 0..400 {
        if TcpStream::connect(&address).is_ok() {
            return (nginx, address);
        }
        // Another's program says nothing when it is ready.
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("nginx does not listen: {}", std::fs::read_to_string(directory.join("error.log")).unwrap_or_default());
}

#[test]
fn whoever_comes_in_by_nginx_meets_one_countersign_of_three_nodes() {
    let Some(site) = Site::start() else { return };
    let ada = site.ada();
    // nginx writes down what it did when the next one asks, at the latest.
    get(&site.address, "/api/v1/session", &ada.session);
    assert_eq!(site.answered(), [true; 3], "opened at one, confirmed at another, signed in at the third");
    assert_eq!(site.at_each(&ada.session), [200; 3]);

    // Live: what is done at any node is seen on a page that another one keeps open.
    let mut stream = TcpStream::connect(&site.address).unwrap();
    let session = &ada.session;
    write!(stream, "GET /api/v1/activity/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {session}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("HTTP/1.1 200 OK"));
    let device = get(&site.address, "/api/v1/devices", session)["devices"][0]["id"].as_str().unwrap().to_owned();
    for turn in 0..3 {
        let name = json!({ "name": format!("Name {turn}") });
        assert_eq!(site.act(&format!("/api/v1/devices/{device}/name"), session, Some(&name)).status, 200);
        let seen = lines.find(|line| line.starts_with("data: ") && line.contains(&format!("Name {turn}")));
        assert!(seen.is_some(), "name {turn} was not seen");
    }

    // Ended at one node, a session is nowhere any more, with the answer that says so.
    for turn in 0..3 {
        let other = sign_in(EMAIL, &site.address, &ada.device);
        assert_eq!(site.at_each(&other), [200; 3]);
        let out = exchange(&site.nodes[turn].address, "POST", "/api/v1/sign-out", &bearer(&other), None);
        assert_eq!(out.expect("an answer").status, 200);
        assert_eq!(site.at_each(&other), [401; 3], "signed out at node {turn}");
    }

    // The freeze ends all of them, and the page that is followed.
    assert_eq!(site.act("/api/v1/freeze", session, None).status, 200);
    assert_eq!(site.at_each(session), [401; 3]);
    let last = lines.filter(|line| line.starts_with("event: ")).last();
    assert_eq!(last.as_deref(), Some("event: ended"));
}

#[test]
fn limits_count_once_for_all_nodes_and_no_client_says_where_it_comes_from() {
    let Some(site) = Site::start() else { return };
    let ada = site.ada();
    let claimed = |address: &str| [("X-Forwarded-For", address.to_owned()), ("X-Real-IP", address.to_owned())];
    let right = json!({ "email": EMAIL, "password": PASSWORD, "device_secret": ada.device });
    // By nginx, and past it to a node that believes nobody but nginx.
    for (own, to) in [([127, 0, 0, 7], &site.address), ([127, 0, 0, 8], &site.nodes[1].address)] {
        let said = claimed("198.51.100.9");
        let answer = exchange_on(site.from(own, to), "POST", "/api/v1/sign-in", &said, Some(&right)).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let log = get(&site.address, "/api/v1/activity?limit=1", answer.body["session_secret"].as_str().unwrap());
        let entry = &log["entries"][0];
        assert!(entry.to_string().contains(&Ipv4Addr::from(own).to_string()), "{entry}");
        assert!(!entry.to_string().contains("198.51.100.9"), "{entry}");
    }
    for path in ["/api/v1/service/session", "/readyz"] {
        let answer = exchange(&site.address, "GET", path, &[], None).unwrap();
        assert_eq!(answer.status, 404, "{path} is nobody's from outside");
    }

    let wrong = json!({ "email": EMAIL, "password": format!("not {PASSWORD}") });
    let guess = |turn: u8| {
        // Each time from somewhere else, if it were believed.
        let said = claimed(&format!("198.51.100.{turn}"));
        exchange(&site.address, "POST", "/api/v1/sign-in", &said, Some(&wrong)).expect("an answer").status
    };
    let answers: Vec<u16> = (1..=8).map(guess).collect();
    assert_eq!(answers, [401, 401, 401, 401, 401, 429, 429, 429]);
}

#[test]
fn a_node_that_is_gone_is_passed_over() {
    let Some(mut site) = Site::start() else { return };
    let ada = site.ada();
    drop(site.nodes.remove(1));
    for turn in 0..12 {
        let answer = exchange(&site.address, "GET", "/api/v1/session", &bearer(&ada.session), None).unwrap();
        assert_eq!(answer.status, 200, "turn {turn}: {answer:?}");
    }
    assert_eq!(site.act("/api/v1/freeze", &ada.session, None).status, 200);
}

#[test]
fn what_is_due_when_three_nodes_start_at_once_is_done_once() {
    let Some(server) = Server::start() else { return };
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mailbox = runtime.block_on(Mailbox::open(Arc::new(SystemClock))).unwrap();
    let start = |mailbox: &Mailbox| Running::start(serving(mailbox).env(STORAGE, server.url()), directory.path());
    let first = start(&mailbox);
    let ada = signed_in_as(EMAIL, &first.address, &runtime, &mailbox);
    for _ in 0..11 {
        sign_in(EMAIL, &first.address, &ada.device);
    }
    for turn in 0..20 {
        let wanted = json!({ "code": "sign_in.failed", "on": turn % 2 == 1 });
        let path = "/api/v1/notices/preferences/choose";
        let answer = exchange(&first.address, "POST", path, &bearer(&ada.session), Some(&wanted));
        assert_eq!(answer.expect("an answer").status, 200);
    }
    assert_eq!(first.stop(), Some(0));
    // While nobody runs, two hours pass for the sessions, and every letter is due again.
    let mut client = server.client();
    let hours = "UPDATE session SET last_seen_at = last_seen_at - 7200000000, began_at = began_at - 7200000000;
        UPDATE outbox SET due_at = 1, sent_at = NULL, tries = 0 WHERE act_link IS NULL";
    client.batch_execute(hours).unwrap();
    let letters: i64 = client.query_one("SELECT count(*) FROM outbox WHERE act_link IS NULL", &[]).unwrap().get(0);
    let mailbox = runtime.block_on(Mailbox::open(Arc::new(SystemClock))).unwrap();
    let nodes: Vec<Running> = std::thread::scope(|threads| {
        let starting: Vec<_> = (0..3).map(|_| threads.spawn(|| start(&mailbox))).collect();
        starting.into_iter().map(|node| node.join().expect("it starts")).collect()
    });
    let (ended, out) = (
        r#"SELECT count(*) FROM event WHERE data LIKE '%"session.ended"%'"#,
        "SELECT count(*) FROM outbox WHERE act_link IS NULL AND sent_at IS NOT NULL",
    );
    let mut count = |text: &str| -> i64 { client.query_one(text, &[]).unwrap().get(0) };
    for _ in 0..900 {
        if count(ended) >= 12 && count(out) >= letters {
            break;
        }
        // Three other programs are at work, and none says when all of them are done.
        std::thread::sleep(Duration::from_millis(100));
    }
    for node in nodes {
        assert_eq!(node.stop(), Some(0));
    }
    let whole = "SELECT count(*) FROM (SELECT a.id FROM account a JOIN event e ON e.account = a.id GROUP BY a.id
        HAVING max(e.sequence) <> count(*) OR a.event_sequence <> count(*)) torn";
    assert_eq!((count(ended), count(whole)), (12, 0), "each session ended once, in a log without gaps");
    assert!(letters >= 10, "{letters} letters");
    assert_eq!((i64::try_from(mailbox.newest_first().len()).unwrap(), count(out)), (letters, letters));
}
