//! How much of something anybody can cause: what is bounded, whom the bound reaches, and whom it must not.

use domain::activity::{EndedBy, Event};
use domain::credentials::Beside;
use domain::protections::{self, Carried, FreezeCause, Frozen, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::sessions::{NewSession, SignInOutcome};
use domain::{CHORES, Span, approvals, credentials, sessions};
use testkit::{PASSWORD, Person, World, both, refusal};

/// The same person at another address.
fn at(person: &Person, ip: &str) -> Person {
    let mut moved = person.clone();
    moved.origin.ip = Some(ip.parse().expect("an address"));
    moved
}

fn stop_by_words(world: &World, person: &Person, email: &str, words: &str) -> Result<Frozen, Stop> {
    world.wait(protections::freeze_by_words(&world.app, &person.visitor(), email, words))
}

fn in_at_once(world: &World, person: &Person) -> NewSession {
    match world.try_sign_in(person) {
        Ok(SignInOutcome::In(session)) => session,
        other => panic!("not in at once: {other:?}"),
    }
}

both! {
    fn beyond_fifty_sessions_the_oldest_ends_and_the_log_says_why(world: World) {
        let mut mira = world.customer("mira");
        let mut open = vec![world.sign_in(&mut mira)];
        for _ in 0..52 {
            world.clock.advance(Span::from_secs(1));
            open.push(in_at_once(&world, &mira));
        }
        let account = open[0].account;
        let listed = world.app.view(move |view| sessions::list(view, account)).wait().unwrap();
        assert_eq!(listed.len(), 50);
        let alive: Vec<bool> = open.iter().map(|session| world.signed_in(&session.secret)).collect();
        assert_eq!(alive, [vec![false; 3], vec![true; 50]].concat());
        let log = world.app.view(move |view| domain::activity::newer(view, account, 0)).wait().unwrap();
        let ended: Vec<_> = log
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::SessionEnded { session, by: EndedBy::TooMany, .. } => Some((*session, entry.event.spec().detail)),
                _ => None,
            })
            .collect();
        assert_eq!(ended.iter().map(|(session, _)| *session).collect::<Vec<_>>(), [0, 1, 2].map(|old| open[old].session));
        assert!(ended[0].1.contains("so many others were open"), "{}", ended[0].1);
        // Whoever stops everything stops fifty, and no more.
        let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Settings);
        let frozen = world.app.change(&mira.in_session(&open[52]), freeze).wait().unwrap();
        assert_eq!(frozen, Frozen::Now { sessions_ended: 50 });
    }

    fn one_known_device_has_sixty_right_passwords_an_hour_and_nobody_is_told_of_more(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let mut laptop = Person { devices: Vec::new(), ..mira.clone() };
        world.sign_in(&mut laptop);
        for _ in 0..60 {
            in_at_once(&world, &mira);
        }
        world.settle();
        let before = (world.log(account).len(), world.post.letters().len());
        for _ in 0..5 {
            assert!(matches!(refusal(world.try_sign_in(&mira)), Refusal::TooManyTries { .. }));
        }
        world.settle();
        assert_eq!((world.log(account).len(), world.post.letters().len()), before, "nobody is told");
        in_at_once(&world, &laptop);
        world.clock.advance(Span::from_hours(1));
        in_at_once(&world, &mira);
    }

    fn one_session_has_sixty_right_passwords_an_hour(world: World) {
        let mut mira = world.customer("mira");
        let (here, there) = (world.sign_in(&mut mira), world.sign_in(&mut mira));
        let weak = |session: &NewSession| {
            world.wait(credentials::change_password(&world.app, &mira.in_session(session), PASSWORD, "too short"))
        };
        for _ in 0..60 {
            assert!(matches!(refusal(weak(&here)), Refusal::PasswordUnfit(_)));
        }
        assert!(matches!(refusal(weak(&here)), Refusal::TooManyTries { .. }));
        assert!(matches!(refusal(weak(&there)), Refusal::PasswordUnfit(_)), "another session is not held up");
    }

    fn one_household_and_one_network_try_so_many_freeze_words_an_hour_whatever_addresses_they_name(world: World) {
        let eve = Person::new("eve");
        let stop = |name: usize, ip: &str| {
            let email = format!("made-up{name}@example.com");
            refusal(stop_by_words(&world, &at(&eve, ip), &email, "no such four words"))
        };
        for name in 0..60 {
            assert_eq!(stop(name, "2001:db8:0:1::7"), Refusal::WrongFreezeWords);
        }
        assert!(matches!(stop(60, "2001:db8:0:1::8"), Refusal::TooManyTries { .. }), "the household");
        assert_eq!(stop(60, "2001:db8:0:2::7"), Refusal::WrongFreezeWords, "the one beside it");
        for name in 61..600 {
            assert_eq!(stop(name, &format!("2001:db8:0:{name}::7")), Refusal::WrongFreezeWords);
        }
        assert!(matches!(stop(600, "2001:db8:0:7777::7"), Refusal::TooManyTries { .. }), "the network");
        assert_eq!(stop(600, "2001:db8:1::7"), Refusal::WrongFreezeWords, "the one beside it");
        world.clock.advance(Span::from_hours(1));
        assert_eq!(stop(600, "2001:db8:0:1::7"), Refusal::WrongFreezeWords);
    }

    fn three_hundred_wrong_freeze_words_are_nine_entries_that_count_them(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        for number in 0..300 {
            let eve = at(&mira.thief(), &format!("10.{}.{}.7", number / 100, number % 100));
            let stop = stop_by_words(&world, &eve, &mira.email, "no such four words");
            assert_eq!(refusal(stop), Refusal::WrongFreezeWords);
        }
        world.settle();
        let log = world.app.view(move |view| domain::activity::newer(view, account, 0)).wait().unwrap();
        let tries = |entry: &domain::activity::Entry| match entry.event {
            Event::FreezeWordsWrong { tries } => Some(tries),
            _ => None,
        };
        assert_eq!(log.iter().filter_map(tries).collect::<Vec<_>>(), [1, 2, 3, 6, 12, 24, 48, 96, 192]);
        let told = world.post.letters().iter().filter(|letter| letter.subject.contains("with wrong words")).count();
        assert_eq!(told, 7, "from the third on");
        // The owner's brake works all the while.
        let words = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        assert!(matches!(stop_by_words(&world, &mira, &mira.email, &words).unwrap(), Frozen::Now { .. }));
    }

    fn housekeeping_goes_on_until_nothing_is_left(world: World) {
        let world = world.restarted(|settings| {
            (settings.guess.words_hourly, settings.guess.words_network_hourly) = (10_000, 10_000);
            settings.guess.openings_hourly = 1000;
        });
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let eve = mira.thief();
        for number in 0..201 {
            let email = format!("made-up{number}@example.com");
            world.wait(domain::accounts::open(&world.app, &eve.visitor(), &email, PASSWORD)).unwrap();
            let (here, what) = (session.session, Sensitive::AddApp);
            world.app.change(&mira.in_session(&session), move |change| approvals::ask(change, here, &what)).wait().unwrap();
        }
        for number in 0..2100 {
            let stop = stop_by_words(&world, &eve, &format!("nobody{number}@example.com"), "no such four words");
            assert_eq!(refusal(stop), Refusal::WrongFreezeWords);
        }
        world.clock.advance(Span::from_hours(25));
        for (name, at_least) in
            [("credentials_forget_guesses", 2100), ("approvals_forget", 201), ("accounts_forget_unconfirmed", 201)]
        {
            let chore = CHORES.iter().find(|chore| chore.name == name).unwrap();
            let done = chore.turn(&world.app, || false).unwrap().done;
            assert!(done >= at_least, "{name}: {done}");
            assert_eq!(chore.turn(&world.app, || false).unwrap().done, 0, "{name}: more was left");
        }
    }

    fn one_mailbox_gets_four_openings_an_hour_whatever_stands_behind_its_plus_sign(world: World) {
        let eve = Person::new("eve").visitor();
        let open = |email: &str| world.wait(domain::accounts::open(&world.app, &eve, email, PASSWORD));
        for number in 0..4 {
            open(&format!("victim+{number}@example.com")).unwrap();
        }
        assert!(matches!(refusal(open("victim+5@example.com")), Refusal::TooManyMails { .. }));
        assert!(matches!(refusal(open("victim@example.com")), Refusal::TooManyMails { .. }));
        open("victims@example.com").unwrap();
        world.settle();
        let to: Vec<String> = world.post.letters().into_iter().map(|letter| letter.to).collect();
        assert_eq!(to.iter().filter(|to| to.starts_with("victim+")).count(), 4, "{to:?}");
    }

    fn a_session_that_starts_waits_again_and_again_rings_the_phone_thirty_times_and_the_freeze_still_does(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let number = "+41791234567";
        world.add_phone(&mira, &session, number);
        let (actor, account) = (mira.in_session(&session), session.account);
        world.recovery_codes(&mira, &session);
        world.approve(&mira, &session, Sensitive::ArmLock { days: 1 }).unwrap();
        for _ in 0..35 {
            let Carried::Waits(timer) = world.approve(&mira, &session, Sensitive::Unlock).unwrap() else {
                panic!("unlocking does not wait");
            };
            world.app.change(&actor, move |change| protections::cancel(change, account, timer.timer)).wait().unwrap();
            world.settle();
        }
        let about = |what: &str| world.post.texts().iter().filter(|sms| sms.to == number && sms.text.contains(what)).count();
        assert_eq!(about("A change that weakens your account was asked for"), 30);
        assert!(about("A change that waited was stopped") <= 30);
        let mailed = world.post.letters().iter().filter(|letter| letter.subject.contains("weakens your account")).count();
        assert_eq!(mailed, 35, "every one by mail");
        let said = world.post.letters().iter().filter(|letter| letter.subject == "Many SMS went to your phone").count();
        assert!((1..=2).contains(&said), "once for each count that is full: {said}");
        let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Link);
        world.app.change(&mira.visitor(), freeze).wait().unwrap();
        world.settle();
        assert!(world.post.newest_text_to(number).contains("Your account is frozen"));
    }

    fn the_strength_of_passwords_is_asked_so_often_an_hour_by_a_network_and_by_a_customer(world: World) {
        let world = world.restarted(|settings| settings.guess.checks_hourly = 20);
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let thought = credentials::normalize("some words that nobody uses 77");
        let check = |actor: &domain::Actor| world.wait(credentials::check(&world.app, actor, &thought, &Beside::default()));
        let stranger = Person::new("eve");
        for neighbour in 0..20 {
            check(&at(&stranger, &format!("192.0.2.{neighbour}")).visitor()).unwrap();
        }
        assert!(matches!(refusal(check(&stranger.visitor())), Refusal::TooManyTries { .. }), "one network");
        check(&at(&stranger, "198.51.100.7").visitor()).unwrap();
        // A customer in that network is counted by themself, and setting a password is not counted here at all.
        for _ in 0..20 {
            check(&mira.in_session(&session)).unwrap();
        }
        assert!(matches!(refusal(check(&mira.in_session(&session))), Refusal::TooManyTries { .. }), "one customer");
        let fresh = "a fresh set of words 58 willow";
        world.wait(credentials::change_password(&world.app, &mira.in_session(&session), PASSWORD, fresh)).unwrap();
        world.clock.advance(Span::from_hours(1));
        check(&stranger.visitor()).unwrap();
    }
}
