//! The check-up, and the browsers that are known.

use domain::checkup::{self, State};
use domain::protections;
use domain::refusal::Refusal;
use domain::sessions::{self, SignInOutcome};
use domain::{Span, View};
use testkit::{World, both, refusal};

both! {
    fn the_check_up_says_how_it_stands_and_keeps_the_customers_word(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let state = |code: &'static str| {
            let lines = world.app.view(move |view: &mut View<'_>| checkup::lines(view, account)).wait().unwrap();
            lines.into_iter().find(|line| line.code == code).unwrap().state
        };
        let say = |code: &'static str| {
            world.app.change(&mira.in_session(&session), move |change| checkup::say(change, account, code)).wait()
        };
        assert_eq!(state("yours_alone"), State::Good);
        let factors = world.app.view(move |view: &mut View<'_>| domain::second_factors::list(view, account)).wait();
        assert_eq!(factors.unwrap(), []);
        assert_eq!(state("second_factor"), State::Weak);
        assert_eq!(state("one_address"), State::Unsaid);
        say("one_address").unwrap();
        assert_eq!(state("one_address"), State::Good);
        // What is no longer so is taken back, and is so however often.
        let unsay = |code: &'static str| {
            world.app.change(&mira.in_session(&session), move |change| checkup::unsay(change, account, code)).wait()
        };
        unsay("one_address").unwrap();
        unsay("one_address").expect("it is taken back");
        assert_eq!(state("one_address"), State::Unsaid);
        assert_eq!(refusal(unsay("second_factor")), Refusal::NoSuchThing);
        let told = world.log(account).into_iter().filter(|entry| entry.contains(" checkup.taken_back "));
        assert_eq!(told.count(), 1);
        // Other freeze words have to be kept anew.
        say("freeze_words").unwrap();
        assert_eq!(state("freeze_words"), State::Good);
        let replace = world.app.change(&mira.in_session(&session), move |change| protections::replace_freeze_words(change, account));
        replace.wait().unwrap();
        assert_eq!(state("freeze_words"), State::Unsaid);
        // Nobody talks a line good that we can see for ourselves.
        assert_eq!(refusal(say("second_factor")), Refusal::NoSuchThing);
        world.clock.advance(Span::from_hours(61 * 24));
        assert_eq!(state("unique_password"), State::Better);
    }

    fn a_forgotten_browser_ends_its_sessions_and_asks_by_letter_again(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let known = |world: &World| world.app.view(move |view: &mut View<'_>| sessions::devices(view, account)).wait().unwrap();
        let laptop = world.app.view(move |view| sessions::list(view, account)).wait().unwrap()[0].device;
        let named = world.app.change(&mira.in_session(&session), move |change| sessions::name(change, account, laptop, " My laptop ")).wait();
        named.unwrap();
        assert!(known(&world).iter().any(|device| device.device.id == laptop && device.device.called() == "My laptop"));
        // Somebody else's browser is not there.
        let mut eve = world.customer("eve");
        let theirs = world.sign_in(&mut eve);
        let foreign = world.app.change(&eve.in_session(&theirs), move |change| sessions::forget(change, theirs.account, laptop)).wait();
        assert_eq!(refusal(foreign), Refusal::NoSuchThing);
        assert!(world.signed_in(&session.secret));
        let forget = || world.app.change(&mira.in_session(&session), move |change| sessions::forget(change, account, laptop)).wait();
        forget().unwrap();
        forget().expect("forgetting what is forgotten succeeds");
        assert!(!world.signed_in(&session.secret));
        assert!(known(&world).iter().all(|device| device.device.id != laptop));
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::Waiting(_)));
    }
}
