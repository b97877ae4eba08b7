//! The way through: opening, signing in, being told, stopping.

use axum::http::Method;
use testkit::{PASSWORD, both};

use super::browser::Site;

const ADA: &str = "ada@example.com";

both! {
    fn someone_opens_an_account_signs_in_is_told_and_stops_a_thief(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.get("/").has("Your account, under your own eyes");
        ada.submit("/sign-up", &[("email", ADA), ("password", PASSWORD)]).has("We have written to ada@example.com");
        let link = site.mailed_button(ADA);
        site.other_browser().get(&link).has("This is another browser").lacks("Send my answer");
        ada.get(&link).has("Is this account yours?").has("Hamburg, Germany");
        ada.submit(&link, &[("answer", "mine")]).has("Your address is confirmed, and this browser is known from now on.");
        ada.submit("/sign-in", &[("email", ADA), ("password", PASSWORD)]).has("Nothing unusual happened").has("Only this one is signed in.");

        // Another browser of hers waits for the mailbox.
        let mut laptop = site.browser();
        laptop.post("/sign-in", &[("email", ADA), ("password", PASSWORD)]).has("Now open the link we sent you");
        assert!(laptop.get("/home").sent_to.starts_with("/sign-in"), "half signed in is not signed in");
        let link = site.mailed_button(ADA);
        laptop.get(&link).has("Yes, sign me in").has("Firefox 145 on Windows").has("203.0.113.24");
        laptop.submit(&link, &[("answer", "sign-in")]).has("Nothing unusual happened").has("2 devices are signed in.");
        laptop.get("/settings/security").has("Somebody signed in from a new browser This session").has("22 Nov 2026, 12:00:");
        laptop.post("/sign-out", &[]);

        // A thief with the password gets no further than waiting.
        let mut thief = site.other_browser();
        thief.post("/sign-in", &[("email", ADA), ("password", PASSWORD)]).has("Now open the link we sent you");
        assert!(thief.get("/home").sent_to.starts_with("/sign-in"));
        let link = site.mailed_button(ADA);
        let brake = site.mailed_brake(ADA);
        ada.get(&link).has("The sign-in waits in another browser").has("Chrome 143 on Linux").lacks("Yes, sign me in");
        let refused = ada.post(&link, &[("answer", "sign-in")]);
        assert_eq!(refused.status, 403, "{}", refused.words());

        // From any browser, without signing in.
        let mut phone = site.other_browser();
        phone.get(&brake).has("Was this you?").has("A new browser asked to sign in").has("198.51.100.66");
        phone.post(&brake, &[("answer", "freeze")]).has("Your account is frozen").has("One session was ended.").has("Your case C-");
        assert!(ada.get("/home").sent_to.starts_with("/sign-in"));
        assert_eq!(thief.post(&link, &[("answer", "sign-in")]).status, 404);

        // Frozen: signing in and reading work, and every page says so.
        ada.sign_in(ADA, PASSWORD).has("Your account is frozen");
        for page in ["/settings/security", "/settings/security/sessions", "/notices", "/help", "/settings/freeze"] {
            let shown = ada.get(page);
            assert!(shown.html.contains("<strong>Your account is frozen</strong> since"), "{page}: {}", shown.html);
        }
        phone.get(&brake).has("there is nothing more to freeze.").has("end every other session");
    }

    fn a_known_browser_abroad_is_told_why_it_waits_and_then_is_in(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD).has("Nothing unusual happened");
        ada.post("/sign-out", &[]);
        ada.travel();
        let waiting = ada.post("/sign-in", &[("email", ADA), ("password", PASSWORD)]);
        waiting.has("Now open the link we sent you").has("You are asking from Lisbon, Portugal, a country from which nobody has signed in to this account lately.");
        waiting.lacks("We do not know this browser").lacks("Hamburg");
        assert!(ada.get("/home").sent_to.starts_with("/sign-in"), "half signed in is not signed in");
        let link = site.mailed_button(ADA);
        ada.get(&link).has("It is a browser of yours, but the place is unusual.").has("nobody has signed in to this account before").has("This place is remembered as yours.");
        site.other_browser().get(&link).has("The sign-in waits in another browser").lacks("Yes, sign me in");
        ada.submit(&link, &[("answer", "sign-in")]).has("Nothing unusual happened").has("Only this one is signed in.");
        ada.get("/settings/security").has("Somebody signed in from an unusual place").has("Somebody asked to sign in from an unusual place");
        let browsers = ada.get("/settings/devices");
        browsers.has("Signed in from Lisbon, Portugal , last").has("Hamburg, Germany , last").has("Passkeys on it None that we have seen here.");
        ada.post("/sign-out", &[]);
        ada.sign_in(ADA, PASSWORD).has("Please look at one thing").has("Somebody signed in from an unusual place");
    }

    fn opening_a_link_changes_nothing_however_often_and_by_whatever_program(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        let mut thief = site.other_browser();
        thief.post("/sign-in", &[("email", ADA), ("password", PASSWORD)]);
        let links = [site.mailed_button(ADA), site.mailed_brake(ADA)];
        let before = ada.get("/settings/security").words();
        for link in &links {
            for method in [Method::GET, Method::HEAD, Method::GET] {
                assert_eq!(site.other_browser().send(&method, link, &[], &[]).status, 200);
            }
            // Neither does sending the form without an answer, or with one that the page does not offer.
            for fields in [&[][..], &[("answer", "")], &[("answer", "yes")], &[("answer", "freeze"), ("answer", "freeze")]] {
                let asked_again = site.other_browser().post(link, fields);
                assert_eq!(asked_again.status, 422);
                asked_again.has("Please choose one answer. Nothing was changed.");
            }
        }
        assert_eq!(ada.get("/settings/security").words(), before);
    }

    fn refusing_a_sign_in_keeps_them_out_and_says_what_to_do(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        let mut thief = site.other_browser();
        thief.post("/sign-in", &[("email", ADA), ("password", PASSWORD)]);
        let link = site.mailed_button(ADA);
        ada.post(&link, &[("answer", "refuse")]).has("Refused: they did not get in").has("Change my password");
        assert_eq!(thief.post(&link, &[("answer", "sign-in")]).status, 404);
        ada.get(&link).has("You refused this sign-in.").lacks("No, refuse this sign-in").has("No, and freeze my account");
    }

    fn a_link_that_is_spent_or_invented_says_so(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        let shown = ada.get(&format!("/l/{}", "A".repeat(64)));
        assert_eq!(shown.status, 404);
        shown.has("This link does not work any more").has("Stop my account");
        ada.submit("/sign-up", &[("email", ADA), ("password", PASSWORD)]);
        let link = site.mailed_button(ADA);
        ada.submit(&link, &[("answer", "mine")]);
        ada.get(&link).has("This link does not work any more");
    }

    fn freeze_words_stop_the_account_from_anywhere(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        let page = ada.get("/settings/freeze-words");
        let words: Vec<&str> = page.html.split("<li>").skip(1).filter_map(|item| item.split("</li>").next()).filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-')).collect();
        assert_eq!(words.len(), 4, "{words:?}");
        let mut phone = site.other_browser();
        let wrong = phone.post("/stop", &[("email", ADA), ("words", "not these four words")]);
        assert_eq!(wrong.status, 403);
        assert!(wrong.html.contains("value=\"ada@example.com\"") && !wrong.html.contains("not these four"), "{}", wrong.html);
        wrong.has("The e-mail address or the freeze words are not right.");
        phone.post("/stop", &[("email", ADA), ("words", &words.join(" "))]).has("Your account is frozen").has("One session was ended.").has("Its number stands under Notices once you sign in");
        assert!(ada.get("/home").sent_to.starts_with("/sign-in"));
    }

    fn freezing_from_settings_takes_an_answer(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        ada.get("/settings/freeze").has("Freeze the account now?");
        let unanswered = ada.post("/settings/freeze", &[]);
        assert_eq!(unanswered.status, 422);
        unanswered.has("Please choose one answer.");
        ada.submit("/settings/freeze", &[("answer", "keep")]).has("Nothing unusual happened").has("Your password alone opens your account.").has("Check-up:").lacks("looks safe");
        ada.post("/settings/freeze", &[("answer", "freeze")]).has("Your account is frozen").has("Your case C-");
        assert!(ada.get("/home").sent_to.starts_with("/sign-in"));
    }
}
