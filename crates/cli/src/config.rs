//! Settings: the annotated `countersign.toml` that is compiled in, then the operator's file, then the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::Settings;
use outside::breached::BreachedSettings;
use outside::mail::MailSettings;
use outside::places::PlacesSettings;
use outside::sms::{GatewayKind, SmsSettings};
use outside::webhooks::WebhookSettings;
use serde::{Deserialize, Deserializer, de};
use toml::{Table, Value};
use web::address::Network;
use web::next::ReturnPath;

/// Everything that can be set.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// What rules depend on.
    pub(crate) settings: Settings,
    pub(crate) web: WebConfig,
    pub(crate) storage: Storage,
    pub(crate) metrics: MetricsConfig,
    pub(crate) breached: BreachedSettings,
    pub(crate) mail: MailSettings,
    pub(crate) places: PlacesSettings,
    pub(crate) sms: SmsSettings,
    pub(crate) webhooks: WebhookSettings,
    /// Whether this is the demo; no setting turns it on.
    pub(crate) demo: bool,
    file: Table,
}

/// Where the site listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebConfig {
    pub(crate) listen: SocketAddr,
    pub(crate) tls_certificate: PathBuf,
    pub(crate) tls_key: PathBuf,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) return_paths: Vec<ReturnPath>,
}

/// Where the figures for the operator's charts are shown.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricsConfig {
    /// `None` where nothing is said: then nobody listens.
    #[serde(deserialize_with = "address_or_none")]
    pub(crate) listen: Option<SocketAddr>,
}

fn address_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "" => Ok(None),
        address => address.parse().map(Some).map_err(de::Error::custom),
    }
}

/// Where the data lies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storage {
    pub(crate) url: String,
    pub(crate) key_file: PathBuf,
}

const PREFIX: &str = "COUNTERSIGN__";

/// Settings that hold a password, alone or in an address.
pub(crate) const SECRETS: [(&str, &str); 4] =
    [("mail", "password"), ("storage", "url"), ("sms", "password"), ("sms", "hooks_password")];

impl Config {
    /// The defaults, changed by a file and by `COUNTERSIGN__SECTION__NAME` variables. Unknown names are errors: a
    /// setting that is misspelt must not be silently ignored.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the settings in {}", path.display()))?,
            None => String::new(),
        };
        let variables = std::env::vars().filter(|(name, _)| name.starts_with(PREFIX));
        let named = file.map_or_else(String::new, |path| format!(" in {}", path.display()));
        Self::from_parts(&text, variables).with_context(|| format!("the settings{named} do not fit"))
    }

    /// The same, from parts.
    pub(crate) fn from_parts(text: &str, variables: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let mut table: Table = domain::settings::DEFAULTS.parse().context("the compiled-in defaults")?;
        for (section, values) in text.parse::<Table>()? {
            let Value::Table(values) = values else { bail!("`{section}` stands outside a section like [web]") };
            for (name, value) in values {
                set(&mut table, &section, &name, value)?;
            }
        }
        for (variable, text) in variables {
            let path = variable[PREFIX.len()..].to_lowercase();
            let (section, name) =
                path.split_once("__").with_context(|| format!("{variable} names no section and setting"))?;
            let value = like(table.get(section).and_then(|section| section.get(name)), &text);
            set(&mut table, section, name, value).with_context(|| format!("the variable {variable}"))?;
        }
        Self::from_table(table)
    }

    fn from_table(file: Table) -> Result<Self> {
        let section = |name: &str| file.get(name).cloned().with_context(|| format!("[{name}] is missing"));
        let mut settings = Settings::from_file(&file)?;
        if let Some(why) = settings.retain.unfit() {
            bail!("[retain] {why}");
        }
        let mut sms: SmsSettings = section("sms")?.try_into().context("[sms]")?;
        if sms.hooks_url.is_empty() {
            sms.hooks_url = settings.operator.url.to_string();
        }
        if sms.gateway == GatewayKind::None {
            // What nobody would send to is not offered.
            settings.phone.countries.clear();
        }
        Ok(Self {
            settings,
            sms,
            web: section("web")?.try_into().context("[web]")?,
            metrics: section("metrics")?.try_into().context("[metrics]")?,
            storage: section("storage")?.try_into().context("[storage]")?,
            breached: section("breached")?.try_into().context("[breached]")?,
            mail: section("mail")?.try_into().context("[mail]")?,
            places: section("places")?.try_into().context("[places]")?,
            webhooks: section("webhooks")?.try_into().context("[webhooks]")?,
            demo: false,
            file,
        })
    }

    /// Every setting as it is used, secrets included.
    pub(crate) fn table(&self) -> &Table {
        &self.file
    }

    /// Every setting as it is used, as TOML; secrets are masked.
    pub(crate) fn shown(&self) -> String {
        let mut shown = self.file.clone();
        for (section, name) in SECRETS {
            if let Some(Value::String(text)) = shown.get_mut(section).and_then(|section| section.get_mut(name)) {
                *text = masked(text);
            }
        }
        shown.to_string()
    }
}

fn set(table: &mut Table, section: &str, name: &str, value: Value) -> Result<()> {
    let Some(Value::Table(values)) = table.get_mut(section) else { bail!("there is no section [{section}]") };
    let Some(present) = values.get_mut(name) else { bail!("there is no setting `{name}` in [{section}]") };
    if let Some(wanted) = other_kind(present, &value) {
        bail!("`{name}` of [{section}] is {wanted}, and {value} is none");
    }
    *present = value;
    Ok(())
}

