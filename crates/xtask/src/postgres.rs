//! A PostgreSQL server of our own: a new cluster in the scratch directory, on a free loopback port, with a password
//! made for this run. It is stopped by its id when the guard is dropped.

use std::fs::File;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::child::{self, Server};
use crate::machine;
use crate::scratch;

/// Tests that need PostgreSQL read its address here, and pass over it where the variable is not set.
pub(crate) const URL_VARIABLE: &str = "COUNTERSIGN_TEST_POSTGRES";

const ROLE: &str = "countersign";

/// A running server; dropping it stops it.
pub(crate) struct Postgres {
    _server: Server,
    pub(crate) url: String,
}

/// What a server does with a commit before it is acknowledged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commits {
    /// It is handed to the system: what kills only processes loses nothing.
    HandedOver,
    /// It is forced to the disk.
    Synced,
}

impl Postgres {
    /// Starts a server from the programs in `bin`, with its data in `home`, which must exist.
    pub(crate) fn start(bin: &Path, home: &Path, commits: Commits) -> Result<Self> {
        let user = ServerUser::choose()?;
        let data = home.join("postgres");
        let password = scratch::unguessable()?;
        let password_file = home.join("postgres-password");
        std::fs::write(&password_file, &password)?;
        std::fs::create_dir(&data)?;
        for path in [&data, &password_file] {
            user.own(path)?;
        }
        let log = home.join("postgres.log");
        child::run(
            user.command(&bin.join("initdb"), home)
                .arg("--pgdata")
                .arg(&data)
                .arg(format!("--pwfile={}", password_file.display()))
                .arg(format!("--username={ROLE}"))
                .args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"])
                .stdout(File::create(&log)?),
        )?;
        let port = machine::free_port()?;
        let mut server = user.command(&bin.join("postgres"), home);
        server.arg("-D").arg(&data).args(settings(port, commits));
        server.stdin(Stdio::null()).stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?);
        // SIGINT is PostgreSQL's "fast shutdown": it does not wait for clients to leave.
        let server = Server::start(&mut server, Signal::INT, || is_ready(&data))
            .with_context(|| format!("PostgreSQL says: {}", std::fs::read_to_string(&log).unwrap_or_default()))?;
        let url = format!("postgres://{ROLE}:{password}@127.0.0.1:{port}/postgres");
        Ok(Self { _server: server, url })
    }
}

/// PostgreSQL refuses to run as root; its Debian package brings the user to run as instead.
struct ServerUser(Option<(u32, u32)>);

impl ServerUser {
    fn choose() -> Result<Self> {
        if !machine::is_root() {
            return Ok(Self(None));
        }
        let users = std::fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let ids = users.lines().find_map(|line| {
            let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        });
        Ok(Self(Some(ids.context("PostgreSQL cannot run as root, and there is no user named postgres")?)))
    }

    fn own(&self, path: &Path) -> Result<()> {
        if let Some((user, group)) = self.0 {
            chown(path, Some(user), Some(group)).with_context(|| format!("cannot give away {}", path.display()))?;
        }
        Ok(())
    }

    fn command(&self, program: &Path, home: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(home).env_remove("PGDATA");
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }
}

fn settings(port: u16, commits: Commits) -> Vec<String> {
    let sync = if commits == Commits::Synced { "on" } else { "off" };
    [
        &format!("port={port}"),
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        // Every test has a database and connections of its own.
        "max_connections=200",
        &format!("fsync={sync}"),
        &format!("full_page_writes={sync}"),
    ]
    .into_iter()
    .flat_map(|setting| ["-c".to_owned(), setting.to_owned()])
    .collect()
}

/// The server writes its state into the eighth line of its pid file; `pg_ctl --wait` reads the same.
fn is_ready(data: &Path) -> bool {
    std::fs::read_to_string(data.join("postmaster.pid"))
        .is_ok_and(|text| text.lines().nth(7).is_some_and(|state| state.trim() == "ready"))
}
