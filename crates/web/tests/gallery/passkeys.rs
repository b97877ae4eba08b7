//! Passkeys: the list, and the page that registers one.

use web::pages::passkeys::{NewPasskeyPage, PasskeyRow, PasskeysPage};

use crate::{Picture, at, customer, picture};

pub(crate) fn pages() -> Vec<Picture> {
    let row = |name: &str, kind, means, last_used| PasskeyRow {
        id: format!("0197e0a1-0000-7000-8000-{:012}", name.len()),
        name: name.to_owned(),
        kind,
        means,
        added: at("09:12:40"),
        last_used,
        leaving: None,
        asleep: false,
    };
    let list = |passkeys, only| PasskeysPage {
        frame: customer("passkeys"),
        passkeys,
        only,
        relying_party: Some("harbour.exchange.example".to_owned()),
        user: "AZfgoQ".to_owned(),
        accepted: "AAAA BBBB".to_owned(),
    };
    let new = |allowed, problem| NewPasskeyPage { frame: customer("passkeys"), allowed, problem, longest: 60 };
    let refused =
        "This passkey is registered already. Use another device or security key for another passkey.".to_owned();
    vec![
        picture("passkeys-none", &list(Vec::new(), false)),
        picture(
            "passkeys",
            &list(
                vec![
                    row("My phone", "Synced passkey", "Your password manager carries it to your other devices.", None),
                    row("The grey key", "Security key", "It is in a key you carry.", Some(at("18:01:00"))),
                ],
                true,
            ),
        ),
        picture("passkeys-nowhere", &PasskeysPage { relying_party: None, ..list(Vec::new(), false) }),
        picture("passkey-new", &new(true, Some(refused))),
        picture("passkey-new-unproved", &new(false, None)),
    ]
}
