//! The feed is delivered: to every target, signed, again where it was not taken, and nobody waits for anybody else.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use domain::ids::{AccountId, FeedId, WebhookId};
use domain::protections::{self, FreezeCause};
use domain::refusal::Refusal;
use domain::webhooks::{self, Again, Answer, Call, Courier, Hand, Replay, Waiting, Webhook};
use domain::{Actor, App, Keys, SecretText, Span, feed};
use serde_json::Value;
use testkit::{World, both, refusal};

/// Keeps every call, and answers as it was told, by address; yes where nothing was said.
#[derive(Default)]
struct Backend {
    calls: Mutex<Vec<Call>>,
    answers: Mutex<HashMap<String, Answer>>,
}

impl Courier for Backend {
    fn call(&self, call: &Call) -> Answer {
        self.calls.lock().expect("no holder panics").push(call.clone());
        let answers = self.answers.lock().expect("no holder panics");
        answers.get(&call.url).cloned().unwrap_or_else(|| Answer::Taken("200".to_owned()))
    }
}

impl Backend {
    fn answers(&self, url: &str, answer: Answer) {
        self.answers.lock().expect("no holder panics").insert(url.to_owned(), answer);
    }

    /// The calls since the last time, to an address.
    fn heard(&self, url: &str) -> Vec<Call> {
        let mut calls = self.calls.lock().expect("no holder panics");
        let (heard, rest) = std::mem::take(&mut *calls).into_iter().partition(|call| call.url == url);
        *calls = rest;
        heard
    }
}

fn ids(calls: &[Call]) -> Vec<FeedId> {
    calls.iter().map(|call| call.id).collect()
}

const HERE: &str = "https://one.exchange.example/hook";
const THERE: &str = "https://two.exchange.example/hook";

fn add(world: &World, url: &'static str) -> (Webhook, SecretText) {
    world
        .app
        .change(&Actor::chore(), move |change| webhooks::add(change, "the backend", url))
        .wait()
        .expect("it is added")
}

/// Delivers all that is due.
fn deliver(app: &App, backend: &dyn Courier) {
    for webhook in webhooks::due(app).expect("a look") {
        while webhooks::deliver_next(app, backend, webhook, Hand::ForAll).expect("it is written down") {}
    }
}

fn freeze(world: &World, account: AccountId) {
    let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Words);
    world.app.change(&Actor::chore(), freeze).wait().expect("it freezes");
    world.settle();
}

/// A customer who is signed in, and everything before is over.
fn customer(world: &World, name: &str) -> AccountId {
    let mut person = world.customer(name);
    let account = world.sign_in(&mut person).account;
    world.settle();
    account
}

/// Whether this secret made one of the signatures.
fn signed_with(call: &Call, secret: &SecretText) -> bool {
    let bytes = BASE64.decode(secret.reveal().strip_prefix("whsec_").expect("a secret").as_bytes()).expect("base64");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
    let said = format!("{}.{}.{}", call.id, call.timestamp, call.body);
    let signed = format!("v1,{}", BASE64.encode(hmac::sign(&key, said.as_bytes()).as_ref()));
    call.signatures.split(' ').any(|signature| signature == signed)
}

fn replay(world: &World, webhook: WebhookId, which: Replay) -> Result<u64, domain::Stop> {
    world.app.change(&Actor::chore(), move |change| webhooks::replay(change, webhook, which)).wait()
}

fn dead(world: &World) -> Vec<FeedId> {
    let given_up = world.app.view(|view| webhooks::dead(view, 100)).wait().expect("a list");
    given_up.newest.iter().map(|dead| dead.item.id).collect()
}

