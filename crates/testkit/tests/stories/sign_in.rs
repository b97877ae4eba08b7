//! Signing in.

use domain::protections::{self, FreezeCause};
use domain::refusal::Refusal;
use domain::sessions::{self, SignInOutcome};
use domain::{Span, links};
use testkit::{World, act_link, both, refusal};

both! {
    fn an_unknown_browser_waits_for_its_owner_and_then_is_known(world: World) {
        let mut mira = world.customer("mira");
        let SignInOutcome::Waiting(_) = world.try_sign_in(&mira).unwrap() else { panic!("in without a word") };
        let session = world.sign_in(&mut mira);
        assert!(world.signed_in(&session.secret));
        let SignInOutcome::In(_) = world.try_sign_in(&mira).unwrap() else { panic!("not known") };
        world.settle();
        assert_eq!(world.post.newest_to(&mira.email).subject, "Somebody signed in from a new browser");
    }

    fn the_link_lets_nobody_in_but_the_browser_that_asked(world: World) {
        let mira = world.customer("mira");
        let eve = mira.thief();
        let SignInOutcome::Waiting(pending) = world.try_sign_in(&eve).unwrap() else { panic!("in without a word") };
        world.settle();
        let letter = world.post.newest_to(&mira.email);
        let link = act_link(&letter);
        // The owner opens the link in her own browser: it shows where it was asked from and can only deny.
        let looked = link.clone();
        let shown = world.app.view(move |view| links::show(view, &looked, None)).wait().unwrap();
        assert!(!shown.grantable);
        assert_eq!(shown.pending.unwrap().origin, eve.origin);
        let tried = link.clone();
        let elsewhere = world.app.change(&mira.visitor(), move |change| sessions::confirm_device(change, &tried, None)).wait();
        assert_eq!(refusal(elsewhere), Refusal::LinkForOtherBrowser);
        let denied = link.clone();
        let account = world.app.change(&mira.visitor(), move |change| sessions::deny_device(change, &denied)).wait().unwrap();
        let again = link.clone();
        world.app.change(&mira.visitor(), move |change| sessions::deny_device(change, &again)).wait().unwrap();
        let late = world.app.change(&eve.visitor(), move |change| sessions::confirm_device(change, &link, Some(&pending))).wait();
        assert_eq!(refusal(late), Refusal::LinkSpent);
        let log = world.log(account);
        assert_eq!(log.iter().filter(|line| line.contains("sign_in.denied")).count(), 1, "{log:?}");
    }

    fn the_link_lives_fifteen_minutes_and_works_once(world: World) {
        let mira = world.customer("mira");
        let SignInOutcome::Waiting(pending) = world.try_sign_in(&mira).unwrap() else { panic!("in without a word") };
        world.settle();
        let link = act_link(&world.post.newest_to(&mira.email));
        let confirm = |world: &World| {
            let (link, pending) = (link.clone(), pending.clone());
            world.app.change(&mira.visitor(), move |change| sessions::confirm_device(change, &link, Some(&pending))).wait()
        };
        confirm(&world).unwrap();
        assert_eq!(refusal(confirm(&world)), Refusal::LinkSpent);

        let SignInOutcome::Waiting(pending) = world.try_sign_in(&mira).unwrap() else { panic!("in without a word") };
        world.settle();
        let link = act_link(&world.post.newest_to(&mira.email));
        world.clock.advance(Span::from_mins(15));
        let late = world.app.change(&mira.visitor(), move |change| sessions::confirm_device(change, &link, Some(&pending))).wait();
        assert_eq!(refusal(late), Refusal::LinkSpent);
    }

    fn of_fifty_confirmations_at_once_one_gets_the_session(world: World) {
        let mira = world.customer("mira");
        let SignInOutcome::Waiting(pending) = world.try_sign_in(&mira).unwrap() else { panic!("in without a word") };
        world.settle();
        let link = act_link(&world.post.newest_to(&mira.email));
        let answers: Vec<_> = (0..50).map(|_| {
            let (link, pending) = (link.clone(), pending.clone());
            world.app.change(&mira.visitor(), move |change| sessions::confirm_device(change, &link, Some(&pending)))
        }).collect();
        let let_in = answers.into_iter().flat_map(domain::Answer::wait).count();
        assert_eq!(let_in, 1);
    }

    fn an_unknown_address_and_a_wrong_password_get_one_answer(world: World) {
        let mira = world.customer("mira");
        let wrong = testkit::Person { password: "not the password 31 dune".into(), ..mira.clone() };
        let nobody = testkit::Person::new("nobody");
        assert_eq!(refusal(world.try_sign_in(&wrong)), refusal(world.try_sign_in(&nobody)));
    }

    fn guessing_slows_strangers_down_and_never_a_known_device(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let eve = testkit::Person { password: "guess number one 11 reed".into(), ..mira.thief() };
        for _ in 0..5 {
            assert_eq!(refusal(world.try_sign_in(&eve)), Refusal::WrongEmailOrPassword);
        }
        let Refusal::TooManyTries { until } = refusal(world.try_sign_in(&eve)) else { panic!("a sixth guess was looked at") };
        assert_eq!(until.duration_since(world.app.clock().now()), Span::from_secs(15));
        // The stranger has the right password now; it is not looked at either.
        let lucky = mira.thief();
        assert!(matches!(refusal(world.try_sign_in(&lucky)), Refusal::TooManyTries { .. }));
        // The owner, on a device that is known, is not held up.
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)));
        world.settle();
        let told = world.post.letters().iter().filter(|letter| letter.subject.contains("wrong password")).count();
        assert_eq!(told, 1, "told once, after the third");
        assert_eq!(world.log(account).iter().filter(|line| line.contains("sign_in.failed")).count(), 5);
    }

    fn a_source_network_has_three_hundred_guesses_an_hour(world: World) {
        let guess = |name: String, ip: String| {
            let mut stranger = testkit::Person::new(&name);
            stranger.origin.ip = Some(ip.parse().unwrap());
            refusal(world.try_sign_in(&stranger))
        };
        for number in 0..300 {
            let neighbour = format!("198.51.100.{}", number % 250);
            assert_eq!(guess(format!("nobody{number}"), neighbour), Refusal::WrongEmailOrPassword);
        }
        assert!(matches!(guess("one-more".into(), "198.51.100.7".into()), Refusal::TooManyTries { .. }));
        assert_eq!(guess("one-more".into(), "203.0.113.7".into()), Refusal::WrongEmailOrPassword);
        world.clock.advance(Span::from_hours(1));
        assert_eq!(guess("one-more".into(), "198.51.100.7".into()), Refusal::WrongEmailOrPassword);
    }

    fn strangers_everywhere_keep_the_owner_out_of_no_browser(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let guess = |network: usize| {
            let mut eve = testkit::Person { password: "guess number one 11 reed".into(), ..mira.thief() };
            eve.origin.ip = Some(format!("10.{}.{}.66", network / 250, network % 250).parse().unwrap());
            refusal(world.try_sign_in(&eve))
        };
        for network in 0..40 {
            for _ in 0..5 {
                assert_eq!(guess(network), Refusal::WrongEmailOrPassword, "network {network}");
            }
        }
        world.clock.advance(Span::from_mins(15));
        assert!(matches!(guess(0), Refusal::TooManyTries { .. }), "two hundred a day were looked at, and one more");
        // A new laptop somewhere else: the right password is looked at, and the owner is asked by letter.
        let laptop = testkit::Person { devices: Vec::new(), ..mira.clone() };
        assert!(matches!(world.try_sign_in(&laptop).unwrap(), SignInOutcome::Waiting(_)));
        // After a freeze no browser is known; the one that was has counts of its own, in whatever network.
        world.app.change(&mira.visitor(), move |change| protections::freeze(change, account, FreezeCause::Settings)).wait().unwrap();
        let mut home = mira.clone();
        home.origin.ip = Some("10.0.0.66".parse().unwrap());
        assert!(matches!(world.try_sign_in(&home).unwrap(), SignInOutcome::Waiting(_)), "forgotten, and not kept out");
        // Another network still gets three, and no more.
        for _ in 0..3 {
            assert_eq!(guess(40), Refusal::WrongEmailOrPassword);
        }
        assert!(matches!(guess(40), Refusal::TooManyTries { .. }));
        world.clock.advance(Span::from_hours(24));
        assert_eq!(guess(40), Refusal::WrongEmailOrPassword);
    }

    fn wrong_passwords_from_many_places_are_told_like_those_from_one(world: World) {
        let mira = world.customer("mira");
        for network in 0..12 {
            let mut eve = testkit::Person { password: "guess number one 11 reed".into(), ..mira.thief() };
            eve.origin.ip = Some(format!("10.0.{network}.66").parse().unwrap());
            assert_eq!(refusal(world.try_sign_in(&eve)), Refusal::WrongEmailOrPassword);
        }
        world.settle();
        let told = world.post.letters().iter().filter(|letter| letter.subject.contains("wrong password")).count();
        assert_eq!(told, 3, "after the third, the sixth and the twelfth");
    }

    fn what_others_in_the_network_do_holds_up_no_known_device(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        let mut refused = 0;
        for number in 0..310 {
            let neighbour = testkit::Person { email: format!("made-up{number}@example.com"), devices: Vec::new(), ..mira.clone() };
            refused += u32::from(matches!(refusal(world.try_sign_in(&neighbour)), Refusal::TooManyTries { .. }));
        }
        assert!(refused > 0, "the network's guesses are not counted");
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)));
        let words = "no such four words";
        let stop = world.wait(domain::protections::freeze_by_words(&world.app, &mira.visitor(), &mira.email, words));
        assert_eq!(refusal(stop), Refusal::WrongFreezeWords, "they are looked at");
    }

    fn a_letter_about_wrong_passwords_is_made_up_for_when_one_was_lost(world: World) {
        let mira = world.customer("mira");
        let wrong = testkit::Person { password: "not the password 31 dune".into(), ..mira.clone() };
        for _ in 0..12 {
            assert_eq!(refusal(world.try_sign_in(&wrong)), Refusal::WrongEmailOrPassword);
            world.clock.advance(Span::from_mins(15));
        }
        world.settle();
        let told = world.post.letters().iter().filter(|letter| letter.subject.contains("wrong password")).count();
        assert_eq!(told, 3, "after the third, the sixth and the twelfth");
    }

    fn fifty_wrong_passwords_at_once_count_as_fifty(world: World) {
        let mira = world.customer("mira");
        let wrong = testkit::Person { password: "guess number one 11 reed".into(), ..mira };
        let given = sessions::SignIn { email: wrong.email.clone(), password: wrong.password.clone(), devices: Vec::new() };
        let looked_at = world.wait(async {
            let tries = (0..50).map(|_| {
                let (app, given, actor) = (world.app.clone(), given.clone(), wrong.visitor());
                tokio::spawn(async move { sessions::sign_in(&app, &actor, &given).await })
            });
            let mut looked_at = 0;
            for attempt in tries.collect::<Vec<_>>() {
                looked_at += u32::from(refusal(attempt.await.unwrap()) == Refusal::WrongEmailOrPassword);
            }
            looked_at
        });
        assert_eq!(looked_at, 5);
    }

    fn counters_are_forgotten_after_a_day_and_not_before(world: World) {
        let eve = testkit::Person::new("nobody");
        for _ in 0..3 {
            assert_eq!(refusal(world.try_sign_in(&eve)), Refusal::WrongEmailOrPassword);
        }
        world.clock.advance(Span::from_hours(24));
        assert_eq!(domain::credentials::forget_guesses(&world.app).unwrap().done, 0);
        world.clock.advance(Span::from_secs(1));
        assert!(domain::credentials::forget_guesses(&world.app).unwrap().done >= 2, "address and network");
        assert_eq!(domain::credentials::forget_guesses(&world.app).unwrap().done, 0);
    }
}

