//! From when a wait runs: some carriers answer late, some never, and one mailbox may be a thief's.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::notifications::{self, Carrier, Fate, Letter, Sms};
use domain::protections::{self, Carried, Sensitive, Timer};
use domain::sessions::NewSession;
use domain::{Span, Time, accounts, second_factors};
use testkit::{Person, World, act_link, both};

const OLD: &str = "mira@example.com";
const NEW: &str = "mira@new.example";
const PHONE: &str = "+41791234567";

fn later() -> Fate {
    Fate::Later("451 try again".into())
}

fn refused() -> Fate {
    Fate::Refused("550 no such mailbox".into())
}

/// A customer with an authenticator app, in a session.
fn with_app(world: &World) -> (Person, NewSession) {
    let mut mira = world.customer("mira");
    let mut session = world.sign_in(&mut mira);
    world.add_app(&mut mira, &mut session);
    world.clock.advance(Span::from_mins(1));
    world.settle();
    (mira, session)
}

/// The same, just after the address was changed: the mailbox of before can undo it for three days.
fn moved(world: &World) -> (Person, NewSession) {
    let (mira, session) = with_app(world);
    change_address(world, &mira, &session);
    (Person { email: NEW.into(), ..mira }, session)
}

fn change_address(world: &World, mira: &Person, session: &NewSession) {
    world.approve(mira, session, Sensitive::ChangeEmail { new: NEW.into() }).expect("it is asked for");
    world.settle();
    let (link, devices) = (act_link(&world.post.newest_to(NEW)), mira.devices.clone());
    let confirm = move |change: &mut domain::Change<'_>| accounts::confirm_change(change, &link, &devices, &[7; 32]);
    world.app.change(&mira.in_session(session), confirm).wait().expect("it is confirmed");
    world.settle();
}

/// Asks for the app to be taken off, which waits for a day.
fn ask(world: &World, mira: &Person, session: &NewSession) {
    let account = session.account;
    let factors = world.app.view(move |view| second_factors::list(view, account)).wait().expect("a reading");
    let carried = world.approve(mira, session, Sensitive::RemoveFactor { factor: factors[0].id });
    assert!(matches!(carried, Ok(Carried::Waits(_))), "{carried:?}");
    world.settle();
}

fn waiting(world: &World, session: &NewSession) -> Timer {
    let account = session.account;
    let timers = world.app.view(move |view| protections::timers(view, account)).wait().expect("a reading");
    timers.into_iter().next().expect("something waits")
}

/// Since when it runs, and how long from then.
fn runs(world: &World, session: &NewSession) -> Option<(Time, Span)> {
    let timer = waiting(world, session);
    Some((timer.told_at?, timer.due_at?.duration_since(timer.told_at?)))
}

/// How long money for young addresses waits from now on.
fn held_for(world: &World, session: &NewSession) -> Option<Span> {
    let account = session.account;
    let reading = world.app.view(move |view| {
        let account = view.rows().account_by_id(account)?.expect("an account");
        Ok(protections::standing(view, &account)?.held_until())
    });
    reading.wait().expect("a reading").map(|until| until.duration_since(world.app.clock().now()))
}

/// A mail server returns the newest letter to an address. Answers whether that was new.
fn comes_back(world: &World, address: &str) -> bool {
    returned(world, &format!("<{}>", world.post.newest_to(address).message_id))
}

fn returned(world: &World, message_id: &str) -> bool {
    let message_id = message_id.to_owned();
    let said = move |change: &mut domain::Change<'_>| {
        notifications::came_back(change, &message_id, "550 5.1.1 no such mailbox")
    };
    world.app.change(&domain::Actor::chore(), said).wait().expect("it is written down")
}

const DAY: Span = Span::from_hours(24);
const WEEK: Span = Span::from_hours(7 * 24);

