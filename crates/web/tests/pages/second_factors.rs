//! Setting up an authenticator app and signing in with it, without script, and with other people's programs.

use std::process::Command;

use testkit::{PASSWORD, both, code_in};

use super::browser::{Browser, Shown, Site};

const ADA: &str = "ada@example.com";

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split_once(after).unwrap_or_else(|| panic!("no {after} after {before}")).0
}

/// The newest code for a key, made by `oathtool`, which did not learn it from us. It is asked for the world's time.
fn oathtool(site: &Site, key: &str) -> Option<String> {
    let now = site.world.app.clock().now().strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let said = Command::new("oathtool").args(["--totp", "--base32", "--now", &now, key]).output().ok()?;
    assert!(said.status.success(), "{said:?}");
    Some(String::from_utf8(said.stdout).expect("text").trim().to_owned())
}

/// The code for a key: by `oathtool`, where it is here.
pub(super) fn code(site: &Site, key: &str) -> String {
    // Each code works once, so wait for the next.
    site.world.clock.advance(domain::Span::from_secs(30));
    let ours = domain::second_factors::Seed::from_key(key).expect("a key").code_at(site.world.app.clock().now());
    let Some(theirs) = oathtool(site, key) else {
        println!("skipped: oathtool is not here");
        return ours;
    };
    assert_eq!(theirs, ours);
    theirs
}

/// What `zbarimg` reads in the QR code of a page.
fn scanned(page: &Shown) -> Option<String> {
    let svg = format!("<svg{}</svg>", between(&page.html, "<svg class=\"qr\"", "</svg>"));
    // In pixels, because a picture needs a size; the page gives it one by its style sheet.
    let sized = svg.replacen("<svg ", "<svg width=\"400\" height=\"400\" ", 1);
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("qr.svg");
    std::fs::write(&file, sized).expect("room for a picture");
    let said = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&file).output().ok()?;
    assert!(said.status.success(), "zbarimg does not read it: {said:?}");
    Some(String::from_utf8(said.stdout).expect("text").trim().to_owned())
}

fn capital(text: &str) -> String {
    text.replacen('r', "R", 1)
}

/// Proves by the password for what was asked for.
fn confirm_by_password(browser: &mut Browser<'_>, asked: &Shown) -> Shown {
    assert!(asked.sent_to.starts_with("/approve/"), "{asked:?}");
    browser.submit(&asked.sent_to, &[("method", "password"), ("password", PASSWORD)])
}

/// Sets an app up and answers its key.
pub(super) fn add_app(site: &Site, browser: &mut Browser<'_>) -> String {
    let asked = browser.post("/settings/factors/app", &[]);
    let page = confirm_by_password(browser, &asked);
    let typed = between(&page.html, "typed-key\">", "<").replace(' ', "");
    let key = if let Some(url) = scanned(&page) {
        assert!(url.starts_with("otpauth://totp/Countersign:ada%40example.com?secret="), "{url}");
        between(&url, "secret=", "&").to_owned()
    } else {
        println!("skipped: zbarimg is not here");
        typed.clone()
    };
    assert_eq!(key, typed, "the picture and the typed key are one key");
    let action = between(&page.html, "method=\"post\" action=\"/settings/factors/app/", "\"").to_owned();
    let action = format!("/settings/factors/app/{action}");
    browser.post(&action, &[("code", "12345")]).has("This cannot be a code.");
    browser.submit(&action, &[("code", &code(site, &key))]).has("Your authenticator app works.");
    assert_eq!(browser.get(&action).status, 404, "the key was shown again");
    key
}

/// The browser of somebody whose app is four days older than the freeze, signed in again; and the key of the app.
fn frozen_with_an_old_app(site: &Site) -> (Browser<'_>, String) {
    let mut desk = site.browser();
    desk.open_account(ADA, PASSWORD);
    desk.sign_in(ADA, PASSWORD);
    let key = add_app(site, &mut desk);
    site.world.clock.advance(domain::Span::from_hours(4 * 24));
    desk.submit("/sign-in", &[("email", ADA), ("password", PASSWORD)]).has("One more step");
    desk.post("/sign-in/code", &[("code", &code(site, &key))]);
    desk.post("/settings/freeze", &[("answer", "freeze")]).has("Your account is frozen");
    desk.submit("/sign-in", &[("email", ADA), ("password", PASSWORD)]).has("One more step");
    desk.post("/sign-in/code", &[("code", &code(site, &key))]).has("Now open the link we sent you");
    let link = site.mailed_button(ADA);
    desk.submit(&link, &[("answer", "sign-in")]);
    (desk, key)
}

