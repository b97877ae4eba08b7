//! The worker: chores at their intervals, and the delivery of notices as soon as a commit pokes it.

use std::sync::Arc;
use std::time::Duration;

use domain::notifications::{self, Carrier};
use domain::{App, CHORES, Stop, Tally};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Letters that are handed over at once.
const HANDS: usize = 4;

/// Between two looks at the outbox when nothing pokes the worker.
const LOOK_SECONDS: u64 = 5;

/// Runs until it is told to close; what is under way is finished.
pub(crate) async fn run(app: App, carrier: Arc<dyn Carrier>, closing: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    for chore in CHORES {
        let (app, mut closing) = (app.clone(), closing.clone());
        tasks.spawn(async move {
            let mut ticks = interval(Duration::from_secs(chore.every_seconds));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = closing.wait_for(|closing| *closing) => return,
                    _ = ticks.tick() => {}
                }
                let app = app.clone();
                report(chore.name, spawn_blocking(move || (chore.run)(&app)).await);
            }
        });
    }
    for _ in 0..HANDS {
        tasks.spawn(deliver(app.clone(), carrier.clone(), closing.clone()));
    }
    while tasks.join_next().await.is_some() {}
}

async fn deliver(app: App, carrier: Arc<dyn Carrier>, mut closing: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return,
            () = app.work_to_do() => {}
            () = sleep(Duration::from_secs(LOOK_SECONDS)) => {}
        }
        loop {
            let (app, carrier) = (app.clone(), carrier.clone());
            let done = report("notices_deliver", spawn_blocking(move || notifications::deliver(&app, &*carrier)).await);
            if done == 0 || *closing.borrow() {
                break;
            }
        }
    }
}

fn report(name: &str, outcome: Result<Result<Tally, Stop>, tokio::task::JoinError>) -> u64 {
    match outcome {
        Ok(Ok(tally)) => {
            if tally.done > 0 {
                tracing::debug!(chore = name, done = tally.done, "chore");
            }
            return tally.done;
        }
        Ok(Err(stop)) => tracing::warn!(chore = name, error = %stop, "a chore failed and is tried again"),
        Err(panic) => tracing::error!(chore = name, error = %panic, "a chore panicked and is tried again"),
    }
    0
}
