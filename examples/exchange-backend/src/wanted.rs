//! What a customer wants to withdraw, read strictly: what Countersign would not take in a report is refused before it is paid.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::countersign;

/// What this exchange holds.
const ASSETS: [&str; 2] = ["BTC", "ETH"];

/// A withdrawal that can be paid, and told.
#[derive(Debug)]
pub(crate) struct Wanted {
    asset: String,
    amount: String,
    address: String,
}

impl Wanted {
    /// Reads the body of a request.
    pub(crate) fn read(body: &[u8]) -> Result<Self> {
        let said: Value = serde_json::from_slice(body).context("this is no JSON")?;
        let field = |name: &str| {
            said[name].as_str().map(str::to_owned).with_context(|| format!("{name} is missing, or is no text"))
        };
        let wanted = Self { asset: field("asset")?, amount: field("amount")?, address: field("address")? };
        if !ASSETS.contains(&wanted.asset.as_str()) {
            bail!("asset must be one of {}", ASSETS.join(", "));
        }
        if !is_amount(&wanted.amount) {
            bail!("amount must be a number above zero, like \"0.05\"");
        }
        // A real exchange checks the address of each network here.
        let fits = (20..=128).contains(&wanted.address.len());
        if !fits || !wanted.address.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            bail!("address must be an address of {}", wanted.asset);
        }
        Ok(wanted)
    }

    /// What Countersign is told of it.
    pub(crate) fn event(&self, account: &str, reference: &str) -> Value {
        json!({
            "account": account,
            "kind": "withdrawal",
            "asset": self.asset,
            "amount": self.amount,
            "address": self.address,
            "reference": reference,
            "happened_at": countersign::now(),
        })
    }
}

/// At most eight digits behind the point, as the ledger has them; no sign, no exponent, no leading zero.
fn is_amount(text: &str) -> bool {
    let (whole, rest) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole, 12)
        && (whole == "0" || !whole.starts_with('0'))
        && rest.is_none_or(|rest| digits(rest, 8))
        && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_told_is_not_paid() {
        let with = |asset: &str, amount: &str, address: &str| {
            let body = json!({ "asset": asset, "amount": amount, "address": address });
            Wanted::read(body.to_string().as_bytes()).map(drop).map_err(|error| error.to_string())
        };
        let address = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh";
        assert_eq!(with("BTC", "0.05", address), Ok(()));
        for (asset, amount, address, says) in [
            ("btc", "0.05", address, "asset"),
            ("DOGE", "0.05", address, "asset"),
            ("BTC", "0", address, "amount"),
            ("BTC", "1e3", address, "amount"),
            ("BTC", "0.123456789", address, "amount"),
            ("BTC", "0.05", "", "address"),
            ("BTC", "0.05", "https://evil.example/pay-me", "address"),
        ] {
            let said = with(asset, amount, address).expect_err("it does not fit");
            assert!(said.starts_with(says), "{said}");
        }
        for body in ["", "[]", r#"{"asset":"BTC","amount":0.05,"address":"x"}"#, r#"{"asset":"BTC","amount":"1"}"#] {
            assert!(Wanted::read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