both! {
    fn an_app_is_scanned_confirmed_and_asked_for(world: World) {
        let site = Site::new(world);
        let mut desk = site.browser();
        desk.open_account(ADA, PASSWORD);
        desk.sign_in(ADA, PASSWORD);
        desk.get("/settings/factors").has("Your password is all that signing in asks for.");
        let key = add_app(&site, &mut desk);
        desk.get("/settings/factors").has("Authenticator app").has("Remove");
        desk.submit("/sign-out", &[]);
        let step = desk.submit("/sign-in", &[("email", ADA), ("password", PASSWORD), ("next", "/notices")]);
        step.has("One more step").has("Code from your authenticator app").lacks("recovery code");
        assert!(desk.get("/home").sent_to.starts_with("/sign-in"), "half signed in was in");
        let wrong = desk.post("/sign-in/code", &[("code", "000000")]);
        assert_eq!(wrong.status, 403);
        wrong.has("This code is not right.");
        let done = desk.post("/sign-in/code", &[("code", &code(&site, &key)), ("next", "/notices")]);
        assert_eq!(done.sent_to, "/notices");
        desk.get("/home").has("This sign-in");
        // The step is over, and its page leads to the beginning.
        assert_eq!(desk.get("/sign-in/code").sent_to, "/sign-in");
        // From an unknown browser the mailed link comes after the code.
        let mut phone = site.other_browser();
        phone.submit("/sign-in", &[("email", ADA), ("password", PASSWORD)]).has("One more step");
        phone.post("/sign-in/code", &[("code", &code(&site, &key))]).has("Now open the link we sent you");
        let link = site.mailed_button(ADA);
        phone.submit(&link, &[("answer", "sign-in")]);
        phone.get("/home").has("This sign-in");
    }

    fn recovery_codes_are_shown_once_and_each_signs_in_once(world: World) {
        let site = Site::new(world);
        let mut desk = site.browser();
        desk.open_account(ADA, PASSWORD);
        desk.sign_in(ADA, PASSWORD);
        let asked = desk.post("/settings/factors/codes", &[]);
        let page = confirm_by_password(&mut desk, &asked);
        page.has("Your recovery codes").has("I have kept them");
        // They count once their owner says that they are kept, which no other page can say.
        desk.get("/settings/checkup").has("You have 10, and have not said that you kept them.");
        desk.submit("/settings/checkup/say", &[("line", "recovery_codes")]).has("Thank you.").has("10 are left.");
        let codes: Vec<String> = page.html.split("<li>").filter_map(|item| item.split_once("</li>")).map(|(code, _)| code.to_owned())
            .filter(|code| code.len() == 29).collect();
        assert_eq!(codes.len(), 10, "{}", page.html);
        let file = between(&page.html, "href=\"data:text/plain;charset=utf-8,", "\"");
        assert!(codes.iter().all(|code| file.contains(code.as_str())), "{file}");
        desk.get("/settings/factors").has("10 left").lacks(&codes[0]);
        add_app(&site, &mut desk);
        desk.submit("/sign-out", &[]);
        let sign_in = |browser: &mut Browser<'_>, code: &str| {
            browser.submit("/sign-in", &[("email", ADA), ("password", PASSWORD)]).has("Use a recovery code");
            browser.post("/sign-in/code", &[("recovery_code", code)])
        };
        assert_eq!(sign_in(&mut desk, &codes[0].to_lowercase().replace('-', " ")).sent_to, "/home");
        desk.get("/settings/factors").has("9 left");
        desk.get("/settings/checkup/back-in?phone=true").has("Yes, at once");
        desk.get("/settings/checkup/back-in?phone=true&codes=true").has("Yes, after 7 days");
        desk.submit("/sign-out", &[]);
        let used = sign_in(&mut desk, &codes[0]);
        used.has("This is not one of your unused recovery codes. Check it letter by letter.");
        assert!(used.html.contains(&format!("value=\"{}\"", codes[0])), "it stands there to be read again: {}", used.html);
        assert_eq!(sign_in(&mut desk, &codes[1]).sent_to, "/home");
        // Typed where the code of the app goes, it is a recovery code all the same.
        desk.submit("/sign-out", &[]);
        desk.submit("/sign-in", &[("email", ADA), ("password", PASSWORD)]);
        let spent = desk.post("/sign-in/code", &[("code", &codes[1])]);
        spent.has("This is not one of your unused recovery codes.");
        assert_eq!(desk.post("/sign-in/code", &[("code", &codes[2])]).sent_to, "/home");
    }

    fn a_freeze_lists_what_goes_on_and_the_letter_about_it_stops_it_while_freezing(world: World) {
        let site = Site::new(world);
        let (mut ada, mut thief) = (site.browser(), site.other_browser());
        ada.open_account(ADA, PASSWORD);
        ada.sign_in(ADA, PASSWORD);
        add_app(&site, &mut ada);
        thief.submit("/forgot", &[("email", ADA)]);
        let link = site.mailed_button(ADA);
        thief.post(&link, &[("answer", "lost")]).has("The wait has begun");
        let brake = site.mailed_brake(ADA);
        let mut phone = site.other_browser();
        ada.post("/settings/freeze", &[("answer", "freeze")]).has("This goes on").has("Sign in and stop it");
        phone.get(&brake).has("Stop it, and keep my account frozen");
        phone.post(&brake, &[("answer", "freeze")]).has("It was frozen before.").lacks("This goes on");
        phone.get(&brake).has("It was stopped. Nothing was changed.").lacks("Send my answer");
    }

    fn a_shorter_password_is_enough_beside_an_app(world: World) {
        let site = Site::new(world);
        let mut desk = site.browser();
        desk.open_account(ADA, PASSWORD);
        desk.sign_in(ADA, PASSWORD);
        let twelve = [("current", PASSWORD), ("password", "vq7 hulm+Kez")];
        desk.post("/settings/password", &twelve).has("Use at least 15 characters.");
        add_app(&site, &mut desk);
        desk.get("/settings/password").has("At least 12 characters");
        desk.post("/settings/password", &[("current", PASSWORD), ("password", "vq7 hulm+Ke")]).has("Use at least 12 characters.");
        desk.submit("/settings/password", &twelve).has("Your password is changed");
    }

    fn a_way_to_prove_is_renamed_and_its_removal_waits(world: World) {
        let site = Site::new(world);
        let mut desk = site.browser();
        desk.open_account(ADA, PASSWORD);
        desk.sign_in(ADA, PASSWORD);
        let key = add_app(&site, &mut desk);
        let list = desk.get("/settings/factors");
        let factor = between(&list.html, "name=\"factor\" value=\"", "\"").to_owned();
        desk.submit("/settings/factors/name", &[("factor", &factor), ("name", "My <b>phone</b>")]).has("Saved.");
        let named = desk.get("/settings/factors");
        assert!(named.html.contains("phone") && !named.html.contains("<b>phone"), "{}", named.html);
        let asked = desk.post("/settings/factors/remove", &[("factor", &factor)]);
        desk.get(&asked.sent_to).has("It takes effect not before");
        desk.submit(&asked.sent_to, &[("method", "app"), ("code", &code(&site, &key))]).has("It waits now");
        // What waits names its object, wherever it is told.
        let named = "removing a way to prove it is you: the authenticator app “My &#60;b&#62;phone&#60;/b&#62;”";
        desk.get("/settings/factors").has("Its removal was asked for").has("Look at it, or stop it");
        desk.get("/settings/timers").has(&capital(named));
        site.world.settle();
        let letter = site.world.post.newest_to(ADA);
        assert!(letter.paragraphs.join(" ").contains("What was asked for: removing a way to prove it is you: the authenticator app “My <b>phone</b>”."), "{letter:?}");
        desk.get("/home").has(&format!("You asked for this: {named}"));
        // Asked for elsewhere it is the first thing that is said.
        let mut phone = site.other_browser();
        phone.submit("/sign-in", &[("email", ADA), ("password", PASSWORD)]).has("One more step");
        phone.post("/sign-in/code", &[("code", &code(&site, &key))]).has("Now open the link we sent you");
        let link = site.mailed_button(ADA);
        let home = phone.submit(&link, &[("answer", "sign-in")]);
        home.has("Please look at").has(&format!(": {named}. It takes effect not before")).has("Look at it, or stop it").lacks("looks safe");
    }

    fn whose_two_proofs_are_older_than_the_freeze_is_offered_the_quicker_thaw(world: World) {
        let site = Site::new(world);
        let (mut desk, _) = frozen_with_an_old_app(&site);
        desk.get("/settings/thaw").has("With two things I had three days before the freeze: 24 hours").has("a password that you changed with the one before it does");
        assert!(desk.post("/settings/thaw", &[("way", "two")]).sent_to.starts_with("/approve/"));
    }

    fn what_sleeps_is_named_before_a_thaw_and_can_be_taken_off(world: World) {
        let site = Site::new(world);
        let mut desk = site.browser();
        desk.open_account(ADA, PASSWORD);
        desk.sign_in(ADA, PASSWORD);
        // A thief sat at her session and had the password.
        add_app(&site, &mut desk);
        desk.get("/settings/factors").lacks("Asleep");
        desk.post("/settings/freeze", &[("answer", "freeze")]).has("Your account is frozen");
        desk.sign_in(ADA, PASSWORD).has("Your account is frozen");
        desk.get("/settings/factors").has("Asleep").has("If it is not yours, remove it now.");
        let page = desk.get("/settings/thaw");
        page.has("Is all of this yours?").has("Unfreezing removes those from before the freeze, and wakes those that came since.");
        let factor = between(&page.html, "name=\"factor\" value=\"", "\"").to_owned();
        let asked = desk.post("/settings/factors/remove", &[("factor", &factor)]);
        confirm_by_password(&mut desk, &asked).has("It waits now");
        desk.get("/settings/thaw").has("Its removal was asked for");
        site.world.settle();
        site.world.clock.advance(domain::Span::from_hours(24));
        site.world.settle();
        desk.sign_in(ADA, PASSWORD);
        desk.get("/settings/thaw").lacks("Is all of this yours?");
        desk.get("/settings/factors").lacks("Asleep");
    }

    fn a_slow_thaw_that_runs_is_made_a_quick_one_on_the_same_page(world: World) {
        let site = Site::new(world);
        let (mut desk, key) = frozen_with_an_old_app(&site);
        let slow = desk.post("/settings/thaw", &[("way", "one")]).sent_to;
        desk.submit(&slow, &[("method", "app"), ("code", &code(&site, &key))]).has("It waits now");
        site.world.settle();
        desk.get("/settings/thaw").has("You can have it sooner");
        let quick = desk.post("/settings/thaw", &[("way", "two")]).sent_to;
        desk.post(&quick, &[("method", "password"), ("password", PASSWORD)]).has("One more proof is needed");
        desk.submit(&quick, &[("method", "app"), ("code", &code(&site, &key))]).has("It waits now");
        desk.get("/settings/thaw").has("Unfreezing has been asked for").lacks("You can have it sooner");
        let slow = desk.post("/settings/thaw", &[("way", "one")]).sent_to;
        desk.submit(&slow, &[("method", "app"), ("code", &code(&site, &key))]).has("is over sooner, so that goes on");
        desk.get("/settings/security").has("A wait was replaced by a shorter one");
    }

    fn a_code_by_sms_is_chosen_asked_for_and_typed_on_pages(world: World) {
        let site = Site::new(world);
        let mut desk = site.browser();
        desk.open_account(ADA, PASSWORD);
        desk.sign_in(ADA, PASSWORD);
        desk.get("/settings/factors").lacks("Code by SMS");
        let site = Site::new(site.world.restarted(|settings| settings.phone.sign_in_codes = true));
        let mut desk = site.browser();
        desk.open_account("bob@example.com", PASSWORD);
        desk.sign_in("bob@example.com", PASSWORD);
        desk.get("/settings/factors").has("Code by SMS").has("weaker than an authenticator app").has("Add a phone");
        desk.submit("/settings/phone", &[("number", "+41 79 123 45 67")]);
        let newest = || {
            site.world.settle();
            code_in(&site.world.post.newest_text_to("+41791234567"))
        };
        desk.submit("/settings/phone/confirm", &[("code", &newest())]);
        let asked = desk.post("/settings/factors/sms", &[("on", "true")]);
        confirm_by_password(&mut desk, &asked).has("Done").has("Signing in asks for a code");
        desk.get("/settings/factors").has("Signing in asks for your password and for a code by SMS").has("No code by SMS any more");
        desk.submit("/sign-out", &[]);

        let step = desk.submit("/sign-in", &[("email", "bob@example.com"), ("password", PASSWORD), ("next", "/notices")]);
        step.has("that ends in 67").has("Send me a code").has("I have lost my phone").lacks("Code from");
        let sent = desk.post("/sign-in/code/send", &[("next", "/notices")]);
        assert_eq!(sent.sent_to, "/sign-in/code?next=/notices");
        desk.get(&sent.sent_to).has("Code from the SMS").has("Send another code");
        let short = desk.post("/sign-in/code", &[("sms_code", "12345")]);
        assert_eq!(short.status, 422);
        short.has("The code in the SMS has six digits.").lacks("authenticator app has six digits");
        let wrong = desk.post("/sign-in/code", &[("sms_code", "000000")]);
        assert_eq!(wrong.status, 403);
        wrong.has("This code is not right, or it is too old.");
        let done = desk.post("/sign-in/code", &[("sms_code", &newest()), ("next", "/notices")]);
        assert_eq!(done.sent_to, "/notices");
        let asked = desk.post("/settings/factors/sms", &[("on", "false")]);
        desk.get(&asked.sent_to).has("It takes effect not before 24 hours");
        confirm_by_password(&mut desk, &asked).has("It waits now");
        for _ in 0..3 {
            desk.submit("/sign-out", &[]);
            desk.submit("/sign-in", &[("email", "bob@example.com"), ("password", PASSWORD)]);
            desk.post("/sign-in/code/send", &[]);
        }
        let many = desk.post("/sign-in/code/send", &[]);
        assert_eq!(many.status, 429);
        many.has("We have sent several codes already.").has("One more step");
    }
}
