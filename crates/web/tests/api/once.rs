//! The same request sent again under an `Idempotency-Key`.

use domain::second_factors::Seed;
use domain::sessions::NewSession;
use domain::{SecretText, Span};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::authenticator::{Browser, Passkey};
use testkit::{PASSWORD, Person, both};
use web::routes::{Door, doors};

use super::client::{Ask, Got, Site};

const NEW_PASSWORD: &str = "copper saddle thirteen winds apart";

/// What a change becomes that is asked for and proved: the id of its approval, and the answer to the proof.
fn prove(site: &Site, session: &NewSession, change: &Value) -> Value {
    let approval = approval(site, session, change);
    let proof = json!({ "method": "password", "password": PASSWORD });
    site.send(Ask::post(&format!("/api/v1/approvals/{approval}/prove")).json(&proof).bearer(&session.secret))
        .expect(200)
}

fn approval(site: &Site, session: &NewSession, change: &Value) -> String {
    let asked = site.send(Ask::post("/api/v1/approvals").json(change).bearer(&session.secret)).expect(200);
    asked["approval"].as_str().expect("an id").to_owned()
}

/// Lets a session register a passkey.
fn allow_passkey(site: &Site, session: &NewSession) {
    prove(site, session, &json!({ "change": "add_passkey" }));
}

/// A passkey made for a session that may register one.
fn made_passkey(site: &Site, session: &NewSession) -> Value {
    let asked = site.send(Ask::post("/api/v1/passkeys/start").bearer(&session.secret)).expect(200);
    // Each customer has a key of their own.
    let seed = session.account.as_bytes()[15] | 1;
    let made = Passkey::security_key(seed).make(&asked["options"], &Browser::default());
    json!({ "credential": made, "name": "The grey key" })
}

/// Registers a passkey, and answers its id.
fn passkey(site: &Site, session: &mut NewSession) -> String {
    allow_passkey(site, session);
    let made = made_passkey(site, session);
    let registered = site.send(Ask::post("/api/v1/passkeys/register").json(&made).bearer(&session.secret)).expect(200);
    session.secret = SecretText::presented(registered["session_secret"].as_str().expect("a secret"));
    registered["passkey"].as_str().expect("an id").to_owned()
}

/// The slow end of a freeze: what anybody with nothing but a password can ask for.
fn thaw() -> Value {
    json!({ "change": "thaw_slowly" })
}

/// A wait that is stopped without a proof: an app that is to be removed.
fn removal(site: &Site, person: &mut Person, session: &mut NewSession) -> Value {
    site.world.add_app(person, session);
    site.world.clock.advance(Span::from_mins(1));
    let list = site.send(Ask::get("/api/v1/factors").bearer(&session.secret)).expect(200);
    let approval = approval(site, session, &json!({ "change": "remove_factor", "factor": list["factors"][0]["id"] }));
    let proof = json!({ "method": "app", "code": site.world.code(person) });
    site.send(Ask::post(&format!("/api/v1/approvals/{approval}/prove")).json(&proof).bearer(&session.secret))
        .expect(200)
}

/// The session of somebody who froze their account.
fn frozen(site: &Site, person: &mut Person, session: &NewSession) -> NewSession {
    site.send(Ask::post("/api/v1/freeze").bearer(&session.secret)).expect(200);
    site.world.sign_in(person)
}

