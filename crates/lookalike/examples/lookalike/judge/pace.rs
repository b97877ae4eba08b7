//! Speed and memory of the current build.

use anyhow::{Context as _, Result};
use lookalike::{Detector, Learned, command};
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use crate::data::Data;

/// How fast, and in how much memory.
#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) all_brands: f64,
    pub(crate) one_brand: f64,
    pub(crate) candidates: f64,
    pub(crate) dnstwist: Option<f64>,
    pub(crate) memory_mib: Option<f64>,
    pub(crate) streamed_mib: usize,
}

/// Bytes streamed through the command to see that its memory stays flat.
const STREAMED_MIB: usize = 512;

/// Measures: the best of three, processor time, reading and writing included.
pub(crate) fn measure(data: &Data, all: &Detector, one: &Detector) -> Result<Pace> {
    let names: Vec<&str> = data
        .positives()
        .iter()
        .map(|row| row.host)
        .chain(data.hard())
        .chain(data.official())
        .chain(data.negatives())
        .collect();
    let input = names.join("\n");
    let speed = |detector: &Detector| -> Result<f64> {
        let mut best = f64::MAX;
        for _ in 0..3 {
            let before = spent(own())?;
            command::check(detector, input.as_bytes(), io::sink(), |_| ())?;
            best = best.min(spent(own())? - before);
        }
        Ok(super::share(names.len(), 1) / best)
    };
    let learned = Learned::built_in();
    let before = spent(own())?;
    let mut made = 0;
    for _ in 0..20 {
        for brand in &data.register.brands {
            made += brand
                .official
                .iter()
                .take(1)
                .filter_map(|domain| lookalike::candidates(domain, &learned).ok())
                .map(|made| made.len())
                .sum::<usize>();
        }
    }
    let candidates = super::share(made, 1) / (spent(own())? - before);
    Ok(Pace {
        all_brands: speed(all)?,
        one_brand: speed(one)?,
        candidates,
        dnstwist: dnstwist(),
        memory_mib: memory(&input)?,
        streamed_mib: STREAMED_MIB,
    })
}

fn own() -> clock::Who {
    clock::Who::Ourselves
}

fn spent(who: clock::Who) -> Result<f64> {
    clock::processor_time(who)
}

/// dnstwist's permutations a second, Python's start not counted.
fn dnstwist() -> Option<f64> {
    let run = |domain: &str| {
        let before = spent(clock::Who::Children).ok()?;
        let out = Command::new("dnstwist").args(["--format", "list", domain]).output().ok()?;
        let lines = out.stdout.split(|&byte| byte == b'\n').count();
        Some((lines, spent(clock::Who::Children).ok()? - before))
    };
    let (few, start) = run("a.com")?;
    let (many, whole) = run("myetherwallet.com")?;
    Some(super::share(many.saturating_sub(few), 1) / (whole - start).max(0.001))
}

/// The most memory the command took while a long stream went through it.
fn memory(input: &str) -> Result<Option<f64>> {
    let brands = std::env::temp_dir().join(format!("lookalike-brands-{}.json", std::process::id()));
    std::fs::write(&brands, r#"{"brands":[{"brand":"kriptomat","names":["kriptomat"],"official":["kriptomat.io"]}]}"#)?;
    let program = std::env::current_exe()?;
    let mut child = Command::new(program)
        .arg("check")
        .arg("--brands")
        .arg(&brands)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut pipe = child.stdin.take().context("the child has no standard input")?;
    for _ in 0..STREAMED_MIB * 1024 * 1024 / input.len() {
        pipe.write_all(input.as_bytes())?;
        pipe.write_all(b"\n")?;
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    drop(pipe);
    child.wait()?;
    std::fs::remove_file(&brands)?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    Ok(peak.map(|kib| kib / 1024.0))
}

/// Processor time as the kernel counts it, read from its text files.
mod clock {
    use anyhow::{Context as _, Result};

    #[derive(Debug, Clone, Copy)]
    pub(super) enum Who {
        Ourselves,
        Children,
    }

    /// User and system time in seconds, to the kernel's hundredth.
    pub(super) fn processor_time(who: Who) -> Result<f64> {
        let text = std::fs::read_to_string("/proc/self/stat")?;
        let (_, fields) = text.rsplit_once(')').context("an unknown form of /proc/self/stat")?;
        let field = |index: usize| {
            fields.split_whitespace().nth(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0)
        };
        let ticks = match who {
            Who::Ourselves => field(11) + field(12),
            Who::Children => field(13) + field(14),
        };
        Ok(ticks / 100.0)
    }
}
