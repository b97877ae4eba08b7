//! The mail server goes away and comes back, with the carrier that production uses.

use std::sync::Arc;

use domain::clock::{Clock, SystemClock};
use domain::protections::{self, FreezeCause};
use domain::sessions::SignInOutcome;
use domain::{App, Span, notifications};
use outside::mail::SmtpCarrier;
use outside::mailbox::Mailbox;
use testkit::wire::{Cut, Wire};
use testkit::{World, both};

use crate::machine::carrier;

both! {
    fn while_the_mail_server_is_away_known_devices_sign_in_and_the_letters_wait(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        let (mailbox, wire, carrier) = post(&world);

        wire.set(Cut::Always);
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)), "a known device needs no mail");
        let account = session.account;
        let freeze = world.app.change(&mira.in_session(&session), move |change| {
            protections::freeze(change, account, FreezeCause::Settings)
        });
        freeze.wait().unwrap();
        deliver(&world.app, &carrier);
        assert_eq!(mailbox.newest_first(), []);

        wire.set(Cut::Never);
        world.clock.advance(Span::from_hours(1));
        deliver(&world.app, &carrier);
        let mut subjects: Vec<String> = mailbox.newest_first().iter().map(|letter| letter.subject.clone()).collect();
        subjects.sort();
        assert!(subjects[0].starts_with("Case ") && subjects[1] == "Your account is frozen", "{subjects:?}");
        assert_eq!(subjects.len(), 2);
    }

    fn a_letter_whose_yes_was_lost_goes_out_once_more_with_its_name_and_never_again(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        world.settle();
        let (mailbox, wire, carrier) = post(&world);

        let SignInOutcome::Waiting(_) = world.try_sign_in(&mira.thief()).unwrap() else { panic!("in without a word") };
        wire.set(Cut::AfterOnce);
        deliver(&world.app, &carrier);
        assert_eq!(mailbox.newest_first().len(), 1, "it arrived, and the server's yes did not");
        for _ in 0..3 {
            world.clock.advance(Span::from_hours(1));
            deliver(&world.app, &carrier);
        }
        let letters = mailbox.newest_first();
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[0].header("Message-ID"), letters[1].header("Message-ID"));
        assert_eq!(letters[0].text, letters[1].text, "the links in both are the same");
    }
}

/// A mail server, the wire to it and the carrier at its other end.
fn post(world: &World) -> (Mailbox, Wire, SmtpCarrier) {
    let mailbox = world.wait(Mailbox::open(Arc::new(SystemClock))).unwrap();
    let wire = Wire::to(mailbox.address().port(), b"\r\n.\r\n");
    let clock: Arc<dyn Clock> = world.clock.clone();
    let carrier = carrier(wire.port, clock);
    (mailbox, wire, carrier)
}

fn deliver(app: &App, carrier: &SmtpCarrier) {
    while notifications::deliver(app, carrier).unwrap().done > 0 {}
}
