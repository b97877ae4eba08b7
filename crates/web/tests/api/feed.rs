//! The feed over HTTP: who may read it, in which pieces, and how long it lets a backend wait.

use domain::feed;
use domain::ids::AccountId;
use domain::protections::{FreezeCause, freeze};
use domain::service::{self, Scope};
use domain::{Actor, App, Span};
use serde_json::{Value, json};
use testkit::both;
use web::Web;

use super::client::{Ask, Site};
use super::service::{Backend, Draft, customer, local};

fn freeze_it(app: &App, account: AccountId) {
    let frozen = app.change(&Actor::chore(), move |change| freeze(change, account, FreezeCause::Link));
    frozen.wait().expect("it freezes");
}

/// Returns once a request holds a seat: another thread sent it.
fn until_somebody_waits(web: &Web) {
    while web.feed_waiting() == 0 {
        std::thread::yield_now();
    }
}

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().expect("items")
}

both! {
    fn a_backend_reads_what_stopped_page_by_page(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let begin = site.send(backend.sign(&site, &Draft::get("/api/v1/service/feed"), "1")).expect(200);
        let next = begin["next"].as_i64().expect("a position");
        assert_eq!(begin["next"], begin["head"]);
        freeze_it(&site.world.app, session.account);
        site.world.settle();
        let one = format!("/api/v1/service/feed?after={next}&limit=1");
        let one = site.send(backend.sign(&site, &Draft::get(&one), "2")).expect(200);
        assert_eq!((items(&one).len(), &items(&one)[0]["code"]), (1, &json!("session.ended")));
        assert_eq!(items(&one)[0]["session"], session.session.to_string());
        let rest = format!("/api/v1/service/feed?after={}", one["next"]);
        let rest = site.send(backend.sign(&site, &Draft::get(&rest), "3")).expect(200);
        let frozen = &items(&rest)[0];
        assert_eq!((&frozen["kind"], &frozen["cause"]), (&json!("freeze"), &json!("link")));
        assert_eq!(frozen["standing"]["may_move_money"], false);
        assert_eq!(rest["next"], rest["head"]);
        // What a webhook carries is what is answered here, word by word.
        let page = site.world.app.view(move |view| feed::page(view, Some(next), 10)).wait().unwrap();
        let told: Vec<Value> = page.items.iter().map(domain::feed::Item::as_json).collect();
        assert_eq!(told, [items(&one)[0].clone(), frozen.clone()]);
        let beyond = format!("/api/v1/service/feed?after={}", i64::MAX);
        assert_eq!(site.send(backend.sign(&site, &Draft::get(&beyond), "4")).problem(), "404 cursor_lost -");
    }

    fn whoever_waits_is_answered_when_something_stops_and_else_when_the_time_is_over(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let begin = site.send(backend.sign(&site, &Draft::get("/api/v1/service/feed"), "1")).expect(200);
        let wait = |seconds: u8, nonce: &str| {
            let path = format!("/api/v1/service/feed?after={}&wait={seconds}", begin["next"]);
            backend.sign(&site, &Draft::get(&path), nonce)
        };
        let nothing = site.send(wait(1, "2")).expect(200);
        assert_eq!((items(&nothing).len(), &nothing["next"]), (0, &begin["next"]));
        let (app, account) = (site.world.app.clone(), session.account);
        let web = site.web.clone();
        let freezing = std::thread::spawn(move || {
            until_somebody_waits(&web);
            freeze_it(&app, account);
            while feed::place(&app).expect("positions are given").done > 0 {}
        });
        let told = site.send(wait(25, "3")).expect(200);
        freezing.join().expect("it freezes");
        assert!(items(&told).iter().any(|item| item["kind"] == "freeze"), "{told}");
    }

    fn a_key_that_is_revoked_while_it_waits_is_told_so_and_nothing_else(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let begin = site.send(backend.sign(&site, &Draft::get("/api/v1/service/feed"), "1")).expect(200);
        let path = format!("/api/v1/service/feed?after={}&wait=25", begin["next"]);
        let ask = backend.sign(&site, &Draft::get(&path), "2");
        let (app, clock, id) = (site.world.app.clone(), site.world.clock.clone(), backend.key.id);
        let refused = std::thread::scope(|threads| {
            let waiting = threads.spawn(|| site.send(ask));
            until_somebody_waits(&site.web);
            app.change(&Actor::chore(), move |change| service::revoke(change, id)).wait().expect("it is revoked");
            clock.advance(Span::from_secs(1));
            freeze_it(&app, session.account);
            while feed::place(&app).expect("positions are given").done > 0 {}
            waiting.join().expect("an answer")
        });
        assert_eq!(refused.problem(), "401 service_key_revoked -");
    }

    fn the_feed_asks_for_its_own_scope_and_for_numbers_that_fit(world: World) {
        let site = Site::new(world);
        let without = Backend::new(&site, 1, |new| new.scopes = vec![Scope::Standing, Scope::CheckSession, Scope::EventsIn]);
        let feed = Draft::get("/api/v1/service/feed");
        assert_eq!(site.send(without.sign(&site, &feed, "1")).problem(), "403 scope_missing feed");
        let (_, secret) = local(&site, |new| new.scopes = vec![Scope::Feed]);
        let ask = |query: &str| Ask::get(&format!("/api/v1/service/feed{query}")).bearer(&secret).from("127.0.0.1");
        site.send(ask("")).expect(200);
        for query in ["?after=-1", "?after=x", "?after=", "?wait=", "?after", "?limit=0", "?limit=501", "?wait=26", "?wait=-1", "?since=3", "?after=1&after=2"] {
            let got = site.send(ask(query));
            assert_eq!(got.status, 422, "{query}: {got:?}");
        }
        let standing = Ask::get("/api/v1/service/accounts/01900000-0000-7000-8000-000000000000/standing");
        assert_eq!(site.send(standing.bearer(&secret).from("127.0.0.1")).problem(), "403 scope_missing standing");
    }
}
