//! The path of a customer, all of it in JSON.

use domain::{SecretText, Span};
use serde_json::{Value, json};
use testkit::{PASSWORD, Person, act_link, both, freeze_link};

use super::client::{Ask, IN_GERMANY, IN_PORTUGAL, Site, secret};

const NEW_PASSWORD: &str = "copper saddle thirteen winds apart";

/// A request with a JSON body, as a program sends it.
fn post(path: &str, body: &Value) -> Ask {
    Ask::post(path).json(body).header("user-agent", "Exchange App 3")
}

/// The newest link behind a button to this address.
fn mailed(site: &Site, email: &str) -> String {
    site.world.settle();
    act_link(&site.world.post.newest_with_button_to(email)).reveal().to_owned()
}

/// Opens and confirms ada's account and signs her in on a new device; answers session and device secret.
fn ada(site: &Site) -> (SecretText, SecretText) {
    let given = json!({ "email": "ada@example.com", "password": PASSWORD });
    let opened = site.send(post("/api/v1/sign-up", &given)).expect(202);
    assert_eq!(opened["status"], "confirm_address");
    let link = mailed(site, "ada@example.com");
    let both = json!({ "link_secret": link, "pending_secret": opened["pending_secret"] });
    let confirmed = site.send(post("/api/v1/sign-up/confirm", &both)).expect(200);
    let known =
        json!({ "email": "ada@example.com", "password": PASSWORD, "device_secret": confirmed["device_secret"] });
    let first = secret(&site.send(post("/api/v1/sign-in", &known)).expect(200), "session_secret");
    site.send(Ask::post("/api/v1/sign-out").bearer(&first)).expect(200);
    let again = site.send(post("/api/v1/sign-up/confirm", &both)).expect(200);
    assert!(again.get("device_secret").is_none(), "a link makes one browser known");
    // From here on without it, as on another device.
    let waiting = site.send(post("/api/v1/sign-in", &given)).expect(202);
    assert_eq!(waiting["status"], "confirm_new_device");
    let link = mailed(site, "ada@example.com");
    let seen = site.send(post("/api/v1/links/look", &json!({ "link_secret": link }))).expect(200);
    assert_eq!(seen["purpose"], "new_device");
    assert_eq!(seen["grantable"], false, "without the pending secret nothing is granted");
    assert_eq!(seen["attempt"]["from"]["browser"], "Exchange App 3");
    let stolen = json!({ "link_secret": link, "pending_secret": "AAAA" });
    let refused = site.send(post("/api/v1/sign-in/confirm", &stolen)).problem();
    assert_eq!(refused, "403 link_for_other_browser -");
    let both = json!({ "link_secret": link, "pending_secret": waiting["pending_secret"] });
    let signed_in = site.send(post("/api/v1/sign-in/confirm", &both)).expect(200);
    assert_eq!(signed_in["status"], "signed_in");
    assert_eq!(site.send(post("/api/v1/sign-in/confirm", &both)).problem(), "404 link_spent -");
    (secret(&signed_in, "session_secret"), secret(&signed_in, "device_secret"))
}

