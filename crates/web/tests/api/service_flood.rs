//! A backend that sends more than is good, and the customers beside it.

use std::sync::mpsc::channel;

use domain::ids::AccountId;
use domain::protections::{FreezeCause, freeze};
use domain::{Actor, activity};
use serde_json::Value;
use testkit::both;

use super::client::Site;
use super::service::{Backend, customer, events, local, withdrawal};

/// How many entries with this code an account's log has from before it was frozen.
fn before_the_freeze(site: &Site, account: AccountId, code: &str) -> usize {
    let (mut found, mut after) = (0, 0);
    loop {
        let page = site.world.app.view(move |view| activity::newer(view, account, after)).wait().expect("the log");
        after = page.last().expect("it was frozen").sequence;
        for entry in page {
            match entry.event.spec().code {
                "protection.frozen" => return found,
                other => found += usize::from(other == code),
            }
        }
    }
}

both! {
    fn a_freeze_goes_before_the_reports_that_wait(world: World) {
        let site = Site::new(world);
        let (_, secret) = local(&site, |_| {});
        let session = customer(&site, "ada");
        let account = session.account;
        // The engine stands still until all of them have come.
        let ((hold, held), (open, gate)) = (channel::<()>(), channel::<()>());
        let still = site.world.app.change(&Actor::chore(), move |change| {
            change.rows().account_lock(account)?;
            let _ = hold.send(());
            let _ = gate.recv();
            Ok(())
        });
        held.recv().expect("it stands still");
        std::thread::scope(|threads| {
            for number in 0..12 {
                let batch: Vec<Value> = (0..100).map(|each| withdrawal(&session, &format!("W-{number}-{each}"))).collect();
                let sent = events(&batch).with("idempotency-key", &format!("flood-{number}"));
                let (site, ask) = (&site, sent.ask().bearer(&secret).from("127.0.0.1"));
                threads.spawn(move || site.send(ask));
            }
            while site.web.reports_waiting() < 10 {
                std::thread::yield_now();
            }
            let frozen = site.world.app.change(&Actor::chore(), move |change| freeze(change, account, FreezeCause::Link));
            drop(open);
            frozen.wait().expect("it freezes");
        });
        still.wait().expect("it went on");
        let before = before_the_freeze(&site, account, "money.withdrawn");
        // In line it stands behind the two requests that had their turn. PostgreSQL then gives the account's row to whoever is
        // there when it is free, which may be one who came later, but never all of them.
        let most = if site.world.database().directory().is_some() { 200 } else { 1100 };
        assert!(before <= most, "{before} reports went before the freeze");
    }

    fn a_signed_report_that_was_refused_can_be_sent_again_as_it_is(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let mut wrong = withdrawal(&session, "W-1");
        wrong["amount"] = "none".into();
        let refused = backend.sign(&site, &events(&[wrong]).with("idempotency-key", "one"), "1");
        for _ in 0..2 {
            assert_eq!(site.send(refused.clone()).problem(), "422 bad_value events.0.amount");
        }
        let taken = backend.sign(&site, &events(&[withdrawal(&session, "W-1")]).with("idempotency-key", "one"), "1");
        site.send(taken.clone()).expect(200);
        assert_eq!(site.send(taken).problem(), "401 nonce_used -");
    }
}
