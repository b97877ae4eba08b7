//! Where a request comes from: the address of the connection, or what our own proxies say it is.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;
pub use domain::Network;

/// The address at the other end of the connection. Whoever accepts connections puts one into each request's
/// extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

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
}
