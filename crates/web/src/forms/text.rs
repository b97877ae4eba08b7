//! Text with limits that stand in one place: the type. Reading enforces them, the OpenAPI document states them.

use std::borrow::Cow;
use std::fmt;

use domain::SecretText;
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// One line of text of at most `MAX` characters, without control characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Text<const MAX: usize>(String);

/// An e-mail address as somebody typed it. Whether it can be one is the domain's question.
pub type TypedEmail = Text<254>;

impl<const MAX: usize> Text<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, to keep.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = read::<D>(deserializer, MAX)?;
        // No field of ours has lines, and PostgreSQL cannot keep a NUL.
        if text.chars().any(char::is_control) {
            return Err(de::Error::custom("must not contain control characters or line breaks"));
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        string_up_to(MAX).pattern(Some(r"^[^\x00-\x1F\x7F-\x9F]*$")).into()
    }
}

impl<const MAX: usize> ToSchema for Text<MAX> {
    fn name() -> Cow<'static, str> {
        format!("TextUpTo{MAX}").into()
    }
}

/// Something secret that a person typed (a password, freeze words): any characters, at most `MAX`, never shown.
#[derive(Clone)]
pub struct Hidden<const MAX: usize>(SecretText);

/// A password as somebody typed it. The limit is wider than any password's, so that the domain can say its own.
pub type TypedPassword = Hidden<1024>;

impl<const MAX: usize> Hidden<MAX> {
    /// What was typed.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl<const MAX: usize> fmt::Debug for Hidden<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Hidden<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(SecretText::presented(read::<D>(deserializer, MAX)?)))
    }
}

impl<const MAX: usize> PartialSchema for Hidden<MAX> {
    fn schema() -> RefOr<Schema> {
        string_up_to(MAX).write_only(true).into()
    }
}

impl<const MAX: usize> ToSchema for Hidden<MAX> {
    fn name() -> Cow<'static, str> {
        format!("HiddenUpTo{MAX}").into()
    }
}

/// A secret that we made, on its way to its owner or coming back: of a session, a device, a pending sign-in or a
/// link.
#[derive(Clone, Debug)]
pub struct Secret(pub SecretText);

/// The longest secret we make is a link's, of 64 characters.
const SECRET_LENGTH_MAX: usize = 128;

impl Secret {
    /// The secret in a text that came by another way than a body, if it has the form of one.
    pub fn from_text(text: &str) -> Option<Self> {
        let fits = (1..=SECRET_LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        fits.then(|| Self(SecretText::presented(text)))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = read::<D>(deserializer, SECRET_LENGTH_MAX)?;
        Self::from_text(&text).ok_or_else(|| de::Error::custom("must be a secret that we gave out, unchanged"))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.reveal())
    }
}

impl PartialSchema for Secret {
    fn schema() -> RefOr<Schema> {
        string_up_to(SECRET_LENGTH_MAX).min_length(Some(1)).pattern(Some("^[A-Za-z0-9_-]+$")).into()
    }
}

impl ToSchema for Secret {
    fn name() -> Cow<'static, str> {
        "Secret".into()
    }
}

fn string_up_to(max: usize) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).max_length(Some(max))
}

/// Text of at most `max` characters: code points, as JSON Schema counts them.
fn read<'de, D: Deserializer<'de>>(deserializer: D, max: usize) -> Result<String, D::Error> {
    struct Reader(usize);
    impl de::Visitor<'_> for Reader {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            self.visit_string(text.to_owned())
        }
        fn visit_string<E: de::Error>(self, text: String) -> Result<String, E> {
            let length = text.chars().count();
            if length > self.0 {
                return Err(E::invalid_length(length, &format!("at most {} characters", self.0).as_str()));
            }
            Ok(text)
        }
    }
    deserializer.deserialize_string(Reader(max))
}
