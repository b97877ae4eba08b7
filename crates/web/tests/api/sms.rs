//! The phone over HTTP, and the SMS gateway's doors.

use domain::SecretText;
use domain::notifications::Delivery;
use serde_json::{Value, json};
use testkit::{PASSWORD, World, both, code_in};
use web::hooks::{Call, Gateway, Said};
use web::{SiteSettings, Web};

use super::client::{Ask, Site};

const HERS: &str = "+41791234567";
const OTHER: &str = "+447400123456";

/// A gateway whose password is a header.
struct Spoken;

impl Gateway for Spoken {
    fn read(&self, call: &Call) -> Option<Said> {
        if call.header("x-gateway") != "open sesame" {
            return None;
        }
        let text = String::from_utf8_lossy(&call.body).into_owned();
        Some(match call.path_and_query.split_once("?notice=") {
            Some((_, notice)) => {
                notice.parse().map_or(Said::Nothing, |notice| Said::Report { notice, delivery: Delivery::Delivered })
            }
            None => Said::Reply { from: call.header("x-from").to_owned(), text },
        })
    }

    fn thanks(&self) -> (&'static str, &'static str) {
        ("text/plain", "")
    }
}

fn site(world: World) -> Site {
    Site::with_web(world, |app, guesses| Web::with_gateway(app, SiteSettings::default(), guesses, Box::new(Spoken)))
}

fn post(site: &Site, path: &str, session: &SecretText, body: &Value) -> super::client::Got {
    site.send(Ask::post(path).bearer(session).json(body))
}

