//! Every page with made-up data: checked for what all pages promise, and written to
//! `target/tmp/gallery` so that people can look at them.

mod browsers;
mod changing;
mod copies;
mod customers;
mod factors;
mod passkeys;
mod rules;
mod strangers;

use std::path::Path;
use std::sync::Arc;

use askama::Template;
use web::pages::assets;
use web::pages::frame::{Brand, Customer, Frame, Frozen, Sighting, Thaw, When};

/// A page and the name of its file.
pub(crate) struct Picture {
    name: &'static str,
    html: String,
}

pub(crate) fn picture(name: &'static str, page: &impl Template) -> Picture {
    Picture { name, html: page.render().expect("every template renders") }
}

pub(crate) fn brand() -> Arc<Brand> {
    Arc::new(Brand {
        name: "Harbour".to_owned(),
        origin: "https://harbour.exchange.example".to_owned(),
        support_address: "support@harbour.exchange.example".to_owned(),
        mail_from: "notices@harbour.exchange.example".to_owned(),
        accent: "#12507b".to_owned(),
    })
}

pub(crate) fn stranger(here: &'static str) -> Frame {
    Frame { brand: brand(), demo: false, customer: None, here, done: None, thaw: Thaw { hours: 24, days: 7 } }
}

pub(crate) fn customer(here: &'static str) -> Frame {
    Frame {
        customer: Some(Customer { email: "ada@mail.example".to_owned(), unread: 2, frozen: None, locked: false }),
        ..stranger(here)
    }
}

pub(crate) fn frozen_customer(here: &'static str) -> Frame {
    Frame {
        customer: Some(Customer {
            email: "ada@mail.example".to_owned(),
            unread: 3,
            frozen: Some(Frozen { since: at("18:04:12") }),
            locked: false,
        }),
        ..stranger(here)
    }
}

/// A customer whose settings are locked.
pub(crate) fn locked_customer(here: &'static str) -> Frame {
    let frame = customer(here);
    Frame { customer: frame.customer.map(|customer| Customer { locked: true, ..customer }), ..stranger(here) }
}

pub(crate) fn at(clock: &str) -> When {
    When { iso: format!("2026-11-22T{clock}Z"), text: format!("22\u{a0}Nov\u{a0}2026, {clock}\u{a0}UTC") }
}

pub(crate) fn seen(clock: &str, place: &str, ip: &str, browser: &str) -> Sighting {
    Sighting {
        when: at(clock),
        reported: None,
        place: place.to_owned(),
        ip: ip.to_owned(),
        browser: browser.to_owned(),
    }
}

pub(crate) fn at_home(clock: &str) -> Sighting {
    seen(clock, "Hamburg, Germany", "203.0.113.24", "Firefox 145 on Windows")
}

pub(crate) fn far_away(clock: &str) -> Sighting {
    seen(clock, "Unknown place", "2001:db8:85a3:8d3:1319:8a2e:370:7348", "Chrome 143 on Linux")
}

fn all_pages() -> Vec<Picture> {
    let mut pages = strangers::pages();
    pages.extend(customers::pages());
    pages.extend(passkeys::pages());
    pages.extend(copies::pages());
    pages
}

#[test]
fn every_page_keeps_the_rules() {
    let mut broken = Vec::new();
    for page in all_pages() {
        for complaint in rules::complaints(&page.html) {
            broken.push(format!("{}: {complaint}", page.name));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_page_can_be_looked_at() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gallery");
    let assets_folder = folder.join("assets");
    std::fs::create_dir_all(&assets_folder).unwrap();
    for page in all_pages() {
        std::fs::write(folder.join(format!("{}.html", page.name)), page.html).unwrap();
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    for name in ["site.css", "site.js", "passkeys.js", "icon.svg"] {
        std::fs::copy(source.join(name), assets_folder.join(name)).unwrap();
    }
    let colour = assets::brand_css(&brand().accent);
    std::fs::write(assets_folder.join("brand.css"), colour).unwrap();
}
