//! "This wasn't me".

use domain::notifications;
use domain::protections::{self, FreezeCause, Frozen};
use domain::refusal::Refusal;
use domain::sessions::SignInOutcome;
use domain::{Actor, Origin, Span};
use testkit::{World, both, freeze_link, refusal};

both! {
    fn any_notice_freezes_without_signing_in(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        let link = freeze_link(&world.post.newest_to(&mira.email));
        let anybody = Actor::visitor(Origin::default());
        let freeze = |world: &World| {
            let link = link.clone();
            world.app.change(&anybody, move |change| protections::freeze_by_link(change, &link)).wait()
        };
        assert_eq!(freeze(&world).unwrap(), Frozen::Now { sessions_ended: 1 });
        assert!(!world.signed_in(&session.secret));
        assert_eq!(freeze(&world).unwrap(), Frozen::Already);
        world.settle();
        let to_support = world.post.newest_to("support@exchange.example");
        assert!(to_support.subject.starts_with("Case C-"), "{}", to_support.subject);
        assert_eq!(world.post.letters().iter().filter(|letter| letter.to == "support@exchange.example").count(), 1);
        // Frozen: signing in and reading still work, with the owner's word, because no browser is known any more.
        let SignInOutcome::Waiting(_) = world.try_sign_in(&mira).unwrap() else { panic!("a known device was let in") };
        let again = world.sign_in(&mut mira);
        assert!(world.signed_in(&again.secret));
    }

    fn a_freeze_voids_a_sign_in_that_waits(world: World) {
        let mira = world.customer("mira");
        let SignInOutcome::Waiting(pending) = world.try_sign_in(&mira.thief()).unwrap() else { panic!("in without a word") };
        world.settle();
        let letter = world.post.newest_to(&mira.email);
        let (link, stop) = (testkit::act_link(&letter), freeze_link(&letter));
        world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &stop)).wait().unwrap();
        let late = world.app.change(&mira.thief().visitor(), move |change| domain::sessions::confirm_device(change, &link, Some(&pending))).wait();
        assert_eq!(refusal(late), Refusal::LinkSpent);
    }

    fn a_changed_password_does_not_cut_the_owners_brakes(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        let link = freeze_link(&world.post.newest_to(&mira.email));
        world.wait(domain::credentials::change_password(&world.app, &mira.in_session(&session), testkit::PASSWORD, "the thief's own words 66 ash")).unwrap();
        let frozen = world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &link)).wait().unwrap();
        assert!(matches!(frozen, Frozen::Now { .. }));
    }

    fn a_freeze_link_lives_seven_days(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        world.settle();
        let link = freeze_link(&world.post.newest_to(&mira.email));
        world.clock.advance(Span::from_hours(7 * 24));
        let late = world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &link)).wait();
        assert_eq!(refusal(late), Refusal::LinkSpent);
    }

    fn freeze_words_freeze_once_and_are_replaced(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let words = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        let stop = |email: &str, words: &str| world.wait(protections::freeze_by_words(&world.app, &mira.visitor(), email, words));
        assert_eq!(refusal(stop("mira@example.com", "these are not them")), Refusal::WrongFreezeWords);
        assert_eq!(refusal(stop("nobody@example.com", &words)), Refusal::WrongFreezeWords);
        let shouted = format!("  {} ", words.to_uppercase().replace(' ', ",  "));
        assert_eq!(stop("MIRA@example.com", &shouted).unwrap(), Frozen::Now { sessions_ended: 1 });
        let next = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        assert_ne!(words, next);
    }

    fn guessing_freeze_words_is_slowed_down_and_never_for_the_owner_elsewhere(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let eve = mira.thief();
        let guess = || world.wait(protections::freeze_by_words(&world.app, &eve.visitor(), &mira.email, "no such four words"));
        for _ in 0..5 {
            assert_eq!(refusal(guess()), Refusal::WrongFreezeWords);
        }
        assert!(matches!(refusal(guess()), Refusal::TooManyTries { .. }));
        let words = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        let stop = world.wait(protections::freeze_by_words(&world.app, &mira.visitor(), &mira.email, &words));
        assert!(matches!(stop.unwrap(), Frozen::Now { .. }));
    }

    fn fifty_freezes_at_once_are_one_freeze(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let answers: Vec<_> = (0..50)
            .map(|_| world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings)))
            .collect();
        let now = answers.into_iter().map(|answer| answer.wait().unwrap()).filter(|frozen| matches!(frozen, Frozen::Now { .. })).count();
        assert_eq!(now, 1);
        assert_eq!(world.log(account).iter().filter(|line| line.contains("protection.frozen")).count(), 1);
    }

    fn while_mail_is_down_freezing_works_and_the_letters_wait(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        let before = world.post.letters().len();
        world.post.set_down(true);
        let account = session.account;
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)), "a known device needs no mail");
        world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings)).wait().unwrap();
        world.settle();
        assert_eq!(world.post.letters().len(), before);
        world.post.set_down(false);
        world.clock.advance(Span::from_hours(1));
        world.settle();
        let subjects: Vec<String> = world.post.letters()[before..].iter().map(|letter| letter.subject.clone()).collect();
        assert!(subjects.iter().any(|subject| subject == "Your account is frozen"), "{subjects:?}");
        assert_eq!(subjects.len(), 2, "the freeze and the case: {subjects:?}");
    }

    fn a_frozen_account_switches_no_letter_off(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let choose = |on: bool| {
            let actor = mira.in_session(&session);
            world.app.change(&actor, move |change| notifications::choose(change, account, "session.others_ended", on)).wait()
        };
        choose(false).unwrap();
        world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings)).wait().unwrap();
        choose(true).unwrap();
        assert_eq!(refusal(choose(false)), Refusal::AccountFrozen);
        let choices = world.app.view(move |view| notifications::choices(view, account)).wait().unwrap();
        assert!(choices.iter().any(|choice| choice.code == "session.others_ended" && choice.on));
    }

    fn new_freeze_words_leave_the_earlier_ones_working_for_seven_days(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let hers = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        let mut thief = mira.thief();
        let stolen = world.sign_in(&mut thief);
        // A thief at a session replaces them, twice, so that hers are no longer the ones before.
        for _ in 0..2 {
            world.app.change(&thief.in_session(&stolen), move |change| protections::replace_freeze_words(change, account)).wait().unwrap();
        }
        world.settle();
        assert_eq!(world.post.newest_to(&mira.email).subject, "Your freeze words were replaced");
        world.clock.advance(Span::from_hours(7 * 24) - Span::from_secs(1));
        let stop = world.wait(protections::freeze_by_words(&world.app, &mira.visitor(), &mira.email, &hers));
        assert!(matches!(stop.unwrap(), Frozen::Now { .. }));
        let again = world.wait(protections::freeze_by_words(&world.app, &mira.visitor(), &mira.email, &hers));
        assert_eq!(refusal(again), Refusal::WrongFreezeWords, "used words are used");
    }

    fn earlier_freeze_words_end_after_seven_days(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let hers = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        world.app.change(&mira.in_session(&session), move |change| protections::replace_freeze_words(change, account)).wait().unwrap();
        world.clock.advance(Span::from_hours(7 * 24));
        let stop = world.wait(protections::freeze_by_words(&world.app, &mira.visitor(), &mira.email, &hers));
        assert_eq!(refusal(stop), Refusal::WrongFreezeWords);
    }
}
