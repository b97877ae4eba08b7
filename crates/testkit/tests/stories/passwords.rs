//! Changing the password.

use domain::credentials::{self, Weakness};
use domain::refusal::Refusal;
use testkit::{PASSWORD, both, refusal};

const NEW: &str = "a fresh set of words 58 willow";

both! {
    fn a_changed_password_ends_every_other_session(world: World) {
        let mut mira = world.customer("mira");
        let (here, there) = (world.sign_in(&mut mira), world.sign_in(&mut mira));
        let (changed, fresh) = world.wait(credentials::change_password(&world.app, &mira.in_session(&here), PASSWORD, NEW)).unwrap();
        assert_eq!(changed.sessions_ended, 1);
        assert!(world.signed_in(&fresh));
        assert!(!world.signed_in(&here.secret), "the session it was done in has a new secret");
        assert!(!world.signed_in(&there.secret));
        assert_eq!(refusal(world.try_sign_in(&mira)), Refusal::WrongEmailOrPassword);
        mira.password = NEW.into();
        world.try_sign_in(&mira).unwrap();
        world.settle();
        let letter = world.post.letters().into_iter().find(|letter| letter.subject == "Your password was changed").unwrap();
        assert!(letter.freeze_url.is_some());
    }

    fn the_present_and_the_last_passwords_are_refused(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let actor = mira.in_session(&session);
        let used = Refusal::PasswordUnfit(vec![Weakness::UsedBefore]);
        assert_eq!(refusal(world.wait(credentials::change_password(&world.app, &actor, PASSWORD, PASSWORD))), used);
        world.wait(credentials::change_password(&world.app, &actor, PASSWORD, NEW)).unwrap();
        world.clock.advance(domain::Span::from_secs(1));
        assert_eq!(refusal(world.wait(credentials::change_password(&world.app, &actor, NEW, PASSWORD))), used);
    }

    fn a_wrong_present_password_is_counted_and_told_after_the_third(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let actor = mira.in_session(&session);
        for _ in 0..5 {
            let tried = world.wait(credentials::change_password(&world.app, &actor, "not it at all 12 birch", NEW));
            assert_eq!(refusal(tried), Refusal::WrongPassword);
        }
        let sixth = world.wait(credentials::change_password(&world.app, &actor, PASSWORD, NEW));
        assert!(matches!(refusal(sixth), Refusal::TooManyTries { .. }));
        world.settle();
        let told = world.post.letters().iter().filter(|letter| letter.subject == "A wrong present password was given").count();
        assert_eq!(told, 1);
    }
}
