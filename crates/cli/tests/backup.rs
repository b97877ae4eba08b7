//! A backup beside a site that is written to without rest, `kill -9`, and the way back.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

fn countersign(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command
        .env("COUNTERSIGN__WEB__LISTEN", "127.0.0.1:0")
        .env("COUNTERSIGN__STORAGE__URL", format!("sqlite:{}", directory.join("countersign.db").display()))
        .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.join("countersign.key"))
        .env("COUNTERSIGN__GUESS__OPENINGS_HOURLY", "100000")
        .env("COUNTERSIGN__PASSWORD__ARGON2_MEMORY_KIB", "64")
        .env("COUNTERSIGN_LOG", "info");
    command
}

/// Starts to serve, and answers with the process and its address.
fn serve(directory: &Path) -> (Child, String) {
    let mut child = countersign(directory).arg("serve").stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
    let serving = lines.find_map(|line| line.ok().filter(|line| line.contains("\"serving\""))).expect("it serves");
    let address = serving.split("\"listen\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    let address = address.to_owned();
    thread::spawn(move || lines.for_each(drop));
    (child, address)
}

/// Opens an account, and says whether that was acknowledged.
fn open(address: &str, name: &str) -> bool {
    let body = format!("{{\"email\":\"{name}@mail.example\",\"password\":\"a quite long sentence 7 of {name}\"}}");
    let head =
        "POST /api/v1/sign-up HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close";
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let mut answer = String::new();
    let asked = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    asked.and_then(|()| stream.read_to_string(&mut answer)).is_ok() && answer.starts_with("HTTP/1.1 2")
}

fn kept(database: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(database).expect("the database");
    let mut accounts = connection.prepare("SELECT email FROM account").expect("a statement");
    let emails = accounts.query_map([], |row| row.get(0)).expect("rows");
    emails.collect::<Result<_, _>>().expect("addresses")
}

#[track_caller]
fn went_well(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn what_was_acknowledged_before_a_backup_is_there_after_a_restore() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let (database, copy) = (directory.join("countersign.db"), directory.join("copy.db"));
    let (mut site, address) = serve(directory);
    let mut acknowledged: Vec<String> = (0..20).map(|number| format!("early{number}")).collect();
    acknowledged.retain(|name| open(&address, name));
    assert_eq!(acknowledged.len(), 20);
    let over = AtomicBool::new(false);
    let later = thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let names = (0..).map(|number| format!("late{number}")).take_while(|_| !over.load(Ordering::Relaxed));
            names.filter(|name| open(&address, name)).count()
        });
        let said = went_well(&countersign(directory).arg("backup").arg(&copy).output().unwrap());
        assert!(said.contains("whole and checked") && said.contains("The keys are not in it"), "{said}");
        // `kill -9`, with requests under way.
        site.kill().unwrap();
        site.wait().unwrap();
        over.store(true, Ordering::Relaxed);
        writing.join().unwrap()
    });
    for name in ["countersign.db", "countersign.db-wal", "countersign.db-shm"] {
        std::fs::remove_file(directory.join(name)).unwrap();
    }
    went_well(&countersign(directory).arg("restore").arg(&copy).output().unwrap());
    let kept = kept(&database);
    for name in &acknowledged {
        assert!(
            kept.contains(&format!("{name}@mail.example")),
            "{name} is gone; {} are there, {later} came later",
            kept.len()
        );
    }
    // And it is served again.
    let (mut site, address) = serve(directory);
    assert!(open(&address, "afterwards"));
    site.kill().unwrap();
    site.wait().unwrap();
}
