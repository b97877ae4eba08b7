//! Three customers with some history, made by the same actions that customers use.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use domain::activity::{Moved, Place, Said, Spot};
use domain::approvals::{self, Given, Outcome};
use domain::ids::AccountId;
use domain::notifications::{self, Carrier, Fate, Letter, Sms};
use domain::phones;
use domain::protections::{self, Carried, Effect, FreezeCause, Sensitive};
use domain::second_factors::{self, Seed};
use domain::service::{self, NewKey, Report, ReportKind, Reported, Reports, Scope, ServiceKey};
use domain::sessions::{self, NewSession, SignIn, SignInOutcome};
use domain::{Actor, App, Change, Origin, SecretText, Span, Stop, Who, accounts, activity::EndedBy};

use crate::demo::authenticator::Authenticator;
use crate::demo::clock::DemoClock;
use crate::machine::Machine;

/// One of the made-up customers.
pub(crate) struct Customer {
    pub(crate) email: &'static str,
    pub(crate) password: &'static str,
    pub(crate) about: &'static str,
}

/// Who can sign in.
pub(crate) const PEOPLE: [Customer; 3] = [
    Customer {
        email: "mira@example.com",
        password: "quiet harbour lantern 42 mossy",
        about: "two months of ordinary life, and a journey",
    },
    Customer {
        email: "noor@example.com",
        password: "seven paper kites over dunes",
        about: "somebody tried to get in; has an authenticator app",
    },
    Customer {
        email: "jonas@example.com",
        password: "copper violin under snowfall",
        about: "said \"this wasn't me\": frozen",
    },
];

/// The example that the number plan itself gives.
const MIRAS_PHONE: &str = "+447400123456";

/// Address, browser, and the place that goes with the address. The addresses are those kept for examples, which are used
/// nowhere, so their places are made up as well.
type From = (&'static str, &'static str, (&'static str, &'static str, f64, f64));

const ZURICH: (&str, &str, f64, f64) = ("Zürich, Switzerland", "CH", 47.38, 8.54);
const HOME: From = ("192.0.2.14", "Firefox 144 on Linux", ZURICH);
const PHONE: From = ("198.51.100.23", "Safari 18 on iOS", ZURICH);
const JOURNEY: From = ("198.51.100.141", "Safari 18 on iOS", ("Lisbon, Portugal", "PT", 38.72, -9.14));
const OFFICE: From = ("192.0.2.200", "Chrome 142 on Windows", ("Rotterdam, Netherlands", "NL", 51.92, 4.48));
const STRANGER: From = ("203.0.113.66", "Chrome 139 on Windows", ("Toronto, Canada", "CA", 43.65, -79.38));

/// Where Mira's money goes to and comes from: addresses as long as real ones are, which belong to nobody.
const COLD_STORE: &str = "bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297";
const A_FRIEND: &str = "0x52908400098527886E0F7030069857D2E4169EE7";

