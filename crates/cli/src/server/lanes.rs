//! One thread for each core, each with a runtime and connections of its own.
//!
//! A runtime that shares its tasks among threads wakes a second thread for nearly every request that comes alone, in case
//! there is more to do; with a request that takes twenty microseconds that is a good part of the work. Here a connection
//! stays with the thread that was given it. What takes long (hashing, letters, chores) has threads elsewhere, so
//! nothing that a neighbour does holds a thread for more than a reading or a page takes.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The threads that answer. Dropped, they stop, and with them whatever is still under way.
pub(super) struct Lanes(Vec<Lane>);

struct Lane {
    /// `None` once no more connections come.
    door: Option<UnboundedSender<Arrival>>,
    /// One for each of its connections, and this one.
    guests: Arc<()>,
    thread: Option<JoinHandle<()>>,
}

/// Starts serving a connection, on the thread where it will stay.
type Arrival = Box<dyn FnOnce() + Send>;

impl Lanes {
    /// So many: one for each core where customers are answered.
    pub(super) fn open(threads: usize) -> Result<Self> {
        (0..threads).map(Lane::open).collect::<Result<_>>().map(Self)
    }

    /// Serves a connection on the thread that has the fewest.
    pub(super) fn serve<F: Future<Output = ()> + Send + 'static>(
        &self,
        stream: TcpStream,
        serving: impl FnOnce(TcpStream) -> F + Send + 'static,
    ) {
        let Some(lane) = self.0.iter().min_by_key(|lane| Arc::strong_count(&lane.guests)) else { return };
        // It tells the runtime of this thread no more, and that of its lane from now on.
        let Ok(stream) = stream.into_std() else { return };
        let seat = Arc::clone(&lane.guests);
        let arrival = move || {
            // A connection that cannot be watched is closed: its client asks again.
            if let Ok(stream) = TcpStream::from_std(stream) {
                tokio::spawn(async move {
                    serving(stream).await;
                    drop(seat);
                });
            }
        };
        if let Some(door) = &lane.door {
            // A lane takes what comes until this is dropped.
            let _ = door.send(Box::new(arrival));
        }
    }
}

impl Lane {
    fn open(number: usize) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (door, arrivals) = unbounded_channel();
        let thread = thread::Builder::new()
            .name(format!("lane-{number}"))
            .spawn(move || runtime.block_on(take_in(arrivals)))
            .context("a thread that answers does not start")?;
        Ok(Self { door: Some(door), guests: Arc::default(), thread: Some(thread) })
    }
}

async fn take_in(mut arrivals: UnboundedReceiver<Arrival>) {
    while let Some(arrival) = arrivals.recv().await {
        arrival();
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.door = None;
        if let Some(thread) = self.thread.take() {
            // It catches every panic of a request; one of its own leaves nothing to wait for.
            let _ = thread.join();
        }
    }
}
