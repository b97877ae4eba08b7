//! What is dropped by the operator's policy, and what stays.

use domain::activity::{EndedBy, Place};
use domain::ids::AccountId;
use domain::protections::{self, Carried, Sensitive};
use domain::retain::{self, Over, Table};
use domain::{CHORES, Change, Span, notifications, sessions};
use testkit::{Person, World, both};

const DAY: Span = Span::from_hours(24);

fn would_go(world: &World) -> Over {
    retain::drop_all(&world.app, true, &mut |_| ()).expect("it goes through")
}

/// A customer who has done a bit of everything and is done with it: two browsers, of which one is forgotten, recovery codes, a
/// wait that was stopped.
fn a_day_of(world: &World, name: &str) -> (Person, AccountId) {
    let mut person = world.customer(name);
    let swiss =
        |town: &str| Some(Place { country: Some("CH".parse().expect("it goes through")), ..Place::named(town) });
    person.origin.place = swiss("Zürich, Switzerland");
    let session = world.sign_in(&mut person);
    let mut laptop = Person { devices: Vec::new(), ..person.clone() };
    laptop.origin.place = swiss("Bern, Switzerland");
    world.sign_in(&mut laptop);
    world.recovery_codes(&person, &session);
    world.approve(&person, &session, Sensitive::ArmLock { days: 1 }).expect("it goes through");
    let Carried::Waits(wait) = world.approve(&person, &session, Sensitive::Unlock).expect("it is asked for") else {
        panic!("unlocking does not wait")
    };
    let (account, here) = (session.account, session.session);
    let done = move |change: &mut Change<'_>| {
        protections::cancel(change, account, wait.timer)?;
        sessions::end_others(change, account, here)?;
        sessions::end(change, account, here, EndedBy::You)
    };
    world.app.change(&person.in_session(&session), done).wait().expect("it goes through");
    world.settle();
    (person, account)
}

both! {
    fn what_is_over_goes_400_days_later_and_the_log_and_what_is_younger_stay(world: World) {
        let (mut mira, account) = a_day_of(&world, "mira");
        world.clock.advance(DAY * 20);
        mira.origin.place = Some(Place { country: Some("CH".parse().unwrap()), ..Place::named("Basel, Switzerland") });
        let session = world.sign_in(&mut mira);
        let (actor, here) = (mira.in_session(&session), session.session);
        world.app.change(&actor, move |change| sessions::end(change, account, here, EndedBy::You)).wait().unwrap();
        world.settle();
        world.clock.advance(DAY * 379);
        assert_eq!(would_go(&world), Over::default(), "399 days later");
        world.clock.advance(DAY * 11);
        let log = world.log(account);
        let over = would_go(&world);
        let known: Vec<u64> = [Table::Sessions, Table::SignIns, Table::Browsers, Table::Waits, Table::Events].map(|table| over.of(table)).into();
        assert_eq!(known, [2, 2, 2, 1, 0], "{over:?}");
        assert!(over.of(Table::Places) >= 2 && over.of(Table::Links) > 0 && over.of(Table::Notices) > 5, "{over:?}");
        assert_eq!(retain::drop_all(&world.app, false, &mut |_| ()).unwrap(), over, "what was said goes");
        assert_eq!(would_go(&world), Over::default());
        assert_eq!(world.log(account), log, "the log is the customer's");
        // What is younger went nowhere: it is over ten days later.
        world.clock.advance(DAY * 20);
        assert_eq!(would_go(&world).of(Table::Sessions), 1);
        // And the account works as before: the browser that was last used so long ago is let in by letter.
        let again = world.sign_in(&mut mira);
        assert!(world.signed_in(&again.secret));
    }

    fn what_still_means_something_is_not_dropped_however_old_it_is(world: World) {
        let world = world.restarted(|settings| {
            (settings.session.absolute_hours, settings.session.idle_minutes) = (24 * 2000, 60 * 24 * 2000);
            settings.session.device_days = 2000;
        });
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        world.recovery_codes(&mira, &session);
        world.approve(&mira, &session, Sensitive::ArmLock { days: 30 }).unwrap();
        world.post.answer(&mira.email, domain::notifications::Fate::Later("later".into()));
        world.approve(&mira, &session, Sensitive::Unlock).unwrap();
        world.clock.advance(DAY * 1500);
        retain::drop_all(&world.app, false, &mut |_| ()).unwrap();
        assert!(world.signed_in(&session.secret), "a session that lives");
        let waits = world.app.view(move |view| protections::timers(view, account)).wait().unwrap();
        assert_eq!(waits.len(), 1, "a wait that runs");
        let browsers = world.app.view(move |view| sessions::devices(view, account)).wait().unwrap();
        assert_eq!(browsers.len(), 2, "browsers that are known");
    }

    fn by_and_by_the_worker_drops_the_same_for_everybody(world: World) {
        let accounts = ["mira", "noor", "ada"].map(|name| a_day_of(&world, name).1);
        world.clock.advance(DAY * 450);
        let over = would_go(&world);
        assert_eq!(over.of(Table::Sessions), 6);
        assert_eq!(over.of(Table::Browsers), 6);
        let logs = accounts.map(|account| world.log(account));
        // A process that starts now begins behind everybody, and comes round.
        let world = world.restarted(|_| ());
        world.clock.advance(Span::from_millis(999));
        let chore = CHORES.iter().find(|chore| chore.name == "retain_drop_over").unwrap();
        for _ in 0..2 {
            chore.turn(&world.app, || false).unwrap();
        }
        assert_eq!(would_go(&world), Over::default());
        assert_eq!(accounts.map(|account| world.log(account)), logs);
    }

    fn activity_goes_by_the_operators_policy_alone_and_with_it_the_inbox(world: World) {
        let world = world.restarted(|settings| settings.retain.events_days = 500);
        let (mut mira, account) = a_day_of(&world, "mira");
        let before = world.log(account).len();
        let old = i64::try_from(before).unwrap();
        world.clock.advance(DAY * 300);
        let session = world.sign_in(&mut mira);
        world.settle();
        let kept = world.log(account)[before..].to_vec();
        assert!(!kept.is_empty());
        world.clock.advance(DAY * 201);
        assert_eq!(would_go(&world).of(Table::Events), before as u64);
        retain::drop_all(&world.app, false, &mut |_| ()).unwrap();
        assert_eq!(world.log(account), kept);
        let inbox = world.app.view(move |view| notifications::inbox(view, account, None, 100)).wait().unwrap();
        assert!(inbox.iter().all(|item| item.entry.sequence > old), "the inbox names what is there");
        let unread = world.app.view(move |view| notifications::unread(view, account)).wait().unwrap();
        assert!(usize::try_from(unread).unwrap() <= inbox.len(), "{unread} unread of {}", inbox.len());
        // Numbers are never given twice, also where all of an account's entries are gone.
        world.clock.advance(DAY * 1000);
        retain::drop_all(&world.app, false, &mut |_| ()).unwrap();
        assert_eq!(world.log(account).len(), 0);
        assert_eq!(world.app.view(move |view| notifications::unread(view, account)).wait().unwrap(), 0);
        let end = move |change: &mut Change<'_>| sessions::end_others(change, account, session.session);
        world.app.change(&mira.in_session(&session), end).wait().unwrap();
        let newest = world.app.view(move |view| domain::activity::newer(view, account, 0)).wait().unwrap();
        assert!(newest[0].sequence > i64::try_from(before + kept.len()).unwrap());
    }
}