/// One slot that hashes slowly, and room for one who waits.
#[test]
fn what_cannot_be_hashed_soon_is_turned_away_and_not_held_against_anybody() {
    let world = World::with_settings(testkit::Database::sqlite(), |settings| {
        settings.password.hashing_slots = 1;
        settings.password.hashing_queue = 1;
        settings.password.argon2_memory_kib = 19_456;
        settings.password.argon2_passes = 20;
    });
    let nobody = testkit::Person::new("nobody");
    world.wait(async {
        let password = domain::credentials::normalize("somebody else's new password");
        let mut hashed = Vec::new();
        while hashed.len() < 2 {
            let mut hashing = Box::pin(world.app.hashing().hash(&password));
            tokio::select! {
                biased;
                // The slot has not fetched the first one yet.
                busy = &mut hashing => assert_eq!(refusal(busy), Refusal::Busy),
                () = std::future::ready(()) => hashed.push(hashing),
            }
        }
        let given =
            sessions::SignIn { email: nobody.email.clone(), password: "a guess 11 reed".into(), devices: Vec::new() };
        for _ in 0..10 {
            assert_eq!(refusal(sessions::sign_in(&world.app, &nobody.visitor(), &given).await), Refusal::Busy);
        }
        for hashing in hashed {
            hashing.await.unwrap();
        }
    });
    // Being turned away ten times is no failure of theirs: only what is looked at counts.
    for _ in 0..2 {
        assert_eq!(refusal(world.try_sign_in(&nobody)), Refusal::WrongEmailOrPassword);
    }
}
