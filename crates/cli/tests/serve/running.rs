//! `countersign serve` as a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use outside::mailbox::Mailbox;
use rustix::process::{Pid, Signal, kill_process};

/// The setting that names the database.
pub(crate) const STORAGE: &str = "COUNTERSIGN__STORAGE__URL";

/// `serve` with a mail server.
pub(crate) fn serving(mailbox: &Mailbox) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.arg("serve").env("COUNTERSIGN__MAIL__HOST", "127.0.0.1");
    command.env("COUNTERSIGN__MAIL__PORT", mailbox.address().port().to_string());
    command
}

/// A running `countersign`, ended when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Running {
    /// Starts `serve` on a free port with its data in a directory.
    pub(crate) fn serve(directory: &Path) -> Self {
        Self::start(Command::new(env!("CARGO_BIN_EXE_countersign")).arg("serve"), directory)
    }

    /// Starts a command that becomes a server, with its data in a directory unless the command names a database.
    pub(crate) fn start(command: &mut Command, directory: &Path) -> Self {
        if !command.get_envs().any(|(name, _)| name == STORAGE) {
            command.env(STORAGE, format!("sqlite:{}", directory.join("countersign.db").display()));
        }
        let mut child = command
            .env("COUNTERSIGN__WEB__LISTEN", "127.0.0.1:0")
            .env("COUNTERSIGN__STORAGE__KEY_FILE", directory.join("countersign.key"))
            .env("COUNTERSIGN_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let log = BufReader::new(child.stderr.take().expect("its log"));
        let mut lines = log.lines();
        let serving = lines
            .find_map(|line| line.ok().filter(|line| line.contains("\"serving\"")))
            .expect("it says that it serves");
        let address = serving
            .split("\"listen\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("an address")
            .to_owned();
        // Nobody reads on: the rest of the log must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// The answer to a GET, head and body.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    pub(crate) fn stop(mut self) -> Option<i32> {
        let id = Pid::from_child(&self.child);
        kill_process(id, Signal::TERM).expect("it is there");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended where the test stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
