//! What every page shows around its own content, and the small pieces pages are made of.

use std::sync::Arc;

use domain::activity::{Entry, Origin};
use domain::clock::Time;
use domain::settings::Operator;
use serde::Serialize;

use super::assets;

/// The operator as customers meet them. All of it is settings; nothing of it is code.
#[derive(Clone, Debug)]
pub struct Brand {
    /// The name of the exchange.
    pub name: String,
    /// The one address of the site, as customers should see it in their address bar.
    pub origin: String,
    /// Where customers write to.
    pub support_address: String,
    /// The address our mail comes from, so that customers can compare.
    pub mail_from: String,
    /// The operator's colour, as `#rrggbb`.
    pub accent: String,
}

impl Brand {
    /// The operator of the settings. A name beside the sender's address is left out: customers compare addresses.
    pub fn new(operator: &Operator, origin: &str, mail_from: &str) -> Self {
        let address = mail_from.rsplit_once('<').map_or(mail_from, |(_, address)| address.trim_end_matches('>'));
        Self {
            name: operator.name.clone(),
            origin: origin.to_owned(),
            support_address: operator.support_address.clone(),
            mail_from: address.to_owned(),
            accent: operator.accent.clone(),
        }
    }

    /// The host name in the origin, for the sentence that asks the customer to compare it.
    pub fn host(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, host)| host)
    }

    /// Changes whenever the colour does, so that browsers may keep the rest for ever.
    pub fn accent_version(&self) -> String {
        assets::version_of(self.accent.as_bytes())
    }
}

/// A moment, exact, with its zone.
#[derive(Clone, Debug, Default, Serialize)]
pub struct When {
    /// For programs: RFC 3339.
    pub iso: String,
    /// For people: `22 Nov 2026, 18:04:12 UTC`.
    pub text: String,
}

impl When {
    /// A moment in both spellings. Where a line may break is part of the text.
    pub fn at(time: Time) -> Self {
        Self {
            iso: time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            text: time.strftime("%-d\u{a0}%b\u{a0}%Y, %H:%M:%S\u{a0}UTC").to_string(),
        }
    }
}

/// Where something came from: the four facts a customer needs to say "that was me".
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sighting {
    /// The moment.
    pub when: When,
    /// When it was reported to us, where that was noticeably later.
    pub reported: Option<When>,
    /// Town and country, "Unknown place", or who reported it.
    pub place: String,
    /// The address in the network; empty where somebody else reported it.
    pub ip: String,
    /// Browser and system in words; empty where somebody else reported it.
    pub browser: String,
}

impl Sighting {
    /// Where something came from, as far as we know.
    pub fn new(time: Time, origin: &Origin) -> Self {
        let known = origin.clone();
        Self {
            when: When::at(time),
            reported: None,
            place: known.place.map_or_else(|| "Unknown place".to_owned(), |place| place.text),
            ip: known.ip.map_or_else(|| "no address".to_owned(), |ip| ip.to_string()),
            browser: known.browser.unwrap_or_else(|| "Unknown browser".to_owned()),
        }
    }

    /// Where an entry of the log came from. What the exchange's own backend reports comes from there and not from a
    /// browser: to say that place and browser are unknown would read like a break-in.
    pub fn of(entry: &Entry, brand: &Brand) -> Self {
        if entry.is_reported() {
            return Self {
                when: When::at(entry.happened_at()),
                reported: entry.reported_at().map(When::at),
                place: format!("Reported by {}", brand.name),
                ..Self::default()
            };
        }
        Self::new(entry.at, &entry.origin)
    }
}

/// Since when an account is frozen.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// The moment it was frozen.
    pub since: When,
}

/// The customer who is signed in, as far as every page needs to know.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Their address.
    pub email: String,
    /// Unread notices.
    pub unread: u64,
    /// Present while the account is frozen; every page then says what works and what does not.
    pub frozen: Option<Frozen>,
    /// Whether the settings are locked: pages then say so in place of what would be refused.
    pub locked: bool,
}

/// How long unfreezing takes: every page that speaks of a freeze says how it ends.
#[derive(Clone, Copy, Debug)]
pub struct Thaw {
    /// Hours, with two proofs that are older than the freeze.
    pub hours: i64,
    /// Days, without.
    pub days: i64,
}

/// The page around the page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The operator.
    pub brand: Arc<Brand>,
    /// Whether the demo's mailbox exists on this server.
    pub demo: bool,
    /// Who is signed in, if anyone.
    pub customer: Option<Customer>,
    /// Which entry of the navigation this page belongs to.
    pub here: &'static str,
    /// What the customer has just done, in one sentence.
    pub done: Option<&'static str>,
    /// How long unfreezing takes.
    pub thaw: Thaw,
}

impl Frame {
    /// The value for `aria-current` of a navigation entry.
    pub fn current(&self, entry: &str) -> &'static str {
        let rooms = [
            "activity",
            "sessions",
            "passkeys",
            "password",
            "factors",
            "preferences",
            "phone",
            "freeze-words",
            "email",
            "thaw",
            "checkup",
            "devices",
            "timers",
            "freeze",
        ];
        let inside = entry == "settings" && rooms.contains(&self.here);
        if self.here == entry {
            "page"
        } else if inside {
            "true"
        } else {
            "false"
        }
    }

    /// The address of an asset, with its version.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::address_of(name)
    }

    /// Whether the signed-in customer's settings are locked.
    pub fn locked(&self) -> bool {
        self.customer.as_ref().is_some_and(|customer| customer.locked)
    }

    /// Since when the signed-in customer's account is frozen.
    pub fn frozen(&self) -> Option<&Frozen> {
        self.customer.as_ref()?.frozen.as_ref()
    }
}

/// One input of a form: what was typed, and what is wrong with it. Never holds a password.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// What to show again.
    pub value: String,
    /// What is wrong, in words that say how to mend it.
    pub error: Option<String>,
    /// The most characters the input takes.
    pub longest: u32,
}

impl Field {
    /// An empty input.
    pub fn empty(longest: u32) -> Self {
        Self { longest, ..Self::default() }
    }

    /// An input that keeps what was typed.
    pub fn typed(value: &str, longest: u32) -> Self {
        Self { value: value.to_owned(), error: None, longest }
    }

    /// The same input, marked with what is wrong.
    #[must_use]
    pub fn wrong(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }
}

/// How serious a line is; colours it, and picks its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Nothing to see.
    Plain,
    /// Good news.
    Good,
    /// Worth a look.
    Warn,
    /// Act now.
    Alarm,
}

impl Tone {
    /// The name of the style.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Alarm => "alarm",
        }
    }
}
