//! After an undo of an e-mail change, and before one: who hears, who may stop, and until when.

use domain::activity::Severity;
use domain::notifications::{Fate, Letter};
use domain::protections::{self, Sensitive, Timer};
use domain::refusal::{Refusal, Stop};
use domain::sessions::NewSession;
use domain::{Change, SecretText, Span, credentials};
use testkit::{Person, World, act_link, both, freeze_link, refusal};

use crate::addresses::{CHANGED, change, newest, undo};

const OLD: &str = "mira@example.com";
const OWN: &str = "mira@new.example";
const THIEFS: &str = "b@thief.example";
const NEW: &str = "a fresh set of words 58 willow";
const THAW: &str = "Unfreezing your account was asked for";
const DAY: Span = Span::from_hours(24);

fn timers(world: &World, session: &NewSession) -> Vec<Timer> {
    let account = session.account;
    world.app.view(move |view| protections::timers(view, account)).wait().expect("a reading")
}

fn frozen(world: &World, session: &NewSession) -> bool {
    let account = session.account;
    let reading = world.app.view(move |view| Ok(view.rows().account_by_id(account)?.is_some_and(|row| row.frozen())));
    reading.wait().expect("a reading")
}

fn freezes(world: &World, link: SecretText) -> Result<(), Stop> {
    let anybody = Person::new("anybody").visitor();
    let change = move |change: &mut Change<'_>| protections::freeze_by_link(change, &link);
    world.app.change(&anybody, change).wait().map(drop)
}

fn passes(world: &World, span: Span) {
    world.clock.advance(span);
    world.settle();
}

/// A new password by the mailbox, and a session by it.
fn let_in_by_the_mailbox(world: &World, person: &mut Person) -> NewSession {
    let actor = person.visitor();
    let asked = credentials::ask_reset(&world.app, &actor, &person.email, &[]);
    let browser = world.wait(asked).expect("a letter");
    world.settle();
    let link = act_link(&world.post.newest_to(&person.email));
    let actor = person.visitor();
    let reset = credentials::reset(&world.app, &actor, (&link, Some(&browser)), NEW, None);
    world.wait(reset).expect("the mailbox is enough");
    person.password = NEW.into();
    world.sign_in(person)
}

/// What was written to an address since there were that many letters.
fn since(world: &World, letters: usize, to: &str) -> Vec<Letter> {
    world.post.letters()[letters..].iter().filter(|letter| letter.to == to).cloned().collect()
}

/// An owner who moved away from a mailbox that somebody else reads, who undoes it.
fn undone_by_a_thief(world: &World) -> (Person, NewSession) {
    let mut mira = world.customer("mira");
    let mut session = world.sign_in(&mut mira);
    change(world, &mut mira, &mut session, OWN);
    undo(world, act_link(&newest(world, OLD, CHANGED))).expect("the undo");
    let mut thief = Person { email: OLD.into(), ..mira.thief() };
    let session = let_in_by_the_mailbox(world, &mut thief);
    (thief, session)
}

/// An owner who undid a thief's change of the address.
fn undone_by_the_owner(world: &World) -> (Person, NewSession) {
    let mut mira = world.customer("mira");
    let mut session = world.sign_in(&mut mira);
    let mut thief = mira.clone();
    change(world, &mut thief, &mut session, THIEFS);
    undo(world, act_link(&newest(world, OLD, CHANGED))).expect("the undo");
    let session = world.sign_in(&mut mira);
    (mira, session)
}

fn thaw(world: &World, person: &Person, session: &NewSession) {
    world.approve(person, session, Sensitive::ThawSlowly).expect("it waits");
    world.settle();
}

/// Until when the old mailbox can undo the newest change that it can undo.
fn undoable(world: &World, session: &NewSession) -> usize {
    let account = session.account;
    let reading = world.app.view(move |view| {
        let now = view.now();
        Ok(view.rows().email_changes_undoable(account, now)?.len())
    });
    reading.wait().expect("a reading")
}

