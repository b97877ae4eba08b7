//! Handing letters over.

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::clock::HandClock;
use domain::notifications::{self, Carrier, Fate, Letter};
use domain::refusal::Refusal;
use domain::sessions::{self, NewSession, SignInOutcome};
use domain::{App, Span, Stop, accounts, credentials, protections};
use testkit::{PASSWORD, Person, World, both, refusal};

/// A mail server that takes almost a minute for each letter, while a second node looks for work.
struct Slow<'a> {
    app: &'a App,
    clock: &'a HandClock,
    carried: Mutex<BTreeMap<String, u32>>,
    second_node: bool,
}

impl Carrier for Slow<'_> {
    fn carry(&self, letter: &Letter) -> Fate {
        self.clock.advance(Span::from_secs(59));
        *self.carried.lock().expect("no holder of this lock panics").entry(letter.message_id.clone()).or_default() += 1;
        if self.second_node {
            let other = Slow { carried: Mutex::default(), second_node: false, ..*self };
            notifications::deliver(self.app, &other).expect("it delivers");
            for (message_id, times) in other.carried.into_inner().expect("nobody holds it") {
                *self.carried.lock().expect("no holder of this lock panics").entry(message_id).or_default() += times;
            }
        }
        Fate::Sent("250 at last".into())
    }
}

/// Switches the e-mail about wrong passwords off or on, which is told each time it is switched off.
fn choose(world: &World, person: &Person, session: &NewSession, on: bool) -> Result<(), Stop> {
    let account = session.account;
    let chosen = move |change: &mut domain::Change<'_>| notifications::choose(change, account, "sign_in.failed", on);
    world.app.change(&person.in_session(session), chosen).wait()
}

fn replace_words(world: &World, person: &Person, session: &NewSession) -> Result<String, Stop> {
    let account = session.account;
    let replaced = move |change: &mut domain::Change<'_>| protections::replace_freeze_words(change, account);
    world.app.change(&person.in_session(session), replaced).wait()
}

/// As many letters to somebody as they may cause within an hour.
fn flood(world: &World, person: &Person, session: &NewSession) {
    for _ in 0..world.app.settings().guess.changes_hourly {
        choose(world, person, session, false).expect("a choice");
        choose(world, person, session, true).expect("a choice");
    }
}

/// Who the letters after the first so many went to, and what they said, in order.
fn sent_since(world: &World, before: usize) -> Vec<(String, String)> {
    world.post.letters().split_off(before).into_iter().map(|letter| (letter.to, letter.subject)).collect()
}

