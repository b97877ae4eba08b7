//! The product as it is shipped: `countersign serve` in a process of its own, and the requests of its customers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

use crate::load::Ask;
use crate::process::{Process, free_address};
use crate::seed::{Customers, PASSWORD};

/// The binary that was built with us, in the same profile.
pub(crate) fn binary() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("countersign");
    path.is_file().then_some(path).context("`countersign` is not built with the same profile")
}

/// Starts the product on a database in `directory`, on all cores or on the first alone.
pub(crate) fn serve(directory: &Path, mail_port: u16, one_core: bool) -> Result<Process> {
    let url = format!("sqlite:{}", directory.join("countersign.db").display());
    let mut command = if one_core {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0"]).arg(binary()?);
        command
    } else {
        Command::new(binary()?)
    };
    start(&mut command, &url, &directory.join("countersign.key"), directory, mail_port)
}

/// Starts a node on a database and with a key file that it shares with others, in a directory of its own.
pub(crate) fn serve_on(url: &str, key: &Path, directory: &Path, mail_port: u16) -> Result<Process> {
    start(&mut Command::new(binary()?), url, key, directory, mail_port)
}

fn start(command: &mut Command, url: &str, key: &Path, directory: &Path, mail_port: u16) -> Result<Process> {
    let address = free_address()?;
    command
        .arg("serve")
        .current_dir(directory)
        .env("COUNTERSIGN__WEB__LISTEN", address.to_string())
        .env("COUNTERSIGN__OPERATOR__URL", format!("http://localhost:{}", address.port()))
        .env("COUNTERSIGN__STORAGE__URL", url)
        .env("COUNTERSIGN__STORAGE__KEY_FILE", key)
        .env("COUNTERSIGN__MAIL__HOST", "127.0.0.1")
        .env("COUNTERSIGN__MAIL__PORT", mail_port.to_string())
        // All our customers come from one address.
        .env("COUNTERSIGN__GUESS__NETWORK_HOURLY", "1000000000")
        // Sixty-four of them sign in as often as they can, which nobody does.
        .env("COUNTERSIGN__GUESS__SIGN_INS_HOURLY", "1000000000")
        .env("COUNTERSIGN__SESSION__LIVE_MAX", "1000000000")
        .stdout(std::fs::File::create(directory.join("out.log"))?)
        .stderr(std::fs::File::create(directory.join("err.log"))?);
    Process::start(command, address, is_ready).with_context(|| {
        format!("the product says: {}", std::fs::read_to_string(directory.join("err.log")).unwrap_or_default())
    })
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut connection = TcpStream::connect(address)?;
        connection.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut first = [0; 12];
        connection.read_exact(&mut first)?;
        Ok(first == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// Customers who come back to a page: whose session is this?
pub(crate) fn session_checks(customers: &Arc<Customers>, among: usize) -> Arc<Ask> {
    let customers = Arc::clone(customers);
    Arc::new(move |chance, request| {
        let session = &customers.sessions[chance.below(among)];
        head(request, "GET /api/v1/session", session);
        request.extend_from_slice(b"\r\n");
    })
}

/// Customers who sign in with their password on a device that is known.
pub(crate) fn sign_ins(customers: &Arc<Customers>) -> Arc<Ask> {
    let customers = Arc::clone(customers);
    Arc::new(move |chance, request| {
        let (email, device) = &customers.known[chance.below(customers.known.len())];
        let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}","device_secret":"{device}"}}"#);
        let head = "POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        request.extend_from_slice(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    })
}

/// Customers who sign out, each once: a change with an event and nothing to compute.
pub(crate) fn sign_outs(customers: &Arc<Customers>, next: &Arc<AtomicUsize>) -> Arc<Ask> {
    let (customers, next) = (Arc::clone(customers), Arc::clone(next));
    Arc::new(move |_, request| {
        let session = &customers.sessions[next.fetch_add(1, Ordering::Relaxed)];
        head(request, "POST /api/v1/sign-out", session);
        request.extend_from_slice(b"Content-Length: 0\r\n\r\n");
    })
}

fn head(request: &mut Vec<u8>, what: &str, session: &str) {
    for part in [what, " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ", session, "\r\n"] {
        request.extend_from_slice(part.as_bytes());
    }
}
