//! Other sites, forged addresses, and two identities in one request.

use serde_json::json;
use testkit::{PASSWORD, both};
use web::SiteSettings;
use web::routes::{Side, doors};

use super::client::{Ask, Site};

both! {
    fn another_site_cannot_act_with_a_visitors_cookies(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        let logged = site.logged(session.account);
        let mut walked = 0;
        for door in doors().iter().copied().filter(|door| door.method == "POST" && matches!(door.side, Side::Page | Side::Api)) {
            let ask = Ask::post(door.path).cookie(&session.secret).json(&json!({}));
            for forged in [
                ask.clone(),
                ask.clone().header("sec-fetch-site", "cross-site"),
                ask.clone().header("sec-fetch-site", "same-site"),
                ask.clone().header("origin", "https://evil.example"),
                ask.clone().header("origin", "null"),
                ask.clone().header("sec-fetch-site", "cross-site").header("origin", site.web.origin()),
            ] {
                assert_eq!(site.send(forged).status, 403, "{}", door.path);
                walked += 1;
            }
        }
        assert!(walked > 60, "only {walked} requests were tried");
        assert_eq!(site.logged(session.account), logged);
        assert!(site.world.signed_in(&session.secret));
        let honest = Ask::post("/api/v1/sign-out").cookie(&session.secret).same_origin();
        assert_eq!(site.send(honest).status, 200);
        assert!(!site.world.signed_in(&session.secret));
    }

    fn a_bearer_secret_needs_no_origin_and_silences_every_cookie(world: World) {
        let site = Site::new(world);
        let (mut ada, mut bob) = (site.world.customer("ada"), site.world.customer("bob"));
        let (hers, his) = (site.world.sign_in(&mut ada), site.world.sign_in(&mut bob));
        let both = Ask::get("/api/v1/session").bearer(&his.secret).cookie(&hers.secret);
        assert_eq!(site.send(both).expect(200)["email"], bob.email);
        let wrong = Ask::get("/api/v1/session").header("authorization", "Bearer nonsense").cookie(&hers.secret);
        assert_eq!(site.send(wrong).problem(), "401 not_signed_in -");
        let empty = Ask::get("/api/v1/session").header("authorization", "Bearer ").cookie(&hers.secret);
        assert_eq!(site.send(empty).problem(), "401 not_signed_in -");
        let out = Ask::post("/api/v1/sign-out").bearer(&his.secret).cookie(&hers.secret);
        assert_eq!(site.send(out).status, 200);
        assert!(site.world.signed_in(&hers.secret) && !site.world.signed_in(&his.secret));
    }

    fn a_forged_forwarded_address_is_not_believed(world: World) {
        let site = Site::new(world);
        site.world.customer("ada");
        let wrong = json!({ "email": "ada@example.com", "password": "not the password at all" });
        let ask = Ask::post("/api/v1/sign-in").json(&wrong).from("198.51.100.4").header("x-forwarded-for", "192.0.2.200");
        assert_eq!(site.send(ask).problem(), "401 wrong_email_or_password -");
        assert_eq!(newest_ip(&site), "198.51.100.4");
    }

    fn our_own_proxy_is_believed_about_its_own_client_only(world: World) {
        let trusted_proxies = vec!["10.0.0.0/8".parse().expect("a range")];
        let site = Site::with_settings(world, SiteSettings { trusted_proxies, ..SiteSettings::default() });
        site.world.customer("ada");
        let wrong = json!({ "email": "ada@example.com", "password": "not the password at all" });
        let ask = Ask::post("/api/v1/sign-in").json(&wrong);
        site.send(ask.clone().from("10.1.2.3").header("x-forwarded-for", "6.6.6.6, 2001:db8::7"));
        assert_eq!(newest_ip(&site), "2001:db8::7");
        site.send(ask.from("198.51.100.4").header("x-forwarded-for", "192.0.2.200"));
        assert_eq!(newest_ip(&site), "198.51.100.4");
    }
}

/// The address in the newest entry of ada's log.
fn newest_ip(site: &Site) -> String {
    let mut ada = testkit::Person::new("ada");
    PASSWORD.clone_into(&mut ada.password);
    let session = site.world.sign_in(&mut ada);
    let page = site.send(Ask::get("/api/v1/activity").bearer(&session.secret)).expect(200);
    let entries = page["entries"].as_array().expect("entries");
    let failed = entries.iter().find(|entry| entry["code"] == "sign_in.failed").expect("a failed attempt");
    failed["from"]["ip"].as_str().expect("an address").to_owned()
}
