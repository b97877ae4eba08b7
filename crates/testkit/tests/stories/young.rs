//! What tightens, turned against the owner by somebody who came in by the mailbox alone: in the hold of a reset.

use domain::approvals::{self, Given, Outcome};
use domain::protections::{Carried, Effect, FreezeCause, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::sessions::NewSession;
use domain::{Change, Span, credentials, protections, second_factors};
use testkit::authenticator::Passkey;
use testkit::{PASSWORD, Person, World, act_link, both, refusal};

use crate::passkeys::{approve, register};

const HOLD: Span = Span::from_hours(72);

/// Somebody with the mailbox sets a new password and signs in. It is the one that all stories use, so that the owner's
/// helpers prove by it.
fn reset(world: &World, person: &mut Person) -> NewSession {
    // An earlier password cannot be set again: first another one, which is forgotten as soon as five came after it.
    let actor = person.visitor();
    let asked = credentials::ask_reset(&world.app, &actor, &person.email, &[]);
    let browser = world.wait(asked).expect("a letter");
    world.settle();
    let link = act_link(&world.post.newest_to(&person.email));
    let by = (&link, Some(&browser));
    person.password = "a fresh set of words 58 willow".into();
    let actor = person.visitor();
    let done = credentials::reset(&world.app, &actor, by, &person.password, None);
    world.wait(done).expect("the mailbox is enough");
    world.settle();
    world.sign_in(person)
}

/// Asks and proves by the person's own password.
fn by_password(world: &World, person: &Person, session: &mut NewSession, what: Sensitive) -> Result<Carried, Stop> {
    let (actor, here) = (person.in_session(session), session.session);
    let id = world.app.change(&actor, move |change| approvals::ask(change, here, &what)).wait()?;
    match world.wait(approvals::prove(&world.app, &actor, id, Given::Password(person.password.clone())))? {
        Outcome::Proved { carried, fresh } => {
            session.secret = fresh.unwrap_or_else(|| session.secret.clone());
            Ok(carried)
        }
        Outcome::More(methods) => panic!("more is asked for: {methods:?}"),
    }
}

fn codes(carried: Carried) -> Vec<String> {
    match carried {
        Carried::Out(Effect::Codes(codes)) => codes,
        other => panic!("no codes: {other:?}"),
    }
}

fn proves(world: &World, person: &Person, session: &NewSession, code: &str) -> Result<(), Stop> {
    let (actor, given) = (person.in_session(session), Given::RecoveryCode(code.to_owned()));
    world.wait(second_factors::verify(&world.app, &actor, session.account, b"here", &given)).map(drop)
}

/// A customer with recovery codes, all of it a month old.
fn with_codes(world: &World) -> (Person, NewSession, Vec<String>) {
    let mut mira = world.customer("mira");
    let mut session = world.sign_in(&mut mira);
    let old = codes(by_password(world, &mira, &mut session, Sensitive::RenewRecoveryCodes).expect("proved"));
    world.settle();
    world.clock.advance(Span::from_hours(24 * 30));
    (mira, session, old)
}

both! {
    fn in_the_hold_of_a_reset_nobody_switches_the_password_off(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        world.clock.advance(Span::from_hours(24 * 30));
        let mut thief = mira.thief();
        let mut session = reset(&world, &mut thief);
        // A passkey and codes of the thief's own, minutes old.
        let mut key = Passkey::security_key(9);
        let carried = by_password(&world, &thief, &mut session, Sensitive::AddPasskey).unwrap();
        assert_eq!(carried, Carried::Out(Effect::RegisterPasskey));
        crate::passkeys::registered(&world, (&thief, &mut session), &mut key);
        approve(&world, (&thief, &mut session), Sensitive::RenewRecoveryCodes, Some(&mut key)).unwrap();
        for what in [Sensitive::PasskeyOnly, Sensitive::ArmLock { days: 30 }] {
            let said = refusal(approve(&world, (&thief, &mut session), what.clone(), Some(&mut key)));
            assert!(matches!(said, Refusal::ProofTooYoung { .. }), "{what:?}: {said:?}");
        }
        // Once everything is as old as the hold was long, it is anybody's own choice.
        world.settle();
        world.clock.advance(2 * HOLD);
        let mut session = crate::passkeys::enter(&world, &thief, &mut key).unwrap();
        approve(&world, (&thief, &mut session), Sensitive::PasskeyOnly, Some(&mut key)).unwrap();
    }

    fn a_young_passkey_beside_an_old_one_is_not_counted_for_passkeys_alone(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        let mut key = Passkey::security_key(7);
        register(&world, (&mira, &mut session), &mut key, None);
        world.settle();
        world.clock.advance(Span::from_hours(24 * 30));
        let mut session = crate::passkeys::enter(&world, &mira, &mut key).unwrap();
        // Another phone number is suspicious; what comes after it is young.
        world.add_phone(&mira, &session, crate::phones::HERS);
        approve(&world, (&mira, &mut session), Sensitive::ChangePhone { new: None }, Some(&mut key)).unwrap();
        world.settle();
        world.clock.advance(Span::from_mins(1));
        register(&world, (&mira, &mut session), &mut Passkey::synced(8), Some(&mut key));
        let said = refusal(approve(&world, (&mira, &mut session), Sensitive::PasskeyOnly, Some(&mut key)));
        assert!(matches!(said, Refusal::ProofTooYoung { .. }), "{said:?}");
    }

    fn codes_renewed_by_a_young_proof_do_not_shorten_the_life_of_the_earlier_ones(world: World) {
        let (mira, _, old) = with_codes(&world);
        let mut thief = mira.thief();
        let mut session = reset(&world, &mut thief);
        codes(by_password(&world, &thief, &mut session, Sensitive::RenewRecoveryCodes).unwrap());
        world.settle();
        // Not three days from when they were renewed, but from when that proof is old.
        world.clock.advance(2 * HOLD - Span::from_mins(1));
        proves(&world, &thief, &session, &old[0]).unwrap();
        world.clock.advance(Span::from_mins(2));
        assert_eq!(refusal(proves(&world, &thief, &session, &old[1])), Refusal::WrongCode);
    }

    fn a_freeze_keeps_the_earlier_codes_when_the_newer_ones_sleep(world: World) {
        let (mut mira, _, old) = with_codes(&world);
        // A thief at her session, with her password.
        let mut session = world.sign_in(&mut mira);
        let new = codes(by_password(&world, &mira, &mut session, Sensitive::RenewRecoveryCodes).unwrap());
        world.clock.advance(Span::from_hours(1));
        let account = session.account;
        let freeze = move |change: &mut Change<'_>| protections::freeze(change, account, FreezeCause::Link);
        world.app.change(&mira.visitor(), freeze).wait().unwrap();
        world.settle();
        world.clock.advance(2 * HOLD);
        let session = world.sign_in(&mut mira);
        assert_eq!(refusal(proves(&world, &mira, &session, &new[0])), Refusal::WrongCode, "they sleep");
        proves(&world, &mira, &session, &old[0]).unwrap();
        assert_eq!(mira.password, PASSWORD);
    }
}
