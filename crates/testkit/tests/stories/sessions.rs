//! Sessions: list, end, expire.

use domain::activity::EndedBy;
use domain::refusal::Refusal;
use domain::{Span, sessions};
use testkit::{both, refusal};

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
}
