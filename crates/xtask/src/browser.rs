//! The site in a real browser: a demo on a free port, and the programs in crates/testkit/browser that drive Chromium.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::child::{self, Server};
use crate::machine::{Tool, free_port};
use crate::workspace;

const HOME: &str = "crates/testkit/browser";

/// A running demo with a directory of its own; dropping it stops it.
pub(crate) struct Demo {
    _server: Server,
    site: String,
}

impl Demo {
    /// Starts the demo that was built last, with its data in `scratch`.
    pub(crate) fn start(scratch: &Path) -> Result<Self> {
        let port = free_port()?;
        let log = scratch.join("demo.log");
        let mut demo = Command::new(workspace::built("countersign")?);
        demo.args(["demo", "--listen", &format!("127.0.0.1:{port}"), "--directory"])
            .arg(scratch.join("demo"))
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?);
        let server = Server::start(&mut demo, Signal::TERM, || is_ready(port))
            .with_context(|| format!("the demo says: {}", std::fs::read_to_string(&log).unwrap_or_default()))?;
        Ok(Self { _server: server, site: format!("http://localhost:{port}") })
    }
}

/// Brings the packages that the browser programs use, as their lock file names them, unless they are here already.
pub(crate) fn install_packages() -> Result<()> {
    let home = workspace::root().join(HOME);
    let age = |file: &str| home.join(file).metadata().and_then(|about| about.modified()).ok();
    if age("node_modules/.package-lock.json") > age("package-lock.json") {
        return Ok(());
    }
    child::run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(home))
}

/// Runs every browser test against the demo.
pub(crate) fn test(demo: &Demo) -> Result<()> {
    let mut tests: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(workspace::root().join(HOME))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            tests.push(path);
        }
    }
    tests.sort();
    child::run(node(demo)?.args(["--test", "--test-reporter=spec"]).args(tests))
}

/// Takes a picture of every page into `into`.
pub(crate) fn screenshots(demo: &Demo, into: &Path) -> Result<()> {
    child::run(node(demo)?.arg(workspace::root().join(HOME).join("screenshots.mjs")).arg(into))
}

fn node(demo: &Demo) -> Result<Command> {
    let mut node = Command::new("node");
    node.env("COUNTERSIGN_SITE", &demo.site)
        .env("COUNTERSIGN_CHROMIUM", Tool::Chromium.find().context("Chromium is not on this machine")?);
    Ok(node)
}

fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut first = [0; 12];
        connection.read_exact(&mut first)?;
        Ok(first == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}
