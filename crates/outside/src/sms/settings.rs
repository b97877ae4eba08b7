//! `[sms]` of `countersign.toml`.

use std::fmt;

use reqwest::Url;
use serde::Deserialize;

/// Which gateway takes our SMS.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSettings {
    /// Which kind it is.
    pub gateway: GatewayKind,
    /// Its address.
    pub url: String,
    /// The name to sign in with; for Twilio the account's SID.
    pub user: String,
    /// The password that goes with it; for Twilio the auth token.
    pub password: String,
    /// The number or name that SMS come from.
    pub from: String,
    /// Where it reaches us, without a path; empty for the address of the site.
    pub hooks_url: String,
    /// The password it calls us with, unless it signs its calls.
    pub hooks_password: String,
}

/// Which kind of gateway it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayKind {
    /// No SMS is sent.
    None,
    /// `sendsms` of Kannel, and gateways that speak like it.
    Kannel,
    /// Messages of Twilio, and gateways that speak like it.
    Twilio,
}

impl fmt::Debug for SmsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gateway, url, user, from, hooks_url, .. } = self;
        write!(f, "SmsSettings({gateway:?} at {url} as {user}, from {from}, hooks at {hooks_url})")
    }
}

/// Why no SMS can be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The address is none, or would carry what we send in clear over a network.
    #[error("`{0}` of [sms] must be an https address, or an http address on this computer, without user or query: {1}")]
    Url(&'static str, String),
    /// Something has to be said.
    #[error("`{0}` of [sms] is empty")]
    Missing(&'static str),
    /// The password with which the gateway calls us can be guessed, or does not fit into an address.
    #[error("`hooks_password` of [sms] must be 32 to 128 letters and digits: whoever knows it can freeze accounts")]
    HooksPassword,
    /// The machine gives no client.
    #[error("the SMS carrier cannot start: {0}")]
    Machine(String),
}

/// Fewest characters of the password with which a gateway calls us.
const HOOKS_PASSWORD_MIN: usize = 32;

impl SmsSettings {
    /// Checks what can be checked before the first SMS.
    pub(super) fn check(&self) -> Result<(), Unfit> {
        let said = [("url", &self.url), ("user", &self.user), ("password", &self.password), ("from", &self.from)];
        if let Some((name, _)) = said.into_iter().find(|(_, value)| value.is_empty()) {
            return Err(Unfit::Missing(name));
        }
        address("url", &self.url)?;
        address("hooks_url", &self.hooks_url)?;
        let password = &self.hooks_password;
        let fits = (HOOKS_PASSWORD_MIN..=128).contains(&password.len())
            && password.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if self.gateway == GatewayKind::Kannel && !fits {
            return Err(Unfit::HooksPassword);
        }
        Ok(())
    }
}

fn address(name: &'static str, text: &str) -> Result<Url, Unfit> {
    let unfit = || Unfit::Url(name, text.to_owned());
    let url = Url::parse(text).map_err(|_| unfit())?;
    let here = url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let private = url.scheme() == "https" || (url.scheme() == "http" && here);
    if bare && private { Ok(url) } else { Err(unfit()) }
}
