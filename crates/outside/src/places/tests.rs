//! What is known of addresses.

use std::path::Path;

use super::city::CityFile;
use super::{Places, PlacesSettings, country, table_date};

fn words(places: &Places, ip: &str) -> String {
    places.place_of(ip.parse().unwrap()).map(|place| place.text).unwrap_or_default()
}

#[test]
fn what_an_address_says_by_itself_is_no_country() {
    let places = Places::new(&PlacesSettings::default());
    for (ip, place) in [
        ("127.0.0.1", "This computer"),
        ("127.9.9.9", "This computer"),
        ("::1", "This computer"),
        ("::ffff:127.0.0.1", "This computer"),
        ("10.1.2.3", "Private network"),
        ("172.31.255.255", "Private network"),
        ("192.168.0.1", "Private network"),
        ("::ffff:192.168.0.1", "Private network"),
        ("169.254.1.1", "Private network"),
        ("100.64.0.0", "Private network"),
        ("100.127.255.255", "Private network"),
        ("fd00::1", "Private network"),
        ("fe80::1", "Private network"),
        ("2001:db8::1", ""),
        ("203.0.113.9", ""),
        ("192.0.2.1", ""),
        ("198.51.100.1", ""),
        ("0.0.0.0", ""),
        ("224.0.0.1", ""),
        ("255.255.255.255", ""),
        ("::", ""),
        ("ff02::1", ""),
    ] {
        assert_eq!(words(&places, ip), place, "{ip}");
        assert!(places.place_of(ip.parse().unwrap()).is_none_or(|place| place.country.is_none()), "{ip}");
    }
}

#[test]
fn the_table_knows_the_country_of_public_addresses() {
    let places = Places::new(&PlacesSettings::default());
    for (ip, place, code) in [
        ("129.132.1.1", "Switzerland", "CH"),
        ("::ffff:129.132.1.1", "Switzerland", "CH"),
        ("2001:67c:10ec::1", "Switzerland", "CH"),
        ("141.2.1.1", "Germany", "DE"),
        ("193.0.6.139", "Netherlands", "NL"),
        ("2001:67c:2e8:22::c100:68b", "Netherlands", "NL"),
        ("202.12.29.1", "Australia", "AU"),
        ("133.11.0.1", "Japan", "JP"),
        ("200.3.14.10", "Uruguay", "UY"),
        ("196.216.2.1", "South Africa", "ZA"),
        ("18.0.0.1", "United States", "US"),
        ("172.32.0.0", "United States", "US"),
        ("100.63.255.255", "United States", "US"),
        ("203.119.86.101", "Australia", "AU"),
    ] {
        let found = places.place_of(ip.parse().unwrap());
        let found = found.map(|place| (place.text, place.country.unwrap().to_string(), place.spot));
        assert_eq!(found, Some((place.to_owned(), code.to_owned(), None)), "{ip}");
    }
}

