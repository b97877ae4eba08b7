//! A thief who put something of their own on the account shortly before its owner froze it.

use domain::approvals::{self, Given, Outcome};
use domain::ids::{FactorId, TimerId};
use domain::protections::{self, Carried, FreezeCause, Frozen, Sensitive, Timer};
use domain::refusal::{Refusal, Stop};
use domain::second_factors::passkeys;
use domain::sessions::{self, NewSession, SignInOutcome};
use domain::{Change, Span, credentials};
use testkit::authenticator::{Browser, Passkey};
use testkit::{Person, World, act_link, both, freeze_link, refusal};

const NEW: &str = "a fresh set of words 58 willow";
const DAY: Span = Span::from_hours(24);
const HOLD: Span = Span::from_hours(72);

/// Asks for a change in a session and gives a proof for it.
fn prove(world: &World, who: (&Person, &NewSession), what: Sensitive, given: Given) -> Result<Outcome, Stop> {
    let (actor, here) = (who.0.in_session(who.1), who.1.session);
    let id = world.app.change(&actor, move |change| approvals::ask(change, here, &what)).wait()?;
    world.wait(approvals::prove(&world.app, &actor, id, given))
}

fn by_password(world: &World, who: (&Person, &NewSession), what: Sensitive) -> Result<Carried, Stop> {
    match prove(world, who, what, Given::Password(who.0.password.clone()))? {
        Outcome::Proved { carried, .. } => Ok(carried),
        Outcome::More(methods) => panic!("more is asked for: {methods:?}"),
    }
}

/// Registers a passkey, proved by the password.
fn add_passkey(world: &World, person: &Person, session: &mut NewSession, key: &mut Passkey) -> FactorId {
    by_password(world, (person, session), Sensitive::AddPasskey).expect("it is proved");
    let (actor, account, here) = (person.in_session(session), session.account, session.session);
    let start = move |change: &mut Change<'_>| passkeys::start_registering(change, account, here);
    let asked = world.app.change(&actor, start).wait().expect("a question");
    let made = key.make(&asked.options, &Browser::default());
    let registered = world.wait(passkeys::register(&world.app, &actor, &made, "A key"));
    let (registered, fresh) = registered.expect("it is registered");
    session.secret = fresh;
    world.settle();
    registered.passkey
}

fn enter(world: &World, person: &Person, key: &mut Passkey) -> Result<NewSession, Stop> {
    let asked = passkeys::start_sign_in(&world.app).expect("a question");
    let answer = key.answer(&asked.options, &Browser::default());
    world.wait(sessions::sign_in_by_passkey(&world.app, &person.visitor(), (&person.devices, None), &answer))
}

/// Freezes by the newest letter.
fn freeze(world: &World, person: &Person) -> Frozen {
    let link = freeze_link(&world.post.newest_to(&person.email));
    let change = move |change: &mut Change<'_>| protections::freeze_by_link(change, &link);
    let frozen = world.app.change(&person.visitor(), change).wait().expect("it freezes");
    world.settle();
    frozen
}

fn reset(world: &World, person: &mut Person) -> Result<(), Stop> {
    let actor = person.visitor();
    let asked = credentials::ask_reset(&world.app, &actor, &person.email, &person.devices);
    let browser = world.wait(asked).expect("a letter");
    world.settle();
    let link = act_link(&world.post.newest_to(&person.email));
    world.wait(credentials::reset(&world.app, &person.visitor(), (&link, Some(&browser)), NEW, None))?;
    person.password = NEW.into();
    world.settle();
    Ok(())
}

fn timers(world: &World, session: &NewSession) -> Vec<Timer> {
    let account = session.account;
    world.app.view(move |view| protections::timers(view, account)).wait().expect("a reading")
}

fn cancel(world: &World, (person, session): (&Person, &NewSession), timer: TimerId) -> Result<(), Stop> {
    let account = session.account;
    let change = move |change: &mut Change<'_>| protections::cancel(change, account, timer);
    world.app.change(&person.in_session(session), change).wait()
}

/// A thief at a session, with the password and without the mailbox, adds a passkey; its owner freezes by the letter.
fn infested(world: &World, minutes: i64) -> (Person, Passkey, FactorId) {
    let mut mira = world.customer("mira");
    world.clock.advance(Span::from_hours(24 * 30));
    let mut session = world.sign_in(&mut mira);
    world.settle();
    let mut key = Passkey::security_key(9);
    let factor = add_passkey(world, &mira, &mut session, &mut key);
    world.clock.advance(Span::from_mins(minutes));
    world.settle();
    assert!(matches!(freeze(world, &mira), Frozen::Now { .. }));
    (mira, key, factor)
}

