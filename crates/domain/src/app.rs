//! [`App`]: the doors' one way to the rules. Pages, JSON, command line and chores all enter here.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use tokio::sync::{Notify, broadcast, oneshot, watch};

use crate::activity::{Actor, Event};
use crate::change::{Change, View};
use crate::clock::Clock;
use crate::credentials::{BreachedPasswords, Hashing};
use crate::engine::{Engine, Job, Reading, Verdict};
use crate::entropy::Entropy;
use crate::ids::AccountId;
use crate::meters::Meters;
use crate::notifications::{Unwritten, Way};
use crate::refusal::{Fault, Stop};
use crate::repeats::{self, Repeatable};
use crate::secrets::Keys;
use crate::service::{KnownKeys, Nonces};
use crate::sessions::Marks;
use crate::settings::Settings;
use crate::{
    accounts, activity, approvals, checkup, credentials, feed, key_check, links, notifications, phones, protections,
    retain, second_factors, service, sessions, support, trial, webhooks,
};

/// Everything that can be read.
pub trait Reads:
    accounts::Reads
    + approvals::Reads
    + checkup::Reads
    + credentials::Reads
    + second_factors::Reads
    + second_factors::passkeys::Reads
    + sessions::Reads
    + links::Reads
    + activity::Reads
    + notifications::Reads
    + protections::Reads
    + repeats::Reads
    + key_check::Reads
    + service::Reads
    + feed::Reads
    + webhooks::Reads
    + retain::Reads
    + phones::Reads
    + support::Reads
{
}

/// Everything that can be read and written. What is written through [`Rows`] asks for an event, except the
/// closed list of bookkeeping rows: attempt counters, last-seen marks, questions to passkeys, delivery states, leases, secrets encrypted with another key, which keys belong to the database, the row that shows whether it takes changes,
/// answers kept for the same request sent again, service keys and their nonces, the feed and where it is delivered, and the dropping of what is over.
pub trait Rows:
    Reads
    + accounts::Writes
    + approvals::Writes
    + checkup::Writes
    + credentials::Writes
    + second_factors::Writes
    + second_factors::passkeys::Writes
    + sessions::Writes
    + links::Writes
    + activity::Writes
    + notifications::Writes
    + phones::Writes
    + protections::Writes
    + repeats::Writes
    + key_check::Writes
    + trial::Writes
    + service::Writes
    + feed::Writes
    + webhooks::Writes
    + retain::Writes
    + support::Writes
{
    /// How many rows were written in this transaction, bookkeeping aside.
    fn written(&self) -> u64;
}

/// What every action may ask for.
pub struct Core {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of chance.
    pub entropy: Arc<dyn Entropy>,
    /// The keys kept outside the database.
    pub keys: Keys,
    /// The operator's settings.
    pub settings: Settings,
}

struct Inner {
    core: Arc<Core>,
    engine: Box<dyn Engine>,
    hashing: Hashing,
    meters: Meters,
    marks: Marks,
    service_keys: KnownKeys,
    nonces: Nonces,
    bell: broadcast::Sender<AccountId>,
    letters: Notify,
    sms: Notify,
    fed: Notify,
    feed_head: watch::Sender<i64>,
    walked: Mutex<Option<AccountId>>,
    unwritten: Mutex<Vec<Unwritten>>,
    trial: trial::Known,
}

impl Inner {
    fn work(&self, way: Way) -> &Notify {
        match way {
            Way::Mail => &self.letters,
            Way::Sms => &self.sms,
        }
    }
}

