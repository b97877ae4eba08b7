//! Phone numbers, read by the one library that knows the plans of all countries. Nothing else in Countersign names it.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};

use crate::activity::Country;
use crate::refusal::Refusal;

/// A phone number as it is stored and sent to: E.164, like `+41791234567`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

/// Most characters somebody may type: the longest number there is has 15 digits, and people put spaces between them.
const TYPED_MAX: usize = 40;

/// Most digits of a number (E.164).
const DIGITS_MAX: usize = 15;

impl PhoneNumber {
    /// Reads the number of a mobile phone as its owner writes it, with the country's code. Answers it with the country
    /// (ISO 3166, two letters). Numbers that cost who calls them, and numbers that no phone has, are refused.
    pub fn parse_mobile(typed: &str) -> Result<(Self, Country), Refusal> {
        let number = read(typed).ok_or(Refusal::PhoneUnfit)?;
        // In some countries nobody can tell from a number whether it is mobile.
        let mobile = matches!(number.get_type(), PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile);
        let country = number.get_region_code().filter(|_| mobile && number.is_valid());
        let country = country.and_then(|region| region.to_string().parse().ok());
        let country = country.ok_or(Refusal::PhoneUnfit)?;
        Ok((Self(number.format_as(PhoneNumberFormat::E164).into_owned()), country))
    }

    /// Reads a sender as a gateway writes it: in E.164, or without its plus sign, or with `00` in its place.
    pub fn of_sender(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
        if digits.len() > DIGITS_MAX || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        read(&format!("+{digits}")).map(|number| Self(number.format_as(PhoneNumberFormat::E164).into_owned()))
    }

    /// A number that was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// In E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country it belongs to.
    pub fn country(&self) -> Option<Country> {
        read(&self.0)?.get_region_code()?.to_string().parse().ok()
    }

    /// Its last two digits: enough for its owner to know it, too few for anybody else.
    pub fn ending(&self) -> String {
        self.0[self.0.len().saturating_sub(2)..].to_owned()
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Digits and what people put between them, led by a plus sign. The library would read more: letters as on the keys of
/// old phones, extensions, digits of other alphabets. Those are refused here, so that one number has no second spelling.
fn read(typed: &str) -> Option<rlibphonenumber::PhoneNumber> {
    let typed = typed.trim();
    let between = |c: char| c.is_ascii_digit() || " -./()\u{a0}".contains(c);
    let plausible = typed.len() <= TYPED_MAX && typed.strip_prefix('+').is_some_and(|rest| rest.chars().all(between));
    plausible.then(|| PHONE_NUMBER_UTIL.parse(typed, None).ok())?
}
