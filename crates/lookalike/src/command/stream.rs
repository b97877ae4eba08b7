//! Checking a stream of names: all cores, order kept, memory flat.
//!
//! One reader deals out blocks of whole lines to the workers in turn, and their answers are collected in the same
//! turn. Every queue holds one block, so a slow writer slows the reader and nothing piles up.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::answer_line;
use crate::{Detector, LONGEST};

/// Bytes asked for at once; whatever comes is answered at once, so a person typing is answered line by line.
const BLOCK: usize = 128 * 1024;

/// Checks each line of `input` and writes one JSON line for it, in order. `progress` hears how many lines are done.
pub fn check(
    detector: &Detector,
    input: impl Read + Send,
    mut output: impl Write,
    mut progress: impl FnMut(u64),
) -> io::Result<u64> {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(16);
    std::thread::scope(|scope| {
        let (mut to_workers, mut from_workers) = (Vec::new(), Vec::new());
        for _ in 0..workers {
            let (blocks, dealt) = sync_channel::<Vec<u8>>(1);
            let (answers, done) = sync_channel::<(u64, Vec<u8>)>(1);
            scope.spawn(move || work(detector, &dealt, &answers));
            to_workers.push(blocks);
            from_workers.push(done);
        }
        let reader = scope.spawn(move || deal(input, &to_workers));
        let mut lines = 0;
        for done in from_workers.iter().cycle() {
            // A worker whose queue is closed has had its last block, and so have those after it in turn.
            let Ok((count, answers)) = done.recv() else { break };
            output.write_all(&answers)?;
            output.flush()?;
            lines += count;
            progress(lines);
        }
        drop(from_workers);
        reader.join().unwrap_or_else(|_| Err(io::Error::other("the reader stopped")))?;
        Ok(lines)
    })
}

fn work(detector: &Detector, dealt: &Receiver<Vec<u8>>, answers: &SyncSender<(u64, Vec<u8>)>) {
    for block in dealt {
        let mut out = Vec::with_capacity(block.len() * 5);
        let mut lines = 0;
        for line in block.split_inclusive(|&byte| byte == b'\n') {
            answer_line(detector, line.strip_suffix(b"\n").unwrap_or(line), &mut out);
            lines += 1;
        }
        if answers.send((lines, out)).is_err() {
            break;
        }
    }
}

/// Reads blocks of whole lines and deals them out in turn. Of a line that is too long only the start is passed on.
fn deal(mut input: impl Read, workers: &[SyncSender<Vec<u8>>]) -> io::Result<()> {
    let mut turn = workers.iter().cycle();
    let mut send = |block: Vec<u8>| turn.next().is_some_and(|worker| worker.send(block).is_ok());
    let mut held: Vec<u8> = Vec::new();
    let mut chunk = vec![0; BLOCK];
    loop {
        let read = match input.read(&mut chunk) {
            Ok(read) => read,
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
            Err(fault) => return Err(fault),
        };
        let fresh = &chunk[..read];
        if read == 0 {
            if !held.is_empty() {
                send(held);
            }
            return Ok(());
        }
        let Some(end) = fresh.iter().rposition(|&byte| byte == b'\n') else {
            keep(&mut held, fresh);
            continue;
        };
        let first = fresh.iter().position(|&byte| byte == b'\n').unwrap_or(end);
        keep(&mut held, &fresh[..first]);
        let mut block = std::mem::take(&mut held);
        block.extend_from_slice(&fresh[first..=end]);
        keep(&mut held, &fresh[end + 1..]);
        if !send(block) {
            return Ok(());
        }
    }
}

/// Adds to an unfinished line, but never more than tells that it is too long.
fn keep(held: &mut Vec<u8>, more: &[u8]) {
    let room = (LONGEST + 2).saturating_sub(held.len());
    held.extend_from_slice(&more[..more.len().min(room)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Brand, Register};

    fn answers(input: &[u8]) -> Vec<serde_json::Value> {
        let detector = Detector::new(Register { brands: vec![Brand::new("kraken", "kraken.com")] }).unwrap();
        let mut out = Vec::new();
        check(&detector, input, &mut out, |_| ()).unwrap();
        out.split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn order_is_kept_and_every_line_is_answered() {
        let names: Vec<String> = (0..50_000).map(|n| format!("name{n}.example")).collect();
        let answers = answers((names.join("\n") + "\n").as_bytes());
        assert_eq!(answers.len(), names.len());
        assert!(answers.iter().zip(&names).all(|(answer, name)| answer["name"] == *name));
    }

    #[test]
    fn a_bad_line_is_answered_with_a_named_error_and_stops_nothing() {
        let long = "a".repeat(3_000_000);
        let input = [b"\n\xff\xfe\nbad\0name\n".as_slice(), long.as_bytes(), b"\r\nkraken.com\r\nKRAKEN.com"].concat();
        let answers = answers(&input);
        let errors: Vec<&str> = answers.iter().map(|answer| answer["error"].as_str().unwrap_or("")).collect();
        assert_eq!(errors, ["empty", "not_text", "control_characters", "line_too_long", "", ""]);
        assert_eq!(answers[4]["verdict"], "official");
        assert_eq!(answers[5]["verdict"], "official");
    }
}
