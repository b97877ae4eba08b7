//! The table of addresses, walked as everybody who must not come through.

use axum::http::Method;
use domain::SecretText;
use domain::activity::EndedBy;
use domain::protections::{FreezeCause, freeze};
use domain::sessions::{SignInOutcome, end};
use serde_json::json;
use testkit::both;
use web::routes::{Door, Side, Who, doors};

use super::client::{Ask, Got, Site};

/// What stands in a hole of a path when it does not matter what does.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// A request to a door, with holes filled with `part`, by whoever holds this session.
fn knock(door: &Door, part: &str, session: Option<&SecretText>) -> Ask {
    let mut path = door.path.to_owned();
    while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
        path.replace_range(from..=to, part);
    }
    let method: Method = door.method.parse().expect("a method");
    let ask = Ask::new(method, &path);
    // A page reads a form before it looks for the thing that its address names.
    let form = door.side == Side::Page && door.method == "POST" && door.path.contains('{');
    let ask = match door.path {
        "/api/v1/approvals/{approval}/prove" => ask.json(&json!({ "method": "password", "password": "not the one" })),
        _ if form => ask.body("application/x-www-form-urlencoded", Vec::new()),
        _ => ask,
    };
    match (door.side, session) {
        (Side::Page, Some(secret)) => ask.cookie(secret).same_origin(),
        (_, Some(secret)) => ask.bearer(secret),
        (Side::Page, None) => ask.header("origin", "http://localhost:8080"),
        (_, None) => ask,
    }
}

/// Whether the answer is what somebody without a session gets.
fn turned_away(door: &Door, got: &Got) -> bool {
    match door.side {
        Side::Page => got.status == 303 && got.header("location").starts_with("/sign-in"),
        _ => got.status == 401 && got.problem() == "401 not_signed_in -",
    }
}

fn closed_doors() -> impl Iterator<Item = Door> {
    doors().iter().copied().filter(|door| door.who != Who::Anyone)
}