/// Lives through nine weeks, and answers how to be the exchange's own backend from then on.
pub(crate) async fn make_up(machine: &Machine, clock: &DemoClock, phones: &Authenticator) -> Result<Backend> {
    let [mira, noor, jonas] = &PEOPLE;
    let past = Past { app: &machine.app, clock, phones, post: Arc::new(Copying::new(machine.carrier.clone())) };
    for customer in &PEOPLE {
        past.open(customer).await?;
        past.pass(Span::from_mins(47)).await?;
    }
    let (mut home, mut phone) = (Browser::new(HOME), Browser::new(PHONE));
    let mut office = Browser::new(OFFICE);
    let account = past.visit(mira, &mut home).await?;
    let backend = past.backend(account).await?;
    past.visit(noor, &mut office).await?;
    for visit in 0..30 {
        past.pass(Span::from_hours(45)).await?;
        phone.origin = Browser::new(if (18..22).contains(&visit) { JOURNEY } else { PHONE }).origin;
        let away = visit % 3 == 2 || (18..22).contains(&visit);
        past.visit(mira, if away { &mut phone } else { &mut home }).await?;
        if visit % 7 == 5 {
            past.guess(mira, STRANGER, 1).await?;
        }
        if visit % 4 == 1 {
            past.visit(noor, &mut office).await?;
        }
        if visit == 6 {
            past.report(&backend, ReportKind::Purchase, ("0.25", "BTC", None), ("P-311", Span::from_secs(2))).await?;
        }
    }
    past.add_phone(mira, &mut home, MIRAS_PHONE).await?;
    let jonas_home = &mut Browser::new(HOME);
    past.visit(jonas, jonas_home).await?;
    past.pass(Span::from_hours(50)).await?;
    past.guess(noor, STRANGER, 4).await?;
    past.pass(Span::from_mins(9)).await?;
    past.refuse_stranger(noor, STRANGER).await?;
    past.pass(Span::from_hours(2)).await?;
    past.add_app(noor, &mut office).await?;
    past.pass(Span::from_hours(68)).await?;
    past.visit(noor, &mut office).await?;
    let jonas_account = past.freeze(jonas, jonas_home).await?;
    // It was under way before, and he is told of it all the same.
    past.pass(Span::from_mins(4)).await?;
    let of_jonas = Backend { account: jonas_account, ..backend.clone() };
    let before = Span::from_mins(6);
    past.report(&of_jonas, ReportKind::Withdrawal, ("0.4", "BTC", Some(COLD_STORE)), ("W-319", before)).await?;
    past.pass(Span::from_hours(26)).await?;
    past.visit(mira, &mut home).await?;
    // Where money came from is seen at once; that it came, three days later.
    let late = Span::from_hours(74);
    past.report(&backend, ReportKind::Deposit, ("1.5", "ETH", Some(A_FRIEND)), ("D-318", late)).await?;
    past.pass(Span::from_mins(40)).await?;
    let just_now = Span::from_secs(3);
    past.report(&backend, ReportKind::Withdrawal, ("0.05", "BTC", Some(COLD_STORE)), ("W-327", just_now)).await?;
    past.pass(Span::from_hours(5)).await?;
    Ok(backend)
}

/// The exchange's own backend: whose money it moves, and its key.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) account: AccountId,
    pub(crate) secret: SecretText,
    key: ServiceKey,
}

/// A browser, with what it keeps.
struct Browser {
    origin: Origin,
    devices: Vec<SecretText>,
}

impl Browser {
    fn new((ip, browser, (place, country, latitude, longitude)): From) -> Self {
        let ip: Option<IpAddr> = ip.parse().ok();
        let (country, spot) = (country.parse().ok(), Spot::at(latitude, longitude));
        let place = Some(Place { text: place.to_owned(), country, spot });
        Self { origin: Origin { ip, browser: Some(browser.to_owned()), place }, devices: Vec::new() }
    }

    fn actor(&self) -> Actor {
        Actor::visitor(self.origin.clone())
    }
}

struct Past<'a> {
    app: &'a App,
    clock: &'a DemoClock,
    phones: &'a Authenticator,
    post: Arc<Copying>,
}

