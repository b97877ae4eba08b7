//! Names and middles of countries: `data/countries.tsv`, made by `cargo xtask data`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::activity::{Country, Spot};

const TABLE: &str = include_str!("../../data/countries.tsv");

/// A country as customers call it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownCountry {
    /// Its name in English.
    pub name: &'static str,
    /// A point in the middle of its largest piece of land, for a map.
    pub middle: Option<Spot>,
}

/// Which table of addresses is compiled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableDate {
    /// The version of the crate that carries it.
    pub version: &'static str,
    /// The day it was published, like `2026-11-01`.
    pub day: &'static str,
}

static COUNTRIES: LazyLock<BTreeMap<Country, KnownCountry>> =
    LazyLock::new(|| TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(read).collect());

fn read(line: &'static str) -> Option<(Country, KnownCountry)> {
    let mut fields = line.split('\t');
    let (code, name) = (fields.next()?.parse().ok()?, fields.next()?);
    let (latitude, longitude) = (fields.next()?.parse().ok(), fields.next()?.parse().ok());
    let middle = latitude.zip(longitude).and_then(|(latitude, longitude)| Spot::at(latitude, longitude));
    Some((code, KnownCountry { name, middle }))
}

/// What is known of a country; `None` for letters that no country has.
pub fn country(code: Country) -> Option<KnownCountry> {
    COUNTRIES.get(&code).copied()
}

/// From when the table of addresses is.
pub fn table_date() -> TableDate {
    let about = TABLE.lines().find_map(|line| line.strip_prefix("# addresses\tiptocc ")).unwrap_or_default();
    let (version, day) = about.split_once('\t').unwrap_or_default();
    TableDate { version, day }
}
