//! A PostgreSQL server of a test's own, which can be stopped, started and paused.

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postgres::{Client, NoTls};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A PostgreSQL of the test's own, which can be stopped and started.
pub struct Server {
    bin: PathBuf,
    home: TempDir,
    user: Option<(u32, u32)>,
    /// Where it listens, on this machine.
    pub port: u16,
}

impl Server {
    /// Starts one where PostgreSQL is installed.
    pub fn start() -> Option<Self> {
        let Some(bin) = programs() else {
            println!("skipped: PostgreSQL is not installed");
            return None;
        };
        let home = TempDir::new().expect("a temporary directory");
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o711)).expect("it can be made");
        let data = home.path().join("data");
        std::fs::create_dir(&data).expect("it can be made");
        // PostgreSQL refuses to run as root.
        let root = home.path().metadata().is_ok_and(|made| std::os::unix::fs::MetadataExt::uid(&made) == 0);
        let user = if root { Some(postgres_user()?) } else { None };
        if let Some((user, group)) = user {
            chown(&data, Some(user), Some(group)).expect("it can be made");
        }
        let port = TcpListener::bind(("127.0.0.1", 0)).expect("a free port").local_addr().expect("it listens").port();
        let server = Self { bin, home, user, port };
        let options = ["--username=countersign", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        server.call(server.command("initdb").arg("--pgdata").arg(&data).args(options));
        server.run();
        Some(server)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.current_dir(self.home.path()).env_remove("PGDATA");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn call(&self, command: &mut Command) {
        let log = || std::fs::read_to_string(self.home.path().join("data/log")).unwrap_or_default();
        assert!(command.status().expect("it can be called").success(), "PostgreSQL says: {}", log());
    }

    fn control(&self, verb: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command.arg("--pgdata").arg(self.home.path().join("data")).args(["--wait", verb]);
        command
    }

    /// Starts the server and waits until it takes connections.
    pub fn run(&self) {
        let options =
            format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off", self.port);
        let log = self.home.path().join("data/log");
        self.call(self.control("start").arg("--log").arg(log).arg("--options").arg(options));
    }

    /// Stops it: `fast`, or `immediate` for a crash.
    pub fn stop(&self, how: &str) {
        self.call(self.control("stop").args(["--mode", how]));
    }

    /// The storage URL of its one database.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// A connection of the test's own.
    pub fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).expect("it takes connections")
    }

    /// Stops every process of it where it stands: it answers nobody and refuses nobody. The system goes on taking
    /// connections for it.
    pub fn pause(&self) {
        // Itself first, so that it starts no more.
        self.signal(Signal::STOP);
    }

    /// Lets a paused server go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let file = std::fs::read_to_string(self.home.path().join("data/postmaster.pid")).unwrap_or_default();
        let Some(main) = file.lines().next().and_then(|line| line.trim().parse().ok()) else { return };
        send(main, signal);
        for child in children(main) {
            send(child, signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.resume();
        let _ = self.control("stop").args(["--mode", "immediate"]).status();
    }
}

/// The storage URL of the database behind a port: the server's own, or that of a wire to it.
pub fn url(port: u16) -> String {
    format!("postgres://countersign@127.0.0.1:{port}/postgres")
}

fn send(process: i32, signal: Signal) {
    if let Some(id) = Pid::from_raw(process) {
        // It may have ended meanwhile.
        let _ = kill_process(id, signal);
    }
}

fn children(of: i32) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").expect("there is /proc").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|process| parent(*process) == Some(of)).collect()
}

fn parent(process: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name, in brackets, may hold spaces: count from its end.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// The directory of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let numbers = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = numbers.max().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_all = |directory: &Path| directory.join("initdb").is_file() && directory.join("pg_ctl").is_file();
    newest.into_iter().chain(std::env::split_paths(&path)).find(|directory| has_all(directory))
}

/// The user that Debian's package brings.
fn postgres_user() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let found = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    if found.is_none() {
        println!("skipped: PostgreSQL does not run as root, and there is no user named postgres");
    }
    found
}