#[test]
fn every_country_that_addresses_can_have_has_a_name() {
    let mut unnamed = std::collections::BTreeSet::new();
    // One address of every sixteenth /24 finds every country that has a few thousand addresses.
    for number in (0..1_u32 << 24).step_by(16) {
        if let Some(code) = iptocc::country_code(std::net::Ipv4Addr::from(number << 8))
            && country(code.parse().unwrap()).is_none()
        {
            unnamed.insert(code);
        }
    }
    // The registries' own words for what is no country.
    for none in ["ZZ", "EU", "AP"] {
        unnamed.remove(none);
    }
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

#[test]
fn countries_are_called_by_plain_names_and_lie_where_they_lie() {
    for (code, name, latitude, longitude) in [
        ("CH", "Switzerland", 47, 8),
        ("US", "United States", 40, -99),
        ("RU", "Russia", 62, 100),
        ("HK", "Hong Kong", 22, 114),
        ("FR", "France", 47, 3),
        ("NZ", "New Zealand", -44, 171),
        ("SG", "Singapore", 1, 104),
    ] {
        let known = country(code.parse().unwrap()).unwrap();
        let middle = known.middle.unwrap();
        assert_eq!(known.name, name);
        assert!((middle.latitude() - f64::from(latitude)).abs() < 2.0, "{name} {middle}");
        assert!((middle.longitude() - f64::from(longitude)).abs() < 2.0, "{name} {middle}");
    }
    assert_eq!(country("ZZ".parse().unwrap()), None);
}

#[test]
fn the_date_that_is_shown_is_that_of_the_table_that_is_compiled_in() {
    let lock = include_str!("../../../../Cargo.lock");
    let date = table_date();
    let ours = format!("name = \"iptocc\"\nversion = \"{}\"", date.version);
    assert!(lock.contains(&ours), "the table of addresses is another one: run `cargo xtask data`");
    assert_eq!(date.day.len(), 10, "{date:?}");
}

/// A made-up file that knows one town, for every IPv4 address that begins with 129.
fn city_file(town: &str) -> Vec<u8> {
    let text = |text: &str| [vec![0x40 | u8::try_from(text.len()).unwrap()], text.into()].concat();
    let map = |pairs: &[(&str, Vec<u8>)]| {
        let size = vec![0xe0 | u8::try_from(pairs.len()).unwrap()];
        pairs.iter().fold(size, |map, (key, value)| [map, text(key), value.clone()].concat())
    };
    let number = |size: u8, value: u32| {
        let bytes = value.to_be_bytes();
        [vec![size], bytes[4 - usize::from(size & 0x1f)..].into()].concat()
    };
    let long = |value: u64| [vec![0x08, 0x02], value.to_be_bytes().into()].concat();
    let double = |value: f64| [vec![0x68], value.to_be_bytes().into()].concat();
    let name = |name: &str| map(&[("en", text(name))]);
    let entry = map(&[
        ("city", map(&[("names", name(town))])),
        ("country", map(&[("iso_code", text("CH")), ("names", name("Swiss Confederation"))])),
        ("location", map(&[("latitude", double(47.3769)), ("longitude", double(8.5417))])),
    ]);
    // Eight nodes walk down the bits of 129; each other branch leads to "nothing known", which is the number of nodes.
    let nodes = 8_u32;
    let found = nodes + 16;
    let tree: Vec<u8> = (0..8_u32)
        .flat_map(|bit| {
            let onward = if bit == 7 { found } else { bit + 1 };
            let (zero, one) = if 129 >> (7 - bit) & 1 == 1 { (nodes, onward) } else { (onward, nodes) };
            [&zero.to_be_bytes()[1..], &one.to_be_bytes()[1..]].concat()
        })
        .collect();
    let about = map(&[
        ("binary_format_major_version", number(0xa2, 2)),
        ("binary_format_minor_version", number(0xa2, 0)),
        ("build_epoch", long(1_780_000_000)),
        ("database_type", text("Made-up")),
        ("description", map(&[])),
        ("ip_version", number(0xa2, 4)),
        ("languages", vec![0x00, 0x04]),
        ("node_count", number(0xc4, nodes)),
        ("record_size", number(0xa2, 24)),
    ]);
    [tree, vec![0; 16], entry, b"\xab\xcd\xefMaxMind.com".into(), about].concat()
}

fn town(file: &CityFile, ip: &str) -> String {
    file.place_of(ip.parse().unwrap()).map(|place| place.text).unwrap_or_default()
}

/// Puts a file where another was, as an operator should: by renaming.
fn put(path: &Path, content: &[u8]) {
    let new = path.with_extension("new");
    std::fs::write(&new, content).unwrap();
    std::fs::rename(new, path).unwrap();
}

#[test]
fn towns_come_from_the_operators_file_and_it_is_read_anew_when_it_changes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("city.mmdb");
    let file = CityFile::at(path.clone());
    file.look();
    assert_eq!(town(&file, "129.132.1.1"), "", "nothing is known before there is a file");

    put(&path, &city_file("Zürich"));
    file.look();
    assert_eq!(town(&file, "129.132.1.1"), "Zürich, Switzerland");
    assert_eq!(town(&file, "130.132.1.1"), "");
    let place = file.place_of("129.132.1.1".parse().unwrap()).unwrap();
    assert_eq!(place.country.unwrap().code(), "CH");
    assert_eq!(place.spot.unwrap().to_string(), "47.38 8.54");

    put(&path, &city_file("Bern"));
    file.look();
    assert_eq!(town(&file, "129.132.1.1"), "Bern, Switzerland");
}

#[test]
fn a_file_that_is_missing_or_broken_fails_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("city.mmdb");
    let whole = city_file("Bern");
    for broken in [&b""[..], b"not a database", &whole[..whole.len() / 2], &whole[10..]] {
        put(&path, broken);
        let file = CityFile::at(path.clone());
        file.look();
        assert_eq!(town(&file, "129.132.1.1"), "");
    }
    // Broken inside: the lookup fails, and the table answers instead.
    let mut gnawed = whole.clone();
    gnawed[64..96].fill(0xff);
    put(&path, &gnawed);
    let file = CityFile::at(path.clone());
    file.look();
    assert_eq!(town(&file, "129.132.1.1"), "");

    put(&path, &whole);
    file.look();
    std::fs::remove_file(&path).unwrap();
    file.look();
    assert_eq!(town(&file, "129.132.1.1"), "Bern, Switzerland", "what was read goes on being known");
}

#[test]
fn a_town_with_a_name_that_fits_no_line_is_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("city.mmdb");
    put(&path, &city_file("a\nb"));
    let file = CityFile::at(path);
    file.look();
    assert_eq!(town(&file, "129.132.1.1"), "Switzerland");
}
