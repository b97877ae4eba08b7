//! What somebody typed or sent, between bytes and types.
//!
//! JSON and forms both become a [`Sent`] value first, which keeps every key, twice if it came twice. Reading a
//! type from it then names the field of the first mistake, whichever way the input came.

use std::fmt;

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::mistake::Mistake;

/// One value as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sent {
    Nothing,
    Truth(bool),
    Whole(i64),
    Broken(f64),
    Text(String),
    /// Text from a form or a query, which may also stand for a number or a yes.
    Typed(String),
    List(Vec<Sent>),
    Fields(Vec<(String, Sent)>),
}

impl Sent {
    fn unexpected(&self) -> de::Unexpected<'_> {
        match self {
            Self::Nothing => de::Unexpected::Unit,
            Self::Truth(value) => de::Unexpected::Bool(*value),
            Self::Whole(value) => de::Unexpected::Signed(*value),
            Self::Broken(value) => de::Unexpected::Float(*value),
            Self::Text(_) | Self::Typed(_) => de::Unexpected::Other("text"),
            Self::List(_) => de::Unexpected::Seq,
            Self::Fields(_) => de::Unexpected::Map,
        }
    }
}

/// The fields of a value under reading. A mistake in one learns the field's name here.
struct FieldsAccess {
    fields: std::vec::IntoIter<(String, Sent)>,
    open: Option<(String, Sent)>,
}

impl<'de> MapAccess<'de> for FieldsAccess {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        let Some((name, value)) = self.fields.next() else { return Ok(None) };
        self.open = Some((name.clone(), value));
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let (name, value) = self.open.take().expect("serde asks for a value only after its key");
        seed.deserialize(value).map_err(|mistake| mistake.within(&name))
    }
}

/// The items of a list under reading. A mistake in one learns the item's place here.
struct ItemsAccess(std::iter::Enumerate<std::vec::IntoIter<Sent>>);

impl<'de> SeqAccess<'de> for ItemsAccess {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        let Some((place, item)) = self.0.next() else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|mistake| mistake.within(&place.to_string()))
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            match &self {
                Self::Whole(value) => visitor.visit_i64(*value),
                Self::Typed(text) => match text.parse() {
                    Ok(value) => visitor.visit_i64(value),
                    Err(_) => Err(de::Error::invalid_type(self.unexpected(), &visitor)),
                },
                _ => Err(de::Error::invalid_type(self.unexpected(), &visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Sent {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::Nothing => visitor.visit_unit(),
            Self::Truth(value) => visitor.visit_bool(value),
            Self::Whole(value) => visitor.visit_i64(value),
            Self::Broken(value) => visitor.visit_f64(value),
            Self::Text(text) | Self::Typed(text) => visitor.visit_string(text),
            Self::List(items) => visitor.visit_seq(ItemsAccess(items.into_iter().enumerate())),
            Self::Fields(fields) => visitor.visit_map(FieldsAccess { fields: fields.into_iter(), open: None }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::Truth(value) => visitor.visit_bool(value),
            // What a browser sends for a ticked box without a value of its own is "on".
            Self::Typed(text) if text == "on" || text == "true" || text == "yes" => visitor.visit_bool(true),
            Self::Typed(text) if text == "false" || text == "no" => visitor.visit_bool(false),
            other => Err(de::Error::invalid_type(other.unexpected(), &visitor)),
        }
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::Nothing => visitor.visit_none(),
            // A form field left empty was sent nonetheless.
            Self::Typed(text) if text.is_empty() => visitor.visit_none(),
            other => visitor.visit_some(other),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match self {
            // Without this an array would be read as the fields of a struct in their order.
            Self::Fields(_) => self.deserialize_any(visitor),
            other => Err(de::Error::invalid_type(other.unexpected(), &visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match self {
            Self::Text(text) | Self::Typed(text) => visitor.visit_enum(Choice(text)),
            other => Err(de::Error::invalid_type(other.unexpected(), &visitor)),
        }
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier
        ignored_any i128 u128
    }
}

/// One of a closed list of words.
struct Choice(String);

impl<'de> EnumAccess<'de> for Choice {
    type Error = Mistake;
    type Variant = Bare;
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Bare), Mistake> {
        Ok((seed.deserialize(self.0.into_deserializer())?, Bare))
    }
}

/// A choice carries nothing besides its word.
struct Bare;

impl<'de> VariantAccess<'de> for Bare {
    type Error = Mistake;
    fn unit_variant(self) -> Result<(), Mistake> {
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, Mistake> {
        Err(de::Error::invalid_type(de::Unexpected::UnitVariant, &"one word"))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, _visitor: V) -> Result<V::Value, Mistake> {
        Err(de::Error::invalid_type(de::Unexpected::UnitVariant, &"one word"))
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Mistake> {
        Err(de::Error::invalid_type(de::Unexpected::UnitVariant, &"one word"))
    }
}

impl<'de> de::Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

/// Reads whatever JSON holds, keeping keys that come twice for the reader of the type to refuse.
struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Sent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Sent, E> {
        Ok(Sent::Nothing)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Sent, E> {
        Ok(Sent::Truth(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Sent, E> {
        Ok(Sent::Whole(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Sent, E> {
        // Past an i64 no field of ours counts, and as a broken number it is refused everywhere.
        Ok(i64::try_from(value).map_or(Sent::Broken(f64::INFINITY), Sent::Whole))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Sent, E> {
        // JSON Schema counts 7.0 as a whole number, and some programs write it so.
        let whole = value.fract() == 0.0 && value.abs() < 9e15;
        #[expect(clippy::cast_possible_truncation, reason = "it was just seen to be whole and small enough")]
        Ok(if whole { Sent::Whole(value as i64) } else { Sent::Broken(value) })
    }
    fn visit_str<E>(self, text: &str) -> Result<Sent, E> {
        Ok(Sent::Text(text.to_owned()))
    }
    fn visit_string<E>(self, text: String) -> Result<Sent, E> {
        Ok(Sent::Text(text))
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Sent, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Sent::List(list))
    }
    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Sent, A::Error> {
        let mut fields = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            fields.push(entry);
        }
        Ok(Sent::Fields(fields))
    }
}
