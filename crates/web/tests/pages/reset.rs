//! A new password with a passkey as the second proof. What its script does is done here by hand: it asks the site for a
//! question, lets the passkey answer, and sends the answer with the form.

use domain::Span;
use serde_json::Value;
use testkit::authenticator::{self, Passkey};
use testkit::{PASSWORD, both};

use super::browser::{Browser, Shown, Site};

const ADA: &str = "ada@example.com";
const TOM: &str = "tom@example.com";
const NEW: &str = "a fresh set of words 58 willow";

/// The question behind a button that asks for a passkey.
pub(super) fn question(browser: &mut Browser<'_>, path: &str) -> Value {
    let asked = browser.post(path, &[]);
    assert_eq!(asked.status, 200, "{asked:?}");
    serde_json::from_str::<Value>(&asked.html).expect("a question in JSON")["options"].clone()
}

/// Adds a passkey, proved by the password.
fn add_passkey(browser: &mut Browser<'_>, key: &mut Passkey) {
    let approval = browser.post("/settings/passkeys/add", &[]).sent_to;
    browser.submit(&approval, &[("method", "password"), ("password", PASSWORD)]).has("Add a passkey");
    let made = key.make(&question(browser, "/settings/passkeys/new/start"), &authenticator::Browser::default());
    browser.submit("/settings/passkeys/new", &[("credential", &made), ("name", "The grey key")]).has("The grey key");
}

/// A customer whose only second proof is a passkey.
pub(super) fn with_passkey<'a>(site: &'a Site, email: &str, key: &mut Passkey) -> Browser<'a> {
    let mut browser = site.browser();
    browser.open_account(email, PASSWORD);
    browser.sign_in(email, PASSWORD);
    add_passkey(&mut browser, key);
    browser
}

/// The path of a new reset link.
fn asked(site: &Site, browser: &mut Browser<'_>, email: &str) -> String {
    browser.post("/forgot", &[("email", email)]).has("Check your mail");
    site.mailed_button(email)
}

/// Sends the form of a reset link with what a passkey answered to the question of another, or of the same.
fn choose(browser: &mut Browser<'_>, link: &str, answer: &str) -> Shown {
    browser.submit(&format!("{link}/password"), &[("password", NEW), ("code", ""), ("assertion", answer)])
}

fn honest() -> authenticator::Browser {
    authenticator::Browser::default()
}

