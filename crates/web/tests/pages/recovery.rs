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
        poor.has("This password cannot be used.");
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

    fn an_address_is_changed_with_a_proof_and_two_mailboxes_and_undone_from_the_old_one(world: World) {
        let site = Site::new(world);
        let (mut ada, mut phone) = (site.browser(), site.other_browser());
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        let same = ada.post("/settings/email", &[("email", "ADA@example.com")]);
        same.has("This is the address of your account already.");
        assert_eq!(ada.post("/settings/email", &[("email", "not one")]).status, 422);
        let approval = ada.post("/settings/email", &[("email", "ada@new.example")]).sent_to;
        ada.get(&approval).has("The new address is ada@new.example.");
        ada.post(&approval, &[("method", "password"), ("password", "not this one")]).has("Your present password is not right.");
        ada.get("/settings/security").has("Somebody who is signed in gave a wrong password to confirm: changing your e-mail address.");
        ada.post(&approval, &[("method", "password"), ("password", PASSWORD)]).has("Now open the letter in your new mailbox");
        let stopped = site.mailed_button("ada@new.example");
        // While it waits it is seen, and can be stopped; then its link confirms nothing.
        ada.get("/settings/email").has("A change waits for its new mailbox").has("To ada@new.example , asked for on");
        ada.submit("/settings/email/stop", &[]).has("It is stopped, and your address stays as it is.").lacks("A change waits");
        assert_eq!(ada.get(&stopped).status, 404);
        assert_eq!(ada.post(&stopped, &[("answer", "mine")]).status, 404);
        let approval = ada.post("/settings/email", &[("email", "ada@new.example")]).sent_to;
        ada.post(&approval, &[("method", "password"), ("password", PASSWORD)]).has("Now open the letter in your new mailbox");
        let link = site.mailed_button("ada@new.example");
        phone.get(&link).has("This is another browser than the one that asked.").lacks("Send my answer");
        assert_eq!(phone.post(&link, &[("answer", "mine")]).status, 403);
        ada.get(&link).has("Is this your new address?");
        ada.submit(&link, &[("answer", "mine")]).has("Your new address is confirmed.");
        ada.get("/settings/email").has("It is ada@new.example");
        // From the old mailbox, anywhere, without signing in.
        let undo = site.mailed_button(ADA);
        phone.get(&undo).has("Was this you?").has("ada@new.example");
        assert_eq!(phone.post(&undo, &[]).status, 422);
        phone.post(&undo, &[("answer", "mine")]).has("Nothing was changed");
        // The brake of the same letter offers the undo first, and again once it froze.
        let brake = site.mailed_brake(ADA);
        phone.get(&brake).has("Undo it and freeze my account").has("Only freeze my account");
        let frozen = phone.post(&brake, &[("answer", "freeze")]);
        frozen.has("Your account is frozen").has("Your account is at ada@new.example now");
        assert!(frozen.html.contains(&format!("href=\"{brake}\"")), "{}", frozen.html);
        phone.get(&brake).has("Undo it and freeze my account").lacks("Only freeze my account");
        phone.post(&brake, &[("answer", "undo")]).has("Your address is back, and your account is frozen");
        assert!(ada.get("/home").sent_to.starts_with("/sign-in"));
        assert_eq!(phone.post(&undo, &[("answer", "undo")]).status, 404);
        phone.get(&brake).has("This account is frozen.");
        // The way out of the freeze, which is told and can be stopped.
        ada.sign_in(ADA, PASSWORD).has("Unfreeze my account");
        ada.get("/settings/thaw").has("With what I have now: 7 days").lacks("With two things I had three days before the freeze");
        ada.get("/settings/email").has("its address stays as it is").lacks("New e-mail address");
        let approval = ada.post("/settings/thaw", &[("way", "one")]).sent_to;
        ada.submit(&approval, &[("method", "password"), ("password", PASSWORD)]).has("Unfreezing your account");
        site.world.settle();
        ada.get("/home").has("You asked for this: unfreezing your account");
        ada.get("/settings/thaw").has("Unfreezing has been asked for").has("This wasn’t me. Stop it");
        assert_eq!(ada.post("/settings/thaw", &[]).status, 422);
    }

    fn a_freeze_says_on_every_page_how_it_ends_and_offers_no_way_that_leads_nowhere(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        ada.get("/settings/freeze").has("unfreezing takes 24 hours");
        ada.post("/settings/freeze", &[("answer", "freeze")]).has("choose Unfreeze my account . It takes 24 hours").has("7 days without");
        ada.get("/help").has("To end it, sign in and choose Unfreeze my account : it takes 24 hours");
        ada.sign_in(ADA, PASSWORD).has("Your account is frozen");
        assert!(ada.get("/notices").html.contains("href=\"/settings/thaw\""), "the banner leads to the way out");
        // Without a second factor there are no two things, so the way of a day is not there.
        ada.get("/settings/thaw").has("You have no two of them that were old enough").lacks("With two things I had three days before the freeze");
        let refused = ada.post("/settings/thaw", &[("way", "two")]);
        assert_eq!(refused.status, 422);
        refused.has("this way would lead nowhere. Choose the other one: 7 days.");
        // A letter to a frozen account does not ask for a freeze.
        site.other_browser().post("/sign-in", &[("email", ADA), ("password", PASSWORD)]);
        site.world.settle();
        let letter = site.world.post.newest_to(ADA);
        assert_eq!(letter.subject, "A new browser asked to sign in");
        let said = letter.paragraphs.join(" ");
        assert!(said.contains("Your account is frozen") && !said.contains("freeze your account"), "{said}");
        assert!(letter.freeze_url.is_some(), "the brake stays in the letter, for the time after the thaw");
    }

    fn a_mailbox_that_an_undo_removed_keeps_the_account_frozen_from_its_letter(world: World) {
        let site = Site::new(world);
        let (mut ada, mut thief) = (site.browser(), site.other_browser());
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        let approval = ada.post("/settings/email", &[("email", "ada@new.example")]).sent_to;
        ada.post(&approval, &[("method", "password"), ("password", PASSWORD)]);
        let confirm = site.mailed_button("ada@new.example");
        ada.submit(&confirm, &[("answer", "mine")]);
        // Somebody reads the mailbox she moved away from, moves the account back and unfreezes it.
        let undo = site.mailed_button(ADA);
        thief.post(&undo, &[("answer", "undo")]);
        thief.post("/forgot", &[("email", ADA)]);
        let link = site.mailed_button(ADA);
        thief.submit(&format!("{link}/password"), &[("password", NEW)]);
        thief.sign_in(ADA, NEW);
        let approval = thief.post("/settings/thaw", &[("way", "one")]).sent_to;
        thief.submit(&approval, &[("method", "password"), ("password", NEW)]);
        thief.get("/settings/thaw").has("Unfreezing has been asked for");
        let brake = site.mailed_brake("ada@new.example");
        ada.get(&brake).has("This account is frozen, and unfreezing it was asked for").has("Chrome 143 on Linux").has("Keep my account frozen");
        assert_eq!(ada.post(&brake, &[]).status, 422);
        ada.post(&brake, &[("answer", "freeze")]).has("It was frozen before.");
        thief.get("/settings/thaw").lacks("Unfreezing has been asked for");
        ada.get(&brake).has("there is nothing more to freeze.");
    }
}
