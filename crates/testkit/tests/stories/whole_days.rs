//! Whole days, told as transcripts of log and letters that are compared as they stand.

use std::path::Path;

use domain::activity::EndedBy;
use domain::sessions::{self, SignInOutcome};
use domain::{Span, credentials, notifications, protections};
use testkit::{PASSWORD, act_link, both, freeze_link, transcript};

fn compare(name: &str, text: &str) {
    transcript::compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories/transcripts"), name, text);
}

both! {
    /// Mira opens an account, lives with it for a day, and somebody who knows her password meets her at every door.
    fn a_thief_with_the_password_gets_nowhere(world: World) {
        let mut mira = world.customer("mira");
        world.clock.advance(Span::from_mins(2));
        let morning = world.sign_in(&mut mira);
        world.settle();
        world.clock.advance(Span::from_hours(3));
        world.settle();

        let thief = mira.thief();
        let guessing = testkit::Person { password: "not quite the right words 8".into(), ..thief.clone() };
        for _ in 0..3 {
            assert!(world.try_sign_in(&guessing).is_err());
            world.clock.advance(Span::from_secs(20));
        }
        world.settle();
        assert!(matches!(world.try_sign_in(&thief).unwrap(), SignInOutcome::Waiting(_)));
        world.settle();
        let link = act_link(&world.post.newest_to(&mira.email));
        world.clock.advance(Span::from_mins(5));
        let account = world.app.change(&mira.visitor(), move |change| sessions::deny_device(change, &link)).wait().unwrap();

        let evening = world.sign_in(&mut mira);
        let new = "words that only mira knows 17 teal";
        let actor = mira.in_session(&evening);
        let (_, fresh) = world.wait(credentials::change_password(&world.app, &actor, PASSWORD, new)).unwrap();
        world.app.change(&actor, move |change| notifications::choose(change, account, "sign_in.failed", false)).wait().unwrap();
        assert!(world.signed_in(&fresh) && !world.signed_in(&morning.secret));
        let (account, session) = (evening.account, evening.session);
        world.clock.advance(Span::from_mins(10));
        world.app.change(&actor, move |change| sessions::end(change, account, session, EndedBy::You)).wait().unwrap();
        world.settle();
        compare("a_thief_with_the_password", &world.transcript(account));
    }

    /// Somebody got in with password and mailbox; the owner stops everything from the letter she finds.
    fn a_freeze_stops_a_thief_who_got_in(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        world.clock.advance(Span::from_hours(1));
        let mut thief = mira.thief();
        let stolen = world.sign_in(&mut thief);
        world.settle();
        let letter = world.post.newest_to(&mira.email);
        assert_eq!(letter.subject, "Somebody signed in from a new browser");
        world.clock.advance(Span::from_mins(3));
        let link = freeze_link(&letter);
        world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &link)).wait().unwrap();
        assert!(!world.signed_in(&stolen.secret));
        let account = stolen.account;
        let refused = world.app.change(&thief.in_session(&stolen), move |change| protections::replace_freeze_words(change, account));
        assert_eq!(testkit::refusal(refused.wait()), domain::Refusal::AccountFrozen);
        world.settle();
        compare("a_freeze_stops_a_thief", &world.transcript(account));
    }
}
