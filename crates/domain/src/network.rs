//! Ranges of addresses, as operators write them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, de};

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

    /// Whether no address in it is on the open internet: it lies within one of the ranges that are kept for something else.
    pub fn is_private(&self) -> bool {
        let within = |kept: &Self| kept.length <= self.length && kept.contains(Ipv6Addr::from(self.start).into());
        if KEPT_V4.iter().chain(KEPT_V6.iter()).any(within) {
            return true;
        }
        let outside = !within(&GLOBAL_V6) && self.length >= GLOBAL_V6.length;
        outside && !self.contains(Ipv4Addr::UNSPECIFIED.into()) && Ipv6Addr::from(self.start).to_ipv4_mapped().is_none()
    }

    /// Whether some of it leads to what clouds tell their machines, secrets too (link-local), or hides an address of IPv4 that
    /// does (NAT64): somewhere that nobody means who names a network of their own.
    pub fn leads_astray(&self) -> bool {
        let shares = |other: &Self| {
            self.contains(Ipv6Addr::from(other.start).into()) || other.contains(Ipv6Addr::from(self.start).into())
        };
        ASTRAY.iter().any(shares)
    }

    /// Whether the address lies in this range.
    pub fn contains(&self, address: IpAddr) -> bool {
        let host_bits = 128 - self.length;
        // A shift by all 128 bits would be no shift at all.
        host_bits == 128 || (number(address) ^ self.start) >> host_bits == 0
    }
}

/// Whether an address is somewhere on the open internet: not this machine, not a network of the operator's, and none of the
/// ranges that the registries (IANA) keep for something else.
pub fn is_public(address: IpAddr) -> bool {
    // What only wraps an address of IPv4 leads to that address.
    let inner = number(address) & 0xffff_ffff;
    let inner = IpAddr::V4(u32::try_from(inner).expect("32 bits").into());
    if TRANSLATED.contains(address) {
        return is_public(inner);
    }
    match address.to_canonical() {
        IpAddr::V4(_) => !KEPT_V4.iter().any(|network| network.contains(address)),
        IpAddr::V6(_) => GLOBAL_V6.contains(address) && !KEPT_V6.iter().any(|network| network.contains(address)),
    }
}

fn ranges(texts: &[&str]) -> Vec<Network> {
    texts.iter().map(|text| text.parse().expect("a range of addresses")).collect()
}

/// Private, shared (carrier-grade NAT), loopback, link-local (where clouds keep their machines' secrets), documentation,
/// benchmarks, multicast, and what is reserved.
static KEPT_V4: LazyLock<Vec<Network>> = LazyLock::new(|| {
    ranges(&[
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    ])
});

/// All that is given out of IPv6 to be reached: loopback, unique local, link-local and multicast are outside.
static GLOBAL_V6: LazyLock<Network> = LazyLock::new(|| "2000::/3".parse().expect("a range of addresses"));

/// Tunnels, which hide an address of IPv4, and documentation.
static KEPT_V6: LazyLock<Vec<Network>> =
    LazyLock::new(|| ranges(&["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]));

/// What a translator (NAT64) makes of an address of IPv4.
static TRANSLATED: LazyLock<Network> = LazyLock::new(|| "64:ff9b::/96".parse().expect("a range of addresses"));

/// Link-local addresses, with the one where clouds answer over IPv6, and what translators make of IPv4.
static ASTRAY: LazyLock<Vec<Network>> =
    LazyLock::new(|| ranges(&["169.254.0.0/16", "fe80::/10", "fd00:ec2::254", "64:ff9b::/96", "64:ff9b:1::/48"]));

/// Every address as one of IPv6, so that `::ffff:10.0.0.1` and `10.0.0.1` are the same machine.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_ipv6_mapped()),
        IpAddr::V6(address) => u128::from(address),
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, length) = self.prefix();
        write!(f, "{address}/{length}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_is_none_is_refused() {
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "example.com", "10.0.0.0/8/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_on_the_open_internet_is_told_from_what_is() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("172.32.0.1", true),
            ("100.128.0.1", true),
            ("2606:4700::1111", true),
            ("64:ff9b::808:808", true),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.168.0.1", false),
            ("100.64.0.1", false),
            ("100.127.255.255", false),
            ("169.254.169.254", false),
            ("192.0.0.192", false),
            ("198.18.0.1", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("::127.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("64:ff9b:1::1", false),
            ("2002:7f00:1::", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("fc00::1", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[test]
    fn a_range_of_ones_own_is_told_from_one_that_reaches_further() {
        for (range, private) in [
            ("10.0.0.0/8", true),
            ("10.20.0.0/16", true),
            ("127.0.0.1", true),
            ("192.168.1.0/24", true),
            ("fd00::/8", true),
            ("::1", true),
            ("0.0.0.0/0", false),
            ("192.0.0.0/8", false),
            ("172.0.0.0/8", false),
            ("8.8.8.8", false),
            ("::/0", false),
            ("::/64", false),
            ("2000::/3", false),
            ("2606:4700::/32", false),
        ] {
            assert_eq!(range.parse::<Network>().unwrap().is_private(), private, "{range}");
        }
    }

    #[test]
    fn a_range_that_leads_to_a_clouds_secrets_is_told_from_one_of_ones_own() {
        for (range, astray) in [
            ("169.254.169.254", true),
            ("169.254.0.0/16", true),
            ("169.0.0.0/8", true),
            ("0.0.0.0/0", true),
            ("64:ff9b::/96", true),
            ("64:ff9b::a9fe:a9fe", true),
            ("fe80::1", true),
            ("fd00::/8", true),
            ("fd12:3456::/32", false),
            ("10.20.0.0/16", false),
            ("127.0.0.1", false),
            ("::1", false),
        ] {
            assert_eq!(range.parse::<Network>().unwrap().leads_astray(), astray, "{range}");
        }
    }

    #[test]
    fn a_range_is_written_as_it_is_read() {
        for text in ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128", "0.0.0.0/0"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }
}
