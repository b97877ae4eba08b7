//! What the operator can set. The values and their comments stand in `countersign.toml` at the root; it is
//! compiled in as the default, so there is one place to read and no second set of numbers in the code.

use serde::Deserialize;

use crate::activity::Country;
use crate::clock::Span;
use crate::retain::Table;
use crate::site::SiteAddress;

/// The default settings as text: the annotated `countersign.toml`.
pub const DEFAULTS: &str = include_str!("../../../countersign.toml");

/// The settings that rules depend on. Those of doors and machines (ports, files) belong to the binary.
///
/// Each part is a section of the file; the binary reads the file and hands the parts over.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who runs this exchange.
    pub operator: Operator,
    /// Passwords and how they are hashed.
    pub password: PasswordRules,
    /// Sessions and devices.
    pub session: SessionRules,
    /// How long links live.
    pub link: LinkLives,
    /// How guesses are slowed down.
    pub guess: GuessRules,
    /// How long what weakens an account waits.
    pub protection: ProtectionRules,
    /// Phones that get our SMS.
    pub phone: PhoneRules,
    /// What is dropped, and when.
    pub retain: RetainRules,
}

/// Who runs this exchange, as customers read it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// The name that pages and letters carry.
    pub name: String,
    /// The one address of the site; every link we send starts with it.
    pub url: SiteAddress,
    /// Where a customer's case is mailed to.
    pub support_address: String,
    /// The one accent colour, as CSS writes it.
    pub accent: String,
}

/// Passwords and how they are hashed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordRules {
    /// Fewest characters while there is no second factor.
    pub characters_min: usize,
    /// Fewest characters once there is one.
    pub characters_min_with_factor: usize,
    /// Most characters.
    pub characters_max: usize,
    /// Least zxcvbn score, 0 to 4.
    pub score_min: u8,
    /// How many earlier passwords are refused.
    pub remembered: usize,
    /// Days after which a new password is suggested, never forced.
    pub reminder_days: i64,
    /// Argon2id memory in KiB.
    pub argon2_memory_kib: u32,
    /// Argon2id passes.
    pub argon2_passes: u32,
    /// How many hashes are computed at once; 0 means one for each core.
    pub hashing_slots: usize,
    /// How many may wait for a slot before more are turned away.
    pub hashing_queue: usize,
}

impl PasswordRules {
    /// The fewest characters of a password, alone or beside a second factor.
    pub fn fewest(&self, second_factor: bool) -> usize {
        if second_factor { self.characters_min_with_factor } else { self.characters_min }
    }
}

/// Sessions and devices.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRules {
    /// A session ends after this many minutes without a request.
    pub idle_minutes: i64,
    /// A session ends this many hours after signing in.
    pub absolute_hours: i64,
    /// Sessions that one account has open at a time; the oldest ends for the next, of the same browser and address first.
    pub live_max: i64,
    /// A browser stays known for this many days after its last sign-in.
    pub device_days: i64,
    /// Whether a known browser in an unusual place asks its owner by letter too.
    pub ask_at_unusual_places: bool,
}

/// How long links live.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkLives {
    /// Confirming an address, in hours.
    pub confirm_address_hours: i64,
    /// Letting a new device in, in minutes.
    pub new_device_minutes: i64,
    /// Choosing a new password without the old one, in minutes.
    pub reset_minutes: i64,
    /// Freezing and denying, in days.
    pub freeze_days: i64,
}

/// How guesses are slowed down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuessRules {
    /// From this failure on, each one doubles the wait.
    pub failures_free: i64,
    /// The first wait, in seconds.
    pub delay_seconds: i64,
    /// The longest wait, in seconds.
    pub delay_seconds_max: i64,
    /// Failures are forgotten this many hours after the last one.
    pub forget_hours: i64,
    /// Guesses an hour from one source network.
    pub network_hourly: i64,
    /// Passwords an hour that are looked at for one known device in one household, and in one session, right ones too.
    pub sign_ins_hourly: i64,
    /// Accounts an hour that one source network may open.
    pub openings_hourly: i64,
    /// Passwords an hour that are judged and not set, for one customer and for one source network of strangers.
    pub checks_hourly: i64,
    /// Requests for a new password an hour from one source network.
    pub resets_hourly: i64,
    /// Wrong passwords a day for one account from browsers it does not know; the first few of each network besides.
    pub passwords_daily: i64,
    /// E-mails an hour that strangers in one network can cause to one address.
    pub mails_hourly: i64,
    /// E-mails a day that strangers everywhere can cause to it; the first few of each network besides.
    pub mails_daily: i64,
    /// Times an hour that one customer switches a notice off, names something or asks for another address.
    pub changes_hourly: i64,
    /// Freeze words an hour that one household tries, whatever addresses it names.
    pub words_hourly: i64,
    /// The same for the network around it.
    pub words_network_hourly: i64,
    /// Times a day that one customer replaces the freeze words.
    pub freeze_words_daily: i64,
    /// So many wrong codes within `codes_wrong_minutes` block codes for as long.
    pub codes_wrong: usize,
    /// The minutes in which they count together.
    pub codes_wrong_minutes: i64,
    /// Codes a day that are looked at.
    pub codes_daily: usize,
}

