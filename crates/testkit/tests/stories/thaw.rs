//! The quick way out of a freeze: a day, for whoever proves two things that are well older than it.

use domain::approvals::{self, Given, Outcome};
use domain::protections::{self, Carried, FreezeCause, Sensitive, Timer};
use domain::refusal::{Refusal, Stop};
use domain::sessions::NewSession;
use domain::{Span, Time};
use testkit::{Person, World, act_link, both, refusal};

const DAY: Span = Span::from_hours(24);

/// Freezes the account of a session.
fn freeze(world: &World, person: &Person, session: &NewSession) {
    let account = session.account;
    let change = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Settings);
    world.app.change(&person.in_session(session), change).wait().expect("it freezes");
    world.settle();
}

/// Asks for the quick thaw and gives proofs one after the other: what the last of them led to.
fn thaw(world: &World, person: &Person, session: &NewSession, proofs: Vec<Given>) -> Result<Outcome, Stop> {
    let (actor, here) = (person.in_session(session), session.session);
    let id = world.app.change(&actor, move |change| approvals::ask(change, here, &Sensitive::Thaw)).wait()?;
    let mut last = None;
    for given in proofs {
        last = Some(world.wait(approvals::prove(&world.app, &actor, id, given))?);
    }
    world.settle();
    Ok(last.expect("at least one proof"))
}

fn waits(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Proved { carried: Carried::Waits(_), .. })
}

fn timers(world: &World, session: &NewSession) -> Vec<Timer> {
    let account = session.account;
    world.app.view(move |view| protections::timers(view, account)).wait().expect("a reading")
}

/// When the account was frozen, if it is.
fn frozen_at(world: &World, session: &NewSession) -> Option<Time> {
    let account = session.account;
    let reading = world.app.view(move |view| Ok(view.rows().account_by_id(account)?.and_then(|row| row.frozen_at)));
    reading.wait().expect("a reading")
}

/// Lets time pass in which nobody sees anything.
fn passes(world: &World, span: Span) {
    world.clock.advance(span);
    world.settle();
}

/// Says when the account is no longer frozen: a day after now, and not a second sooner.
fn thaws_in_a_day(world: &World, session: &NewSession) {
    passes(world, DAY - Span::from_secs(1));
    assert!(frozen_at(world, session).is_some());
    passes(world, Span::from_secs(1));
    assert_eq!(frozen_at(world, session), None);
}

/// Somebody whose app is three days older than the freeze, signed in again.
fn frozen_with_an_old_app(world: &World) -> (Person, NewSession) {
    let mut mira = world.customer("mira");
    let mut session = world.sign_in(&mut mira);
    world.add_app(&mut mira, &mut session);
    passes(world, 3 * DAY);
    freeze(world, &mira, &session);
    let session = world.sign_in(&mut mira);
    (mira, session)
}

