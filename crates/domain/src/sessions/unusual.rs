//! Does a sign-in come from an unusual place? A pure decision, and what is said of it.
//!
//! Whose address is used where is a guess: a network may be used in another country than it was given out in, a provider may
//! put a whole country behind one exit. So a place only ever asks for one step more. It refuses nobody, and a place that is
//! not known asks for nothing.

use serde::{Deserialize, Serialize};

use crate::activity::{Country, Place, Spot};
use crate::clock::{Span, Time};
use crate::ids::DeviceId;

/// So long a country stays usual after a sign-in from it, counted back from the newest sign-in: who comes home after a year
/// without us comes home.
pub const USUAL: Span = Span::from_hours(90 * 24);

/// Nobody travels faster, from door to door: airliners cruise at Mach 0.85, some 900 km/h.
pub const FASTEST_KM_H: f64 = 900.0;

/// Less than this is no journey: phones in one street come out of exits that lie hundreds of kilometres apart.
pub const FAR_KM: f64 = 500.0;

/// No two places are further apart than an airliner flies in this time, so older sightings say nothing.
pub const SEEN_WITHIN: Span = Span::from_hours(23);

/// Why a sign-in comes from an unusual place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Unusual {
    /// Nobody signed in to the account from this country lately.
    NewCountry {
        /// The country.
        country: Country,
        /// The place, in words.
        place: String,
        /// When somebody last did, if ever.
        last: Option<Time>,
    },
    /// The account was used too far away too short a time ago.
    ImpossibleTravel {
        /// The place, in words.
        place: String,
        /// Where it was used before, in words.
        from: String,
        /// How far away that is.
        km: i64,
        /// How long ago that was.
        minutes: i64,
    },
}

/// A place from which a browser signed in.
#[derive(Debug, Clone, PartialEq)]
pub struct UsedPlace {
    /// The browser.
    pub device: DeviceId,
    /// The place.
    pub place: Place,
    /// The first time.
    pub first_at: Time,
    /// The last time.
    pub last_at: Time,
}

/// Where an account was used lately, as far as coordinates are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// When.
    pub at: Time,
    /// Where on the globe.
    pub spot: Spot,
    /// The same in words.
    pub place: String,
}

/// What is known of an account's places when somebody signs in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Where its browsers signed in from.
    pub places: Vec<UsedPlace>,
    /// Where it was used within [`SEEN_WITHIN`], the newest first.
    pub sightings: Vec<Sighting>,
}

/// Why this place is unusual for an account, if it is; `device` is the known browser that it is about.
pub fn unusual(place: Option<&Place>, device: Option<DeviceId>, history: &History, now: Time) -> Option<Unusual> {
    let place = place?;
    new_country(place, &history.places).or_else(|| impossible_travel(place, device, history, now))
}

fn new_country(place: &Place, used: &[UsedPlace]) -> Option<Unusual> {
    let country = place.country?;
    // The first country that is known of an account is learnt, not asked about.
    let newest = used.iter().filter(|used| used.place.country.is_some()).map(|used| used.last_at).max()?;
    let last = used.iter().filter(|used| used.place.country == Some(country)).map(|used| used.last_at).max();
    if last.is_some_and(|last| newest.duration_since(last) <= USUAL) {
        return None;
    }
    Some(Unusual::NewCountry { country, place: place.text.clone(), last })
}

fn impossible_travel(place: &Place, device: Option<DeviceId>, history: &History, now: Time) -> Option<Unusual> {
    let here = place.spot?;
    // Who goes through a network abroad and back again does so in the same browser, and is asked once.
    let been_here = |used: &UsedPlace| {
        Some(used.device) == device && used.place.spot.is_some_and(|spot| spot.km_to(here) <= FAR_KM)
    };
    if history.places.iter().any(been_here) {
        return None;
    }
    history.sightings.iter().find_map(|seen| {
        let (km, since) = (seen.spot.km_to(here), now.duration_since(seen.at).max(Span::ZERO));
        let too_fast = km > FAR_KM && km >= FASTEST_KM_H * since.as_secs_f64() / 3600.0;
        too_fast.then(|| Unusual::ImpossibleTravel {
            place: place.text.clone(),
            from: seen.place.clone(),
            km: whole(km),
            minutes: since.as_mins(),
        })
    })
}

