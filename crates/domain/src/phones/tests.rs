//! Rules of phones.

use crate::phones::PhoneNumber;
use crate::phones::reply::says_freeze;
use crate::refusal::Refusal;

#[test]
fn what_is_a_mobile_number_and_of_which_country() {
    for (typed, stored, country) in [
        ("+41 79 123 45 67", "+41791234567", "CH"),
        ("+41 (0)79 123-45-67", "+41791234567", "CH"),
        (" +44 7400 123456 ", "+447400123456", "GB"),
        ("+49 1512 3456789", "+4915123456789", "DE"),
        // One country code, several countries: the most expensive of them share it with the cheapest.
        ("+1 201-555-0123", "+12015550123", "US"),
        ("+1 876 210 1234", "+18762101234", "JM"),
    ] {
        let (number, of) = PhoneNumber::parse_mobile(typed).unwrap_or_else(|_| panic!("{typed}"));
        assert_eq!((number.as_str(), of.code()), (stored, country), "{typed}");
    }
}

#[test]
fn what_is_none() {
    for typed in [
        "",
        "+",
        "079 123 45 67",
        "+41",
        "+41 79 123",
        "+41 79 123 45 67 8",
        "+41 44 668 18 00",   // a fixed line
        "+41 900 123 456",    // costs who calls it
        "+44 909 879 0000",   // costs who calls it
        "+44 7911 123456 x5", // an extension
        "+1 201 555 CALL",
        "+882 16 12345678", // a satellite phone
        "tel:+41791234567",
        "+41791234567;phone-context=evil",
        "+41791234567,+41791234568",
        "\u{ff0b}41791234567",
        "+\u{0664}\u{0661}791234567",
        "+41 79 123 45 67\r\nBcc: x",
        "++41791234567",
        &"+41791234567".repeat(10),
    ] {
        assert_eq!(PhoneNumber::parse_mobile(typed).unwrap_err(), Refusal::PhoneUnfit, "{typed}");
    }
}

#[test]
fn a_sender_is_one_number_however_the_gateway_writes_it() {
    for text in ["+41791234567", "41791234567", "0041791234567", " +41791234567 "] {
        assert_eq!(PhoneNumber::of_sender(text).unwrap().as_str(), "+41791234567", "{text}");
    }
    for text in ["", "+", "Harbour", "5000", "+41 79 123 45 67", "++41791234567", "00", "4179123456789012345"] {
        assert_eq!(PhoneNumber::of_sender(text), None, "{text}");
    }
}

#[test]
fn the_first_word_of_a_reply_decides() {
    for text in ["FREEZE", "freeze", " Freeze! ", "\u{201c}FREEZE\u{201d}", "freeze please", "Freeze."] {
        assert!(says_freeze(text), "{text}");
    }
    for text in ["", "STOP", "do not freeze", "freezer", "FREE ZE", "unfreeze", "fr\u{435}eze"] {
        assert!(!says_freeze(text), "{text}");
    }
}