/// A good request to an address that takes a key, and the secrets that its first answer carries.
#[expect(clippy::too_many_lines, reason = "one arm an address is the point")]
fn good(site: &Site, door: &Door, person: &mut Person, session: &mut NewSession) -> (Ask, &'static [&'static str]) {
    let asks_passkey = ["/api/v1/approvals/{approval}/passkey", "/api/v1/passkeys/rename"].contains(&door.path);
    // A passkey that is as new as these would sleep while the account is frozen.
    if door.path.contains("/approvals") && !asks_passkey {
        *session = frozen(site, person, session);
    }
    let what = if asks_passkey { json!({ "change": "renew_recovery_codes" }) } else { thaw() };
    let passkey = if asks_passkey { passkey(site, session) } else { String::new() };
    let mut path = door.path.replace("{session}", &session.session.to_string());
    if path.contains("{approval}") {
        path = path.replace("{approval}", &approval(site, session, &what));
    }
    if path.contains("{device}") {
        let known = site.send(Ask::get("/api/v1/devices").bearer(&session.secret)).expect(200);
        path = path.replace("{device}", known["devices"][0]["id"].as_str().expect("a known browser"));
    }
    if path.contains("{timer}") {
        let waits = removal(site, person, session);
        path = path.replace("{timer}", waits["timer"].as_str().unwrap_or_else(|| panic!("it does not wait: {waits}")));
    }
    if path.contains("{factor}") && !path.contains("/app/") {
        site.world.add_app(person, session);
        let list = site.send(Ask::get("/api/v1/factors").bearer(&session.secret)).expect(200);
        path = path.replace("{factor}", list["factors"][0]["id"].as_str().expect("an app"));
    }
    let mut code = String::new();
    if path.contains("/app/{factor}") {
        let offered = prove(site, session, &json!({ "change": "add_app" }));
        path = path.replace("{factor}", offered["factor"].as_str().expect("an offer"));
        let app = path.trim_end_matches("/confirm");
        let key = site.send(Ask::get(app).bearer(&session.secret)).expect(200);
        let seed = Seed::from_key(key["key"].as_str().expect("a key")).expect("a key of ours");
        code = seed.code_at(site.world.app.clock().now());
    }
    let ask = Ask::post(&path).header("idempotency-key", "a-key-of-my-own");
    let with = |body: Value| ask.clone().json(&body);
    match door.path {
        "/api/v1/password/change" => {
            let body = json!({ "present_password": PASSWORD, "new_password": NEW_PASSWORD });
            (with(body), &["session_secret"])
        }
        "/api/v1/email/change/stop" => {
            prove(site, session, &json!({ "change": "change_email", "email": "new@example.com" }));
            let waits = site.send(Ask::get("/api/v1/email/change").bearer(&session.secret)).expect(200);
            assert_eq!(waits["waiting"][0]["new"], "new@example.com");
            (ask, &[])
        }
        "/api/v1/notices/read" => (with(json!({ "up_to": 2 })), &[]),
        "/api/v1/notices/preferences/choose" => (with(json!({ "code": "sign_in.failed", "on": false })), &[]),
        "/api/v1/freeze/words/replace" => (ask, &["words"]),
        "/api/v1/checkup/say" => (with(json!({ "line": "one_address" })), &[]),
        "/api/v1/checkup/unsay" => {
            let said = Ask::post("/api/v1/checkup/say").json(&json!({ "line": "one_address" }));
            site.send(said.bearer(&session.secret)).expect(200);
            (with(json!({ "line": "one_address" })), &[])
        }
        "/api/v1/devices/{device}/name" => (with(json!({ "name": "My laptop" })), &[]),
        "/api/v1/factors/{factor}/name" => (with(json!({ "name": "Phone" })), &[]),
        "/api/v1/factors/app/{factor}/confirm" => (with(json!({ "code": code })), &["session_secret"]),
        "/api/v1/approvals" => (with(thaw()), &[]),
        "/api/v1/approvals/{approval}/prove" => (with(json!({ "method": "password", "password": PASSWORD })), &[]),
        "/api/v1/phone/add" => (with(json!({ "number": "+41791234567" })), &[]),
        "/api/v1/phone/confirm" => {
            let number = json!({ "number": "+41791234567" });
            site.send(Ask::post("/api/v1/phone/add").bearer(&session.secret).json(&number)).expect(200);
            site.world.settle();
            let code = testkit::code_in(&site.world.post.newest_text_to("+41791234567"));
            (with(json!({ "code": code })), &[])
        }
        "/api/v1/phone/remove" => {
            site.world.add_phone(person, session, "+41791234567");
            (ask, &[])
        }
        "/api/v1/passkeys/rename" => (with(json!({ "passkey": passkey, "name": "The other key" })), &[]),
        "/api/v1/passkeys/start" => {
            allow_passkey(site, session);
            (ask, &[])
        }
        "/api/v1/passkeys/register" => {
            allow_passkey(site, session);
            (with(made_passkey(site, session)), &["session_secret"])
        }
        "/api/v1/approvals/{approval}/passkey"
        | "/api/v1/timers/{timer}/stop"
        | "/api/v1/devices/{device}/forget"
        | "/api/v1/sign-out"
        | "/api/v1/sessions/{session}/end"
        | "/api/v1/sessions/end-others"
        | "/api/v1/freeze" => (ask, &[]),
        other => panic!("say here what a good request to {other} is, and which secrets its answer carries"),
    }
}