both! {
    fn strangers_are_turned_away_from_every_door_that_is_not_open_to_anyone(world: World) {
        let site = Site::new(world);
        let invented = SecretText::presented("A".repeat(43));
        let mut walked = 0;
        for door in closed_doors() {
            for session in [None, Some(&invented)] {
                let got = site.send(knock(&door, NOTHING, session));
                assert!(turned_away(&door, &got), "{} {}: {got:?}", door.method, door.path);
                walked += 1;
            }
        }
        assert!(walked >= 30, "only {walked} doors were walked");
    }

    fn who_is_half_signed_in_is_a_stranger_at_every_door(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let device = site.world.sign_in(&mut ada).device.expect("a new browser");
        let SignInOutcome::Waiting(pending) = site.world.try_sign_in(&ada.thief()).expect("the right password") else {
            panic!("an unknown browser got in");
        };
        let mut bob = site.world.customer("bob");
        let mut session = site.world.sign_in(&mut bob);
        site.world.add_app(&mut bob, &mut session);
        let SignInOutcome::SecondStep { secret: step, .. } = site.world.try_sign_in(&bob).expect("the right password")
        else {
            panic!("in without a second proof");
        };
        for door in closed_doors() {
            let cookies = format!("__Host-pending={}; __Host-device={}", step.reveal(), device.reveal());
            for ask in [
                knock(&door, NOTHING, Some(&pending)),
                knock(&door, NOTHING, Some(&step)),
                knock(&door, NOTHING, Some(&device)),
                knock(&door, NOTHING, None).header("cookie", &cookies).header("sec-fetch-site", "same-origin"),
            ] {
                let got = site.send(ask);
                assert!(turned_away(&door, &got), "{} {}: {got:?}", door.method, door.path);
            }
        }
    }

    fn a_session_that_ended_opens_no_door(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let ask = Ask::get("/api/v1/session").bearer(&session.secret);
        assert_eq!(site.send(ask).status, 200);
        let (account, id) = (session.account, session.session);
        let ended = site.world.app.change(&ada.in_session(&session), move |change| end(change, account, id, EndedBy::You));
        ended.wait().expect("it ends");
        for door in closed_doors() {
            let got = site.send(knock(&door, NOTHING, Some(&session.secret)));
            assert!(turned_away(&door, &got), "{} {}: {got:?}", door.method, door.path);
        }
    }

    fn another_customer_sees_and_changes_nothing_of_mine(world: World) {
        // Somebody signs in before each door.
        let site = Site::new(world.restarted(|settings| settings.guess.sign_ins_hourly = 1000));
        let (mut ada, mut bob) = (site.world.customer("ada"), site.world.customer("bob"));
        let mine = site.world.sign_in(&mut ada);
        for door in closed_doors() {
            // A walk through every door also signs bob out now and then.
            let his = site.world.sign_in(&mut bob);
            site.world.settle();
            let logged = site.logged(mine.account);
            let got = site.send(knock(&door, &mine.session.to_string(), Some(&his.secret)));
            if door.path.contains('{') {
                // Not there; or what was sent was not even read, and so nothing was looked for.
                assert!([404, 415].contains(&got.status), "{} {}: {got:?}", door.method, door.path);
            }
            assert!(!got.text().contains(&ada.email), "{} {} shows ada to bob", door.method, door.path);
            assert_eq!(site.logged(mine.account), logged, "{} {} reached ada's account", door.method, door.path);
            assert!(site.world.signed_in(&mine.secret), "{} {} ended ada's session", door.method, door.path);
            // Some door may have frozen bob: what follows needs him whole, and a frozen bob signs in all the same.
        }
    }

    fn a_frozen_customer_reads_and_ends_but_does_not_loosen(world: World) {
        // Somebody signs in before each door.
        let site = Site::new(world.restarted(|settings| settings.guess.sign_ins_hourly = 1000));
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let account = session.account;
        let frozen = site.world.app.change(&ada.in_session(&session), move |change| {
            freeze(change, account, FreezeCause::Settings)
        });
        frozen.wait().expect("it freezes");
        let mut refused = 0;
        for door in closed_doors() {
            let session = site.world.sign_in(&mut ada);
            let logged = site.logged(account);
            let got = site.send(knock(&door, NOTHING, Some(&session.secret)));
            if door.who == Who::NotFrozen {
                assert_eq!(got.status, 403, "{} {}: {got:?}", door.method, door.path);
                assert_eq!(site.logged(account), logged + 1, "the attempt at {} is not in the log", door.path);
                refused += 1;
            } else {
                assert!(![401, 403].contains(&got.status), "{} {}: {got:?}", door.method, door.path);
            }
        }
        assert!(refused > 0, "no door was closed to the frozen");
    }

    fn reading_changes_nothing(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        site.world.settle();
        let (logged, letters) = (site.logged(session.account), site.world.post.letters().len());
        let readings: Vec<Door> = doors().iter().copied().filter(|door| door.method == "GET").collect();
        assert!(readings.len() >= 10);
        for door in readings {
            for method in ["GET", "HEAD"] {
                let got = site.send(knock(&Door { method, ..door }, NOTHING, Some(&session.secret)));
                assert!(got.status < 500, "{method} {}: {got:?}", door.path);
            }
        }
        site.world.settle();
        assert_eq!(site.logged(session.account), logged);
        assert_eq!(site.world.post.letters().len(), letters);
        assert!(site.world.signed_in(&session.secret));
    }

    fn every_door_wears_the_headers_and_none_breaks(world: World) {
        let site = Site::new(world);
        let nowhere = Door { path: "/no/such/page", method: "GET", who: Who::Anyone, side: Side::Page, takes_key: false, summary: "" };
        let nothing = Door { path: "/api/v1/no-such-thing", side: Side::Api, ..nowhere };
        let deleted = Door { path: "/api/v1/sessions", method: "DELETE", side: Side::Api, ..nowhere };
        for door in doors().iter().copied().chain([nowhere, nothing, deleted]) {
            let got = site.send(knock(&door, NOTHING, None));
            let which = format!("{} {}", door.method, door.path);
            assert!(got.status < 500, "{which}: {got:?}");
            assert!(got.header("content-security-policy").starts_with("default-src 'none'"), "{which}");
            assert_eq!(got.header("x-content-type-options"), "nosniff", "{which}");
            assert_eq!(got.header("referrer-policy"), "no-referrer", "{which}");
            let asset = door.path.starts_with("/assets/") && got.status == 200;
            let kept = if asset { "public, max-age=31536000, immutable" } else { "no-store" };
            assert_eq!(got.header("cache-control"), kept, "{which}");
        }
        let got = site.send(knock(&nothing, NOTHING, None));
        assert_eq!(got.problem(), "404 no_such_thing -");
        let stranger = site.send(knock(&deleted, NOTHING, None));
        assert_eq!(stranger.problem(), "401 not_signed_in -");
    }

    fn a_method_that_is_not_in_the_table_is_refused_and_the_right_ones_are_named(world: World) {
        let site = Site::new(world);
        let got = site.send(Ask::new(Method::DELETE, "/api/v1/help"));
        assert_eq!(got.problem(), "405 wrong_method -");
        assert_eq!(got.header("allow"), "GET,HEAD");
    }
}

#[test]
fn a_site_behind_tls_is_never_again_asked_for_without_it() {
    let asked = |url: &str| {
        let change = |settings: &mut domain::Settings| settings.operator.url = url.parse().expect("an address");
        let site = Site::new(testkit::World::with_settings(testkit::Database::sqlite(), change));
        site.send(Ask::get("/help")).header("strict-transport-security").to_owned()
    };
    assert_eq!(asked("https://exchange.example"), "max-age=31536000");
    assert_eq!(asked("http://localhost:8080"), "");
}
