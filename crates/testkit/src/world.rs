//! A whole Countersign for one test.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use domain::approvals::{self, Given, Outcome};
use domain::clock::HandClock;
use domain::credentials::BreachedPasswords;
use domain::entropy::SeededEntropy;
use domain::ids::ApprovalId;
use domain::notifications::{self, Letter};
use domain::protections::{Carried, Effect, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::second_factors::{self, Seed};
use domain::sessions::{self, NewSession, SignIn, SignInOutcome};
use domain::{Actor, App, CHORES, Core, Keys, Origin, SecretText, Settings, Span, Who, accounts, feed, phones};

use crate::{Database, Post};

/// The password that people in stories use.
pub const PASSWORD: &str = "quiet harbour lantern 42 mossy";

/// Countersign on a database of its own; the day is fixed.
pub struct World {
    /// The rules.
    pub app: App,
    /// The clock, to be moved by the test.
    pub clock: Arc<HandClock>,
    /// The carrier.
    pub post: Arc<Post>,
    runtime: tokio::runtime::Runtime,
    /// Dropped last: the engine above still holds the file or the schema.
    database: Database,
    starts: u64,
}

/// Somebody at a browser.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// The authenticator app on their phone.
    pub app: Option<Seed>,
    /// The device secrets that their browser keeps.
    pub devices: Vec<SecretText>,
    /// Where they sit.
    pub origin: Origin,
}

impl World {
    /// A new world, at noon on 22 November 2026.
    pub fn new(database: Database) -> Self {
        Self::with_settings(database, |_| {})
    }

    /// A new world with settings changed.
    pub fn with_settings(database: Database, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(HandClock::at("2026-11-22T12:00:00Z".parse().expect("a moment")));
        Self::start((database, clock, Arc::default()), 0, change)
    }

    /// The same world after its operator changed settings and started anew: database, clock and postbox stay.
    #[must_use]
    pub fn restarted(self, change: impl FnOnce(&mut Settings)) -> Self {
        let Self { app, clock, post, runtime, database, starts } = self;
        drop((app, runtime));
        Self::start((database, clock, post), starts + 1, change)
    }

    /// The same world started anew with other keys.
    #[must_use]
    pub fn rekeyed(self, keys: Keys) -> Self {
        let Self { app, clock, post, runtime, database, starts } = self;
        drop((app, runtime));
        Self::start_with((database, clock, post), starts + 1, keys, |_| {})
    }

    /// Another node on the same database, with keys of its own.
    pub fn node(&self, keys: Keys) -> App {
        let engine = store::open(self.database.url(), 2).expect("the database opens");
        let entropy = Arc::new(SeededEntropy::new(9000 + self.starts));
        let core = Core { clock: self.clock.clone(), entropy, keys, settings: self.app.settings().clone() };
        let breached: Arc<dyn BreachedPasswords> = Arc::new(KnownToThieves);
        App::new(core, engine, &breached)
    }

    fn start(parts: (Database, Arc<HandClock>, Arc<Post>), starts: u64, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_with(parts, starts, Keys::from_master(&[42; 32]), change)
    }

    fn start_with(
        (database, clock, post): (Database, Arc<HandClock>, Arc<Post>),
        starts: u64,
        keys: Keys,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let mut settings = Settings::default();
        // The rules are the product's; only the hashing is made quick.
        settings.password.argon2_memory_kib = 64;
        settings.password.argon2_passes = 1;
        change(&mut settings);
        let engine = store::open(database.url(), 4).expect("a new database opens");
        let core = Core { clock: clock.clone(), entropy: Arc::new(SeededEntropy::new(2026 + starts)), keys, settings };
        let breached: Arc<dyn BreachedPasswords> = Arc::new(KnownToThieves);
        let app = App::new(core, engine, &breached);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        Self { app, clock, post, runtime: runtime.expect("a runtime"), database, starts }
    }

    /// The database it stands on.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Waits for something async.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Runs every chore, hands over all letters that are due, and gives what happened its place in the feed.
    pub fn settle(&self) {
        for chore in CHORES {
            chore.turn(&self.app, || false).unwrap_or_else(|stop| panic!("{}: {stop}", chore.name));
        }
        while notifications::deliver(&self.app, &*self.post).expect("letters are handed over").done > 0 {
            assert!(self.post.letters().len() < 10_000, "letters without end");
        }
        while feed::place(&self.app).expect("positions are given").done > 0 {}
    }

