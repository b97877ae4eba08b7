//! What the time of an answer tells.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;
use testkit::{PASSWORD, both};
use tokio::time::Instant;

use super::client::{Ask, Site};

const FORM: &str = "application/x-www-form-urlencoded";
const LEAST: Duration = Duration::from_millis(100);

/// Wrong words for an address, to the page and to the API.
fn wrong_words(email: &str) -> [(u16, Ask); 2] {
    let form = format!("email={}&words=one+two+three+four", email.replace('@', "%40"));
    let given = json!({ "email": email, "words": "one two three four" });
    [
        // A page says no with 403, as the guard does; but the guard would not take its time.
        (403, Ask::post("/stop").same_origin().body(FORM, form.into_bytes())),
        (401, Ask::post("/api/v1/freeze/by-words").json(&given)),
    ]
}

/// Opening an account, by the page and by the API.
fn sign_up(email: &str) -> [(u16, Ask); 2] {
    let form = format!("email={}&password={}", email.replace('@', "%40"), PASSWORD.replace(' ', "+"));
    let given = json!({ "email": email, "password": PASSWORD });
    [
        (200, Ask::post("/sign-up").same_origin().body(FORM, form.into_bytes())),
        (202, Ask::post("/api/v1/sign-up").json(&given)),
    ]
}

both! {
    fn an_answer_to_signing_up_does_not_tell_a_customer_by_its_time(world: World) {
        let site = Site::new(world);
        let ada = site.world.customer("ada");
        for (status, ask) in [ada.email.as_str(), "nobody@example.com"].into_iter().flat_map(sign_up) {
            let began = Instant::now();
            assert_eq!(site.send(ask).status, status);
            assert!(began.elapsed() >= LEAST, "{:?}", began.elapsed());
        }
    }

    fn an_answer_to_freeze_words_does_not_tell_a_customer_by_its_time(world: World) {
        let site = Site::new(world);
        let ada = site.world.customer("ada");
        for (status, ask) in [ada.email.as_str(), "nobody@example.com"].into_iter().flat_map(wrong_words) {
            let began = Instant::now();
            assert_eq!(site.send(ask).status, status);
            assert!(began.elapsed() >= LEAST, "{:?}", began.elapsed());
        }
    }

    fn holding_back_the_end_of_a_request_does_not_use_the_time_up(world: World) {
        let site = Site::new(world);
        let given = json!({ "email": "nobody@example.com", "words": "one two three four" }).to_string();
        let (beginning, end) = given.split_at(9);
        let pieces = [beginning.to_owned(), end.to_owned()].map(Ok::<_, Infallible>);
        let (complete, completed) = tokio::sync::oneshot::channel();
        let mut complete = Some(complete);
        // The second piece comes when the time of a whole answer has passed.
        let late = stream::iter(pieces).enumerate().then(move |(index, piece)| {
            let complete = if index == 1 { complete.take() } else { None };
            async move {
                if let Some(complete) = complete {
                    tokio::time::sleep(LEAST).await;
                    let _ = complete.send(Instant::now());
                }
                piece
            }
        });
        let ask = Ask::post("/api/v1/freeze/by-words").header("content-type", "application/json");
        let took = site.world.wait(async {
            let answer = site.open_with(ask, Body::from_stream(late)).await;
            assert_eq!(answer.status(), 401);
            completed.await.expect("the request was read").elapsed()
        });
        assert!(took >= LEAST, "{took:?}");
    }
}
