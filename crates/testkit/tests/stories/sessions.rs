//! Sessions: list, end, expire.

use domain::activity::EndedBy;
use domain::refusal::Refusal;
use domain::{Span, sessions};
use testkit::{both, refusal};

/// Something the owner does against a session that is not hers.
type Brake = fn(&testkit::World, &domain::Actor, &sessions::NewSession, domain::ids::SessionId);

both! {
    fn ending_the_others_keeps_this_one(world: World) {
        let mut mira = world.customer("mira");
        let first = world.sign_in(&mut mira);
        let second = world.sign_in(&mut mira);
        let third = world.sign_in(&mut mira);
        let (account, kept) = (second.account, second.session);
        let ended = world.app.change(&mira.in_session(&second), move |change| sessions::end_others(change, account, kept)).wait().unwrap();
        assert_eq!(ended, 2);
        assert!(world.signed_in(&second.secret));
        assert!(!world.signed_in(&first.secret) && !world.signed_in(&third.secret));
        let again = world.app.change(&mira.in_session(&second), move |change| sessions::end_others(change, account, kept)).wait();
        assert_eq!(again.unwrap(), 0);
    }

    fn another_customers_session_is_not_there(world: World) {
        let (mut mira, mut noor) = (world.customer("mira"), world.customer("noor"));
        let (hers, his) = (world.sign_in(&mut mira), world.sign_in(&mut noor));
        let (account, foreign) = (hers.account, his.session);
        let tried = world.app.change(&mira.in_session(&hers), move |change| sessions::end(change, account, foreign, EndedBy::OtherDevice)).wait();
        assert_eq!(refusal(tried), Refusal::NoSuchThing);
        assert!(world.signed_in(&his.secret));
    }

    fn signing_out_twice_is_signing_out(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let (account, id) = (session.account, session.session);
        for _ in 0..2 {
            world.app.change(&mira.in_session(&session), move |change| sessions::end(change, account, id, EndedBy::You)).wait().unwrap();
        }
        assert!(!world.signed_in(&session.secret));
        assert_eq!(world.log(account).iter().filter(|line| line.contains("session.ended")).count(), 1);
    }

    fn an_idle_session_ends_after_thirty_minutes_and_a_used_one_after_twelve_hours(world: World) {
        let mut mira = world.customer("mira");
        let idle = world.sign_in(&mut mira);
        let used = world.sign_in(&mut mira);
        for _ in 0..(12 * 60 / 20 - 1) {
            world.clock.advance(Span::from_mins(20));
            assert!(world.signed_in(&used.secret));
        }
        assert!(!world.signed_in(&idle.secret));
        world.clock.advance(Span::from_mins(20));
        assert!(!world.signed_in(&used.secret));
        world.settle();
        let account = used.account;
        let log = world.app.view(move |view| domain::activity::newer(view, account, 0)).wait().unwrap();
        let causes: Vec<EndedBy> = log
            .iter()
            .filter_map(|entry| match entry.event {
                domain::activity::Event::SessionEnded { by, .. } => Some(by),
                _ => None,
            })
            .collect();
        assert!(causes.contains(&EndedBy::Age), "{causes:?}");
        assert_eq!(causes.len(), 2);
    }

    fn a_session_that_is_used_just_before_the_idle_time_lives_on(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.clock.advance(Span::from_mins(29));
        assert!(world.signed_in(&session.secret));
        world.clock.advance(Span::from_mins(29));
        world.settle();
        assert!(world.signed_in(&session.secret));
        world.clock.advance(Span::from_mins(30));
        assert!(!world.signed_in(&session.secret));
    }

    fn a_browser_whose_sessions_the_owner_ended_is_not_known_any_more(world: World) {
        let mut mira = world.customer("mira");
        let brakes: [(&str, Brake); 3] = [
            ("ended it", |world, actor, here, stolen| {
                let account = here.account;
                world.app.change(actor, move |change| sessions::end(change, account, stolen, EndedBy::OtherDevice)).wait().unwrap();
            }),
            ("ended all others", |world, actor, here, _| {
                let (account, kept) = (here.account, here.session);
                world.app.change(actor, move |change| sessions::end_others(change, account, kept)).wait().unwrap();
            }),
            ("changed the password", |world, actor, _, _| {
                world.wait(domain::credentials::change_password(&world.app, actor, testkit::PASSWORD, "a fresh set of words 58 willow")).unwrap();
            }),
        ];
        for (brake, pull) in brakes {
            world.settle();
            let here = world.sign_in(&mut mira);
            let actor = mira.in_session(&here);
            let mut thief = mira.thief();
            let stolen = world.sign_in(&mut thief);
            assert!(matches!(world.try_sign_in(&thief).unwrap(), domain::sessions::SignInOutcome::In(_)));
            pull(&world, &actor, &here, stolen.session);
            if brake == "changed the password" {
                (thief.password, mira.password) = ("a fresh set of words 58 willow".into(), "a fresh set of words 58 willow".into());
            }
            let back = world.try_sign_in(&thief).unwrap();
            assert!(matches!(back, domain::sessions::SignInOutcome::Waiting(_)), "the owner {brake}");
            assert!(matches!(world.try_sign_in(&mira).unwrap(), domain::sessions::SignInOutcome::In(_)), "the owner's own is known");
            // Letters that strangers cause are counted by the hour.
            world.clock.advance(Span::from_hours(1));
        }
    }
}
