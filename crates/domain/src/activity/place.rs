//! Where on earth something happened, as far as an address tells.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A place: words for people, and what programs compare.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// Like `Zürich, Switzerland`, or `This computer`.
    pub text: String,
    /// The country; none where an address is used in no country, such as at home.
    pub country: Option<Country>,
    /// The point on the map, where more is known than the country.
    pub spot: Option<Spot>,
}

impl Place {
    /// A place of which only words are known.
    pub fn named(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A country by its two letters (ISO 3166-1), like `CH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// A text that names no country or no spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two capital letters name a country, two numbers of degrees a spot")]
pub struct NoPlace;

impl Country {
    /// The two letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a country is made of two letters")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Country {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        match text.as_bytes() {
            [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => Ok(Self([*first, *second])),
            _ => Err(NoPlace),
        }
    }
}

impl TryFrom<String> for Country {
    type Error = NoPlace;

    fn try_from(text: String) -> Result<Self, NoPlace> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

/// A point on the globe to a hundredth of a degree, about a kilometre: an address tells no more, and we keep no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spot {
    latitude: i16,
    longitude: i16,
}

/// The mean radius of the earth (IUGG).
const EARTH_RADIUS_KM: f64 = 6_371.0;

impl Spot {
    /// The point at these degrees north and east; `None` if there is no such point.
    #[expect(clippy::cast_possible_truncation, reason = "both are within 180 hundreds")]
    pub fn at(latitude: f64, longitude: f64) -> Option<Self> {
        let real = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        let hundredths = |degrees: f64| (degrees * 100.0).round() as i16;
        real.then(|| Self { latitude: hundredths(latitude), longitude: hundredths(longitude) })
    }

    /// Degrees north.
    pub fn latitude(self) -> f64 {
        f64::from(self.latitude) / 100.0
    }

    /// Degrees east.
    pub fn longitude(self) -> f64 {
        f64::from(self.longitude) / 100.0
    }

    /// How many kilometres it is to another point, over the ground: the haversine formula on a globe of the earth's mean
    /// radius.
    pub fn km_to(self, other: Self) -> f64 {
        let (from, to) = (self.latitude().to_radians(), other.latitude().to_radians());
        let (north, east) = (to - from, (other.longitude() - self.longitude()).to_radians());
        let half = (north / 2.0).sin().powi(2) + from.cos() * to.cos() * (east / 2.0).sin().powi(2);
        2.0 * EARTH_RADIUS_KM * half.sqrt().min(1.0).asin()
    }
}

/// As it is stored: `47.37 8.54`.
impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.latitude(), self.longitude())
    }
}

impl FromStr for Spot {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (latitude, longitude) = text.split_once(' ').ok_or(NoPlace)?;
        let (latitude, longitude) = (latitude.parse().ok(), longitude.parse().ok());
        latitude.zip(longitude).and_then(|(latitude, longitude)| Self::at(latitude, longitude)).ok_or(NoPlace)
    }
}

#[cfg(test)]
mod tests {
    use super::{Country, Spot};

    #[test]
    fn two_capital_letters_are_a_country_and_nothing_else_is() {
        assert_eq!("CH".parse::<Country>().unwrap().code(), "CH");
        for text in ["", "C", "ch", "CHE", "C1", "Ü", "C\0"] {
            assert!(text.parse::<Country>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_way_is_as_long_as_the_great_circle() {
        let spot = |latitude, longitude| Spot::at(latitude, longitude).unwrap();
        let (zurich, sydney) = (spot(47.38, 8.54), spot(-33.87, 151.21));
        for (from, to, km) in [
            (zurich, zurich, 0),
            (zurich, spot(46.2, 6.15), 224),
            (zurich, sydney, 16_568),
            (spot(0.0, -179.5), spot(0.0, 179.5), 111),
            (spot(90.0, 0.0), spot(-90.0, 77.0), 20_015),
        ] {
            assert!((from.km_to(to) - f64::from(km)).abs() < 3.0, "{km}: {}", from.km_to(to));
        }
    }

    #[test]
    fn a_spot_is_stored_as_it_was_to_a_kilometre() {
        for (latitude, longitude, stored) in
            [(47.3769, 8.5417, "47.38 8.54"), (-33.86785, 151.20732, "-33.87 151.21"), (0.0, -180.0, "0 -180")]
        {
            let spot = Spot::at(latitude, longitude).unwrap();
            assert_eq!(spot.to_string(), stored);
            assert_eq!(stored.parse(), Ok(spot));
        }
        for nowhere in ["", "91 0", "0 181", "0", "a b", "NaN 0", "inf 0"] {
            assert!(nowhere.parse::<Spot>().is_err(), "{nowhere}");
        }
    }
}
