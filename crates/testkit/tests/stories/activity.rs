//! Looking for something in the log.

use domain::activity::{self, Filter, LOOKED_AT, Page, Place, Spot, Words};
use domain::clock::Clock;
use domain::ids::AccountId;
use domain::{Span, notifications};
use testkit::{Person, World, both};

fn search(world: &World, account: AccountId, words: Words<'_>, before: Option<i64>, limit: i64) -> Page {
    let filter = Filter::read(words).expect("words of a filter");
    world
        .wait(world.app.view(move |view| activity::search(view, account, &filter, before, limit)))
        .expect("the log answers")
}

/// How many fit, page by page, and how many pages that took.
fn all(world: &World, account: AccountId, words: Words<'_>, limit: i64) -> (Vec<i64>, usize) {
    let (mut found, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = search(world, account, words, before, limit);
        found.extend(page.entries.iter().map(|entry| entry.sequence));
        pages += 1;
        before = page.older;
        if before.is_none() {
            return (found, pages);
        }
    }
}

fn in_country(person: &mut Person, code: &str, spot: Option<Spot>) {
    person.origin.place = Some(Place { country: code.parse().ok(), spot, ..Place::named(code) });
}

both! {
    fn the_log_is_searched_by_kind_browser_place_and_day(world: World) {
        let mut mira = world.customer("mira");
        in_country(&mut mira, "CH", Spot::at(47.38, 8.54));
        let account = world.sign_in(&mut mira).account;
        world.clock.advance(Span::from_hours(48));
        in_country(&mut mira, "JP", None);
        mira.origin.browser = Some("Firefox 145 on Linux".to_owned());
        world.sign_in(&mut mira);
        let mut thief = mira.thief();
        thief.password = "not her password at all".to_owned();
        world.try_sign_in(&thief).unwrap_err();

        let words = Words::default();
        let codes = |words| -> Vec<String> {
            let page = search(&world, account, words, None, 50);
            page.entries.iter().map(|entry| {
                let country = entry.origin.place.as_ref().and_then(|place| place.country);
                format!("{} {}", entry.event.spec().code, country.map_or("-", |_| entry.origin.place.as_ref().unwrap().text.as_str()))
            }).collect()
        };
        assert_eq!(codes(Words { place: "JP", ..words }), ["sign_in.done JP", "sign_in.unusual_place JP"]);
        assert_eq!(codes(Words { kind: "sign_in", place: "CH", ..words }), ["sign_in.done CH", "sign_in.waiting CH"]);
        assert_eq!(codes(Words { kind: "sign_in", place: "none", ..words }), ["sign_in.failed -"]);
        assert_eq!(codes(Words { browser: "Chrome on Windows", ..words }), ["sign_in.failed -"]);
        assert_eq!(codes(Words { browser: "Firefox on Linux", kind: "sign_in", ..words }).len(), 4);
        let day = |hours: i64| (world.clock.now() + Span::from_hours(hours)).strftime("%Y-%m-%d").to_string();
        let (today, yesterday) = (day(0), day(-24));
        assert_eq!(codes(Words { from: &today, kind: "sign_in", ..words }), ["sign_in.failed -", "sign_in.done JP", "sign_in.unusual_place JP"]);
        assert_eq!(codes(Words { until: &yesterday, kind: "sign_in", ..words }), ["sign_in.done CH", "sign_in.waiting CH"]);
        assert_eq!(codes(Words { from: &yesterday, until: &yesterday, ..words }), [""; 0]);
        let kept = search(&world, account, Words { place: "CH", kind: "sign_in", ..words }, None, 1);
        assert_eq!(kept.entries[0].origin.place.as_ref().unwrap().spot, Spot::at(47.38, 8.54), "stored as it was");
    }

    fn a_page_of_a_search_looks_at_so_many_entries_and_goes_on(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let actor = mira.in_session(&session);
        // As many an hour as a customer may switch off, on each of three days.
        let turns: Vec<i64> = (0..LOOKED_AT / 2).collect();
        let an_hours = usize::try_from(2 * world.app.settings().guess.changes_hourly).unwrap();
        for _ in 0..3 {
            world.clock.advance(Span::from_hours(15));
            for hour in 0..9 {
                world.clock.advance(Span::from_hours(1));
                let turns: Vec<i64> = turns.iter().copied().skip(hour * an_hours).take(an_hours).collect();
                let many = move |change: &mut domain::Change<'_>| {
                    for turn in &turns {
                        notifications::choose(change, account, "sign_in.failed", turn % 2 == 1)?;
                    }
                    Ok(())
                };
                world.wait(world.app.change(&actor, many)).unwrap();
            }
        }
        let words = Words { kind: "account", ..Words::default() };
        let page = search(&world, account, words, None, 50);
        assert!(page.entries.is_empty() && page.older.is_some() && page.looked_back_to.is_some());
        assert_eq!(all(&world, account, words, 50), (vec![2, 1], 2));
        // Every page full, none twice, none left out.
        let (found, pages) = all(&world, account, Words { kind: "notice", ..Words::default() }, 70);
        let newest = found[0];
        assert_eq!(found, (newest - 3 * LOOKED_AT / 2 + 1..=newest).rev().collect::<Vec<_>>());
        assert!(pages <= found.len() / 70 + 3, "{pages}");
        // A day far back is found at once, without looking at what came after it.
        let first_day = (world.clock.now() - Span::from_hours(48)).strftime("%Y-%m-%d").to_string();
        let page = search(&world, account, Words { from: &first_day, until: &first_day, kind: "notice", ..Words::default() }, None, 50);
        assert_eq!(page.entries.len(), 50);
        assert!(page.entries[0].sequence <= newest - LOOKED_AT, "{}", page.entries[0].sequence);
    }

    fn pictures_are_drawn_from_the_newest_entries_of_the_last_weeks(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let late = world.clock.now();
        world.clock.advance(Span::from_hours(24 * 200));
        world.sign_in(&mut mira);
        let recent = |since| world.wait(world.app.view(move |view| activity::recent(view, account, since))).unwrap();
        let lately = recent(world.clock.now());
        assert!(lately.whole && lately.entries.iter().all(|entry| entry.at > late));
        assert!(recent(late).entries.len() > lately.entries.len());
    }
}