    /// Opens an account for a person and confirms its address. The browser they did that in is not the one they use from
    /// here on, which nobody knows yet.
    pub fn customer(&self, name: &str) -> Person {
        let person = Person::new(name);
        let actor = person.visitor();
        let browser =
            self.wait(accounts::open(&self.app, &actor, &person.email, &person.password)).expect("an account");
        self.settle();
        let link = act_link(&self.post.newest_with_button_to(&person.email));
        let confirm = self.app.change(&actor, move |change| accounts::confirm(change, &link, Some(&browser)));
        confirm.wait().expect("the address is confirmed");
        person
    }

    /// Signs a person in, through the mailed link where their browser is not known, which makes it known.
    pub fn sign_in(&self, person: &mut Person) -> NewSession {
        match self.try_sign_in(person).expect("the right password") {
            SignInOutcome::In(session) => session,
            SignInOutcome::Waiting(pending) | SignInOutcome::Unusual { secret: pending, .. } => {
                self.let_in(person, pending)
            }
            SignInOutcome::SecondStep { secret, .. } => {
                let code = self.code(person);
                match self.second_step(person, &secret, &Given::Code(code)).expect("the right code") {
                    SignInOutcome::Waiting(pending) | SignInOutcome::Unusual { secret: pending, .. } => {
                        self.let_in(person, pending)
                    }
                    SignInOutcome::In(session) => session,
                    SignInOutcome::SecondStep { .. } => panic!("a third step"),
                }
            }
        }
    }

    fn let_in(&self, person: &mut Person, pending: SecretText) -> NewSession {
        self.settle();
        let link = act_link(&self.post.newest_with_button_to(&person.email));
        let actor = person.visitor();
        let confirm = self.app.change(&actor, move |change| sessions::confirm_device(change, &link, Some(&pending)));
        let session = confirm.wait().expect("the owner lets it in");
        person.devices.extend(session.device.clone());
        session
    }

    /// Takes the second step of a sign-in, once.
    pub fn second_step(&self, person: &Person, secret: &SecretText, given: &Given) -> Result<SignInOutcome, Stop> {
        self.wait(sessions::prove_factor(&self.app, &person.visitor(), secret, given))
    }

    /// A code of a person's authenticator app that was not shown before: they wait for it.
    pub fn code(&self, person: &Person) -> String {
        self.clock.advance(Span::from_secs(30));
        person.app.as_ref().expect("an authenticator app").code_at(self.app.clock().now())
    }

    /// Sets up an authenticator app on a person's phone, in a session, whose secret is renewed by that.
    pub fn add_app(&self, person: &mut Person, session: &mut NewSession) {
        let Carried::Out(Effect::SetUpApp(factor)) =
            self.approve(person, session, Sensitive::AddApp).expect("an offer")
        else {
            panic!("no app was offered");
        };
        let (account, here) = (session.account, session.session);
        let key = self.app.view(move |view| second_factors::offered(view, account, here, factor)).wait();
        person.app = Seed::from_key(&key.expect("the key is shown").key);
        let code = self.code(person);
        let actor = person.in_session(session);
        let confirmed = second_factors::confirm_app(&self.app, &actor, factor, &code);
        session.secret = self.wait(confirmed).expect("its code confirms it").1;
    }

    /// Makes new recovery codes for the account of a session.
    pub fn recovery_codes(&self, person: &Person, session: &NewSession) -> Vec<String> {
        match self.approve(person, session, Sensitive::RenewRecoveryCodes).expect("right proofs") {
            Carried::Out(Effect::Codes(codes)) => codes,
            other => panic!("no codes: {other:?}"),
        }
    }

    /// Asks for a sensitive change in a session and proves for it, by the app where the person has one.
    pub fn approve(&self, person: &Person, session: &NewSession, what: Sensitive) -> Result<Carried, Stop> {
        let (actor, here) = (person.in_session(session), session.session);
        let id = self.app.change(&actor, move |change| approvals::ask(change, here, &what)).wait()?;
        self.prove(person, session, id)
    }

    /// Proves for what was asked for, by the app where the person has one.
    pub fn prove(&self, person: &Person, session: &NewSession, id: ApprovalId) -> Result<Carried, Stop> {
        let actor = person.in_session(session);
        let given = match &person.app {
            Some(_) => Given::Code(self.code(person)),
            None => Given::Password(person.password.clone()),
        };
        match self.wait(approvals::prove(&self.app, &actor, id, given))? {
            Outcome::Proved { carried, .. } => Ok(carried),
            Outcome::More(methods) => panic!("more is asked for: {methods:?}"),
        }
    }