both! {
    fn a_freeze_is_delivered_to_every_target_once_signed_and_word_by_word_what_the_feed_says(world: World) {
        let account = customer(&world, "mira");
        let backend = Backend::default();
        let ((_, secret), (_, other)) = (add(&world, HERE), add(&world, THERE));
        deliver(&world.app, &backend);
        assert!(backend.heard(HERE).is_empty(), "what came before it was added is not sent");
        freeze(&world, account);
        deliver(&world.app, &backend);
        deliver(&world.app, &backend);
        let calls = backend.heard(HERE);
        assert_eq!(ids(&calls), ids(&backend.heard(THERE)));
        let bodies: Vec<Value> = calls.iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
        assert_eq!(bodies.iter().map(|body| body["type"].as_str().unwrap()).collect::<Vec<_>>(), ["protection.frozen", "session.ended"]);
        let items = world.app.view(|view| feed::page(view, None, feed::PAGE)).wait().unwrap().items;
        for (call, body) in calls.iter().zip(&bodies) {
            let item = items.iter().find(|item| item.id == call.id).expect("it is in the feed");
            assert_eq!((&body["data"], body["timestamp"].as_str()), (&item.as_json(), Some(&*item.at.to_string())));
            assert!(signed_with(call, &secret) && !signed_with(call, &other), "{}", call.signatures);
            assert_eq!(call.timestamp, world.app.clock().now().as_second());
        }
    }

    fn what_is_not_taken_is_tried_for_three_days_and_then_lies_where_it_can_be_replayed(world: World) {
        let account = customer(&world, "mira");
        let backend = Backend::default();
        let (target, _) = add(&world, HERE);
        let (there, _) = add(&world, THERE);
        backend.answers(HERE, Answer::Failed("500".to_owned()));
        freeze(&world, account);
        deliver(&world.app, &backend);
        let waits = |id| world.app.view(move |view| Ok(view.rows().webhook_waiting(id)?)).wait().expect("a look");
        assert_eq!((waits(target.id).items, waits(there.id)), (2, Waiting { items: 0, oldest: None }));
        assert_eq!(waits(target.id).oldest.and_then(|(_, said)| said).as_deref(), Some("500"));
        let mut first = ids(&backend.heard(HERE));
        assert_eq!((first.len(), ids(&backend.heard(THERE))), (2, first.clone()), "the other one knows at once");
        // The freeze came first; in the feed, what it ended stands before it.
        first.reverse();
        // Five seconds later again and not sooner, up to a fifth later.
        for (wait, tries) in [(5, 2), (300, 3), (1800, 4), (7200, 5), (18_000, 6), (36_000, 7), (50_400, 8), (72_000, 9), (86_400, 10)] {
            world.clock.advance(Span::from_secs(wait) - Span::from_millis(1));
            deliver(&world.app, &backend);
            assert!(backend.heard(HERE).is_empty() && dead(&world).is_empty(), "sooner than try {tries}");
            world.clock.advance(Span::from_secs(wait) / 5 + Span::from_millis(1));
            deliver(&world.app, &backend);
            assert_eq!(backend.heard(HERE).len(), 2, "try {tries}");
        }
        world.clock.advance(Span::from_hours(24 * 30));
        deliver(&world.app, &backend);
        assert!(backend.heard(HERE).is_empty() && backend.heard(THERE).is_empty());
        let given_up = dead(&world);
        assert_eq!(given_up.iter().rev().copied().collect::<Vec<_>>(), first);
        let newest = world.app.view(|view| webhooks::dead(view, 1)).wait().unwrap();
        assert_eq!((newest.newest.len(), newest.newest[0].item.id, newest.all), (1, first[1], 2), "a list that is cut says so");
        // The same items with the same ids, once somebody says so; and what was taken too, if it is named.
        backend.answers(HERE, Answer::Taken("200".to_owned()));
        assert_eq!(replay(&world, target.id, Replay::Dead).unwrap(), 2);
        deliver(&world.app, &backend);
        assert_eq!((ids(&backend.heard(HERE)), dead(&world)), (first.clone(), vec![]));
        assert_eq!(replay(&world, target.id, Replay::Item(first[1])).unwrap(), 1);
        deliver(&world.app, &backend);
        assert_eq!(ids(&backend.heard(HERE)), [first[1]]);
        let nothing = FeedId::from_bytes([7; 16]);
        assert_eq!(refusal(replay(&world, target.id, Replay::Item(nothing))), Refusal::NoSuchThing);
        assert_eq!(refusal(replay(&world, WebhookId::from_bytes([7; 16]), Replay::Dead)), Refusal::NoSuchThing);
    }

    fn what_failed_together_does_not_come_back_together(world: World) {
        let backend = Backend::default();
        let accounts: Vec<AccountId> = (0..20).map(|number| customer(&world, &format!("person{number}"))).collect();
        add(&world, HERE);
        backend.answers(HERE, Answer::Failed("500".to_owned()));
        for account in accounts {
            freeze(&world, account);
        }
        deliver(&world.app, &backend);
        assert_eq!(backend.heard(HERE).len(), 40);
        backend.answers(HERE, Answer::Taken("200".to_owned()));
        world.clock.advance(Span::from_secs(5) - Span::from_millis(1));
        // Ten tenths of a second.
        let each: Vec<usize> = (0..11)
            .map(|_| {
                deliver(&world.app, &backend);
                world.clock.advance(Span::from_millis(100));
                backend.heard(HERE).len()
            })
            .collect();
        assert_eq!((each[0], each.iter().sum::<usize>()), (0, 40), "{each:?}");
        assert!(each.iter().all(|part| *part <= 12), "{each:?}");
    }

    fn a_target_that_is_busy_is_called_again_when_it_said_and_hears_news_at_once(world: World) {
        let (mira, bob) = (customer(&world, "mira"), customer(&world, "bob"));
        let backend = Backend::default();
        add(&world, HERE);
        let heard = |after: Span| {
            world.clock.advance(after);
            deliver(&world.app, &backend);
            backend.heard(HERE).len()
        };
        let minutes = Span::from_mins;
        backend.answers(HERE, Answer::Busy("503".to_owned(), Again::In(minutes(10))));
        freeze(&world, mira);
        assert_eq!(heard(Span::ZERO), 2);
        assert_eq!(heard(minutes(10) - Span::from_millis(1)), 0, "it asked for ten minutes");
        // This time by a date, and what is new is tried all the same.
        let then = world.app.clock().now() + minutes(62);
        backend.answers(HERE, Answer::Busy("429".to_owned(), Again::At(then)));
        freeze(&world, bob);
        assert_eq!(heard(Span::ZERO), 2);
        assert_eq!(heard(minutes(2)), 2, "a fifth of ten minutes later");
        assert_eq!(heard(minutes(60) - Span::from_millis(1)), 0);
        // Never sooner than the schedule says, whatever it asks for, and nobody waits longer than a day.
        backend.answers(HERE, Answer::Busy("503".to_owned(), Again::In(Span::ZERO)));
        assert_eq!(heard(minutes(13)), 4);
        assert_eq!(heard(minutes(5) - Span::from_millis(1)), 0);
        backend.answers(HERE, Answer::Busy("503".to_owned(), Again::In(Span::from_hours(9000))));
        assert_eq!(heard(minutes(31)), 4);
        backend.answers(HERE, Answer::Taken("200".to_owned()));
        assert_eq!(heard(Span::from_hours(24) - Span::from_millis(1)), 0);
        assert_eq!(heard(Span::from_hours(5)), 4);
    }

    fn a_target_that_says_it_is_gone_is_not_called_again_until_it_is_switched_on(world: World) {
        let (mira, bob) = (customer(&world, "mira"), customer(&world, "bob"));
        let backend = Backend::default();
        let (target, _) = add(&world, HERE);
        world.clock.advance(Span::from_secs(1));
        let since = world.app.clock().now();
        backend.answers(HERE, Answer::Gone("410".to_owned()));
        freeze(&world, mira);
        deliver(&world.app, &backend);
        assert_eq!(backend.heard(HERE).len(), 1, "the first no is enough");
        freeze(&world, bob);
        world.clock.advance(Span::from_hours(1));
        deliver(&world.app, &backend);
        assert!(backend.heard(HERE).is_empty());
        let listed = world.app.view(webhooks::list).wait().unwrap();
        assert!(listed[0].off_at.is_some());
        let backlog = world.app.view(|view| Ok(view.rows().webhooks_backlog()?)).wait().unwrap();
        assert_eq!((backlog.off, backlog.dead, backlog.waiting), (1, 1, 1));
        backend.answers(HERE, Answer::Taken("200".to_owned()));
        let id = target.id;
        world.app.change(&Actor::chore(), move |change| webhooks::switch_on(change, id)).wait().unwrap();
        // Everything since then: what it did not take, what waited, and what was not even sent.
        assert_eq!(replay(&world, id, Replay::Since(since)).unwrap(), 4);
        deliver(&world.app, &backend);
        assert_eq!(backend.heard(HERE).len(), 4);
    }

    fn a_process_that_dies_between_the_yes_and_its_record_delivers_again_under_the_same_id(world: World) {
        struct Dies(Backend);
        impl Courier for Dies {
            fn call(&self, call: &Call) -> Answer {
                self.0.call(call);
                panic!("the process ends here, after the target took it")
            }
        }
        let account = customer(&world, "mira");
        let (target, _) = add(&world, HERE);
        freeze(&world, account);
        let dies = Dies(Backend::default());
        let died = catch_unwind(AssertUnwindSafe(|| webhooks::deliver_next(&world.app, &dies, target.id, Hand::ForAll)));
        assert!(died.is_err());
        let taken = ids(&dies.0.heard(HERE));
        let backend = Backend::default();
        // Nobody else takes it on while it might still be under way.
        world.clock.advance(Span::from_secs(29));
        deliver(&world.app, &backend);
        let meanwhile = ids(&backend.heard(HERE));
        assert!(meanwhile.len() == 1 && meanwhile != taken, "{meanwhile:?}");
        world.clock.advance(Span::from_secs(1));
        deliver(&world.app, &backend);
        assert_eq!(ids(&backend.heard(HERE)), taken);
        world.clock.advance(Span::from_hours(100));
        deliver(&world.app, &backend);
        assert!(backend.heard(HERE).is_empty());
    }

    fn news_go_before_a_backlog(world: World) {
        let (mira, bob) = (customer(&world, "mira"), customer(&world, "bob"));
        let backend = Backend::default();
        add(&world, HERE);
        backend.answers(HERE, Answer::Failed("500".to_owned()));
        freeze(&world, mira);
        deliver(&world.app, &backend);
        let mut old = ids(&backend.heard(HERE));
        backend.answers(HERE, Answer::Taken("200".to_owned()));
        world.clock.advance(Span::from_secs(10));
        freeze(&world, bob);
        deliver(&world.app, &backend);
        let mut again = ids(&backend.heard(HERE)).split_off(2);
        // Among themselves they come in any order: each waited by chance.
        again.sort_unstable();
        old.sort_unstable();
        assert_eq!(again, old, "what was never tried goes first");
    }

    fn a_freeze_goes_before_whatever_waits_and_one_hand_takes_nothing_else(world: World) {
        let accounts: Vec<AccountId> = ["mira", "bob", "eve"].map(|name| customer(&world, name)).into();
        let backend = Backend::default();
        let (target, _) = add(&world, HERE);
        for account in accounts {
            freeze(&world, account);
        }
        let next = |hand| webhooks::deliver_next(&world.app, &backend, target.id, hand).expect("it is written down");
        let kinds = |calls: Vec<Call>| -> Vec<String> {
            let kind = |call: &Call| {
                let body: Value = serde_json::from_str(&call.body).expect("JSON");
                body["data"]["kind"].as_str().expect("a kind").to_owned()
            };
            calls.iter().map(kind).collect()
        };
        assert!(next(Hand::ForAll));
        assert_eq!(kinds(backend.heard(HERE)), ["freeze"], "whoever takes everything begins with a freeze");
        while next(Hand::ForFreezes) {}
        assert_eq!(kinds(backend.heard(HERE)), ["freeze", "freeze"]);
        while next(Hand::ForAll) {}
        assert_eq!(kinds(backend.heard(HERE)), ["revocation", "revocation", "revocation"]);
    }

    fn two_nodes_deliver_each_item_once(world: World) {
        let other = world.database().directory().is_none().then(|| world.node(Keys::from_master(&[42; 32])));
        let accounts: Vec<AccountId> = ["mira", "bob", "eve"].map(|name| customer(&world, name)).into();
        let backend = Backend::default();
        add(&world, HERE);
        for account in accounts {
            freeze(&world, account);
        }
        let calling = &backend;
        thread::scope(|threads| {
            for app in [&world.app, other.as_ref().unwrap_or(&world.app), &world.app, other.as_ref().unwrap_or(&world.app)] {
                threads.spawn(move || deliver(app, calling));
            }
        });
        let calls = ids(&backend.heard(HERE));
        let mut once = calls.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((calls.len(), once.len()), (6, 6), "{calls:?}");
    }

    fn for_a_day_both_secrets_sign_and_then_the_new_one_alone(world: World) {
        let (mira, bob, eve) = (customer(&world, "mira"), customer(&world, "bob"), customer(&world, "eve"));
        let backend = Backend::default();
        let (target, old) = add(&world, HERE);
        freeze(&world, mira);
        deliver(&world.app, &backend);
        assert!(backend.heard(HERE).iter().all(|call| signed_with(call, &old)));
        let id = target.id;
        let new = world.app.change(&Actor::chore(), move |change| webhooks::rotate(change, id)).wait().unwrap();
        world.clock.advance(Span::from_hours(23));
        freeze(&world, bob);
        deliver(&world.app, &backend);
        let calls = backend.heard(HERE);
        assert!(!calls.is_empty() && calls.iter().all(|call| signed_with(call, &old) && signed_with(call, &new)));
        world.clock.advance(Span::from_hours(1));
        freeze(&world, eve);
        deliver(&world.app, &backend);
        let calls = backend.heard(HERE);
        assert!(!calls.is_empty() && calls.iter().all(|call| !signed_with(call, &old) && signed_with(call, &new)));
        let nobody = world.app.change(&Actor::chore(), |change| webhooks::rotate(change, WebhookId::from_bytes([7; 16])));
        assert_eq!(refusal(nobody.wait()), Refusal::NoSuchThing);
    }

    fn a_target_that_was_removed_is_called_no_more_and_keeps_no_secret(world: World) {
        let account = customer(&world, "mira");
        let backend = Backend::default();
        let (target, secret) = add(&world, HERE);
        let sealed = world.app.view(webhooks::list).wait().unwrap();
        assert!(!format!("{sealed:?}").contains(secret.reveal()), "it is not stored readable");
        freeze(&world, account);
        let id = target.id;
        world.app.change(&Actor::chore(), move |change| webhooks::remove(change, id)).wait().unwrap();
        deliver(&world.app, &backend);
        assert!(!webhooks::deliver_next(&world.app, &backend, id, Hand::ForAll).unwrap());
        assert!(backend.heard(HERE).is_empty());
        let again = world.app.change(&Actor::chore(), move |change| webhooks::remove(change, id));
        assert_eq!(refusal(again.wait()), Refusal::NoSuchThing);
        assert_eq!(world.app.view(|view| Ok(view.rows().webhooks_backlog()?)).wait().unwrap().waiting, 0);
    }

    fn the_secret_of_a_target_outlives_a_rotation_of_the_keys(world: World) {
        let account = customer(&world, "mira");
        let (target, old) = add(&world, HERE);
        let id = target.id;
        let new = world.app.change(&Actor::chore(), move |change| webhooks::rotate(change, id)).wait().unwrap();
        let both = Keys::of_several(&[[42; 32], [43; 32]], 1).expect("one of two");
        let world = world.rekeyed(both);
        let left = |world: &World| domain::rotation::left(&world.app, world.app.clock().now(), |_, _| {}).unwrap().sealed;
        let before = left(&world);
        assert_eq!(domain::rotation::reseal(&world.app, |_, _| {}).unwrap(), before);
        assert_eq!((before, left(&world)), (3, 0), "freeze words and two secrets");
        let world = world.rekeyed(Keys::from_master(&[43; 32]));
        freeze(&world, account);
        let backend = Backend::default();
        deliver(&world.app, &backend);
        let calls = backend.heard(HERE);
        assert!(!calls.is_empty() && calls.iter().all(|call| signed_with(call, &old) && signed_with(call, &new)));
    }
}
