//! A new password without the old one, and what a thief makes of that.

use domain::credentials::{self, Weakness};
use domain::protections::{self, FreezeCause, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::sessions::SignInOutcome;
use domain::{SecretText, Span, Time};
use testkit::{PASSWORD, Person, World, act_link, both, freeze_link, refusal};

const NEW: &str = "a fresh set of words 58 willow";

/// Somebody asks for a new password, and the letter arrives. The secret of their browser and that of the link.
fn asked(world: &World, person: &Person) -> (SecretText, SecretText) {
    let browser = ask(world, person).expect("it works");
    world.settle();
    (browser, act_link(&world.post.newest_to(&person.email)))
}

fn ask(world: &World, person: &Person) -> Result<SecretText, Stop> {
    world.wait(credentials::ask_reset(&world.app, &person.visitor(), &person.email, &person.devices))
}

fn reset(world: &World, person: &Person, link: &SecretText, browser: &SecretText) -> Result<(), Stop> {
    let by = (link, Some(browser));
    world.wait(credentials::reset(&world.app, &person.visitor(), by, NEW, None)).map(drop)
}

fn held_until(world: &World, account: domain::ids::AccountId) -> Option<Time> {
    let read = world.app.view(move |view| {
        let account = view.rows().account_by_id(account)?.expect("an account");
        Ok(protections::standing(view, &account)?.held_until())
    });
    read.wait().expect("it works")
}

both! {
    fn a_reset_gives_a_new_password_ends_everything_and_holds_money_for_three_days(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let (browser, link) = asked(&world, &mira);
        assert_eq!(world.post.newest_to(&mira.email).subject, "Somebody asked for a new password");
        assert!(world.signed_in(&session.secret), "asking changes nothing");
        reset(&world, &mira, &link, &browser).unwrap();
        assert!(!world.signed_in(&session.secret));
        assert_eq!(refusal(world.try_sign_in(&mira)), Refusal::WrongEmailOrPassword);
        mira.password = NEW.into();
        let SignInOutcome::Waiting(_) = world.try_sign_in(&mira).unwrap() else { panic!("a browser stayed known") };
        let now = world.app.clock().now();
        assert_eq!(held_until(&world, session.account), Some(now + Span::from_hours(7 * 24)), "she does not know yet");
        world.settle();
        assert_eq!(held_until(&world, session.account), Some(now + Span::from_hours(72)));
        let letter = world.post.letters().into_iter().find(|letter| letter.subject == "Your password was reset").unwrap();
        assert!(letter.freeze_url.is_some());
    }

    fn a_reset_link_works_in_the_browser_that_asked_for_half_an_hour_and_once(world: World) {
        let mira = world.customer("mira");
        let (browser, link) = asked(&world, &mira);
        let other = SecretText::presented("another browser's secret");
        assert_eq!(refusal(reset(&world, &mira.thief(), &link, &other)), Refusal::LinkForOtherBrowser);
        let nobody = world.wait(credentials::reset(&world.app, &mira.visitor(), (&link, None), NEW, None));
        assert_eq!(refusal(nobody), Refusal::LinkForOtherBrowser);
        world.clock.advance(Span::from_mins(29));
        reset(&world, &mira, &link, &browser).unwrap();
        assert_eq!(refusal(reset(&world, &mira, &link, &browser)), Refusal::LinkSpent);
        let (browser, link) = asked(&world, &mira);
        world.clock.advance(Span::from_mins(30));
        assert_eq!(refusal(reset(&world, &mira, &link, &browser)), Refusal::LinkSpent);
    }

    fn of_fifty_resets_at_once_one_sets_its_password(world: World) {
        let mira = world.customer("mira");
        let (browser, link) = asked(&world, &mira);
        let done = world.wait(async {
            let tries = (0..50).map(|number| {
                let (app, actor, link, browser) = (world.app.clone(), mira.visitor(), link.clone(), browser.clone());
                let new = format!("{NEW} {number}");
                tokio::spawn(async move { credentials::reset(&app, &actor, (&link, Some(&browser)), &new, None).await })
            });
            let mut done = 0;
            for attempt in tries.collect::<Vec<_>>() {
                match attempt.await.unwrap() {
                    Ok(_) => done += 1,
                    Err(Stop::Refused(Refusal::LinkSpent | Refusal::Busy)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            done
        });
        assert_eq!(done, 1);
    }

    fn two_links_are_asked_for_and_the_first_reset_voids_the_second(world: World) {
        let mira = world.customer("mira");
        let (thiefs, stolen) = asked(&world, &mira.thief());
        let (browser, link) = asked(&world, &mira);
        reset(&world, &mira, &link, &browser).unwrap();
        assert_eq!(refusal(reset(&world, &mira.thief(), &stolen, &thiefs)), Refusal::LinkSpent);
    }

    fn an_unknown_address_gets_the_same_answer_and_no_letter(world: World) {
        let nobody = Person::new("nobody");
        let before = world.post.letters().len();
        assert!(ask(&world, &nobody).is_ok());
        world.settle();
        assert_eq!(world.post.letters().len(), before);
        let odd = Person { email: "not an address".into(), ..nobody };
        assert_eq!(refusal(ask(&world, &odd)), Refusal::AddressUnfit);
    }

    fn strangers_use_up_no_letters_of_a_browser_the_account_knows(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        let (eve, nobody) = (mira.thief(), Person { email: "nobody@example.com".into(), ..mira.thief() });
        for stranger in [&eve, &nobody] {
            for _ in 0..4 {
                assert!(ask(&world, stranger).is_ok());
            }
            assert!(matches!(refusal(ask(&world, stranger)), Refusal::TooManyMails { .. }), "the same answer for both");
        }
        assert!(ask(&world, &mira).is_ok());
    }

    fn strangers_use_up_no_letters_of_another_network_or_of_a_browser_that_was_known(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let asks = |network: u8| {
            let mut eve = mira.thief();
            eve.origin.ip = Some(format!("10.0.{network}.66").parse().unwrap());
            ask(&world, &eve)
        };
        for network in 0..6 {
            for _ in 0..4 {
                asks(network).unwrap();
            }
        }
        world.clock.advance(Span::from_hours(1));
        assert!(matches!(refusal(asks(0)), Refusal::TooManyMails { .. }), "24 a day, and one more");
        let laptop = Person { devices: Vec::new(), ..mira.clone() };
        assert!(ask(&world, &laptop).is_ok(), "the owner in another network");
        world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings)).wait().unwrap();
        let mut home = mira.clone();
        home.origin.ip = Some("10.0.0.66".parse().unwrap());
        assert!(ask(&world, &home).is_ok(), "a forgotten browser, in the strangers' own network");
        for _ in 0..3 {
            asks(6).unwrap();
        }
        assert!(matches!(refusal(asks(6)), Refusal::TooManyMails { .. }), "three of each further network");
    }

    fn one_network_asks_for_only_so_many_new_passwords_an_hour(world: World) {
        let eve = Person::new("eve");
        let mut refused = 0;
        for number in 0..103 {
            let asked = ask(&world, &Person { email: format!("made-up{number}@example.com"), ..eve.clone() });
            refused += u32::from(asked.is_err());
        }
        assert_eq!(refused, 3);
    }

    fn a_poor_or_earlier_password_is_refused_and_the_link_stays_good(world: World) {
        let mira = world.customer("mira");
        let (browser, link) = asked(&world, &mira);
        for (new, why) in [("correct horse battery staple", Weakness::Breached), (PASSWORD, Weakness::UsedBefore)] {
            let tried = world.wait(credentials::reset(&world.app, &mira.visitor(), (&link, Some(&browser)), new, None));
            assert_eq!(refusal(tried), Refusal::PasswordUnfit(vec![why]));
        }
        reset(&world, &mira, &link, &browser).unwrap();
    }

    fn a_frozen_account_is_reset_and_stays_frozen(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings)).wait().unwrap();
        let (browser, link) = asked(&world, &mira);
        reset(&world, &mira, &link, &browser).unwrap();
        let frozen = world.app.view(move |view| Ok(view.rows().account_by_id(account)?.unwrap().frozen())).wait().unwrap();
        assert!(frozen);
        mira.password = NEW.into();
        let again = world.sign_in(&mut mira);
        assert!(world.signed_in(&again.secret));
    }

    fn a_reset_does_not_cut_the_owners_brakes_and_a_freeze_voids_the_link(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        world.settle();
        let brake = freeze_link(&world.post.newest_to(&mira.email));
        // A thief who reads the mailbox.
        let eve = mira.thief();
        let (browser, link) = asked(&world, &eve);
        reset(&world, &eve, &link, &browser).unwrap();
        let (browser, link) = asked(&world, &eve);
        world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &brake)).wait().unwrap();
        assert_eq!(refusal(reset(&world, &eve, &link, &browser)), Refusal::LinkSpent);
    }

    fn a_password_that_was_reset_weakens_nothing_before_the_hold_is_over(world: World) {
        let mut mira = world.customer("mira");
        world.clock.advance(Span::from_mins(1));
        let (browser, link) = asked(&world, &mira);
        reset(&world, &mira, &link, &browser).unwrap();
        mira.password = NEW.into();
        let change = || Sensitive::ChangeEmail { new: "b@thief.example".into() };
        let session = world.sign_in(&mut mira);
        let until = world.app.clock().now() + Span::from_hours(72);
        assert_eq!(refusal(world.approve(&mira, &session, change())), Refusal::ProofTooYoung { until });
        world.clock.advance(Span::from_hours(72));
        let session = world.sign_in(&mut mira);
        world.approve(&mira, &session, change()).unwrap();
    }
}
