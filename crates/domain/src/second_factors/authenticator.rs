//! What an authenticator app computes: RFC 6238 over RFC 4226, with SHA-1, six digits and steps of 30 seconds, which is
//! what every app knows and Google's knows alone.

use std::fmt::{self, Write};

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::clock::Time;
use crate::entropy::{self, Entropy};

/// Seconds of one step.
const STEP_SECONDS: i64 = 30;

/// A seed of 160 bits, as RFC 4226 recommends.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 20]);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

impl Seed {
    /// A fresh one.
    pub(crate) fn random(entropy: &dyn Entropy) -> Self {
        Self(entropy::bytes(entropy))
    }

    /// The seed of these bytes, if they are as many.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The seed of a key that was typed, in whatever groups and case.
    pub fn from_key(key: &str) -> Option<Self> {
        let tidy: String = key.chars().filter(|c| !c.is_whitespace() && *c != '-' && *c != '=').collect();
        let mut bytes = BASE32_NOPAD.decode(tidy.to_uppercase().as_bytes()).ok()?;
        let seed = Self::from_bytes(&bytes);
        bytes.zeroize();
        seed
    }

    /// The bytes, to be sealed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key as people type it: groups of four.
    pub fn key(&self) -> String {
        let key = BASE32_NOPAD.encode(&self.0);
        let groups: Vec<String> = key.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into()).collect();
        groups.join(" ")
    }

    /// The address that a QR code holds: the key URI that authenticator apps read.
    pub fn url(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (percent(issuer), percent(account));
        let key = BASE32_NOPAD.encode(&self.0);
        format!("otpauth://totp/{issuer}:{account}?secret={key}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
    }

    /// The code that an app shows at a moment.
    pub fn code_at(&self, now: Time) -> String {
        self.code_of(step_at(now))
    }

    /// The step of the code, if it is the present one or a neighbour of it and newer than `after`. Every step is compared,
    /// so that the time tells nothing.
    pub(crate) fn step_of(&self, code: &str, now: Time, after: i64) -> Option<i64> {
        let present = step_at(now);
        let mut found = None;
        for step in present - 1..=present + 1 {
            let same = bool::from(self.code_of(step).as_bytes().ct_eq(code.as_bytes()));
            if same && step > after && found.is_none() {
                found = Some(step);
            }
        }
        found
    }

    fn code_of(&self, step: i64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(&step.to_be_bytes());
        let tag = mac.finalize().into_bytes();
        // RFC 4226, 5.3: the last half-byte says which four bytes are read, without their first bit.
        let from = usize::from(tag[19] & 15);
        let four = tag[from..from + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }
}

/// The step that a moment lies in.
fn step_at(now: Time) -> i64 {
    now.as_second().div_euclid(STEP_SECONDS)
}

/// A code as it is compared, however it was typed: with spaces or hyphens, in full width, or in the digits of an Arabic,
/// Persian or Indic keyboard. `None` for what cannot be one.
pub(crate) fn tidy_code(typed: &str) -> Option<String> {
    let kept = typed.nfkc().filter(|c| !c.is_whitespace() && !is_dash(*c));
    let digits: Option<String> = kept.take(7).map(digit).collect();
    digits.filter(|digits| digits.len() == 6)
}

fn digit(c: char) -> Option<char> {
    let zeros = ['0', '\u{660}', '\u{6f0}', '\u{966}'];
    let value = zeros.iter().find_map(|zero| (c as u32).checked_sub(*zero as u32).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

/// The hyphens and dashes that phones put between groups.
pub(crate) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// RFC 3986: everything but unreserved characters in its escaped form.
fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("memory for three characters");
        }
        escaped
    })
}