both! {
    fn a_phone_is_added_confirmed_and_removed_by_programs(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let secret = site.world.sign_in(&mut ada).secret;
        let state = || site.send(Ask::get("/api/v1/phone").bearer(&secret)).expect(200);
        assert_eq!(state(), json!({ "offered": true, "phone": null, "waiting": null }));
        let sent = post(&site, "/api/v1/phone/add", &secret, &json!({ "number": "+41 79 123 45 67" })).expect(200);
        assert_eq!(sent, json!({ "expires_at": "2026-11-22T12:10:00Z" }));
        assert_eq!(state()["waiting"], json!({ "ending": "67", "expires_at": "2026-11-22T12:10:00Z" }));
        site.world.settle();
        let code = code_in(&site.world.post.newest_text_to(HERS));
        assert_eq!(post(&site, "/api/v1/phone/confirm", &secret, &json!({ "code": "no code" })).problem(), "401 wrong_phone_code -");
        post(&site, "/api/v1/phone/confirm", &secret, &json!({ "code": code })).expect(200);
        let confirmed = json!({ "ending": "67", "confirmed_at": "2026-11-22T12:00:00Z", "last_sms": null });
        assert_eq!(state(), json!({ "offered": true, "phone": confirmed, "waiting": null }));
        let choice = json!({ "code": "sign_in.done", "by": "sms", "on": true });
        post(&site, "/api/v1/notices/preferences/choose", &secret, &choice).expect(200);
        let notices = site.send(Ask::get("/api/v1/notices/preferences").bearer(&secret)).expect(200);
        let rows = notices["notices"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["code"] == "sign_in.done" && row["sms"] == json!({ "on": true, "always": false })));
        // Another number takes a proof beside its code, and so does none.
        site.world.clock.advance(domain::Span::from_mins(1));
        post(&site, "/api/v1/phone/add", &secret, &json!({ "number": OTHER })).expect(200);
        site.world.settle();
        let code = code_in(&site.world.post.newest_text_to(OTHER));
        let prove = |asked: Value| {
            let approval = asked["approval"].as_str().unwrap_or_else(|| panic!("no proof is asked for: {asked}")).to_owned();
            let proof = json!({ "method": "password", "password": PASSWORD });
            post(&site, &format!("/api/v1/approvals/{approval}/prove"), &secret, &proof).expect(200)
        };
        let right = post(&site, "/api/v1/phone/confirm", &secret, &json!({ "code": code })).expect(200);
        assert_eq!((&right["confirmed"], &state()["phone"]["ending"]), (&json!(false), &json!("67")));
        assert_eq!(prove(right), json!({ "status": "effective" }));
        assert_eq!(state()["phone"]["ending"], "56");
        let asked = post(&site, "/api/v1/phone/remove", &secret, &json!({})).expect(200);
        assert_eq!((&asked["removed"], &state()["phone"]["ending"]), (&json!(false), &json!("56")));
        prove(asked);
        assert_eq!(state()["phone"], Value::Null);
        let again = post(&site, "/api/v1/phone/remove", &secret, &json!({})).expect(200);
        assert_eq!(again, json!({ "removed": true }));
    }

    fn a_phone_is_added_by_somebody_without_script(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let secret = site.world.sign_in(&mut ada).secret;
        let form = |path: &str, body: &str| {
            site.send(Ask::post(path).cookie(&secret).same_origin().body("application/x-www-form-urlencoded", body.as_bytes().to_vec()))
        };
        let page = || site.send(Ask::get("/settings/phone").cookie(&secret)).text();
        assert!(page().contains("Send me a code"));
        let elsewhere = form("/settings/phone", "number=%2B1+876+210+1234");
        assert_eq!(elsewhere.status, 422);
        assert!(elsewhere.text().contains("We do not send SMS to numbers of this country."));
        assert!(elsewhere.text().contains("+1 876 210 1234"), "what was typed is gone");
        assert_eq!(form("/settings/phone", "number=%2B41791234567").header("location"), "/settings/phone?done=code-sent");
        site.world.settle();
        let code = code_in(&site.world.post.newest_text_to(HERS));
        let wrong = form("/settings/phone/confirm", "code=abc");
        assert!(wrong.status == 403 && wrong.text().contains("This code is not right"), "{wrong:?}");
        assert_eq!(form("/settings/phone/confirm", &format!("code={code}")).header("location"), "/settings/phone?done=phone-confirmed");
        assert!(page().contains("Remove this phone"));
        assert!(!page().contains("791234"), "a stolen session reads the number");
        let choices = site.send(Ask::get("/settings/notices").cookie(&secret)).text();
        assert!(choices.contains("name=\"sms:session.ended\""), "{choices}");
        let saved = form("/settings/notices", "sms%3A=on&sms%3Asession.ended=on&session.ended=on");
        assert_eq!(saved.status, 303);
        let asked = form("/settings/phone/remove", "").header("location").to_owned();
        assert!(asked.starts_with("/approve/"), "{asked}");
        let approve = site.send(Ask::get(&asked).cookie(&secret)).text();
        assert!(approve.contains("removing your phone") && approve.contains("Your phone is removed."), "{approve}");
        assert!(page().contains("Remove this phone"));
        let done = form(&asked, &format!("method=password&password={}", PASSWORD.replace(' ', "+")));
        assert!(done.status == 200 && done.text().contains("Done"), "{done:?}");
        assert!(page().contains("Add a phone"));
        assert_eq!(form("/settings/phone/remove", "").header("location"), "/settings/phone?done=phone-removed");
    }

    fn bad_numbers_and_codes_are_refused_by_name(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let secret = site.world.sign_in(&mut ada).secret;
        let add = |body: Value| post(&site, "/api/v1/phone/add", &secret, &body).problem();
        assert_eq!(add(json!({ "number": "079 123 45 67" })), "422 phone_unfit -");
        assert_eq!(add(json!({ "number": "+882 16 12345678" })), "422 phone_unfit -");
        assert_eq!(add(json!({ "number": "+1 876 210 1234" })), "422 phone_country_not_served -");
        assert_eq!(add(json!({ "number": "+41791234567".repeat(9) })), "422 wrong_length number");
        assert_eq!(add(json!({ "number": ["+41791234567"] })), "422 wrong_type number");
        assert_eq!(add(json!({ "number": "+41791234567", "to": "x" })), "422 unknown_field to");
        assert_eq!(add(json!({})), "422 missing_field number");
        let confirm = |body: Value| post(&site, "/api/v1/phone/confirm", &secret, &body).problem();
        assert_eq!(confirm(json!({ "code": "123456" })), "401 wrong_phone_code -");
        assert_eq!(confirm(json!({ "code": 123_456 })), "422 wrong_type code");
        assert_eq!(confirm(json!({ "code": "1".repeat(17) })), "422 wrong_length code");
        site.world.settle();
        assert!(site.world.post.texts().is_empty(), "an SMS went out");
    }

    fn only_the_gateway_is_heard_and_its_freeze_freezes(world: World) {
        let site = site(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        site.world.add_phone(&ada, &session, HERS);
        let inbound = || Ask::post("/hooks/sms/inbound").header("x-from", HERS).body("text/plain", b"Freeze".to_vec());
        for stranger in [inbound(), inbound().header("x-gateway", "open"), inbound().bearer(&session.secret), inbound().cookie(&session.secret)] {
            assert_eq!(site.send(stranger).problem(), "403 not_the_gateway -");
        }
        let twice = inbound().header("x-gateway", "open sesame").header("x-gateway", "open sesame");
        assert_eq!(site.send(twice).problem(), "403 not_the_gateway -");
        assert!(site.world.signed_in(&session.secret));
        let other = site.send(Ask::post("/hooks/sms/inbound").header("x-gateway", "open sesame").header("x-from", "+41791234568").body("text/plain", b"Freeze".to_vec()));
        assert_eq!((other.status, other.text()), (200, String::new()), "nobody learns whose number it is");
        assert!(site.world.signed_in(&session.secret));
        let heard = site.send(inbound().header("x-gateway", "open sesame"));
        assert_eq!((heard.status, heard.text()), (200, String::new()));
        assert!(!site.world.signed_in(&session.secret));
        let too_long = Ask::post("/hooks/sms/inbound").header("x-gateway", "open sesame").body("text/plain", vec![b'x'; 9000]);
        assert_eq!(site.send(too_long).status, 413);
    }

    fn only_the_gateway_reports_and_a_reading_by_anybody_changes_nothing(world: World) {
        let site = site(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        site.world.add_phone(&ada, &session, HERS);
        let notice = site.world.post.texts().last().expect("an SMS").id;
        let last = || site.send(Ask::get("/api/v1/phone").bearer(&session.secret)).expect(200)["phone"]["last_sms"].clone();
        let report = Ask::get(&format!("/hooks/sms/report?notice={notice}"));
        assert_eq!(site.send(report.clone()).problem(), "403 not_the_gateway -");
        assert_eq!(last(), Value::Null);
        assert_eq!(site.send(report.header("x-gateway", "open sesame")).status, 200);
        assert_eq!(last(), "delivered");
        let odd = Ask::post("/hooks/sms/report?notice=not-an-id").header("x-gateway", "open sesame");
        assert_eq!(site.send(odd).status, 200);
    }
}
