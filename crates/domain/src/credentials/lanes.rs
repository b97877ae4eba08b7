//! Two bounded lanes for the same scarce slots: who comes first, and who waits until nobody does.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};

/// Tasks that wait. Each lane holds so many and no more.
pub(crate) struct Lanes<T> {
    waiting: Mutex<Waiting<T>>,
    arrived: Condvar,
    most: usize,
}

struct Waiting<T> {
    first: VecDeque<T>,
    later: VecDeque<T>,
    closed: bool,
}

/// Which lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Customers on devices we know: a flood of strangers does not reach them.
    First,
    /// Everybody else.
    Later,
}

impl<T> Lanes<T> {
    pub(crate) fn new(most: usize) -> Self {
        let waiting = Waiting { first: VecDeque::new(), later: VecDeque::new(), closed: false };
        Self { waiting: Mutex::new(waiting), arrived: Condvar::new(), most }
    }

    /// Lets a task wait, or gives it back when its lane is full.
    pub(crate) fn push(&self, lane: Lane, task: T) -> Result<(), T> {
        let mut waiting = self.lock();
        let queue = match lane {
            Lane::First => &mut waiting.first,
            Lane::Later => &mut waiting.later,
        };
        if queue.len() >= self.most {
            return Err(task);
        }
        queue.push_back(task);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next task, once there is one; none any more after the lanes were closed.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(task) = waiting.first.pop_front() {
                return Some(task);
            }
            if let Some(task) = waiting.later.pop_front() {
                return Some(task);
            }
            waiting = self.arrived.wait(waiting).expect("no holder of this lock panics");
        }
    }

    /// How many wait, in both.
    pub(crate) fn waiting(&self) -> usize {
        let waiting = self.lock();
        waiting.first.len() + waiting.later.len()
    }

    /// Sends everybody home who pops.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_lane_of_strangers_does_not_reach_those_who_come_first() {
        let lanes = Lanes::new(2);
        assert_eq!([1, 2, 3].map(|stranger| lanes.push(Lane::Later, stranger)), [Ok(()), Ok(()), Err(3)]);
        assert_eq!([11, 12].map(|known| lanes.push(Lane::First, known)), [Ok(()), Ok(())]);
        assert_eq!((0..4).map(|_| lanes.pop()).collect::<Vec<_>>(), [Some(11), Some(12), Some(1), Some(2)]);
        lanes.close();
        assert_eq!(lanes.pop(), None);
    }
}
