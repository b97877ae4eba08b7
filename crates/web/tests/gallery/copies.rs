//! Exactly what was sent.

use web::pages::frame::Tone;
use web::pages::notifications::{CopyPage, Found, LetterShown, SentRow};

use crate::{Picture, at, customer, picture};

fn sent(carrier: &'static str, to: &str, fate: &'static str, tone: Tone) -> SentRow {
    SentRow {
        carrier,
        to: to.to_owned(),
        fate,
        at: Some(at("18:01:46")),
        tone,
        explained: None,
        letter: None,
        text: None,
        masked: false,
        no_copy: "It is written when it is handed over, so there is no copy yet.",
        said: Some("250 2.0.0 Ok: queued as 4bRk2c0Xk1z9".to_owned()),
    }
}

fn letter() -> LetterShown {
    let foot = [
        "This letter is about your account at Harbour: a…@mail.example",
        "Its reference is 57-K7PMQ. Signed in, you find this letter by it under Notices; one that is not there is not from us.",
    ];
    LetterShown {
        subject: "Your password was changed".to_owned(),
        paragraphs: vec![
            "2 other sessions were ended.".to_owned(),
            "If this was you, there is nothing to do.".to_owned(),
        ],
        facts: vec![("Time".to_owned(), "22 November 2026, 18:01:44 UTC".to_owned())],
        buttons: vec!["This wasn’t me. Freeze my account".to_owned()],
        foot: foot.map(str::to_owned).to_vec(),
    }
}

pub(crate) fn pages() -> Vec<Picture> {
    let by_mail = SentRow {
        letter: Some(letter()),
        ..sent("A letter", "a…@mail.example", "Handed over to the mail server", Tone::Good)
    };
    let by_sms = SentRow {
        text: Some("Harbour: Your password was changed. 22 Nov, 18:01 UTC. Not you? To stop everything, type these words under Stop on our site: ●●●●●●".to_owned()),
        masked: true,
        explained: Some("The phone network takes no SMS to this number."),
        ..sent("An SMS", "a number that ends in 67", "Refused", Tone::Alarm)
    };
    let waiting =
        SentRow {
            at: None, said: None, ..sent("A letter", "o…@mail.example", "Waits to be handed over", Tone::Warn)
        };
    let found = Found {
        title: "Your password was changed",
        when: at("18:01:44"),
        reported: None,
        reference: "57-K7PMQ".to_owned(),
        sequence: 57,
        inbox: true,
        sent: vec![by_mail, by_sms, waiting],
    };
    let page =
        |found, unknown, typed: &str| CopyPage { frame: customer("notices"), found, unknown, typed: typed.to_owned() };
    let nothing = Found { sent: Vec::new(), ..found.clone() };
    vec![
        picture("copy", &page(Some(found), false, "")),
        picture("copy-nothing-sent", &page(Some(nothing), false, "")),
        picture("copy-unknown", &page(None, true, "57-AAAAA")),
        picture("copy-asked", &page(None, false, "")),
    ]
}
