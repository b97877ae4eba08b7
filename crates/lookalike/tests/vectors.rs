//! The checker's vectors, read from the data set: not copied here. Set `LOOKALIKE_DATA` to its folder; without it the
//! folder beside the repository is tried, and without that the test has nothing to say.

mod vectors_set;

use std::path::PathBuf;

use lookalike::{Brand, Detector, Register, Verdict};

fn data() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/lookalike");
    std::env::var_os("LOOKALIKE_DATA").map(PathBuf::from).or(Some(beside)).filter(|folder| folder.is_dir())
}

#[test]
fn every_vector_is_answered_as_expected() {
    let Some(folder) = data() else { return };
    let (seen, failed) = vectors_set::judge(&folder).unwrap();
    assert_eq!(seen, 63);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn what_is_official_is_decided_on_a_dot_boundary() {
    let detector = Detector::new(Register { brands: vec![Brand::new("coinbase", "coinbase.com")] }).unwrap();
    for (name, verdict) in [
        ("coinbase.com", Verdict::Official),
        ("login.coinbase.com", Verdict::Official),
        ("login-financial-coinbase.com", Verdict::Alert),
        ("coinbase.com.evil.example", Verdict::Alert),
        ("evilcoinbase.com", Verdict::Alert),
        ("example.com", Verdict::Clear),
    ] {
        assert_eq!(detector.check(name).verdict, verdict, "{name}");
    }
}

#[test]
fn reasons_name_the_differing_characters() {
    let detector = Detector::new(Register { brands: vec![Brand::new("kraken", "kraken.com")] }).unwrap();
    for (name, wanted) in [
        ("kr\u{430}ken.com", "the a in “kr\u{430}ken” is Cyrillic"),
        ("kr4ken.com", "“4” stands for “a”"),
        ("krakken-login.com", "“k” is doubled"),
        ("karken-login.com", "swapped"),
        ("krken-login.com", "“a” is missing"),
        ("kraken.login-now.example", "not kraken's"),
        ("kraken-wallet.webflow.io", "anyone may open a site under “webflow.io”"),
    ] {
        let answer = detector.check(name);
        assert!(answer.reasons.iter().any(|reason| reason.contains(wanted)), "{name}: {:?}", answer.reasons);
    }
}

#[test]
fn a_single_host_is_official_while_its_neighbours_are_not() {
    let brand = Brand { hosts: vec!["kraken.statuspage.io".into()], ..Brand::new("kraken", "kraken.com") };
    let detector = Detector::new(Register { brands: vec![brand] }).unwrap();
    assert_eq!(detector.check("kraken.statuspage.io").verdict, Verdict::Official);
    assert_ne!(detector.check("a.kraken.statuspage.io").verdict, Verdict::Official);
}
