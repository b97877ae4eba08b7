//! What Countersign tells by itself: Standard Webhooks, checked in a few lines, and what the exchange does about it.

use std::collections::HashMap;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use data_encoding::BASE64;
use serde_json::Value;

use crate::countersign::seconds;

/// Checks who calls, and knows whose payouts are stopped.
pub(crate) struct Webhook {
    key: hmac::Key,
    /// By account: the position of the newest item, and whether money may move since then.
    standings: Mutex<HashMap<String, (i64, bool)>>,
}

/// A call may be this many seconds old, or ahead of our clock.
const SLACK: i64 = 300;

impl Webhook {
    /// `secret` is what `countersign webhook add` printed.
    pub(crate) fn new(secret: &str) -> Result<Self> {
        let encoded = secret.strip_prefix("whsec_").context("the secret of a webhook starts with whsec_")?;
        let bytes = BASE64.decode(encoded.as_bytes()).context("the secret is no base64")?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &bytes), standings: Mutex::default() })
    }

    /// Takes a call: an error is answered with 400, and Countersign tries again.
    pub(crate) fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<()> {
        let header =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).context("a header is missing");
        let (id, at) = (header("webhook-id")?, header("webhook-timestamp")?);
        let age = seconds() - at.parse::<i64>().context("no time")?;
        if age.abs() > SLACK {
            bail!("this was signed at another time");
        }
        let signed = [id.as_bytes(), b".", at.as_bytes(), b".", body].concat();
        // One for each secret that is good: while it is changed there are two.
        let ours = header("webhook-signature")?.split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|one| {
            let tag = BASE64.decode(one.as_bytes()).unwrap_or_default();
            hmac::verify(&self.key, &signed, &tag).is_ok()
        });
        if !ours {
            bail!("the signature is not Countersign's");
        }
        let item = &serde_json::from_slice::<Value>(body).context("no JSON")?["data"];
        let account = item["account"].as_str().context("no account")?.to_owned();
        let position = item["position"].as_i64().context("no position")?;
        let may_move = item["standing"]["may_move_money"] == true;
        let mut standings = self.standings.lock().expect("no holder panics");
        let known = standings.entry(account).or_insert((position, may_move));
        // Calls may come twice, or one before the other: the position says which is the newer.
        if position >= known.0 {
            *known = (position, may_move);
        }
        Ok(())
    }

    /// Whether payouts of this account are stopped. That none is known is no promise: ask before you pay.
    pub(crate) fn stopped(&self, account: &str) -> bool {
        self.standings.lock().expect("no holder panics").get(account).is_some_and(|(_, may_move)| !may_move)
    }
}