fn without(secrets: &[&str], answer: &Got) -> Value {
    let mut answer = answer.json();
    let fields = answer.as_object_mut().expect("an object");
    for secret in secrets {
        assert!(fields.remove(*secret).is_some(), "the first answer has no {secret}");
    }
    answer
}

/// Somebody signed in twice, so that there is something to end.
fn signed_in(site: &Site, name: &str) -> (Person, NewSession) {
    let mut person = site.world.customer(name);
    site.world.sign_in(&mut person);
    let session = site.world.sign_in(&mut person);
    site.world.settle();
    (person, session)
}

fn choose(on: bool) -> Ask {
    Ask::post("/api/v1/notices/preferences/choose").json(&json!({ "code": "sign_in.failed", "on": on }))
}

both! {
    fn every_door_that_takes_a_key_does_a_request_once_and_answers_every_copy_alike(world: World) {
        let site = Site::new(world);
        let taking: Vec<Door> = doors().iter().copied().filter(|door| door.takes_key).collect();
        assert!(taking.len() >= 8, "{taking:?}");
        for (number, door) in taking.iter().enumerate() {
            let (mut person, mut session) = signed_in(&site, &format!("customer{number}"));
            let (ask, secrets) = good(&site, door, &mut person, &mut session);
            let ask = ask.bearer(&session.secret);
            let first = site.send(ask.clone());
            assert!(first.status < 300, "{}: {first:?}", door.path);
            let expected = without(secrets, &first);
            site.world.settle();
            let (logged, letters) = (site.logged(session.account), site.world.post.letters().len());
            // Also where the first one ended the session, or gave it another secret.
            for _ in 0..2 {
                let copy = site.send(ask.clone());
                assert_eq!((copy.status, copy.json()), (first.status, expected.clone()), "{}", door.path);
                assert_eq!(copy.header("content-type"), "application/json");
            }
            site.world.settle();
            assert_eq!(site.logged(session.account), logged, "{} was done again", door.path);
            assert_eq!(site.world.post.letters().len(), letters, "{} was told again", door.path);
        }
    }

    fn fifty_copies_at_once_get_the_one_answer(world: World) {
        let site = Site::new(world);
        let (mut ada, mut session) = signed_in(&site, "ada");
        let door = *doors().iter().find(|door| door.path == "/api/v1/password/change").expect("a row");
        let (ask, _) = good(&site, &door, &mut ada, &mut session);
        let ask = ask.bearer(&session.secret);
        let answers = site.world.wait(async {
            join_all((0..50).map(|_| async {
                let response = site.open(ask.clone()).await;
                let status = response.status().as_u16();
                let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
                (status, serde_json::from_slice::<Value>(&body).expect("JSON"))
            }))
            .await
        });
        for (status, answer) in &answers {
            assert_eq!((*status, &answer["sessions_ended"]), (200, &json!(1)), "{answer}");
        }
        let with_secret = answers.iter().filter(|(_, answer)| answer.get("session_secret").is_some()).count();
        assert_eq!(with_secret, 1, "the new secret is given once");
        let changed = site.world.log(session.account).iter().filter(|line| line.contains("password_changed")).count();
        assert_eq!(changed, 1);
    }

    fn a_key_that_came_with_another_request_is_refused(world: World) {
        let site = Site::new(world);
        let (mut ada, session) = signed_in(&site, "ada");
        let key = |ask: Ask, session: &NewSession| ask.header("idempotency-key", "\"one\"").bearer(&session.secret);
        site.send(key(choose(false), &session)).expect(200);
        let logged = site.logged(session.account);
        for other in [choose(true), Ask::post("/api/v1/sessions/end-others"), Ask::post("/api/v1/notices/preferences/choose?again").json(&json!({ "code": "sign_in.failed", "on": false }))] {
            assert_eq!(site.send(key(other, &session)).problem(), "422 key_used -");
        }
        // In quotes or without, it is the same key.
        site.send(choose(false).header("idempotency-key", "one").bearer(&session.secret)).expect(200);
        assert_eq!(site.logged(session.account), logged);
        // A program that signed in anew is told that the key was used, and never that something was done which was not.
        let other = site.world.sign_in(&mut ada);
        assert_eq!(site.send(key(choose(false), &other)).problem(), "422 key_used -");
        let (_, bobs) = signed_in(&site, "bob");
        site.send(key(choose(false), &bobs)).expect(200);
        assert!(site.world.log(bobs.account).iter().any(|line| line.contains("notice.")), "{:?}", site.world.log(bobs.account));
    }

    fn an_ended_session_gets_its_own_answers_and_nothing_else(world: World) {
        let site = Site::new(world);
        let (_, session) = signed_in(&site, "ada");
        let out = Ask::post("/api/v1/sign-out").bearer(&session.secret);
        let keyed = |key: &str, ask: &Ask| site.send(ask.clone().header("idempotency-key", key));
        keyed("one", &out).expect(200);
        keyed("one", &out).expect(200);
        assert_eq!(keyed("two", &out).problem(), "401 not_signed_in -");
        assert_eq!(keyed("one", &Ask::post("/api/v1/freeze").bearer(&session.secret)).problem(), "401 not_signed_in -");
        assert_eq!(keyed("one", &Ask::post("/api/v1/sign-out")).problem(), "401 not_signed_in -");
    }

    fn what_was_refused_under_a_key_may_be_sent_again(world: World) {
        let site = Site::new(world);
        let (_, session) = signed_in(&site, "ada");
        let change = |present: &str| {
            let body = json!({ "present_password": present, "new_password": NEW_PASSWORD });
            site.send(Ask::post("/api/v1/password/change").json(&body).header("idempotency-key", "one").bearer(&session.secret))
        };
        assert_eq!(change("not the present one at all").problem(), "401 wrong_password -");
        assert_eq!(change("not the present one at all").problem(), "401 wrong_password -");
        change(PASSWORD).expect(200);
    }

    fn a_key_is_a_word_of_at_most_255_letters_and_comes_once(world: World) {
        let site = Site::new(world);
        let (_, session) = signed_in(&site, "ada");
        let logged = site.logged(session.account);
        let said = |ask: Ask| site.send(ask.bearer(&session.secret)).problem();
        let key = |key: &str| said(choose(false).header("idempotency-key", key));
        assert_eq!(key(""), "422 wrong_length Idempotency-Key");
        assert_eq!(key(&"k".repeat(300)), "422 wrong_length Idempotency-Key");
        assert_eq!(key("two words"), "422 bad_value Idempotency-Key");
        let twice = choose(false).header("idempotency-key", "one").header("idempotency-key", "one");
        assert_eq!(said(twice), "422 duplicate_field Idempotency-Key");
        let long = Ask::post("/api/v1/notices/read").body("application/json", vec![b' '; 17 * 1024]);
        assert_eq!(said(long.header("idempotency-key", "one")), "413 too_large -");
        assert_eq!(site.logged(session.account), logged);
    }

    fn a_day_later_the_key_is_free_again(world: World) {
        let site = Site::new(world);
        let (mut ada, session) = signed_in(&site, "ada");
        let keyed = |on, session: &NewSession| site.send(choose(on).header("idempotency-key", "one").bearer(&session.secret));
        keyed(false, &session).expect(200);
        site.world.clock.advance(Span::from_hours(25));
        site.world.settle();
        let session = site.world.sign_in(&mut ada);
        keyed(true, &session).expect(200);
    }
}