both! {
    fn an_alarm_waits_behind_nobodys_flood_of_letters(world: World) {
        let (mut mira, mut mallory) = (world.customer("mira"), world.customer("mallory"));
        world.sign_in(&mut mira);
        let session = world.sign_in(&mut mallory);
        world.settle();
        let before = world.post.letters().len();
        flood(&world, &mallory, &session);
        assert!(matches!(world.try_sign_in(&mira.thief()).unwrap(), SignInOutcome::Waiting(_)));
        world.settle();
        let sent = sent_since(&world, before);
        assert_eq!(sent[0], (mira.email.clone(), "A new browser asked to sign in".to_owned()));
        // None of the flood was dropped.
        assert_eq!(sent.iter().filter(|(to, _)| *to == mallory.email).count(), 60);
    }

    fn an_alarm_waits_behind_no_flood_on_its_own_account_either(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        let before = world.post.letters().len();
        flood(&world, &mira, &session);
        assert!(matches!(world.try_sign_in(&mira.thief()).unwrap(), SignInOutcome::Waiting(_)));
        world.settle();
        assert_eq!(sent_since(&world, before)[0].1, "A new browser asked to sign in");
    }

    fn an_ordinary_letter_waits_for_a_few_of_another_customer_and_not_for_a_flood(world: World) {
        let (mut mira, mut mallory) = (world.customer("mira"), world.customer("mallory"));
        let hers = world.sign_in(&mut mira);
        let session = world.sign_in(&mut mallory);
        world.settle();
        let before = world.post.letters().len();
        flood(&world, &mallory, &session);
        choose(&world, &mira, &hers, false).unwrap();
        world.settle();
        let place = sent_since(&world, before).iter().position(|(to, _)| *to == mira.email).unwrap();
        assert!(place <= 8, "{place}");
    }

    fn a_flood_of_alarms_of_one_customer_holds_up_nobody_elses(world: World) {
        let mut mira = world.customer("mira");
        let mut mallory = world.customer("mallory");
        world.sign_in(&mut mira);
        let session = world.sign_in(&mut mallory);
        world.settle();
        let before = world.post.letters().len();
        // Each changed password is an alarm.
        let passwords = ["nine green boats in the fog", "seven slow owls on the pier", PASSWORD];
        let mut present = PASSWORD;
        for turn in 0..20 {
            let new = format!("{} {turn}", passwords[turn % 3]);
            let new = Box::leak(new.into_boxed_str());
            world.wait(credentials::change_password(&world.app, &mallory.in_session(&session), present, new)).unwrap();
            present = new;
        }
        assert!(matches!(world.try_sign_in(&mira.thief()).unwrap(), SignInOutcome::Waiting(_)));
        world.settle();
        let sent = sent_since(&world, before);
        let place = sent.iter().position(|(to, _)| *to == mira.email).unwrap();
        assert!(place <= 8, "{place}");
        assert_eq!(sent.len(), 21);
    }

    fn what_tells_each_time_is_done_only_so_often_and_never_keeps_a_notice_off(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        flood(&world, &mira, &session);
        let Refusal::TooManyChanges { until } = refusal(choose(&world, &mira, &session, false)) else { panic!("another no") };
        assert_eq!(until.to_string(), "2026-11-22T13:00:00Z");
        let account = session.account;
        let device = world.app.view(move |view| sessions::devices(view, account)).wait().unwrap()[0].device.id;
        let named = world.app.change(&mira.in_session(&session), move |change| sessions::name(change, account, device, "Mine"));
        assert!(matches!(refusal(named.wait()), Refusal::TooManyChanges { .. }));
        world.clock.advance(Span::from_hours(1));
        choose(&world, &mira, &session, false).unwrap();
        choose(&world, &mira, &session, true).unwrap();
        for _ in 0..59 {
            choose(&world, &mira, &session, false).unwrap();
            choose(&world, &mira, &session, true).expect("to be told again is never refused");
        }
    }

    fn freeze_words_are_replaced_five_times_a_day(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let mut words = String::new();
        for _ in 0..5 {
            words = replace_words(&world, &mira, &session).unwrap();
        }
        let Refusal::TooManyChanges { until } = refusal(replace_words(&world, &mira, &session)) else { panic!("another no") };
        assert_eq!(until.to_string(), "2026-11-23T12:00:00Z");
        let account = session.account;
        assert_eq!(world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap(), words);
        // Stopping by words is no replacing that could run out.
        let stop = world.wait(protections::freeze_by_words(&world.app, &mira.visitor(), &mira.email, &words));
        stop.expect("it freezes");
    }

    fn a_server_that_takes_its_time_gets_no_letter_twice(world: World) {
        for number in 0..20 {
            let person = Person::new(&format!("person{number}"));
            world.wait(accounts::open(&world.app, &person.visitor(), &person.email, PASSWORD)).unwrap();
        }
        let slow = Slow { app: &world.app, clock: &world.clock, carried: Mutex::default(), second_node: true };
        for _ in 0..40 {
            notifications::deliver(&world.app, &slow).unwrap();
            world.clock.advance(Span::from_mins(6));
        }
        let carried = slow.carried.into_inner().unwrap();
        assert_eq!(carried.len(), 20);
        assert!(carried.values().all(|times| *times == 1), "{carried:?}");
    }
}
