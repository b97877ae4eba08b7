//! The place that belongs to an address: its country from a table that is compiled in, and its town where the operator
//! brings a file that knows it.

mod city;
mod countries;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use domain::activity::{Country, Place};
use serde::Deserialize;

pub use countries::{KnownCountry, TableDate, country, table_date};

use city::CityFile;

/// `[places]` of `countersign.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacesSettings {
    /// A file in `MaxMind`'s format (MMDB) that knows towns; empty for none.
    pub city_file: PathBuf,
    /// What that file asks to be said of it where places are shown.
    pub credit: String,
    /// Where that leads.
    pub credit_url: String,
}

/// Everything we know of addresses.
#[derive(Debug)]
pub struct Places {
    city: Option<Arc<CityFile>>,
}

impl Places {
    /// Reads what the settings name, in the background: the first answers may know no more than the country.
    pub fn new(settings: &PlacesSettings) -> Self {
        let named = !settings.city_file.as_os_str().is_empty();
        Self { city: named.then(|| CityFile::watched(settings.city_file.clone())) }
    }

    /// The place of an address; `None` if it is not known.
    pub fn place_of(&self, ip: IpAddr) -> Option<Place> {
        // The same address may come in IPv6's clothes.
        let ip = ip.to_canonical();
        if ip.is_loopback() {
            return Some(Place::named("This computer"));
        }
        if is_private(ip) {
            return Some(Place::named("Private network"));
        }
        self.city.as_ref().and_then(|city| city.place_of(ip)).or_else(|| of_the_table(ip))
    }
}

/// The country of an address, as the registries of the internet gave it out.
fn of_the_table(ip: IpAddr) -> Option<Place> {
    let code: Country = iptocc::country_code(ip)?.parse().ok()?;
    let country = country(code)?;
    Some(Place { text: country.name.to_owned(), country: Some(code), spot: None })
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
mod tests;
