//! What stops a start: keys of another database, a database of a newer version, a database that is gone.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use testkit::Database;

use super::running::{Running, STORAGE};

/// The keys of somebody else.
const OTHER: &str = "2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b\n";

fn countersign(verb: &str, directory: &Path, url: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    let here = format!("sqlite:{}", directory.join("countersign.db").display());
    command
        .arg(verb)
        .env(STORAGE, url.map_or(here, str::to_owned))
        .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.join("countersign.key"))
        .env("COUNTERSIGN__WEB__LISTEN", "127.0.0.1:0");
    command
}

/// What `serve` says when it does not start.
fn refused(directory: &Path, url: Option<&str>) -> String {
    let mut child = countersign("serve", directory, url).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().expect("its log")).lines() {
        said.push_str(&line.expect("a line"));
        if said.contains("\"serving\"") {
            child.kill().expect("it runs");
            break;
        }
    }
    let ended = child.wait().expect("it ends");
    assert!(ended.code() == Some(1), "it serves: {said}");
    said
}

/// What another command says, and whether it went well.
fn said(verb: &str, directory: &Path) -> (bool, String) {
    let output = countersign(verb, directory, None).output().expect("it runs");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn with_the_keys_of_another_database_or_with_none_it_does_not_start_and_makes_none() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(Running::serve(directory.path()).stop(), Some(0));
    let key = directory.path().join("countersign.key");
    let ours = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, OTHER).unwrap();
    let words = format!("the keys in {} belong to another database", key.display());
    let why = refused(directory.path(), None);
    assert!(why.contains(&words), "{why}");
    for verb in ["doctor", "migrate"] {
        let (well, said) = said(verb, directory.path());
        assert!(!well && said.contains(&words), "{verb}: {said}");
    }
    std::fs::remove_file(&key).unwrap();
    let words = format!("the keys that belong to the database are not in {}", key.display());
    let why = refused(directory.path(), None);
    assert!(why.contains(&words) && !key.exists(), "{why}");
    let (well, told) = said("doctor", directory.path());
    assert!(!well && told.contains(&words), "{told}");
    let lost = |words: &[&str]| countersign("keys", directory.path(), None).arg("lost").args(words).output().unwrap();
    assert!(!lost(&[]).status.success() && !key.exists(), "it asks whether every copy is gone");
    // Whoever writes it by hand gives it to its owner alone.
    std::fs::write(&key, ours).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(Running::serve(directory.path()).stop(), Some(0));
    let not_lost = lost(&["--every-copy-is-gone"]);
    assert!(String::from_utf8_lossy(&not_lost.stderr).contains("nothing is lost"), "{not_lost:?}");
    std::fs::remove_file(&key).unwrap();
    assert!(lost(&["--every-copy-is-gone"]).status.success());
    assert_eq!(Running::serve(directory.path()).stop(), Some(0));
}

#[test]
fn a_second_node_without_the_keys_of_the_first_does_not_start() {
    let Some(database) = Database::postgres() else { return };
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut first = Command::new(env!("CARGO_BIN_EXE_countersign"));
    let _running = Running::start(first.arg("serve").env(STORAGE, database.url()), one.path());
    let why = refused(other.path(), Some(database.url()));
    assert!(why.contains("the keys that belong to the database are not in"), "{why}");
    assert!(!other.path().join("countersign.key").exists());
    std::fs::copy(one.path().join("countersign.key"), other.path().join("countersign.key")).unwrap();
    let mut second = Command::new(env!("CARGO_BIN_EXE_countersign"));
    Running::start(second.arg("serve").env(STORAGE, database.url()), other.path());
}

#[test]
fn where_the_port_of_the_figures_is_taken_it_does_not_say_that_it_serves() {
    let directory = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let output = countersign("serve", directory.path(), None)
        .env("COUNTERSIGN__METRICS__LISTEN", taken.local_addr().unwrap().to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("for [metrics]") && !said.contains("\"serving\""), "{said}");
}

#[test]
fn a_database_that_a_newer_version_used_is_neither_served_nor_migrated() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(Running::serve(directory.path()).stop(), Some(0));
    let database = rusqlite::Connection::open(directory.path().join("countersign.db")).unwrap();
    database.execute("INSERT INTO migration (step) SELECT max(step) + 1 FROM migration", []).unwrap();
    drop(database);
    let step = store::present_step();
    let words = format!("it is at step {}, and this version knows {step}: a newer one used it", step + 1);
    let why = refused(directory.path(), None);
    assert!(why.contains(&words), "{why}");
    for verb in ["doctor", "migrate", "retain"] {
        let (well, said) = said(verb, directory.path());
        assert!(!well && said.contains(&words), "{verb}: {said}");
    }
}

#[test]
fn where_the_keys_are_there_and_the_database_is_gone_no_empty_one_is_served_in_its_place() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(Running::serve(directory.path()).stop(), Some(0));
    let database = directory.path().join("countersign.db");
    std::fs::remove_file(&database).unwrap();
    let why = refused(directory.path(), None);
    assert!(why.contains("no database") && why.contains("countersign restore") && !database.exists(), "{why}");
    let (well, told) = said("doctor", directory.path());
    assert!(!well && told.contains("no database that they belong to"), "{told}");
    // Whoever means it says so.
    assert!(said("migrate", directory.path()).0 && database.exists());
    assert_eq!(Running::serve(directory.path()).stop(), Some(0));
}
