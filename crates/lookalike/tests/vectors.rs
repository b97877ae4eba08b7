//! The checker's vectors, read from the data set: not copied here. Set `LOOKALIKE_DATA` to its folder; without it the
//! folder beside the repository is tried, and without that the test has nothing to say.

use std::path::PathBuf;

use lookalike::{Answer, Brand, Detector, Register, Verdict};

fn kriptomat() -> Detector {
    let brand = Brand {
        senders: vec!["@kriptomat.io".into(), "@mail.kriptomat.io".into()],
        handles: vec!["@kriptomat".into()],
        ..Brand::new("kriptomat", "kriptomat.io")
    };
    Detector::new(Register { brands: vec![brand] }).expect("the register is sound")
}

fn data() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/lookalike");
    std::env::var_os("LOOKALIKE_DATA").map(PathBuf::from).or(Some(beside)).filter(|folder| folder.is_dir())
}

fn as_expected(expected: &str, answer: &Answer<'_>) -> bool {
    let official = answer.verdict == Verdict::Official;
    let flagged = matches!(answer.verdict, Verdict::Alert | Verdict::Review);
    match expected {
        "official" => official && !answer.odd,
        "official_but_odd" | "official_but_insecure" => official && answer.odd,
        "not_plain_official" => !official || answer.odd,
        // The data set lets these pass as "not official"; here they must be flagged.
        "lookalike" => flagged,
        _ => !official,
    }
}

#[test]
fn every_vector_is_answered_as_expected() {
    let Some(folder) = data() else { return };
    let detector = kriptomat();
    let text = std::fs::read_to_string(folder.join("checker_vectors.tsv")).unwrap();
    let mut failed = Vec::new();
    let mut seen = 0;
    for line in text.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let mut fields = line.split('\t').skip(1);
        let (input, expected) = (unescaped(fields.next().unwrap()), fields.next().unwrap());
        let answer = detector.check(&input);
        seen += 1;
        if !as_expected(expected, &answer) || (answer.verdict != Verdict::Clear && answer.reasons.is_empty()) {
            failed.push(format!("{input:?}: {expected}, but {answer:?}"));
        }
    }
    assert_eq!(seen, 63);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Undoes Python's `unicode_escape`.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let digits = match after.as_bytes().first() {
            Some(b'u') => 4,
            Some(b'x') => 2,
            Some(b'n') => {
                out.push('\n');
                rest = &after[1..];
                continue;
            }
            _ => {
                out.push('\\');
                rest = &after[1..];
                continue;
            }
        };
        let code = u32::from_str_radix(&after[1..=digits], 16).expect("hexadecimal digits");
        out.push(char::from_u32(code).expect("a character"));
        rest = &after[1 + digits..];
    }
    out.push_str(rest);
    out
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
