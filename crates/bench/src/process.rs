//! A server in a process of its own, so that its processor time and memory are its own too.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::stopwatch::Stopwatch;

/// A tick of the processor clock in /proc; Linux has shown a hundred in a second to programs on every machine.
const TICKS_A_SECOND: f64 = 100.0;

/// Killed when dropped: nothing it holds is wanted afterwards.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) start: Duration,
}

impl Process {
    /// Starts a program that will listen on `address` and waits until `answers` says that it does.
    pub(crate) fn start(
        command: &mut Command,
        address: SocketAddr,
        answers: impl Fn(SocketAddr) -> bool,
    ) -> Result<Self> {
        let watch = Stopwatch::start();
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start {command:?}"))?;
        let mut process = Self { child, address, start: Duration::ZERO };
        while !answers(address) {
            if let Some(status) = process.child.try_wait()? {
                bail!("{command:?} ended before it answered: {status}");
            }
            if watch.elapsed() > Duration::from_mins(2) {
                bail!("{command:?} does not answer");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        process.start = watch.elapsed();
        Ok(process)
    }

    /// Processor time used so far, on all cores.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The program's name, in brackets, may hold spaces: count from its end.
        let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |at: usize| -> Result<f64> { Ok(fields.get(at).context("stat is short")?.parse()?) };
        Ok((ticks(11)? + ticks(12)?) / TICKS_A_SECOND)
    }

    /// Memory that is in use and held by this process.
    pub(crate) fn resident_mebibytes(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kibibytes: f64 = line.split_whitespace().next().context("no number")?.parse()?;
        Ok(kibibytes / 1024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already; either way it is not there afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback address that nobody listens on now.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// Whether somebody listens there.
pub(crate) fn listens(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}
