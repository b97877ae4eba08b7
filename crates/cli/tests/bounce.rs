//! `countersign bounce` as a mail server runs it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use domain::notifications::{self, Became, NotTaken};
use testkit::{Database, World};

/// Hands a letter to the binary, on a database.
fn bounce(directory: &Path, url: &str, letter: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command
        .arg("bounce")
        .env("COUNTERSIGN__STORAGE__URL", url)
        .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.join("countersign.key"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    child.stdin.take().expect("it is piped").write_all(letter.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn report(message_id: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\nTo: no-reply@exchange.example\nSubject: Undelivered\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; mira@example.com\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 <mira@example.com>: no such mailbox\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{message_id}>\nSubject: Signed in\n\n--b--\n"
    )
}

#[test]
fn a_letter_that_came_back_is_written_down_once_beside_a_running_site() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let world = World::new(Database::sqlite());
    // The key of every world.
    let key = directory.path().join("countersign.key");
    std::fs::write(&key, "2a".repeat(32)).expect("a file");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("our own file");
    let mut mira = world.customer("mira");
    let session = world.sign_in(&mut mira);
    world.settle();
    let letter = world.post.newest_to(&mira.email);
    let url = world.database().url();
    let (code, text) = said(&bounce(directory.path(), url, &report(&letter.message_id)));
    assert_eq!((code, text), (Some(0), format!("Written down: {} came back.", letter.message_id)));
    let again = said(&bounce(directory.path(), url, &report(&letter.message_id)));
    assert!(again.0 == Some(0) && again.1.starts_with("Nothing to write down"), "{again:?}");

    let account = session.account;
    let told = world.app.view(move |view| {
        let newest = domain::activity::page(view, account, None, 1)?.entries.remove(0);
        notifications::told(view, account, newest.sequence)
    });
    let sent = told.wait().expect("a reading").sent.remove(0);
    assert_eq!(sent.became(), Became::Not(NotTaken::CameBack));
    assert_eq!(sent.said.as_deref(), Some("550 5.1.1 <m…@example.com>: no such mailbox"));
}

#[test]
fn what_is_no_report_is_left_alone_and_a_database_that_is_away_is_asked_again() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let url = format!("sqlite:{}", directory.path().join("countersign.db").display());
    let note = bounce(directory.path(), &url, "Subject: I am away\n\nUntil May.\n");
    assert_eq!(said(&note), (Some(0), "This is no report that a letter came back.".to_owned()));
    assert!(!directory.path().join("countersign.db").exists(), "a holiday note opens no database");
    // Nobody listens on this port of this machine.
    let away = bounce(directory.path(), "postgres://nobody@127.0.0.1:9/nothing", &report("a@b"));
    assert_eq!(away.status.code(), Some(75), "{}", String::from_utf8_lossy(&away.stderr));
}
