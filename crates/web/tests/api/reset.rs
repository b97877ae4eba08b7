//! A new password for programs, with a passkey as the second proof.

use domain::protections::Sensitive;
use domain::sessions::NewSession;
use serde_json::{Value, json};
use testkit::authenticator::{Browser, Passkey};
use testkit::{Person, both};

use super::client::{Ask, Got, Site, secret};

const NEW: &str = "a fresh set of words 58 willow";

/// A customer with a passkey.
fn with_passkey(site: &Site, name: &str, key: &mut Passkey) -> (Person, NewSession) {
    let world = &site.world;
    let mut person = world.customer(name);
    let mut session = world.sign_in(&mut person);
    world.approve(&person, &session, Sensitive::AddPasskey).expect("it is proved");
    let asked = site.send(Ask::post("/api/v1/passkeys/start").bearer(&session.secret)).expect(200);
    let made = json!({ "credential": key.make(&asked["options"], &Browser::default()), "name": "The grey key" });
    let made = site.send(Ask::post("/api/v1/passkeys/register").json(&made).bearer(&session.secret)).expect(200);
    session.secret = secret(&made, "session_secret");
    (person, session)
}

/// Both secrets of a reset that was asked for: what the letter and what the answer carried.
fn asked(site: &Site, person: &Person) -> Value {
    let asked = site.send(Ask::post("/api/v1/password/reset/ask").json(&json!({ "email": person.email }))).expect(202);
    site.world.settle();
    let link = testkit::act_link(&site.world.post.newest_to(&person.email));
    json!({ "link_secret": link.reveal(), "pending_secret": asked["pending_secret"] })
}

fn question(site: &Site, by: &Value) -> Value {
    site.send(Ask::post("/api/v1/password/reset/passkey").json(by)).expect(200)["options"].clone()
}

fn reset(site: &Site, by: &Value, assertion: &str) -> Got {
    let mut body = by.clone();
    body["new_password"] = by.get("new_password").cloned().unwrap_or_else(|| NEW.into());
    body["assertion"] = assertion.into();
    site.send(Ask::post("/api/v1/password/reset").json(&body))
}

both! {
    fn programs_reset_by_mailbox_and_passkey_once(world: World) {
        let site = Site::new(world);
        let mut key = Passkey::security_key(7);
        let (ada, session) = with_passkey(&site, "ada", &mut key);
        let by = asked(&site, &ada);
        let wanted = site.send(Ask::post("/api/v1/password/reset/look").json(&by)).expect(200);
        assert_eq!(wanted, json!({ "email": ada.email, "second_proofs": ["passkey"], "passkey_only": false }));
        let mut bare = by.clone();
        bare["new_password"] = NEW.into();
        assert_eq!(site.send(Ask::post("/api/v1/password/reset").json(&bare)).problem(), "401 proof_missing -");
        let answer = key.answer(&question(&site, &by), &Browser::default());
        assert_eq!(reset(&site, &by, &answer).expect(200), json!({ "sessions_ended": 1 }));
        assert!(!site.world.signed_in(&session.secret));
        assert_eq!(reset(&site, &by, &answer).problem(), "404 link_spent -");
        // What was answered once proves nothing for the next link either.
        let mut again = asked(&site, &ada);
        again["new_password"] = "another set of words 58 willow".into();
        assert_eq!(reset(&site, &again, &answer).problem(), "404 ceremony_over -");
    }

    fn programs_reset_nothing_by_an_answer_of_somebody_else_or_from_elsewhere(world: World) {
        let site = Site::new(world);
        let (mut key, mut toms_key) = (Passkey::security_key(7), Passkey::security_key(9));
        let (ada, _) = with_passkey(&site, "ada", &mut key);
        let (tom, _) = with_passkey(&site, "tom", &mut toms_key);
        let (by, toms) = (asked(&site, &ada), asked(&site, &tom));
        let honest = Browser::default();
        let answer = toms_key.answer(&question(&site, &toms), &honest);
        assert_eq!(reset(&site, &by, &answer).problem(), "404 ceremony_over -");
        let answer = toms_key.answer(&question(&site, &by), &honest);
        assert_eq!(reset(&site, &by, &answer).problem(), "401 passkey_unknown -");
        let elsewhere = Browser { origin: "https://harbour-login.example".into(), ..Browser::default() };
        let answer = key.answer(&question(&site, &by), &elsewhere);
        assert_eq!(reset(&site, &by, &answer).problem(), "401 passkey_wrong -");
        assert_eq!(reset(&site, &by, "no answer").problem(), "401 passkey_wrong -");
        // One's own link with another's browser is none.
        let mixed = json!({ "link_secret": by["link_secret"], "pending_secret": toms["pending_secret"] });
        assert_eq!(site.send(Ask::post("/api/v1/password/reset/passkey").json(&mixed)).problem(), "403 link_for_other_browser -");
        let answer = key.answer(&question(&site, &by), &honest);
        reset(&site, &by, &answer).expect(200);
    }
}
