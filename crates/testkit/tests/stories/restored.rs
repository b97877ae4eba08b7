//! After a copy of the records was put in place: nothing runs that its owner may have stopped since the copy was made, and
//! money waits until its owner had time to look.

use domain::activity::Event;
use domain::ids::AccountId;
use domain::protections::{self, FreezeCause, Frozen, Sensitive, TimerEnd};
use domain::sessions::{self, SignInOutcome};
use domain::{Span, Time};
use testkit::{Person, World, both, freeze_link};

const WEEK: Span = Span::from_hours(7 * 24);
const RESTORED: &str = "Our records were restored from a copy";

fn restore(world: &World) {
    protections::restored(&world.app, world.app.clock().now(), |_, _| {}).expect("it is taken back");
}

fn waits(world: &World, account: AccountId) -> usize {
    world.app.view(move |view| protections::timers(view, account)).wait().expect("a reading").len()
}

fn frozen(world: &World, account: AccountId) -> bool {
    let reading = world.app.view(move |view| Ok(view.rows().account_by_id(account)?.expect("an account").frozen()));
    reading.wait().expect("a reading")
}

fn held_until(world: &World, account: AccountId) -> Option<Time> {
    let reading = world.app.view(move |view| {
        let account = view.rows().account_by_id(account)?.expect("an account");
        Ok(protections::standing(view, &account)?.held_until())
    });
    reading.wait().expect("a reading")
}

/// What the log says a restore ended.
fn ended(world: &World, account: AccountId) -> Vec<Sensitive> {
    let log = world.app.view(move |view| domain::activity::newer(view, account, 0)).wait().expect("the log");
    let ended = log.into_iter().filter_map(|entry| match entry.event {
        Event::TimerEnded { what, by: TimerEnd::Restored, .. } => Some(what),
        _ => None,
    });
    ended.collect()
}

fn with_subject(world: &World, person: &Person, subject: &str) -> domain::notifications::Letter {
    let letters = world.post.letters();
    let letter = letters.into_iter().rev().find(|letter| letter.to == person.email && letter.subject == subject);
    letter.unwrap_or_else(|| panic!("no letter “{subject}”"))
}

both! {
    fn no_thaw_runs_after_a_restore_until_its_owner_asks_again(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Settings);
        world.app.change(&mira.visitor(), freeze).wait().unwrap();
        let session = world.sign_in(&mut mira);
        world.approve(&mira, &session, Sensitive::ThawSlowly).unwrap();
        world.settle();
        assert_eq!(waits(&world, account), 1);
        // After the copy was made its owner stopped it, which the copy does not know.
        restore(&world);
        assert_eq!((waits(&world, account), ended(&world, account)), (0, vec![Sensitive::ThawSlowly]));
        world.settle();
        with_subject(&world, &mira, "A change that waited was stopped");
        world.clock.advance(WEEK + WEEK);
        world.settle();
        assert!(frozen(&world, account), "what nobody asked for again took effect");
        let session = world.sign_in(&mut mira);
        world.approve(&mira, &session, Sensitive::ThawSlowly).unwrap();
        world.settle();
        world.clock.advance(WEEK);
        world.settle();
        assert!(!frozen(&world, account));
    }

    fn nobody_loses_their_second_proofs_by_a_wait_from_before_a_restore(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        let account = session.account;
        world.add_app(&mut mira, &mut session);
        let SignInOutcome::SecondStep { secret, .. } = world.try_sign_in(&mira.thief()).unwrap() else {
            panic!("no second step")
        };
        let lose = move |change: &mut domain::Change<'_>| sessions::lose_factors(change, &secret).map(drop);
        world.app.change(&mira.thief().visitor(), lose).wait().unwrap();
        world.settle();
        assert_eq!(waits(&world, account), 1);
        restore(&world);
        assert_eq!((waits(&world, account), ended(&world, account)), (0, vec![Sensitive::LoseFactors]));
        world.clock.advance(WEEK + WEEK);
        world.settle();
        let tried = world.try_sign_in(&mira.thief()).unwrap();
        assert!(matches!(tried, SignInOutcome::SecondStep { .. }), "the app is asked for as before: {tried:?}");
    }

    fn a_restore_holds_money_for_three_days_from_when_its_owner_was_told_with_a_way_to_freeze(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        assert_eq!(held_until(&world, account), None);
        restore(&world);
        assert_eq!(held_until(&world, account), Some(world.app.clock().now() + WEEK), "nobody was told yet");
        world.clock.advance(Span::from_hours(5));
        world.settle();
        assert_eq!(held_until(&world, account), Some(world.app.clock().now() + Span::from_hours(72)));
        let brake = freeze_link(&with_subject(&world, &mira, RESTORED));
        let stopped = world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &brake)).wait();
        assert!(matches!(stopped, Ok(Frozen::Now { .. })), "{stopped:?}");
    }
}
