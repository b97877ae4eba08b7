//! Rules of accounts.

use crate::accounts::EmailAddress;

#[test]
fn what_counts_as_one_address() {
    for good in ["mira@example.com", "o'brien+here@mail.example.co.uk", " trimmed@example.com "] {
        assert!(EmailAddress::parse(good).is_ok(), "{good}");
    }
    let long = format!("{}@example.com", "a".repeat(65));
    for bad in [
        "",
        "@",
        "mira",
        "mira@",
        "@example.com",
        "mira@localhost",
        "a@b@example.com",
        "mira@example.com,eve@example.org",
        "mira@example.com;eve@example.org",
        "mira@example.com eve@example.org",
        "mira@example.com\r\nBcc: eve@example.org",
        "\"mira\"@example.com",
        "mira <mira@example.com>",
        ".mira@example.com",
        "mi..ra@example.com",
        "mira@-example.com",
        "mira@example..com",
        "mira@[127.0.0.1]",
        "Ümit@example.de",
        "ümit@exämple.de",
        "\u{212A}ira@example.com",
        "mira\u{202e}@example.com",
        "mira\u{ff20}example.com",
        long.as_str(),
    ] {
        assert!(EmailAddress::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn case_makes_no_other_address() {
    let key = |text| EmailAddress::parse(text).unwrap().key();
    assert_eq!(key("Mira@Example.COM"), key("mira@example.com"));
}

#[test]
fn letters_are_counted_for_the_mailbox_and_not_for_what_stands_behind_a_plus_sign() {
    for (address, mailbox) in [
        ("Mira@Example.com", "mira@example.com"),
        ("mira+shop@example.com", "mira@example.com"),
        ("mira+a+b@example.com", "mira@example.com"),
        ("mira+@example.com", "mira@example.com"),
        ("+mira@example.com", "+mira@example.com"),
        ("mira.b@example.com", "mira.b@example.com"),
    ] {
        let address = EmailAddress::parse(address).unwrap();
        assert_eq!(address.mailbox(), mailbox);
        assert_eq!(address.key(), address.as_str().to_lowercase(), "the address itself is unchanged");
    }
}
