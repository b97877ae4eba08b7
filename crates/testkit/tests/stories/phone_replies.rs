//! FREEZE by SMS: who is stopped, and what it does not do.

use domain::protections::{self, Sensitive};
use domain::refusal::Refusal;
use domain::sessions::NewSession;
use domain::{Span, credentials};
use testkit::{PASSWORD, Person, both, code_in, refusal};

use crate::phones::{HERS, OTHER, ask, confirm, confirmed, reply};

both! {
    fn a_reply_of_freeze_freezes_whoever_confirmed_that_number_and_does_nothing_else(world: World) {
        let (mut mira, mut noor, mut jonas) = (world.customer("mira"), world.customer("noor"), world.customer("jonas"));
        let sessions = [world.sign_in(&mut mira), world.sign_in(&mut noor), world.sign_in(&mut jonas)];
        world.add_phone(&mira, &sessions[0], HERS);
        world.add_phone(&noor, &sessions[1], HERS);
        ask(&world, &jonas, &sessions[2], OTHER).unwrap();
        assert_eq!(reply(&world, HERS, "who is this?").unwrap(), 0);
        assert_eq!(reply(&world, "+41791234568", "FREEZE").unwrap(), 0);
        assert_eq!(reply(&world, OTHER, "FREEZE").unwrap(), 0, "the number was not confirmed");
        assert!(sessions.iter().all(|session| world.signed_in(&session.secret)));
        assert_eq!(reply(&world, "0041791234567", " freeze!").unwrap(), 2);
        assert!(!world.signed_in(&sessions[0].secret) && !world.signed_in(&sessions[1].secret));
        assert!(world.signed_in(&sessions[2].secret));
        assert_eq!(reply(&world, HERS, "FREEZE").unwrap(), 2, "what is already so is success");
        let log = world.log(sessions[0].account);
        assert_eq!(log.iter().filter(|line| line.contains("protection.frozen visitor")).count(), 1, "{log:?}");
        world.settle();
        assert!(world.post.newest_text_to(HERS).contains("Your account is frozen"));
    }

    fn a_number_stops_ten_accounts_and_the_one_that_confirmed_it_last_first(world: World) {
        let people: Vec<(Person, NewSession)> = (0..11)
            .map(|number| {
                let mut person = world.customer(&format!("person{number}"));
                let session = world.sign_in(&mut person);
                (person, session)
            })
            .collect();
        let add = |(person, session): &(Person, NewSession)| {
            world.settle();
            // As many codes an hour as go to one number.
            world.clock.advance(Span::from_hours(1));
            ask(&world, person, session, HERS).unwrap();
            world.settle();
            confirm(&world, person, session, &code_in(&world.post.newest_text_to(HERS)))
        };
        for with_session in &people[..10] {
            add(with_session).unwrap();
        }
        assert_eq!(refusal(add(&people[10])), Refusal::PhoneOfMany);
        assert_eq!(confirmed(&world, &people[10].1), None);
        let number = domain::phones::PhoneNumber::stored(HERS.to_owned());
        let newest = world.app.view(move |view| Ok(view.rows().accounts_by_phone(&number, 1)?)).wait().unwrap();
        assert_eq!(newest, [people[9].1.account]);
        let (first, session) = &people[0];
        world.approve(first, session, Sensitive::ChangePhone { new: None }).unwrap();
        add(&people[10]).unwrap();
        assert_eq!(reply(&world, HERS, "FREEZE").unwrap(), 10);
        assert!(!world.signed_in(&people[10].1.secret));
    }

    fn a_reply_of_freeze_does_not_keep_an_account_frozen(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        assert_eq!(reply(&world, HERS, "FREEZE").unwrap(), 1);
        world.settle();
        let session = world.sign_in(&mut mira);
        let account = session.account;
        world.approve(&mira, &session, Sensitive::ThawSlowly).unwrap();
        world.settle();
        // Whoever forges her number sends it again.
        assert_eq!(reply(&world, HERS, "FREEZE").unwrap(), 1, "what is already so is success");
        let timers = world.app.view(move |view| protections::timers(view, account)).wait().unwrap();
        assert_eq!(timers.len(), 1, "her thaw runs on");
        // A letter of hers still stops it.
        let link = testkit::freeze_link(&world.post.newest_to(&mira.email));
        world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &link)).wait().unwrap();
        let timers = world.app.view(move |view| protections::timers(view, account)).wait().unwrap();
        assert_eq!(timers, []);
    }

    fn replies_of_one_number_are_listened_to_five_times_an_hour(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        for number in ["+41791234568", HERS] {
            for _ in 0..5 {
                reply(&world, number, "FREEZE").unwrap();
            }
            assert!(matches!(refusal(reply(&world, number, "FREEZE")), Refusal::TooManyTries { .. }), "{number}");
            reply(&world, number, "not that word").unwrap();
        }
        world.clock.advance(Span::from_hours(1));
        reply(&world, HERS, "FREEZE").unwrap();
    }

    fn an_sms_to_a_frozen_account_does_not_offer_to_freeze_it(world: World) {
        let world = world.restarted(|settings| settings.phone.replies = true);
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        let actor = mira.in_session(&session);
        let change = credentials::change_password(&world.app, &actor, PASSWORD, "nine green boats in the fog");
        world.wait(change).unwrap();
        world.settle();
        assert!(world.post.newest_text_to(HERS).contains("reply FREEZE"), "it offers while there is something to freeze");
        mira.password = "nine green boats in the fog".into();
        assert_eq!(reply(&world, HERS, "FREEZE").unwrap(), 1);
        world.settle();
        let session = world.sign_in(&mut mira);
        world.approve(&mira, &session, Sensitive::ThawSlowly).unwrap();
        world.settle();
        let text = world.post.newest_text_to(HERS);
        assert!(text.contains("Unfreezing your account was asked for"), "{text}");
        assert!(!text.contains("FREEZE"), "{text}");
        assert!(text.contains("type these words under Stop"), "the words stop a thaw: {text}");
    }
}
