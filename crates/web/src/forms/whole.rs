//! Whole numbers with limits that stand in one place: the type.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole<const MIN: i64, const MAX: i64>(i64);

/// The number of an entry in a log.
pub type Sequence = Whole<1, { i64::MAX }>;

impl<const MIN: i64, const MAX: i64> Whole<MIN, MAX> {
    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Within<const MIN: i64, const MAX: i64>;
        impl<const MIN: i64, const MAX: i64> de::Visitor<'_> for Within<MIN, MAX> {
            type Value = i64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if MAX == i64::MAX {
                    write!(f, "a whole number from {MIN} on")
                } else {
                    write!(f, "a whole number from {MIN} to {MAX}")
                }
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<i64, E> {
                let fits = (MIN..=MAX).contains(&value);
                if fits { Ok(value) } else { Err(E::invalid_value(de::Unexpected::Signed(value), &self)) }
            }
        }
        deserializer.deserialize_i64(Within::<MIN, MAX>).map(Self)
    }
}

impl<const MIN: i64, const MAX: i64> PartialSchema for Whole<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(MIN));
        // A double cannot hold the largest, so the document would state another one: the format says it already.
        if MAX == i64::MAX { number.into() } else { number.maximum(Some(MAX)).into() }
    }
}

impl<const MIN: i64, const MAX: i64> ToSchema for Whole<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        if MAX == i64::MAX { format!("WholeFrom{MIN}").into() } else { format!("WholeFrom{MIN}To{MAX}").into() }
    }
}
