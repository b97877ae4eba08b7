//! The check-up and "Would you get back in?", as people read them.

use testkit::authenticator::Passkey;
use testkit::{PASSWORD, both};

use super::browser::Site;
use super::reset::with_passkey;
use super::second_factors::add_app;

const ADA: &str = "ada@example.com";

both! {
    fn a_passkey_is_lost_with_the_phone_or_the_computer_unless_it_is_elsewhere(world: World) {
        let site = Site::new(world);
        let mut ada = with_passkey(&site, ADA, &mut Passkey::synced(7));
        let mut back_in = |lost: &str| ada.get(&format!("/settings/checkup/back-in?{lost}"));
        for lost in ["phone=true", "browsers=true", "phone=true&browsers=true"] {
            back_in(lost).has("Yes, after 7 days").lacks("Sign in with your passkey");
            back_in(&format!("{lost}&passkeys_elsewhere=true")).has("Yes, at once").has("Sign in with your passkey.");
        }
        back_in("password=true&mailbox=true").has("Yes, at once").has("Sign in with your passkey.");
    }

    fn what_sleeps_after_a_freeze_is_marked_and_is_no_way_back_in(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        add_app(&site, &mut ada);
        ada.get("/settings/checkup").has("Signing in asks for your authenticator app.").lacks("sleeps");
        ada.get("/settings/checkup/back-in?password=true").has("Type the code from your authenticator app.").lacks("does not count");
        ada.post("/settings/freeze", &[("answer", "freeze")]).has("Your account is frozen");
        ada.sign_in(ADA, PASSWORD).has("Your account is frozen");
        ada.get("/settings/checkup").has("or since, and sleeps until your account is unfrozen. It opens and proves nothing");
        ada.get("/home").has("sleeps until your account is unfrozen");
        let back_in = ada.get("/settings/checkup/back-in?password=true");
        back_in.has("This does not count here").has("sleeps until your account is unfrozen. It opens").lacks("Type the code");
        // Once it is known when, the day stands there.
        let approval = ada.post("/settings/thaw", &[("way", "one")]).sent_to;
        ada.submit(&approval, &[("method", "password"), ("password", PASSWORD)]);
        site.world.settle();
        ada.get("/settings/checkup").has("sleeps until your account is unfrozen on 29 November 2026, 12:0");
        ada.get("/settings/checkup/back-in").has("sleeps until your account is unfrozen on 29");
    }

    fn what_a_customer_says_is_kept_and_taken_back(world: World) {
        let site = Site::new(world);
        let mut ada = site.browser();
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        ada.get("/settings/checkup").has("You use this address for nothing else. Is that so?").lacks("Not so any more");
        ada.submit("/settings/checkup/say", &[("line", "own_mailbox")]).has("You said so on 22 November 2026.").has("Not so any more");
        ada.submit("/settings/checkup/unsay", &[("line", "own_mailbox")]).has("We no longer count on it.").has("Is that so?");
        ada.get("/settings/security").has("You took back an answer of the security check-up");
        // Freeze words stand there too, and are kept once that is said beside them.
        ada.get("/settings/checkup").has("Freeze words within reach").has("You have not said that you kept them.");
        ada.get("/settings/freeze-words").has("I have kept them");
        ada.submit("/settings/checkup/say", &[("line", "freeze_words")]).has("that you keep your four words.");
        ada.submit("/settings/freeze-words", &[]);
        ada.get("/settings/checkup").lacks("that you keep your four words.");
    }
}
