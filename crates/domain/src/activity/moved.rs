//! Money that moved elsewhere, in the exchange's own engine, as its backend reports it.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::activity::catalogue::NOT_YOU;
use crate::activity::spec::{ALWAYS, Brake, MONEY, Severity, Spec};
use crate::clock::{Span, Time};

/// What moved, in the words of the exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The asset's code, like `BTC`.
    asset: String,
    /// How much, as the exchange wrote it.
    amount: String,
    /// The address it went to, or came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// What the exchange calls it.
    reference: String,
    /// When it happened.
    at: Time,
}

/// What is said of something that moved, as it was sent.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The asset.
    pub asset: &'a str,
    /// How much.
    pub amount: &'a str,
    /// The address.
    pub address: Option<&'a str>,
    /// The reference.
    pub reference: &'a str,
    /// When.
    pub at: Time,
}

/// Nothing that an exchange deals in is older: an earlier time is a mistake of the program, and a letter would show it.
static OLDEST: LazyLock<Time> = LazyLock::new(|| "2000-01-01T00:00:00Z".parse().expect("a moment"));

/// Digits before the point, and behind it.
const DIGITS: (usize, usize) = (20, 18);

impl Moved {
    /// Reads what was sent. What does not fit is answered with the name of its field and what to do about it.
    pub fn read(said: Said<'_>, now: Time) -> Result<Self, (&'static str, &'static str)> {
        let letters = |text: &str, most: usize, also: &str| {
            (1..=most).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        let upper = |text: &str| !text.chars().any(|c| c.is_ascii_lowercase());
        if !(letters(said.asset, 12, "") && said.asset.len() >= 2 && upper(said.asset)) {
            return Err(("asset", "must be a code of 2 to 12 capital letters and digits, like BTC"));
        }
        if !is_amount(said.amount) {
            return Err((
                "amount",
                "must be a number above zero as text, like \"0.05\": no sign, no exponent, no leading zero",
            ));
        }
        if !said.address.is_none_or(|address| letters(address, 128, ":._-")) {
            return Err(("address", "must be one address of at most 128 letters, digits and : . _ -"));
        }
        if !letters(said.reference, 64, ":._-") {
            return Err(("reference", "must have 1 to 64 letters, digits and : . _ -"));
        }
        if said.at < *OLDEST {
            return Err(("happened_at", "must not be before the year 2000"));
        }
        if said.at > now + Span::from_mins(5) {
            return Err(("happened_at", "must not be in the future"));
        }
        Ok(Self {
            asset: said.asset.to_owned(),
            amount: said.amount.to_owned(),
            address: said.address.map(str::to_owned),
            reference: said.reference.to_owned(),
            at: said.at,
        })
    }

    /// What the exchange calls it: two reports with one reference are one.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// When it happened, as the exchange says.
    pub(crate) fn at(&self) -> Time {
        self.at
    }

    /// The same at another moment.
    pub(crate) fn happened(self, at: Time) -> Self {
        Self { at, ..self }
    }

    /// What a letter says of it beside the time: pairs of a name and a value. The exchange's own word is not called a
    /// reference, for that is what our notices are called by.
    pub(crate) fn facts(&self) -> Vec<(String, String)> {
        let mut facts = vec![("Amount", self.how_much()), ("Transaction", self.reference.clone())];
        if let Some(address) = &self.address {
            facts.insert(1, ("Address", address.clone()));
        }
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn how_much(&self) -> String {
        format!("{} {}", self.amount, self.asset)
    }

    pub(super) fn purchased(&self) -> Spec {
        let limits = "What was bought stays bought: freezing stops what comes after it. Write to our support, and name the transaction.";
        Spec { brake: Brake { limits, ..Brake::NOT_ME }, ..self.spec("money.purchased", "A purchase was made", None) }
    }

    pub(super) fn deposited(&self) -> Spec {
        Spec {
            advice: "Money came in, so there is nothing to stop. If you do not know whom it is from, leave it where it is and write to our support. If anything else looks strange, freeze your account: you need not sign in for that.",
            advice_frozen: "Deposits arrive on a frozen account too, and nothing leaves it. If you do not know whom this is from, write to our support.",
            brake: ODD_DEPOSIT,
            ..self.spec("money.deposited", "A deposit arrived", Some("from"))
        }
    }

    pub(super) fn withdrawn(&self) -> Spec {
        Spec {
            severity: Severity::Alarm,
            advice_frozen: "Your account is frozen, and this was reported all the same: it may have been under way before. If it was not you, write to our support now.",
            tell: ALWAYS,
            brake: Brake { limits: GONE, ..Brake::NOT_ME },
            ..self.spec("money.withdrawn", "A withdrawal was made", Some("to"))
        }
    }

    fn spec(&self, code: &'static str, title: &'static str, way: Option<&str>) -> Spec {
        let beside = |shown: fn(&str) -> String| match (way, &self.address) {
            (Some(way), Some(address)) => format!(" {way} {}", shown(address)),
            _ => String::new(),
        };
        Spec {
            code,
            severity: Severity::Notable,
            title,
            in_sms: Some(format!("{title}: {}{}", self.how_much(), beside(short))),
            detail: format!("{}{}. Transaction {}.", self.how_much(), beside(str::to_owned), self.reference),
            advice: NOT_YOU,
            advice_frozen: "Your account is frozen, so nothing leaves it. If this was not you, write to our support.",
            tell: MONEY,
            freeze_offer: true,
            brake: Brake::NOT_ME,
            button: None,
        }
    }
}

/// What nobody can promise of a withdrawal.
const GONE: &str = "Freezing stops what has not left yet. What has left the exchange already, nobody can bring back, we neither. Freeze first, then write to our support and name the transaction.";

/// Nobody made a deposit "as you": something may be wrong with it all the same.
const ODD_DEPOSIT: Brake = Brake {
    asks: "Is this deposit all right?",
    freeze: "Something is wrong. Freeze my account",
    frozen: "Something is wrong. See what to do",
    keep: "Something is wrong. Keep my account frozen",
    fine: "It is all right",
    in_sms: "Something wrong?",
    ..Brake::NOT_ME
};

/// Enough of an address to know it again, and nothing that a phone makes a link of.
fn short(address: &str) -> String {
    let letters: Vec<char> = address.chars().filter(char::is_ascii_alphanumeric).collect();
    if letters.len() <= 16 {
        return letters.into_iter().collect();
    }
    let part = |letters: &[char]| letters.iter().collect::<String>();
    format!("{}...{}", part(&letters[..6]), part(&letters[letters.len() - 6..]))
}

/// A decimal number above zero, written in one way only.
fn is_amount(text: &str) -> bool {
    let (whole, rest) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole, DIGITS.0)
        && (whole == "0" || !whole.starts_with('0'))
        && rest.is_none_or(|rest| digits(rest, DIGITS.1))
        && text.bytes().any(|b| (b'1'..=b'9').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Time {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    const ADDRESS: &str = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh";

    fn said<'a>() -> Said<'a> {
        Said { asset: "BTC", amount: "0.5", address: Some(ADDRESS), reference: "W-1", at: at() }
    }

    #[test]
    fn an_amount_is_a_number_above_zero_written_in_one_way() {
        for (text, fits) in [
            ("0.5", true),
            ("1", true),
            ("10.000000000000000001", true),
            ("12345678901234567890", true),
            ("0.50", true),
            ("", false),
            ("0", false),
            ("0.000", false),
            ("-1", false),
            ("+1", false),
            ("01", false),
            (".5", false),
            ("5.", false),
            ("1e3", false),
            ("1,5", false),
            ("1 000", false),
            ("0x10", false),
            ("NaN", false),
            ("1.2.3", false),
            ("١", false),
            ("123456789012345678901", false),
            ("0.1234567890123456789", false),
        ] {
            assert_eq!(is_amount(text), fits, "{text}");
        }
    }

    #[test]
    fn what_was_sent_fits_or_its_field_is_named() {
        let field = |said: Said<'_>| Moved::read(said, at()).err().map_or("-", |(field, _)| field);
        let long = "x".repeat(129);
        for (said, expected) in [
            (said(), "-"),
            (Said { address: None, ..said() }, "-"),
            (Said { at: at() + Span::from_mins(5), ..said() }, "-"),
            (Said { asset: "btc", ..said() }, "asset"),
            (Said { asset: "B", ..said() }, "asset"),
            (Said { asset: "BTC</b>", ..said() }, "asset"),
            (Said { amount: "-0.5", ..said() }, "amount"),
            (Said { address: Some(""), ..said() }, "address"),
            (Said { address: Some("https://evil.example"), ..said() }, "address"),
            (Said { address: Some(&long), ..said() }, "address"),
            (Said { reference: "", ..said() }, "reference"),
            (Said { reference: "a b", ..said() }, "reference"),
            (Said { at: at() + Span::from_mins(6), ..said() }, "happened_at"),
            (Said { at: "2000-01-01T00:00:00Z".parse().unwrap(), ..said() }, "-"),
            (Said { at: "1999-12-31T23:59:59Z".parse().unwrap(), ..said() }, "happened_at"),
            (Said { at: "0001-01-01T00:00:00Z".parse().unwrap(), ..said() }, "happened_at"),
        ] {
            assert_eq!(field(said), expected, "{said:?}");
        }
    }

    #[test]
    fn an_sms_shows_the_ends_of_an_address() {
        let moved = Moved::read(said(), at()).unwrap();
        assert_eq!(moved.withdrawn().in_sms.as_deref(), Some("A withdrawal was made: 0.5 BTC to bc1qxy...hx0wlh"));
        assert_eq!(moved.withdrawn().detail, format!("0.5 BTC to {ADDRESS}. Transaction W-1."));
        assert_eq!(short("evil.example"), "evilexample");
    }
}
