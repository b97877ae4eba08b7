//! HTTP clients that ask as fast as they are answered, each on one connection that stays open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::chance::Chance;
use crate::stopwatch::Stopwatch;

/// Writes the next request of one client, whole, into the empty buffer.
pub(crate) type Ask = dyn Fn(&mut Chance, &mut Vec<u8>) + Send + Sync;

/// What came of it. An answer other than 2xx is a fault, so a figure never counts one.
pub(crate) struct Answers {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Lets so many clients ask for the given time.
pub(crate) async fn put(server: SocketAddr, clients: u64, time: Duration, ask: Arc<Ask>) -> Result<Answers> {
    let watch = Stopwatch::start();
    let tasks: Vec<_> =
        (0..clients).map(|client| tokio::spawn(one_client(server, client, time, Arc::clone(&ask)))).collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    let seconds = watch.seconds();
    waits.sort_unstable();
    let count = u32::try_from(waits.len())?;
    Ok(Answers {
        per_second: f64::from(count) / seconds,
        p50: *waits.get(waits.len() / 2).context("nothing was answered")?,
        p99: waits[waits.len() * 99 / 100],
    })
}

async fn one_client(server: SocketAddr, client: u64, time: Duration, ask: Arc<Ask>) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(server).await?;
    let mut chance = Chance::seeded(client + 1);
    let (mut request, mut waits) = (Vec::new(), Vec::new());
    let all = Stopwatch::start();
    while all.elapsed() < time {
        request.clear();
        ask(&mut chance, &mut request);
        let one = Stopwatch::start();
        let status = connection.exchange(&request).await?;
        waits.push(one.elapsed());
        if !(200..300).contains(&status) {
            bail!("an answer was {status}: {}", String::from_utf8_lossy(&connection.body));
        }
    }
    Ok(waits)
}

/// One connection, one request at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    head: Vec<u8>,
    /// The body of the last answer.
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, head: Vec::new(), body: Vec::new() })
    }

    /// Sends a request, reads the whole answer and says its status.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.head.clear();
        let end = loop {
            if self.stream.read_buf(&mut self.head).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(at) = self.head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
        };
        self.body.clear();
        self.body.extend_from_slice(&self.head[end..]);
        let text = std::str::from_utf8(&self.head[..end])?;
        let status = text.get(9..12).context("a status")?.parse()?;
        let length = header(text, "content-length").map_or(Ok(0), str::parse)?;
        if header(text, "transfer-encoding").is_some() {
            bail!("an answer of unknown length: {text}");
        }
        while self.body.len() < length {
            if self.stream.read_buf(&mut self.body).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        Ok(status)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