both! {
    fn a_known_device_in_a_new_country_is_told_the_reason_and_let_in_by_the_letter(world: World) {
        let site = Site::new(world);
        let (_, device) = ada(&site);
        let given = json!({ "email": "ada@example.com", "password": PASSWORD, "device_secret": device.reveal() });
        let sign_in = |from: &str| site.send(post("/api/v1/sign-in", &given).from(from));
        sign_in(IN_GERMANY).expect(200);
        site.world.clock.advance(Span::from_mins(5));
        let waiting = sign_in(IN_PORTUGAL).expect(202);
        assert_eq!(waiting["status"], "confirm_unusual_place");
        assert_eq!((&waiting["reason"]["code"], &waiting["reason"]["country"]), (&json!("new_country"), &json!("PT")));
        let both = json!({ "link_secret": mailed(&site, "ada@example.com"), "pending_secret": waiting["pending_secret"] });
        let seen = site.send(post("/api/v1/links/look", &both)).expect(200);
        assert_eq!((&seen["grantable"], &seen["attempt"]["unusual"]["code"]), (&json!(true), &json!("new_country")));
        let signed_in = site.send(post("/api/v1/sign-in/confirm", &both).from(IN_PORTUGAL)).expect(200);
        assert!(signed_in["device_secret"].is_null(), "the device was known");
        let session = secret(&signed_in, "session_secret");
        let log = site.send(Ask::get("/api/v1/activity").bearer(&session)).expect(200);
        assert_eq!(codes(&log, "entries")[..2], ["sign_in.done", "sign_in.unusual_place"]);
        assert_eq!(log["entries"][1]["facts"]["unusual"]["country"], "PT");
        let known = site.send(Ask::get("/api/v1/devices").bearer(&session)).expect(200);
        let known = known["devices"].as_array().expect("browsers");
        let here = known.iter().find(|device| device["this_one"] == true).expect("this one");
        assert_eq!(here["passkeys"], json!([]));
        let places: Vec<&Value> = here["places"].as_array().expect("places").iter().map(|place| &place["country"]).collect();
        assert_eq!(places, [&json!("PT"), &json!("DE")]);
        sign_in(IN_PORTUGAL).expect(200);
        sign_in("203.0.113.9").expect(200);
    }
}

fn codes(page: &Value, list: &str) -> Vec<String> {
    let entries = page[list].as_array().expect("a list");
    entries
        .iter()
        .map(|entry| entry["code"].as_str().or(entry["entry"]["code"].as_str()).expect("a code").to_owned())
        .collect()
}

