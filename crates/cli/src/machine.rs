//! Puts the parts of a running Countersign together.

use std::fs::DirBuilder;
use std::net::IpAddr;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;

use anyhow::{Context, Result};
use domain::activity::{Country, Place};
use domain::clock::Clock;
use domain::credentials::BreachedPasswords;
use domain::entropy::{Entropy, SystemEntropy};
use domain::notifications::Carrier;
use domain::webhooks::Courier;
use domain::{App, Core};
use outside::breached::Breached;
use outside::browsers::{self, browser_name};
use outside::mail::SmtpCarrier;
use outside::places::{self, Places};
use outside::sms::{Hooks, SmsCarrier};
use outside::webhooks::HttpCourier;
use web::{Guesses, KnownCountry, PlacesCredit, SiteSettings, Web};

use crate::config::Config;
use crate::keys;
use crate::sms::{Calls, Post};

/// The parts.
pub(crate) struct Machine {
    pub(crate) app: App,
    pub(crate) web: Web,
    pub(crate) carrier: Arc<dyn Carrier>,
    pub(crate) courier: Arc<dyn Courier>,
}

impl Machine {
    /// Opens the database and joins what the settings name.
    pub(crate) fn build(config: &Config, clock: Arc<dyn Clock>) -> Result<Self> {
        browsers::prepare();
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        make_directories(config)?;
        let keys = keys::load(&config.storage.key_file, &*entropy)?;
        let engine = store::open(&config.storage.url, slots()).context("cannot open the database")?;
        let breached: Arc<dyn BreachedPasswords> = Arc::new(Breached::new(&config.breached, clock.clone())?);
        let mail = SmtpCarrier::new(&config.mail, clock.clone())?;
        let courier = Arc::new(HttpCourier::new(&config.webhooks)?);
        let carrier = Arc::new(Post { mail, sms: SmsCarrier::new(&config.sms)? });
        let app = App::new(Core { clock, entropy, keys, settings: config.settings.clone() }, engine, &breached);
        let site = SiteSettings {
            trusted_proxies: config.web.trusted_proxies.clone(),
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

/// Readings or transactions that run at once.
fn slots() -> usize {
    4 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The directories of the database and of the keys, for their owner alone.
pub(crate) fn make_directories(config: &Config) -> Result<()> {
    let database = config.storage.url.strip_prefix("sqlite:").map(std::path::Path::new);
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
