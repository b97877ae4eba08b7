//! The delivery of webhooks: for each target that has something due, hands of its own, so that one that is slow delays nobody
//! else. Several for each, and one of them for freezes alone: a target that hangs over other news is told of a freeze at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::WebhookId;
use domain::meters::{CALLING, Stopwatch};
use domain::webhooks::{self, Courier, Hand};
use domain::{App, Stop, Tally};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::report;

/// Between two looks when the feed does not move: for what is tried again, and what another process replays.
const LOOK: Duration = Duration::from_millis(500);

/// Hands of one target that take whatever is due. They are not all put to work at once: one more at each look that finds
/// something that nobody has.
const HANDS: usize = 3;

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
                if let Ok(seat) = done {
                    busy.remove(&seat);
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
        for target in due {
            if let Some(seat) = Seat::of(target).into_iter().find(|seat| !busy.contains(seat)) {
                busy.insert(seat);
                hands.spawn(deliver(app.clone(), courier.clone(), seat, closing.clone()));
            }
        }
    }
    while hands.join_next().await.is_some() {}
}

/// The place of one hand.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Seat {
    target: WebhookId,
    hand: Hand,
    number: usize,
}

impl Seat {
    /// Those of one target, in the order in which they are taken: the one for freezes when all others are busy.
    fn of(target: WebhookId) -> [Self; HANDS + 1] {
        let hand = |number| if number < HANDS { Hand::ForAll } else { Hand::ForFreezes };
        std::array::from_fn(|number| Self { target, hand: hand(number), number })
    }
}

/// Delivers what is due to one target, one after the other. Answers which seat is free again.
async fn deliver(app: App, courier: Arc<dyn Courier>, seat: Seat, closing: watch::Receiver<bool>) -> Seat {
    loop {
        let (working, courier, took) = (app.clone(), courier.clone(), Stopwatch::start());
        let called = spawn_blocking(move || webhooks::deliver_next(&working, &*courier, seat.target, seat.hand)).await;
        let well = matches!(called, Ok(Ok(_)));
        app.meters().chore_ran(CALLING, well, &took);
        let tally = |done: bool| Tally { done: u64::from(done), more: done };
        if report(CALLING, called.map(|called: Result<bool, Stop>| called.map(tally))) == 0 || *closing.borrow() {
            if !well {
                // What cannot be written down now is not called again at once.
                sleep(REST).await;
            }
            return seat;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use domain::activity::EndedBy;
    use domain::protections::{self, FreezeCause};
    use domain::webhooks::{Answer, Call};
    use domain::{Actor, feed, sessions};
    use testkit::{Database, World};

    use super::*;

    /// Takes freezes, and holds on to whatever else comes until it is let go.
    struct Hangs {
        told: Sender<String>,
        let_go: Mutex<Receiver<()>>,
    }

    impl Courier for Hangs {
        fn call(&self, call: &Call) -> Answer {
            if !call.body.contains(r#""kind":"freeze""#) {
                self.told.send("held".to_owned()).expect("somebody listens");
                let _ = self.let_go.lock().expect("no holder panics").recv();
                return Answer::Failed("it hung".to_owned());
            }
            self.told.send("freeze".to_owned()).expect("somebody listens");
            Answer::Taken("200".to_owned())
        }
    }

    #[test]
    fn a_freeze_is_told_while_every_other_hand_waits_for_the_target() {
        let world = World::new(Database::sqlite());
        let customers: Vec<_> =
            (0..=HANDS).map(|number| world.sign_in(&mut world.customer(&format!("customer{number}")))).collect();
        let add = |change: &mut domain::Change<'_>| webhooks::add(change, "it hangs", "https://hooks.exchange.example");
        world.app.change(&Actor::chore(), add).wait().expect("it is added");
        for (account, session) in customers[1..].iter().map(|customer| (customer.account, customer.session)) {
            let end =
                move |change: &mut domain::Change<'_>| sessions::end(change, account, session, EndedBy::OtherDevice);
            world.app.change(&Actor::chore(), end).wait().expect("it ends");
        }
        while feed::place(&world.app).expect("placed").more {}
        // Before what the courier holds on to: a test that fails lets go first, and the runtime waits for nobody.
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let (told, heard) = channel();
        let (let_go, held) = channel();
        let courier = Arc::new(Hangs { told, let_go: Mutex::new(held) });
        let (close, closing) = watch::channel(false);
        let running = runtime.spawn(run(world.app.clone(), courier, closing));
        let next = || heard.recv_timeout(Duration::from_secs(30)).expect("it is told");
        for _ in 0..HANDS {
            assert_eq!(next(), "held");
        }
        let account = customers[0].account;
        let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Words);
        world.app.change(&Actor::chore(), freeze).wait().expect("it freezes");
        while feed::place(&world.app).expect("placed").more {}
        assert_eq!(next(), "freeze", "while {HANDS} hands wait");
        close.send(true).expect("it runs");
        drop(let_go);
        runtime.block_on(running).expect("it closes");
    }
}
