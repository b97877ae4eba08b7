//! The worker: chores at their intervals; the delivery of notices, and the feed, as soon as a commit pokes it.

mod calls;

use std::sync::Arc;
use std::time::Duration;

use domain::meters::{DELIVERY, PLACING, Stopwatch};
use domain::notifications::{self, Carrier, Way};
use domain::webhooks::Courier;
use domain::{App, CHORES, Stop, Tally, feed};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Letters, and SMS, that are handed over at once. Each carrier has hands of its own: a gateway that answers nobody holds
/// up no letter, and the other way round.
const HANDS: [(Way, usize); 2] = [(Way::Mail, 4), (Way::Sms, 2)];

/// Between two looks at the outbox when nothing pokes the worker.
const LOOK_SECONDS: u64 = 5;

/// The same for the feed: what another node wrote, and whoever waits here for what another node placed, waits no longer.
const FEED_LOOK: Duration = Duration::from_millis(400);

/// The same after a look that failed: a database that is away is not asked more often than it can be mended.
const FEED_REST: Duration = Duration::from_secs(1);

/// Runs until it is told to close; what is under way is finished.
pub(crate) async fn run(
    app: App,
    carrier: Arc<dyn Carrier>,
    courier: Arc<dyn Courier>,
    closing: watch::Receiver<bool>,
) {
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
                let (working, stopping, took) = (app.clone(), closing.clone(), Stopwatch::start());
                let outcome = spawn_blocking(move || chore.turn(&working, || *stopping.borrow())).await;
                app.meters().chore_ran(chore.name, matches!(outcome, Ok(Ok(_))), &took);
                report(chore.name, outcome);
            }
        });
    }
    for way in HANDS.iter().flat_map(|(way, hands)| std::iter::repeat_n(*way, *hands)) {
        tasks.spawn(deliver(app.clone(), carrier.clone(), way, closing.clone()));
    }
    tasks.spawn(calls::run(app.clone(), courier, closing.clone()));
    tasks.spawn(place(app, closing));
    while tasks.join_next().await.is_some() {}
}

/// Gives positions to what was written for the feed.
async fn place(app: App, mut closing: watch::Receiver<bool>) {
    let mut pause = FEED_LOOK;
    loop {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return,
            () = app.feed_grew() => {}
            () = sleep(pause) => {}
        }
        loop {
            let (working, took) = (app.clone(), Stopwatch::start());
            let placed = spawn_blocking(move || feed::place(&working)).await;
            let well = matches!(placed, Ok(Ok(_)));
            app.meters().chore_ran(PLACING, well, &took);
            pause = if well { FEED_LOOK } else { FEED_REST };
            if report(PLACING, placed) == 0 || *closing.borrow() {
                break;
            }
        }
    }
}

async fn deliver(app: App, carrier: Arc<dyn Carrier>, way: Way, mut closing: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return,
            () = app.work_to_do(way) => {}
            () = sleep(Duration::from_secs(LOOK_SECONDS)) => {}
        }
        loop {
            let (working, carrier, took) = (app.clone(), carrier.clone(), Stopwatch::start());
            let delivered = spawn_blocking(move || notifications::deliver_by(&working, &*carrier, way)).await;
            app.meters().chore_ran(DELIVERY, matches!(delivered, Ok(Ok(_))), &took);
            let done = report(DELIVERY, delivered);
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use domain::notifications::{Fate, Letter, Sms};
    use domain::protections;
    use domain::webhooks::{Answer, Call};
    use testkit::{Database, World};

    use super::*;

    /// How long a letter may take before the test says that something holds it up.
    const PATIENCE: Duration = Duration::from_secs(40);

    /// A mail server that takes everything, and a gateway that answers nobody until the test is over.
    struct GatewayDead {
        letters: Mutex<Sender<String>>,
        over: Mutex<Receiver<()>>,
    }

    struct NoTargets;

    impl Courier for NoTargets {
        fn call(&self, _call: &Call) -> Answer {
            panic!("there is no webhook")
        }
    }

    impl Carrier for GatewayDead {
        fn carry(&self, letter: &Letter) -> Fate {
            let _ = self.letters.lock().unwrap().send(letter.subject.clone());
            Fate::Sent("250 kept".to_owned())
        }

        fn carry_sms(&self, _sms: &Sms) -> Fate {
            // Ends when the test lets go of the other end.
            let _ = self.over.lock().unwrap().recv();
            Fate::Later("no answer".to_owned())
        }
    }

    #[test]
    fn an_sms_gateway_that_answers_nobody_holds_up_no_letter() {
        let world = World::with_settings(Database::sqlite(), |settings| settings.guess.freeze_words_daily = 100);
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, "+41791234567");
        let (letters, handed_over) = channel();
        let (over, waits) = channel::<()>();
        let carrier = Arc::new(GatewayDead { letters: Mutex::new(letters), over: Mutex::new(waits) });
        let (close, closing) = watch::channel(false);
        world.spawn(run(world.app.clone(), carrier, Arc::new(NoTargets), closing));
        // More than there are hands; each is told by letter and by SMS.
        for round in 0..8 {
            let account = session.account;
            let actor = mira.in_session(&session);
            let renewed = world.app.change(&actor, move |change| protections::replace_freeze_words(change, account));
            renewed.wait().unwrap();
            let letter = handed_over.recv_timeout(PATIENCE);
            assert!(letter.is_ok(), "letter {round} waits for the gateway");
        }
        drop(over);
        close.send_replace(true);
    }
}
