//! The exchange's own backend: what it reports, and what it learns when its customer stops everything.

use std::thread;

use domain::activity::{Moved, Said};
use domain::ids::AccountId;
use domain::protections;
use domain::refusal::Refusal;
use domain::retain::{self, Table};
use domain::service::{
    self, Assurance, NewKey, Nonce, Report, ReportKind, Reported, Reports, Scope, ServiceKey, check_session, standing,
};
use domain::{Actor, App, CHORES, Keys, SecretText, Span, Time};
use testkit::{World, both, freeze_link, refusal};

const DAY: Span = Span::from_hours(24);

/// A key that outlives every story.
fn key(world: &World, name: &str) -> (ServiceKey, SecretText) {
    key_that_lives(world, name, Span::from_hours(24 * 3650))
}

fn key_that_lives(world: &World, name: &str, lives: Span) -> (ServiceKey, SecretText) {
    let new = NewKey { name: name.to_owned(), signs: None, scopes: Scope::ALL.to_vec(), networks: Vec::new(), lives };
    let added = world.app.change(&Actor::chore(), move |change| service::add(change, &new)).wait();
    let (key, secret) = added.expect("a key is added");
    (key, secret.expect("a key that does not sign has a secret"))
}

fn withdrawal(world: &World, account: AccountId, reference: &str) -> Report {
    withdrawal_at(world, account, reference, world.app.clock().now())
}

fn withdrawal_at(world: &World, account: AccountId, reference: &str, at: Time) -> Report {
    let said = Said { asset: "BTC", amount: "0.05", address: Some("bc1qxy2kgdygjrsqtzq2n0yrf2493p83"), reference, at };
    let moved = Moved::read(said, world.app.clock().now());
    Report { account, kind: ReportKind::Withdrawal, moved: moved.expect("it fits") }
}

fn send(
    world: &World,
    key: &ServiceKey,
    number: u8,
    reports: Vec<Report>,
    nonce: Option<Nonce>,
) -> Result<Vec<Reported>, domain::Stop> {
    send_to(&world.app, key, number, reports, nonce)
}

fn send_to(
    app: &App,
    key: &ServiceKey,
    number: u8,
    reports: Vec<Report>,
    nonce: Option<Nonce>,
) -> Result<Vec<Reported>, domain::Stop> {
    let request = [number; 32];
    let asked = Reports { key: key.clone(), nonce, idempotency_key: [number; 32], request, reports };
    app.change(&Actor::exchange(), move |change| service::report(change, &asked)).wait()
}

