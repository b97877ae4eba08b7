//! The command line's work in terms of readers and writers: whoever calls it opens the files.

mod stream;

use std::io::{self, Write};

use crate::candidates::Candidate;
use crate::distinctive::Distinctiveness;
use crate::{Answer, Detector, Fault};

pub use stream::check;

/// How much of a line that could not be checked is shown in its answer.
const SHOWN: usize = 200;

/// Writes one answer as one JSON line.
pub fn write_answer(out: &mut Vec<u8>, name: &str, answer: &Answer<'_>) {
    out.extend_from_slice(b"{\"name\":");
    if matches!(answer.fault, Some(Fault::TooLong | Fault::NotText)) {
        push_text(out, name.get(..name.floor_char_boundary(SHOWN)).unwrap_or(""));
    } else {
        push_text(out, name);
    }
    out.extend_from_slice(b",\"verdict\":\"");
    out.extend_from_slice(answer.verdict.word().as_bytes());
    out.extend_from_slice(b"\",\"brand\":");
    match answer.brand {
        Some(brand) => push_text(out, brand),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"score\":");
    if answer.score == 0.0 {
        out.push(b'0');
    } else {
        // Writing to memory cannot fail.
        let _ = write!(out, "{:.4}", answer.score);
    }
    out.extend_from_slice(b",\"reasons\":[");
    for (index, reason) in answer.reasons.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_text(out, reason);
    }
    out.push(b']');
    if let Some(shown) = &answer.shown {
        out.extend_from_slice(b",\"shown\":");
        push_text(out, shown);
    }
    if answer.odd {
        out.extend_from_slice(b",\"odd\":true");
    }
    if let Some(fault) = answer.fault {
        out.extend_from_slice(b",\"error\":\"");
        out.extend_from_slice(fault.name().as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b"}\n");
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\') {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else if let Ok(json) = serde_json::to_vec(text) {
        out.extend(json);
    }
}

/// Writes the names most worth registering or watching, best first, one JSON line each.
pub fn write_candidates(mut out: impl Write, candidates: impl Iterator<Item = Candidate>) -> io::Result<()> {
    let mut line = Vec::new();
    for candidate in candidates {
        line.clear();
        line.extend_from_slice(b"{\"name\":");
        push_text(&mut line, &candidate.name);
        line.extend_from_slice(b",\"shown\":");
        push_text(&mut line, &candidate.shown);
        write!(line, ",\"worth\":{:.3},\"kind\":", candidate.worth)?;
        push_text(&mut line, candidate.kind.word());
        line.extend_from_slice(b"}\n");
        out.write_all(&line)?;
    }
    out.flush()
}

/// Writes how easily each name of a brand is confused, in plain words.
pub fn write_distinctiveness(mut out: impl Write, found: &[Distinctiveness]) -> io::Result<()> {
    for of in found {
        writeln!(out, "{}: {} of 100", of.name, of.points)?;
        writeln!(out, "  {}", of.advice)?;
        if of.holding == u32::MAX {
            writeln!(out, "  The name is so short that almost any text holds it.")?;
        } else {
            writeln!(out, "  At least {} of 350,000 popular names hold it.", of.holding)?;
        }
        writeln!(out, "  At least {} hold something one letter away.", of.near)?;
        for (neighbour, count) in &of.neighbours {
            writeln!(out, "    {neighbour}: at least {count}")?;
        }
    }
    out.flush()
}

/// Checks one line as it came in: without its line ending, of any length, perhaps no text.
pub(crate) fn answer_line(detector: &Detector, line: &[u8], out: &mut Vec<u8>) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() > crate::LONGEST {
        return write_answer(out, &String::from_utf8_lossy(&line[..SHOWN]), &Answer::fault(Fault::TooLong));
    }
    match std::str::from_utf8(line) {
        Ok(name) => write_answer(out, name, &detector.check(name)),
        Err(_) => write_answer(out, &String::from_utf8_lossy(line), &Answer::fault(Fault::NotText)),
    }
}
