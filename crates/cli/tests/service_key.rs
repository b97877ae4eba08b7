//! `countersign service-key`, while the site is served: a key works within a second, and ends within one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A running `countersign`, ended when dropped.
struct Running {
    child: Child,
    address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn countersign(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command
        .env("COUNTERSIGN__STORAGE__URL", format!("sqlite:{}", directory.join("countersign.db").display()))
        .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.join("countersign.key"))
        .env("COUNTERSIGN__WEB__LISTEN", "127.0.0.1:0");
    command
}

fn serve(directory: &Path) -> Running {
    let mut child = countersign(directory).arg("serve").stderr(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
    let serving = lines.find_map(|line| line.ok().filter(|line| line.contains("\"serving\""))).expect("it serves");
    let address = serving.split("\"listen\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    let address = address.to_owned();
    std::thread::spawn(move || lines.for_each(drop));
    Running { child, address }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

impl Running {
    /// The status of a check with this secret.
    fn check(&self, secret: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let head = "GET /api/v1/service/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCountersign-Session: nobodys";
        write!(stream, "{head}\r\nAuthorization: Bearer {secret}\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer[9..12].to_owned()
    }

    /// Asks until it answers so, and says how long that took.
    #[expect(clippy::disallowed_methods, reason = "another process is waited for, and its clock is the machine's")]
    fn until(&self, secret: &str, status: &str) -> Duration {
        let began = Instant::now();
        while self.check(secret) != status {
            assert!(began.elapsed() < Duration::from_secs(20), "it never answers {status}");
        }
        began.elapsed()
    }
}

#[test]
fn a_key_that_is_added_and_revoked_while_serving_works_and_ends_within_a_second() {
    let directory = tempfile::tempdir().unwrap();
    let running = serve(directory.path());
    let add = countersign(directory.path())
        .args(["service-key", "add", "exchange", "--local", "--scope", "check-session"])
        .output()
        .unwrap();
    assert!(add.status.success(), "{}", said(&add));
    let said_then = said(&add);
    let secret = said_then.split_whitespace().find(|word| word.starts_with("cssk_")).expect("a secret").to_owned();
    let id = said_then.split_whitespace().next().expect("an id").to_owned();
    assert!(running.until(&secret, "200") < Duration::from_secs(2));
    let listed = said(&countersign(directory.path()).args(["service-key", "list"]).output().unwrap());
    assert!(listed.contains(&id) && listed.contains("good") && listed.contains("127.0.0.0/8"), "{listed}");
    assert!(!listed.contains(&secret), "a list shows no secret");
    let revoked = countersign(directory.path()).args(["service-key", "revoke", &id]).output().unwrap();
    assert!(revoked.status.success(), "{}", said(&revoked));
    assert!(running.until(&secret, "401") < Duration::from_secs(2));
    let listed = said(&countersign(directory.path()).args(["service-key", "list"]).output().unwrap());
    assert!(listed.contains("revoked on"), "{listed}");
}

#[test]
fn what_is_no_key_is_not_added() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("exchange.pub");
    std::fs::write(&file, "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n").unwrap();
    let add = |words: &[&str]| {
        let mut command = countersign(directory.path());
        let output = command.args(["service-key", "add", "exchange"]).args(words).output().unwrap();
        assert!(!output.status.success(), "{}", said(&output));
        said(&output)
    };
    let public = file.to_str().unwrap();
    assert!(add(&["--public-key", public, "--scope", "standing"]).contains("stays with the backend"));
    assert!(add(&["--public-key", public, "--scope", "everything"]).contains("there are check-session"));
    assert!(add(&["--public-key", public]).contains("--scope"));
    let neither = add(&["--scope", "standing"]);
    assert!(neither.contains("--public-key") && neither.contains("--local"), "{neither}");
    assert!(add(&["--local", "--public-key", public, "--scope", "standing"]).contains("cannot be used with"));
    assert!(add(&["--local", "--scope", "standing", "--network", "here"]).contains("range of addresses"));
    assert!(add(&["--local", "--scope", "standing", "--days", "0"]).contains("--days"));
    let listed = said(&countersign(directory.path()).args(["service-key", "list"]).output().unwrap());
    assert!(listed.contains("no service key yet"), "{listed}");
    let revoked = said(&countersign(directory.path()).args(["service-key", "revoke", "abc"]).output().unwrap());
    assert!(revoked.contains("this is no id") && !revoked.contains("found"), "{revoked}");
}

/// The password stands in a file that the service's unit reads, and no command sends a letter.
#[test]
fn commands_that_send_nothing_do_not_ask_for_the_password_of_the_mail_server() {
    let directory = tempfile::tempdir().unwrap();
    for words in
        [&["migrate"][..], &["service-key", "list"], &["webhook", "list"], &["keys", "show"], &["retain", "--dry-run"]]
    {
        let output =
            countersign(directory.path()).args(words).env("COUNTERSIGN__MAIL__USER", "countersign").output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", said(&output));
    }
}

#[test]
fn whoever_reads_one_line_and_goes_gets_no_report_of_a_fault() {
    let mut child = countersign(Path::new("/"))
        .arg("settings")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.stderr.is_empty(), "{}", said(&output));
}
