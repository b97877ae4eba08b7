//! A Countersign without doors in a process of its own: it takes orders on its standard input and says what became of
//! them on its standard output. The test program starts itself again with one test chosen, [`a_machine`].

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::pin::Pin;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use domain::clock::{Clock, HandClock};
use domain::credentials::BreachedPasswords;
use domain::entropy::SystemEntropy;
use domain::ids::{AccountId, SessionId};
use domain::notifications::Way;
use domain::repeats::{self, Asked, Repeatable};
use domain::{
    Actor, App, Core, Fault, Keys, Origin, Refusal, SecretText, Settings, Stop, Time, View, Who, notifications,
    protections,
};
use outside::mail::{MailSettings, SmtpCarrier};
use serde::Serialize;
use testkit::{Database, World};

/// How long anything may take before the test says that it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

const ORDER: &str = "COUNTERSIGN_TEST_MACHINE";

/// What the tests hear of.
#[derive(Debug)]
pub(crate) enum News {
    /// It opened its database and takes orders.
    Ready,
    /// The order was done, and durably.
    Done(u64),
    /// The order was answered with a fault of this kind.
    Failed(u64, String),
    /// All letters that were due are handed over.
    Settled,
    /// Its output ended.
    Gone,
    /// A letter arrived in the mailbox.
    Letter,
}

/// What a machine is made of.
pub(crate) struct Plan<'a> {
    pub(crate) database: &'a Path,
    /// The port of the mail server; 0 for none.
    pub(crate) mail_port: u16,
    /// Threads that hand letters over; with none it does so when it is asked to settle.
    pub(crate) hands: usize,
    /// The moment at which its clock stands.
    pub(crate) at: Time,
    /// What is put into its environment.
    pub(crate) environment: Vec<(String, String)>,
}

/// A machine that runs; it is killed when it is dropped.
pub(crate) struct Machine {
    child: Child,
    orders: Option<ChildStdin>,
}

impl Machine {
    pub(crate) fn start(plan: &Plan<'_>, news: &Sender<News>) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.args(["machine::a_machine", "--exact", "--nocapture", "--test-threads=1"]);
        command.env(ORDER, format!("{} {} {} {}", plan.at, plan.mail_port, plan.hands, plan.database.display()));
        command.envs(plan.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("this program can be started again");
        let (orders, said) = (child.stdin.take(), child.stdout.take().expect("it is piped"));
        let news = news.clone();
        std::thread::spawn(move || {
            let lines = BufReader::new(said).lines().map_while(Result::ok);
            for heard in lines.filter_map(|line| hear(line.strip_prefix("> ")?)) {
                let _ = news.send(heard);
            }
            let _ = news.send(News::Gone);
        });
        Self { child, orders }
    }

    /// Gives an order; one that is dead does not hear it.
    pub(crate) fn order(&mut self, number: u64) {
        self.say(&format!("do {number}"));
    }

    /// Gives an order as a request with a key: it may be given again.
    pub(crate) fn order_once(&mut self, number: u64) {
        self.say(&format!("once {number}"));
    }

    /// Gives an order, and something with the next number that is refused, in one group of the writer.
    pub(crate) fn group(&mut self, number: u64) {
        self.say(&format!("group {number}"));
    }

    /// Asks it to hand over all letters that are due.
    pub(crate) fn settle(&mut self) {
        self.say("settle");
    }

    fn say(&mut self, line: &str) {
        if let Some(orders) = &mut self.orders {
            let _ = writeln!(orders, "{line}");
        }
    }

    /// `kill -9`. What it said before can still be heard, up to [`News::Gone`].
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is ours to kill");
        self.child.wait().expect("it was started");
    }

