//! Opening an account.

use domain::credentials::Weakness;
use domain::refusal::Refusal;
use domain::sessions::SignInOutcome;
use domain::{SecretText, accounts, links};
use testkit::{PASSWORD, Person, act_link, both, refusal};

both! {
    fn nothing_works_before_the_address_is_confirmed(world: World) {
        let mira = Person::new("mira");
        let browser = world.wait(accounts::open(&world.app, &mira.visitor(), &mira.email, PASSWORD)).unwrap();
        assert_eq!(refusal(world.try_sign_in(&mira)), Refusal::WrongEmailOrPassword);
        world.settle();
        let letter = world.post.newest_to("mira@example.com");
        assert_eq!(letter.subject, "Your account was opened");
        let link = act_link(&letter);
        let elsewhere = {
            let link = link.clone();
            world.app.change(&mira.visitor(), move |change| accounts::confirm(change, &link, None)).wait()
        };
        assert_eq!(refusal(elsewhere), Refusal::LinkForOtherBrowser);
        let other = SecretText::presented("another browser's secret");
        let link_again = link.clone();
        let foreign = world.app.change(&mira.visitor(), move |change| accounts::confirm(change, &link_again, Some(&other))).wait();
        assert_eq!(refusal(foreign), Refusal::LinkForOtherBrowser);
        world.app.change(&mira.visitor(), move |change| accounts::confirm(change, &link, Some(&browser))).wait().unwrap();
        world.try_sign_in(&mira).unwrap();
    }

    fn the_browser_that_confirmed_signs_in_without_another_letter(world: World) {
        let mut mira = Person::new("mira");
        let browser = world.wait(accounts::open(&world.app, &mira.visitor(), &mira.email, PASSWORD)).unwrap();
        world.settle();
        let link = act_link(&world.post.newest_to(&mira.email));
        let confirm = || {
            let (link, browser) = (link.clone(), browser.clone());
            world.app.change(&mira.visitor(), move |change| accounts::confirm(change, &link, Some(&browser))).wait().unwrap()
        };
        let confirmed = confirm();
        assert!(confirm().device.is_none(), "confirming what is confirmed makes nobody known");
        mira.devices.extend(confirmed.device);
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)));
        world.settle();
        assert_eq!(world.post.letters().len(), 1, "a second letter went out");
        let SignInOutcome::Waiting(_) = world.try_sign_in(&mira.thief()).unwrap() else { panic!("an unknown browser got in") };
    }

    fn whoever_opened_an_account_with_somebody_elses_address_keeps_nothing(world: World) {
        let mira = Person::new("mira");
        let eve = Person { password: "the words that eve chose 31".into(), ..mira.thief() };
        let mut openings = Vec::new();
        for person in [&eve, &mira, &eve] {
            let browser = world.wait(accounts::open(&world.app, &person.visitor(), &mira.email, &person.password)).unwrap();
            world.settle();
            openings.push((act_link(&world.post.newest_to(&mira.email)), browser));
        }
        let other = Person::new("noor");
        world.wait(accounts::open(&world.app, &other.visitor(), &other.email, PASSWORD)).unwrap();
        let confirm = |(link, browser): (SecretText, SecretText)| {
            world.app.change(&mira.visitor(), move |change| accounts::confirm(change, &link, Some(&browser))).wait()
        };
        confirm(openings.remove(1)).unwrap();
        for hers in openings {
            let (link, browser) = hers.clone();
            let shown = world.app.view(move |view| links::show(view, &link, Some(&browser))).wait();
            assert_eq!(refusal(shown), Refusal::LinkSpent);
            assert_eq!(refusal(confirm(hers)), Refusal::LinkSpent);
        }
        assert_eq!(refusal(world.try_sign_in(&eve)), Refusal::WrongEmailOrPassword);
        world.clock.advance(domain::Span::from_hours(25));
        assert_eq!(accounts::forget_unconfirmed(&world.app).unwrap().done, 1, "noor's opening stood in nobody's way");
    }

    fn a_taken_address_gets_the_same_answer_and_its_owner_is_told(world: World) {
        let mira = world.customer("mira");
        let eve = Person { email: "MIRA@example.com".into(), ..mira.thief() };
        let answer = world.wait(accounts::open(&world.app, &eve.visitor(), &eve.email, "another long password 77 fern"));
        assert!(answer.is_ok());
        world.settle();
        let letter = world.post.newest_to("mira@example.com");
        assert_eq!(letter.subject, "Somebody tried to open an account with your address");
        assert_eq!(letter.button, None);
    }

    fn of_two_openings_of_one_address_one_is_confirmed(world: World) {
        let mira = Person::new("mira");
        let mut openings = Vec::new();
        for password in [PASSWORD, "entirely different words 9 kelp"] {
            let browser = world.wait(accounts::open(&world.app, &mira.visitor(), &mira.email, password)).unwrap();
            world.settle();
            openings.push((act_link(&world.post.newest_to(&mira.email)), browser));
        }
        let mut answers = Vec::new();
        for (link, browser) in openings {
            answers.push(world.app.change(&mira.visitor(), move |change| accounts::confirm(change, &link, Some(&browser))).wait());
        }
        assert!(answers[0].is_ok());
        assert_eq!(refusal(answers.remove(1)), Refusal::LinkSpent);
    }

    fn a_confirmation_link_dies_after_a_day_and_the_opening_is_forgotten(world: World) {
        let mira = Person::new("mira");
        let browser = world.wait(accounts::open(&world.app, &mira.visitor(), &mira.email, PASSWORD)).unwrap();
        world.settle();
        let link = act_link(&world.post.newest_to(&mira.email));
        world.clock.advance(domain::Span::from_hours(24));
        let late = link.clone();
        let late = world.app.change(&mira.visitor(), move |change| accounts::confirm(change, &late, Some(&browser))).wait();
        assert_eq!(refusal(late), Refusal::LinkSpent);
        world.clock.advance(domain::Span::from_secs(1));
        assert_eq!(accounts::forget_unconfirmed(&world.app).unwrap().done, 1);
        assert_eq!(accounts::forget_unconfirmed(&world.app).unwrap().done, 0);
    }

    fn a_poor_password_is_refused_with_reasons(world: World) {
        let mira = Person::new("mira");
        for (password, reason) in [
            ("short 7 kelp", Weakness::TooShort { characters_min: 15 }),
            ("correct horse battery staple", Weakness::Breached),
            ("mira@example.com!!", Weakness::LikeAddress),
        ] {
            let answer = world.wait(accounts::open(&world.app, &mira.visitor(), &mira.email, password));
            match refusal(answer) {
                Refusal::PasswordUnfit(reasons) => assert!(reasons.contains(&reason), "{password}: {reasons:?}"),
                other => panic!("{password}: {other:?}"),
            }
        }
        world.settle();
        assert!(world.post.letters().is_empty());
    }

    fn strangers_cause_only_so_many_letters_to_one_address(world: World) {
        let eve = Person::new("eve");
        for _ in 0..4 {
            world.wait(accounts::open(&world.app, &eve.visitor(), "victim@example.com", PASSWORD)).unwrap();
        }
        let fifth = world.wait(accounts::open(&world.app, &eve.visitor(), "Victim@Example.com", PASSWORD));
        assert!(matches!(refusal(fifth), Refusal::TooManyMails { .. }));
        // Whose address it is opens an account from anywhere else.
        let mut owner = Person::new("victim");
        owner.origin.ip = Some("203.0.113.9".parse().unwrap());
        world.wait(accounts::open(&world.app, &owner.visitor(), "victim@example.com", PASSWORD)).unwrap();
        world.clock.advance(domain::Span::from_hours(1));
        world.wait(accounts::open(&world.app, &eve.visitor(), "victim@example.com", PASSWORD)).unwrap();
    }

    fn one_network_opens_only_so_many_accounts_an_hour(world: World) {
        let eve = Person::new("eve");
        let mut refused = 0;
        for number in 0..105 {
            let address = format!("made-up{number}@example.com");
            let opened = world.wait(accounts::open(&world.app, &eve.visitor(), &address, PASSWORD));
            refused += u32::from(opened.is_err());
        }
        assert_eq!(refused, 5);
        let elsewhere = eve.thief();
        world.wait(accounts::open(&world.app, &elsewhere.visitor(), "noor@example.com", PASSWORD)).unwrap();
    }
}
