//! Asking for what is sensitive: when it takes effect, what locked settings refuse, and the same form sent again.

use testkit::authenticator::{self, Passkey};
use testkit::{PASSWORD, both, code_in};

use super::browser::{Browser, Shown, Site};
use super::reset::{question, with_passkey};
use super::second_factors::{add_app, code};

const ADA: &str = "ada@example.com";
const PHONE: &str = "+41791234567";

fn customer(site: &Site) -> Browser<'_> {
    let mut ada = site.browser();
    ada.open_account(ADA, PASSWORD);
    ada.sign_in(ADA, PASSWORD);
    ada
}

/// Confirms by the password what a form asked for.
fn confirm(browser: &mut Browser<'_>, asked: &Shown) -> Shown {
    assert!(asked.sent_to.starts_with("/approve/"), "{asked:?}");
    browser.post(&asked.sent_to, &[("method", "password"), ("password", PASSWORD)])
}

fn add_phone(site: &Site, browser: &mut Browser<'_>) {
    browser.submit("/settings/phone", &[("number", PHONE)]).has("Type the code");
    site.world.settle();
    let code = code_in(&site.world.post.newest_text_to(PHONE));
    browser.submit("/settings/phone/confirm", &[("code", &code)]).has("Your phone is confirmed.");
}

both! {
    fn what_is_asked_for_says_when_it_takes_effect(world: World) {
        let site = Site::new(world);
        let mut ada = customer(&site);
        let mut asks = |path: &str, fields: &[(&str, &str)]| {
            let asked = ada.post(path, fields).sent_to;
            ada.get(&asked)
        };
        asks("/settings/factors/app", &[]).has("once you typed a code from the app").lacks("at once");
        asks("/settings/passkeys/add", &[]).has("once your browser has made the passkey").lacks("at once");
        asks("/settings/email", &[("email", "ada@new.example")]).has("once you open the link").lacks("at once");
        asks("/settings/factors/codes", &[]).has("It takes effect at once.");
    }

    fn a_removal_after_something_unusual_names_the_day_before_which_it_does_not_happen(world: World) {
        let site = Site::new(world);
        let mut ada = customer(&site);
        add_phone(&site, &mut ada);
        let key = add_app(&site, &mut ada);
        let asked = ada.post("/settings/phone/remove", &[]);
        // What the removal of a phone says is about a removal, before and after.
        ada.get(&asked.sent_to).has("removing your phone").has("No SMS of ours goes to it any more.").lacks("new number");
        ada.post(&asked.sent_to, &[("method", "app"), ("code", &code(&site, &key))]).has("No SMS of ours goes to it any more.");
        ada.get("/settings/phone").has("Add a phone").lacks("ends in");
        site.world.settle();
        ada.get("/settings/timers").has("The phone was changed or removed.");
        let page = ada.get("/settings/factors").html;
        let factor = page.split_once("name=\"factor\" value=\"").expect("a button").1.split_once('"').expect("its end").0.to_owned();
        let asked = ada.post("/settings/factors/remove", &[("factor", &factor)]);
        ada.get(&asked.sent_to).has("not before 24 hours after you confirm and not before 25").has("because something unusual happened");
    }

    fn locked_settings_show_the_way_to_unlock_in_place_of_what_would_be_refused(world: World) {
        let site = Site::new(world);
        let mut key = Passkey::security_key(7);
        let mut ada = with_passkey(&site, ADA, &mut key);
        add_phone(&site, &mut ada);
        let mut by_passkey = |ada: &mut Browser<'_>, asked: &Shown| {
            let asked_for = question(ada, &format!("{}/passkey", asked.sent_to));
            let answer = key.answer(&asked_for, &authenticator::Browser::default());
            ada.post(&asked.sent_to, &[("method", "passkey"), ("assertion", &answer)])
        };
        let asked = ada.post("/settings/factors/codes", &[]);
        by_passkey(&mut ada, &asked).has("Your recovery codes");
        for (page, form, note) in [
            ("/settings/email", "New e-mail address", "Your settings are locked, so your address stays as it is."),
            ("/settings/phone", "Remove this phone", "Your settings are locked, so your phone stays as it is."),
            ("/settings/phone", "Another phone instead", "Your settings are locked"),
            ("/settings/passkeys", "Remove", "Your settings are locked, so no passkey can be removed."),
            ("/settings/factors", "Remove", "Your settings are locked, so nothing here can be removed."),
        ] {
            ada.get(page).has(form).lacks(note);
        }
        let asked = ada.post("/settings/lock", &[("days", "3")]);
        by_passkey(&mut ada, &asked).has("Done");
        for (page, form, note) in [
            ("/settings/email", "New e-mail address", "Your settings are locked, so your address stays as it is."),
            ("/settings/phone", "Remove this phone", "Your settings are locked, so your phone stays as it is."),
            ("/settings/phone", "Another phone instead", "Your settings are locked"),
            ("/settings/passkeys", " Remove ", "Your settings are locked, so no passkey can be removed."),
            ("/settings/factors", " Remove ", "Your settings are locked, so nothing here can be removed."),
        ] {
            let shown = ada.get(page);
            shown.has(note).lacks(form);
            assert!(shown.html.contains("href=\"/settings/timers#lock\""), "{page}");
        }
        ada.get("/settings/timers").has("Ask to unlock");
    }

    fn a_form_that_is_sent_again_after_back_says_that_the_first_was_done(world: World) {
        let site = Site::new(world);
        let mut ada = customer(&site);
        let asked = ada.post("/settings/factors/codes", &[]);
        confirm(&mut ada, &asked).has("Your recovery codes");
        let again = confirm(&mut ada, &asked);
        assert_eq!(again.status, 404);
        again.has("You have confirmed this already").has("Sending it again changes nothing.").lacks("Nothing was changed");
        ada.get(&asked.sent_to).has("You have confirmed this already");
        // A passkey that was made, and the code of an app that was set up.
        let asked = ada.post("/settings/passkeys/add", &[]);
        confirm(&mut ada, &asked);
        let question = question(&mut ada, "/settings/passkeys/new/start");
        let made = Passkey::security_key(7).make(&question, &authenticator::Browser::default());
        for _ in 0..2 {
            let fields = [("credential", made.as_str()), ("name", "The grey key")];
            ada.submit("/settings/passkeys/new", &fields).has("Your passkey is registered.");
        }
        let words = ada.get("/settings/passkeys").words();
        assert_eq!(words.matches("Security key").count(), 1, "{words}");
        // Somebody else's approval is nobody's business.
        let mut other = site.other_browser();
        other.open_account("tom@example.com", PASSWORD);
        other.sign_in("tom@example.com", PASSWORD);
        other.get(&asked.sent_to).has("This can no longer be confirmed");
    }

    fn the_code_of_an_app_that_is_sent_again_after_back_says_that_the_app_works(world: World) {
        let site = Site::new(world);
        let mut ada = customer(&site);
        let asked = ada.post("/settings/factors/app", &[]);
        let set_up = confirm(&mut ada, &asked).sent_to;
        let page = ada.get(&set_up).html;
        let key = page.split_once("typed-key\">").expect("a key").1.split_once('<').expect("its end").0.replace(' ', "");
        let code = code(&site, &key);
        for _ in 0..2 {
            ada.submit(&set_up, &[("code", &code)]).has("Your authenticator app works.");
        }
    }
}
