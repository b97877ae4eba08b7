//! Forms that cannot be done come back with what was typed and with the reason.

use axum::http::Method;
use testkit::{PASSWORD, both};

use super::browser::{Shown, Site};

const ADA: &str = "ada@example.com";

#[track_caller]
fn comes_back(shown: &Shown, status: u16, email: &str, secret: &str, reason: &str) {
    assert_eq!(shown.status, status, "{}", shown.words());
    assert!(shown.html.contains(&format!("value=\"{email}\"")), "the address is gone: {}", shown.html);
    assert!(shown.html.contains("<title>Problem: "), "the title hides the problem: {}", shown.html);
    assert!(!shown.html.contains(secret), "the password is shown: {}", shown.html);
    shown.has(reason);
}

both! {
    fn a_form_comes_back_with_the_address_and_never_the_password(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        let sign_up = |email: &str, password: &str| site.browser().post("/sign-up", &[("email", email), ("password", password)]);
        comes_back(&sign_up("ada", PASSWORD), 422, "ada", PASSWORD, "This does not look like an e-mail address.");
        comes_back(&sign_up(ADA, "hunter2"), 422, ADA, "hunter2", "Use at least 15 characters.");
        comes_back(&sign_up(ADA, "ada@example.com2"), 422, ADA, "ada@example.com2", "It is too much like your e-mail address.");
        let stolen = "correct horse battery staple";
        comes_back(&sign_up(ADA, stolen), 422, ADA, stolen, "This password is in lists that thieves use.");
        let long = "x".repeat(1100);
        comes_back(&sign_up(ADA, &long), 422, ADA, &long, "at most 1024 characters");
        ada.open_account(ADA, PASSWORD);
        let sign_in = |email: &str, password: &str| site.browser().post("/sign-in", &[("email", email), ("password", password)]);
        let wrong = sign_in(ADA, "quite another password");
        comes_back(&wrong, 403, ADA, "quite another password", "The e-mail address or the password is not right.");
        let unknown = sign_in("bob@example.com", "quite another password");
        assert_eq!(wrong.html.replace(ADA, "?"), unknown.html.replace("bob@example.com", "?"));
    }

    fn a_taken_address_reads_like_a_free_one(world: World) {
        let site = Site::new(world);
        site.browser().open_account(ADA, PASSWORD);
        let open = |email: &str| site.browser().post("/sign-up", &[("email", email), ("password", "another long password 77 fern")]);
        let (taken, free) = (open(ADA), open("bob@example.com"));
        assert_eq!(taken.status, free.status);
        assert_eq!(taken.html.replace(ADA, "?"), free.html.replace("bob@example.com", "?"));
    }

    fn what_is_typed_cannot_become_part_of_the_page(world: World) {
        let site = Site::new(world);
        let evil = "\"><script>alert(1)</script>";
        let shown = site.browser().post("/sign-in", &[("email", evil), ("password", "x")]);
        assert!(!shown.html.contains("<script>alert"), "{}", shown.html);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        let named = "<b>Firefox</b>";
        let mut odd = site.other_browser();
        odd.send(&Method::POST, "/sign-in", &[("email", ADA), ("password", PASSWORD)], &[("user-agent", named)]);
        let log = ada.get("/settings/security");
        assert!(!log.html.contains(named), "{}", log.html);
    }

    fn too_many_tries_say_when_the_next_counts(world: World) {
        let site = Site::new(world);
        let mut stranger = site.browser();
        let mut last = stranger.post("/sign-in", &[("email", ADA), ("password", "wrong")]);
        for _ in 0..6 {
            last = stranger.post("/sign-in", &[("email", ADA), ("password", "wrong")]);
        }
        assert_eq!(last.status, 429);
        last.has("There were too many tries.").has("The next try counts from 22");
    }

    fn the_strength_of_a_password_is_told_with_and_without_script(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        let fields = |password| [("email", ADA), ("password", password)];
        ada.post("/sign-up/check", &fields("hunter2")).has("Not good enough yet").has("Use at least 15 characters.");
        ada.post("/sign-up/check", &fields(PASSWORD)).has("Very good");
        let accept = [("accept", "application/json")];
        let told = ada.send(&Method::POST, "/sign-up/check", &fields("hunter2"), &accept);
        let told: serde_json::Value = serde_json::from_str(&told.html).unwrap();
        assert_eq!((told["good_enough"].as_bool(), told["verdict"].as_str()), (Some(false), Some("Not good enough yet")));
    }

    fn signing_in_leads_to_the_page_that_was_asked_for(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        ada.submit("/sign-out", &[]).has("You are signed out.");
        assert_eq!(ada.get("/notices").sent_to, "/sign-in?next=/notices");
        assert!(ada.visit("/notices").html.contains("name=\"next\" value=\"/notices\""));
        let given = [("email", ADA), ("password", PASSWORD), ("next", "/notices")];
        assert_eq!(ada.post("/sign-in", &given).sent_to, "/notices");
        let elsewhere = [("email", ADA), ("password", PASSWORD), ("next", "https://evil.example/")];
        assert_eq!(ada.post("/sign-in", &elsewhere).sent_to, "/home");
    }

    fn a_page_that_is_not_there_says_so_in_the_frame_of_whoever_asks(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        let shown = ada.get("/no-such-page");
        assert_eq!(shown.status, 404);
        assert!(shown.has("There is nothing here").html.contains("href=\"/sign-in\""));
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        assert!(ada.get("/no-such-page").html.contains("action=\"/sign-out\""));
        assert_eq!(ada.get("/").sent_to, "/home");
    }
}
