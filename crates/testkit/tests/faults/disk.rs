//! A disk whose writes and syncs fail, under a real process: see `disk.c` for the disk, and the decision page
//! `docs/decisions/0011-a-failing-disk.md` for why it is made so.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender};

use tempfile::TempDir;

use crate::check::{self, Answers, wal};
use crate::machine::{Machine, News, Plan, customers, listen, next};

/// Which calls fail; the position of its numbers in the control file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Write,
    Sync,
}

const IO_ERROR: i64 = 5;
const NO_SPACE: i64 = 28;
const FOREVER: i64 = i64::MAX / 2;

#[test]
fn whichever_write_or_sync_fails_the_answers_are_true_and_the_writer_goes_on() {
    let Some(library) = library() else { return };
    for call in [Call::Write, Call::Sync] {
        for (error, times) in [(IO_ERROR, 1), (NO_SPACE, 1), (IO_ERROR, FOREVER), (NO_SPACE, FOREVER)] {
            let mut bench = Bench::new(library.path());
            let mut machine = bench.start();
            assert!(matches!(bench.next(), News::Ready));
            assert_eq!(bench.order(&mut machine), "done");
            let mut failures = 0;
            for number in 1.. {
                bench.disk.fail(call, number, times, error);
                let answer = bench.order(&mut machine);
                if bench.disk.calls(call) < bench.disk.begins(call) {
                    assert_eq!(answer, "done", "nothing failed yet");
                    break;
                }
                failures += 1;
                let expected: &[&str] = match (call, error) {
                    (Call::Write, NO_SPACE) => &["unavailable"],
                    _ => &["unknown"],
                };
                assert!(expected.contains(&answer.as_str()), "{call:?} {number} failed with {error}: {answer}");
                bench.check();
                if times == FOREVER {
                    assert!(["unavailable", "unknown"].contains(&bench.order(&mut machine).as_str()));
                }
                bench.disk.mend(call);
                assert_eq!(bench.order(&mut machine), "done", "the disk is mended");
                bench.check();
            }
            assert!(failures > 0, "no call failed");
            println!("{call:?} error {error}, {times} times: {failures} places");
            machine.kill();
        }
    }
}

#[test]
fn a_sync_that_fails_fails_its_whole_group_and_with_it_what_was_refused() {
    let Some(library) = library() else { return };
    let mut bench = Bench::new(library.path());
    let mut machine = bench.start();
    assert!(matches!(bench.next(), News::Ready));
    assert_eq!(bench.group(&mut machine), ["done", "refused"]);
    bench.disk.fail(Call::Sync, 1, 1, IO_ERROR);
    assert_eq!(bench.group(&mut machine), ["unknown", "unknown"]);
    bench.disk.mend(Call::Sync);
    assert_eq!(bench.group(&mut machine), ["done", "refused"]);
    bench.check();
}

#[test]
fn what_a_new_process_acknowledges_after_a_failed_sync_survives_a_power_cut() {
    let Some(library) = library() else { return };
    // In the second life, each call in turn fails too; the last number is beyond all of them.
    for call in [Call::Sync, Call::Write] {
        let mut failed = true;
        for number in 1.. {
            if !failed {
                println!("{call:?}: {} places", number - 2);
                break;
            }
            let mut bench = Bench::new(library.path());
            let mut machine = bench.start();
            assert_eq!(bench.order(&mut machine), "done");
            bench.disk.fail(Call::Sync, 1, 1, IO_ERROR);
            assert_eq!(bench.order(&mut machine), "unknown");
            bench.disk.mend(Call::Sync);
            bench.kill(machine);

            bench.disk.fail(call, number, 1, IO_ERROR);
            let mut machine = bench.start();
            bench.try_order(&mut machine);
            failed = bench.disk.calls(call) >= bench.disk.begins(call);
            bench.disk.mend(call);
            bench.kill(machine);

            let mut machine = bench.start();
            for _ in 0..3 {
                assert_eq!(bench.order(&mut machine), "done");
            }
            bench.kill(machine);
            bench.check();
            bench.cut_power();
            let mut machine = bench.start();
            assert_eq!(bench.order(&mut machine), "done");
            bench.kill(machine);
            bench.check();
        }
    }
}

/// A database on a disk that can fail, and what was answered about it.
struct Bench {
    _directory: TempDir,
    database: PathBuf,
    survivor: PathBuf,
    disk: Disk,
    environment: Vec<(String, String)>,
    answers: Answers,
    news: Sender<News>,
    heard: Receiver<News>,
}