both! {
    fn a_reported_withdrawal_is_stopped_from_its_letter_and_the_backend_knows_at_once(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let (key, _) = key(&world, "exchange");
        let live = world.wait(check_session(&world.app, &session.secret, None)).unwrap().expect("a live session");
        assert_eq!((live.session, live.state.account), (session.session, account));
        assert_eq!(Assurance::of(&live.proved_by), Assurance::Password);
        assert!(live.state.money().anywhere);

        let told = send(&world, &key, 1, vec![withdrawal(&world, account, "W-1")], None).unwrap();
        assert!(matches!(told[..], [Reported::Done { .. }]), "{told:?}");
        world.settle();
        let letter = world.post.letters().into_iter().find(|letter| letter.subject == "A withdrawal was made");
        let link = freeze_link(&letter.expect("she is told"));
        world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &link)).wait().unwrap();

        assert_eq!(world.wait(check_session(&world.app, &session.secret, None)).unwrap(), None);
        let state = world.wait(standing(&world.app, account)).unwrap();
        assert!(state.frozen_at.is_some() && state.epoch > live.state.epoch);
        assert!(!state.money().anywhere && !state.money().to_old_addresses);
        // What was under way is told all the same, in words that fit an account that is frozen.
        send(&world, &key, 2, vec![withdrawal(&world, account, "W-2")], None).unwrap();
        world.settle();
        let letters = world.post.letters();
        let last = letters.iter().rfind(|letter| letter.subject == "A withdrawal was made").expect("she is told");
        assert!(last.paragraphs.iter().any(|text| text.contains("reported all the same")), "{:?}", last.paragraphs);
    }

    fn a_thaw_that_runs_says_until_when_and_a_hold_lets_old_addresses_through(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_app(&mut mira, &mut session);
        world.add_phone(&mira, &session, "+41791234567");
        world.clock.advance(Span::from_hours(100));
        let mut session = world.sign_in(&mut mira);
        // Another phone holds money for young addresses.
        world.add_phone(&mira, &session, "+41797654321");
        let held = world.wait(standing(&world.app, session.account)).unwrap().money();
        assert!(!held.anywhere && held.to_old_addresses && held.old_before.is_some(), "{held:?}");
        let until = held.reasons[0].until.expect("an end");
        world.clock.advance(until.duration_since(world.app.clock().now()) + Span::from_secs(1));
        assert!(world.wait(standing(&world.app, session.account)).unwrap().money().anywhere);
        session = world.sign_in(&mut mira);
        let account = session.account;
        let frozen = world.app.change(&mira.in_session(&session), move |change| {
            protections::freeze(change, account, protections::FreezeCause::Settings)
        });
        frozen.wait().unwrap();
        let session = world.sign_in(&mut mira);
        world.approve(&mira, &session, protections::Sensitive::ThawSlowly).expect("it waits");
        world.settle();
        let thaws = world.wait(standing(&world.app, account)).unwrap();
        assert_eq!(thaws.money().reasons[0].until, thaws.thaws_at);
        assert!(thaws.thaws_at.is_some_and(|at| at > world.app.clock().now()), "{thaws:?}");
    }

    fn what_a_key_asked_for_while_it_was_good_is_not_done_once_it_is_over(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let (revoked, _) = key(&world, "exchange");
        let (good, _) = key_that_lives(&world, "exchange", Span::from_hours(24));
        let report = withdrawal(&world, session.account, "W-1");
        let id = revoked.id;
        world.app.change(&Actor::chore(), move |change| service::revoke(change, id)).wait().unwrap();
        // The door let it in before; it waited for its turn.
        let late = send(&world, &revoked, 1, vec![report.clone()], None);
        assert_eq!(refusal(late), Refusal::ServiceKey(service::No::Revoked));
        send(&world, &good, 1, vec![report.clone()], None).unwrap();
        world.clock.advance(Span::from_hours(24));
        assert_eq!(refusal(send(&world, &good, 2, vec![report], None)), Refusal::ServiceKey(service::No::Expired));
    }

    fn a_nonce_is_spent_with_what_it_was_for_or_not_at_all(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let (key, _) = key(&world, "exchange");
        let until = world.app.clock().now() + service::CLOCK_SLACK;
        let nonce = Nonce::new(key.id, "a-nonce-of-ours-1", until);
        let report = withdrawal(&world, session.account, "W-1");
        send(&world, &key, 1, vec![report.clone()], None).unwrap();
        let other = Reports { key: key.clone(), nonce: Some(nonce), idempotency_key: [1; 32], request: [9; 32], reports: vec![report.clone()] };
        let refused = world.app.change(&Actor::exchange(), move |change| service::report(change, &other)).wait();
        assert_eq!(refusal(refused), Refusal::KeyUsed);
        // What was refused has used nothing up.
        send(&world, &key, 2, vec![report.clone()], Some(nonce)).unwrap();
        assert_eq!(refusal(send(&world, &key, 3, vec![report], Some(nonce))), Refusal::NonceUsed);
        // Its chore forgets it when nobody can use it again, and not before.
        world.settle();
        let spend = || {
            let spent = world.app.change(&Actor::chore(), move |change| nonce.spend(change));
            spent.wait()
        };
        assert_eq!(refusal(spend()), Refusal::NonceUsed);
        world.clock.advance(Span::from_mins(6));
        world.settle();
        spend().unwrap();
    }

    fn a_copy_that_comes_after_its_reference_was_dropped_writes_nothing_and_is_too_old(world: World) {
        let account = world.sign_in(&mut world.customer("mira")).account;
        let (key, _) = key(&world, "exchange");
        let start = world.app.clock().now();
        // The clock of the backend is ahead of ours.
        let ahead = start + Span::from_mins(4);
        let first = [withdrawal(&world, account, "W-1"), withdrawal_at(&world, account, "W-2", ahead)];
        send(&world, &key, 1, first.to_vec(), None).unwrap();
        world.clock.advance(DAY * 20);
        let third = withdrawal(&world, account, "W-3");
        send(&world, &key, 2, vec![third.clone()], None).unwrap();
        world.settle();
        world.clock.advance(DAY * 380 + Span::from_mins(3));
        let over = retain::drop_all(&world.app, false, &mut |_| ()).unwrap();
        assert_eq!(over.of(Table::Reports), 1, "400 days after it came, or after it happened where that is later");
        world.clock.advance(Span::from_mins(2));
        let over = retain::drop_all(&world.app, false, &mut |_| ()).unwrap();
        assert_eq!(over.of(Table::Reports), 1);
        world.settle();
        let (log, letters) = (world.log(account), world.post.letters().len());
        let copies = [first[0].clone(), first[1].clone(), third.clone()];
        let said = send(&world, &key, 3, copies.to_vec(), None).unwrap();
        assert!(matches!(said[..], [Reported::TooOld, Reported::TooOld, Reported::Already { .. }]), "{said:?}");
        // What happened before and never came cannot be told apart from a copy.
        let before = withdrawal_at(&world, account, "W-4", start - Span::from_secs(1));
        assert_eq!(send(&world, &key, 4, vec![before], None).unwrap(), [Reported::TooOld]);
        world.settle();
        assert_eq!((world.log(account), world.post.letters().len()), (log, letters));
        // What came late and happened since then is told; and once more days are remembered, what is gone stays gone.
        let late = withdrawal_at(&world, account, "W-5", ahead + Span::from_micros(1));
        assert!(matches!(send(&world, &key, 5, vec![late], None).unwrap()[..], [Reported::Done { .. }]));
        let world = world.restarted(|settings| settings.retain.reports_days = 4000);
        let said = send(&world, &key, 6, copies.to_vec(), None).unwrap();
        assert!(matches!(said[..], [Reported::TooOld, Reported::TooOld, Reported::Already { .. }]), "{said:?}");
    }

    fn references_are_dropped_in_small_steps_and_only_those_that_are_old(world: World) {
        let account = world.sign_in(&mut world.customer("mira")).account;
        let (key, _) = key(&world, "exchange");
        let all = |first: usize| (first..first + 75).map(|number| withdrawal(&world, account, &format!("W-{number}"))).collect();
        for request in 0..3_u8 {
            send(&world, &key, request, all(75 * usize::from(request)), None).unwrap();
        }
        world.clock.advance(DAY * 399);
        let young = withdrawal(&world, account, "young");
        send(&world, &key, 9, vec![young.clone()], None).unwrap();
        world.clock.advance(DAY * 2);
        let count = || retain::drop_all(&world.app, true, &mut |_| ()).unwrap().of(Table::Reports);
        assert_eq!(count(), 225);
        let mut steps = 0;
        let over = retain::drop_all(&world.app, false, &mut |progress| steps += usize::from(progress.wrote)).unwrap();
        assert_eq!(over.of(Table::Reports), 225);
        assert!(steps >= 2, "more than one change");
        assert_eq!(count(), 0);
        assert!(matches!(send(&world, &key, 10, vec![young], None).unwrap()[..], [Reported::Already { .. }]));
        // The worker does the same by itself.
        world.clock.advance(DAY * 400);
        assert_eq!(count(), 1);
        let chore = CHORES.iter().find(|chore| chore.name == "retain_drop_over").unwrap();
        chore.turn(&world.app, || false).unwrap();
        assert_eq!(count(), 0);
    }

    fn while_two_nodes_drop_references_no_copy_is_told(world: World) {
        let account = world.sign_in(&mut world.customer("mira")).account;
        let (key, _) = key(&world, "exchange");
        let mut copies = Vec::new();
        for request in 0..6_u8 {
            let some: Vec<Report> = (0..100).map(|number| withdrawal(&world, account, &format!("W-{request}-{number}"))).collect();
            send(&world, &key, request, some.clone(), None).unwrap();
            world.clock.advance(Span::from_secs(1));
            copies.push(some);
        }
        world.clock.advance(DAY * 400);
        let log = world.log(account);
        let other = world.database().directory().is_none().then(|| world.node(Keys::from_master(&[42; 32])));
        let (first, second) = (&world.app, other.as_ref().unwrap_or(&world.app));
        let said: Vec<Reported> = thread::scope(|threads| {
            // The oldest goes first, so its copies are sent last: while rows go, some are asked for that are about to.
            let sending = [(first, 100), (second, 200_u8)].map(|(app, number)| {
                let (copies, key) = (&copies, &key);
                threads.spawn(move || {
                    let all = copies.iter().rev().zip(number..);
                    all.flat_map(|(some, number)| send_to(app, key, number, some.clone(), None).unwrap()).collect::<Vec<_>>()
                })
            });
            for app in [first, second] {
                threads.spawn(move || retain::drop_all(app, false, &mut |_| ()).unwrap());
            }
            sending.into_iter().flat_map(|sending| sending.join().unwrap()).collect()
        });
        let again = |answer: &Reported| matches!(answer, Reported::TooOld | Reported::Already { .. });
        assert!(said.len() == 1200 && said.iter().all(again), "{said:?}");
        assert_eq!(world.log(account), log);
    }

    fn a_key_that_is_revoked_is_known_so_within_a_second(world: World) {
        let (mine, secret) = key(&world, "exchange");
        let known = |world: &World| {
            let book = world.wait(service::keys(&world.app)).unwrap();
            book.with_secret(&secret).map(|key| key.revoked_at.is_some())
        };
        assert_eq!(known(&world), Some(false));
        let id = mine.id;
        world.app.change(&Actor::chore(), move |change| service::revoke(change, id)).wait().unwrap();
        world.clock.advance(Span::from_secs(1));
        assert_eq!(known(&world), Some(true));
        let listed = world.app.view(service::list).wait().unwrap();
        assert_eq!((listed.len(), listed[0].id), (1, id));
        let nobodys = domain::ids::ServiceKeyId::from_bytes([7; 16]);
        let refused = world.app.change(&Actor::chore(), move |change| service::revoke(change, nobodys)).wait();
        assert_eq!(refusal(refused), Refusal::NoSuchThing);
    }
}
