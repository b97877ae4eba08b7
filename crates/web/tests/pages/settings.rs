//! What a customer can do about their account.

use testkit::{PASSWORD, both};

use super::browser::{Browser, Shown, Site};

const ADA: &str = "ada@example.com";

/// A customer signed in in two browsers.
fn two_browsers(site: &Site) -> (Browser<'_>, Browser<'_>) {
    let (mut desk, mut phone) = (site.browser(), site.other_browser());
    desk.open_account(ADA, PASSWORD);
    desk.sign_in(ADA, PASSWORD);
    phone.sign_in(ADA, PASSWORD);
    (desk, phone)
}

fn out(shown: &Shown) -> bool {
    shown.sent_to.starts_with("/sign-in")
}

both! {
    fn sessions_are_listed_and_end_one_by_one_or_together(world: World) {
        let site = Site::new(world);
        let (mut desk, mut phone) = two_browsers(&site);
        let list = desk.get("/settings/security/sessions");
        list.has("Firefox 145 on Windows This one").has("Chrome 143 on Linux").lacks("Chrome 143 on Linux This one");
        list.has("Password and link from your mailbox");
        let id = list.html.split("name=\"session\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        desk.submit("/settings/security/sessions/end", &[("session", id)]).has("That session has ended.");
        let shut_out = phone.get("/home");
        assert!(out(&shut_out));
        phone.get(&shut_out.sent_to).has("You were signed out here.");
        phone.sign_in(ADA, PASSWORD).has("2 devices are signed in.");
        desk.submit("/settings/security/sessions/end-others", &[]).has("All other sessions have ended.").has("Only this one");
        assert!(out(&phone.get("/home")));
        desk.get("/settings/security").has("You ended it from another device. That browser is not known any more. It was Chrome 143 on Linux, last seen in: Unknown place (198.51.100.66).");
        desk.submit("/sign-out", &[]).has("You are signed out.");
        assert!(out(&desk.get("/home")));
    }

    fn changing_the_password_ends_the_others_and_keeps_this_one(world: World) {
        let site = Site::new(world);
        let (mut desk, mut phone) = two_browsers(&site);
        let wrong = desk.post("/settings/password", &[("current", "not it"), ("password", "seven green kettles hum 19")]);
        assert_eq!(wrong.status, 403);
        wrong.has("Your present password is not right.");
        let weak = desk.post("/settings/password", &[("current", PASSWORD), ("password", "short")]);
        assert_eq!(weak.status, 422);
        weak.has("Use at least 15 characters.");
        let same = desk.post("/settings/password", &[("current", PASSWORD), ("password", PASSWORD)]);
        same.has("You have used this password here before.");
        let change = [("current", PASSWORD), ("password", "seven green kettles hum 19")];
        desk.submit("/settings/password", &change).has("Your password is changed").has("You chose it today.");
        desk.get("/home").has("Your password");
        assert!(out(&phone.get("/home")));
        desk.get("/settings/security").has("It ended because the password was changed.");
    }

    fn the_inbox_counts_and_forgets_what_was_read(world: World) {
        let site = Site::new(world);
        let (mut desk, _) = two_browsers(&site);
        let inbox = desk.get("/notices");
        inbox.has("Somebody signed in from a new browser New").has("Also by e-mail to a…@example.com.");
        let newest = inbox.html.split("name=\"up_to\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert!(inbox.html.contains("unread</span>"));
        let read = desk.submit("/notices/read", &[("up_to", newest)]);
        read.has("All notices are marked as read.").lacks("New ");
        assert!(!read.html.contains("unread</span>"));
    }

    fn letters_are_chosen_and_the_important_ones_stay(world: World) {
        let site = Site::new(world);
        let (mut desk, _) = two_browsers(&site);
        let page = desk.get("/settings/notices");
        assert!(page.html.contains("name=\"sign_in.failed\" value=\"on\" checked>"), "{}", page.html);
        assert!(page.html.contains("name=\"protection.frozen\" value=\"on\" checked disabled"), "{}", page.html);
        let saved = desk.submit("/settings/notices", &[("sign_in.done", "on"), ("session.ended", "on")]);
        saved.has("Saved.");
        assert!(saved.html.contains("name=\"sign_in.failed\" value=\"on\">"), "{}", saved.html);
        assert!(saved.html.contains("name=\"protection.frozen\" value=\"on\" checked disabled"), "{}", saved.html);
        // The whole form is one change: it is all done or nothing is.
        desk.post("/settings/freeze", &[("answer", "freeze")]);
        desk.sign_in(ADA, PASSWORD);
        let refused = desk.post("/settings/notices", &[("sign_in.failed", "on")]);
        assert_eq!(refused.status, 403);
        assert!(desk.get("/settings/notices").html.contains("name=\"sign_in.failed\" value=\"on\">"));
    }

    fn freeze_words_are_replaced_and_not_while_frozen(world: World) {
        let site = Site::new(world);
        let (mut desk, _) = two_browsers(&site);
        let before = desk.get("/settings/freeze-words").html;
        let after = desk.submit("/settings/freeze-words", &[]);
        after.has("These are your new freeze words. The earlier ones go on working for seven days.").has("The old ones go on working for seven days");
        let list = |html: &str| html.split("<ol").nth(1).map(str::to_owned);
        assert_ne!(list(&before), list(&after.html));
        desk.post("/settings/freeze", &[("answer", "freeze")]);
        desk.sign_in(ADA, PASSWORD);
        desk.get("/settings/freeze-words").lacks("Make new words");
        assert_eq!(desk.post("/settings/freeze-words", &[]).status, 403);
    }

    fn where_activity_is_kept_for_a_time_its_end_says_so(world: World) {
        let site = Site::new(world.restarted(|settings| settings.retain.events_days = 500));
        let (mut desk, _) = two_browsers(&site);
        desk.get("/settings/security").has("Entries are kept for 500 days.").lacks("This is where your history begins.");
    }

    fn older_activity_is_a_page_away(world: World) {
        let site = Site::new(world);
        let (mut desk, _) = two_browsers(&site);
        for _ in 0..30 {
            desk.post("/sign-out", &[]);
            desk.sign_in(ADA, PASSWORD);
        }
        let newest = desk.get("/settings/security");
        newest.lacks("This is where your history begins.");
        let older = newest.html.split("href=\"/settings/security?before=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let older = desk.get(&format!("/settings/security?before={older}"));
        older.has("Your account was opened").has("This is where your history begins.");
        assert_eq!(desk.get("/settings/security?before=x").status, 422);
        let table = desk.get("/api/v1/activity.csv").html;
        assert!(table.lines().count() > 60, "{table}");
    }

    fn pictures_stand_above_the_log_and_it_shows_what_is_asked_for(world: World) {
        let site = Site::new(world);
        let (mut desk, _) = two_browsers(&site);
        let page = desk.get("/settings/security");
        page.has("Hamburg, Germany: signed in once").has("The same as tables").has("2 sign-ins on 1 day");
        assert!(page.html.contains("<circle class=\"in\"") && page.html.contains("#land\"/>"), "{}", page.html);
        assert!(page.html.contains("<option value=\"Firefox on Windows\">"), "without a version");
        let here = desk.get("/settings/security?kind=sign_in&browser=&place=DE&from=&until=");
        here.has("Only what you asked for is shown").has("203.0.113.24").lacks("198.51.100.66").lacks("Your account was opened");
        assert!(here.html.contains("/api/v1/activity.csv?kind=sign%5Fin&amp;place=DE") || here.html.contains("/api/v1/activity.csv?kind=sign_in&#38;place=DE"), "{}", here.html);
        assert!(!here.html.contains("data-live"), "what happens now may not fit what was asked for");
        let csv = desk.get("/api/v1/activity.csv?kind=sign_in&place=DE");
        assert!(csv.html.contains("\"DE\"") && !csv.html.contains("198.51.100.66"), "{}", csv.html);
        desk.get("/settings/security?browser=Chrome+on+Linux").has("198.51.100.66").lacks("203.0.113.24");
        desk.get("/settings/security?place=JP").has("Nothing here fits what you asked for.");
        assert_eq!(desk.get("/settings/security?from=yesterday").status, 422);
        assert_eq!(desk.get("/settings/security?colour=red").status, 422);
    }
}
