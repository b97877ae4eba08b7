//! The exchange's own backend: what it reports, and what it learns when its customer stops everything.

use domain::activity::{Moved, Said};
use domain::ids::AccountId;
use domain::protections;
use domain::refusal::Refusal;
use domain::service::{
    self, Assurance, NewKey, Nonce, Report, ReportKind, Reported, Reports, Scope, ServiceKey, check_session, standing,
};
use domain::{Actor, SecretText, Span};
use testkit::{World, both, freeze_link, refusal};

fn key(world: &World, name: &str) -> (ServiceKey, SecretText) {
    let new = NewKey {
        name: name.to_owned(),
        signs: None,
        scopes: Scope::ALL.to_vec(),
        networks: Vec::new(),
        lives: Span::from_hours(24),
    };
    let added = world.app.change(&Actor::chore(), move |change| service::add(change, &new)).wait();
    let (key, secret) = added.expect("a key is added");
    (key, secret.expect("a key that does not sign has a secret"))
}

fn withdrawal(world: &World, account: AccountId, reference: &str) -> Report {
    let now = world.app.clock().now();
    let said =
        Said { asset: "BTC", amount: "0.05", address: Some("bc1qxy2kgdygjrsqtzq2n0yrf2493p83"), reference, at: now };
    Report { account, kind: ReportKind::Withdrawal, moved: Moved::read(said, now).expect("it fits") }
}

fn send(
    world: &World,
    key: &ServiceKey,
    number: u8,
    reports: Vec<Report>,
    nonce: Option<Nonce>,
) -> Result<Vec<Reported>, domain::Stop> {
    let request = [number; 32];
    let asked = Reports { key: key.clone(), nonce, idempotency_key: [number; 32], request, reports };
    world.app.change(&Actor::exchange(), move |change| service::report(change, &asked)).wait()
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