/// Countersign without its doors. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl App {
    /// Puts the parts together and starts the hashing slots.
    pub fn new(core: Core, engine: Box<dyn Engine>, breached: &Arc<dyn BreachedPasswords>) -> Self {
        let hashing = Hashing::start(&core.settings.password, &core.entropy, breached);
        let (bell, _) = broadcast::channel(4096);
        let (letters, sms) = (Notify::new(), Notify::new());
        let core = Arc::new(core);
        let meters = Meters::new(engine.commits());
        Self(Arc::new(Inner {
            core,
            engine,
            hashing,
            meters,
            marks: Marks::default(),
            service_keys: KnownKeys::default(),
            nonces: Nonces::default(),
            bell,
            letters,
            sms,
            fed: Notify::new(),
            feed_head: watch::Sender::new(0),
            walked: Mutex::new(None),
            unwritten: Mutex::default(),
            trial: trial::Known::default(),
        }))
    }

    /// Runs an action in one transaction. It is under way from this call on, whether the answer is awaited or
    /// not: a client that goes away changes nothing. It may run more than once, so it takes nothing from outside.
    pub fn change<T: Send + 'static>(
        &self,
        actor: &Actor,
        action: impl FnMut(&mut Change<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Answer<T> {
        let (sender, receiver) = oneshot::channel();
        self.0.engine.write(Box::new(Action {
            app: self.clone(),
            actor: actor.clone(),
            run: action,
            outcome: None,
            told: Vec::new(),
            queued: Vec::new(),
            happened: Vec::new(),
            fed: false,
            attempt: None,
            sender,
        }));
        Answer(receiver)
    }

    /// Runs the action that a request asked for: a [`App::change`] whose answer is kept in the same transaction where the
    /// request carries a key. Of the same request sent fifty times at once one is done.
    pub fn act<T: Repeatable + Send + 'static>(
        &self,
        actor: &Actor,
        mut action: impl FnMut(&mut Change<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Answer<T> {
        self.change(actor, move |change| {
            let answer = action(change)?;
            repeats::keep(change, &answer)?;
            Ok(answer)
        })
    }

    /// Reads from one consistent moment.
    pub fn view<T: Send + 'static>(
        &self,
        reading: impl FnMut(&mut View<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Answer<T> {
        self.look(false, reading)
    }

    /// Reads with one statement. A second one is a fault: it would see another moment than the first.
    pub fn glance<T: Send + 'static>(
        &self,
        reading: impl FnMut(&mut View<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Answer<T> {
        self.look(true, reading)
    }

    fn look<T: Send + 'static>(
        &self,
        one_statement: bool,
        reading: impl FnMut(&mut View<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Answer<T> {
        let (sender, receiver) = oneshot::channel();
        let core = self.0.core.clone();
        self.0.engine.read(Box::new(Look { core, one_statement, reading, outcome: None, sender }));
        Answer(receiver)
    }

    /// The operator's settings.
    pub fn settings(&self) -> &Settings {
        &self.0.core.settings
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.core.clock
    }

    /// The source of chance.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.0.core.entropy
    }

    /// The keys kept outside the database.
    pub fn keys(&self) -> &Keys {
        &self.0.core.keys
    }

    /// The bounded pool that hashes passwords.
    pub fn hashing(&self) -> &Hashing {
        &self.0.hashing
    }

    /// What this process counts about itself.
    pub fn meters(&self) -> &Meters {
        &self.0.meters
    }

    /// When each live session was last seen by this process.
    pub fn marks(&self) -> &Marks {
        &self.0.marks
    }

    /// The keys of the exchange's backend, as this process last read them.
    pub(crate) fn service_keys(&self) -> &KnownKeys {
        &self.0.service_keys
    }

    /// The nonces of signed requests that this process has seen.
    pub fn nonces(&self) -> &Nonces {
        &self.0.nonces
    }

    /// Waits until a commit may have left something for the feed that has no position yet. A hint, like [`App::listen`].
    pub async fn feed_grew(&self) {
        self.0.fed.notified().await;
    }

    /// The last position of the feed, as this process last saw it, and each later one. A hint too.
    pub fn feed_moves(&self) -> watch::Receiver<i64> {
        self.0.feed_head.subscribe()
    }

    pub(crate) fn feed_is_at(&self, position: i64) {
        self.0.feed_head.send_if_modified(|known| std::mem::replace(known, position) != position);
    }

    /// The last account that was looked at for what is over, by this process.
    pub(crate) fn walked(&self) -> MutexGuard<'_, Option<AccountId>> {
        self.0.walked.lock().expect("no holder of this lock panics")
    }

    /// What became of notices and could not be written down yet, in this process.
    pub(crate) fn unwritten(&self) -> MutexGuard<'_, Vec<Unwritten>> {
        self.0.unwritten.lock().expect("no holder of this lock panics")
    }

    /// Whether the database takes changes, as far as this process knows.
    pub(crate) fn trial(&self) -> &trial::Known {
        &self.0.trial
    }

    /// The engine's name, for the operator.
    pub fn engine_name(&self) -> &'static str {
        self.0.engine.name()
    }

    /// Hears of each account whose activity grew, as seen by this process. A hint: the database is the truth.
    pub fn listen(&self) -> broadcast::Receiver<AccountId> {
        self.0.bell.subscribe()
    }

    /// Waits until a commit may have left notices of a kind to hand over. A hint, like [`App::listen`].
    pub async fn work_to_do(&self, way: Way) {
        self.0.work(way).notified().await;
    }
}

/// The answer to a change or a view: await it, or wait for it on a thread of your own.
pub struct Answer<T>(oneshot::Receiver<Result<T, Stop>>);

