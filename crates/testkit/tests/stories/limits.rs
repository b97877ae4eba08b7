//! How much of something anybody can cause: what is bounded, whom the bound reaches, and whom it must not.

use domain::activity::{EndedBy, Event};
use domain::credentials::Beside;
use domain::protections::{self, FreezeCause, Frozen};
use domain::refusal::Refusal;
use domain::sessions::{NewSession, SignInOutcome};
use domain::{Span, credentials, sessions};
use testkit::{PASSWORD, Person, World, both, refusal};

/// The same person at another address.
fn at(person: &Person, ip: &str) -> Person {
    let mut moved = person.clone();
    moved.origin.ip = Some(ip.parse().expect("an address"));
    moved
}

fn in_at_once(world: &World, person: &Person) -> NewSession {
    match world.try_sign_in(person) {
        Ok(SignInOutcome::In(session)) => session,
        other => panic!("not in at once: {other:?}"),
    }
}

both! {
    fn beyond_fifty_sessions_the_oldest_ends_and_the_log_says_why(world: World) {
        let mut mira = world.customer("mira");
        let mut open = vec![world.sign_in(&mut mira)];
        for _ in 0..52 {
            world.clock.advance(Span::from_secs(1));
            open.push(in_at_once(&world, &mira));
        }
        let account = open[0].account;
        let listed = world.app.view(move |view| sessions::list(view, account)).wait().unwrap();
        assert_eq!(listed.len(), 50);
        let alive: Vec<bool> = open.iter().map(|session| world.signed_in(&session.secret)).collect();
        assert_eq!(alive, [vec![false; 3], vec![true; 50]].concat());
        let log = world.app.view(move |view| domain::activity::newer(view, account, 0)).wait().unwrap();
        let ended: Vec<_> = log
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::SessionEnded { session, by: EndedBy::TooMany, .. } => Some((*session, entry.event.spec().detail)),
                _ => None,
            })
            .collect();
        assert_eq!(ended.iter().map(|(session, _)| *session).collect::<Vec<_>>(), [0, 1, 2].map(|old| open[old].session));
        assert!(ended[0].1.contains("so many others were open"), "{}", ended[0].1);
        // Whoever stops everything stops fifty, and no more.
        let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Settings);
        let frozen = world.app.change(&mira.in_session(&open[52]), freeze).wait().unwrap();
        assert_eq!(frozen, Frozen::Now { sessions_ended: 50 });
    }

    fn one_known_device_has_sixty_right_passwords_an_hour_and_nobody_is_told_of_more(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let mut laptop = Person { devices: Vec::new(), ..mira.clone() };
        world.sign_in(&mut laptop);
        for _ in 0..60 {
            in_at_once(&world, &mira);
        }
        world.settle();
        let before = (world.log(account).len(), world.post.letters().len());
        for _ in 0..5 {
            assert!(matches!(refusal(world.try_sign_in(&mira)), Refusal::TooManyTries { .. }));
        }
        world.settle();
        assert_eq!((world.log(account).len(), world.post.letters().len()), before, "nobody is told");
        in_at_once(&world, &laptop);
        world.clock.advance(Span::from_hours(1));
        in_at_once(&world, &mira);
    }

    fn one_session_has_sixty_right_passwords_an_hour(world: World) {
        let mut mira = world.customer("mira");
        let (here, there) = (world.sign_in(&mut mira), world.sign_in(&mut mira));
        let weak = |session: &NewSession| {
            world.wait(credentials::change_password(&world.app, &mira.in_session(session), PASSWORD, "too short"))
        };
        for _ in 0..60 {
            assert!(matches!(refusal(weak(&here)), Refusal::PasswordUnfit(_)));
        }
        assert!(matches!(refusal(weak(&here)), Refusal::TooManyTries { .. }));
        assert!(matches!(refusal(weak(&there)), Refusal::PasswordUnfit(_)), "another session is not held up");
    }

    fn the_strength_of_passwords_is_asked_so_often_an_hour_by_a_network_and_by_a_customer(world: World) {
        let world = world.restarted(|settings| settings.guess.checks_hourly = 20);
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let thought = credentials::normalize("some words that nobody uses 77");
        let check = |actor: &domain::Actor| world.wait(credentials::check(&world.app, actor, &thought, &Beside::default()));
        let stranger = Person::new("eve");
        for neighbour in 0..20 {
            check(&at(&stranger, &format!("192.0.2.{neighbour}")).visitor()).unwrap();
        }
        assert!(matches!(refusal(check(&stranger.visitor())), Refusal::TooManyTries { .. }), "one network");
        check(&at(&stranger, "198.51.100.7").visitor()).unwrap();
        // A customer in that network is counted by themself, and setting a password is not counted here at all.
        for _ in 0..20 {
            check(&mira.in_session(&session)).unwrap();
        }
        assert!(matches!(refusal(check(&mira.in_session(&session))), Refusal::TooManyTries { .. }), "one customer");
        let fresh = "a fresh set of words 58 willow";
        world.wait(credentials::change_password(&world.app, &mira.in_session(&session), PASSWORD, fresh)).unwrap();
        world.clock.advance(Span::from_hours(1));
        check(&stranger.visitor()).unwrap();
    }
}
