//! The exchange's own backend: its keys, what it asks, and what it reports.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64;
use domain::protections::{FreezeCause, freeze};
use domain::service::{self, NewKey, Scope, ServiceKey, VerifyingKey};
use domain::sessions::NewSession;
use domain::{Actor, SecretText, Span, retain};
use serde_json::{Value, json};
use testkit::both;

use super::client::{Ask, Site};

/// What a backend holds.
pub(crate) struct Backend {
    pub(crate) key: ServiceKey,
    pair: Ed25519KeyPair,
}

/// Where a request is signed for.
pub(crate) const AUTHORITY: &str = "localhost:8080";

/// A request before it is signed, as its backend sees it.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Draft {
    pub(crate) fn get(path: &str) -> Self {
        Self { method: "GET", path: path.to_owned(), headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { method: "POST", path: path.to_owned(), headers, body: body.to_string() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The request without a signature.
    pub(crate) fn ask(&self) -> Ask {
        let ask = Ask::new(self.method.parse().expect("a method"), &self.path).bytes(self.body.clone().into_bytes());
        self.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
    }

    /// What is covered: everything that must be, and each header that is there.
    fn covered(&self) -> Vec<(String, String)> {
        let (path, query) =
            self.path.split_once('?').map_or((self.path.as_str(), None), |(path, query)| (path, Some(query)));
        let mut covered = vec![
            ("@method".to_owned(), self.method.to_owned()),
            ("@authority".to_owned(), AUTHORITY.to_owned()),
            ("@path".to_owned(), path.to_owned()),
        ];
        covered.extend(query.map(|query| ("@query".to_owned(), format!("?{query}"))));
        covered.extend(self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        covered
    }
}

impl Backend {
    /// Adds a key to a site and holds its private half.
    pub(crate) fn new(site: &Site, seed: u8, change: impl FnOnce(&mut NewKey)) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed");
        let public = pair.public_key().as_ref().try_into().expect("32 bytes");
        let mut new = NewKey { signs: Some(VerifyingKey::stored(public)), ..blank() };
        change(&mut new);
        let (key, _) =
            site.world.app.change(&Actor::chore(), move |change| service::add(change, &new)).wait().expect("a key");
        // What a process knows of keys is half a second old.
        site.world.clock.advance(Span::from_secs(1));
        Self { key, pair }
    }

    /// The parameters of a signature that is made now.
    pub(crate) fn params(&self, site: &Site, nonce: &str) -> String {
        let now = site.world.app.clock().now().as_second();
        format!(";created={now};nonce=\"nonce-of-16-chars-{nonce}\";keyid=\"{}\"", self.key.id)
    }

    /// Signs a request as it should be.
    pub(crate) fn sign(&self, site: &Site, draft: &Draft, nonce: &str) -> Ask {
        let mut draft = draft.clone();
        if !draft.body.is_empty() {
            draft = draft.clone().with("content-digest", &content_digest(&draft.body));
        }
        self.sign_these(&draft, &draft.covered(), &self.params(site, nonce))
    }

    /// Signs so many components of a request, under these parameters.
    pub(crate) fn sign_these(&self, draft: &Draft, covered: &[(String, String)], params: &str) -> Ask {
        let names: Vec<String> = covered.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let params = format!("({}){params}", names.join(" "));
        let lines: Vec<String> = covered.iter().map(|(name, value)| format!("\"{name}\": {value}\n")).collect();
        let base = format!("{}\"@signature-params\": {params}", lines.concat());
        let signature = BASE64.encode(self.pair.sign(base.as_bytes()).as_ref());
        let ask = draft.ask().header("signature-input", &format!("sig1={params}"));
        ask.header("signature", &format!("sig1=:{signature}:"))
    }

    /// Everything that a request of ours covers, to leave something out or change it.
    pub(crate) fn all(draft: &Draft) -> Vec<(String, String)> {
        draft.covered()
    }
}

fn blank() -> NewKey {
    NewKey {
        name: "exchange".to_owned(),
        signs: None,
        scopes: Scope::ALL.to_vec(),
        networks: Vec::new(),
        lives: Span::from_hours(24),
    }
}

pub(crate) fn content_digest(body: &str) -> String {
    format!("sha-256=:{}:", BASE64.encode(digest(&SHA256, body.as_bytes()).as_ref()))
}

/// A key with a secret for this machine.
pub(crate) fn local(site: &Site, change: impl FnOnce(&mut NewKey)) -> (ServiceKey, SecretText) {
    let mut new = NewKey { networks: vec!["127.0.0.0/8".parse().expect("a range")], ..blank() };
    change(&mut new);
    let (key, secret) =
        site.world.app.change(&Actor::chore(), move |change| service::add(change, &new)).wait().expect("a key");
    site.world.clock.advance(Span::from_secs(1));
    (key, secret.expect("a secret"))
}

pub(crate) fn check(secret: &SecretText) -> Draft {
    Draft::post("/api/v1/service/session/check", &json!({ "session_secret": secret.reveal() }))
}

pub(crate) fn customer(site: &Site, name: &str) -> NewSession {
    let mut person = site.world.customer(name);
    let session = site.world.sign_in(&mut person);
    site.world.settle();
    session
}

pub(crate) fn withdrawal(session: &NewSession, reference: &str) -> Value {
    json!({
        "account": session.account, "kind": "withdrawal", "asset": "BTC", "amount": "0.05",
        "address": "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh", "reference": reference,
        "happened_at": "2026-11-22T11:59:00Z",
    })
}

pub(crate) fn events(events: &[Value]) -> Draft {
    Draft::post("/api/v1/service/events", &json!({ "events": events }))
}

both! {
    fn a_backend_learns_whose_session_it_is_by_both_ways_to_ask(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let by_post = site.send(backend.sign(&site, &check(&session.secret), "1")).expect(200);
        assert_eq!(by_post["live"], true);
        let found = &by_post["session"];
        assert_eq!(found["account"], session.account.to_string());
        assert_eq!(found["id"], session.session.to_string());
        assert_eq!(found["assurance"], "password");
        assert_eq!(found["flags"], json!([]));
        assert_eq!(found["standing"]["may_move_money"], true);
        let draft = Draft::get("/api/v1/service/session").with("countersign-session", session.secret.reveal());
        assert_eq!(site.send(backend.sign(&site, &draft, "2")).expect(200), by_post);
        let (_, secret) = local(&site, |_| {});
        assert_eq!(site.send(check(&session.secret).ask().bearer(&secret).from("127.0.0.1")).expect(200), by_post);
        let nobodys = SecretText::presented("A".repeat(43));
        assert_eq!(site.send(backend.sign(&site, &check(&nobodys), "3")).expect(200), json!({ "live": false, "session": null }));
    }

    fn a_session_that_ended_and_one_that_was_frozen_are_not_live_at_the_next_check(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let account = session.account;
        let standing = Draft::get(&format!("/api/v1/service/accounts/{account}/standing"));
        let before = site.send(backend.sign(&site, &standing, "1")).expect(200);
        assert_eq!(before["standing"]["may_move_money"], true);
        let frozen = site.world.app.change(&Actor::chore(), move |change| freeze(change, account, FreezeCause::Link));
        frozen.wait().expect("it freezes");
        assert_eq!(site.send(backend.sign(&site, &check(&session.secret), "2")).expect(200)["live"], false);
        let after = site.send(backend.sign(&site, &standing, "3")).expect(200);
        assert_eq!(after["standing"]["may_move_money"], false);
        assert_eq!(after["standing"]["may_move_money_to_old_addresses"], false);
        assert_eq!(after["standing"]["reasons"][0]["code"], "frozen");
        assert_eq!(after["flags"], json!(["frozen"]));
        assert!(after["epoch"].as_i64() > before["epoch"].as_i64());
        let nobody = Draft::get("/api/v1/service/accounts/01900000-0000-7000-8000-000000000000/standing");
        assert_eq!(site.send(backend.sign(&site, &nobody, "4")).problem(), "404 no_such_thing -");
    }

    fn a_check_keeps_a_session_alive_only_where_it_says_from_where_the_customer_came(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let (ada, bob) = (customer(&site, "ada"), customer(&site, "bob"));
        let seen = json!({ "session_secret": ada.secret.reveal(), "seen_from": "203.0.113.50" });
        for number in 0..3 {
            site.world.clock.advance(Span::from_mins(20));
            let seen = Draft::post("/api/v1/service/session/check", &seen);
            assert_eq!(site.send(backend.sign(&site, &seen, &format!("a{number}"))).expect(200)["live"], true);
            let bobs = site.send(backend.sign(&site, &check(&bob.secret), &format!("b{number}"))).expect(200);
            assert_eq!(bobs["live"], number == 0, "20 minutes are not idle, 40 are");
            site.world.settle();
        }
        let sessions = site.send(Ask::get("/api/v1/sessions").bearer(&ada.secret)).expect(200);
        assert_eq!(sessions["sessions"][0]["last_ip"], "203.0.113.50");
        let wrong = json!({ "session_secret": ada.secret.reveal(), "seen_from": "somewhere" });
        let wrong = Draft::post("/api/v1/service/session/check", &wrong);
        assert_eq!(site.send(backend.sign(&site, &wrong, "w")).problem(), "422 bad_value seen_from");
    }

    fn what_the_backend_reports_stands_in_the_activity_and_is_told_with_the_freeze_offer(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        site.world.add_phone(&ada, &session, "+41791234567");
        let mut all: Vec<Value> = ["purchase", "deposit", "withdrawal"]
            .iter()
            .map(|kind| {
                let mut one = withdrawal(&session, &format!("{kind}-1"));
                one["kind"] = json!(kind);
                one
            })
            .collect();
        all[0].as_object_mut().expect("an object").remove("address");
        let sent = events(&all).with("idempotency-key", "batch-1");
        let taken = site.send(backend.sign(&site, &sent, "1")).expect(200);
        assert_eq!(taken["results"].as_array().expect("a list").len(), 3);
        assert!(taken["results"].as_array().expect("a list").iter().all(|one| one["status"] == "done"), "{taken}");
        site.world.settle();
        let log = site.world.log(session.account);
        for code in ["money.purchased", "money.deposited", "money.withdrawn"] {
            assert!(log.iter().any(|line| line.ends_with(&format!("{code} exchange"))), "{log:?}");
        }
        let letters = site.world.post.letters();
        let letter = letters.iter().find(|letter| letter.subject == "A withdrawal was made").expect("a letter");
        assert!(letter.freeze_url.is_some());
        let fact = |name: &str| letter.facts.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        assert_eq!(fact("Amount"), "0.05 BTC");
        assert_eq!(fact("Address"), "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh");
        assert_eq!(fact("Transaction"), "withdrawal-1");
        for subject in ["A purchase was made", "A deposit arrived"] {
            assert!(letters.iter().any(|letter| letter.subject == subject && letter.freeze_url.is_some()), "{subject}");
        }
        let texts: Vec<String> = site.world.post.texts().iter().map(|sms| sms.text.clone()).collect();
        for line in [
            "A purchase was made: 0.05 BTC.",
            "A deposit arrived: 0.05 BTC from bc1qxy...hx0wlh.",
            "A withdrawal was made: 0.05 BTC to bc1qxy...hx0wlh.",
        ] {
            assert!(texts.iter().any(|text| text.contains(line) && text.contains("type these words under Stop")), "{texts:?}");
        }
        let activity = site.send(Ask::get("/api/v1/activity").bearer(&session.secret)).expect(200);
        assert!(activity.to_string().contains("0.05 BTC to bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"), "{activity}");
    }

    fn a_report_is_told_once_however_it_is_sent_again(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let sent = events(&[withdrawal(&session, "W-1")]).with("idempotency-key", "one");
        let first = site.send(backend.sign(&site, &sent, "1")).expect(200);
        let logged = site.logged(session.account);
        // The same request, signed anew: the one answer.
        assert_eq!(site.send(backend.sign(&site, &sent, "2")).expect(200), first);
        // The same key with another body.
        let other = events(&[withdrawal(&session, "W-2")]).with("idempotency-key", "one");
        assert_eq!(site.send(backend.sign(&site, &other, "3")).problem(), "422 key_used -");
        // The same report in another request, beside a new one and twice in one.
        let again = events(&[withdrawal(&session, "W-1"), withdrawal(&session, "W-3"), withdrawal(&session, "W-3")]);
        let again = site.send(backend.sign(&site, &again.with("idempotency-key", "two"), "4")).expect(200);
        let statuses: Vec<&str> = again["results"].as_array().expect("a list").iter().filter_map(|one| one["status"].as_str()).collect();
        assert_eq!(statuses, ["already", "done", "already"]);
        assert_eq!(again["results"][0]["sequence"], first["results"][0]["sequence"]);
        assert_eq!(site.logged(session.account), logged + 1);
        // Another event under a reference that was used; an account that is not there; and the key that takes over.
        let mut changed = withdrawal(&session, "W-1");
        changed["amount"] = json!("5");
        let mut nobodys = withdrawal(&session, "W-4");
        nobodys["account"] = json!("01900000-0000-7000-8000-000000000000");
        let next = Backend::new(&site, 2, |_| {});
        let sent = events(&[changed, nobodys, withdrawal(&session, "W-1")]).with("idempotency-key", "three");
        let answer = site.send(next.sign(&site, &sent, "5")).expect(200);
        let statuses: Vec<&str> = answer["results"].as_array().expect("a list").iter().filter_map(|one| one["status"].as_str()).collect();
        assert_eq!(statuses, ["reference_used", "no_such_account", "already"]);
        // Another backend has references of its own.
        let other = Backend::new(&site, 3, |key| key.name = "market".to_owned());
        let sent = events(&[withdrawal(&session, "W-1")]).with("idempotency-key", "one");
        assert_eq!(site.send(other.sign(&site, &sent, "6")).expect(200)["results"][0]["status"], "done");
    }

    fn what_may_have_been_told_and_forgotten_is_too_old(world: World) {
        let site = Site::new(world);
        let session = customer(&site, "ada");
        let sent = events(&[withdrawal(&session, "W-1")]);
        let backend = Backend::new(&site, 1, |_| {});
        site.send(backend.sign(&site, &sent.clone().with("idempotency-key", "one"), "1")).expect(200);
        site.world.clock.advance(Span::from_hours(24 * 401));
        retain::drop_all(&site.world.app, false, &mut |_| ()).expect("it goes through");
        let logged = site.logged(session.account);
        let next = Backend::new(&site, 2, |_| {});
        let answer = site.send(next.sign(&site, &sent.with("idempotency-key", "two"), "2")).expect(200);
        assert_eq!(answer["results"][0], json!({ "reference": "W-1", "status": "too_old", "sequence": null }));
        assert_eq!(site.logged(session.account), logged);
    }

    fn a_batch_with_something_out_of_shape_is_refused_whole_and_names_it(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let logged = site.logged(session.account);
        let mut number = 0;
        let mut said = |draft: Draft| {
            number += 1;
            site.send(backend.sign(&site, &draft, &number.to_string())).problem()
        };
        let with = |field: &str, value: Value| {
            let mut wrong = withdrawal(&session, "W-2");
            wrong[field] = value;
            events(&[withdrawal(&session, "W-1"), wrong]).with("idempotency-key", "one")
        };
        assert_eq!(said(with("amount", json!("1e3"))), "422 bad_value events.1.amount");
        assert_eq!(said(with("amount", json!(0.5))), "422 wrong_type events.1.amount");
        assert_eq!(said(with("asset", json!("btc"))), "422 bad_value events.1.asset");
        assert_eq!(said(with("address", json!("https://evil.example/"))), "422 bad_value events.1.address");
        assert_eq!(said(with("reference", json!("a b"))), "422 bad_value events.1.reference");
        assert_eq!(said(with("happened_at", json!("yesterday"))), "422 bad_value events.1.happened_at");
        for time in ["2027-11-22T12:00:00Z", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2026-11-22T11:59:60Z"] {
            assert_eq!(said(with("happened_at", json!(time))), "422 bad_value events.1.happened_at", "{time}");
        }
        assert_eq!(said(with("kind", json!("theft"))).split(' ').next(), Some("422"));
        assert_eq!(said(with("fee", json!("1"))), "422 unknown_field events.1.fee");
        assert_eq!(said(events(&[]).with("idempotency-key", "one")), "422 wrong_length events");
        let many: Vec<Value> = (0..101).map(|number| withdrawal(&session, &format!("M-{number}"))).collect();
        assert_eq!(said(events(&many).with("idempotency-key", "one")), "422 wrong_length events");
        assert_eq!(said(events(&[withdrawal(&session, "W-1")])), "422 missing_field Idempotency-Key");
        assert_eq!(site.logged(session.account), logged);
        let fits = events(&many[..100]).with("idempotency-key", "one");
        site.send(backend.sign(&site, &fits, "fits")).expect(200);
        assert_eq!(site.logged(session.account), logged + 100);
    }

    fn fifty_copies_of_a_report_at_once_are_told_once(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let logged = site.logged(session.account);
        let sent = events(&[withdrawal(&session, "W-1")]);
        let asks: Vec<Ask> = (0..50)
            .map(|number| {
                // Half of them as the same request, half each as a request of its own.
                let key = if number % 2 == 0 { "one".to_owned() } else { format!("key-{number}") };
                backend.sign(&site, &sent.clone().with("idempotency-key", &key), &number.to_string())
            })
            .collect();
        let statuses = site.world.wait(async {
            futures_util::future::join_all(asks.into_iter().map(|ask| async { site.open(ask).await.status().as_u16() })).await
        });
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        assert_eq!(site.logged(session.account), logged + 1);
    }
}
