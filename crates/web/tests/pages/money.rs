//! What a customer reads of money that moved in the exchange's own systems.

use domain::activity::{Moved, Said};
use domain::ids::AccountId;
use domain::service::{self, NewKey, Report, ReportKind, Reports, Scope};
use domain::{Actor, Span};
use testkit::{PASSWORD, both};

use super::browser::{Browser, Site};

const ADA: &str = "ada@example.com";
const ADDRESS: &str = "bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297";

/// A customer who is signed in, and whose account it is.
fn signed_in(site: &Site) -> (Browser<'_>, AccountId) {
    let mut desk = site.browser();
    desk.open_account(ADA, PASSWORD);
    desk.sign_in(ADA, PASSWORD);
    let find = |view: &mut domain::View<'_>| Ok(view.rows().account_by_email(ADA)?.expect("she has one").id);
    let account = site.world.app.view(find).wait().expect("a look");
    (desk, account)
}

/// One request with all of these: what, its reference, and how many hours ago it happened.
fn report(site: &Site, account: AccountId, moved: &[(ReportKind, &str, i64)]) {
    let app = &site.world.app;
    let new = NewKey {
        name: "exchange".to_owned(),
        signs: None,
        scopes: vec![Scope::EventsIn],
        networks: Vec::new(),
        lives: Span::from_hours(24),
    };
    let (key, _) = app.change(&Actor::chore(), move |change| service::add(change, &new)).wait().expect("a key");
    let now = app.clock().now();
    let one = |(kind, reference, hours): &(ReportKind, &str, i64)| {
        let at = now - Span::from_hours(*hours);
        let said = Said { asset: "BTC", amount: "0.5", address: Some(ADDRESS), reference, at };
        Report { account, kind: *kind, moved: Moved::read(said, now).expect("it fits") }
    };
    let reports = moved.iter().map(one).collect();
    let asked = Reports { key, nonce: None, idempotency_key: [1; 32], request: [1; 32], reports };
    app.change(&Actor::exchange(), move |change| service::report(change, &asked)).wait().expect("it is told");
    site.world.settle();
}

