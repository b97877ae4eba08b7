//! The place that belongs to an address.

use std::net::{IpAddr, Ipv4Addr};

/// Tells the place of an address.
pub trait Places: Send + Sync {
    /// The place, like `Zürich, Switzerland`; `None` if it is not known.
    fn place_of(&self, ip: IpAddr) -> Option<String>;
}

/// Knows no map: only what an address says by itself. Every other place is unknown, and said to be.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnknownPlaces;

impl Places for UnknownPlaces {
    fn place_of(&self, ip: IpAddr) -> Option<String> {
        // The same address may come in IPv6's clothes.
        match ip.to_canonical() {
            ip if ip.is_loopback() => Some("this computer".to_owned()),
            ip if is_private(ip) => Some("private network".to_owned()),
            _ => None,
        }
    }
}

/// Whether an address leads nowhere outside the network it is used in.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || is_shared(v4),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// 100.64.0.0/10: between a provider and its customers (RFC 6598).
fn is_shared(v4: Ipv4Addr) -> bool {
    let [first, second, ..] = v4.octets();
    first == 100 && second & 0b1100_0000 == 64
}

#[cfg(test)]
mod tests {
    use super::{Places, UnknownPlaces};

    #[test]
    fn only_what_an_address_says_by_itself_is_known() {
        for (ip, place) in [
            ("127.0.0.1", "this computer"),
            ("127.9.9.9", "this computer"),
            ("::1", "this computer"),
            ("::ffff:127.0.0.1", "this computer"),
            ("10.1.2.3", "private network"),
            ("172.31.255.255", "private network"),
            ("172.32.0.0", ""),
            ("192.168.0.1", "private network"),
            ("::ffff:192.168.0.1", "private network"),
            ("169.254.1.1", "private network"),
            ("100.63.255.255", ""),
            ("100.64.0.0", "private network"),
            ("100.127.255.255", "private network"),
            ("100.128.0.0", ""),
            ("fd00::1", "private network"),
            ("fe80::1", "private network"),
            ("2001:db8::1", ""),
            ("203.0.113.9", ""),
        ] {
            let known = UnknownPlaces.place_of(ip.parse().unwrap()).unwrap_or_default();
            assert_eq!(known, place, "{ip}");
        }
    }
}
