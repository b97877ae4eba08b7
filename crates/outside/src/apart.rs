//! A small async runtime for a door that is synchronous.

use tokio::runtime::Runtime;

/// Runs futures to their end on the calling thread, so that a whole exchange with the world can be given a time limit
/// and be dropped at any point. Many threads may use it at once. Not for threads that run async code already.
pub(crate) struct Apart(
    // Taken when dropped, and never before.
    Option<Runtime>,
);

impl Apart {
    /// A runtime of its own.
    pub(crate) fn start() -> std::io::Result<Self> {
        tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| Self(Some(runtime)))
    }

    /// Runs a future to its end.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.as_ref().expect("taken only when dropped").block_on(future)
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // Dropping a runtime waits, which panics on a thread that runs async code, and that is where doors close.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
