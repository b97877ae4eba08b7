//! The delivery of webhooks: for each target that has something due, hands of its own, so that one that is slow delays nobody
//! else.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::WebhookId;
use domain::meters::{CALLING, Stopwatch};
use domain::webhooks::{self, Courier};
use domain::{App, Stop, Tally};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::report;

/// Between two looks when the feed does not move: for what is tried again, and what another process replays.
const LOOK: Duration = Duration::from_millis(500);

/// After a failure of the database.
const REST: Duration = Duration::from_secs(2);

/// Runs until it is told to close; calls under way are finished.
pub(super) async fn run(app: App, courier: Arc<dyn Courier>, mut closing: watch::Receiver<bool>) {
    let mut moves = app.feed_moves();
    let (mut busy, mut hands) = (HashSet::new(), JoinSet::new());
    let mut pause = LOOK;
    while !*closing.borrow() {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => break,
            Some(done) = hands.join_next(), if !hands.is_empty() => {
                // A hand that panicked says no target; it is free again when all are.
                if let Ok(target) = done {
                    busy.remove(&target);
                } else if hands.is_empty() {
                    busy.clear();
                }
            }
            _ = timeout(pause, moves.changed()) => {}
        }
        let looking = app.clone();
        let due = match spawn_blocking(move || webhooks::due(&looking)).await {
            Ok(Ok(due)) => due,
            failed => {
                report(CALLING, failed.map(|due| due.map(|_| Tally::default())));
                pause = REST;
                continue;
            }
        };
        pause = LOOK;
        for target in due.into_iter().filter(|target| busy.insert(*target)) {
            hands.spawn(deliver(app.clone(), courier.clone(), target, closing.clone()));
        }
    }
    while hands.join_next().await.is_some() {}
}

/// Delivers what is due to one target, one after the other. Answers whose hand is free again.
async fn deliver(app: App, courier: Arc<dyn Courier>, target: WebhookId, closing: watch::Receiver<bool>) -> WebhookId {
    loop {
        let (working, courier, took) = (app.clone(), courier.clone(), Stopwatch::start());
        let called = spawn_blocking(move || webhooks::deliver_next(&working, &*courier, target)).await;
        let well = matches!(called, Ok(Ok(_)));
        app.meters().chore_ran(CALLING, well, &took);
        let tally = |done: bool| Tally { done: u64::from(done), more: done };
        if report(CALLING, called.map(|called: Result<bool, Stop>| called.map(tally))) == 0 || *closing.borrow() {
            if !well {
                // What cannot be written down now is not called again at once.
                sleep(REST).await;
            }
            return target;
        }
    }
}
