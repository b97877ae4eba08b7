//! Where a request comes from: the address of the connection, or what our own proxies say it is.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use axum::http::HeaderMap;
use serde::{Deserialize, Deserializer, de};

/// The address at the other end of the connection. Whoever accepts connections puts one into each request's
/// extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// A range of addresses, such as `10.0.0.0/8` or `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    start: u128,
    length: u32,
}

impl Network {
    /// Its first address and the bits that all its addresses share, as they are written: `10.0.0.0` and 8.
    pub fn prefix(&self) -> (IpAddr, u32) {
        let address = IpAddr::V6(Ipv6Addr::from(self.start));
        match address.to_canonical() {
            IpAddr::V4(v4) if self.length >= 96 => (IpAddr::V4(v4), self.length - 96),
            _ => (address, self.length),
        }
    }

    /// Whether the address lies in this range.
    pub fn contains(&self, address: IpAddr) -> bool {
        let host_bits = 128 - self.length;
        // A shift by all 128 bits would be no shift at all.
        host_bits == 128 || (number(address) ^ self.start) >> host_bits == 0
    }
}

/// Every address as one of IPv6, so that `::ffff:10.0.0.1` and `10.0.0.1` are the same machine.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_ipv6_mapped()),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// Why a text is not a range of addresses.
#[derive(Debug)]
pub struct NotANetwork(String);

impl fmt::Display for NotANetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not an address or a range of addresses such as 10.0.0.0/8", self.0)
    }
}

impl std::error::Error for NotANetwork {}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.to_owned());
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let length: u32 = length.map_or(Ok(whole), str::parse).map_err(|_| wrong())?;
        if length > whole {
            return Err(wrong());
        }
        Ok(Self { start: number(address), length: 128 - whole + length })
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The address of the client. Only a peer in `proxies` is believed about it, and only as far as its own chain
/// of such proxies reaches: `X-Forwarded-For` is read from the right, and the first address that is not one of
/// ours is the client. What stands further left is whatever the client wrote.
pub(crate) fn of_client(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let ours = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for");
    let mut said = lines.iter().rev().flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    while ours(client) {
        match said.next().and_then(one_forwarded) {
            Some(address) => client = address,
            // Nothing more, or nothing readable: the last proxy that we could follow stands for the client.
            None => break,
        }
    }
    client
}

/// One entry: an address, perhaps with a port, IPv6 perhaps in brackets.
fn one_forwarded(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim().trim_matches('"');
    let bare = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(address, _port)| address);
    let parsed = match bare {
        Some(address) => address.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => {
            entry.parse().ok().or_else(|| entry.parse::<std::net::SocketAddrV4>().ok().map(|at| IpAddr::V4(*at.ip())))
        }
    };
    parsed.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded: &[&str], proxies: &[&str], client: &str) {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let proxies: Vec<Network> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        let found = of_client(peer.parse().unwrap(), &headers, &proxies);
        assert_eq!(found.to_string(), client, "{peer} {forwarded:?} {proxies:?}");
    }

    #[test]
    fn a_forwarded_address_counts_only_as_far_as_our_own_proxies_vouch_for_it() {
        // Nobody is trusted: the header is a stranger's word.
        check("198.51.100.7", &["192.0.2.1"], &[], "198.51.100.7");
        check("198.51.100.7", &["192.0.2.1"], &["10.0.0.0/8"], "198.51.100.7");
        // One proxy of ours: the last entry is its word, the rest is the client's.
        check("10.0.0.5", &["192.0.2.1"], &["10.0.0.0/8"], "192.0.2.1");
        check("10.0.0.5", &["6.6.6.6, 192.0.2.1"], &["10.0.0.0/8"], "192.0.2.1");
        check("10.0.0.5", &["6.6.6.6", "192.0.2.1"], &["10.0.0.0/8"], "192.0.2.1");
        // Two proxies of ours.
        check("10.0.0.5", &["6.6.6.6, 192.0.2.1, 10.9.9.9"], &["10.0.0.0/8"], "192.0.2.1");
        // A client that claims to be one of our proxies gains nothing: its real address stands right of it.
        check("10.0.0.5", &["10.1.1.1, 192.0.2.1"], &["10.0.0.0/8"], "192.0.2.1");
        // Nothing, or nothing readable: the proxy itself.
        check("10.0.0.5", &[], &["10.0.0.0/8"], "10.0.0.5");
        check("10.0.0.5", &["192.0.2.1, unknown"], &["10.0.0.0/8"], "10.0.0.5");
        check("10.0.0.5", &["192.0.2.1,"], &["10.0.0.0/8"], "10.0.0.5");
    }

    #[test]
    fn addresses_are_read_in_every_form_that_proxies_write() {
        for (entry, client) in [
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("\"[2001:db8::7]:443\"", "2001:db8::7"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1 ", "192.0.2.1"),
        ] {
            check("::1", &[entry], &["::1"], client);
        }
        // A connection to a socket of both families arrives as a mapped address.
        check("::ffff:10.0.0.5", &["192.0.2.1"], &["10.0.0.0/8"], "192.0.2.1");
        check("2001:db8:1::9", &["192.0.2.1"], &["2001:db8:1::/48"], "192.0.2.1");
        check("2001:db8:2::9", &["192.0.2.1"], &["2001:db8:1::/48"], "2001:db8:2::9");
        check("10.0.0.5", &["192.0.2.1"], &["0.0.0.0/0"], "192.0.2.1");
        check("2001:db8::1", &["192.0.2.1"], &["::/0"], "192.0.2.1");
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "example.com", "10.0.0.0/8/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