both! {
    fn mailbox_and_passkey_choose_a_new_password(world: World) {
        let site = Site::new(world);
        let mut key = Passkey::security_key(7);
        let mut ada = with_passkey(&site, ADA, &mut key);
        let link = asked(&site, &mut ada, ADA);
        let page = ada.get(&link);
        page.has("You have a passkey.").has("Set it with a passkey").has("needs script").lacks("Set my new password");
        // Who has no script, or whose passkey is elsewhere, is told what else there is.
        page.has("is the other way").has("Begin the 7 days");
        let bare = ada.post(&format!("{link}/password"), &[("password", NEW)]);
        assert_eq!(bare.status, 401, "the mailbox alone sets nothing");
        let asked = question(&mut ada, &format!("{link}/password/passkey"));
        assert_eq!(asked["allowCredentials"][0]["id"], key.id());
        let answer = key.answer(&asked, &honest());
        choose(&mut ada, &link, &answer).has("Your new password works now.");
        assert!(ada.get("/home").sent_to.starts_with("/sign-in"), "every session ends");
        // Neither the link nor the answer works twice.
        assert_eq!(choose(&mut ada, &link, &answer).status, 404);
        assert_eq!(ada.post("/sign-in", &[("email", ADA), ("password", PASSWORD)]).status, 403);
        let step = ada.submit("/sign-in", &[("email", ADA), ("password", NEW)]);
        step.has("One more step").has("Use a passkey");
    }

    fn recovery_codes_beside_a_passkey_leave_both_ways_open(world: World) {
        let site = Site::new(world);
        let mut key = Passkey::security_key(7);
        let mut ada = with_passkey(&site, ADA, &mut key);
        let link = asked(&site, &mut ada, ADA);
        ada.get(&link).lacks("Set my new password");
        // Recovery codes beside the passkey: then a typed code works too.
        let approval = ada.post("/settings/factors/codes", &[]).sent_to;
        let asked_for = question(&mut ada, &format!("{approval}/passkey"));
        let answer = key.answer(&asked_for, &honest());
        ada.submit(&approval, &[("method", "passkey"), ("assertion", &answer)]).has("Your recovery codes");
        let link = asked(&site, &mut ada, ADA);
        ada.get(&link).has("Set my new password").has("Set it with a passkey").has("a code above");
        let neither = ada.post(&format!("{link}/password"), &[("password", NEW), ("code", ""), ("assertion", "")]);
        assert!([401, 422].contains(&neither.status), "{neither:?}");
        let wrong = ada.post(&format!("{link}/password"), &[("password", NEW), ("code", "0000-0000-0000-0000-0000-0000")]);
        wrong.has("This is not one of your unused recovery codes.");
        let asked_for = question(&mut ada, &format!("{link}/password/passkey"));
        let answer = key.answer(&asked_for, &honest());
        choose(&mut ada, &link, &answer).has("Your new password works now.");
    }

    fn an_answer_that_is_not_to_this_question_sets_nothing(world: World) {
        let site = Site::new(world);
        let (mut key, mut toms_key) = (Passkey::security_key(7), Passkey::security_key(9));
        let mut ada = with_passkey(&site, ADA, &mut key);
        let mut tom = with_passkey(&site, TOM, &mut toms_key);
        let toms_link = asked(&site, &mut tom, TOM);
        let older = asked(&site, &mut ada, ADA);
        let older_question = question(&mut ada, &format!("{older}/password/passkey"));
        let link = asked(&site, &mut ada, ADA);
        let start = format!("{link}/password/passkey");
        let refused = |ada: &mut Browser<'_>, answer: &str, words: &str| {
            let shown = choose(ada, &link, answer);
            assert!((400..500).contains(&shown.status), "{shown:?}");
            shown.has(words);
        };
        // Another link's question, another account's, and signing in's.
        refused(&mut ada, &key.answer(&older_question, &honest()), "Nothing was changed");
        let theirs = question(&mut tom, &format!("{toms_link}/password/passkey"));
        refused(&mut ada, &toms_key.answer(&theirs, &honest()), "Nothing was changed");
        let sign_in = question(&mut ada, "/sign-in/passkey/start");
        refused(&mut ada, &key.answer(&sign_in, &honest()), "Nothing was changed");
        // This question, answered by another's passkey, on another site, for another name, without finger or PIN.
        let asked_for = question(&mut ada, &start);
        refused(&mut ada, &toms_key.answer(&asked_for, &honest()), "We do not know this passkey.");
        for lie in [
            authenticator::Browser { origin: "https://harbour-login.example".into(), ..honest() },
            authenticator::Browser { relying_party: Some("harbour-login.example".into()), ..honest() },
            authenticator::Browser { verified: false, ..honest() },
            authenticator::Browser { doing: Some("webauthn.create"), ..honest() },
        ] {
            let asked_for = question(&mut ada, &start);
            refused(&mut ada, &key.answer(&asked_for, &lie), "Nothing was changed");
        }
        refused(&mut ada, "{\"no\": \"answer\"}", "Nothing was changed");
        // An answer once it is old.
        let asked_for = question(&mut ada, &start);
        site.world.clock.advance(Span::from_mins(5));
        refused(&mut ada, &key.answer(&asked_for, &honest()), "Nothing was changed");
        // Whoever has the link in another browser is not even asked.
        assert_eq!(site.other_browser().post(&start, &[]).status, 403);
        assert_eq!(tom.post(&start, &[]).status, 403);
        // And the legitimate twin of all that.
        let asked_for = question(&mut ada, &start);
        choose(&mut ada, &link, &key.answer(&asked_for, &honest())).has("Your new password works now.");
    }
}