    /// Tries to sign a person in, once.
    pub fn try_sign_in(&self, person: &Person) -> Result<SignInOutcome, Stop> {
        let given =
            SignIn { email: person.email.clone(), password: person.password.clone(), devices: person.devices.clone() };
        self.wait(sessions::sign_in(&self.app, &person.visitor(), &given))
    }

    /// Adds a phone to the account of a person in a session, and confirms it by the code in the SMS. Where it takes the
    /// place of another one they prove for that.
    pub fn add_phone(&self, person: &Person, session: &NewSession, number: &'static str) {
        let (actor, account) = (person.in_session(session), session.account);
        self.app.change(&actor, move |change| phones::ask(change, account, number)).wait().expect("a code is sent");
        self.settle();
        let code = code_in(&self.post.newest_text_to(number));
        let confirmed = self.wait(phones::confirm(&self.app, &actor, account, &code)).expect("the code is right");
        if let Some(approval) = confirmed.approval {
            self.prove(person, session, approval).expect("right proofs");
        }
        self.settle();
    }

    /// Starts something async beside the test.
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(future)
    }

    /// Whether a session secret still opens a session.
    pub fn signed_in(&self, secret: &SecretText) -> bool {
        self.wait(sessions::check(&self.app, secret, &Origin::default())).expect("the check answers").is_some()
    }

    /// The log of an account as lines, oldest first: what a transcript compares.
    pub fn log(&self, account: domain::ids::AccountId) -> Vec<String> {
        let page = self.app.view(move |view| domain::activity::newer(view, account, 0)).wait().expect("the log");
        page.iter()
            .map(|entry| format!("{} {} {}", entry.at.strftime("%H:%M:%S"), entry.event.spec().code, entry.who))
            .collect()
    }
}

impl Person {
    /// Somebody at a browser nobody knows yet.
    pub fn new(name: &str) -> Self {
        Self {
            email: format!("{name}@example.com"),
            password: PASSWORD.to_owned(),
            app: None,
            devices: Vec::new(),
            origin: Origin {
                ip: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))),
                browser: Some("Firefox 144 on Linux".to_owned()),
                place: None,
            },
        }
    }

    /// The same person's secrets known to somebody at another browser.
    #[must_use]
    pub fn thief(&self) -> Self {
        let origin = Origin {
            ip: Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 66))),
            browser: Some("Chrome 142 on Windows".to_owned()),
            place: None,
        };
        Self { devices: Vec::new(), origin, ..self.clone() }
    }

    /// The person before they signed in.
    pub fn visitor(&self) -> Actor {
        Actor::visitor(self.origin.clone())
    }

    /// The person in a session.
    pub fn in_session(&self, session: &NewSession) -> Actor {
        Actor {
            who: Who::Customer { account: session.account, session: session.session },
            origin: self.origin.clone(),
            asked: None,
        }
    }
}

/// The secret of the link behind a letter's button.
pub fn act_link(letter: &Letter) -> SecretText {
    let (_, url) = letter.button.as_ref().unwrap_or_else(|| panic!("no button in “{}”", letter.subject));
    link_secret(url)
}

/// The secret of the link behind a letter's “this wasn't me”.
pub fn freeze_link(letter: &Letter) -> SecretText {
    link_secret(letter.freeze_url.as_ref().unwrap_or_else(|| panic!("no freeze offer in “{}”", letter.subject)))
}

/// The six digits in an SMS.
pub fn code_in(text: &str) -> String {
    let code = text.split(' ').find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
    code.unwrap_or_else(|| panic!("no code in “{text}”")).to_owned()
}

fn link_secret(url: &str) -> SecretText {
    SecretText::presented(url.rsplit('/').next().expect("a link has a last part"))
}

/// The refusal that an action stopped with.
pub fn refusal<T>(outcome: Result<T, Stop>) -> Refusal {
    match outcome {
        Err(Stop::Refused(refusal)) => refusal,
        Err(Stop::Failed(fault)) => panic!("it failed: {fault}"),
        Ok(_) => panic!("it was not refused"),
    }
}

struct KnownToThieves;

impl BreachedPasswords for KnownToThieves {
    fn contains(&self, password: &str) -> bool {
        password == "correct horse battery staple"
    }
}
