//! Somebody copied what a browser keeps, and knows the password: what they can take from its owner by that.

use domain::protections::{self, FreezeCause};
use domain::refusal::{Refusal, Stop};
use domain::sessions::{NewSession, SignInOutcome};
use domain::{SecretText, Span, credentials};
use testkit::{Person, World, both, refusal};

const FULL: &str = "So many sessions are open that the oldest ends";

/// Whoever has a copy of what a person's browser keeps, somewhere else.
fn copy(person: &Person, ip: &str) -> Person {
    let mut thief = Person { devices: person.devices.clone(), ..person.thief() };
    thief.origin.ip = Some(ip.parse().expect("an address"));
    thief
}

/// A second after whatever came before it.
fn in_at_once(world: &World, person: &Person) -> NewSession {
    world.clock.advance(Span::from_secs(1));
    match world.try_sign_in(person) {
        Ok(SignInOutcome::In(session)) => session,
        other => panic!("not in at once: {other:?}"),
    }
}

fn asks_for_a_new_password(world: &World, person: &Person) -> Result<SecretText, Stop> {
    world.wait(credentials::ask_reset(&world.app, &person.visitor(), &person.email, &person.devices))
}

fn told(world: &World) -> usize {
    world.settle();
    world.post.letters().iter().filter(|letter| letter.subject == FULL).count()
}

both! {
    fn who_copied_a_browser_ends_their_own_sessions_and_the_owner_is_told_once_a_day(world: World) {
        let mut mira = world.customer("mira");
        let mut laptop = mira.clone();
        let (own, other) = (world.sign_in(&mut mira), world.sign_in(&mut laptop));
        let eve = copy(&mira, "198.51.100.66");
        for _ in 0..48 {
            in_at_once(&world, &eve);
        }
        assert_eq!(told(&world), 0, "fifty are open, and none too many");
        for _ in 48..59 {
            in_at_once(&world, &eve);
        }
        assert_eq!((world.signed_in(&own.secret), world.signed_in(&other.secret)), (true, true));
        assert_eq!(told(&world), 1);
        // From everywhere it is the oldest of that browser, and no other browser's.
        for network in 0..3 {
            for _ in 0..20 {
                in_at_once(&world, &copy(&mira, &format!("203.0.{network}.66")));
            }
        }
        assert_eq!((world.signed_in(&own.secret), world.signed_in(&other.secret)), (false, true));
        assert_eq!(told(&world), 1, "once a day");
        world.clock.advance(Span::from_hours(24));
        world.settle();
        for _ in 0..51 {
            in_at_once(&world, &eve);
        }
        assert_eq!(told(&world), 2);
    }

    fn a_copied_browser_uses_up_no_right_passwords_of_its_owner(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        let many = |world: &World, person: &Person| {
            (0..70).filter(|_| matches!(world.try_sign_in(person), Ok(SignInOutcome::In(_)))).count()
        };
        assert_eq!(many(&world, &copy(&mira, "198.51.100.66")), 60);
        assert_eq!(many(&world, &mira), 60, "where the owner is");
        // A copy that is used from everywhere has an end too.
        assert_eq!(many(&world, &copy(&mira, "203.0.113.1")) + many(&world, &copy(&mira, "203.0.113.2")), 120);
        let refused = refusal(world.try_sign_in(&copy(&mira, "203.0.113.3")));
        assert!(matches!(refused, Refusal::TooManyTries { .. }), "{refused:?}");
    }

    fn what_a_forgotten_browser_has_is_used_up_by_a_copy_and_its_owner_is_let_in_all_the_same(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Settings);
        world.app.change(&mira.visitor(), freeze).wait().unwrap();
        let eve = copy(&mira, "198.51.100.66");
        let guess = Person { password: "guess number one 11 reed".into(), ..eve.clone() };
        // Five of the browser, and five like anybody else there.
        for number in 0..10 {
            assert_eq!(refusal(world.try_sign_in(&guess)), Refusal::WrongEmailOrPassword, "{number}");
        }
        let refused = refusal(world.try_sign_in(&guess));
        assert!(matches!(refused, Refusal::TooManyTries { .. }), "{refused:?}");
        assert!(matches!(world.try_sign_in(&mira), Ok(SignInOutcome::Waiting(_))), "the owner, in their own browser");
        // The same with the letters for a new password.
        for number in 0..8 {
            assert!(asks_for_a_new_password(&world, &eve).is_ok(), "{number}");
        }
        let refused = refusal(asks_for_a_new_password(&world, &eve));
        assert!(matches!(refused, Refusal::TooManyMails { .. }), "{refused:?}");
        assert!(asks_for_a_new_password(&world, &mira).is_ok(), "the owner, in their own browser");
    }
}
