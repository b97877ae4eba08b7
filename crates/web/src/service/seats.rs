//! Who waits for the feed: so many of each key at once, so that no backend leaves another without its news.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use domain::ids::ServiceKeyId;

/// Requests of one key that wait at once: a backend has one for each of its processes.
const EACH: usize = 16;

/// The seats that are taken.
#[derive(Debug, Default)]
pub(crate) struct FeedSeats(Mutex<HashMap<ServiceKeyId, usize>>);

impl FeedSeats {
    /// A seat for one more request of this key, unless it has as many as any key may have.
    pub(crate) fn take(&self, key: ServiceKeyId) -> Option<FeedSeat<'_>> {
        let mut taken = self.lock();
        let theirs = taken.entry(key).or_default();
        if *theirs >= EACH {
            return None;
        }
        *theirs += 1;
        Some(FeedSeat { seats: self, key })
    }

    /// How many wait, of all keys.
    pub(crate) fn taken(&self) -> usize {
        self.lock().values().sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ServiceKeyId, usize>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

/// A seat, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct FeedSeat<'a> {
    seats: &'a FeedSeats,
    key: ServiceKeyId,
}

impl Drop for FeedSeat<'_> {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        let left = taken.get(&self.key).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            taken.remove(&self.key);
        } else {
            taken.insert(self.key, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_whose_seats_are_taken_leaves_those_of_another() {
        let seats = FeedSeats::default();
        let key = |number| ServiceKeyId::from_bytes([number; 16]);
        let mut first: Vec<_> = (0..EACH).map(|_| seats.take(key(1)).expect("a seat")).collect();
        assert!(seats.take(key(1)).is_none(), "one more");
        let other = seats.take(key(2));
        assert!(other.is_some(), "another key");
        assert_eq!(seats.taken(), EACH + 1);
        first.pop();
        assert!(seats.take(key(1)).is_some(), "after one was given back");
        drop((first, other));
        assert!(seats.lock().is_empty(), "who has left is still remembered");
    }
}
