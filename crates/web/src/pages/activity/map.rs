//! The map of sign-in places: one dot a place, on the land of `assets/world.svg`.

use std::collections::{BTreeMap, HashSet};

use domain::activity::{Country, Entry, Event, Spot};
use domain::clock::Time;
use domain::ids::PendingId;

use crate::pages::frame::When;
use crate::site::KnownCountry;

/// The smallest and the largest dot, in units of the map.
const RADII: (f64, f64) = (13.0, 34.0);

/// Places named in the description; the table names all.
const NAMED: usize = 5;

/// The picture.
#[derive(Clone, Debug, Default)]
pub struct MapPicture {
    /// What it shows, in one sentence.
    pub title: String,
    /// The same in words.
    pub description: String,
    /// The dots, the largest first, so that none is hidden.
    pub dots: Vec<Dot>,
    /// Every place, also those that are nowhere on the map, the most used first.
    pub places: Vec<PlaceRow>,
}

/// One place on the map.
#[derive(Clone, Debug)]
pub struct Dot {
    /// How far from the left edge.
    pub x: i64,
    /// How far from the upper edge.
    pub y: i64,
    /// How large.
    pub radius: i64,
    /// `in` where somebody got in, `tried` where nobody did.
    pub class: &'static str,
    /// What it stands for.
    pub label: String,
}

/// One place in the table.
#[derive(Clone, Debug)]
pub struct PlaceRow {
    /// The place.
    pub place: String,
    /// How often somebody signed in from there.
    pub signed_in: u32,
    /// How often somebody tried and did not get in.
    pub tried: u32,
    /// The last time.
    pub last: When,
}

#[derive(Debug)]
struct Seen {
    at: Option<Spot>,
    signed_in: u32,
    tried: u32,
    last: Time,
}

/// The map of these entries. `country` says what is known of a country.
pub(crate) fn draw(entries: &[Entry], country: impl Fn(Country) -> Option<KnownCountry>) -> MapPicture {
    let mut places: BTreeMap<String, Seen> = BTreeMap::new();
    let mut counted: HashSet<PendingId> = HashSet::new();
    for entry in entries {
        let got_in = match &entry.event {
            Event::SignedIn { waited, .. } => {
                counted.extend(waited);
                true
            }
            // The newest entries come first, so a sign-in that was let in is counted before its waiting is met; and one
            // that waits for a code and then for its owner's word is one.
            Event::SignInSecondStep { pending }
            | Event::SignInWaiting { pending }
            | Event::SignInUnusual { pending, .. }
                if counted.insert(*pending) =>
            {
                false
            }
            Event::SignInFailed { .. } | Event::PasswordOff | Event::PasskeyFailed { .. } => false,
            _ => continue,
        };
        let place = entry.origin.place.as_ref();
        let name = place.map_or_else(|| "Unknown place".to_owned(), |place| capital(&place.text));
        let seen = places.entry(name).or_insert_with(|| Seen {
            at: place.and_then(|place| place.spot.or_else(|| country(place.country?)?.middle)),
            signed_in: 0,
            tried: 0,
            last: entry.at,
        });
        if got_in {
            seen.signed_in += 1;
        } else {
            seen.tried += 1;
        }
        seen.last = seen.last.max(entry.at);
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, seen)| std::cmp::Reverse((seen.signed_in, seen.tried, seen.last)));
    let most = places.iter().map(|(_, seen)| seen.signed_in + seen.tried).max().unwrap_or(1);
    let mut dots: Vec<Dot> = places.iter().filter_map(|(name, seen)| dot(name, seen, most)).collect();
    dots.sort_by_key(|dot| std::cmp::Reverse(dot.radius));
    MapPicture {
        title: "Map of the places you signed in from".to_owned(),
        description: description(&places),
        dots,
        places: places.into_iter().map(|(name, seen)| row(name, &seen)).collect(),
    }
}

fn dot(name: &str, seen: &Seen, most: u32) -> Option<Dot> {
    let (x, y) = on_the_map(seen.at?)?;
    let share = f64::from(seen.signed_in + seen.tried) / f64::from(most.max(1));
    Some(Dot {
        x,
        y,
        radius: whole(RADII.0 + (RADII.1 - RADII.0) * share.sqrt()),
        class: if seen.signed_in > 0 { "in" } else { "tried" },
        label: label(name, seen),
    })
}

