//! Another e-mail address, and the thief who wants one.

use domain::accounts;
use domain::approvals::{self, Given, Outcome};
use domain::ids::AccountId;
use domain::notifications::Letter;
use domain::protections::{self, Carried, Effect, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::sessions::NewSession;
use domain::{SecretText, Span};
use testkit::{PASSWORD, Person, World, act_link, both, freeze_link, refusal};

/// Asks for another address in a session and proves it by the password.
pub(crate) fn ask(world: &World, person: &Person, session: &NewSession, new: &str) -> Result<(), Stop> {
    let (actor, id, what) =
        (person.in_session(session), session.session, Sensitive::ChangeEmail { new: new.to_owned() });
    let approval = world.app.change(&actor, move |change| approvals::ask(change, id, &what)).wait()?;
    let given = Given::Password(person.password.clone());
    match world.wait(approvals::prove(&world.app, &actor, approval, given))? {
        Outcome::Proved { carried: Carried::Out(Effect::ConfirmEmail), fresh: None } => world.settle(),
        other => panic!("{other:?}"),
    }
    Ok(())
}

/// Confirms by a link, in the browser of a person who is signed in there. The session's fresh secret.
pub(crate) fn confirm(
    world: &World,
    person: &Person,
    session: &NewSession,
    link: SecretText,
) -> Result<SecretText, Stop> {
    let (devices, fresh) = (person.devices.clone(), SecretText::random(world.app.entropy()));
    let digest = fresh.digest();
    let actor = person.in_session(session);
    let kept =
        world.app.change(&actor, move |change| accounts::confirm_change(change, &link, &devices, &digest)).wait()?;
    assert!(kept, "whoever confirms stays signed in");
    world.settle();
    Ok(fresh)
}

/// Changes the address of somebody in a session, with both letters read. The session goes on with its fresh secret.
pub(crate) fn change(world: &World, person: &mut Person, session: &mut NewSession, new: &str) {
    // What happened in the same moment as the change before it would be too young for this one.
    world.clock.advance(Span::from_mins(1));
    ask(world, person, session, new).expect("it works");
    session.secret = confirm(world, person, session, act_link(&world.post.newest_to(new))).expect("it works");
    new.clone_into(&mut person.email);
}

pub(crate) fn undo(world: &World, link: SecretText) -> Result<String, Stop> {
    let anybody = Person::new("anybody").visitor();
    let undone = world.app.change(&anybody, move |change| accounts::undo_change(change, &link)).wait();
    world.settle();
    undone
}

fn account(world: &World, account: AccountId) -> accounts::Account {
    world.app.view(move |view| Ok(view.rows().account_by_id(account)?.expect("an account"))).wait().expect("it works")
}

pub(crate) fn newest(world: &World, to: &str, subject: &str) -> Letter {
    let found = world.post.letters().into_iter().rev().find(|letter| letter.to == to && letter.subject == subject);
    found.unwrap_or_else(|| panic!("no “{subject}” to {to}"))
}

pub(crate) const CHANGED: &str = "Your e-mail address was changed";

both! {
    fn a_new_address_is_confirmed_from_its_mailbox_and_both_are_told(world: World) {
        let mut mira = world.customer("mira");
        let other = world.sign_in(&mut mira);
        let mut session = world.sign_in(&mut mira);
        ask(&world, &mira, &session, "mira@new.example").unwrap();
        assert_eq!(account(&world, session.account).email, "mira@example.com", "asking changes nothing");
        let told = newest(&world, "mira@example.com", "Somebody asked for another e-mail address");
        assert!(told.button.is_none() && told.freeze_url.is_some(), "the present mailbox can stop, not confirm");
        let to_new = newest(&world, "mira@new.example", "Somebody asked for another e-mail address");
        assert!(to_new.freeze_url.is_none(), "a mailbox that is not theirs yet freezes nothing");
        session.secret = confirm(&world, &mira, &session, act_link(&to_new)).unwrap();
        assert!(world.signed_in(&session.secret));
        assert!(!world.signed_in(&other.secret));
        assert_eq!(account(&world, session.account).email, "mira@new.example");
        assert!(newest(&world, "mira@example.com", CHANGED).button.is_some());
        assert!(newest(&world, "mira@new.example", CHANGED).button.is_none(), "only the old mailbox undoes it");
        let held = world.app.view(move |view| {
            let account = view.rows().account_by_id(session.account)?.unwrap();
            Ok(protections::standing(view, &account)?.held_until())
        });
        assert_eq!(held.wait().unwrap(), Some(world.app.clock().now() + Span::from_hours(72)));
        assert_eq!(refusal(world.try_sign_in(&mira)), Refusal::WrongEmailOrPassword, "the old address names it no more");
        mira.email = "mira@new.example".into();
        world.try_sign_in(&mira).unwrap();
    }

    fn the_link_in_the_new_mailbox_works_once_and_only_in_the_browser_that_asked(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        ask(&world, &mira, &session, "mira@new.example").unwrap();
        let link = act_link(&world.post.newest_to("mira@new.example"));
        let elsewhere = Person { devices: vec![SecretText::presented("another")], ..mira.clone() };
        for stranger in [Person { devices: Vec::new(), ..mira.clone() }, elsewhere] {
            assert_eq!(refusal(confirm(&world, &stranger, &session, link.clone())), Refusal::LinkForOtherBrowser);
        }
        confirm(&world, &mira, &session, link.clone()).unwrap();
        assert_eq!(refusal(confirm(&world, &mira, &session, link)), Refusal::LinkSpent);
    }

    fn of_fifty_confirmations_of_an_address_at_once_one_counts(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        ask(&world, &mira, &session, "mira@new.example").unwrap();
        let link = act_link(&world.post.newest_to("mira@new.example"));
        let answers: Vec<_> = (0..50).map(|_| {
            let (link, devices) = (link.clone(), mira.devices.clone());
            world.app.change(&mira.visitor(), move |change| accounts::confirm_change(change, &link, &devices, &[0; 32]))
        }).collect();
        let done = answers.into_iter().filter_map(|answer| answer.wait().ok()).count();
        assert_eq!(done, 1);
        assert_eq!(world.log(session.account).iter().filter(|line| line.contains("account.email_changed")).count(), 1);
    }

    fn a_taken_address_gets_the_same_answer_and_its_owner_is_told_instead(world: World) {
        let mut mira = world.customer("mira");
        let noor = world.customer("noor");
        let session = world.sign_in(&mut mira);
        ask(&world, &mira, &session, "NOOR@example.com").unwrap();
        let letter = world.post.newest_to(&noor.email);
        assert_eq!((letter.subject.as_str(), letter.button.is_none()), ("Somebody asked to use your address", true));
        // Taken only after it was asked for: the link does not work any more.
        ask(&world, &mira, &session, "zoe@example.com").unwrap();
        let link = act_link(&world.post.newest_to("zoe@example.com"));
        world.customer("zoe");
        assert_eq!(refusal(confirm(&world, &mira, &session, link)), Refusal::LinkSpent);
        assert_eq!(account(&world, session.account).email, "mira@example.com");
    }

    fn a_thief_who_changes_the_address_twice_does_not_escape_the_old_mailbox(world: World) {
        let mut mira = world.customer("mira");
        let brake = mira.email.clone();
        let mut session = world.sign_in(&mut mira);
        // The thief has session and password.
        let mut thief = mira.clone();
        change(&world, &mut thief, &mut session, "b@thief.example");
        change(&world, &mut thief, &mut session, "c@thief.example");
        let first = CHANGED;
        let undo_a = world.post.letters().into_iter().find(|letter| letter.to == brake && letter.subject == first).unwrap();
        let undo_b = newest(&world, "b@thief.example", CHANGED);
        assert!(newest(&world, &brake, CHANGED).button.is_some(), "the second change is told with an undo of its own");
        world.clock.advance(Span::from_hours(71));
        assert_eq!(undo(&world, act_link(&undo_a)).unwrap(), "mira@example.com");
        let now = account(&world, session.account);
        assert_eq!((now.email.as_str(), now.frozen()), ("mira@example.com", true));
        assert!(!world.signed_in(&session.secret));
        assert_eq!(refusal(undo(&world, act_link(&undo_b))), Refusal::LinkSpent, "the thief's undo died with it");
        assert_eq!(refusal(undo(&world, act_link(&undo_a))), Refusal::LinkSpent);
        for address in ["b@thief.example", "c@thief.example"] {
            let gone = Person { email: address.into(), ..thief.clone() };
            assert_eq!(refusal(world.try_sign_in(&gone)), Refusal::WrongEmailOrPassword);
        }
        world.try_sign_in(&mira).unwrap();
    }

    fn an_undo_lives_seventy_two_hours_and_survives_a_changed_password(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        let mut thief = mira.clone();
        change(&world, &mut thief, &mut session, "b@thief.example");
        let link = act_link(&newest(&world, "mira@example.com", CHANGED));
        let actor = thief.in_session(&session);
        world.wait(domain::credentials::change_password(&world.app, &actor, PASSWORD, "the thief's own words 66 ash")).unwrap();
        world.clock.advance(Span::from_hours(72) - Span::from_secs(1));
        let on_time = link.clone();
        assert_eq!(undo(&world, on_time).unwrap(), "mira@example.com");
        // And a second customer, too late.
        let mut noor = world.customer("noor");
        let mut session = world.sign_in(&mut noor);
        change(&world, &mut noor, &mut session, "noor@new.example");
        let late = act_link(&newest(&world, "noor@example.com", CHANGED));
        world.clock.advance(Span::from_hours(72));
        assert_eq!(refusal(undo(&world, late)), Refusal::LinkSpent);
    }

    fn the_old_mailbox_is_told_to_undo_and_its_brake_undoes_too_as_long_as_that_can_be(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        change(&world, &mut mira, &mut session, "mira@new.example");
        let (old, new) = (newest(&world, "mira@example.com", CHANGED), newest(&world, "mira@new.example", CHANGED));
        assert!(old.paragraphs.iter().any(|said| said.contains("undo it now")), "{:?}", old.paragraphs);
        assert!(!new.paragraphs.iter().any(|said| said.contains("undo it now")), "{:?}", new.paragraphs);
        let (brake, theirs) = (freeze_link(&old), freeze_link(&new));
        assert_eq!(refusal(undo(&world, theirs)), Refusal::LinkSpent, "the new mailbox undoes nothing");
        // It freezes for seven days, and undoes for three.
        world.clock.advance(Span::from_hours(72));
        assert_eq!(refusal(undo(&world, brake.clone())), Refusal::LinkSpent);
        world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &brake)).wait().unwrap();
        assert!(account(&world, session.account).frozen());
    }

    fn the_brake_of_the_old_mailbox_undoes(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        change(&world, &mut mira, &mut session, "mira@new.example");
        assert_eq!(undo(&world, freeze_link(&newest(&world, "mira@example.com", CHANGED))).unwrap(), "mira@example.com");
    }

    fn alarms_reach_the_old_mailbox_too_while_it_can_undo_and_let_nobody_in_there(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        change(&world, &mut mira, &mut session, "mira@new.example");
        let alarm = "A new browser asked to sign in";
        world.try_sign_in(&mira.thief()).unwrap();
        world.settle();
        let old = newest(&world, "mira@example.com", alarm);
        assert!(old.button.is_none() && old.freeze_url.is_some(), "the old mailbox stops, it lets nobody in");
        assert!(newest(&world, "mira@new.example", alarm).button.is_some());
        world.clock.advance(Span::from_hours(72));
        let before = world.post.letters().len();
        world.try_sign_in(&mira.thief()).unwrap();
        world.settle();
        assert!(world.post.letters()[before..].iter().all(|letter| letter.to == "mira@new.example"));
    }

    fn an_address_that_can_come_back_is_given_to_nobody_else(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        change(&world, &mut mira, &mut session, "mira@new.example");
        let eve = Person::new("mira");
        let browser = world.wait(accounts::open(&world.app, &eve.visitor(), "mira@example.com", PASSWORD)).unwrap();
        world.settle();
        let link = act_link(&world.post.newest_to("mira@example.com"));
        let confirmed = world.app.change(&eve.visitor(), move |change| accounts::confirm(change, &link, Some(&browser)));
        assert_eq!(refusal(confirmed.wait()), Refusal::LinkSpent);
        let mut noor = world.customer("noor");
        let hers = world.sign_in(&mut noor);
        ask(&world, &noor, &hers, "mira@example.com").unwrap();
        let link = act_link(&world.post.newest_to("mira@example.com"));
        assert_eq!(refusal(confirm(&world, &noor, &hers, link)), Refusal::LinkSpent);
        assert_eq!(undo(&world, act_link(&newest(&world, "mira@example.com", CHANGED))).unwrap(), "mira@example.com");
    }

    fn a_freeze_voids_a_change_of_address_that_was_asked_for(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        ask(&world, &mira, &session, "b@thief.example").unwrap();
        let link = act_link(&world.post.newest_to("b@thief.example"));
        let brake = freeze_link(&world.post.newest_to("mira@example.com"));
        world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &brake)).wait().unwrap();
        assert!(confirm(&world, &mira, &session, link).is_err());
        assert_eq!(account(&world, session.account).email, "mira@example.com");
    }

    fn whoever_opened_an_account_with_your_address_has_nothing_once_you_confirm_yours(world: World) {
        // The thief opens first, with a password of their own, and waits.
        let thief = Person { password: "the thief's own words 66 ash".into(), ..Person::new("mira").thief() };
        let thiefs = world.wait(accounts::open(&world.app, &thief.visitor(), &thief.email, &thief.password)).unwrap();
        world.settle();
        let planted = act_link(&world.post.newest_to("mira@example.com"));
        let mira = Person::new("mira");
        // The owner cannot be made to confirm it for them: theirs is another browser.
        let talked_into = {
            let (planted, browser) = (planted.clone(), SecretText::presented("the owner's browser"));
            world.app.change(&mira.visitor(), move |change| accounts::confirm(change, &planted, Some(&browser))).wait()
        };
        assert_eq!(refusal(talked_into), Refusal::LinkForOtherBrowser);
        let mut mira = world.customer("mira");
        // Now the thief has the mailed link as well, and still nothing.
        let late = world.app.change(&thief.visitor(), move |change| accounts::confirm(change, &planted, Some(&thiefs))).wait();
        assert!(matches!(refusal(late), Refusal::LinkSpent));
        assert_eq!(refusal(world.try_sign_in(&thief)), Refusal::WrongEmailOrPassword);
        let session = world.sign_in(&mut mira);
        assert!(world.signed_in(&session.secret));
    }
}
