//! Clients that hang up before they are answered.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use domain::ids::AccountId;
use serde_json::json;
use testkit::both;
use tokio::time::timeout;

use super::client::{Ask, Site};

/// Sends a request and hangs up as soon as it has begun; answers whose log the next event is written into.
async fn begin_and_hang_up(site: &Site, ask: Ask) -> AccountId {
    let mut bell = site.web.app().listen();
    {
        let mut answer = pin!(site.open(ask));
        let begun = std::future::poll_fn(|context| std::task::Poll::Ready(answer.as_mut().poll(context))).await;
        assert!(begun.is_pending(), "it was answered before anybody could hang up");
    }
    let rung = timeout(Duration::from_secs(10), bell.recv()).await.expect("nothing was recorded for ten seconds");
    rung.expect("the bell rings")
}

both! {
    fn an_attempt_is_recorded_even_if_its_author_hangs_up(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let account = site.world.sign_in(&mut ada).account;
        let before = site.logged(account);
        let wrong = json!({ "email": ada.email, "password": "a stranger's guess number one" });
        let told = site.world.wait(begin_and_hang_up(&site, Ask::post("/api/v1/sign-in").json(&wrong)));
        let log = site.world.log(account);
        assert_eq!(told, account);
        assert_eq!(log.len(), before + 1, "{log:?}");
        assert!(log.last().is_some_and(|line| line.contains("sign_in.failed")), "{log:?}");
    }

    fn a_freeze_by_words_is_done_even_if_its_author_hangs_up(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let words = site.send(Ask::get("/api/v1/freeze/words").bearer(&session.secret)).expect(200)["words"].clone();
        let given = json!({ "email": ada.email, "words": words });
        let told = site.world.wait(begin_and_hang_up(&site, Ask::post("/api/v1/freeze/by-words").json(&given)));
        assert_eq!(told, session.account);
        assert!(!site.world.signed_in(&session.secret), "the account is not frozen");
    }
}
