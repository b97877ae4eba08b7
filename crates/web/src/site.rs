//! What every handler may ask for: the rules, the settings of the site, and what is known of addresses.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use domain::App;
use domain::activity::{Country, Place, Spot};
use tokio::sync::watch;

use crate::address::Network;
use crate::hooks::{Gateway, NoGateway};
use crate::live::Seats;
use crate::next::ReturnPath;
use crate::once::UnderWay;
use crate::pages::frame::Brand;
use crate::service::{FeedSeats, Turns};

/// Tells what stands behind a browser's own words and behind an address.
pub trait Guesses: Send + Sync {
    /// Browser and system, like `Firefox 144 on Linux`.
    fn browser(&self, user_agent: &str) -> Option<String>;

    /// The place of an address, like `Zürich, Switzerland`.
    fn place(&self, ip: IpAddr) -> Option<Place>;

    /// What is known of a country; `None` for letters that no country has.
    fn country(&self, _country: Country) -> Option<KnownCountry> {
        None
    }
}

/// A country as customers call it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownCountry {
    /// Its name.
    pub name: &'static str,
    /// A point in its middle, for a map.
    pub middle: Option<Spot>,
}

/// Where the knowledge of places comes from, and from when it is.
#[derive(Debug, Clone, Default)]
pub struct PlacesCredit {
    /// The day of the table of countries, like `2026-11-01`; empty without one.
    pub table_day: &'static str,
    /// What the operator's file of towns asks to be said; empty for nothing.
    pub towns: String,
    /// Where that leads; empty for nowhere.
    pub towns_url: String,
}

/// The settings of the site that rules do not depend on.
#[derive(Debug, Clone)]
pub struct SiteSettings {
    /// The proxies that are believed about a client's address.
    pub trusted_proxies: Vec<Network>,
    /// The paths of the exchange's own, on this host, to which signing in may lead back.
    pub return_paths: Vec<ReturnPath>,
    /// Seconds after which a request is given up.
    pub request_seconds: u64,
    /// The address that our letters come from, as customers should see it; empty to leave it unsaid.
    pub mail_from: String,
    /// Whether this is the demo, whose pages say so and show the way to its mailbox.
    pub demo: bool,
    /// Where the knowledge of places comes from.
    pub places: PlacesCredit,
    /// How many pages may be followed live at once; more are told to try again later.
    pub live_streams_max: usize,
}

impl Default for SiteSettings {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            return_paths: Vec::new(),
            request_seconds: 30,
            mail_from: String::new(),
            demo: false,
            places: PlacesCredit::default(),
            live_streams_max: 1024,
        }
    }
}

/// The site. Cheap to clone.
#[derive(Clone)]
pub struct Web(Arc<Parts>);

struct Parts {
    app: App,
    settings: SiteSettings,
    guesses: Box<dyn Guesses>,
    gateway: Box<dyn Gateway>,
    origin: String,
    brand: Arc<Brand>,
    seats: Seats,
    feed_seats: FeedSeats,
    turns: Turns,
    under_way: UnderWay,
    closing: watch::Sender<bool>,
    openapi: OnceLock<Bytes>,
}

impl Web {
    /// Puts the site before the rules.
    pub fn new(app: App, settings: SiteSettings, guesses: Box<dyn Guesses>) -> Self {
        Self::with_gateway(app, settings, guesses, Box::new(NoGateway))
    }

    /// The same, for an operator whose SMS gateway calls us.
    pub fn with_gateway(
        app: App,
        settings: SiteSettings,
        guesses: Box<dyn Guesses>,
        gateway: Box<dyn Gateway>,
    ) -> Self {
        let origin = app.settings().operator.url.to_string();
        let brand = Arc::new(Brand::new(&app.settings().operator, &origin, &settings.mail_from));
        let seats = Seats::new(settings.live_streams_max);
        Self(Arc::new(Parts {
            app,
            settings,
            guesses,
            gateway,
            origin,
            brand,
            seats,
            feed_seats: FeedSeats::default(),
            turns: Turns::default(),
            under_way: UnderWay::default(),
            closing: watch::Sender::new(false),
            openapi: OnceLock::new(),
        }))
    }

    /// The rules.
    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// The settings of the site.
    pub fn settings(&self) -> &SiteSettings {
        &self.0.settings
    }

    /// The one address of the site, without a slash at its end.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Whether the site is reached over TLS, at least as far as its proxy.
    pub fn secure(&self) -> bool {
        self.0.origin.starts_with("https://")
    }

    /// Says that the process is about to stop: live pages are let go, and `/readyz` sends new visitors elsewhere.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    /// The operator as customers meet them.
    pub(crate) fn brand(&self) -> Arc<Brand> {
        self.0.brand.clone()
    }

    pub(crate) fn guesses(&self) -> &dyn Guesses {
        &*self.0.guesses
    }

    pub(crate) fn gateway(&self) -> &dyn Gateway {
        &*self.0.gateway
    }

    /// How many pages are followed live.
    pub fn live_streams(&self) -> usize {
        self.0.seats.taken()
    }

    pub(crate) fn seats(&self) -> &Seats {
        &self.0.seats
    }

    /// How many requests wait for the feed.
    pub fn feed_waiting(&self) -> usize {
        self.0.feed_seats.taken()
    }

    /// How many requests with reports wait for their turn.
    pub fn reports_waiting(&self) -> usize {
        self.0.turns.waiting()
    }

    /// Seats of those who wait for the feed.
    pub(crate) fn feed_seats(&self) -> &FeedSeats {
        &self.0.feed_seats
    }

    /// The turns of those who report.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.0.under_way
    }

    pub(crate) fn openapi(&self) -> &OnceLock<Bytes> {
        &self.0.openapi
    }
}
