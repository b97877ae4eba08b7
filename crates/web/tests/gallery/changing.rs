//! Another e-mail address, and the way out of a freeze.

use web::pages::accounts::{ChangeWaiting, EmailPage};
use web::pages::frame::Field;
use web::pages::protections::{ThawPage, TimerRow};
use web::pages::second_factors::FactorRow;

use crate::customers::ADA;
use crate::{Picture, at, at_home, customer, frozen_customer, locked_customer, picture};

/// A thaw that was asked for and is not told yet.
pub(crate) fn thaw_that_waits() -> TimerRow {
    TimerRow {
        id: "0".to_owned(),
        title: "unfreezing your account".to_owned(),
        heading: "Unfreezing your account".to_owned(),
        effect: "Then your account works again.",
        asked: at_home("18:01:44"),
        due: None,
        soonest: at("18:03:20"),
        percent: 0,
        ended: None,
    }
}

pub(crate) fn pages() -> Vec<Picture> {
    let email = |email| EmailPage {
        frame: customer("email"),
        problem: None,
        present: ADA.to_owned(),
        waiting: vec![ChangeWaiting {
            new: "ada@new.example".to_owned(),
            asked: at("17:40:02"),
            until: at("18:03:20"),
        }],
        email,
        undo_hours: 72,
        hold_hours: 72,
    };
    let waiting = thaw_that_waits();
    let thaw = |waits: Option<TimerRow>| ThawPage {
        frame: frozen_customer("thaw"),
        sleeping: vec![FactorRow { asleep: true, ..crate::factors::row("a", "Authenticator app", "My phone") }],
        slower: waits.is_some(),
        waits,
        fast: true,
        old: Some(at("12:00:00")),
        hours: 24,
        days: 7,
        problem: None,
    };
    vec![
        picture("email", &email(Field::empty(254))),
        picture("email-wrong", &email(Field::typed("ada", 254).wrong("This does not look like an e-mail address."))),
        picture("email-frozen", &EmailPage { frame: frozen_customer("email"), ..email(Field::empty(254)) }),
        picture("email-locked", &EmailPage { frame: locked_customer("email"), ..email(Field::empty(254)) }),
        picture("thaw", &thaw(None)),
        picture("thaw-slowly", &ThawPage { fast: false, ..thaw(None) }),
        picture("thaw-waits", &thaw(Some(waiting))),
        picture("thaw-nothing", &ThawPage { frame: customer("thaw"), ..thaw(None) }),
    ]
}