both! {
    fn a_passkey_that_came_shortly_before_a_freeze_lets_nobody_in_and_is_not_asked_for(world: World) {
        let (mut mira, mut key, _) = infested(&world, 1);
        assert_eq!(refusal(enter(&world, &mira.thief(), &mut key)), Refusal::Asleep);
        let SignInOutcome::Waiting(_) = world.try_sign_in(&mira).unwrap() else { panic!("the thief's passkey is asked for") };
        reset(&world, &mut mira).expect("the mailbox is enough, as before the thief came");
        world.sign_in(&mut mira);
    }

    fn an_owner_takes_off_what_sleeps_and_thaws_whatever_a_thief_put_there(world: World) {
        let (mut mira, mut key, factor) = infested(&world, 1);
        let session = world.sign_in(&mut mira);
        by_password(&world, (&mira, &session), Sensitive::RemoveFactor { factor }).unwrap();
        by_password(&world, (&mira, &session), Sensitive::ThawSlowly).unwrap();
        world.settle();
        for _ in 0..7 {
            world.clock.advance(DAY);
            world.settle();
        }
        assert_eq!(timers(&world, &session), []);
        assert_eq!(refusal(enter(&world, &mira.thief(), &mut key)), Refusal::PasskeyUnknown);
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)), "a passkey is asked for");
    }

    fn a_thaw_takes_off_what_came_shortly_before_the_freeze_so_that_no_later_freeze_finds_it_awake(world: World) {
        let (mut mira, mut key, _) = infested(&world, 1);
        world.clock.advance(Span::from_mins(1));
        let session = world.sign_in(&mut mira);
        // Added since, by somebody who came by the mailbox: theirs.
        let mut own = Passkey::security_key(5);
        let mut renewed = session;
        add_passkey(&world, &mira, &mut renewed, &mut own);
        by_password(&world, (&mira, &renewed), Sensitive::ThawSlowly).unwrap();
        world.settle();
        for _ in 0..7 {
            world.clock.advance(DAY);
            world.settle();
        }
        assert_eq!(refusal(enter(&world, &mira.thief(), &mut key)), Refusal::PasskeyUnknown);
        let told = |subject: &str| world.post.letters().iter().filter(|letter| letter.subject == subject).count();
        assert_eq!(told("A way to prove that it is you was removed"), 1);
        enter(&world, &mira, &mut own).expect("what came since the freeze is awake now");
        world.clock.advance(HOLD);
        world.settle();
        freeze(&world, &mira);
        assert_eq!(refusal(enter(&world, &mira.thief(), &mut key)), Refusal::PasskeyUnknown);
        enter(&world, &mira, &mut own).expect("old enough by then");
    }

    fn what_sleeps_is_all_that_is_taken_off_while_frozen(world: World) {
        let (mut mira, mut key, factor) = infested(&world, 72 * 60);
        mira.devices.clear();
        let session = enter(&world, &mira, &mut key).expect("it is as old as a hold is long, and awake");
        let (actor, here, what) = (mira.in_session(&session), session.session, Sensitive::RemoveFactor { factor });
        let asked = world.app.change(&actor, move |change| approvals::ask(change, here, &what)).wait();
        assert_eq!(refusal(asked), Refusal::AccountFrozen);
    }

    fn a_session_stops_no_way_back_in_without_a_proof_that_is_awake(world: World) {
        let (mut mira, _, _) = infested(&world, 1);
        reset(&world, &mut mira).unwrap();
        let session = world.sign_in(&mut mira);
        by_password(&world, (&mira, &session), Sensitive::ThawSlowly).unwrap();
        let timer = timers(&world, &session)[0].id;
        assert_eq!(refusal(cancel(&world, (&mira, &session), timer)), Refusal::ProofMissing);
        // The password was reset since: it sleeps.
        let stop = Sensitive::StopWait { timer };
        assert_eq!(refusal(by_password(&world, (&mira, &session), stop)), Refusal::Asleep);
        let account = session.account;
        let again = move |change: &mut Change<'_>| protections::freeze(change, account, FreezeCause::Settings);
        assert_eq!(world.app.change(&mira.in_session(&session), again).wait().unwrap(), Frozen::Already);
        assert_eq!(timers(&world, &session).len(), 1, "the button in Settings stops no thaw");
    }

    fn a_session_stops_a_way_back_in_with_an_old_proof(world: World) {
        let (mut mira, _, _) = infested(&world, 1);
        let session = world.sign_in(&mut mira);
        by_password(&world, (&mira, &session), Sensitive::ThawSlowly).unwrap();
        let timer = timers(&world, &session)[0].id;
        by_password(&world, (&mira, &session), Sensitive::StopWait { timer }).unwrap();
        assert_eq!(timers(&world, &session), []);
        by_password(&world, (&mira, &session), Sensitive::StopWait { timer }).expect("what is stopped is stopped");
    }

    fn freezing_again_stops_the_thaw_and_not_the_removal_of_what_sleeps(world: World) {
        let (mut mira, mut key, factor) = infested(&world, 1);
        let session = world.sign_in(&mut mira);
        let waiting = || timers(&world, &session).into_iter().map(|timer| timer.what).collect::<Vec<_>>();
        let remove = Sensitive::RemoveFactor { factor };
        by_password(&world, (&mira, &session), remove.clone()).unwrap();
        let account = session.account;
        for again in [FreezeCause::Words, FreezeCause::Link, FreezeCause::Undo] {
            world.clock.advance(Span::from_mins(1));
            by_password(&world, (&mira, &session), Sensitive::ThawSlowly).unwrap();
            assert_eq!(waiting(), [remove.clone(), Sensitive::ThawSlowly]);
            let again = move |change: &mut Change<'_>| protections::freeze(change, account, again);
            assert_eq!(world.app.change(&mira.visitor(), again).wait().unwrap(), Frozen::Already);
            assert_eq!(waiting(), std::slice::from_ref(&remove));
        }
        world.settle();
        world.clock.advance(DAY);
        world.settle();
        assert_eq!(refusal(enter(&world, &mira.thief(), &mut key)), Refusal::PasskeyUnknown);
    }

    fn the_letter_about_a_removal_stops_it_on_a_frozen_account_too(world: World) {
        let (mut mira, _, factor) = infested(&world, 1);
        let session = world.sign_in(&mut mira);
        by_password(&world, (&mira, &session), Sensitive::RemoveFactor { factor }).unwrap();
        world.settle();
        assert_eq!(freeze(&world, &mira), Frozen::Already, "by the newest letter, which is about it");
        assert_eq!(timers(&world, &session), []);
    }

    fn freeze_words_that_a_thief_read_stop_one_thaw_and_not_the_next(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        let account = session.account;
        let words = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        freeze(&world, &mira);
        let session = world.sign_in(&mut mira);
        let stop = || world.wait(protections::freeze_by_words(&world.app, &mira.thief().visitor(), &mira.email, &words));
        by_password(&world, (&mira, &session), Sensitive::ThawSlowly).unwrap();
        assert_eq!(stop().unwrap(), Frozen::Already);
        assert_eq!(timers(&world, &session), []);
        by_password(&world, (&mira, &session), Sensitive::ThawSlowly).unwrap();
        assert_eq!(refusal(stop()), Refusal::WrongFreezeWords);
        assert_eq!(timers(&world, &session).len(), 1);
    }

    fn an_app_of_yesterday_sleeps_and_its_owner_is_back_by_mailbox_and_seven_days(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_app(&mut mira, &mut session);
        world.clock.advance(DAY);
        world.settle();
        freeze(&world, &mira);
        let SignInOutcome::Waiting(_) = world.try_sign_in(&mira).unwrap() else { panic!("the app is asked for") };
        let app = mira.app.take();
        let session = world.sign_in(&mut mira);
        by_password(&world, (&mira, &session), Sensitive::ThawSlowly).unwrap();
        world.settle();
        world.clock.advance(Span::from_hours(7 * 24));
        world.settle();
        mira.app = app;
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)), "a thaw takes it off");
    }

    fn an_app_as_old_as_a_hold_is_long_is_asked_for_while_frozen(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_app(&mut mira, &mut session);
        world.clock.advance(HOLD);
        world.settle();
        freeze(&world, &mira);
        let SignInOutcome::SecondStep { .. } = world.try_sign_in(&mira).unwrap() else { panic!("it sleeps") };
    }

    fn passkeys_alone_that_a_thief_switched_on_keep_nobody_out_of_a_frozen_account(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        let mut one = Passkey::security_key(1);
        world.recovery_codes(&mira, &session);
        add_passkey(&world, &mira, &mut session, &mut one);
        let asked = enter(&world, &mira.thief(), &mut one).expect("it is in");
        let (actor, here) = (mira.in_session(&asked), asked.session);
        let id = world.app.change(&actor, move |change| approvals::ask(change, here, &Sensitive::PasskeyOnly)).wait().unwrap();
        let account = asked.account;
        let question = world.app.change(&actor, move |change| passkeys::start_approval(change, account, here, id)).wait().unwrap();
        world.wait(approvals::prove(&world.app, &actor, id, Given::Passkey(one.answer(&question.options, &Browser::default())))).unwrap();
        world.settle();
        assert_eq!(refusal(world.try_sign_in(&mira)), Refusal::PasskeyOnly);
        freeze(&world, &mira);
        reset(&world, &mut mira).expect("only sleeping passkeys stand beside it");
        world.sign_in(&mut mira);
        assert_eq!(refusal(enter(&world, &mira.thief(), &mut one)), Refusal::Asleep);
        let session = world.sign_in(&mut mira);
        by_password(&world, (&mira, &session), Sensitive::ThawSlowly).unwrap();
        world.settle();
        for _ in 0..7 {
            world.clock.advance(DAY);
            world.settle();
        }
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)), "no passkey is left, and none is asked for");
    }
}
