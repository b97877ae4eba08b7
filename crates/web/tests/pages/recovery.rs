//! People who cannot get in, and people who should not.

use testkit::{PASSWORD, both};

use super::browser::Site;

const ADA: &str = "ada@example.com";
const NEW: &str = "a fresh set of words 58 willow";

both! {
    fn who_forgot_the_password_is_led_to_a_new_one(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        ada.get("/sign-in").has("Trouble signing in?");
        ada.get("/recover").has("I forgot my password");
        ada.post("/forgot", &[("email", ADA)]).has("Check your mail").has("within 30 minutes");
        let link = site.mailed_button(ADA);
        ada.get(&link).has("Until you send this form, nothing changes.").lacks("recovery code").lacks("I lost them all");
        let form = format!("{link}/password");
        let poor = ada.post(&form, &[("password", "short")]);
        assert_eq!(poor.status, 422);
        poor.has("This password is not strong enough yet.");
        ada.post(&format!("{form}/check"), &[("password", NEW)]).has("Very good");
        ada.submit(&form, &[("password", NEW)]).has("Your new password works now.");
        assert!(ada.get("/home").sent_to.starts_with("/sign-in"), "every session ended");
        assert_eq!(ada.post(&form, &[("password", NEW)]).status, 404);
        assert_eq!(ada.post("/sign-in", &[("email", ADA), ("password", PASSWORD)]).status, 403);
        ada.sign_in(ADA, NEW).has("This sign-in");
        ada.get("/settings/security").has("Your password was reset").has("It ended because the password was reset.");
        ada.get("/settings/timers").has("The password was reset.");
    }

    fn a_stranger_learns_nothing_from_asking_for_a_new_password_and_gains_nothing_from_the_link(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        let mut thief = site.other_browser();
        let (known, unknown) = (thief.post("/forgot", &[("email", ADA)]), thief.post("/forgot", &[("email", "ada@example.org")]));
        assert_eq!(known.status, unknown.status);
        assert_eq!(known.words(), unknown.words().replace("ada@example.org", ADA));
        ada.post("/forgot", &[("email", ADA)]);
        let link = site.mailed_button(ADA);
        thief.get(&link).has("This is another browser than the one that asked.").lacks("Set my new password");
        for fields in [&[("password", NEW)][..], &[("password", NEW), ("code", "123456")]] {
            assert_eq!(thief.post(&format!("{link}/password"), fields).status, 403);
        }
        assert_eq!(thief.post(&link, &[("answer", "lost")]).status, 403);
        assert_eq!(thief.post(&link, &[("answer", "freeze")]).status, 422, "the page offers no such answer");
        // The owner's own way still works.
        assert_eq!(ada.get(&link).status, 200);
        ada.submit(&format!("{link}/password"), &[("password", NEW)]).has("Your new password works now.");
    }

    fn without_a_second_proof_there_is_none_to_lose(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.post("/forgot", &[("email", ADA)]);
        let link = site.mailed_button(ADA);
        assert_eq!(ada.post(&link, &[("answer", "lost")]).status, 404);
        ada.post(&link, &[("answer", "keep")]).has("Nothing was changed");
    }
}