both! {
    fn an_address_that_an_undo_removed_hears_of_the_thaw_and_stops_it(world: World) {
        let before = {
            let (thief, session) = undone_by_a_thief(&world);
            let before = world.post.letters().len();
            thaw(&world, &thief, &session);
            let letter = newest(&world, OWN, THAW);
            assert!(letter.button.is_none() && letter.freeze_url.is_some(), "{letter:?}");
            assert!(newest(&world, OWN, "Your password was reset").freeze_url.is_some());
            passes(&world, Span::from_hours(84));
            assert!(newest(&world, OWN, "Half of the wait until your account is unfrozen is over").freeze_url.is_some());
            freezes(&world, freeze_link(&letter)).unwrap();
            assert_eq!(timers(&world, &session), []);
            passes(&world, 8 * DAY);
            assert!(frozen(&world, &session));
            before
        };
        // Nothing that lets somebody in or stops one wait goes there.
        assert!(since(&world, before, OWN).iter().all(|letter| letter.button.is_none()));
    }

    fn an_address_that_an_undo_removed_hears_alarms_until_the_thaw_and_freezes_for_fourteen_days(world: World) {
        let (mut mira, session) = undone_by_the_owner(&world);
        thaw(&world, &mira, &session);
        freezes(&world, freeze_link(&newest(&world, THIEFS, THAW))).unwrap();
        assert_eq!(timers(&world, &session), [], "the thief's mailbox stops it once more");
        passes(&world, 13 * DAY);
        let session = world.sign_in(&mut mira);
        thaw(&world, &mira, &session);
        let last = freeze_link(&newest(&world, THIEFS, THAW));
        let account = session.account;
        let stop = timers(&world, &session)[0].id;
        world.app.change(&mira.visitor(), {
            let link = act_link(&newest(&world, OLD, THAW));
            move |change| protections::cancel_by_link(change, &link)
        }).wait().unwrap();
        passes(&world, DAY);
        assert_eq!(refusal(freezes(&world, last)), Refusal::LinkSpent, "fourteen days after the undo");
        let session = world.sign_in(&mut mira);
        thaw(&world, &mira, &session);
        assert_ne!(timers(&world, &session)[0].id, stop);
        assert!(newest(&world, THIEFS, THAW).freeze_url.is_none(), "it hears, and stops nothing any more");
        passes(&world, 7 * DAY);
        assert!(!frozen(&world, &session));
        assert_eq!(newest(&world, THIEFS, "Your account is no longer frozen").freeze_url, None);
        let before = world.post.letters().len();
        world.app.change(&mira.visitor(), move |change| protections::freeze(change, account, protections::FreezeCause::Link)).wait().unwrap();
        world.settle();
        assert!(!since(&world, before, OLD).is_empty());
        assert!(since(&world, before, THIEFS).is_empty(), "a later freeze is none of its business");
    }

    fn every_alarm_of_an_undone_account_reaches_what_the_undo_removed(world: World) {
        let (thief, session) = undone_by_a_thief(&world);
        thaw(&world, &thief, &session);
        let account = session.account;
        let log = world.app.view(move |view| domain::activity::newer(view, account, 0)).wait().unwrap();
        let undone = log.iter().position(|entry| entry.event.spec().code == "account.email_undone").unwrap();
        let alarms: Vec<&str> = log[undone..]
            .iter()
            .map(|entry| entry.event.spec())
            .filter(|spec| spec.severity == Severity::Alarm)
            .map(|spec| spec.title)
            .collect();
        assert!(alarms.len() > 3, "{alarms:?}");
        for title in alarms {
            newest(&world, OWN, title);
        }
    }

    fn a_thaw_waits_for_the_mailbox_that_an_undo_removed_while_that_can_stop_it(world: World) {
        let (thief, session) = undone_by_a_thief(&world);
        world.post.answer(OWN, Fate::Later("451 try again".into()));
        thaw(&world, &thief, &session);
        assert_eq!(timers(&world, &session)[0].told_at, None);
        passes(&world, Span::from_hours(22));
        assert_eq!(timers(&world, &session)[0].told_at, None);
        world.post.take_again(OWN);
        passes(&world, Span::from_hours(1));
        let timer = &timers(&world, &session)[0];
        assert_eq!(timer.told_at, Some(world.app.clock().now()));
        assert_eq!(timer.due_at, Some(world.app.clock().now() + 7 * DAY));
    }

    fn a_mailbox_that_an_undo_removed_and_that_is_never_there_holds_a_thaw_up_for_a_day(world: World) {
        let (mira, session) = undone_by_the_owner(&world);
        world.post.answer(THIEFS, Fate::Later("451 try again".into()));
        thaw(&world, &mira, &session);
        passes(&world, DAY - Span::from_secs(1));
        assert_eq!(timers(&world, &session)[0].told_at, None);
        passes(&world, Span::from_hours(1));
        let timer = &timers(&world, &session)[0];
        assert_eq!(timer.told_at, Some(world.app.clock().now()));
        assert_eq!(timer.due_at, Some(world.app.clock().now() + 7 * DAY));
        // It is told all the same once it is there, and can stop the thaw that runs.
        world.post.take_again(THIEFS);
        passes(&world, Span::from_hours(1));
        freezes(&world, freeze_link(&newest(&world, THIEFS, THAW))).unwrap();
        assert_eq!(timers(&world, &session), []);
    }

    fn a_mailbox_that_an_undo_removed_holds_nothing_up_once_its_link_is_over(world: World) {
        let (mut mira, _) = undone_by_the_owner(&world);
        passes(&world, 14 * DAY - Span::from_hours(4));
        let session = world.sign_in(&mut mira);
        world.post.answer(THIEFS, Fate::Later("451 try again".into()));
        thaw(&world, &mira, &session);
        passes(&world, Span::from_hours(2));
        assert_eq!(timers(&world, &session)[0].told_at, None);
        passes(&world, Span::from_hours(2));
        assert_eq!(timers(&world, &session)[0].told_at, Some(world.app.clock().now()));
    }

    fn the_present_mailbox_holds_a_wait_up_whatever_became_of_what_an_undo_removed(world: World) {
        let (mira, session) = undone_by_the_owner(&world);
        world.post.answer(THIEFS, Fate::Later("451 try again".into()));
        world.post.answer(OLD, Fate::Later("451 try again".into()));
        thaw(&world, &mira, &session);
        passes(&world, DAY + DAY);
        assert_eq!(timers(&world, &session)[0].told_at, None, "its own mailbox was not told");
        world.post.take_again(OLD);
        passes(&world, Span::from_hours(1));
        assert_eq!(timers(&world, &session)[0].told_at, Some(world.app.clock().now()));
    }

    fn after_fourteen_days_a_mailbox_that_an_undo_removed_holds_no_thaw_up(world: World) {
        let (mut mira, _) = undone_by_the_owner(&world);
        world.post.answer(THIEFS, Fate::Later("451 try again".into()));
        passes(&world, 14 * DAY);
        let session = world.sign_in(&mut mira);
        thaw(&world, &mira, &session);
        assert_eq!(timers(&world, &session)[0].told_at, Some(world.app.clock().now()));
    }

    fn moving_back_gives_no_undo_to_the_mailbox_that_was_moved_away_from(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        // The thief has session and password; the owner finds out and moves back instead of undoing.
        change(&world, &mut mira, &mut session, THIEFS);
        passes(&world, Span::from_hours(60));
        let mut session = world.sign_in(&mut mira);
        change(&world, &mut mira, &mut session, OLD);
        let letter = newest(&world, THIEFS, CHANGED);
        assert!(letter.button.is_none(), "it undoes nothing");
        assert!(letter.freeze_url.is_some(), "and may say that it was not its owner");
        // The first change can still be undone, by the mailbox that it is back at.
        let undo_a = world.post.letters().into_iter().find(|letter| letter.to == OLD && letter.subject == CHANGED).unwrap();
        assert_eq!(undo(&world, act_link(&undo_a)).unwrap(), OLD);
    }

    fn moving_back_over_two_moves_ends_the_undo_of_both(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        change(&world, &mut mira, &mut session, THIEFS);
        change(&world, &mut mira, &mut session, "c@thief.example");
        let undo_b = act_link(&newest(&world, THIEFS, CHANGED));
        change(&world, &mut mira, &mut session, OLD);
        assert!(newest(&world, "c@thief.example", CHANGED).button.is_none());
        assert_eq!(refusal(undo(&world, undo_b)), Refusal::LinkSpent);
        assert_eq!(undoable(&world, &session), 1);
        // Moving on afterwards is undone as ever.
        change(&world, &mut mira, &mut session, "d@thief.example");
        assert_eq!(undo(&world, act_link(&newest(&world, OLD, CHANGED))).unwrap(), OLD);
    }

    fn an_undo_counts_from_when_its_mailbox_was_told(world: World) {
        for (late, expected) in [(Span::from_secs(-1), true), (Span::ZERO, false)] {
            let name = if expected { "mira" } else { "noor" };
            let mut person = world.customer(name);
            let (old, new) = (person.email.clone(), format!("{name}@new.example"));
            let mut session = world.sign_in(&mut person);
            world.post.answer(&old, Fate::Later("451 try again".into()));
            change(&world, &mut person, &mut session, &new);
            passes(&world, 4 * DAY);
            world.post.take_again(&old);
            passes(&world, Span::from_hours(1));
            let link = act_link(&newest(&world, &old, CHANGED));
            world.clock.advance(3 * DAY + late);
            assert_eq!(undo(&world, link).is_ok(), expected);
        }
    }

    fn an_undo_whose_mailbox_cannot_be_told_stays_open_for_a_week(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.post.answer(OLD, Fate::Refused("550 no such mailbox".into()));
        change(&world, &mut mira, &mut session, OWN);
        world.clock.advance(7 * DAY - Span::from_secs(1) - Span::from_mins(1));
        assert_eq!(undoable(&world, &session), 1);
        world.clock.advance(Span::from_mins(1) + Span::from_secs(1));
        assert_eq!(undoable(&world, &session), 0);
    }
}
