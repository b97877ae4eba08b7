//! `countries.tsv`: code, English name, and a point in the middle of the largest piece of land.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::topology::{Point, Topology, area_and_middle};

/// The table, beginning with what it was made from.
pub(super) fn table(packages: &Path, addresses: &(String, String)) -> Result<String> {
    let names = super::json(packages, "cldr-localenames-full/main/en/territories.json")?;
    let names = &names["main"]["en"]["localeDisplayNames"]["territories"];
    let codes = super::json(packages, "cldr-core/supplemental/codeMappings.json")?;
    let middles = middles(packages)?;
    let mut table = format!(
        "# Made by `cargo xtask data`; do not edit. Names: Unicode CLDR 48 (Unicode-3.0). Middles: Natural Earth (public \
         domain).\n# addresses\tiptocc {}\t{}\n",
        addresses.0, addresses.1
    );
    for (code, about) in codes["supplemental"]["codeMappings"].as_object().context("no codes")? {
        let Some(numeric) = about["_numeric"].as_str() else { continue };
        let country = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if let (true, Some(name)) = (country, name(names, code)) {
            write!(table, "{code}\t{name}")?;
            match middles.get(numeric) {
                Some((longitude, latitude)) => writeln!(table, "\t{latitude:.1}\t{longitude:.1}")?,
                None => writeln!(table, "\t\t")?,
            }
        }
    }
    Ok(table)
}

/// The name in English; the short one where the long one explains itself in brackets or says who rules.
fn name<'a>(names: &'a Value, code: &str) -> Option<&'a str> {
    let long = names[code].as_str().filter(|_| !["ZZ", "EU", "UN", "EZ", "QO", "XA", "XB"].contains(&code))?;
    let short = names[format!("{code}-alt-short")].as_str();
    if long.contains('(') || long.contains(" SAR ") { short.or(Some(long)) } else { Some(long) }
}

/// The middle of the largest piece of land of each country, by its numeric code.
fn middles(packages: &Path) -> Result<BTreeMap<String, Point>> {
    let file = super::json(packages, "world-atlas/countries-50m.json")?;
    let topology = Topology::of(&file)?;
    let mut largest: BTreeMap<String, (f64, Point)> = BTreeMap::new();
    for country in file["objects"]["countries"]["geometries"].as_array().into_iter().flatten() {
        // Pieces without a code of their own are parts of somebody else's quarrel.
        let Some(numeric) = country["id"].as_str() else { continue };
        for outline in topology.outlines(country)? {
            let (area, middle) = area_and_middle(&outline);
            let known = largest.entry(numeric.to_owned()).or_insert((area, middle));
            if area > known.0 {
                *known = (area, middle);
            }
        }
    }
    Ok(largest.into_iter().map(|(numeric, (_, middle))| (numeric, middle)).collect())
}
