//! The built binary as an operator runs it: it starts, answers, keeps the demo to itself, and stops when told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A running `countersign`, ended when dropped.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    /// Starts `serve` on a free port with its data in a directory.
    fn serve(directory: &Path) -> Self {
        Self::start(Command::new(env!("CARGO_BIN_EXE_countersign")).arg("serve"), directory)
    }

    fn start(command: &mut Command, directory: &Path) -> Self {
        let mut child = command
            .env("COUNTERSIGN__WEB__LISTEN", "127.0.0.1:0")
            .env("COUNTERSIGN__STORAGE__URL", format!("sqlite:{}", directory.join("countersign.db").display()))
            .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.join("countersign.key"))
            .env("COUNTERSIGN_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let log = BufReader::new(child.stderr.take().expect("its log"));
        let mut lines = log.lines();
        let serving = lines
            .find_map(|line| line.ok().filter(|line| line.contains("\"serving\"")))
            .expect("it says that it serves");
        let address = serving
            .split("\"listen\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("an address")
            .to_owned();
        // Nobody reads on: the rest of the log must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// The answer to a GET, head and body.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn stop(mut self) -> Option<i32> {
        let id = Pid::from_child(&self.child);
        kill_process(id, Signal::TERM).expect("it is there");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended where the test stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_serves_without_any_setting_and_stops_when_told() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::serve(directory.path());
    for (path, status) in
        [("/healthz", 200), ("/readyz", 200), ("/", 200), ("/settings/security", 303), ("/nowhere", 404)]
    {
        let answer = running.get(path);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn nothing_of_the_demo_can_be_reached() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::serve(directory.path());
    for path in ["/demo/mailbox", "/demo/mailbox/live", "/demo/mailbox/1/html", "/demo"] {
        let answer = running.get(path);
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    assert!(!running.get("/").contains("/demo/"));
}

#[test]
fn it_starts_again_on_the_data_it_left() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(Running::serve(directory.path()).stop(), Some(0));
    assert!(Running::serve(directory.path()).get("/readyz").starts_with("HTTP/1.1 200 "));
}

#[test]
fn what_it_writes_is_its_owners_alone() {
    let directory = tempfile::tempdir().unwrap();
    let mut careless = Command::new("sh");
    careless.args(["-c", "umask 000 && exec \"$0\" serve", env!("CARGO_BIN_EXE_countersign")]);
    let _running = Running::start(&mut careless, directory.path());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{:?} has mode {mode:o}", entry.file_name());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["countersign.db", "countersign.db-shm", "countersign.db-wal", "countersign.key"]);
}

#[test]
fn it_takes_as_many_files_as_the_system_lets_it_have() {
    let directory = tempfile::tempdir().unwrap();
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -Sn 64 && exec \"$0\" serve", env!("CARGO_BIN_EXE_countersign")]);
    let running = Running::start(&mut few, directory.path());
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.child.id())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit of files");
    let mut columns = files.split_whitespace().skip(3);
    let (soft, hard) = (columns.next().unwrap(), columns.next().unwrap());
    assert_eq!(soft, hard, "{files}");
}

#[test]
fn a_misspelt_setting_stops_it_and_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["settings"])
        .env("COUNTERSIGN__SESSION__IDLE_MINUTS", "3")
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("idle_minuts"));
}
