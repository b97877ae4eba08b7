//! The built binary as an operator asks it whether all is well.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn countersign(verb: &[&str], directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(verb)
        .env("COUNTERSIGN__STORAGE__URL", format!("sqlite:{}", directory.join("countersign.db").display()))
        .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.join("countersign.key"))
        .output()
        .expect("the binary starts")
}

/// The codes of what is unsafe.
fn dangers(output: &Output) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let dangers = findings.iter().filter(|finding| finding["weight"] == "unsafe");
    dangers.map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn it_makes_nothing_and_fails_only_where_something_is_unsafe() {
    let directory = tempfile::tempdir().unwrap();
    let before = countersign(&["doctor", "--json"], directory.path());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    assert!(dangers(&before).contains(&"operator.support_address".to_owned()));
    assert!(!before.status.success());

    assert!(countersign(&["migrate"], directory.path()).status.success());
    let kept = dangers(&countersign(&["doctor", "--json"], directory.path()));
    assert!(kept.iter().all(|code| !code.starts_with("storage.")), "{kept:?}");
    fs::set_permissions(directory.path().join("countersign.key"), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(directory.path().join("countersign.db"), Permissions::from_mode(0o644)).unwrap();
    let careless = dangers(&countersign(&["doctor", "--json"], directory.path()));
    for code in ["storage.key_file.readable", "storage.readable"] {
        assert!(careless.contains(&code.to_owned()), "{careless:?}");
    }
    let said = countersign(&["doctor"], directory.path());
    assert!(String::from_utf8_lossy(&said.stdout).contains("Do: chmod 600"), "{said:?}");
    assert!(String::from_utf8_lossy(&said.stderr).contains("are unsafe"), "{said:?}");
}
