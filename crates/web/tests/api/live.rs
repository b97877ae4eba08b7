//! An open page that is told what happens.

use std::time::Duration;

use axum::body::{BodyDataStream, to_bytes};
use domain::protections::{FreezeCause, freeze};
use domain::sessions::end_others;
use futures_util::StreamExt;
use serde_json::json;
use testkit::both;
use tokio::time::timeout;
use web::SiteSettings;

use super::client::{Ask, Site};

/// The next event as `event: … data` without keep-alives, or nothing at the end.
async fn next_event(stream: &mut BodyDataStream) -> Option<String> {
    loop {
        let chunk = timeout(Duration::from_secs(10), stream.next()).await.expect("nothing was told for ten seconds");
        let text = String::from_utf8(chunk?.expect("the stream goes on").to_vec()).expect("text");
        if !text.starts_with(':') {
            return Some(text);
        }
    }
}

both! {
    fn what_happens_is_told_and_the_end_of_the_session_is_the_last_word(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let ask = Ask::get("/api/v1/activity/live").bearer(&session.secret);
        let response = site.world.wait(site.open(ask));
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let mut stream = response.into_body().into_data_stream();

        site.world.sign_in(&mut ada);
        let told = site.world.wait(next_event(&mut stream)).expect("an event");
        assert!(told.contains("event: entry") && told.contains("sign_in.done"), "{told}");

        let account = session.account;
        let frozen = site.world.app.change(&ada.visitor(), move |change| freeze(change, account, FreezeCause::Link));
        frozen.wait().expect("it freezes");
        let told = site.world.wait(next_event(&mut stream)).expect("an event");
        assert!(told.contains("event: ended"), "after the freeze: {told}");
        assert_eq!(site.world.wait(next_event(&mut stream)), None);
    }

    fn a_browser_that_comes_back_misses_nothing(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let ask = Ask::get("/api/v1/activity/live?after=9").bearer(&session.secret).header("last-event-id", "1");
        let mut stream = site.world.wait(site.open(ask)).into_body().into_data_stream();
        let told = site.world.wait(next_event(&mut stream)).expect("an event");
        assert!(told.contains("id: 2"), "{told}");
    }

    fn an_open_page_does_not_keep_a_session_alive(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let ask = Ask::get("/api/v1/activity/live").bearer(&session.secret);
        let mut stream = site.world.wait(site.open(ask)).into_body().into_data_stream();
        site.world.clock.advance(domain::Span::from_mins(29));
        let looked = site.world.wait(async { timeout(Duration::from_millis(1500), stream.next()).await });
        assert!(looked.is_err(), "{looked:?}");
        site.world.clock.advance(domain::Span::from_mins(2));
        let told = site.world.wait(next_event(&mut stream)).expect("an event");
        assert!(told.contains("event: ended"), "{told}");
    }

    fn live_pages_are_bounded_and_let_go_when_the_process_stops(world: World) {
        let site = Site::with_settings(world, SiteSettings { live_streams_max: 1, ..SiteSettings::default() });
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let ask = Ask::get("/api/v1/activity/live").bearer(&session.secret);
        let mut stream = site.world.wait(site.open(ask.clone())).into_body().into_data_stream();
        let second = site.send(ask.clone());
        assert_eq!(second.problem(), "503 busy -");
        assert_eq!(second.header("retry-after"), "5");
        site.web.close();
        assert_eq!(site.world.wait(next_event(&mut stream)), None);
        drop(stream);
        assert_eq!(site.send(ask).status, 200);
    }

    fn one_account_cannot_take_every_seat(world: World) {
        let site = Site::with_settings(world, SiteSettings { live_streams_max: 20, ..SiteSettings::default() });
        let (mut ada, mut eve) = (site.world.customer("ada"), site.world.customer("eve"));
        let (hers, eves) = (site.world.sign_in(&mut ada), site.world.sign_in(&mut eve));
        let ask = |secret| Ask::get("/api/v1/activity/live").bearer(secret);
        let taken: Vec<_> = (0..30).map(|_| site.world.wait(site.open(ask(&eves.secret)))).collect();
        let got = taken.iter().filter(|response| response.status() == 200).count();
        assert_eq!(got, 12);
        assert_eq!(site.send(ask(&hers.secret)).status, 200);
        drop(taken);
        assert_eq!(site.send(ask(&eves.secret)).status, 200);
    }

    fn one_network_cannot_take_every_seat(world: World) {
        let site = Site::with_settings(world, SiteSettings { live_streams_max: 40, ..SiteSettings::default() });
        let people = ["ada", "bob", "cas"].map(|name| site.world.sign_in(&mut site.world.customer(name)));
        let ask = |secret, ip: &str| Ask::get("/api/v1/activity/live").bearer(secret).from(ip);
        let mut taken = Vec::new();
        for person in &people {
            for seat in 0..12 {
                taken.push(site.world.wait(site.open(ask(&person.secret, &format!("192.0.2.{seat}")))));
            }
        }
        let got = taken.iter().filter(|response| response.status() == 200).count();
        assert_eq!(got, 24);
        assert_eq!(site.send(ask(&people[2].secret, "192.0.2.99")).problem(), "503 busy -");
        assert_eq!(site.send(ask(&people[2].secret, "198.51.100.7")).status, 200, "another network has its own");
        drop(taken);
        assert_eq!(site.send(ask(&people[2].secret, "192.0.2.99")).status, 200);
    }

    fn a_page_without_a_seat_is_told_what_is_new_and_looks_again_by_itself(world: World) {
        let site = Site::with_settings(world, SiteSettings { live_streams_max: 1, ..SiteSettings::default() });
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let live = site.world.wait(site.open(Ask::get("/api/v1/activity/live").bearer(&session.secret)));
        assert_eq!(live.status(), 200);
        let page = Ask::get("/settings/security/live?after=1").cookie(&session.secret);
        // Such an answer has an end.
        let whole = |ask: Ask| {
            site.world.wait(async {
                let response = site.open(ask).await;
                assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().expect("text")), (200, "text/event-stream"));
                let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
                String::from_utf8(body.to_vec()).expect("text")
            })
        };
        let text = whole(page.clone());
        assert!(text.contains("id: 2\n") && text.contains("new browser"), "{text}");
        assert!(text.contains("event: full") && text.contains("retry: 30000"), "{text}");
        let newest = Ask::get("/settings/security/live?after=1").cookie(&session.secret).header("last-event-id", "999");
        assert!(!whole(newest).contains("event: activity"), "nothing is told twice");
        drop(live);
        let mut stream = site.world.wait(site.open(page)).into_body().into_data_stream();
        let told = site.world.wait(next_event(&mut stream)).expect("an event");
        assert!(told.contains("event: activity") && !told.contains("full"), "{told}");
    }

    fn another_accounts_day_is_not_told(world: World) {
        let site = Site::new(world);
        let (mut ada, mut bob) = (site.world.customer("ada"), site.world.customer("bob"));
        let (hers, his) = (site.world.sign_in(&mut ada), site.world.sign_in(&mut bob));
        let ask = Ask::get("/api/v1/activity/live").bearer(&hers.secret);
        let mut stream = site.world.wait(site.open(ask)).into_body().into_data_stream();
        let choose = json!({ "code": "sign_in.failed", "on": false });
        site.send(Ask::post("/api/v1/notices/preferences/choose").bearer(&his.secret).json(&choose)).expect(200);
        let (account, kept) = (hers.account, hers.session);
        site.world.sign_in(&mut ada);
        let ended = site.world.app.change(&ada.in_session(&hers), move |change| end_others(change, account, kept));
        ended.wait().expect("they end");
        let told = site.world.wait(next_event(&mut stream)).expect("an event");
        assert!(told.contains("sign_in.done") && !told.contains("notice.choice_changed"), "{told}");
    }
}
