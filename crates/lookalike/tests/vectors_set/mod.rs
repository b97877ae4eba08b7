//! The checker's vectors: inputs of all kinds with the answer that is expected. Used by the test and by the page of figures.

use std::path::Path;

use lookalike::{Answer, Brand, Detector, Register, Verdict};

/// How many vectors there were, and those answered otherwise than expected.
pub(crate) fn judge(folder: &Path) -> std::io::Result<(usize, Vec<String>)> {
    let detector = kriptomat();
    let text = std::fs::read_to_string(folder.join("checker_vectors.tsv"))?;
    let (mut seen, mut failed) = (0, Vec::new());
    for line in text.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let mut fields = line.split('\t').skip(1);
        let (Some(input), Some(expected)) = (fields.next().map(unescaped), fields.next()) else { continue };
        let answer = detector.check(&input);
        seen += 1;
        if !as_expected(expected, &answer) || (answer.verdict != Verdict::Clear && answer.reasons.is_empty()) {
            failed.push(format!("{input:?}: {expected}, but {answer:?}"));
        }
    }
    Ok((seen, failed))
}

fn kriptomat() -> Detector {
    let brand = Brand {
        senders: vec!["@kriptomat.io".into(), "@mail.kriptomat.io".into()],
        handles: vec!["@kriptomat".into()],
        ..Brand::new("kriptomat", "kriptomat.io")
    };
    Detector::new(Register { brands: vec![brand] }).expect("the register is sound")
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