impl Past<'_> {
    /// Time goes by: chores run, letters go out.
    async fn pass(&self, time: Span) -> Result<()> {
        self.deliver().await?;
        self.clock.advance(time);
        let app = self.app.clone();
        tokio::task::spawn_blocking(move || sessions::expire(&app)).await??;
        Ok(())
    }

    async fn deliver(&self) -> Result<()> {
        let (app, post) = (self.app.clone(), self.post.clone());
        tokio::task::spawn_blocking(move || -> Result<(), Stop> {
            while notifications::deliver(&app, &*post)?.done > 0 {}
            Ok(())
        })
        .await??;
        Ok(())
    }

    async fn open(&self, customer: &Customer) -> Result<()> {
        let actor = Browser::new(HOME).actor();
        let browser = accounts::open(self.app, &actor, customer.email, customer.password).await?;
        self.deliver().await?;
        let link = self.post.button(customer.email)?;
        self.app.change(&actor, move |change| accounts::confirm(change, &link, Some(&browser))).await?;
        Ok(())
    }

    async fn try_sign_in(&self, customer: &Customer, password: &str, browser: &Browser) -> Result<SignInOutcome, Stop> {
        let given =
            SignIn { email: customer.email.into(), password: password.into(), devices: browser.devices.clone() };
        sessions::sign_in(self.app, &browser.actor(), &given).await
    }

    async fn sign_in(&self, customer: &Customer, browser: &mut Browser) -> Result<NewSession> {
        match self.try_sign_in(customer, customer.password, browser).await? {
            SignInOutcome::In(session) => Ok(session),
            SignInOutcome::Waiting(pending) | SignInOutcome::Unusual { secret: pending, .. } => {
                self.let_in(customer, browser, pending).await
            }
            SignInOutcome::SecondStep { secret, .. } => {
                let given = Given::Code(self.code(customer)?);
                match sessions::prove_factor(self.app, &browser.actor(), &secret, &given).await? {
                    SignInOutcome::In(session) => Ok(session),
                    SignInOutcome::Waiting(pending) | SignInOutcome::Unusual { secret: pending, .. } => {
                        self.let_in(customer, browser, pending).await
                    }
                    SignInOutcome::SecondStep { .. } => bail!("a second step led to a second step"),
                }
            }
        }
    }

    async fn let_in(&self, customer: &Customer, browser: &mut Browser, pending: SecretText) -> Result<NewSession> {
        self.deliver().await?;
        let link = self.post.button(customer.email)?;
        let confirm = move |change: &mut Change<'_>| sessions::confirm_device(change, &link, Some(&pending));
        let session = self.app.change(&browser.actor(), confirm).await?;
        browser.devices.extend(session.device.clone());
        Ok(session)
    }

    /// The code that a customer's authenticator app shows.
    fn code(&self, customer: &Customer) -> Result<String> {
        let seed = self.phones.seed(customer.email).context("no app for whom a code is asked of")?;
        Ok(seed.code_at(self.app.clock().now()))
    }

    /// Signs in, and sets up an authenticator app.
    async fn add_app(&self, customer: &Customer, browser: &mut Browser) -> Result<()> {
        let NewSession { account, session, .. } = self.sign_in(customer, browser).await?;
        let actor = Actor { who: Who::Customer { account, session }, origin: browser.origin.clone(), asked: None };
        let ask = move |change: &mut Change<'_>| approvals::ask(change, session, &Sensitive::AddApp);
        let approval = self.app.change(&actor, ask).await?;
        let given = Given::Password(customer.password.to_owned());
        let proved = approvals::prove(self.app, &actor, approval, given).await?;
        let Outcome::Proved { carried: Carried::Out(Effect::SetUpApp(factor)), .. } = proved else {
            bail!("an app was asked for and not offered")
        };
        let key = self.app.view(move |view| second_factors::offered(view, account, session, factor)).await?;
        self.phones.add(customer.email, Seed::from_key(&key.key).context("a key of ours")?)?;
        second_factors::confirm_app(self.app, &actor, factor, &self.code(customer)?).await?;
        let end = move |change: &mut Change<'_>| sessions::end(change, account, session, EndedBy::You);
        Ok(self.app.change(&actor, end).await?)
    }

    /// Signs in, looks around, and signs out, mostly.
    async fn visit(&self, customer: &Customer, browser: &mut Browser) -> Result<AccountId> {
        let session = self.sign_in(customer, browser).await?;
        self.pass(Span::from_mins(11)).await?;
        let (account, id) = (session.account, session.session);
        // On the phone nobody signs out: the session ends by itself.
        if browser.origin.browser.as_deref() != Some(PHONE.1) {
            let actor =
                Actor { who: Who::Customer { account, session: id }, origin: browser.origin.clone(), asked: None };
            self.app.change(&actor, move |change| sessions::end(change, account, id, EndedBy::You)).await?;
        }
        Ok(account)
    }

    /// A key for the exchange's own backend, which is on this machine.
    async fn backend(&self, account: AccountId) -> Result<Backend> {
        let networks = ["127.0.0.0/8", "::1/128"].into_iter().map(str::parse).collect::<Result<_, _>>();
        let new = NewKey {
            name: "exchange".to_owned(),
            signs: None,
            scopes: vec![Scope::Standing, Scope::EventsIn],
            networks: networks.map_err(|error| anyhow::anyhow!("a network of ours: {error}"))?,
            lives: Span::from_hours(365 * 24),
        };
        let (key, secret) = self.app.change(&Actor::chore(), move |change| service::add(change, &new)).await?;
        Ok(Backend { account, key, secret: secret.context("a local key has a secret")? })
    }

    /// The backend reports what moved a while ago: (amount, asset, address), (reference, how long ago).
    async fn report(
        &self,
        backend: &Backend,
        kind: ReportKind,
        (amount, asset, address): (&str, &str, Option<&str>),
        (reference, ago): (&str, Span),
    ) -> Result<()> {
        let now = self.app.clock().now();
        let said = Said { asset, amount, address, reference, at: now - ago };
        let moved = Moved::read(said, now).map_err(|(field, say)| anyhow::anyhow!("{field} {say}"))?;
        let mut once = [0; 32];
        once[..reference.len()].copy_from_slice(reference.as_bytes());
        let reports = vec![Report { account: backend.account, kind, moved }];
        let asked = Reports { key: backend.key.clone(), nonce: None, idempotency_key: once, request: once, reports };
        let told = self.app.change(&Actor::exchange(), move |change| service::report(change, &asked)).await?;
        match told[..] {
            [Reported::Done { .. }] => Ok(()),
            _ => bail!("what moved was not written down: {told:?}"),
        }
    }

    /// Adds a phone and confirms it by the code in the SMS.
    async fn add_phone(&self, customer: &Customer, browser: &mut Browser, number: &'static str) -> Result<()> {
        let session = self.sign_in(customer, browser).await?;
        let (account, id) = (session.account, session.session);
        let actor = Actor { who: Who::Customer { account, session: id }, origin: browser.origin.clone(), asked: None };
        self.app.change(&actor, move |change| phones::ask(change, account, number)).await?;
        self.deliver().await?;
        phones::confirm(self.app, &actor, account, &self.post.code(number)?).await?;
        self.app.change(&actor, move |change| sessions::end(change, account, id, EndedBy::You)).await?;
        Ok(())
    }

    async fn guess(&self, customer: &Customer, from: From, times: usize) -> Result<()> {
        for guess in 0..times {
            let password = format!("a stranger's guess number {guess}");
            if self.try_sign_in(customer, &password, &Browser::new(from)).await.is_ok() {
                bail!("a guess was right");
            }
        }
        Ok(())
    }

    async fn refuse_stranger(&self, customer: &Customer, from: From) -> Result<()> {
        self.try_sign_in(customer, customer.password, &Browser::new(from)).await?;
        self.deliver().await?;
        let link = self.post.button(customer.email)?;
        let owner = Browser::new(OFFICE).actor();
        self.app.change(&owner, move |change| sessions::deny_device(change, &link)).await?;
        Ok(())
    }

    async fn freeze(&self, customer: &Customer, browser: &mut Browser) -> Result<AccountId> {
        let account = self.sign_in(customer, browser).await?.account;
        self.app
            .change(&browser.actor(), move |change| protections::freeze(change, account, FreezeCause::Link))
            .await?;
        Ok(account)
    }
}

