//! Second factors, all of it in JSON.

use domain::Span;
use domain::second_factors::Seed;
use serde_json::{Value, json};
use testkit::{PASSWORD, both, code_in};

use super::client::{Ask, Site, secret};

fn post(path: &str, body: &Value) -> Ask {
    Ask::post(path).json(body)
}

both! {
    fn an_app_is_added_and_asked_for(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let other = site.world.sign_in(&mut ada);
        let asked = site.send(post("/api/v1/approvals", &json!({ "change": "add_app" })).bearer(&session.secret)).expect(200);
        let prove = format!("/api/v1/approvals/{}/prove", asked["approval"].as_str().unwrap());
        let proof = json!({ "method": "password", "password": PASSWORD });
        let proved = site.send(post(&prove, &proof).bearer(&session.secret)).expect(200);
        assert_eq!(proved["status"], "set_up_app");
        let app = format!("/api/v1/factors/app/{}", proved["factor"].as_str().unwrap());
        assert_eq!(site.send(Ask::get(&app).bearer(&other.secret)).problem(), "404 no_such_thing -");
        let key = site.send(Ask::get(&app).bearer(&session.secret)).expect(200);
        let seed = Seed::from_key(key["key"].as_str().unwrap()).unwrap();
        let code = || seed.code_at(site.world.app.clock().now());
        let confirm = |code: &str| post(&format!("{app}/confirm"), &json!({ "code": code })).bearer(&session.secret);
        assert_eq!(site.send(confirm("12345")).problem(), "422 code_unfit -");
        let confirmed = site.send(confirm(&code())).expect(200);
        let here = secret(&confirmed, "session_secret");
        assert!(!site.world.signed_in(&session.secret) && !site.world.signed_in(&other.secret));
        let factors = site.send(Ask::get("/api/v1/factors").bearer(&here)).expect(200);
        let id = factors["factors"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(factors["factors"][0]["kind"], "app");
        site.send(post(&format!("/api/v1/factors/{id}/name"), &json!({ "name": "Phone" })).bearer(&here)).expect(200);

        let device = ada.devices[0].reveal();
        let given = json!({ "email": ada.email, "password": PASSWORD, "device_secret": device });
        let step = site.send(post("/api/v1/sign-in", &given)).expect(202);
        assert_eq!((step["status"].as_str(), &step["methods"]), (Some("second_step"), &json!(["app"])));
        let take = |given: Value| {
            let mut body = given;
            body["pending_secret"] = step["pending_secret"].clone();
            post("/api/v1/sign-in/code", &body)
        };
        assert_eq!(site.send(take(json!({}))).problem(), "422 code_unfit -");
        assert_eq!(site.send(take(json!({ "code": "1", "recovery_code": "2" }))).problem(), "422 code_unfit -");
        assert_eq!(site.send(take(json!({ "code": code() }))).problem(), "401 wrong_code -", "replayed");
        site.world.clock.advance(Span::from_secs(30));
        let done = site.send(take(json!({ "code": code() }))).expect(200);
        assert_eq!(done["status"], "signed_in");
        let new = secret(&done, "session_secret");
        let here = site.send(Ask::get("/api/v1/session").bearer(&new)).expect(200);
        assert_eq!(here["session"]["proved_by"], json!(["password", "app"]));
        assert_eq!(site.send(take(json!({ "code": code() }))).problem(), "401 sign_in_over -");
    }

    fn a_code_by_sms_is_chosen_sent_and_typed_by_programs(world: World) {
        let site = Site::new(world.restarted(|settings| settings.phone.sign_in_codes = true));
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let state = |here: &domain::SecretText| site.send(Ask::get("/api/v1/factors").bearer(here)).expect(200)["sms_codes"].clone();
        let ask = || post("/api/v1/approvals", &json!({ "change": "sms_codes" })).bearer(&session.secret);
        assert_eq!(site.send(ask()).problem(), "403 no_sms_codes -", "there is no phone");
        site.world.add_phone(&ada, &session, "+41791234567");
        let asked = site.send(ask()).expect(200);
        assert_eq!(asked["methods"], json!(["password"]));
        let prove = format!("/api/v1/approvals/{}/prove", asked["approval"].as_str().unwrap());
        let proof = json!({ "method": "password", "password": PASSWORD });
        let proved = site.send(post(&prove, &proof).bearer(&session.secret)).expect(200);
        assert_eq!(proved["status"], "effective");
        let here = secret(&proved, "session_secret");
        let chosen = json!({ "allowed": true, "chosen": true, "asked_for": true, "mailbox_instead": false });
        assert_eq!(state(&here), chosen);

        let given = json!({ "email": ada.email, "password": PASSWORD, "device_secret": ada.devices[0].reveal() });
        let step = site.send(post("/api/v1/sign-in", &given)).expect(202);
        assert_eq!((step["status"].as_str(), &step["methods"]), (Some("second_step"), &json!(["sms"])));
        let half = json!({ "pending_secret": step["pending_secret"] });
        let sent = site.send(post("/api/v1/sign-in/code/send", &half)).expect(200);
        assert_eq!(sent, json!({ "ending": "67", "expires_at": "2026-11-22T12:10:00Z" }));
        site.world.settle();
        let code = code_in(&site.world.post.newest_text_to("+41791234567"));
        let take = |given: Value| {
            let mut body = given;
            body["pending_secret"] = step["pending_secret"].clone();
            post("/api/v1/sign-in/code", &body)
        };
        assert_eq!(site.send(take(json!({ "sms_code": code, "code": code }))).problem(), "422 code_unfit -");
        assert_eq!(site.send(take(json!({ "code": code }))).problem(), "401 wrong_code -", "it is no code of an app");
        let done = site.send(take(json!({ "sms_code": code }))).expect(200);
        assert!(site.world.signed_in(&secret(&done, "session_secret")));
        assert_eq!(site.send(take(json!({ "sms_code": code }))).problem(), "401 sign_in_over -");
        assert_eq!(site.send(post("/api/v1/sign-in/code/send", &half)).problem(), "401 sign_in_over -");
    }
}
