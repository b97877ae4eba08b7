//! Many who write at once, at several nodes: nobody who reads the feed skips what is committed late.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use domain::feed::{self, Item, Kind};
use domain::ids::{AccountId, FeedId};
use domain::service::State;
use domain::{Actor, App, Keys, Span, Time};
use testkit::{Database, World, both};

fn item(app: &App, account: u8, sequence: i64) -> Item {
    let (account, now) = (AccountId::from_bytes([account; 16]), app.clock().now());
    Item {
        id: FeedId::new(now, app.entropy()),
        position: None,
        account,
        sequence,
        at: now,
        kind: Kind::Freeze,
        code: "protection.frozen".to_owned(),
        changed: "frozen".to_owned(),
        cause: None,
        session: None,
        state: State {
            account,
            epoch: 1,
            confirmed: true,
            frozen_at: Some(Time::UNIX_EPOCH),
            thaws_at: None,
            held: None,
            settings_locked: false,
            passkey_only: false,
        },
    }
}

fn after(app: &App, position: i64) -> Vec<Item> {
    app.view(move |view| feed::page(view, Some(position), 7)).wait().expect("a page").items
}

/// Only where several write at once; one writer commits in the order in which it writes.
#[test]
fn what_is_written_first_and_committed_last_is_read_all_the_same() {
    let Some(database) = Database::postgres() else { return println!("skipped: COUNTERSIGN_TEST_POSTGRES is not set") };
    let world = World::new(database);
    let app = &world.app;
    let early = item(app, 1, 1);
    // So that the order of ids, which is that of time, is the one in which they were written.
    world.clock.advance(Span::from_secs(1));
    let late = item(app, 2, 1);
    let (written, is_written) = channel();
    let (go_on, told) = channel::<()>();
    let slow = early.clone();
    let committing = app.change(&Actor::chore(), move |change| {
        change.rows().feed_insert(&slow)?;
        let _ = written.send(());
        // Its transaction stays open until the test says so.
        let _ = told.recv();
        Ok(())
    });
    is_written.recv().expect("it is written");
    let quick = late.clone();
    app.change(&Actor::chore(), move |change| Ok(change.rows().feed_insert(&quick)?)).wait().unwrap();
    // Who gives positions does not wait for the open transaction, and neither does the reader.
    feed::place(app).unwrap();
    let read = after(app, 0);
    assert_eq!(read.iter().map(|item| item.id).collect::<Vec<_>>(), [late.id]);
    let reader_is_at = read[0].position.expect("a position");
    drop(go_on);
    committing.wait().unwrap();
    feed::place(app).unwrap();
    let read = after(app, reader_is_at);
    assert_eq!(read.iter().map(|item| item.id).collect::<Vec<_>>(), [early.id], "it was skipped");
}

const WRITERS: u8 = 4;
const EACH: i64 = 60;

both! {
    fn a_reader_beside_many_writers_and_two_who_give_positions_sees_everything_once_and_in_order(world: World) {
        // Two processes on one file are for one database alone.
        let other = world.database().directory().is_none().then(|| world.node(Keys::from_master(&[42; 32])));
        let nodes = [&world.app, other.as_ref().unwrap_or(&world.app)];
        let over = AtomicBool::new(false);
        let read = thread::scope(|threads| {
            let writing: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let app = nodes[usize::from(writer % 2)];
                    threads.spawn(move || {
                        for sequence in 1..=EACH {
                            let item = item(app, writer + 1, sequence);
                            app.change(&Actor::chore(), move |change| Ok(change.rows().feed_insert(&item)?)).wait().unwrap();
                        }
                    })
                })
                .collect();
            for app in nodes {
                let over = &over;
                threads.spawn(move || {
                    while !over.load(Ordering::SeqCst) {
                        feed::place(app).expect("positions are given");
                    }
                });
            }
            let reading = threads.spawn(|| {
                let (mut read, mut position) = (Vec::new(), 0);
                while read.len() < usize::from(WRITERS) * usize::try_from(EACH).unwrap() {
                    assert!(!over.load(Ordering::SeqCst), "only {} were read", read.len());
                    let items = after(nodes[1], position);
                    position = items.last().and_then(|item| item.position).unwrap_or(position);
                    read.extend(items);
                }
                read
            });
            for writer in writing {
                writer.join().expect("it writes");
            }
            // Everything is committed; what is not read within so many looks was skipped.
            for _ in 0..2000 {
                feed::place(&world.app).expect("positions are given");
                if reading.is_finished() {
                    break;
                }
                let _ = after(nodes[0], 0);
            }
            over.store(true, Ordering::SeqCst);
            let read = reading.join();
            read.expect("it reads")
        });
        let positions: Vec<i64> = read.iter().filter_map(|item| item.position).collect();
        assert!(positions.is_sorted_by(|one, next| one < next) && positions.len() == read.len());
        let mut by_account: BTreeMap<AccountId, Vec<i64>> = BTreeMap::new();
        for item in &read {
            by_account.entry(item.account).or_default().push(item.sequence);
        }
        assert_eq!(by_account.len(), usize::from(WRITERS));
        for sequences in by_account.values() {
            assert_eq!(*sequences, (1..=EACH).collect::<Vec<_>>(), "an account's items come in the order of its log");
        }
    }
}
