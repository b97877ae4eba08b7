//! How many connections there may be: in all, and from one place, so that nobody takes every one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use web::address::Network;

/// The most connections at once, however many files the system allows: each takes memory too.
const CONNECTIONS_MAX: u64 = 10_000;

/// Files that are not connections of clients: the database, the log, letters on their way.
const OTHER_FILES: u64 = 256;

/// What clients are allowed before they are anybody.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Connections at once; more wait in the kernel's queue.
    pub(crate) connections: usize,
    /// Connections at once from one address; more are closed.
    pub(crate) connections_each: usize,
    /// Our own proxies, behind whose addresses are many clients.
    pub(crate) trusted_proxies: Vec<Network>,
    /// A client that has not sent its request's head by then is let go.
    pub(crate) head_time: Duration,
    /// A client that takes nothing of what it was sent for so long is let go.
    pub(crate) unread_time: Duration,
    /// Threads that answer.
    pub(crate) threads: usize,
}

impl Limits {
    /// As many as the system lets this process have, which is raised as far as it may be.
    pub(crate) fn of_the_system(trusted_proxies: &[Network]) -> Self {
        Self {
            connections: usize::try_from(connections_within(raise_files())).unwrap_or(usize::MAX),
            connections_each: 512,
            trusted_proxies: trusted_proxies.to_vec(),
            head_time: Duration::from_secs(10),
            unread_time: Duration::from_secs(30),
            threads: thread::available_parallelism().map_or(1, NonZeroUsize::get),
        }
    }

    /// Few, for a port where one Prometheus or two come: each connection takes a file that a customer might need.
    pub(crate) fn for_a_few() -> Self {
        Self { connections: 32, connections_each: 8, threads: 1, ..Self::of_the_system(&[]) }
    }
}

/// Raises the number of files that this process may have open to the most it may allow itself, and answers with it.
fn raise_files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Usually 1024 at first: old programs break above it, this one does not.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let limit = if raised.is_ok() { maximum } else { current };
    limit.unwrap_or(u64::MAX)
}

/// The connections that so many files leave room for.
fn connections_within(files: u64) -> u64 {
    files.saturating_sub(OTHER_FILES).max(files / 2).clamp(1, CONNECTIONS_MAX)
}

/// Who is connected, counted by where they come from.
#[derive(Clone)]
pub(crate) struct Crowd(Arc<Inside>);

struct Inside {
    each: usize,
    trusted: Vec<Network>,
    by_place: Mutex<HashMap<IpAddr, usize>>,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new(limits: &Limits) -> Self {
        let trusted = limits.trusted_proxies.clone();
        Self(Arc::new(Inside { each: limits.connections_each, trusted, by_place: Mutex::default() }))
    }

    /// A seat for one more from this address, unless it has as many as anybody may have.
    pub(crate) fn enter(&self, peer: IpAddr) -> Option<Seat> {
        let place = place_of(peer);
        if !self.0.trusted.iter().any(|network| network.contains(peer)) {
            let mut counts = self.counts();
            let count = counts.entry(place).or_default();
            if *count >= self.0.each {
                return None;
            }
            *count += 1;
            return Some(Seat(Some((self.clone(), place))));
        }
        Some(Seat(None))
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.by_place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One address, or where addresses are given out by the network of 2⁶⁴, that network.
fn place_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// A connection's seat, given back when it is dropped. A trusted proxy's is not counted.
pub(crate) struct Seat(Option<(Crowd, IpAddr)>);

impl Drop for Seat {
    fn drop(&mut self) {
        let Some((crowd, place)) = &self.0 else { return };
        let mut counts = crowd.counts();
        let left = counts.get(place).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            counts.remove(place);
        } else {
            counts.insert(*place, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(each: usize, trusted: &[&str]) -> Crowd {
        Crowd::new(&Limits {
            connections: 100,
            connections_each: each,
            trusted_proxies: trusted.iter().map(|text| text.parse().unwrap()).collect(),
            head_time: Duration::from_secs(1),
            unread_time: Duration::from_secs(1),
            threads: 1,
        })
    }

    fn enter(crowd: &Crowd, peer: &str) -> Option<Seat> {
        crowd.enter(peer.parse().unwrap())
    }

    #[test]
    fn one_address_has_so_many_connections_and_gets_them_back() {
        let crowd = crowd(2, &[]);
        let (first, second) = (enter(&crowd, "192.0.2.1"), enter(&crowd, "::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(enter(&crowd, "192.0.2.1").is_none(), "a third");
        assert!(enter(&crowd, "192.0.2.2").is_some(), "somebody else");
        drop(first);
        assert!(enter(&crowd, "192.0.2.1").is_some(), "after one has left");
        drop(second);
        assert!(crowd.counts().is_empty(), "who has left is still remembered");
    }

    #[test]
    fn a_network_of_2_to_the_64_is_one_address() {
        let crowd = crowd(1, &[]);
        let seat = enter(&crowd, "2001:db8:1:2::1");
        assert!(seat.is_some());
        assert!(enter(&crowd, "2001:db8:1:2:ffff::9").is_none());
        assert!(enter(&crowd, "2001:db8:1:3::1").is_some());
    }

    #[test]
    fn a_trusted_proxy_brings_as_many_as_it_likes() {
        let crowd = crowd(1, &["10.0.0.0/8"]);
        let seats: Vec<_> = (0..5).map(|_| enter(&crowd, "10.0.0.5")).collect();
        assert!(seats.iter().all(Option::is_some));
    }

    #[test]
    fn connections_leave_files_for_everything_else() {
        for (files, connections) in
            [(64, 32), (512, 256), (1024, 768), (4096, 3840), (1 << 20, 10_000), (u64::MAX, 10_000), (1, 1)]
        {
            assert_eq!(connections_within(files), connections, "of {files} files");
        }
    }
}
