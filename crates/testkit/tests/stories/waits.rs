//! What weakens an account waits, and what waits can be stopped.

use domain::approvals::{self, Given, Outcome};
use domain::ids::FactorId;
use domain::protections::{self, Carried, FreezeCause, Sensitive, Timer};
use domain::refusal::{Refusal, Stop};
use domain::second_factors::{Factor, FactorKind};
use domain::sessions::NewSession;
use domain::{Actor, Origin, Span};
use testkit::{Person, World, both, refusal};

/// Asks for a change in a session and proves it by the password.
fn confirmed(world: &World, person: &Person, session: &NewSession, what: &Sensitive) -> Result<Outcome, Stop> {
    let (actor, here, what) = (person.in_session(session), session.session, what.clone());
    let id = world.app.change(&actor, move |change| approvals::ask(change, here, &what)).wait()?;
    world.wait(approvals::prove(&world.app, &actor, id, Given::Password(person.password.clone())))
}

fn timers(world: &World, session: &NewSession) -> Vec<Timer> {
    let account = session.account;
    world.app.view(move |view| protections::timers(view, account)).wait().expect("a reading")
}

fn frozen(world: &World, session: &NewSession) -> bool {
    let account = session.account;
    world
        .app
        .view(move |view| Ok(view.rows().account_by_id(account)?.is_some_and(|account| account.frozen())))
        .wait()
        .expect("a reading")
}

/// Freezes an account and signs its owner in again.
fn freeze(world: &World, person: &mut Person) -> NewSession {
    let session = world.sign_in(person);
    let account = session.account;
    let change = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Settings);
    world.app.change(&person.in_session(&session), change).wait().expect("it freezes");
    world.settle();
    world.sign_in(person)
}

/// Gives an account one recovery code, as if it had been written down long ago.
fn has_recovery_codes(world: &World, person: &Person, session: &NewSession) {
    let account = session.account;
    let change = move |change: &mut domain::Change<'_>| {
        let (id, now) = (FactorId::from_bytes([7; 16]), change.now());
        let name = "Recovery codes".to_owned();
        let (kind, sealed, step) = (FactorKind::RecoveryCodes, Vec::new(), 0);
        let (confirmed_at, last_used_at, over_at) = (Some(now), None, None);
        let codes =
            Factor { id, account, kind, name, sealed, step, added_at: now, confirmed_at, last_used_at, over_at };
        change.rows().factor_insert(&codes)?;
        change.rows().recovery_code_insert(account, id, &[7; 32])?;
        protections::replace_freeze_words(change, account)
    };
    world.app.change(&person.in_session(session), change).wait().expect("it has a code");
}