/// Where a spot is on `assets/world.svg`: equirectangular, 3.2 units for a degree of longitude and 4 for one of latitude,
/// from 180° W and 84° N. `None` south of where the map ends.
fn on_the_map(spot: Spot) -> Option<(i64, i64)> {
    let (x, y) = (whole((spot.longitude() + 180.0) * 3.2), whole((84.0 - spot.latitude()) * 4.0));
    (0..=560).contains(&y).then_some((x, y))
}

#[expect(clippy::cast_possible_truncation, reason = "the map is some hundred units wide")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

fn row(place: String, seen: &Seen) -> PlaceRow {
    PlaceRow { place, signed_in: seen.signed_in, tried: seen.tried, last: When::at(seen.last) }
}

fn label(name: &str, seen: &Seen) -> String {
    let times = |number: u32| if number == 1 { "once".to_owned() } else { format!("{number} times") };
    match (seen.signed_in, seen.tried) {
        (0, tried) => format!("{name}: tried {}, nobody got in", times(tried)),
        (signed_in, 0) => format!("{name}: signed in {}", times(signed_in)),
        (signed_in, tried) => format!("{name}: signed in {}, tried {}", times(signed_in), times(tried)),
    }
}

fn description(places: &[(String, Seen)]) -> String {
    if places.is_empty() {
        return "Nobody signed in or tried to.".to_owned();
    }
    let named: Vec<String> = places.iter().take(NAMED).map(|(name, seen)| label(name, seen)).collect();
    let more = places.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("; and {more} more, in the table below") } else { String::new() };
    format!("{}{more}.", named.join("; "))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::{draw, on_the_map};
    use domain::activity::{Entry, Event, Origin, Place, Spot};
    use domain::clock::Time;
    use domain::ids::{AccountId, PendingId, SessionId};

    /// Newest first, each from the place named.
    fn seen(events: Vec<(Event, &str)>) -> Vec<(String, u32, u32)> {
        let entry = |(event, place): (Event, &str)| Entry {
            account: AccountId::from_bytes([1; 16]),
            sequence: 1,
            at: Time::UNIX_EPOCH,
            event,
            who: "visitor".to_owned(),
            session: None,
            origin: Origin { place: Some(Place::named(place)), ..Origin::default() },
        };
        let entries: Vec<Entry> = events.into_iter().map(entry).collect();
        let places = draw(&entries, |_| None).places;
        places.into_iter().map(|row| (row.place, row.signed_in, row.tried)).collect()
    }

    #[test]
    fn who_was_let_in_did_not_only_try() {
        let pending = |number: u8| PendingId::from_bytes([number; 16]);
        let signed_in = |waited| Event::SignedIn {
            session: SessionId::from_bytes([2; 16]),
            new_device: true,
            waited,
            unusual: None,
        };
        let waiting = |number| Event::SignInWaiting { pending: pending(number) };
        let code = |number| Event::SignInSecondStep { pending: pending(number) };
        let let_in = vec![(signed_in(Some(pending(1))), "Zurich"), (waiting(1), "Zurich"), (code(1), "Zurich")];
        assert_eq!(seen(let_in), [("Zurich".to_owned(), 1, 0)]);
        // Somebody else waited at the same time, and nobody let them in: one try, with and without a code.
        let other = vec![
            (signed_in(Some(pending(1))), "Zurich"),
            (waiting(2), "Lima"),
            (code(2), "Lima"),
            (waiting(1), "Zurich"),
        ];
        assert_eq!(seen(other), [("Zurich".to_owned(), 1, 0), ("Lima".to_owned(), 0, 1)]);
        let refused =
            vec![(Event::SignInFailed { failures: 1 }, "Lima"), (Event::PasswordOff, "Lima"), (code(3), "Lima")];
        assert_eq!(seen(refused), [("Lima".to_owned(), 0, 3)]);
    }

    #[test]
    fn dots_lie_where_the_land_was_drawn() {
        let world = include_str!("../../../../../assets/world.svg");
        assert!(world.contains("viewBox=\"0 0 1152 560\"") && world.contains("id=\"land\""));
        assert_eq!(on_the_map(Spot::at(0.0, 0.0).unwrap()), Some((576, 336)));
        assert_eq!(on_the_map(Spot::at(47.38, 8.54).unwrap()), Some((603, 146)));
        assert_eq!(on_the_map(Spot::at(-75.0, 0.0).unwrap()), None);
    }
}
