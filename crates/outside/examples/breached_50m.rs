//! Builds an index of 5·10⁷ made-up hashes and looks them up:
//! `cargo run --release -p outside --example breached_50m [HASHES]`. Exits with an error if a hash is not found or too
//! many strangers are. It needs 44 bytes of disk for each hash, in the directory for temporary files.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use outside::breached::{Index, run};

const HASHES: u64 = 50_000_000;
const LOOK_UPS: u64 = 2_000_000;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let hashes = std::env::args().nth(1).map_or(Ok(HASHES), |text| text.parse())?;
    let place = tempfile::tempdir()?;
    let (list, out) = (place.path().join("list"), place.path().join("index"));
    let (written, bytes) = timed(|| write_list(&list, hashes));
    println!("list     {hashes} hashes, {} MB, written in {written:.1?}", bytes? / 1_000_000);

    let (took, built) = timed(|| run(&list, &out, &mut |_| ()));
    let built = built?;
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let each = built.bytes as f64 / built.hashes as f64;
    println!("build    {took:.1?}, {:.1} M hashes/s", rate(built.hashes, took) / 1e6);
    println!("index    {} MB, {each:.3} bytes a hash; peak memory {} MiB", built.bytes / 1_000_000, peak_mib());

    let index = Index::open(&out)?;
    let step = (hashes / LOOK_UPS).max(1);
    let (took, found) = timed(|| {
        (0..hashes).step_by(usize::try_from(step).unwrap_or(1)).filter(|at| known(&index, &hash(*at, hashes))).count()
    });
    let asked = hashes.div_ceil(step);
    println!("hits     {found} of {asked}, {:.0} look-ups/s", rate(asked, took));
    let (took, alarms) = timed(|| (0..LOOK_UPS).filter(|at| known(&index, &stranger(*at))).count());
    println!("strangers {alarms} false alarms of {LOOK_UPS}, {:.0} look-ups/s", rate(LOOK_UPS, took));
    println!("expected {:.2e} for each, or {:.1} here", index.false_alarm_rate(), index.false_alarm_rate() * 2e6);

    // Two are expected; twelve happen once in a million runs.
    let good = found as u64 == asked && alarms < 12;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn known(index: &Index, hash: &[u8; 20]) -> bool {
    index.contains(hash).expect("the index can be read")
}

fn write_list(path: &Path, hashes: u64) -> std::io::Result<u64> {
    let mut list = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut line = Vec::new();
    for at in 0..hashes {
        line.clear();
        for byte in hash(at, hashes) {
            line.push(b"0123456789ABCDEF"[usize::from(byte >> 4)]);
            line.push(b"0123456789ABCDEF"[usize::from(byte & 15)]);
        }
        writeln!(line, ":{}", at % 9 + 1)?;
        list.write_all(&line)?;
    }
    list.into_inner()?.metadata().map(|metadata| metadata.len())
}

/// The hash at a place of a list that is ordered without sorting: the even share of that place, and a random part.
fn hash(at: u64, hashes: u64) -> [u8; 20] {
    let share = u64::MAX / hashes;
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&(share * at + mixed(at) % share).to_be_bytes());
    bytes[8..16].copy_from_slice(&mixed(!at).to_be_bytes());
    bytes
}

/// A hash that is in no list but by chance.
fn stranger(at: u64) -> [u8; 20] {
    let mut bytes = [255; 20];
    bytes[..8].copy_from_slice(&mixed(at ^ 0xA5A5_A5A5_0000_0000).to_be_bytes());
    bytes
}

/// `SplitMix64`.
fn mixed(at: u64) -> u64 {
    let mut z = at.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[expect(clippy::disallowed_methods, reason = "a measurement of this machine")]
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let done = work();
    (began.elapsed(), done)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// The most memory this process ever had, as Linux tells it.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1024
}
