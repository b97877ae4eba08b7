//! `cargo xtask explore [HISTORIES [FIRST SEED]]`: random histories on every core until one breaks a claim.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::Settings;
use model::{Found, Tally, explore};

/// How many histories a thread explores before it says so.
const CHUNK: u64 = 2_000;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.replace('_', "").parse::<u64>());
    let (Ok(histories), Ok(first)) = (numbers.next().unwrap_or(Ok(1_000_000)), numbers.next().unwrap_or(Ok(0))) else {
        eprintln!("How many histories, and from which seed on?");
        return ExitCode::from(2);
    };
    match run(first, histories) {
        Ok(tally) => {
            print(&tally);
            ExitCode::SUCCESS
        }
        Err(found) => {
            println!("\n{:?} does not hold: {}\n", found.broken.claim, found.broken.why);
            println!("Seed {}. It begins with {:#?}", found.seed, found.start);
            for act in &found.acts {
                println!("  {act:?}");
            }
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a developer's tool that says how fast it is")]
fn run(first: u64, histories: u64) -> Result<Tally, Box<Found>> {
    let (next, began) = (AtomicU64::new(0), Instant::now());
    let work = || -> Result<Tally, Box<Found>> {
        let (rules, mut tally, mut said) = (Settings::default().protection, Tally::default(), Instant::now());
        loop {
            let chunk = next.fetch_add(CHUNK, Ordering::Relaxed);
            if chunk >= histories {
                return Ok(tally);
            }
            tally.add(&explore(first + chunk, CHUNK.min(histories - chunk), &rules, None).inspect_err(|_| {
                next.store(histories, Ordering::Relaxed);
            })?);
            if said.elapsed() >= Duration::from_secs(5) {
                said = Instant::now();
                let so_far = (chunk + CHUNK).min(histories);
                let each_second = u128::from(so_far) * 1_000 / began.elapsed().as_millis().max(1);
                eprintln!("{so_far} of {histories} histories, {each_second} a second");
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let tallies: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|thread| thread.join().expect("a thread that explores does not panic")).collect()
    });
    let mut all = Tally::default();
    for tally in tallies {
        all.add(&tally?);
    }
    let millis = began.elapsed().as_millis().max(1);
    println!(
        "{} histories in {}.{} s: {} a second on {threads} threads. Every claim held.",
        all.histories,
        millis / 1_000,
        millis % 1_000 / 100,
        u128::from(all.histories) * 1_000 / millis,
    );
    Ok(all)
}

fn print(tally: &Tally) {
    println!("{} acts were done and {} refused.", tally.done, tally.refused);
    println!("{} were frozen at some time; the thief moved money in {} after", tally.frozen, tally.robbed);
    println!(
        "all that was stated. {} end with an address that was given up, {} with a",
        tally.given_up, tally.infested
    );
    println!("factor of the thief's own, {} locked, {} with passkeys alone.", tally.locked, tally.passkey_only);
    for (by, (owners, hours)) in [("their mailbox", tally.by_mailbox), ("a passkey", tally.by_passkey)] {
        println!("{owners} owners got back by {by}, after {hours} hours at the longest.");
    }
}
