//! Ranges of addresses, as operators write them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

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
    fn a_range_is_written_as_it_is_read() {
        for text in ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128", "0.0.0.0/0"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }
}
