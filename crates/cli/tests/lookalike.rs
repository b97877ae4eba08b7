//! `countersign lookalike` as an operator types it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

const BRANDS: &str = r#"{"brands": [{"brand": "Northquay", "names": ["northquay"], "official": ["northquay.com"]}]}"#;

fn lookalike(arguments: &[&str], typed: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.arg("lookalike").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    child.stdin.take().expect("it is piped").write_all(typed.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn said(output: &Output) -> Vec<serde_json::Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[test]
fn names_are_judged_line_by_line_with_reasons() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let brands = directory.path().join("brands.json");
    std::fs::write(&brands, BRANDS).expect("it is written");
    let brands = brands.to_str().expect("a plain name");
    let names = "northquay.com\nn0rthquay-login.com\nbakery-miller.de\n";
    let verdicts = said(&lookalike(&["check", "--brands", brands], names));
    let words: Vec<&str> = verdicts.iter().filter_map(|line| line["verdict"].as_str()).collect();
    assert_eq!(words, ["official", "alert", "clear"], "{verdicts:?}");
    assert_eq!(verdicts[1]["brand"], "Northquay");
    assert!(verdicts[1]["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()), "{}", verdicts[1]);

    let file = directory.path().join("names.txt");
    std::fs::write(&file, names).expect("it is written");
    let from_file = said(&lookalike(&["check", "--brands", brands, file.to_str().expect("a plain name")], ""));
    assert_eq!(from_file, verdicts);

    std::fs::write(brands, "{").expect("it is written");
    let wrong = lookalike(&["check", "--brands", brands], "");
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("is not a register of brands"), "{wrong:?}");
}

#[test]
fn names_worth_watching_are_listed_and_a_name_is_weighed() {
    let candidates = said(&lookalike(&["candidates", "northquay.com", "--first", "5"], ""));
    assert_eq!(candidates.len(), 5);
    assert!(candidates.iter().all(|one| one["name"].is_string() && one["worth"].is_number()), "{candidates:?}");
    let weighed = lookalike(&["distinctive", "northquay.com"], "");
    assert!(String::from_utf8_lossy(&weighed.stdout).starts_with("northquay: "), "{weighed:?}");
    assert!(!lookalike(&["candidates", "not a domain"], "").status.success());
}

#[test]
fn the_help_says_what_to_type() {
    let help = String::from_utf8(lookalike(&["check", "--help"], "").stdout).expect("text");
    assert!(help.contains("--brands") && help.contains(r#""official": ["northquay.com"]"#), "{help}");
}
