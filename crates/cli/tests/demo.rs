//! The demo as somebody runs it who shows it to others.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running demo, ended when dropped.
struct Demo {
    child: Child,
    listen: String,
    welcome: String,
    /// Held open: words that nobody can hear any more would end the demo.
    _said: BufReader<ChildStdout>,
}

impl Demo {
    /// Starts it on a free port of this computer and reads its welcome.
    fn at(url: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(["demo", "--listen", "127.0.0.1:0", "--url", url])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut said = BufReader::new(child.stdout.take().expect("its words"));
        let mut welcome = String::new();
        while !welcome.contains("Stop with Ctrl-C") {
            assert_ne!(said.read_line(&mut welcome).expect("text"), 0, "it ended after {welcome}");
        }
        let (_, rest) = welcome.split_once("Listening on ").expect("where it listens");
        let listen = rest.split(". ").next().expect("an address").to_owned();
        Self { child, listen, welcome, _said: said }
    }

    /// The beginning of the answer to a GET for a host.
    fn get(&self, path: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(&self.listen).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_mailbox_is_at_the_address_that_people_type_and_nowhere_else() {
    let demo = Demo::at("http://demo.example:8080");
    assert!(demo.welcome.contains("http://demo.example:8080/demo/mailbox"), "{}", demo.welcome);
    let mailbox = demo.get("/demo/mailbox", "demo.example:8080");
    assert!(mailbox.starts_with("HTTP/1.1 200 "), "{mailbox}");
    assert!(mailbox.contains("http://demo.example:8080/l/"), "links lead elsewhere: {mailbox}");
    assert!(demo.get("/demo/mailbox/1/html", "demo.example:8080").starts_with("HTTP/1.1 200 "));
    let apps = demo.get("/demo/authenticator", "demo.example:8080");
    assert!(apps.starts_with("HTTP/1.1 200 ") && apps.contains("noor@example.com"), "{apps}");
    for path in ["/demo/mailbox", "/demo/mailbox/live", "/demo/mailbox/1/html", "/demo/authenticator"] {
        for host in
            ["evil.example:8080", "demo.example", "demo.example:8080.evil.example", "localhost:8080", &demo.listen]
        {
            let answer = demo.get(path, host);
            assert!(answer.starts_with("HTTP/1.1 404 "), "{path} at {host}: {answer}");
            assert!(!answer.contains("/l/"), "{path} at {host}: {answer}");
        }
    }
}

#[test]
fn the_command_of_the_welcome_reports_a_withdrawal_as_the_exchange_does() {
    let demo = Demo::at("http://demo.example:8080");
    let said = |from: &str, to: &str| {
        let (_, rest) = demo.welcome.split_once(from).unwrap_or_else(|| panic!("no {from} in {}", demo.welcome));
        rest.split_once(to).expect("its end").0.to_owned()
    };
    let (bearer, body) = (said("-H 'Authorization: ", "'"), said("-d '", "'"));
    let mut stream = TcpStream::connect(&demo.listen).expect("it listens");
    write!(
        stream,
        "POST /api/v1/service/events HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: {bearer}\r\n\
         Content-Type: application/json\r\nIdempotency-Key: my-first\r\nContent-Length: {}\r\n\r\n{body}",
        demo.listen,
        body.len()
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(r#""status":"done""#), "{answer}");
    // And what moved before stands in the mailbox: a purchase, a deposit and a withdrawal.
    let mailbox = demo.get("/demo/mailbox", "demo.example:8080");
    for subject in ["A purchase was made", "A deposit arrived", "A withdrawal was made"] {
        assert!(mailbox.contains(subject), "{subject}");
    }
}
