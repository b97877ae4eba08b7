//! The quick thaw: a day, by two proofs from well before the freeze, for programs and for people without script.

use domain::Span;
use domain::protections::Sensitive;
use domain::sessions::NewSession;
use serde_json::{Value, json};
use testkit::authenticator::{Browser, Passkey};
use testkit::{PASSWORD, Person, both};

use super::client::{Ask, Site, secret};

/// A customer with an app and a passkey for three days, who froze the account and signed in again.
fn frozen(site: &Site) -> (Person, NewSession, Passkey) {
    let world = &site.world;
    let mut ada = world.customer("ada");
    let mut session = world.sign_in(&mut ada);
    world.add_app(&mut ada, &mut session);
    world.approve(&ada, &session, Sensitive::AddPasskey).expect("it is proved");
    let asked = site.send(Ask::post("/api/v1/passkeys/start").bearer(&session.secret)).expect(200);
    let mut key = Passkey::security_key(7);
    let made = json!({ "credential": key.make(&asked["options"], &Browser::default()), "name": "The grey key" });
    let made = site.send(Ask::post("/api/v1/passkeys/register").json(&made).bearer(&session.secret)).expect(200);
    session.secret = secret(&made, "session_secret");
    world.clock.advance(Span::from_hours(72));
    let session = world.sign_in(&mut ada);
    site.send(Ask::post("/api/v1/freeze").bearer(&session.secret)).expect(200);
    world.settle();
    let session = world.sign_in(&mut ada);
    (ada, session, key)
}

fn is_frozen(site: &Site, session: &NewSession) -> bool {
    let account = session.account;
    let reading =
        site.world.app.view(move |view| Ok(view.rows().account_by_id(account)?.is_some_and(|row| row.frozen())));
    reading.wait().expect("a reading")
}

/// A day passes, and the account is frozen until its last second.
fn thaws_in_a_day(site: &Site, session: &NewSession) {
    site.world.settle();
    site.world.clock.advance(Span::from_hours(24) - Span::from_secs(1));
    site.world.settle();
    assert!(is_frozen(site, session));
    site.world.clock.advance(Span::from_secs(1));
    site.world.settle();
    assert!(!is_frozen(site, session));
}

both! {
    fn programs_thaw_by_a_passkey_or_by_password_and_code(world: World) {
        let site = Site::new(world);
        let (ada, session, mut key) = frozen(&site);
        let post = |path: &str, body: &Value| site.send(Ask::post(path).json(body).bearer(&session.secret)).expect(200);
        let ask = || {
            let asked = post("/api/v1/approvals", &json!({ "change": "thaw" }));
            assert_eq!(asked["methods"], json!(["passkey", "app", "password"]));
            format!("/api/v1/approvals/{}", asked["approval"].as_str().expect("an id"))
        };
        let approval = ask();
        let right = post(&format!("{approval}/prove"), &json!({ "method": "password", "password": PASSWORD }));
        assert_eq!(right, json!({ "status": "more", "methods": ["passkey", "app"] }));
        let proved = post(&format!("{approval}/prove"), &json!({ "method": "app", "code": site.world.code(&ada) }));
        assert_eq!(proved["status"], "waits");
        // Stopping it takes a proof as well.
        let stopping = post("/api/v1/approvals", &json!({ "change": "stop_wait", "timer": proved["timer"] }));
        let stopping = format!("/api/v1/approvals/{}", stopping["approval"].as_str().expect("an id"));
        let asked = post(&format!("{stopping}/passkey"), &json!({}));
        let answer = key.answer(&asked["options"], &Browser::default());
        post(&format!("{stopping}/prove"), &json!({ "method": "passkey", "assertion": answer }));
        // And by the passkey, which is two factors in one.
        let approval = ask();
        let asked = post(&format!("{approval}/passkey"), &json!({}));
        let answer = key.answer(&asked["options"], &Browser::default());
        let proved = post(&format!("{approval}/prove"), &json!({ "method": "passkey", "assertion": answer }));
        assert_eq!(proved["status"], "waits");
        thaws_in_a_day(&site, &session);
    }

    fn people_thaw_on_the_pages_without_script(world: World) {
        let site = Site::new(world);
        let (ada, session, _) = frozen(&site);
        let get = |path: &str| site.send(Ask::get(path).cookie(&session.secret)).text();
        let form = |path: &str, body: String| {
            site.send(Ask::post(path).cookie(&session.secret).same_origin().body("application/x-www-form-urlencoded", body.into_bytes()))
        };
        let page = get("/settings/thaw");
        assert!(page.contains("With two things I had three days before the freeze: 24 hours"), "{page}");
        let asked = form("/settings/thaw", "way=two".into()).header("location").to_owned();
        assert!(asked.starts_with("/approve/"), "{asked}");
        let more = form(&asked, format!("method=password&password={}", PASSWORD.replace(' ', "+")));
        assert!(more.status == 200 && more.text().contains("One more proof is needed"), "{more:?}");
        let done = form(&asked, format!("method=app&code={}", site.world.code(&ada)));
        assert_eq!(done.header("location"), "/settings/timers?done=waits-now");
        site.world.settle();
        assert!(get("/settings/timers").contains("Takes effect on"));
        assert!(get("/settings/thaw").contains("Unfreezing has been asked for"));
        thaws_in_a_day(&site, &session);
    }

    fn what_is_newer_than_three_days_before_the_freeze_is_refused_where_it_is_asked_for(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let mut session = site.world.sign_in(&mut ada);
        site.world.add_app(&mut ada, &mut session);
        site.send(Ask::post("/api/v1/freeze").bearer(&session.secret)).expect(200);
        let session = site.world.sign_in(&mut ada);
        let asked = site.send(Ask::post("/api/v1/approvals").json(&json!({ "change": "thaw" })).bearer(&session.secret));
        assert_eq!(asked.problem(), "403 not_enough_to_thaw -");
        let form = Ask::post("/settings/thaw").cookie(&session.secret).same_origin();
        let page = site.send(form.body("application/x-www-form-urlencoded", b"way=two".to_vec()));
        assert!(page.status == 422 && page.text().contains("Choose the other one: 7 days. Nothing was changed."), "{page:?}");
    }
}
