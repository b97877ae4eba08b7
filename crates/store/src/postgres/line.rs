//! What waits for a connection to PostgreSQL, and whether the server answers anybody at all.
//!
//! A server that is paused, or behind a network that swallows packets, neither answers nor refuses. Each worker would wait
//! for it to the end of its patience, and everybody else behind the workers. So a thread of its own looks once a second: where
//! something takes long it asks the server a question of its own, and until that is answered everybody is refused at once,
//! those too who wait for an answer already.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use domain::meters::Stopwatch;
use domain::refusal::Fault;
use domain::{Job, Reading};
use tokio::sync::watch;

use super::connection::{Server, silent};

/// Actions that may wait before more are turned away.
const PLACES: usize = 4096;

/// Nobody waits longer for a worker: whoever asked has gone away by then, or asks again.
const WAIT_SECONDS: f64 = 10.0;

/// What takes longer makes one ask whether the server answers anybody.
const SLOW_SECONDS: f64 = 3.0;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// A server that says nothing to somebody new for so long is silent.
pub(super) const SILENT: Duration = Duration::from_secs(5);

pub(super) enum Task {
    Write(Box<dyn Job>),
    Read(Box<dyn Reading>),
}

impl Task {
    fn refuse(self, fault: Fault) {
        match self {
            Self::Write(job) => job.done(Err(fault)),
            Self::Read(reading) => reading.done(Err(fault)),
        }
    }
}

/// The line before the workers.
pub(super) struct Line {
    state: Mutex<Standing>,
    /// Something waits.
    work: Condvar,
    /// Nothing more comes.
    end: Condvar,
    silence: watch::Sender<bool>,
}

struct Standing {
    waiting: VecDeque<(Task, Stopwatch)>,
    /// Since when each worker is at what it does.
    at_work: Vec<Option<Stopwatch>>,
    open: bool,
}

impl Line {
    pub(super) fn of(workers: usize) -> Self {
        let at_work = (0..workers).map(|_| None).collect();
        let state = Mutex::new(Standing { waiting: VecDeque::new(), at_work, open: true });
        Self { state, work: Condvar::new(), end: Condvar::new(), silence: watch::Sender::new(false) }
    }

    /// Tells when the server is silent.
    pub(super) fn silence(&self) -> watch::Receiver<bool> {
        self.silence.subscribe()
    }

    /// Takes a task on, or refuses it.
    pub(super) fn join(&self, task: Task) {
        let refused = {
            let mut state = self.lock();
            if *self.silence.borrow() {
                silent()
            } else if state.waiting.len() >= PLACES {
                Fault::Busy("the database's queue is full".into())
            } else {
                state.waiting.push_back((task, Stopwatch::start()));
                self.work.notify_one();
                return;
            }
        };
        task.refuse(refused);
    }

    /// The next task of a worker, which has done the one before; none once the line is closed and empty.
    pub(super) fn next(&self, worker: usize) -> Option<Task> {
        let mut state = self.lock();
        state.at_work[worker] = None;
        let idle = |state: &mut Standing| state.open && state.waiting.is_empty();
        let mut state = self.work.wait_while(state, idle).expect(UNPANICKED);
        let (task, _) = state.waiting.pop_front()?;
        state.at_work[worker] = Some(Stopwatch::start());
        Some(task)
    }

    /// Nothing more comes; what waits is done.
    pub(super) fn close(&self) {
        self.lock().open = false;
        self.work.notify_all();
        self.end.notify_all();
    }

    /// After a while, refuses who waited too long and says whether a worker is at something that takes long. Nothing once the
    /// line is closed.
    fn look(&self) -> Option<bool> {
        let (mut state, _) = self.end.wait_timeout_while(self.lock(), LOOK, |state| state.open).expect(UNPANICKED);
        if !state.open {
            return None;
        }
        let old = state.waiting.iter().take_while(|(_, since)| since.seconds() > WAIT_SECONDS).count();
        let old: Vec<_> = state.waiting.drain(..old).collect();
        let slow = state.at_work.iter().flatten().any(|since| since.seconds() > SLOW_SECONDS);
        drop(state);
        for (task, _) in old {
            task.refuse(Fault::Busy("all connections to the database are at work".into()));
        }
        Some(slow)
    }

    fn is_silent(&self) -> bool {
        *self.silence.borrow()
    }

    fn set_silent(&self, is_silent: bool) {
        if is_silent == self.is_silent() {
            return;
        }
        let waiting = {
            let mut state = self.lock();
            self.silence.send_replace(is_silent);
            // Nobody waits while it is silent, so there is nobody to refuse when it answers again.
            std::mem::take(&mut state.waiting)
        };
        if !is_silent {
            return tracing::warn!("PostgreSQL answers again");
        }
        tracing::error!("PostgreSQL does not answer: everything that needs it is refused until it does");
        for (task, _) in waiting {
            task.refuse(silent());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.state.lock().expect(UNPANICKED)
    }
}

const UNPANICKED: &str = "no holder of this lock panics";

/// Finds out whether the server answers, until the line is closed.
pub(super) fn judge(line: &Line, server: &Server) {
    while let Some(slow) = line.look() {
        if slow || line.is_silent() {
            line.set_silent(!server.answers_within(SILENT));
        }
    }
}