impl<T> Answer<T> {
    /// Waits on this thread. Not for async code: it would hold up its neighbours.
    pub fn wait(self) -> Result<T, Stop> {
        self.0.blocking_recv().unwrap_or_else(|_| Err(lost()))
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, Stop>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(answer.unwrap_or_else(|_| Err(lost())))
    }
}

fn lost() -> Stop {
    Fault::broken("the engine stopped before it answered").into()
}

struct Action<T, F> {
    app: App,
    actor: Actor,
    run: F,
    outcome: Option<Result<T, Stop>>,
    told: Vec<AccountId>,
    queued: Vec<Way>,
    happened: Vec<&'static str>,
    fed: bool,
    attempt: Option<(AccountId, Event)>,
    sender: oneshot::Sender<Result<T, Stop>>,
}

impl<T, F> Job for Action<T, F>
where
    T: Send,
    F: FnMut(&mut Change<'_>) -> Result<T, Stop> + Send,
{
    fn run(&mut self, rows: &mut dyn Rows) -> Verdict {
        let core = &self.app.0.core;
        let mut change = Change::new(rows, core, &self.actor, core.clock.now());
        let mut outcome = (self.run)(&mut change);
        if outcome.is_ok()
            && let Err(stop) = feed::write(&mut change)
        {
            outcome = Err(stop);
        }
        self.told = change.told().to_vec();
        self.queued = change.queued().to_vec();
        self.happened = change.happened().to_vec();
        self.fed = change.fed();
        let subject = change.subject();
        if outcome.is_ok() && self.told.is_empty() && rows.written() > 0 {
            // Nothing may happen that the customer does not see.
            outcome = Err(Fault::broken("a change wrote rows and recorded no event").into());
        }
        self.attempt = match (&outcome, subject) {
            (Err(Stop::Refused(refusal)), Some(account)) if refusal.spec().recorded => {
                Some((account, Event::Refused { refusal: refusal.spec().code.to_owned() }))
            }
            _ => None,
        };
        let verdict = if outcome.is_ok() { Verdict::Keep } else { Verdict::Discard };
        self.outcome = Some(outcome);
        verdict
    }

    fn leave_trace(&mut self, rows: &mut dyn Rows) -> Verdict {
        self.told.clear();
        self.queued.clear();
        self.happened.clear();
        self.fed = false;
        let Some((account, event)) = self.attempt.take() else { return Verdict::Discard };
        let core = &self.app.0.core;
        let mut change = Change::new(rows, core, &self.actor, core.clock.now());
        match change.record(account, &event) {
            Ok(()) => {
                self.told = change.told().to_vec();
                self.queued = change.queued().to_vec();
                self.happened = change.happened().to_vec();
                Verdict::Keep
            }
            Err(_) => Verdict::Discard,
        }
    }

    fn done(self: Box<Self>, commit: Result<(), Fault>) {
        let Self { app, outcome, told, queued, happened, fed, sender, .. } = *self;
        if commit.is_ok() {
            app.0.meters.happened(&happened);
            for account in &told {
                // Nobody listening is no error.
                let _ = app.0.bell.send(*account);
            }
            for way in queued {
                app.0.work(way).notify_one();
            }
            if fed {
                app.0.fed.notify_one();
            }
        }
        let outcome = match (commit, outcome) {
            // Even a refusal fails with its group: what it was decided on may not have been kept.
            (Err(fault), _) => Err(fault.into()),
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(lost()),
        };
        app.0.trial.ended(&outcome, !told.is_empty());
        // Before the answer: whoever has it and lets go of the last app closes the database, and not this thread.
        drop(app);
        // The client may be gone; what is committed stays committed.
        let _ = sender.send(outcome);
    }
}

struct Look<T, F> {
    core: Arc<Core>,
    one_statement: bool,
    reading: F,
    outcome: Option<Result<T, Stop>>,
    sender: oneshot::Sender<Result<T, Stop>>,
}

impl<T, F> Reading for Look<T, F>
where
    T: Send,
    F: FnMut(&mut View<'_>) -> Result<T, Stop> + Send,
{
    fn is_one_statement(&self) -> bool {
        self.one_statement
    }

    fn run(&mut self, rows: &mut dyn Reads) {
        let mut view = View::new(rows, &self.core, self.core.clock.now());
        self.outcome = Some((self.reading)(&mut view));
    }

    fn done(self: Box<Self>, outcome: Result<(), Fault>) {
        let outcome = match outcome {
            Err(fault) => Err(fault.into()),
            Ok(()) => self.outcome.unwrap_or_else(|| Err(lost())),
        };
        let _ = self.sender.send(outcome);
    }
}