both! {
    fn password_and_app_from_before_the_freeze_thaw_after_a_day(world: World) {
        let (mira, session) = frozen_with_an_old_app(&world);
        let code = Given::Code(world.code(&mira));
        let one = thaw(&world, &mira, &session, vec![code]).unwrap();
        assert!(matches!(one, Outcome::More(_)), "one proof is enough: {one:?}");
        let both = vec![Given::Password(mira.password.clone()), Given::Code(world.code(&mira))];
        assert!(waits(&thaw(&world, &mira, &session, both).unwrap()));
        assert_eq!(world.post.newest_to(&mira.email).subject, "Unfreezing your account was asked for");
        thaws_in_a_day(&world, &session);
        assert_eq!(world.post.newest_to(&mira.email).subject, "Your account is no longer frozen");
    }

    fn who_lost_the_app_thaws_by_password_and_a_recovery_code(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_app(&mut mira, &mut session);
        let codes = world.recovery_codes(&mira, &session);
        passes(&world, 3 * DAY);
        freeze(&world, &mira, &session);
        let session = world.sign_in(&mut mira);
        let both = vec![Given::RecoveryCode(codes[0].clone()), Given::Password(mira.password.clone())];
        assert!(waits(&thaw(&world, &mira, &session, both).unwrap()));
        thaws_in_a_day(&world, &session);
    }

    fn an_app_that_was_added_just_before_the_freeze_thaws_nothing_quickly(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        passes(&world, 90 * DAY);
        // A thief in her session, with her password, puts an app of their own in; she sees the letter and freezes.
        let mut session = world.sign_in(&mut mira);
        let mut thief = mira.clone();
        world.add_app(&mut thief, &mut session);
        passes(&world, 3 * DAY - Span::from_mins(1));
        freeze(&world, &mira, &session);
        let session = world.sign_in(&mut thief);
        // Neither at once nor when the app is older: what counts is its age at the freeze.
        for wait in [Span::ZERO, 4 * DAY] {
            passes(&world, wait);
            let session = if wait == Span::ZERO { session.clone() } else { world.sign_in(&mut thief) };
            let proofs = vec![Given::Password(thief.password.clone()), Given::Code(world.code(&thief))];
            assert_eq!(refusal(thaw(&world, &thief, &session, proofs)), Refusal::NotEnoughToThaw);
        }
        assert!(frozen_at(&world, &session).is_some());
    }

    fn without_a_second_factor_the_quick_thaw_is_not_even_asked_for(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        passes(&world, 3 * DAY);
        freeze(&world, &mira, &session);
        let session = world.sign_in(&mut mira);
        let by_password = vec![Given::Password(mira.password.clone())];
        assert_eq!(refusal(thaw(&world, &mira, &session, by_password)), Refusal::NotEnoughToThaw);
    }

    fn a_quick_thaw_takes_the_place_of_a_slow_one_that_runs(world: World) {
        let (mira, session) = frozen_with_an_old_app(&world);
        // Whoever sits at a session of hers starts the slow one first.
        let Carried::Waits(slow) = world.approve(&mira, &session, Sensitive::ThawSlowly).unwrap() else { panic!("no wait") };
        world.settle();
        let slow_stop = act_link(&world.post.newest_with_button_to(&mira.email));
        let both = vec![Given::Password(mira.password.clone()), Given::Code(world.code(&mira))];
        let Outcome::Proved { carried: Carried::Waits(quick), .. } = thaw(&world, &mira, &session, both).unwrap() else {
            panic!("no wait")
        };
        assert_eq!((&quick.what, &slow.what), (&Sensitive::Thaw, &Sensitive::ThawSlowly));
        let waiting = timers(&world, &session);
        assert_eq!(waiting.iter().map(|timer| (timer.id, timer.wait)).collect::<Vec<_>>(), [(quick.timer, DAY)]);
        let replaced = world.post.letters().into_iter().rev().find(|letter| letter.subject == "A wait was replaced by a shorter one");
        assert!(replaced.expect("it is told").paragraphs[0].contains("a shorter one"));
        // Asked for slowly again, the quick one runs on.
        let again = world.approve(&mira, &session, Sensitive::ThawSlowly).unwrap();
        assert_eq!(again, Carried::Waits(quick));
        passes(&world, DAY - Span::from_mins(2));
        assert!(frozen_at(&world, &session).is_some());
        // The letter about the slow one stops what took its place.
        let stop = move |change: &mut domain::Change<'_>| protections::cancel_by_link(change, &slow_stop);
        world.app.change(&mira.visitor(), stop).wait().unwrap();
        assert_eq!(timers(&world, &session), []);
    }

    fn a_slow_thaw_that_is_nearly_over_is_not_put_off_by_a_quick_one(world: World) {
        let (mut mira, session) = frozen_with_an_old_app(&world);
        let Carried::Waits(slow) = world.approve(&mira, &session, Sensitive::ThawSlowly).unwrap() else { panic!("no wait") };
        world.settle();
        passes(&world, 6 * DAY + Span::from_hours(1));
        let session = world.sign_in(&mut mira);
        let both = vec![Given::Password(mira.password.clone()), Given::Code(world.code(&mira))];
        let Outcome::Proved { carried, .. } = thaw(&world, &mira, &session, both).unwrap() else { panic!("more") };
        assert_eq!(carried, Carried::Waits(slow));
    }
}
