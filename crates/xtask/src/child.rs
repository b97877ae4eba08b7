//! Programs we start. None outlives us: Ctrl-C and a polite kill only set a flag here, so that every guard on the
//! stack still runs and stops, by its id, what it started.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How many looks a server gets to stop politely: ten seconds.
const LOOKS_BEFORE_KILL: u32 = 500;

static STOP_ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // It fails only for signals that cannot be caught, and these can.
        signal_hook::flag::register(signal, Arc::clone(&asked)).expect("these signals can be caught");
    }
    asked
});

/// Runs a program to its end, showing its command line and output. A non-zero end is a fault that names the program.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = finish(command)?;
    if !status.success() {
        bail!("`{}` failed: {status}", line(command));
    }
    Ok(())
}

/// Runs a program to its end and returns how it ended.
pub(crate) fn finish(command: &mut Command) -> Result<ExitStatus> {
    println!("$ {}", line(command));
    let _ = &*STOP_ASKED;
    let mut child = command.spawn().with_context(|| format!("cannot start `{}`", line(command)))?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if stop_asked() {
            stop(&mut child, Signal::TERM)?;
            bail!("stopped on request");
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// A program that serves until this guard is dropped.
pub(crate) struct Server {
    child: Child,
    stop_with: Signal,
}

impl Server {
    /// Starts the program and waits until `ready` says so; a program that ends before is a fault.
    pub(crate) fn start(command: &mut Command, stop_with: Signal, mut ready: impl FnMut() -> bool) -> Result<Self> {
        let _ = &*STOP_ASKED;
        let child = command.spawn().with_context(|| format!("cannot start `{}`", line(command)))?;
        let mut server = Self { child, stop_with };
        // A minute: a loaded machine may be slow, a broken server says so by ending.
        for _ in 0..3_000 {
            if ready() {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("`{}` ended before it was ready: {status}", line(command));
            }
            if stop_asked() {
                bail!("stopped on request");
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        bail!("`{}` was not ready within a minute", line(command))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(fault) = stop(&mut self.child, self.stop_with) {
            eprintln!("xtask: cannot stop process {}: {fault:#}", self.child.id());
        }
    }
}

fn stop_asked() -> bool {
    STOP_ASKED.load(Ordering::Relaxed)
}

fn stop(child: &mut Child, politely: Signal) -> Result<()> {
    if child.try_wait()?.is_some() {
        return Ok(());
    }
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        kill_process(pid, politely)?;
    }
    for _ in 0..LOOKS_BEFORE_KILL {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(program.as_os_str()).to_string_lossy()];
    words.extend(command.get_args().map(OsStr::to_string_lossy));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_stopped_with_its_guard() {
        let server = Server::start(Command::new("sleep").arg("600"), Signal::TERM, || true).unwrap();
        let process = Path::new("/proc").join(server.child.id().to_string());
        assert!(process.exists());
        drop(server);
        assert!(!process.exists());
    }

    #[test]
    fn a_server_that_ends_before_it_is_ready_is_a_fault() {
        let fault = Server::start(&mut Command::new("false"), Signal::TERM, || false).err().unwrap();
        assert_eq!(fault.to_string(), "`false` ended before it was ready: exit status: 1");
    }

    #[test]
    fn a_program_that_fails_is_named_with_its_words() {
        let fault = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(fault.to_string(), "`sh -c exit 3` failed: exit status: 3");
    }
}
