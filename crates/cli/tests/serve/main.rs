//! The built binary as an operator runs it: it starts, answers, keeps the demo to itself, stops when told, and keeps what
//! it answered when it is killed. Several of it on one PostgreSQL are as one.

mod behind_nginx;
mod client;
mod killed;
mod namer;
mod nodes;
mod outage;
mod running;
mod starts;
mod webhooks;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use running::{Running, STORAGE};

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
fn a_start_against_a_database_that_says_nothing_ends_and_names_it() {
    let directory = tempfile::tempdir().unwrap();
    // The system takes connections for whoever listens, and nobody answers.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let place = listener.local_addr().unwrap();
    let started = ["serve", "migrate"].map(|verb| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg(verb).env(STORAGE, format!("postgres://countersign@{place}/countersign"));
        command.env("COUNTERSIGN__STORAGE__KEY_FILE", directory.path().join(format!("{verb}.key")));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    });
    for child in started {
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("PostgreSQL at {place} does not answer")), "{said}");
    }
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

#[test]
fn the_figures_are_shown_on_a_port_of_their_own_and_nowhere_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let figures = listener.local_addr().unwrap().to_string();
    drop(listener);
    command.arg("serve").env("COUNTERSIGN__METRICS__LISTEN", &figures);
    let mut running = Running::start(&mut command, directory.path());
    assert!(running.get("/metrics").starts_with("HTTP/1.1 404 "));
    running.get("/sign-in");
    running.address = figures;
    let text = running.get("/metrics");
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    assert!(text.contains("countersign_refusals_total{code=\"no_such_thing\"} 1") && text.contains("# EOF"), "{text}");
    assert!(running.get("/").starts_with("HTTP/1.1 404 "));
    // Every figure of the list is there with its kind, its labels and what it says, and nothing else is; and each line once, so
    // that nobody who adds them up counts something twice.
    let body = text.split_once("\r\n\r\n").unwrap().1;
    let mut series: Vec<&str> = body.lines().filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    let all = series.len();
    series.sort_unstable();
    series.dedup();
    assert_eq!(all, series.len(), "something is shown twice: {text}");
    let list = include_str!("../../../../docs/metrics.md");
    let listed: BTreeSet<String> =
        list.lines().filter(|line| line.starts_with("| `countersign_")).map(str::to_owned).collect();
    assert_eq!(rows_of(body), listed);
}

/// What is shown, as rows of the list of figures.
fn rows_of(shown: &str) -> BTreeSet<String> {
    let after = |what: &str, name: &str| {
        let line = shown.lines().find_map(|line| line.strip_prefix(&format!("# {what} {name} ")));
        line.unwrap_or_else(|| panic!("no {what} of {name}")).to_owned()
    };
    let row = |name: &str| {
        let kind = after("TYPE", name);
        let name_of_samples = match kind.as_str() {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.to_owned(),
        };
        let sample = shown.lines().find(|line| line.starts_with(&name_of_samples)).expect("a sample of each");
        let inside = sample.split_once('{').map_or("", |(_, rest)| rest.split_once('}').expect("it is closed").0);
        let labels =
            inside.split(',').filter_map(|label| Some(label.split_once('=')?.0)).filter(|label| *label != "le");
        let labels = labels.collect::<Vec<_>>().join(", ");
        let help = after("HELP", name);
        format!("| `{name_of_samples}` | {kind} | {labels} | {} |", help.trim_end_matches('.'))
    };
    shown.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).map(row).collect()
}