impl Bench {
    fn new(library: &Path) -> Self {
        let directory = TempDir::new().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let (database, survivor, control) = (root.join("disk.db"), root.join("survivor.db"), root.join("control"));
        customers(&database);
        std::fs::copy(&database, &survivor).unwrap();
        let disk = Disk::new(&control);
        let named = |name: &str, path: &Path| (name.to_owned(), path.display().to_string());
        let environment = vec![
            named("LD_PRELOAD", library),
            named("FAULTS_CONTROL", &control),
            named("FAULTS_DATABASE", &database),
            named("FAULTS_SURVIVOR", &survivor),
        ];
        let (news, heard) = listen();
        let answers = Answers::default();
        Self { _directory: directory, database, survivor, disk, environment, answers, news, heard }
    }

    fn start(&self) -> Machine {
        let at = "2026-11-23T12:00:00Z".parse().unwrap();
        let environment = self.environment.clone();
        Machine::start(&Plan { database: &self.database, mail_port: 0, hands: 0, at, environment }, &self.news)
    }

    fn next(&self) -> News {
        next(&self.heard)
    }

    /// Gives an order and waits for what becomes of it.
    fn order(&mut self, machine: &mut Machine) -> String {
        self.try_order(machine).expect("the machine is gone")
    }

    /// The same with a machine that may end because it cannot open its database.
    fn try_order(&mut self, machine: &mut Machine) -> Option<String> {
        let number = self.answers.given.last().map_or(1, |last| last + 1);
        self.answers.given.insert(number);
        machine.order(number);
        self.answer()
    }

    /// Gives an order and something that the rules refuse, so that both are in one group.
    fn group(&mut self, machine: &mut Machine) -> [String; 2] {
        let number = self.answers.given.last().map_or(1, |last| last + 1);
        self.answers.given.extend([number, number + 1]);
        machine.group(number);
        [(); 2].map(|()| self.answer().expect("the machine is gone"))
    }

    fn answer(&mut self) -> Option<String> {
        loop {
            match self.next() {
                News::Done(number) => {
                    self.answers.done.insert(number);
                    return Some("done".to_owned());
                }
                News::Failed(number, kind) => {
                    if kind != "unknown" {
                        self.answers.undone.insert(number);
                    }
                    return Some(kind);
                }
                News::Gone => {
                    // Killing it brings the same news, which is waited for.
                    self.news.send(News::Gone).unwrap();
                    return None;
                }
                _ => {}
            }
        }
    }

    fn kill(&mut self, mut machine: Machine) {
        machine.kill();
        while self.answer().is_some() {}
        assert!(matches!(self.next(), News::Gone));
    }

    /// Holds against the answers what a killed process would leave, and what a power cut would leave.
    fn check(&self) {
        for file in [&self.database, &self.survivor] {
            check::look(file).agrees_with(&self.answers);
        }
    }

    /// Leaves of the files what was on the disk.
    fn cut_power(&self) {
        std::fs::copy(&self.survivor, &self.database).unwrap();
        let _ = std::fs::remove_file(wal(&self.database));
        if wal(&self.survivor).exists() {
            std::fs::copy(wal(&self.survivor), wal(&self.database)).unwrap();
        }
    }
}

/// The control file of `disk.c`.
struct Disk(File);

impl Disk {
    fn new(path: &Path) -> Self {
        let file = File::options().read(true).write(true).create_new(true).open(path).unwrap();
        file.set_len(56).unwrap();
        Self(file)
    }

    /// From the `number`-th next call on, so many calls fail.
    fn fail(&self, call: Call, number: i64, times: i64, error: i64) {
        let from = self.calls(call) + number;
        self.set(6, error);
        self.set(2 + call as u64, from);
        self.set(4 + call as u64, from + times);
    }

    fn mend(&self, call: Call) {
        self.set(4 + call as u64, 0);
    }

    /// How many calls there have been; a new process goes on counting.
    fn calls(&self, call: Call) -> i64 {
        self.get(call as u64)
    }

    /// The number of the first call that fails.
    fn begins(&self, call: Call) -> i64 {
        self.get(2 + call as u64)
    }

    fn get(&self, place: u64) -> i64 {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, 8 * place).unwrap();
        i64::from_ne_bytes(bytes)
    }

    fn set(&self, place: u64, value: i64) {
        self.0.write_all_at(&value.to_ne_bytes(), 8 * place).unwrap();
    }
}

/// A file that is gone with its directory.
struct Library {
    _directory: TempDir,
    file: PathBuf,
}

impl Library {
    fn path(&self) -> &Path {
        &self.file
    }
}

/// Compiles `disk.c`, where there is a C compiler; the build itself needs one.
fn library() -> Option<Library> {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/disk.c");
    let flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"];
    let compiler = Command::new("cc").args(flags).arg(&path).arg(source).args(["-ldl", "-lpthread"]).status();
    let Ok(status) = compiler else {
        println!("skipped: there is no C compiler");
        return None;
    };
    assert!(status.success(), "disk.c does not compile");
    Some(Library { _directory: directory, file: path })
}