both! {
    fn while_an_address_can_come_back_a_wait_begins_once_both_mailboxes_were_told(world: World) {
        let (mira, session) = moved(&world);
        world.post.answer(OLD, later());
        ask(&world, &mira, &session);
        assert_eq!(world.post.newest_to(NEW).subject, "A change that weakens your account was asked for");
        assert_eq!(runs(&world, &session), None, "the new mailbox may be a thief's");
        world.clock.advance(Span::from_hours(60));
        world.settle();
        assert_eq!(runs(&world, &session), None);
        world.post.take_again(OLD);
        world.clock.advance(Span::from_hours(1));
        world.settle();
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), DAY)));
        assert_eq!(world.post.newest_to(OLD).subject, "A change that weakens your account was asked for");
    }

    fn a_mailbox_of_before_that_refuses_for_good_makes_the_wait_a_week(world: World) {
        let (mira, session) = moved(&world);
        world.post.answer(OLD, refused());
        ask(&world, &mira, &session);
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), WEEK)));
    }

    fn the_old_mailbox_starts_no_wait_before_the_new_one_was_told(world: World) {
        let (mira, session) = moved(&world);
        world.post.answer(NEW, later());
        ask(&world, &mira, &session);
        assert_eq!(runs(&world, &session), None);
        // It is tried for five days; then nobody waits for it any more.
        for _ in 0..6 * 24 {
            world.clock.advance(Span::from_hours(1));
            world.settle();
        }
        let (told_at, wait) = runs(&world, &session).expect("it runs");
        assert!(world.app.clock().now().duration_since(told_at) < DAY, "{told_at}");
        assert_eq!(wait, WEEK);
    }

    fn the_phone_alone_starts_no_wait_while_a_letter_is_on_its_way(world: World) {
        let (mira, session) = with_app(&world);
        world.add_phone(&mira, &session, PHONE);
        world.post.answer(OLD, later());
        ask(&world, &mira, &session);
        assert!(!world.post.texts().is_empty());
        assert_eq!(runs(&world, &session), None);
        world.post.take_again(OLD);
        world.clock.advance(Span::from_hours(1));
        world.settle();
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), DAY)));
    }

    fn a_slow_gateway_holds_no_wait_up_and_a_phone_that_was_told_makes_up_for_a_mailbox_that_refuses(world: World) {
        let (mira, session) = with_app(&world);
        world.add_phone(&mira, &session, PHONE);
        world.post.answer(PHONE, later());
        ask(&world, &mira, &session);
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), DAY)), "the letter was taken");
        let (account, timer) = (session.account, waiting(&world, &session).id);
        let cancel = move |change: &mut domain::Change<'_>| protections::cancel(change, account, timer);
        world.app.change(&mira.in_session(&session), cancel).wait().expect("it stops");
        world.settle();
        // And the other way round.
        world.post.answer(OLD, refused());
        ask(&world, &mira, &session);
        assert_eq!(runs(&world, &session), None, "the SMS may still arrive");
        world.post.take_again(PHONE);
        world.clock.advance(Span::from_hours(1));
        world.settle();
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), DAY)));
    }

    fn when_nobody_can_be_told_a_wait_is_a_week(world: World) {
        let (mira, session) = with_app(&world);
        world.add_phone(&mira, &session, PHONE);
        world.post.answer(OLD, refused());
        world.post.answer(PHONE, refused());
        ask(&world, &mira, &session);
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), WEEK)));
    }

    fn a_hold_runs_for_three_days_from_when_its_owner_was_told(world: World) {
        let (mira, session) = with_app(&world);
        world.post.answer(OLD, later());
        change_address(&world, &mira, &session);
        assert_eq!(held_for(&world, &session), Some(WEEK), "the mailbox of before does not know");
        world.clock.advance(DAY + DAY);
        world.post.take_again(OLD);
        world.settle();
        assert_eq!(held_for(&world, &session), Some(Span::from_hours(72)));
        world.clock.advance(Span::from_hours(72) - Span::from_secs(1));
        assert_eq!(held_for(&world, &session), Some(Span::from_secs(1)));
        world.clock.advance(Span::from_secs(1));
        assert_eq!(held_for(&world, &session), None);
    }

    fn a_hold_that_nobody_can_be_told_of_runs_for_a_week(world: World) {
        let (mira, session) = with_app(&world);
        world.post.answer(OLD, refused());
        change_address(&world, &mira, &session);
        world.clock.advance(WEEK - Span::from_secs(1));
        world.settle();
        assert_eq!(held_for(&world, &session), Some(Span::from_secs(1)));
        world.clock.advance(Span::from_secs(1));
        assert_eq!(held_for(&world, &session), None);
    }

    fn what_waits_for_the_end_of_a_hold_waits_longer_when_its_owner_was_told_late(world: World) {
        let (mira, session) = with_app(&world);
        world.post.answer(OLD, later());
        change_address(&world, &mira, &session);
        let mira = Person { email: NEW.into(), ..mira };
        ask(&world, &mira, &session);
        // Six days: longer than the wait, and the hold would be over in one more.
        world.clock.advance(6 * DAY);
        world.post.take_again(OLD);
        world.settle();
        assert_eq!(held_for(&world, &session), Some(Span::from_hours(72)));
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), Span::from_hours(72))));
    }

    fn a_letter_that_comes_back_was_never_told(world: World) {
        let (mira, session) = with_app(&world);
        ask(&world, &mira, &session);
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), DAY)));
        world.clock.advance(Span::from_hours(20));
        assert!(comes_back(&world, OLD));
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), WEEK)), "it begins again, as long as untold");
        // A second report of the same changes nothing, however late.
        world.clock.advance(DAY);
        assert!(!comes_back(&world, OLD));
        assert_eq!(runs(&world, &session), Some((world.app.clock().now() - DAY, WEEK)));
    }

    fn a_letter_that_comes_back_stops_no_wait_that_the_phone_was_told_of(world: World) {
        let (mira, session) = with_app(&world);
        world.add_phone(&mira, &session, PHONE);
        ask(&world, &mira, &session);
        let before = runs(&world, &session);
        world.clock.advance(Span::from_hours(1));
        assert!(comes_back(&world, OLD));
        assert_eq!(runs(&world, &session), before);
    }

    fn a_letter_that_comes_back_while_the_sms_is_on_its_way_stops_the_clock_until_that_is_taken(world: World) {
        let (mira, session) = with_app(&world);
        world.add_phone(&mira, &session, PHONE);
        world.post.answer(PHONE, later());
        ask(&world, &mira, &session);
        assert!(runs(&world, &session).is_some());
        assert!(comes_back(&world, OLD));
        assert_eq!(runs(&world, &session), None);
        world.post.take_again(PHONE);
        world.clock.advance(Span::from_hours(1));
        world.settle();
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), DAY)));
    }

    fn a_letter_that_comes_back_gives_a_hold_its_longer_end_and_never_a_shorter_one(world: World) {
        let (_mira, session) = moved(&world);
        assert_eq!(held_for(&world, &session), Some(Span::from_hours(72)));
        world.clock.advance(Span::from_hours(24));
        assert!(comes_back(&world, OLD));
        assert_eq!(held_for(&world, &session), Some(WEEK));
        world.clock.advance(WEEK);
        assert_eq!(held_for(&world, &session), None);
    }

    fn what_came_back_too_late_and_what_is_no_letter_of_ours_changes_nothing(world: World) {
        let (mira, session) = with_app(&world);
        ask(&world, &mira, &session);
        let (message_id, account) = (world.post.newest_to(OLD).message_id, session.account);
        let uuid = message_id.split('@').next().unwrap();
        for other in ["", "<>", "nobody@localhost", &format!("{uuid}@elsewhere.example"), uuid, "0@localhost"] {
            assert!(!returned(&world, other), "{other}");
        }
        assert_eq!(runs(&world, &session), Some((world.app.clock().now(), DAY)));
        let timer = waiting(&world, &session).id;
        let cancel = move |change: &mut domain::Change<'_>| protections::cancel(change, account, timer);
        world.app.change(&mira.in_session(&session), cancel).wait().expect("it stops");
        assert!(returned(&world, &message_id), "it came back all the same");
        let timers = world.app.view(move |view| protections::timers(view, account)).wait().unwrap();
        assert!(timers.is_empty(), "what was stopped does not run again: {timers:?}");
    }

    fn two_mailboxes_that_answer_at_once_start_the_wait(world: World) {
        let (mira, session) = moved(&world);
        for round in 0..20 {
            world.post.answer(OLD, later());
            world.post.answer(NEW, later());
            ask(&world, &mira, &session);
            assert_eq!(runs(&world, &session), None);
            world.clock.advance(Span::from_hours(1));
            let carrier = AtOnce { world: &world, begun: AtomicUsize::new(0), second: Barrier::new(2), both: Barrier::new(2) };
            std::thread::scope(|scope| {
                scope.spawn(|| notifications::deliver(&world.app, &carrier).expect("handed over"));
                scope.spawn(|| {
                    carrier.second.wait();
                    notifications::deliver(&world.app, &carrier).expect("handed over")
                });
            });
            assert!(runs(&world, &session).is_some(), "round {round}: each saw the other one waiting");
            let (account, timer) = (session.account, waiting(&world, &session).id);
            let cancel = move |change: &mut domain::Change<'_>| protections::cancel(change, account, timer);
            world.app.change(&mira.in_session(&session), cancel).wait().expect("it stops");
            world.post.take_again(OLD);
            world.post.take_again(NEW);
            world.settle();
        }
    }
}

/// Puts the first of two letters off; the other, and then the first again, are in two hands at once and both taken.
struct AtOnce<'a> {
    world: &'a World,
    begun: AtomicUsize,
    second: Barrier,
    both: Barrier,
}

impl Carrier for AtOnce<'_> {
    fn carry(&self, _: &Letter) -> Fate {
        match self.begun.fetch_add(1, Ordering::SeqCst) {
            0 => return Fate::Later("451 try again".into()),
            1 => {
                self.world.clock.advance(Span::from_mins(2));
                self.second.wait();
            }
            _ => {}
        }
        self.both.wait();
        Fate::Sent("250 kept".into())
    }

    fn carry_sms(&self, _: &Sms) -> Fate {
        Fate::Refused("no phone in this story".into())
    }
}