both! {
    fn from_opening_an_account_to_signing_out(world: World) {
        let site = Site::new(world);
        let (session, device) = ada(&site);
        let here = site.send(Ask::get("/api/v1/session").bearer(&session)).expect(200);
        assert_eq!((here["email"].as_str(), here["frozen_at"].is_null()), (Some("ada@example.com"), true));

        site.world.clock.advance(Span::from_mins(1));
        let known = json!({ "email": "ada@example.com", "password": PASSWORD, "device_secret": device.reveal() });
        let second = secret(&site.send(post("/api/v1/sign-in", &known)).expect(200), "session_secret");
        let sessions = site.send(Ask::get("/api/v1/sessions").bearer(&second)).expect(200);
        let sessions = sessions["sessions"].as_array().expect("sessions").clone();
        let mine: Vec<bool> = sessions.iter().map(|one| one["this_one"] == true).collect();
        assert_eq!(mine, [true, false]);

        let other = format!("/api/v1/sessions/{}/end", sessions[1]["id"].as_str().expect("an id"));
        site.send(Ask::post(&other).bearer(&second)).expect(200);
        assert!(!site.world.signed_in(&session) && site.world.signed_in(&second));

        let change = json!({ "present_password": PASSWORD, "new_password": NEW_PASSWORD });
        let changed = site.send(post("/api/v1/password/change", &change).bearer(&second)).expect(200);
        let third = secret(&changed, "session_secret");
        assert!(!site.world.signed_in(&second), "the secret from before the change still works");

        let page = site.send(Ask::get("/api/v1/activity?limit=3").bearer(&third)).expect(200);
        assert_eq!(codes(&page, "entries"), ["credential.password_changed", "session.ended", "sign_in.done"]);
        let older = format!("/api/v1/activity?limit=100&before={}", page["older"]);
        let rest = site.send(Ask::get(&older).bearer(&third)).expect(200);
        assert_eq!(codes(&rest, "entries"), ["sign_in.done", "sign_in.waiting", "session.ended", "sign_in.done", "account.address_confirmed", "account.opened"]);
        assert!(rest["older"].is_null());
        assert_eq!(page["entries"][0]["from"]["ip"], "203.0.113.9");
        assert_eq!(page["entries"][1]["facts"]["by"], "other_device");

        site.send(Ask::post("/api/v1/sign-out").bearer(&third)).expect(200);
        assert_eq!(site.send(Ask::get("/api/v1/session").bearer(&third)).problem(), "401 not_signed_in -");
    }

    fn a_changed_password_comes_back_the_way_the_session_came(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let change = json!({ "present_password": PASSWORD, "new_password": NEW_PASSWORD });
        let got = site.send(post("/api/v1/password/change", &change).cookie(&session.secret).same_origin());
        assert!(got.expect(200).get("session_secret").is_none(), "script must not see what the cookie hides");
        let cookie = got.header("set-cookie");
        let fresh = cookie.strip_prefix("__Host-session=").and_then(|rest| rest.split(';').next()).expect("a cookie");
        assert!(site.world.signed_in(&SecretText::presented(fresh)));
        let wrong = json!({ "present_password": PASSWORD, "new_password": "yet another long one, 99" });
        let fresh = SecretText::presented(fresh);
        assert_eq!(site.send(post("/api/v1/password/change", &wrong).bearer(&fresh)).problem(), "401 wrong_password -");
    }

    fn the_log_is_kept_as_a_file_whole_and_without_formulas(world: World) {
        let site = Site::new(world);
        site.world.customer("ada");
        let mut ada = Person::new("ada");
        let session = site.world.sign_in(&mut ada);
        // More entries than one page of storage holds, some by a browser that calls itself a formula.
        for _ in 0..205 {
            // No more than people may do in an hour.
            site.world.clock.advance(Span::from_secs(125));
            let body = json!({ "code": "sign_in.failed", "on": false });
            site.send(Ask::post("/api/v1/notices/preferences/choose").bearer(&session.secret).json(&body).header("user-agent", "=1+1"));
            let body = json!({ "code": "sign_in.failed", "on": true });
            site.send(Ask::post("/api/v1/notices/preferences/choose").bearer(&session.secret).json(&body));
        }
        let whole = site.send(Ask::get("/api/v1/activity.json").bearer(&session.secret)).expect(200);
        let numbers: Vec<i64> =
            whole.as_array().expect("a list").iter().filter_map(|one| one["sequence"].as_i64()).collect();
        assert!(numbers.len() > 400, "{}", numbers.len());
        let expected: Vec<i64> = (1..=numbers[0]).rev().collect();
        assert_eq!(numbers, expected);
        let csv = site.send(Ask::get("/api/v1/activity.csv").bearer(&session.secret));
        assert_eq!(csv.header("content-disposition"), "attachment; filename=\"activity.csv\"");
        let text = csv.text();
        assert_eq!(text.lines().count(), numbers.len() + 1);
        assert!(text.contains(",\"'=1+1\",") && !text.contains(",\"=1+1\","));
    }

    fn the_inbox_is_read_and_what_is_always_sent_cannot_be_switched_off(world: World) {
        let site = Site::new(world);
        let (session, _) = ada(&site);
        let inbox = site.send(Ask::get("/api/v1/notices").bearer(&session)).expect(200);
        let unread = inbox["unread"].as_i64().expect("a number");
        assert!(unread > 1, "{inbox}");
        let newest = &inbox["notices"][0]["entry"]["sequence"];
        site.send(post("/api/v1/notices/read", &json!({ "up_to": newest })).bearer(&session)).expect(200);
        let inbox = site.send(Ask::get("/api/v1/notices").bearer(&session)).expect(200);
        assert_eq!((&inbox["unread"], &inbox["notices"][0]["read"]), (&json!(0), &json!(true)));

        let choose = |code: &str, on: bool| {
            site.send(post("/api/v1/notices/preferences/choose", &json!({ "code": code, "on": on })).bearer(&session))
        };
        assert_eq!(choose("credential.password_changed", false).problem(), "403 notice_always_on -");
        assert_eq!(choose("no.such.thing", false).problem(), "404 no_such_thing -");
        choose("sign_in.failed", false).expect(200);
        let preferences = site.send(Ask::get("/api/v1/notices/preferences").bearer(&session)).expect(200);
        let chosen = preferences["notices"].as_array().expect("choices").iter().find(|one| one["code"] == "sign_in.failed");
        assert_eq!(chosen.map(|one| &one["on"]), Some(&json!(false)));
    }

    fn exactly_what_was_sent_is_found_by_its_reference_and_by_its_owner_alone(world: World) {
        let site = Site::new(world);
        let (session, _) = ada(&site);
        site.world.settle();
        let inbox = site.send(Ask::get("/api/v1/notices").bearer(&session)).expect(200);
        let notice = inbox["notices"].as_array().expect("notices").iter().find(|one| one["entry"]["code"] == "sign_in.done");
        let notice = notice.expect("she was told that she signed in");
        let reference = notice["reference"].as_str().expect("a reference");
        let find = |how: String, who: &SecretText| site.send(Ask::get(&format!("/api/v1/notices/copy?{how}")).bearer(who));

        let told = find(format!("reference={}", reference.to_lowercase()), &session).expect(200);
        assert_eq!((&told["reference"], &told["entry"], &told["inbox"]), (&notice["reference"], &notice["entry"], &json!(true)));
        assert_eq!(find(format!("sequence={}", notice["entry"]["sequence"]), &session).expect(200), told);
        let sent = &told["sent"][0];
        assert_eq!((&sent["carrier"], &sent["to"], &sent["fate"]), (&json!("email"), &json!("a…@example.com"), &json!("handed_over")));
        assert_eq!(sent["copy"]["subject"], "Somebody signed in from a new browser");
        assert!(!told.to_string().contains("/l/"), "{told}");

        let mut bob = site.world.customer("bob");
        let his = site.world.sign_in(&mut bob).secret;
        for how in [format!("reference={reference}"), "reference=1-AAAAA".to_owned(), "sequence=999".to_owned(), String::new()] {
            assert_eq!(find(how.clone(), &his).problem(), "404 no_such_thing -", "{how}");
        }
        // A stranger learns nothing by any of them, on the page either.
        for path in ["/api/v1/notices/copy", "/notices/copy"] {
            let ask = |how: &str| site.send(Ask::get(&format!("{path}?reference={how}")));
            let (true_one, invented) = (ask(reference), ask("1-AAAAA"));
            assert_eq!(true_one.status, invented.status);
            assert!([303, 401].contains(&true_one.status) && !true_one.text().contains(reference), "{true_one:?}");
        }
    }

    fn this_was_not_me_freezes_from_any_notice_and_by_words(world: World) {
        let site = Site::new(world);
        let (session, device) = ada(&site);
        site.world.settle();
        let words = site.send(Ask::get("/api/v1/freeze/words").bearer(&session)).expect(200);
        let link = freeze_link(&site.world.post.newest_to("ada@example.com"));
        let body = json!({ "link_secret": link.reveal() });
        let frozen = site.send(post("/api/v1/freeze/by-link", &body)).expect(200);
        assert_eq!((&frozen["frozen"], &frozen["sessions_ended"]), (&json!(true), &json!(1)));
        assert!(!site.world.signed_in(&session));
        let again = site.send(post("/api/v1/freeze/by-link", &body)).expect(200);
        assert_eq!(again["sessions_ended"], 0, "freezing what is frozen succeeds and changes nothing");

        let wrong = json!({ "email": "ada@example.com", "words": "one two three four" });
        assert_eq!(site.send(post("/api/v1/freeze/by-words", &wrong)).problem(), "401 wrong_freeze_words -");
        let right = json!({ "email": "ada@example.com", "words": words["words"] });
        site.send(post("/api/v1/freeze/by-words", &right)).expect(200);

        let known = json!({ "email": "ada@example.com", "password": PASSWORD, "device_secret": device.reveal() });
        let waiting = site.send(post("/api/v1/sign-in", &known)).expect(202);
        assert_eq!(waiting["status"], "confirm_new_device", "no browser is known after a freeze");
        let both = json!({ "link_secret": mailed(&site, "ada@example.com"), "pending_secret": waiting["pending_secret"] });
        let back = secret(&site.send(post("/api/v1/sign-in/confirm", &both)).expect(200), "session_secret");
        let here = site.send(Ask::get("/api/v1/session").bearer(&back)).expect(200);
        assert!(here["frozen_at"].is_string());
        let cases = site.send(Ask::get("/api/v1/cases").bearer(&back)).expect(200);
        assert_eq!(cases["cases"].as_array().map(Vec::len), Some(1));
        let off = json!({ "code": "sign_in.failed", "on": false });
        let loosened = site.send(post("/api/v1/notices/preferences/choose", &off).bearer(&back));
        assert_eq!(loosened.problem(), "403 account_frozen -");
    }

    fn the_freeze_button_ends_this_session_too(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let got = site.send(Ask::post("/api/v1/freeze").cookie(&session.secret).same_origin());
        got.expect(200);
        assert!(got.header("set-cookie").starts_with("__Host-session=; ") && got.header("set-cookie").contains("Max-Age=0"));
        assert!(!site.world.signed_in(&session.secret));
    }

    fn a_waiting_sign_in_is_denied_from_anywhere(world: World) {
        let site = Site::new(world);
        site.world.customer("ada");
        let given = json!({ "email": "ada@example.com", "password": PASSWORD });
        let waiting = site.send(post("/api/v1/sign-in", &given)).expect(202);
        let link = mailed(&site, "ada@example.com");
        site.send(post("/api/v1/sign-in/deny", &json!({ "link_secret": link })).from("198.51.100.1")).expect(200);
        let both = json!({ "link_secret": link, "pending_secret": waiting["pending_secret"] });
        assert_eq!(site.send(post("/api/v1/sign-in/confirm", &both)).problem(), "404 link_spent -");
    }

    fn a_taken_address_gets_the_answer_of_a_free_one(world: World) {
        let site = Site::new(world);
        site.world.customer("ada");
        let open = |email: &str| {
            let answer = site.send(post("/api/v1/sign-up", &json!({ "email": email, "password": NEW_PASSWORD }))).expect(202);
            let fields: Vec<String> = answer.as_object().expect("an object").keys().cloned().collect();
            (answer["status"].clone(), fields, answer["pending_secret"].as_str().map(str::len))
        };
        assert_eq!(open("ada@example.com"), open("new@example.com"));
        site.world.settle();
        assert!(site.world.post.newest_to("ada@example.com").subject.contains("Somebody tried"));
    }

    fn guessing_is_told_when_to_try_again(world: World) {
        let site = Site::new(world);
        site.world.customer("ada");
        let wrong = json!({ "email": "ada@example.com", "password": "not the password at all" });
        let answers: Vec<String> = (0..8).map(|_| site.send(post("/api/v1/sign-in", &wrong)).problem()).collect();
        assert_eq!(answers.first().map(String::as_str), Some("401 wrong_email_or_password -"));
        assert_eq!(answers.last().map(String::as_str), Some("429 too_many_tries -"));
        let got = site.send(post("/api/v1/sign-in", &wrong));
        let seconds: u64 = got.header("retry-after").parse().expect("seconds");
        assert!((1..=900).contains(&seconds), "{seconds}");
        assert_eq!(got.json()["retry_after_seconds"], seconds);
    }

    fn help_and_health_need_nobody(world: World) {
        let site = Site::new(world);
        let help = site.send(Ask::get("/api/v1/help")).expect(200);
        assert!(help["advice"].as_array().is_some_and(|advice| advice.len() >= 8));
        assert_eq!(site.send(Ask::get("/healthz")).text(), "ok\n");
        assert_eq!(site.send(Ask::get("/readyz")).text(), "ready\n");
        site.web.close();
        assert_eq!(site.send(Ask::get("/readyz")).status, 503);
        assert_eq!(site.send(Ask::get("/healthz")).status, 200);
        let document = site.send(Ask::get("/api/v1/openapi.json")).expect(200);
        assert_eq!(document["openapi"], "3.1.0");
    }
}
