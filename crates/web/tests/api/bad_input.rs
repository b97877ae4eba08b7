//! What does not fit gets a problem document that names the field, and changes nothing.

use serde_json::{Value, json};
use testkit::{PASSWORD, both};

use super::client::{Ask, Site};

const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

/// The addresses of customers that take a body, as the OpenAPI document tells them. The exchange's backend proves itself over
/// the body, so there nothing is read of it before that.
fn taking_bodies() -> Vec<String> {
    let document = serde_json::to_value(web::openapi::document("https://exchange.example")).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let takes = |methods: &Value| methods["post"].get("requestBody").is_some();
    // An id that is nobody's stands in the holes: what is wrong with a body is said before anything is looked for.
    let filled = |path: &String| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { NOBODYS } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let customers = paths.iter().filter(|(path, _)| !path.starts_with("/api/v1/service/"));
    customers.filter(|(_, methods)| takes(methods)).map(|(path, _)| filled(path)).collect()
}

both! {
    fn every_address_refuses_what_it_cannot_read(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let logged = site.logged(session.account);
        let paths = taking_bodies();
        assert!(paths.len() >= 10, "{paths:?}");
        for path in paths {
            // What stands in a hole does not matter: the body is read first.
            let path = match (path.split_once('{'), path.split_once('}')) {
                (Some((before, _)), Some((_, after))) => format!("{before}00000000-0000-7000-8000-000000000000{after}"),
                _ => path,
            };
            let said = |kind: &str, body: Vec<u8>| site.send(Ask::post(&path).bearer(&session.secret).body(kind, body)).problem();
            let json = |body: &str| said("application/json", body.as_bytes().to_vec());
            assert_eq!(json("[]"), "422 wrong_type -", "{path}");
            assert_eq!(json("{}").split(' ').nth(1), Some("missing_field"), "{path}");
            assert_eq!(json(r#"{"admin":true}"#), "422 unknown_field admin", "{path}");
            assert_eq!(json("{"), "400 unreadable -", "{path}");
            assert_eq!(said("application/json", b"{\"x\":\"\xff\"}".to_vec()), "400 unreadable -", "{path}");
            assert_eq!(said("application/json; charset=utf-8", b"[]".to_vec()), "422 wrong_type -", "{path}");
            assert_eq!(said("application/x-www-form-urlencoded", b"a=b".to_vec()), "415 wrong_media_type -", "{path}");
            assert_eq!(said("text/plain", b"{}".to_vec()), "415 wrong_media_type -", "{path}");
            let long = format!("{{\"x\":\"{}\"}}", "x".repeat(16 * 1024));
            assert_eq!(json(&long), "413 too_large -", "{path}");
        }
        assert_eq!(site.logged(session.account), logged);
    }

    fn signing_in_names_the_field_that_is_wrong(world: World) {
        let site = Site::new(world);
        let said = |body: &str| {
            site.send(Ask::post("/api/v1/sign-in").body("application/json", body.as_bytes().to_vec())).problem()
        };
        assert_eq!(said(r#"{"email":"a@b.example"}"#), "422 missing_field password");
        assert_eq!(said(r#"{"email":["a@b.example"],"password":"x"}"#), "422 wrong_type email");
        assert_eq!(said(r#"{"email":"a@b.example","password":7}"#), "422 wrong_type password");
        assert_eq!(said(r#"{"email":"a","email":"b","password":"x"}"#), "422 duplicate_field email");
        assert_eq!(said(&format!(r#"{{"email":"{}","password":"x"}}"#, "a".repeat(255))), "422 wrong_length email");
        assert_eq!(said(&format!(r#"{{"email":"a","password":"{}"}}"#, "x".repeat(1025))), "422 wrong_length password");
        assert_eq!(said(&format!(r#"{{"email":"a","password":"{}"}}"#, "x".repeat(4096))), "413 too_large -");
        assert_eq!(said(r#"{"email":"a","password":"x","device_secret":"not one"}"#), "422 bad_value device_secret");
    }

    fn an_address_field_holds_one_address(world: World) {
        let site = Site::new(world);
        for (email, expected) in [
            ("ada@example.com, eve@example.com", "422 address_unfit -"),
            ("ada@example.com eve@example.com", "422 address_unfit -"),
            ("ada@example.com;eve@example.com", "422 address_unfit -"),
            ("<ada@example.com>", "422 address_unfit -"),
            ("ada@example.com\r\nBcc: eve@example.com", "422 bad_value email"),
            ("ada@example.com\u{0}", "422 bad_value email"),
            ("", "422 address_unfit -"),
            ("nobody", "422 address_unfit -"),
        ] {
            let ask = Ask::post("/api/v1/sign-up").json(&json!({ "email": email, "password": PASSWORD }));
            assert_eq!(site.send(ask).problem(), expected, "{email:?}");
        }
        site.world.settle();
        assert_eq!(site.world.post.letters().len(), 0);
    }

    fn a_query_is_read_as_strictly_as_a_body(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let said = |query: &str| {
            let got = site.send(Ask::get(&format!("/api/v1/activity?{query}")).bearer(&session.secret));
            if got.status == 200 { "fine".to_owned() } else { got.problem() }
        };
        assert_eq!(said("limit=2&before=9"), "fine");
        assert_eq!(said("limit=200"), "fine");
        assert_eq!(said("limit=201"), "422 bad_value limit");
        assert_eq!(said("limit=0"), "422 bad_value limit");
        assert_eq!(said("before=-1"), "422 bad_value before");
        assert_eq!(said("limit=many"), "422 wrong_type limit");
        assert_eq!(said("limit=1&limit=2"), "422 duplicate_field limit");
        assert_eq!(said("page=2"), "422 unknown_field page");
        assert_eq!(said("limit=%ff"), "400 unreadable limit");
        let got = site.send(Ask::post("/api/v1/sessions/not-an-id/end").bearer(&session.secret));
        assert_eq!(got.problem(), "404 no_such_thing -");
    }

    fn a_weak_password_is_refused_with_reasons(world: World) {
        let site = Site::new(world);
        let got = site.send(Ask::post("/api/v1/sign-up").json(&json!({ "email": "ada@example.com", "password": "short" })));
        assert_eq!(got.problem(), "422 password_unfit -");
        let reasons = got.json()["reasons"].as_array().expect("reasons").clone();
        assert!(reasons[0].as_str().is_some_and(|reason| reason.contains("15 characters")), "{reasons:?}");
        let judged = site.send(Ask::post("/api/v1/password/check").json(&json!({ "password": PASSWORD }))).expect(200);
        assert_eq!(judged["good"], true);
    }
}
