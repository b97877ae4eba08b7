//! Puts the parts of a running Countersign together.

use std::fs::DirBuilder;
use std::net::IpAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use domain::activity::{Country, Place};
use domain::clock::{Clock, SystemClock};
use domain::credentials::BreachedPasswords;
use domain::entropy::{Entropy, SystemEntropy};
use domain::notifications::Carrier;
use domain::webhooks::Courier;
use domain::{App, Core, Fault, key_check};
use outside::breached::{Breached, BreachedSettings};
use outside::browsers::{self, browser_name};
use outside::mail::SmtpCarrier;
use outside::places::{self, Places};
use outside::sms::{Hooks, SmsCarrier};
use outside::webhooks::HttpCourier;
use web::{Guesses, KnownCountry, PlacesCredit, SiteSettings, Web};

use crate::config::Config;
use crate::keys::{self, KeyFile};
use crate::sms::{Calls, Post};

/// The parts.
pub(crate) struct Machine {
    pub(crate) app: App,
    pub(crate) web: Web,
    pub(crate) carrier: Arc<dyn Carrier>,
    pub(crate) courier: Arc<dyn Courier>,
}

impl Machine {
    /// Opens the database and joins what the settings name. Nothing is made before they fit.
    pub(crate) fn build(config: &Config, clock: Arc<dyn Clock>) -> Result<Self> {
        browsers::prepare();
        let breached: Arc<dyn BreachedPasswords> = Arc::new(Breached::new(&config.breached, clock.clone())?);
        let mail = SmtpCarrier::new(&config.mail, clock.clone())?;
        let courier = Arc::new(HttpCourier::new(&config.webhooks)?);
        let carrier = Arc::new(Post { mail, sms: SmsCarrier::new(&config.sms)? });
        if let Some(gone) = database_gone(config) {
            bail!(gone);
        }
        let app = join(config, clock, &breached)?;
        let site = SiteSettings {
            trusted_proxies: config.web.trusted_proxies.clone(),
            return_paths: config.web.return_paths.clone(),
            mail_from: config.mail.from.clone(),
            demo: config.demo,
            places: PlacesCredit {
                table_day: places::table_date().day,
                towns: config.places.credit.clone(),
                towns_url: config.places.credit_url.clone(),
            },
            ..SiteSettings::default()
        };
        let world = Box::new(World { places: Places::new(&config.places) });
        let calls = Box::new(Calls(Hooks::new(&config.sms)));
        let web = Web::with_gateway(app.clone(), site, world, calls);
        Ok(Self { app, web, carrier, courier })
    }
}

/// The rules on the database, for a command that lets nobody in and sends nothing: who carries letters and SMS is not looked at.
pub(crate) fn app(config: &Config) -> Result<App> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let breached: Arc<dyn BreachedPasswords> = Arc::new(Breached::new(&BreachedSettings::default(), clock.clone())?);
    join(config, clock, &breached)
}

/// The same with keys that need not belong to the database: those of the file, or new ones.
pub(crate) fn app_with_any_keys(config: &Config) -> Result<App> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let breached: Arc<dyn BreachedPasswords> = Arc::new(Breached::new(&BreachedSettings::default(), clock.clone())?);
    put_together(config, clock, &breached, true)
}

/// Opens the database with the keys that belong to it. Where it is new, so are they.
fn join(config: &Config, clock: Arc<dyn Clock>, breached: &Arc<dyn BreachedPasswords>) -> Result<App> {
    let app = put_together(config, clock, breached, false)?;
    if let Err(misfit) = key_check::settle(&app)? {
        bail!("the keys in {} {misfit}. {}", config.storage.key_file.display(), misfit.advice());
    }
    Ok(app)
}

fn put_together(
    config: &Config,
    clock: Arc<dyn Clock>,
    breached: &Arc<dyn BreachedPasswords>,
    any_keys: bool,
) -> Result<App> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let path = &config.storage.key_file;
    make_directories(config)?;
    let file = KeyFile::read(path)?;
    let engine = store::open(&config.storage.url, slots()).context("cannot open the database")?;
    let needs_none =
        || Ok::<_, Fault>(store::look(&config.storage.url)?.held.is_some_and(|held| !held.needs_its_keys()));
    let keys = match file {
        Some(file) => file.keys(),
        None if any_keys || needs_none()? => keys::make(path, &*entropy)?,
        None => bail!("{}. {MISSING_ADVICE}", missing(path)),
    };
    Ok(App::new(Core { clock, entropy, keys, settings: config.settings.clone() }, engine, breached))
}

/// What is so where the database has keys and the file is not there.
pub(crate) fn missing(path: &Path) -> String {
    format!("the keys that belong to the database are not in {}", path.display())
}

/// What to do about it.
pub(crate) const MISSING_ADVICE: &str =
    "Put the file there from your backup, or from a node that serves; no new keys are made.";

/// What is so where there are keys, and no database that they could belong to: then it was lost, and a start would open an
/// empty exchange in its place. A server is not asked here: the doctor does.
fn database_gone(config: &Config) -> Option<String> {
    let database = config.storage.url.strip_prefix("sqlite:").map(Path::new)?;
    let path = &config.storage.key_file;
    let gone = path.exists() && !database.exists();
    gone.then(|| {
        format!("there are keys in {}, and no database in {}. {GONE_ADVICE}", path.display(), database.display())
    })
}

/// What to do about it.
pub(crate) const GONE_ADVICE: &str = "Restore your backup (`countersign restore`), or correct `url` of [storage]. If these keys \
    are for a new exchange, `countersign migrate` makes its empty database.";

/// Readings or transactions that run at once.
fn slots() -> usize {
    4 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The directories of the database and of the keys, for their owner alone.
pub(crate) fn make_directories(config: &Config) -> Result<()> {
    let database = config.storage.url.strip_prefix("sqlite:").map(Path::new);
    for file in database.into_iter().chain([config.storage.key_file.as_path()]) {
        if let Some(directory) = file.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .with_context(|| format!("cannot make the directory {}", directory.display()))?;
        }
    }
    Ok(())
}

/// What the world knows of browsers and addresses.
struct World {
    places: Places,
}

impl Guesses for World {
    fn browser(&self, user_agent: &str) -> Option<String> {
        browser_name(user_agent)
    }

    fn place(&self, ip: IpAddr) -> Option<Place> {
        self.places.place_of(ip)
    }

    fn country(&self, country: Country) -> Option<KnownCountry> {
        places::country(country).map(|known| KnownCountry { name: known.name, middle: known.middle })
    }
}
