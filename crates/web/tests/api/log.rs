//! What the request log says, and what it never says.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use domain::protections::{FreezeCause, freeze};
use domain::webhooks::{self, Answer, Call, Courier, Hand};
use domain::{Actor, SecretText, feed};
use serde_json::json;
use testkit::{PASSWORD, act_link, both};
use tracing::subscriber::with_default;
use tracing_subscriber::fmt::MakeWriter;

use super::client::{Ask, Site};

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no holder panics").write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What is logged, at the finest level, while this runs.
fn logged(run: impl FnOnce()) -> String {
    let kept = Kept::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(kept.clone())
        .finish();
    with_default(subscriber, run);
    let bytes = kept.0.lock().expect("no holder panics").clone();
    String::from_utf8(bytes).expect("a log in UTF-8")
}

/// A target that takes nothing.
struct Never;

impl Courier for Never {
    fn call(&self, _call: &Call) -> Answer {
        Answer::Failed("500".to_owned())
    }
}

both! {
    fn a_webhook_that_is_not_taken_is_logged_without_its_address_and_its_secret(world: World) {
        let mut ada = world.customer("ada");
        let account = world.sign_in(&mut ada).account;
        world.settle();
        let url = "https://hooks.exchange.example/a-secret-in-the-path";
        let add = world.app.change(&Actor::chore(), move |change| webhooks::add(change, "the backend", url));
        let (target, secret) = add.wait().unwrap();
        let log = logged(|| {
            let frozen = world.app.change(&Actor::chore(), move |change| freeze(change, account, FreezeCause::Link));
            frozen.wait().unwrap();
            while feed::place(&world.app).unwrap().done > 0 {}
            assert!(webhooks::deliver_next(&world.app, &Never, target.id, Hand::ForAll).unwrap());
        });
        assert!(log.contains("a webhook was not taken") && log.contains("the backend") && log.contains("500"), "{log}");
        for secret in [secret.reveal(), "a-secret-in-the-path", "v1,", &account.to_string()] {
            assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
        }
    }

    fn the_log_names_the_route_and_keeps_every_secret(world: World) {
        let site = Site::new(world);
        let ada = site.world.customer("ada");
        let link = act_link(&site.world.post.newest_to(&ada.email));
        let session = SecretText::presented("S".repeat(43));
        let device = SecretText::presented("D".repeat(43));
        let log = logged(|| {
            site.send(Ask::get(&format!("/l/{}", link.reveal())).cookie(&session));
            site.send(Ask::get("/settings/security?before=7&note=private").cookie(&session));
            site.send(Ask::get(&format!("/no/such/{}", link.reveal())));
            let body = json!({ "email": ada.email, "password": PASSWORD, "device_secret": device.reveal() });
            site.send(Ask::post("/api/v1/sign-in").json(&body));
            site.send(Ask::get("/api/v1/session").bearer(&session));
        });
        for route in ["/l/{secret}", "/settings/security", "(none)", "/api/v1/sign-in", "/api/v1/session"] {
            assert!(log.contains(&format!("route=\"{route}\"")), "{route} is not in the log:\n{log}");
        }
        let secrets = [link.reveal(), session.reveal(), device.reveal(), PASSWORD, ada.email.as_str(), "private"];
        for secret in secrets {
            assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
        }
    }

    fn a_fault_is_logged_once_under_the_number_that_the_customer_reads(world: World) {
        let site = Site::new(world);
        let mut numbers = Vec::new();
        let log = logged(|| {
            let api = site.send(Ask::get("/api/v1/help").nowhere());
            assert_eq!(api.problem(), "500 fault -");
            numbers.push(api.json()["number"].as_str().expect("a number").to_owned());
            let page = site.send(Ask::get("/help").nowhere());
            assert_eq!(page.status, 500);
            let said = page.text();
            assert!(!said.contains("address of its connection"), "{said}");
            let (before, _) = numbers[0].rsplit_once('-').expect("a number of two parts");
            let at = said.find(before).expect("the page shows the number");
            numbers.push(said[at..].chars().take_while(|sign| sign.is_ascii_digit() || *sign == '-').collect());
        });
        assert_ne!(numbers[0], numbers[1]);
        for number in numbers {
            assert_eq!(log.matches(&number).count(), 1, "{number} in:\n{log}");
        }
    }
}