    /// Lets it end by itself.
    pub(crate) fn dismiss(mut self) {
        self.orders = None;
        assert!(self.child.wait().expect("it was started").success(), "the machine ended badly");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hear(line: &str) -> Option<News> {
    let mut words = line.splitn(3, ' ');
    let (verb, number) = (words.next()?, words.next().and_then(|number| number.parse().ok()));
    Some(match (verb, number) {
        ("ready", _) => News::Ready,
        ("settled", _) => News::Settled,
        ("done", Some(number)) => News::Done(number),
        ("failed", Some(number)) => News::Failed(number, words.next()?.to_owned()),
        _ => return None,
    })
}

/// The next news, within [`PATIENCE`].
pub(crate) fn next(news: &Receiver<News>) -> News {
    news.recv_timeout(PATIENCE).expect("the machine hangs")
}

/// A channel for news.
pub(crate) fn listen() -> (Sender<News>, Receiver<News>) {
    channel()
}

/// A new database with a few customers in it, closed again.
pub(crate) fn customers(database: &Path) {
    let world = World::new(Database::at(&format!("sqlite:{}", database.display())));
    for name in NAMES {
        world.customer(name);
    }
}

/// The customers that there are.
pub(crate) const NAMES: [&str; 3] = ["mira", "tomas", "ada"];

/// Does order number so-and-so: it replaces a customer's freeze words. The number stands in the event and in its
/// letter, in place of the browser.
pub(crate) fn act(app: &App, number: u64) -> domain::Answer<()> {
    let name = NAMES[usize::try_from(number).expect("few orders") % NAMES.len()];
    let origin = Origin { browser: Some(format!("order {number}")), ..Origin::default() };
    app.change(&Actor::visitor(origin), move |change| {
        let account = change.rows().account_by_email(&format!("{name}@example.com"))?;
        let account: AccountId = account.ok_or_else(|| Fault::broken("there is no such customer"))?.id;
        protections::replace_freeze_words(change, account).map(drop)
    })
}

/// An order that was done once.
#[derive(Serialize)]
struct Ordered;

impl Repeatable for Ordered {}

/// Does an order as a customer's request with a key. A copy of a request that was done is done, if its answer is there.
async fn act_once(app: App, number: u64) -> Result<(), Stop> {
    let name = NAMES[usize::try_from(number).expect("few orders") % NAMES.len()];
    let find = move |view: &mut View<'_>| Ok(view.rows().account_by_email(&format!("{name}@example.com"))?);
    let account = app.view(find).await?.ok_or_else(|| Fault::broken("there is no such customer"))?.id;
    let session = SecretText::presented("the session that asks");
    let asked = Asked::new(app.keys(), &session, &format!("order-{number}"), "/order", b"");
    let actor = Actor {
        who: Who::Customer { account, session: SessionId::from_bytes([7; 16]) },
        origin: Origin { browser: Some(format!("order {number}")), ..Origin::default() },
        asked: Some(asked),
    };
    let done = app.act(&actor, move |change| protections::replace_freeze_words(change, account).map(|_| Ordered));
    match done.await {
        Ok(Ordered) => Ok(()),
        Err(Stop::Refused(Refusal::KeyUsed)) => match app.view(move |view| repeats::answer(view, &asked)).await? {
            Some(answer) if answer == "null" => Ok(()),
            other => Err(Fault::broken(format!("the copy of a request is answered {other:?}")).into()),
        },
        Err(stop) => Err(stop),
    }
}

/// How a fault is called on the machine's output.
pub(crate) fn kind(stop: &Stop) -> &'static str {
    match stop {
        Stop::Failed(Fault::Unknown(_)) => "unknown",
        Stop::Failed(Fault::Unavailable(_)) => "unavailable",
        Stop::Failed(_) => "broken",
        Stop::Refused(_) => "refused",
    }
}

#[test]
fn a_machine() {
    // Passed over when the test runner calls it.
    let Ok(order) = std::env::var(ORDER) else { return };
    let mut words = order.splitn(4, ' ');
    let mut word = || words.next().expect("time, port, hands, database");
    let (at, port, hands, database) = (word(), word(), word(), word());
    let clock: Arc<dyn Clock> = Arc::new(HandClock::at(at.parse().expect("a moment")));
    let mut settings = Settings::default();
    // A few customers do what thousands do.
    settings.guess.freeze_words_daily = i64::MAX;
    let core =
        Core { clock: clock.clone(), entropy: Arc::new(SystemEntropy), keys: Keys::from_master(&[42; 32]), settings };
    let breached: Arc<dyn BreachedPasswords> = Arc::new(NoList);
    let app = App::new(core, store::open(&format!("sqlite:{database}"), 2).expect("it opens"), &breached);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let carrier = (port != "0").then(|| Arc::new(carrier(port.parse().expect("a port"), clock)));
    for _ in 0..hands.parse().expect("a number") {
        let Some(carrier) = carrier.clone() else { break };
        let (app, runtime) = (app.clone(), runtime.handle().clone());
        std::thread::spawn(move || {
            loop {
                if notifications::deliver_by(&app, &*carrier, Way::Mail).is_ok_and(|tally| tally.done == 0) {
                    runtime.block_on(app.work_to_do(Way::Mail));
                }
            }
        });
    }
    println!("\n> ready");
    let answer = |number: u64, answer: Pin<Box<dyn Future<Output = Result<(), Stop>> + Send>>| {
        runtime.spawn(async move {
            match answer.await {
                Ok(()) => println!("> done {number}"),
                Err(stop) => println!("> failed {number} {}", kind(&stop)),
            }
        })
    };
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let (verb, number) = line.split_once(' ').unwrap_or((&line, "0"));
        let number = number.parse().expect("a number");
        match verb {
            "do" => drop(answer(number, Box::pin(act(&app, number)))),
            "once" => drop(answer(number, Box::pin(act_once(app.clone(), number)))),
            "group" => {
                // The writer stands in the first of the group until the others wait behind it.
                let (open, gate) = channel::<()>();
                let first = app.change(&Actor::chore(), move |_| {
                    let _ = gate.recv();
                    Ok(())
                });
                let second = act(&app, number);
                let third = app.change(&Actor::chore(), |_| Err::<(), _>(Refusal::NoSuchThing.into()));
                drop((open, first));
                runtime.block_on(answer(number, Box::pin(second))).expect("it is answered");
                runtime.block_on(answer(number + 1, Box::pin(third))).expect("it is answered");
            }
            _ => {
                let carrier = carrier.as_ref().expect("only a machine with mail is asked to settle");
                while notifications::deliver(&app, &**carrier).expect("letters are handed over").done > 0 {}
                println!("> settled");
            }
        }
    }
}

/// A carrier to a mail server on this machine.
pub(crate) fn carrier(port: u16, clock: Arc<dyn Clock>) -> SmtpCarrier {
    let settings = MailSettings::in_clear(port, "no-reply@exchange.example");
    SmtpCarrier::new(&settings, clock).expect("these settings are fit")
}

struct NoList;

impl BreachedPasswords for NoList {
    fn contains(&self, _: &str) -> bool {
        false
    }
}
