//! What the exchange's backend is told by itself: each thing once, with how the account stands then, and nothing skipped.

use domain::activity::EndedBy;
use domain::feed::{self, Item, Kind, Page};
use domain::ids::AccountId;
use domain::protections::{self, FreezeCause, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::sessions;
use domain::{Actor, Span, retain};
use testkit::{World, both, freeze_link, refusal};

fn page(world: &World, after: Option<i64>, limit: i64) -> Result<Page, Stop> {
    world.app.view(move |view| feed::page(view, after, limit)).wait()
}

/// Everything that is in the feed after a position.
fn after(world: &World, position: i64) -> Vec<Item> {
    world.settle();
    page(world, Some(position), feed::PAGE).expect("a page").items
}

fn head(world: &World) -> i64 {
    world.settle();
    page(world, None, 1).expect("a page").head
}

fn codes(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| format!("{} {}", item.kind.code(), item.code)).collect()
}

fn freeze(world: &World, account: AccountId) {
    let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Words);
    world.app.change(&Actor::chore(), freeze).wait().expect("it freezes");
}

both! {
    fn a_freeze_is_told_with_what_it_ended_and_how_the_account_stands(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let before = head(&world);
        world.post.set_down(true);
        freeze(&world, session.account);
        let items = after(&world, before);
        assert_eq!(codes(&items), ["revocation session.ended", "freeze protection.frozen"]);
        assert_eq!((items[0].session, items[0].cause.as_deref()), (Some(session.session), Some("freeze")));
        assert_eq!(items[1].cause.as_deref(), Some("words"));
        for item in &items {
            // As it stands when all of it is over, and not half-way.
            let money = item.state.money();
            assert!(!money.anywhere && !money.to_old_addresses && item.state.flags() == ["frozen"], "{item:?}");
            assert_eq!((item.account, item.at), (session.account, world.app.clock().now()));
            let told = item.as_json().to_string();
            assert!(!told.contains("mira") && !told.contains(session.secret.reveal()), "{told}");
        }
        let log = world.log(session.account);
        let entry = log.iter().position(|line| line.contains("protection.frozen")).expect("an entry");
        assert_eq!(items[1].sequence, i64::try_from(entry).unwrap() + 1);
        // A freeze of a frozen account changes nothing, and so tells nothing.
        let before = head(&world);
        freeze(&world, session.account);
        assert_eq!(after(&world, before), []);
    }

    fn a_sign_out_is_no_news_and_a_session_that_was_taken_is(world: World) {
        let mut mira = world.customer("mira");
        let first = world.sign_in(&mut mira);
        let second = world.sign_in(&mut mira);
        let before = head(&world);
        let (account, here) = (first.account, first.session);
        let end = |by| move |change: &mut domain::Change<'_>| sessions::end(change, account, here, by);
        world.app.change(&mira.in_session(&first), end(EndedBy::You)).wait().unwrap();
        assert_eq!(after(&world, before), []);
        let taken = second.session;
        let take = move |change: &mut domain::Change<'_>| sessions::end(change, account, taken, EndedBy::OtherDevice);
        world.app.change(&Actor::chore(), take).wait().unwrap();
        let items = after(&world, before);
        assert_eq!(codes(&items), ["revocation session.ended"]);
        assert_eq!((items[0].session, items[0].cause.as_deref()), (Some(taken), Some("other_device")));
        // Thirty minutes later a session that nobody used is over by itself.
        let idle = world.sign_in(&mut mira);
        let before = head(&world);
        world.clock.advance(Span::from_mins(31));
        world.settle();
        assert!(!world.signed_in(&idle.secret));
        assert_eq!(after(&world, before), []);
    }

    fn what_proves_who_the_customer_is_is_told_when_it_changes(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        let before = head(&world);
        world.add_app(&mut mira, &mut session);
        world.recovery_codes(&mira, &session);
        world.add_phone(&mira, &session, "+41791234567");
        world.approve(&mira, &session, Sensitive::ArmLock { days: 1 }).expect("it is locked");
        let items = after(&world, before);
        let changed: Vec<&str> = items.iter().map(|item| item.changed.as_str()).collect();
        assert_eq!(changed, ["second_factors", "recovery_codes", "phone", "settings_locked"]);
        assert_eq!(items[3].kind, Kind::Standing);
        assert!(items[3].state.settings_locked && items.iter().all(|item| item.account == session.account));
        // The number and the names stand nowhere.
        assert!(items.iter().all(|item| !item.as_json().to_string().contains("4567")));
    }

    fn a_hold_is_told_when_it_begins_when_it_runs_and_when_it_is_over(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, "+41791234567");
        world.clock.advance(Span::from_hours(100));
        let session = world.sign_in(&mut mira);
        let before = head(&world);
        world.add_phone(&mira, &session, "+41797654321");
        let items = after(&world, before);
        assert_eq!(codes(&items), ["credential phone.changed", "standing hold.moved"]);
        let until = |item: &Item| item.state.held.expect("it is held").1;
        assert!(until(&items[0]) > until(&items[1]), "the longer end is for what nobody can be told of");
        let before = head(&world);
        let left = until(&items[1]).duration_since(world.app.clock().now());
        world.clock.advance(left - Span::from_secs(1));
        assert_eq!(after(&world, before), []);
        world.clock.advance(Span::from_secs(1));
        let items = after(&world, before);
        assert_eq!(codes(&items), ["standing hold.over"]);
        assert!(items[0].state.money().anywhere && items[0].state.flags().is_empty(), "{items:?}");
        assert_eq!(after(&world, items[0].position.unwrap()), [], "it is told once");
    }

    fn a_thaw_is_told_when_it_is_asked_for_when_it_runs_and_when_it_is_there(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        freeze(&world, account);
        let session = world.sign_in(&mut mira);
        let before = head(&world);
        world.approve(&mira, &session, Sensitive::ThawSlowly).expect("it waits");
        let items = after(&world, before);
        assert_eq!(codes(&items), ["standing protection.timer_started", "standing thaw.moved"]);
        assert!(items[1].state.thaws_at.is_some(), "{items:?}");
        let before = head(&world);
        world.clock.advance(Span::from_hours(8 * 24));
        let items = after(&world, before);
        let thawed = items.iter().find(|item| item.kind == Kind::Thaw).expect("it is thawed");
        assert!(thawed.state.frozen_at.is_none(), "{thawed:?}");
        assert!(!codes(&items).contains(&"standing hold.over".to_owned()), "that of a thaw is over as it begins: {items:?}");
    }

    fn a_reader_goes_on_where_they_were_and_misses_nothing(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        let mut bob = world.customer("bob");
        let bobs = world.sign_in(&mut bob).account;
        freeze(&world, bobs);
        let all = after(&world, 0);
        assert!(all.len() >= 4, "{all:?}");
        let (mut read, mut next) = (Vec::new(), None);
        loop {
            let page = page(&world, next, 1).unwrap();
            assert!(page.items.len() <= 1 && page.head == all.last().unwrap().position.unwrap());
            next = Some(page.next);
            if page.items.is_empty() {
                break;
            }
            read.extend(page.items);
        }
        assert_eq!(read, all);
        let positions: Vec<i64> = all.iter().filter_map(|item| item.position).collect();
        assert!(positions.is_sorted_by(|one, next| one < next), "{positions:?}");
        // Beyond the last one nobody has ever been.
        assert_eq!(refusal(page(&world, Some(next.unwrap() + 1), 10)), Refusal::CursorLost);
    }

    fn what_was_not_kept_is_not_in_the_feed(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let before = head(&world);
        let refused = world.app.change(&Actor::chore(), move |change| {
            protections::freeze(change, account, FreezeCause::Words)?;
            Err::<(), Stop>(Refusal::NothingToDo.into())
        });
        assert_eq!(refusal(refused.wait()), Refusal::NothingToDo);
        assert_eq!(after(&world, before), []);
    }

    fn whoever_was_away_until_items_were_dropped_is_told_that_they_missed_some(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        freeze(&world, account);
        let (first, last) = (after(&world, 0)[0].position.unwrap(), head(&world));
        world.clock.advance(Span::from_hours(24 * 401));
        let dropped = retain::drop_all(&world.app, false, &mut |_| ()).unwrap();
        assert_eq!(dropped.of(retain::Table::Feed), u64::try_from(last).unwrap());
        assert_eq!(refusal(page(&world, Some(first), 10)), Refusal::CursorLost);
        // Who had read all of it goes on, and whoever begins begins.
        assert_eq!(page(&world, Some(last), 10).unwrap().items, []);
        assert_eq!(page(&world, None, 10).unwrap().items, []);
    }

    fn after_a_restore_no_position_comes_again(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        let before = head(&world);
        protections::restored(&world.app, world.app.clock().now(), |_, _| {}).expect("it is taken back");
        // The lost database may have told the backend of more than the copy knows.
        let items = after(&world, before + 1_000);
        assert_eq!(codes(&items), ["revocation session.ended", "standing account.records_restored", "standing hold.moved"]);
        assert!(items.iter().all(|item| item.state.held.is_some()), "{items:?}");
    }

    fn nobody_needs_the_mail_for_it(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        let letter = world.post.letters().into_iter().rev().find(|letter| letter.freeze_url.is_some()).expect("a letter");
        let link = freeze_link(&letter);
        let before = head(&world);
        world.post.set_down(true);
        world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &link)).wait().unwrap();
        // No chore, no letter: the one step that the commit pokes.
        feed::place(&world.app).unwrap();
        let items = page(&world, Some(before), 10).unwrap().items;
        assert!(items.iter().any(|item| item.kind == Kind::Freeze && item.account == session.account), "{items:?}");
    }
}