#[expect(clippy::cast_possible_truncation, reason = "nothing on earth is further away than 20 040 km")]
fn whole(km: f64) -> i64 {
    km.round() as i64
}

impl Unusual {
    /// The word that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NewCountry { .. } => "new_country",
            Self::ImpossibleTravel { .. } => "impossible_travel",
        }
    }

    /// The country, where that is the reason.
    pub fn country(&self) -> Option<Country> {
        match self {
            Self::NewCountry { country, .. } => Some(*country),
            Self::ImpossibleTravel { .. } => None,
        }
    }

    /// The reason, as the owner reads it.
    pub fn to_owner(&self) -> String {
        match self {
            Self::NewCountry { place, last: None, .. } => {
                format!("It came from {place}, a country from which nobody has signed in to this account before.")
            }
            Self::NewCountry { place, last: Some(last), .. } => format!(
                "It came from {place}, a country from which nobody has signed in to this account since {}.",
                last.strftime("%-d %B %Y")
            ),
            Self::ImpossibleTravel { place, from, km, minutes } => format!(
                "It came from {place}, {} after this account was used in {from}, about {} km away. Nobody travels that fast.",
                lapse(*minutes),
                rounded(*km),
            ),
        }
    }

    /// The reason, as whoever asks to come in reads it before they have proved who they are: not where the owner was.
    pub fn to_asker(&self) -> String {
        match self {
            Self::NewCountry { place, .. } => {
                format!(
                    "You are asking from {place}, a country from which nobody has signed in to this account lately."
                )
            }
            Self::ImpossibleTravel { place, .. } => {
                format!("You are asking from {place}, and a short time ago this account was used very far from there.")
            }
        }
    }
}

fn lapse(minutes: i64) -> String {
    match minutes {
        0 => "less than a minute".to_owned(),
        1 => "one minute".to_owned(),
        2..=119 => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes / 60),
    }
}

