//! The demo's mail server: takes letters on loopback, keeps the newest in memory, and shows them as they arrived. The
//! same carrier sends to it as to the operator's server in production.

mod arrived;
mod conversation;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use domain::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

pub use arrived::Arrived;
use conversation::Envelope;

/// Letters kept; the oldest goes when another arrives.
const KEPT: usize = 200;

/// Conversations at once; more are asked to come back.
const CONVERSATIONS: usize = 16;

/// A mailbox with a mail server of its own. It listens until it is dropped.
pub struct Mailbox {
    address: SocketAddr,
    shelf: Arc<Shelf>,
    listener: JoinHandle<()>,
}

impl Mailbox {
    /// Opens a mailbox on a free port of this machine, unreachable from any other. Call it inside a tokio runtime.
    pub async fn open(clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shelf = Arc::new(Shelf { clock, letters: Mutex::default(), arrivals: watch::Sender::new(0) });
        let listener = tokio::spawn(listen(listener, shelf.clone()));
        Ok(Self { address, shelf, listener })
    }

    /// Where it takes letters.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The letters it keeps, newest first.
    pub fn newest_first(&self) -> Vec<Arc<Arrived>> {
        self.shelf.letters().iter().rev().cloned().collect()
    }

    /// One letter by its number, while it is kept.
    pub fn letter(&self, id: u64) -> Option<Arc<Arrived>> {
        self.shelf.letters().iter().find(|letter| letter.id == id).cloned()
    }

    /// Counts the letters that ever arrived: a page or a test can wait for the next one.
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.shelf.arrivals.subscribe()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Where arrived letters lie.
struct Shelf {
    clock: Arc<dyn Clock>,
    letters: Mutex<VecDeque<Arc<Arrived>>>,
    arrivals: watch::Sender<u64>,
}

impl Shelf {
    fn letters(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Arrived>>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a letter on the shelf and answers its number, counted from 1.
    fn put(&self, envelope: Envelope, raw: Vec<u8>) -> u64 {
        let mut letters = self.letters();
        let id = *self.arrivals.borrow() + 1;
        letters.push_back(Arc::new(Arrived::read(id, self.clock.now(), envelope, raw)));
        if letters.len() > KEPT {
            letters.pop_front();
        }
        drop(letters);
        // After the letter is there, so that whoever waited finds it.
        self.arrivals.send_replace(id);
        id
    }
}

async fn listen(listener: TcpListener, shelf: Arc<Shelf>) {
    let places = Arc::new(Semaphore::new(CONVERSATIONS));
    loop {
        // A connection that was gone before we took it is no reason to stop listening.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (places, shelf) = (places.clone(), shelf.clone());
        tokio::spawn(async move {
            let (reader, writer) = stream.into_split();
            // A client that hangs up in the middle has simply not sent a letter.
            let _ = match places.try_acquire() {
                Ok(_place) => conversation::hold(reader, writer, &|envelope, raw| shelf.put(envelope, raw)).await,
                Err(_) => conversation::turn_away(writer).await,
            };
        });
    }
}