/// How long what weakens an account waits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectionRules {
    /// Removing a second factor, or allowing weaker ones again, in hours.
    pub loosen_hours: i64,
    /// Unfreezing by two factors older than the freeze, in hours.
    pub thaw_hours: i64,
    /// Unfreezing without them, in days.
    pub thaw_slow_days: i64,
    /// Getting back in without a second factor, in days.
    pub lost_factor_days: i64,
    /// Money for young addresses waits after a suspicious event, in hours.
    pub hold_hours: i64,
    /// Undoing a change of the e-mail address from the old mailbox, in hours.
    pub undo_hours: i64,
    /// The longest wait of the settings lock, in days.
    pub lock_days_max: i64,
    /// What waits for a notice that a mailbox refuses, and no phone was told of, waits at least this many days.
    pub untold_days: i64,
    /// A proof for one change is good for this many minutes.
    pub approval_minutes: i64,
}

/// Phones that get our SMS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneRules {
    /// Countries whose mobile numbers may be added, as ISO 3166 codes of two letters; none at all where no SMS is sent.
    pub countries: Vec<Country>,
    /// How long the code that confirms a number lives, in minutes.
    pub code_minutes: i64,
    /// How often one code may be tried.
    pub code_tries: i64,
    /// Codes that one customer may ask for in 24 hours.
    pub codes_daily: i64,
    /// Codes an hour that go to one number.
    pub codes_number_hourly: i64,
    /// Codes an hour that are asked for from one source network.
    pub codes_network_hourly: i64,
    /// Codes an hour that go to one country.
    pub codes_country_hourly: i64,
    /// Whether customers may choose a code by SMS as the second step of signing in.
    pub sign_in_codes: bool,
    /// Such codes a day, for each known device and for all unknown browsers of a customer together.
    pub sign_in_codes_daily: i64,
    /// Notices by SMS that one customer gets in 24 hours at most; half of them are kept for what tells of a takeover. What
    /// matters most is counted apart, each kind by itself.
    pub notices_daily: i64,
    /// The same for all customers with numbers of one country, in an hour.
    pub notices_country_hourly: i64,
    /// Whether an SMS can be answered with FREEZE.
    pub replies: bool,
    /// Replies an hour that are listened to from one number.
    pub replies_hourly: i64,
}

/// After how many days what is over is dropped.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetainRules {
    /// Sessions, after they ended.
    pub sessions_days: i64,
    /// Links in letters, after their time.
    pub links_days: i64,
    /// Letters and SMS, after they were handed over or given up.
    pub notices_days: i64,
    /// Sign-ins that waited, after their time.
    pub sign_ins_days: i64,
    /// Browsers, after they were known.
    pub browsers_days: i64,
    /// Places, after they were last used.
    pub places_days: i64,
    /// Waits and holds, after they ended, and changes of address, after they could be undone.
    pub waits_days: i64,
    /// Entries of the activity log; 0 keeps them for ever.
    pub events_days: i64,
    /// Items of the feed.
    pub feed_days: i64,
    /// The references of reports.
    pub reports_days: i64,
}

/// What is over means something for a while: links stop what waits, places say what is usual for ninety days.
const DAYS_LEAST: i64 = 90;

/// A customer sees at least so much of what happened.
const EVENTS_DAYS_LEAST: i64 = 400;

/// A hundred years.
const DAYS_MOST: i64 = 36_500;

impl RetainRules {
    /// What is wrong with them, if anything is.
    pub fn unfit(&self) -> Option<String> {
        let (events, none) = (EVENTS_DAYS_LEAST..=DAYS_MOST, self.events_days == 0);
        if !none && !events.contains(&self.events_days) {
            return Some(format!("`events_days` is 0, for ever, or {EVENTS_DAYS_LEAST} to {DAYS_MOST}"));
        }
        let rest = Table::ALL.into_iter().filter(|table| *table != Table::Events).filter_map(|table| table.days(self));
        let fit = rest.into_iter().all(|days| (DAYS_LEAST..=DAYS_MOST).contains(&days));
        (!fit).then(|| format!("every other number of days is {DAYS_LEAST} to {DAYS_MOST}"))
    }
}

impl Settings {
    /// The sections of a whole settings file that belong to the rules; sections of doors and machines are left.
    pub fn from_file(file: &toml::Table) -> Result<Self, toml::de::Error> {
        fn section<T: for<'a> Deserialize<'a>>(file: &toml::Table, name: &str) -> Result<T, toml::de::Error> {
            let missing = || toml::Value::Table(toml::Table::new());
            file.get(name).cloned().unwrap_or_else(missing).try_into()
        }
        Ok(Self {
            operator: section(file, "operator")?,
            password: section(file, "password")?,
            session: section(file, "session")?,
            link: section(file, "link")?,
            guess: section(file, "guess")?,
            protection: section(file, "protection")?,
            phone: section(file, "phone")?,
            retain: section(file, "retain")?,
        })
    }
}

impl Default for Settings {
    /// The settings that `countersign.toml` at the root states.
    fn default() -> Self {
        let file = DEFAULTS.parse().expect("the compiled-in defaults are TOML");
        Self::from_file(&file).expect("the compiled-in defaults are complete")
    }
}

impl LinkLives {
    /// How long a link that confirms an address lives.
    pub fn confirm_address(&self) -> Span {
        Span::from_hours(self.confirm_address_hours)
    }

    /// How long a link that lets a new device in lives.
    pub fn new_device(&self) -> Span {
        Span::from_mins(self.new_device_minutes)
    }

    /// How long a link to a new password lives.
    pub fn reset(&self) -> Span {
        Span::from_mins(self.reset_minutes)
    }

    /// How long a link that freezes or denies lives.
    pub fn freeze(&self) -> Span {
        Span::from_hours(24 * self.freeze_days)
    }
}
