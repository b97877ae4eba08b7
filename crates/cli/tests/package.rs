//! What the package installs is there, and fits together. `cargo xtask test` installs it as well, by dpkg.

use std::path::Path;
use std::process::Command;

fn root(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn unit() -> String {
    std::fs::read_to_string(root("packaging/countersign.service")).expect("the unit")
}

#[test]
fn every_file_of_the_package_is_there() {
    let manifest = include_str!("../Cargo.toml").parse::<toml::Table>().unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let assets = deb["assets"].as_array().unwrap();
    assert!(assets.len() > 5);
    for asset in assets {
        let from = asset[0].as_str().unwrap();
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(from).is_file();
        assert!(there || from == "target/release/countersign", "{from} is not there");
    }
    let installs = |name: &str| assets.iter().any(|asset| asset[1].as_str().unwrap() == name);
    assert!(installs("usr/bin/") && unit().contains("ExecStart=/usr/bin/countersign serve"));
    assert!(installs("etc/countersign/") && unit().contains("--config /etc/countersign/countersign.toml"));
}

#[test]
fn every_page_of_the_package_leads_to_files_of_the_package() {
    let manifest = include_str!("../Cargo.toml").parse::<toml::Table>().unwrap();
    let assets = manifest["package"]["metadata"]["deb"]["assets"].as_array().unwrap();
    let text = |asset: &toml::Value, at: usize| asset[at].as_str().unwrap().to_owned();
    let installed = |from: &str, to: &str| match to.strip_suffix('/') {
        Some(directory) => format!("{directory}/{}", from.rsplit('/').next().unwrap_or(from)),
        None => to.to_owned(),
    };
    let files: Vec<String> = assets.iter().map(|asset| installed(&text(asset, 0), &text(asset, 1))).collect();
    let mut followed = 0;
    for (asset, file) in assets.iter().zip(&files) {
        let from = text(asset, 0);
        if !from.starts_with("../../docs/") {
            continue;
        }
        let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&from)).expect("a page");
        let links = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = beside(file, link.split('#').next().unwrap_or(link));
            assert!(files.contains(&target), "{file} leads to {target}, which is not in the package");
            followed += 1;
        }
    }
    assert!(followed > 20, "only {followed} links were followed");
}

/// Where a relative link in an installed file leads.
fn beside(file: &str, link: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn the_example_settings_are_read_and_keep_the_data_where_the_unit_lets_it_write() {
    let example = root("packaging/countersign.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_countersign")).args(["settings", "--config"]).arg(&example).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let settings = String::from_utf8(output.stdout).unwrap().parse::<toml::Table>().unwrap();
    assert!(unit().contains("StateDirectory=countersign\n"));
    for (name, start) in [("url", "sqlite:/var/lib/countersign/"), ("key_file", "/var/lib/countersign/")] {
        assert!(settings["storage"][name].as_str().unwrap().starts_with(start));
    }
}
