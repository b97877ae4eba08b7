//! The operator's file of towns (MMDB), held in memory and read anew when it changes.

use std::fs::Metadata;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use domain::activity::{Country, Place, Spot};
use maxminddb::Reader;
use serde::Deserialize;

use super::country;

/// How often somebody looks whether the file changed.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// A name in the file that is longer is none.
const CHARACTERS_MAX: usize = 60;

/// The file and what was last read of it.
#[derive(Debug)]
pub(super) struct CityFile {
    path: PathBuf,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What was looked at last, and whether anybody looked.
    seen: Option<Seen>,
    reader: Option<Arc<Reader<Vec<u8>>>>,
}

/// What tells one file from the next: `None` if there was none.
type Seen = Option<(u64, u64, i64, i64)>;

/// What we ask of an entry; files of all makers agree on these.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    city: Option<Named<'a>>,
    #[serde(borrow)]
    country: Option<Named<'a>>,
    location: Option<Location>,
}

#[derive(Deserialize)]
struct Named<'a> {
    iso_code: Option<&'a str>,
    #[serde(borrow)]
    names: Option<Names<'a>>,
}

#[derive(Deserialize)]
struct Names<'a> {
    en: Option<&'a str>,
}

#[derive(Deserialize)]
struct Location {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl CityFile {
    /// The file, not yet read.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, state: RwLock::default() }
    }

    /// The file, read by a thread of its own now and whenever it changes.
    pub(super) fn watched(path: PathBuf) -> Arc<Self> {
        let file = Arc::new(Self::at(path));
        let watched = Arc::downgrade(&file);
        let thread = std::thread::Builder::new().name("places".to_owned());
        if let Err(error) = thread.spawn(move || watch(&watched)) {
            tracing::warn!(%error, "nobody watches the file of places");
        }
        file
    }

    /// Reads the file if it is another than the one looked at last. A file that cannot be read changes nothing, and is
    /// complained of once.
    pub(super) fn look(&self) {
        let seen = std::fs::metadata(&self.path).ok().map(|about| fingerprint(&about));
        if self.state.read().unwrap_or_else(PoisonError::into_inner).seen == Some(seen) {
            return;
        }
        // Read whole before anybody waits for it; who replaces it by renaming is never seen half-way.
        let reader = Reader::open_readfile(&self.path);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.seen = Some(seen);
        match reader {
            Ok(reader) => {
                let built = reader.metadata().build_epoch;
                tracing::info!(file = %self.path.display(), kind = reader.metadata().database_type, built, "places are known by town");
                state.reader = Some(Arc::new(reader));
            }
            Err(error) => {
                let kept =
                    if state.reader.is_some() { "the file before it is used on" } else { "only countries are known" };
                tracing::warn!(file = %self.path.display(), %error, kept, "`city_file` of [places] cannot be read");
            }
        }
    }

    /// The place of an address; `None` if the file does not know it, or cannot be read there.
    pub(super) fn place_of(&self, ip: IpAddr) -> Option<Place> {
        let reader = self.state.read().unwrap_or_else(PoisonError::into_inner).reader.clone()?;
        let found = reader.lookup(ip).and_then(|found| found.decode::<Entry<'_>>());
        match found {
            Ok(entry) => place(&entry?),
            Err(error) => {
                tracing::debug!(%error, "an entry of `city_file` cannot be read");
                None
            }
        }
    }
}

fn fingerprint(about: &Metadata) -> (u64, u64, i64, i64) {
    (about.ino(), about.len(), about.mtime(), about.mtime_nsec())
}

fn watch(file: &Weak<CityFile>) {
    while let Some(file) = file.upgrade() {
        file.look();
        drop(file);
        std::thread::park_timeout(LOOK_EVERY);
    }
}

fn place(entry: &Entry<'_>) -> Option<Place> {
    let code: Option<Country> = entry.country.as_ref().and_then(|country| country.iso_code?.parse().ok());
    // Countries are called what we call them everywhere, whoever made the file.
    let ours = code.and_then(country).map(|country| country.name);
    let country = ours.or_else(|| called(entry.country.as_ref()))?;
    let city = called(entry.city.as_ref()).filter(|city| *city != country);
    let spot = city.and(entry.location.as_ref()).and_then(|at| Spot::at(at.latitude?, at.longitude?));
    let text = city.map_or_else(|| country.to_owned(), |city| format!("{city}, {country}"));
    Some(Place { text, country: code, spot })
}

/// The English name, if it is one that can stand in a line.
fn called<'a>(named: Option<&Named<'a>>) -> Option<&'a str> {
    let name = named?.names.as_ref()?.en?;
    let fits = (1..=CHARACTERS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    fits.then_some(name)
}