/// Sends through the real carrier and remembers where the buttons lead.
struct Copying {
    carrier: Arc<dyn Carrier>,
    letters: Mutex<Vec<Letter>>,
    texts: Mutex<Vec<Sms>>,
}

impl Copying {
    fn new(carrier: Arc<dyn Carrier>) -> Self {
        Self { carrier, letters: Mutex::default(), texts: Mutex::default() }
    }

    /// The link behind the button of the newest letter to an address that has one.
    fn button(&self, email: &str) -> Result<SecretText> {
        let letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = letters.iter().rev().find_map(|letter| letter.button.as_ref().filter(|_| letter.to == email));
        let (_, url) = newest.with_context(|| format!("no letter with a button was sent to {email}"))?;
        Ok(SecretText::presented(url.rsplit('/').next().unwrap_or_default()))
    }

    /// The code in the newest SMS to a number.
    fn code(&self, number: &str) -> Result<String> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = texts.iter().rev().find(|sms| sms.to == number);
        let words = newest.map(|sms| sms.text.split(' ').map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
        let code = words.into_iter().find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
        code.with_context(|| format!("no SMS with a code was sent to {number}"))
    }
}

impl Carrier for Copying {
    fn carry(&self, letter: &Letter) -> Fate {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter.clone());
        self.carrier.carry(letter)
    }

    fn carry_sms(&self, sms: &Sms) -> Fate {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).push(sms.clone());
        self.carrier.carry_sms(sms)
    }
}