both! {
    fn without_an_older_second_proof_a_thaw_takes_seven_days(world: World) {
        let mut mira = world.customer("mira");
        let session = freeze(&world, &mut mira);
        let Ok(Outcome::Proved { carried: Carried::Waits(timer), fresh: None }) = confirmed(&world, &mira, &session, &Sensitive::ThawSlowly) else {
            panic!("it does not wait")
        };
        // It does not run before the customer can know.
        assert_eq!(timers(&world, &session)[0].due_at, None);
        world.clock.advance(Span::from_hours(3));
        world.settle();
        let due_at = timers(&world, &session)[0].due_at.expect("it runs");
        assert_eq!(due_at, world.app.clock().now() + Span::from_hours(7 * 24));
        // Asked again, it is the same wait and not a new one.
        let again = confirmed(&world, &mira, &session, &Sensitive::ThawSlowly).unwrap();
        assert!(matches!(again, Outcome::Proved { carried: Carried::Waits(same), .. } if same.timer == timer.timer));
        world.clock.advance(Span::from_hours(7 * 24) - Span::from_secs(1));
        world.settle();
        assert!(frozen(&world, &session));
        world.clock.advance(Span::from_secs(1));
        world.settle();
        assert!(!frozen(&world, &session));
        assert_eq!(timers(&world, &session), []);
        world.settle();
        assert_eq!(world.post.newest_to(&mira.email).subject, "Your account is no longer frozen");
    }

    fn a_letter_stops_what_waits_without_a_sign_in(world: World) {
        let mut mira = world.customer("mira");
        let session = freeze(&world, &mut mira);
        confirmed(&world, &mira, &session, &Sensitive::ThawSlowly).unwrap();
        world.settle();
        let link = testkit::act_link(&world.post.newest_to(&mira.email));
        let anybody = Actor::visitor(Origin::default());
        let stop = || {
            let link = link.clone();
            world.app.change(&anybody, move |change| protections::cancel_by_link(change, &link)).wait()
        };
        stop().unwrap();
        stop().expect("stopping what is stopped succeeds");
        world.clock.advance(Span::from_hours(30 * 24));
        world.settle();
        assert!(frozen(&world, &session));
    }

    fn freezing_again_stops_a_thaw(world: World) {
        let mut mira = world.customer("mira");
        let session = freeze(&world, &mut mira);
        confirmed(&world, &mira, &session, &Sensitive::ThawSlowly).unwrap();
        world.settle();
        let letter = world.post.newest_to(&mira.email);
        let link = testkit::freeze_link(&letter);
        world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &link)).wait().unwrap();
        assert_eq!(timers(&world, &session), []);
    }

    fn locking_again_for_longer_ends_an_unlocking_that_waits_by_the_shorter_time(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        has_recovery_codes(&world, &mira, &session);
        confirmed(&world, &mira, &session, &Sensitive::ArmLock { days: 1 }).unwrap();
        confirmed(&world, &mira, &session, &Sensitive::Unlock).unwrap();
        assert_eq!(timers(&world, &session).len(), 1);
        confirmed(&world, &mira, &session, &Sensitive::ArmLock { days: 30 }).unwrap();
        assert_eq!(timers(&world, &session), []);
        world.settle();
        world.clock.advance(Span::from_hours(25));
        world.settle();
        let account = session.account;
        let lock = world.app.view(move |view| Ok(view.rows().account_by_id(account)?.and_then(|account| account.lock)));
        assert_eq!(lock.wait().unwrap().expect("it is locked").days, 30);
    }

    fn half_of_a_wait_is_told_once(world: World) {
        let mut mira = world.customer("mira");
        let session = freeze(&world, &mut mira);
        confirmed(&world, &mira, &session, &Sensitive::ThawSlowly).unwrap();
        world.settle();
        let halves = |world: &World| {
            world.post.letters().iter().filter(|letter| letter.subject.starts_with("Half of the wait")).count()
        };
        world.clock.advance(Span::from_hours(84) - Span::from_secs(1));
        world.settle();
        assert_eq!(halves(&world), 0);
        world.clock.advance(Span::from_secs(1));
        world.settle();
        world.settle();
        assert_eq!(halves(&world), 1);
    }

    fn what_is_proved_is_good_once_in_its_own_session_and_for_five_minutes(world: World) {
        let mut mira = world.customer("mira");
        let session = freeze(&world, &mut mira);
        let (actor, here) = (mira.in_session(&session), session.session);
        let ask = || world.app.change(&actor, move |change| approvals::ask(change, here, &Sensitive::ThawSlowly)).wait();
        let prove = |actor: &Actor, id| {
            world.wait(approvals::prove(&world.app, actor, id, Given::Password(mira.password.clone())))
        };
        let id = ask().unwrap();
        prove(&actor, id).unwrap();
        assert_eq!(refusal(prove(&actor, id)), Refusal::ApprovalDone);
        let late = ask().unwrap();
        world.clock.advance(Span::from_mins(5));
        assert_eq!(refusal(prove(&actor, late)), Refusal::ApprovalOver);
        // Somebody else's session proves nothing, not even with a right password of their own.
        let mut eve = world.customer("eve");
        let theirs = world.sign_in(&mut eve);
        let id = ask().unwrap();
        assert_eq!(refusal(prove(&eve.in_session(&theirs), id)), Refusal::ApprovalOver);
        prove(&actor, id).unwrap();
    }

    fn a_wrong_password_proves_nothing_and_is_counted(world: World) {
        let mut mira = world.customer("mira");
        let session = freeze(&world, &mut mira);
        let wrong = Person { password: "not the password at all".into(), ..mira.clone() };
        for _ in 0..5 {
            assert_eq!(refusal(confirmed(&world, &wrong, &session, &Sensitive::ThawSlowly)), Refusal::WrongPassword);
        }
        let refused = refusal(confirmed(&world, &mira, &session, &Sensitive::ThawSlowly));
        assert!(matches!(refused, Refusal::TooManyTries { .. }), "{refused:?}");
        assert_eq!(timers(&world, &session), []);
    }

    fn what_cannot_happen_is_refused_before_anybody_proves_anything(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        for (what, expected) in [
            (Sensitive::Thaw, Refusal::NothingToDo),
            (Sensitive::Unlock, Refusal::NothingToDo),
            (Sensitive::ArmLock { days: 7 }, Refusal::RecoveryCodesFirst),
            (Sensitive::PasskeyOnly, Refusal::PasskeysFirst),
            (Sensitive::LoseFactors, Refusal::NothingToDo),
        ] {
            assert_eq!(refusal(confirmed(&world, &mira, &session, &what)), expected, "{what:?}");
        }
    }
}
