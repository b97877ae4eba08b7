//! A whole Countersign for one test.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use domain::clock::HandClock;
use domain::credentials::BreachedPasswords;
use domain::entropy::SeededEntropy;
use domain::notifications::{self, Letter};
use domain::refusal::{Refusal, Stop};
use domain::sessions::{self, NewSession, SignIn, SignInOutcome};
use domain::{Actor, App, CHORES, Core, Keys, Origin, SecretText, Settings, Who, accounts};

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
}

/// Somebody at a browser.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
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
        let mut settings = Settings::default();
        // The rules are the product's; only the hashing is made quick.
        settings.password.argon2_memory_kib = 64;
        settings.password.argon2_passes = 1;
        change(&mut settings);
        let engine = store::open(database.url(), 4).expect("a new database opens");
        let clock = Arc::new(HandClock::at("2026-11-22T12:00:00Z".parse().expect("a moment")));
        let core = Core {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(2026)),
            keys: Keys::from_master(&[42; 32]),
            settings,
        };
        let breached: Arc<dyn BreachedPasswords> = Arc::new(KnownToThieves);
        let app = App::new(core, engine, &breached);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        Self { app, clock, post: Arc::default(), runtime: runtime.expect("a runtime"), database }
    }

    /// The database it stands on.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Waits for something async.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Runs every chore and hands over all letters that are due.
    pub fn settle(&self) {
        for chore in CHORES {
            (chore.run)(&self.app).unwrap_or_else(|stop| panic!("{}: {stop}", chore.name));
        }
        while notifications::deliver(&self.app, &*self.post).expect("letters are handed over").done > 0 {
            assert!(self.post.letters().len() < 10_000, "letters without end");
        }
    }

    /// Opens an account for a person and confirms its address.
    pub fn customer(&self, name: &str) -> Person {
        let person = Person::new(name);
        let actor = person.visitor();
        let browser =
            self.wait(accounts::open(&self.app, &actor, &person.email, &person.password)).expect("an account");
        self.settle();
        let link = act_link(&self.post.newest_to(&person.email));
        let confirm = self.app.change(&actor, move |change| accounts::confirm(change, &link, Some(&browser)));
        confirm.wait().expect("the address is confirmed");
        person
    }

    /// Signs a person in, through the mailed link where their browser is not known, which makes it known.
    pub fn sign_in(&self, person: &mut Person) -> NewSession {
        match self.try_sign_in(person).expect("the right password") {
            SignInOutcome::In(session) => session,
            SignInOutcome::Waiting(pending) => {
                self.settle();
                let link = act_link(&self.post.newest_to(&person.email));
                let actor = person.visitor();
                let confirm =
                    self.app.change(&actor, move |change| sessions::confirm_device(change, &link, Some(&pending)));
                let session = confirm.wait().expect("the owner lets it in");
                person.devices.extend(session.device.clone());
                session
            }
        }
    }

    /// Tries to sign a person in, once.
    pub fn try_sign_in(&self, person: &Person) -> Result<SignInOutcome, Stop> {
        let given =
            SignIn { email: person.email.clone(), password: person.password.clone(), devices: person.devices.clone() };
        self.wait(sessions::sign_in(&self.app, &person.visitor(), &given))
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