both! {
    fn money_shows_when_it_moved_first_when_that_was_reported_second_and_by_whom(world: World) {
        let site = Site::new(world);
        let (mut desk, account) = signed_in(&site);
        report(&site, account, &[(ReportKind::Withdrawal, "W-1042", 22 * 24)]);
        let by = format!("Reported by {}", site.world.app.settings().operator.name);
        for path in ["/home", "/notices", "/settings/security", "/settings/security?from=2026-10-31&until=2026-10-31"] {
            let words = desk.get(path).words();
            let row = &words[words.find(if path == "/home" { "Latest activity" } else { "A withdrawal was made" }).expect("a row")..];
            let happened = row.find("31 Oct 2026").expect("when it happened");
            let reported = row.find("Reported 22 Nov 2026").unwrap_or_else(|| panic!("{path}: {row}"));
            assert!(happened < reported && row.contains(&by), "{path}: {row}");
            assert!(row.contains("Transaction W-1042"), "{path}: {row}");
            let of_it = &row[..row.find(&by).expect("who") + by.len() + 40];
            assert!(!of_it.contains("Unknown") && !of_it.contains("no address"), "{path}: {of_it}");
        }
        desk.get("/home").has("Please look at one thing").has("A withdrawal was made: 31 Oct 2026").lacks("Nothing unusual happened");
        let csv = desk.get("/api/v1/activity.csv").html;
        assert!(csv.starts_with("\"sequence\",\"happened_at\",\"at\""), "{csv}");
        assert!(csv.lines().any(|line| line.contains("\"2026-10-31T") && line.contains("\"2026-11-22T")), "{csv}");
        let json = desk.get("/api/v1/activity").html;
        assert!(json.contains("\"happened_at\":\"2026-10-31T"), "{json}");
        // The letter says the same, in the same order, and names apart what the exchange and what we call it.
        let letter = site.world.post.newest_to(ADA);
        let names: Vec<&str> = letter.facts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Time", "Amount", "Address", "Transaction", "Reported", "Reported by"]);
        assert!(letter.facts[0].1.starts_with("31 October 2026"), "{:?}", letter.facts);
    }

    fn what_was_reported_at_once_is_not_said_to_have_come_late(world: World) {
        let site = Site::new(world);
        let (mut desk, account) = signed_in(&site);
        report(&site, account, &[(ReportKind::Purchase, "P-1", 0)]);
        desk.get("/notices").has("A purchase was made").lacks("Reported 22 Nov").has("Reported by");
    }

    fn the_inbox_says_where_each_notice_of_money_went_too(world: World) {
        let site = Site::new(world);
        let (mut desk, account) = signed_in(&site);
        desk.submit("/settings/phone", &[("number", "+41791234567")]);
        site.world.settle();
        let code = testkit::code_in(&site.world.post.newest_text_to("+41791234567"));
        desk.submit("/settings/phone/confirm", &[("code", &code)]);
        report(&site, account, &[(ReportKind::Deposit, "D-1", 0), (ReportKind::Withdrawal, "W-1", 0)]);
        let words = desk.get("/notices").words();
        let told = "Also by e-mail to a…@example.com, and by SMS to a number that ends in 67.";
        let [withdrawal, deposit] = ["A withdrawal was made", "A deposit arrived"].map(|title| {
            let row = &words[words.find(title).expect("a notice")..];
            row[..row.find("Exactly what we sent").expect("its end")].to_owned()
        });
        assert!(withdrawal.contains(told) && deposit.contains(told), "{withdrawal} | {deposit}");
        // Nobody deposits "as you".
        assert!(deposit.contains("nothing to stop") && !deposit.contains("If this was you"), "{deposit}");
        let texts: Vec<String> = site.world.post.texts().iter().map(|sms| sms.text.clone()).collect();
        let deposit = texts.iter().find(|text| text.contains("A deposit arrived")).expect("an SMS");
        assert!(deposit.contains("Something wrong? To stop") && deposit.contains("Notice reference "), "{deposit}");
    }

    fn signing_in_leads_back_to_where_the_settings_allow_and_through_the_mailed_link_too(world: World) {
        let site = Site::with_return_path(world, "/wallet");
        let mut desk = site.browser();
        desk.open_account(ADA, PASSWORD);
        let given = |next: &'static str| [("email", ADA), ("password", PASSWORD), ("next", next)];
        assert!(desk.get("/sign-in?next=/wallet").html.contains("name=\"next\" value=\"/wallet\""));
        assert_eq!(desk.post("/sign-in", &given("/wallet/withdraw")).sent_to, "/wallet/withdraw");
        for elsewhere in ["//evil.example", "/\\\\evil.example", "/%2f%2fevil.example", "/wallet/../..//evil.example", "/other", "https://evil.example/wallet"] {
            assert_eq!(desk.post("/sign-in", &given(elsewhere)).sent_to, "/home", "{elsewhere}");
            let form = desk.get(&format!("/sign-in?next={}", elsewhere.replace('\\', "%5c")));
            assert!(!form.html.contains("name=\"next\""), "{elsewhere}: {}", form.html);
        }
        // From a browser that is not known the way leads through the mailbox, and back all the same, once.
        let mut phone = site.other_browser();
        phone.post("/sign-in", &given("/wallet")).has("Now open the link we sent you");
        assert_eq!(phone.post(&site.mailed_button(ADA), &[("answer", "sign-in")]).sent_to, "/wallet");
        phone.submit("/sign-out", &[]);
        let mut other = site.other_browser();
        other.post("/sign-in", &given("//evil.example")).has("Now open the link we sent you");
        assert_eq!(other.post(&site.mailed_button(ADA), &[("answer", "sign-in")]).sent_to, "/home");
    }

    fn the_page_before_money_says_why_in_words_and_what_to_do_next(world: World) {
        let site = Site::with_return_path(world, "/wallet");
        let (mut desk, account) = signed_in(&site);
        desk.get("/step-up?next=/wallet").has("Nothing stands in the way").has("Go on");
        let asks = "/step-up?assurance=two_factors&within_minutes=15&next=/wallet";
        desk.get(asks).has("Your account has no second proof yet").has("Set up an authenticator app");
        desk.get("/step-up?assurance=password&within_minutes=15").has("Nothing stands in the way").lacks("Go on");
        site.world.clock.advance(Span::from_mins(16));
        desk.get("/step-up?within_minutes=15&next=/wallet").has("You signed in a while ago").has("Sign in again").has("Go back without moving money");
        let json = desk.get("/api/v1/step-up?within_minutes=15&next=//evil.example").html;
        assert!(json.contains("\"may_go_on\":false") && json.contains("\"sign_in\":\"age\"") && json.contains("\"next\":null"), "{json}");
        let freeze = site.world.app.change(&Actor::chore(), move |change| {
            domain::protections::freeze(change, account, domain::protections::FreezeCause::Settings)
        });
        freeze.wait().expect("it freezes");
        desk.sign_in(ADA, PASSWORD);
        desk.get("/step-up?next=/wallet").has("Your account is frozen").has("Since").has("Unfreeze my account").lacks("Nothing stands");
    }

    fn each_letter_of_several_in_one_report_opens_the_page_of_its_own(world: World) {
        let site = Site::new(world);
        let (_, account) = signed_in(&site);
        let three = [(ReportKind::Withdrawal, "W-1", 3), (ReportKind::Deposit, "D-2", 2), (ReportKind::Withdrawal, "W-3", 1)];
        report(&site, account, &three);
        let mut phone = site.other_browser();
        let mut seen = 0;
        for letter in site.world.post.letters() {
            let Some((_, reference)) = letter.facts.iter().find(|(name, _)| name == "Transaction") else { continue };
            let url = letter.freeze_url.as_deref().expect("the freeze offer");
            let page = phone.get(&url[url.find("/l/").expect("a link")..]);
            page.has(&format!("Transaction {reference}.")).has("Reported by").lacks("Unknown").lacks("no address");
            if reference == "D-2" {
                page.has("Is this deposit all right?").has("Something is wrong. Freeze my account").lacks("Was this you?");
            } else {
                page.has("Was this you?").has("Freezing stops what has not left yet.").has("nobody can bring back");
            }
            seen += 1;
        }
        assert_eq!(seen, 3);
    }
}
