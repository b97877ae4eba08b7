//! From a freeze to the backend that waits for the feed, while the mail server is down.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::backend::Backend;
use crate::histories::milliseconds;
use crate::load::Connection;
use crate::process::free_address;
use crate::seed::{Customers, Sizes};
use crate::sheet::Sheet;
use crate::stopwatch::Stopwatch;
use crate::{backend, product, site};

/// Freezes of one repetition.
const FREEZES: usize = 200;
const ACCOUNTS: u32 = 2_000;

/// Customers who freeze, one after the other.
pub(crate) struct Feed {
    directory: std::path::PathBuf,
    customers: Customers,
    backend: std::sync::Arc<Backend>,
    frozen: usize,
}

impl Feed {
    pub(crate) fn prepare(runtime: &Runtime, scratch: &Path) -> Result<Self> {
        let directory = scratch.join("feed");
        let sizes = Sizes { accounts: ACCOUNTS, sessions: ACCOUNTS, known: 0 };
        let customers = site::database(runtime, &directory, sizes)?;
        let backend = backend::of(&directory)?;
        Ok(Self { directory, customers, backend, frozen: 0 })
    }

    /// A product whose letters go nowhere, a backend that waits, and freezes.
    pub(crate) fn measure(&mut self, runtime: &Runtime, sheet: &mut Sheet) -> Result<()> {
        // Nobody listens there.
        let nowhere = free_address()?.port();
        let product = product::serve(&self.directory, nowhere, false)?;
        let sessions = &self.customers.sessions[self.frozen..][..FREEZES];
        self.frozen += FREEZES;
        let mut waits = runtime.block_on(freezes(product.address, &self.backend, sessions))?;
        waits.sort_unstable();
        sheet.note("freeze to feed p50", milliseconds(waits[waits.len() / 2]));
        sheet.note("freeze to feed p99", milliseconds(waits[waits.len() * 99 / 100]));
        Ok(())
    }
}

async fn freezes(server: std::net::SocketAddr, backend: &Backend, sessions: &[String]) -> Result<Vec<Duration>> {
    let (mut customer, mut reader) = (Connection::open(server).await?, Connection::open(server).await?);
    let mut waits = Vec::new();
    let mut next = read(&mut reader, &backend.feed(None)).await?["head"].clone();
    for session in sessions {
        let freeze = format!(
            "POST /api/v1/freeze HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {session}\r\nContent-Length: 0\r\n\r\n"
        );
        let watch = Stopwatch::start();
        let asked = backend.feed(Some(next.to_string()));
        let (status, page) = tokio::join!(customer.exchange(freeze.as_bytes()), read(&mut reader, &asked));
        ensure!((200..300).contains(&status?), "a freeze was refused: {}", String::from_utf8_lossy(&customer.body));
        let page = page?;
        let items = page["items"].as_array().context("items")?;
        ensure!(items.iter().any(|item| item["kind"] == "freeze"), "the feed says {page}");
        waits.push(watch.elapsed());
        next = page["next"].clone();
    }
    Ok(waits)
}

async fn read(reader: &mut Connection, request: &[u8]) -> Result<Value> {
    let status = reader.exchange(request).await?;
    ensure!(status == 200, "the feed says {status}: {}", String::from_utf8_lossy(&reader.body));
    Ok(serde_json::from_slice(&reader.body)?)
}