/// What a setting is, where a value is of another kind.
fn other_kind(default: &Value, value: &Value) -> Option<&'static str> {
    match (default, value) {
        (Value::Integer(_), Value::Integer(_)) | (Value::Boolean(_), Value::Boolean(_)) => None,
        (Value::Integer(_), Value::String(_)) => Some("a number without quotation marks"),
        (Value::Integer(_), _) => Some("a number"),
        (Value::Boolean(_), _) => Some("true or false"),
        // What else there is says by itself what it takes.
        _ => None,
    }
}

/// A variable's text as a value of the same type as the default: `8080` is a text where a text is asked for.
fn like(default: Option<&Value>, text: &str) -> Value {
    if matches!(default, Some(Value::String(_))) {
        return Value::String(text.to_owned());
    }
    let parsed = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// A text without what must not be read over somebody's shoulder: a password, alone or in a URL.
fn masked(text: &str) -> String {
    match (text.find("://"), text.find('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &text[..scheme], &text[at..]),
        (None, _) if !text.is_empty() && !text.starts_with("sqlite:") => "…".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, variables: &[(&str, &str)]) -> Result<Config> {
        Config::from_parts(text, variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn the_defaults_alone_are_complete() {
        let config = with("", &[]).unwrap();
        assert_eq!(config.web.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.settings.password.characters_min, 15);
    }

    #[test]
    fn a_file_changes_what_it_names_and_a_variable_wins_over_it() {
        let file = "[operator]\nname = \"Harbour\"\n[session]\nidle_minutes = 10\n";
        let config =
            with(file, &[("COUNTERSIGN__SESSION__IDLE_MINUTES", "5"), ("COUNTERSIGN__OPERATOR__NAME", "12")]).unwrap();
        assert_eq!(config.settings.session.idle_minutes, 5);
        assert_eq!(config.settings.session.absolute_hours, 12);
        assert_eq!(config.settings.operator.name, "12");
    }

    #[test]
    fn a_policy_that_drops_what_is_still_needed_is_refused() {
        for (line, fits) in [
            ("sessions_days = 90", true),
            ("sessions_days = 89", false),
            ("waits_days = 0", false),
            ("links_days = 99999999", false),
            ("events_days = 0", true),
            ("events_days = 400", true),
            ("events_days = 399", false),
            ("events_days = -1", false),
        ] {
            let config = with(&format!("[retain]\n{line}\n"), &[]);
            assert_eq!(config.is_ok(), fits, "{line}");
            assert!(config.err().is_none_or(|error| format!("{error:#}").contains("[retain]")));
        }
    }

    #[test]
    fn a_name_that_does_not_exist_is_an_error_that_names_it() {
        for (file, variables, named) in [
            ("[session]\nidle_minuts = 10\n", &[][..], "idle_minuts"),
            ("[sesion]\nidle_minutes = 10\n", &[], "sesion"),
            ("idle_minutes = 10\n", &[], "idle_minutes"),
            ("", &[("COUNTERSIGN__WEB__LISTN", "x")], "listn"),
            ("[session]\nidle_minutes = \"ten\"\n", &[], "idle_minutes"),
        ] {
            let error = format!("{:#}", with(file, variables).unwrap_err());
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn an_address_of_the_site_that_no_browser_writes_so_is_mended_or_refused() {
        let url = |url: &str| with(&format!("[operator]\nurl = \"{url}\"\n"), &[]);
        assert_eq!(
            url("https://Harbour-Site.com/").unwrap().settings.operator.url.as_str(),
            "https://harbour-site.com"
        );
        for refused in ["harbour-site.com", "https://harbour-site.com/app"] {
            let error = format!("{:#}", url(refused).unwrap_err());
            assert!(error.contains("`url`") && error.contains("like https://exchange.example"), "{error}");
        }
    }

    #[test]
    fn a_value_of_another_kind_is_told_in_plain_words() {
        for (line, words) in [
            ("port = \"587\"", "`port` of [mail] is a number without quotation marks, and \"587\" is none"),
            ("port = true", "`port` of [mail] is a number, and true is none"),
        ] {
            let error = format!("{:#}", with(&format!("[mail]\n{line}\n"), &[]).unwrap_err());
            assert!(error.contains(words), "{error}");
        }
        let error = format!("{:#}", with("", &[("COUNTERSIGN__SESSION__IDLE_MINUTES", "ten")]).unwrap_err());
        assert!(error.contains("IDLE_MINUTES") && error.contains("a number"), "{error}");
    }

    #[test]
    fn without_a_gateway_no_phone_is_offered() {
        assert!(with("", &[]).unwrap().settings.phone.countries.is_empty());
        let kannel = with("[sms]\ngateway = \"kannel\"\n", &[]).unwrap();
        assert!(kannel.settings.phone.countries.contains(&"CH".parse().unwrap()));
        assert_eq!(kannel.sms.hooks_url, kannel.settings.operator.url.as_str());
        assert!(with("[sms]\ngateway = \"pigeon\"\n", &[]).is_err());
    }

    #[test]
    fn shown_settings_hold_no_secret() {
        let file = "[mail]\npassword = \"hunter2\"\n[sms]\npassword = \"hunter2\"\nhooks_password = \"hunter2\"\n[storage]\nurl = \"postgres://countersign:hunter2@db/countersign\"\n";
        let shown = with(file, &[]).unwrap().shown();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("@db/countersign"));
    }
}