/// To two figures, because an address tells no more: `9 600`, `740`.
fn rounded(km: i64) -> String {
    let step = if km >= 1_000 { 100 } else { 10 };
    let km = (km + step / 2) / step * step;
    if km >= 1_000 { format!("{},{:03}", km / 1_000, km % 1_000) } else { km.to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LAPTOP: DeviceId = DeviceId::from_bytes([1; 16]);
    const PHONE: DeviceId = DeviceId::from_bytes([2; 16]);

    fn now() -> Time {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn ago(hours: i64) -> Time {
        now() - Span::from_hours(hours)
    }

    fn place(name: &str) -> Place {
        let (text, country, spot) = match name {
            "Zurich" => ("Zürich, Switzerland", Some("CH"), Some((47.38, 8.54))),
            "Geneva" => ("Geneva, Switzerland", Some("CH"), Some((46.2, 6.15))),
            "Lisbon" => ("Lisbon, Portugal", Some("PT"), Some((38.72, -9.14))),
            "Porto" => ("Porto, Portugal", Some("PT"), Some((41.15, -8.61))),
            "Tokyo" => ("Tokyo, Japan", Some("JP"), Some((35.68, 139.69))),
            "Boston" => ("Boston, United States", Some("US"), Some((42.36, -71.06))),
            "Los Angeles" => ("Los Angeles, United States", Some("US"), Some((34.05, -118.24))),
            "Portugal" => ("Portugal", Some("PT"), None),
            "United States" => ("United States", Some("US"), None),
            "home" => ("Private network", None, None),
            other => panic!("where is {other}?"),
        };
        let spot = spot.map(|(latitude, longitude)| Spot::at(latitude, longitude).unwrap());
        Place { country: country.map(|code| code.parse().unwrap()), spot, ..Place::named(text) }
    }

    fn used(device: DeviceId, name: &str, last_at: Time) -> UsedPlace {
        UsedPlace { device, place: place(name), first_at: last_at, last_at }
    }

    fn seen(name: &str, at: Time) -> Sighting {
        let place = place(name);
        Sighting { at, spot: place.spot.unwrap(), place: place.text }
    }

    /// What is said of a sign-in on the laptop.
    #[track_caller]
    fn check(from: &str, places: &[UsedPlace], sightings: &[Sighting], says: &str) {
        let history = History { places: places.to_vec(), sightings: sightings.to_vec() };
        let found = unusual(Some(&place(from)), Some(LAPTOP), &history, now());
        assert_eq!(found.as_ref().map_or("usual", Unusual::code), says, "{from}: {found:?}");
    }

    #[test]
    fn a_country_is_usual_for_ninety_days_before_the_newest_sign_in() {
        let home = |hours| used(LAPTOP, "Zurich", ago(hours));
        check("Geneva", &[home(1)], &[], "usual");
        check("Lisbon", &[home(1)], &[], "new_country");
        check("Portugal", &[home(1)], &[], "new_country");
        // Whichever of the account's browsers was there.
        check("Lisbon", &[home(1), used(PHONE, "Porto", ago(24))], &[], "usual");
        check("Lisbon", &[home(0), used(PHONE, "Porto", ago(90 * 24))], &[], "usual");
        check("Lisbon", &[home(0), used(PHONE, "Porto", ago(90 * 24 + 1))], &[], "new_country");
        // Who was away from us for two years comes home.
        check("Zurich", &[home(2 * 365 * 24)], &[], "usual");
        check("Lisbon", &[home(2 * 365 * 24)], &[], "new_country");
    }

    #[test]
    fn what_is_not_known_asks_for_nothing() {
        let history = History { places: vec![used(LAPTOP, "Zurich", ago(1))], sightings: vec![seen("Zurich", ago(1))] };
        assert_eq!(unusual(None, Some(LAPTOP), &history, now()), None);
        check("home", &history.places, &history.sightings, "usual");
        // Nothing was ever known of where the account is used: its first country is learnt.
        check("Lisbon", &[], &[], "usual");
        check("Lisbon", &[used(LAPTOP, "home", ago(1))], &[], "usual");
    }

    #[test]
    fn nobody_travels_faster_than_an_airliner() {
        let known = [used(LAPTOP, "Boston", ago(48)), used(PHONE, "Zurich", ago(48)), used(PHONE, "Tokyo", ago(48))];
        // Boston to Los Angeles is 4 200 km: more than four hours and less than five.
        check("Los Angeles", &known, &[seen("Boston", ago(4))], "impossible_travel");
        check("Los Angeles", &known, &[seen("Boston", ago(5))], "usual");
        // Zürich to Tokyo is 9 600 km: ten hours and more.
        check("Tokyo", &known, &[seen("Zurich", ago(2))], "impossible_travel");
        check("Tokyo", &known, &[seen("Zurich", ago(11))], "usual");
        // Any sighting counts, not the newest alone: that one may be the thief's own.
        check("Tokyo", &known, &[seen("Tokyo", ago(1)), seen("Zurich", ago(2))], "impossible_travel");
        // What another node's clock puts into the future was seen now.
        check("Tokyo", &known, &[seen("Zurich", now() + Span::from_mins(1))], "impossible_travel");
    }

    #[test]
    fn a_place_this_browser_signed_in_from_is_no_journey() {
        let at_home = [seen("Zurich", ago(1))];
        let through_tokyo = used(LAPTOP, "Tokyo", ago(24));
        check("Tokyo", &[used(LAPTOP, "Zurich", ago(1)), through_tokyo.clone()], &at_home, "usual");
        // Another browser's journey says nothing of this one.
        let phone = UsedPlace { device: PHONE, ..through_tokyo };
        check("Tokyo", &[used(LAPTOP, "Zurich", ago(1)), phone], &at_home, "impossible_travel");
    }

    #[test]
    fn a_country_without_a_town_is_no_point_to_travel_from() {
        let known = [used(LAPTOP, "Boston", ago(1))];
        check("United States", &known, &[seen("Boston", ago(1)), seen("Los Angeles", ago(2))], "usual");
    }

    #[test]
    fn the_reason_is_said_in_plain_words_and_not_where_the_owner_was_to_whoever_asks() {
        let last = Some("2026-03-03T12:00:00Z".parse().unwrap());
        let country =
            |last| Unusual::NewCountry { country: "PT".parse().unwrap(), place: "Lisbon, Portugal".into(), last };
        let travel = |km, minutes| Unusual::ImpossibleTravel {
            place: "Tokyo, Japan".into(),
            from: "Zürich, Switzerland".into(),
            km,
            minutes,
        };
        for (unusual, says) in [
            (
                country(None),
                "It came from Lisbon, Portugal, a country from which nobody has signed in to this account before.",
            ),
            (
                country(last),
                "It came from Lisbon, Portugal, a country from which nobody has signed in to this account since 3 March 2026.",
            ),
            (
                travel(9_587, 125),
                "It came from Tokyo, Japan, 2 hours after this account was used in Zürich, Switzerland, about 9,600 km away. Nobody travels that fast.",
            ),
            (
                travel(512, 0),
                "It came from Tokyo, Japan, less than a minute after this account was used in Zürich, Switzerland, about 510 km away. Nobody travels that fast.",
            ),
        ] {
            assert_eq!(unusual.to_owner(), says);
            assert!(!unusual.to_asker().contains("Zürich") && !unusual.to_asker().contains("March"));
        }
    }

    fn spots() -> impl Strategy<Value = Spot> {
        (-90.0..=90.0, -180.0..=180.0).prop_map(|(latitude, longitude)| Spot::at(latitude, longitude).unwrap())
    }

    proptest! {
        /// Whoever moves no faster than an airliner within a known country is never asked, wherever they go.
        #[test]
        fn an_honest_journey_is_never_asked_about(from in spots(), to in spots(), slack in 1.0_f64..2.0) {
            let hours = from.km_to(to) / FASTEST_KM_H * slack;
            #[expect(clippy::cast_possible_truncation, reason = "less than two days in seconds")]
            let left = now() - Span::from_secs((hours * 3600.0).ceil() as i64 + 1);
            let there = |spot| Place { spot: Some(spot), ..place("United States") };
            let history = History {
                places: vec![UsedPlace { device: PHONE, place: there(from), first_at: left, last_at: left }],
                sightings: vec![Sighting { at: left, spot: from, place: "Somewhere".to_owned() }],
            };
            prop_assert_eq!(unusual(Some(&there(to)), Some(LAPTOP), &history, now()), None);
        }

        /// Once a sign-in was let in and its place learnt, the same place is usual, whatever was unusual about it.
        #[test]
        fn a_place_that_was_let_in_is_usual_from_then_on(to in spots(), seen in prop::collection::vec((spots(), 0_i64..23), 0..5), country in 0_usize..3) {
            let country = ["PT", "JP", "US"][country].parse().ok();
            let here = Place { country, spot: Some(to), ..Place::named("Here") };
            let sightings = seen.into_iter().map(|(spot, hours)| Sighting { at: ago(hours), spot, place: String::new() });
            let mut history = History { places: vec![used(LAPTOP, "Zurich", ago(30))], sightings: sightings.collect() };
            history.places.push(UsedPlace { device: LAPTOP, place: here.clone(), first_at: now(), last_at: now() });
            prop_assert_eq!(unusual(Some(&here), Some(LAPTOP), &history, now()), None);
        }

        #[test]
        fn distances_are_those_of_a_globe(from in spots(), to in spots()) {
            let km = from.km_to(to);
            prop_assert!((0.0..=20_016.0).contains(&km), "{km}");
            prop_assert!((km - to.km_to(from)).abs() < 1e-6);
            prop_assert!(from.km_to(from) < 1e-6);
        }
    }
}
