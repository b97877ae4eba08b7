//! The page of the browsers that are known.

use web::pages::sessions::{DeviceRow, DevicesPage, PasskeyHere};

use crate::{Picture, at, at_home, customer, picture, seen};

pub(crate) fn page() -> Picture {
    let laptop = DeviceRow {
        id: "1".to_owned(),
        called: "Desk at home".to_owned(),
        name: "Desk at home".to_owned(),
        first: at("08:30:19"),
        last: at_home("18:01:44"),
        places: vec![
            ("Zürich, Switzerland".to_owned(), at("18:01:44")),
            ("Lisbon, Portugal".to_owned(), at("09:12:40")),
        ],
        more_places: 3,
        passkeys: vec![
            PasskeyHere { name: "My phone".to_owned(), registered: None, used: Some(at("18:01:44")) },
            PasskeyHere { name: "Key on my ring".to_owned(), registered: Some(at("09:00:12")), used: None },
        ],
        this_one: true,
        until: at("18:01:44"),
    };
    let phone = DeviceRow {
        id: "2".to_owned(),
        called: "Safari 19 on iPhone".to_owned(),
        name: String::new(),
        last: seen("14:10:31", "Hamburg, Germany", "198.51.100.7", "Safari 19 on iPhone"),
        places: Vec::new(),
        more_places: 0,
        passkeys: Vec::new(),
        this_one: false,
        ..laptop.clone()
    };
    picture("devices", &DevicesPage { frame: customer("devices"), devices: vec![laptop, phone] })
}
