//! What strangers cause and the owner must not pay for: guesses at one account, and letters to one address. They are
//! counted for the place they come from, and in a wider count everywhere that still leaves each place its first few.

use std::net::IpAddr;

use crate::accounts::EmailAddress;
use crate::change::Change;
use crate::clock::{Span, Time};
use crate::credentials::limits::{Allowance, amid_strangers};
use crate::credentials::{Counted, OfDay, count_attempt, count_guess_from, count_within};
use crate::ids::DeviceId;
use crate::refusal::{Refusal, Stop};
use crate::sessions::Device;

/// Where somebody acts from whom the account need not know.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The browser the account knows or knew: strangers have none, so it is a place of its own.
    device: Option<DeviceId>,
    /// Whether it is known still.
    known: bool,
    household: Vec<u8>,
    neighbourhood: Vec<u8>,
}

impl Place {
    /// Where the change comes from; `device` is the browser that the account knows or knew there.
    pub(crate) fn of(change: &Change<'_>, device: Option<&Device>) -> Self {
        let ip = change.actor().origin.ip;
        Self {
            device: device.map(|device| device.id),
            known: device.is_some_and(|device| device.known(change.now())),
            household: ip.map(household_of).unwrap_or_default(),
            neighbourhood: ip.map(neighbourhood_of).unwrap_or_default(),
        }
    }

    /// Whether no browser of the account is there, so that it is counted for its network too.
    pub(crate) fn strange(&self) -> bool {
        self.device.is_none()
    }

    /// The same without its browser, where that is forgotten: somebody may have copied what it kept and used its counts up.
    /// Its owner has those of any other place then.
    fn without_forgotten(&self) -> Option<Self> {
        (self.device.is_some() && !self.known).then(|| Self { device: None, ..self.clone() })
    }

    fn near(&self) -> &[u8] {
        self.device.as_ref().map_or(&self.household, |device| device.as_bytes())
    }

    fn wide(&self) -> &[u8] {
        self.device.as_ref().map_or(&self.neighbourhood, |device| device.as_bytes())
    }
}

/// Counts a password for whom it is meant (an account, or an address without one) before it is looked at. A known browser
/// has its own bucket and nothing else. Any other place has one too, and is counted everywhere by the day; where the one of a
/// forgotten browser is used up, its household's counts.
pub(crate) fn count_stranger(change: &mut Change<'_>, whose: (&str, &[u8]), place: &Place) -> Result<Counted, Stop> {
    match (count_at(change, whose, place), place.without_forgotten()) {
        (Err(Stop::Refused(Refusal::TooManyTries { .. })), Some(place)) => {
            count_guess_from(change, change.actor().origin.ip)?;
            count_at(change, whose, &place)
        }
        (counted, _) => counted,
    }
}

fn count_at(change: &mut Change<'_>, (kind, whose): (&str, &[u8]), place: &Place) -> Result<Counted, Stop> {
    let bucket = change.keys().bucket(kind, whose, place.near());
    let mut counted = count_attempt(change, bucket)?;
    if !place.known {
        let most = change.settings().guess.passwords_daily;
        let refusal = |until| Refusal::TooManyTries { until };
        let (by_day, everywhere) = count_day(change, (kind, whose, place.wide()), most, refusal)?;
        counted.failures = counted.failures.max(everywhere);
        counted.by_day = by_day;
    }
    Ok(counted)
}

/// What makes somebody who may be a stranger cause e-mail to an address. Each has counts of its own, so that using up
/// one does not hold up the owner at the other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum MailCause {
    /// Opening an account.
    Opening,
    /// Signing in with the right password from an unknown browser.
    NewDevice,
    /// Asking for a new password.
    Reset,
    /// Asking for this address in place of another.
    Change,
}

/// Counts an e-mail that somebody causes to a mailbox, whatever stands behind a plus sign in its address: by the hour for the
/// place it is caused from, and, unless a known browser causes it, by the day everywhere. Where the count of a forgotten browser
/// is used up, its network's counts.
pub(crate) fn count_mail(
    change: &mut Change<'_>,
    email: &EmailAddress,
    cause: MailCause,
    place: &Place,
) -> Result<(), Stop> {
    match (count_mail_at(change, email, cause, place), place.without_forgotten()) {
        (Err(Stop::Refused(Refusal::TooManyMails { .. })), Some(place)) => count_mail_at(change, email, cause, &place),
        (counted, _) => counted,
    }
}

fn count_mail_at(change: &mut Change<'_>, email: &EmailAddress, cause: MailCause, place: &Place) -> Result<(), Stop> {
    let kind = match cause {
        MailCause::Opening => "mail, opening",
        MailCause::NewDevice => "mail, new device",
        MailCause::Reset => "mail, reset",
        MailCause::Change => "mail, change of address",
    };
    let (whose, refusal) = (email.mailbox(), |until| Refusal::TooManyMails { until });
    let bucket = change.keys().bucket(kind, whose.as_bytes(), place.wide());
    let hourly = Allowance { most: change.settings().guess.mails_hourly, window: Span::from_hours(1) };
    count_within(change, bucket, hourly, refusal)?;
    if !place.known {
        let most = change.settings().guess.mails_daily;
        count_day(change, (kind, whose.as_bytes(), place.wide()), most, refusal)?;
    }
    Ok(())
}

/// Counts one thing by the day, here and everywhere. Answers where, and how many there are everywhere.
fn count_day(
    change: &mut Change<'_>,
    (kind, whose, here): (&str, &[u8], &[u8]),
    most: i64,
    refusal: fn(Time) -> Refusal,
) -> Result<(Vec<OfDay>, i64), Stop> {
    let buckets = [
        change.keys().bucket(&format!("{kind}, by day here"), whose, here),
        change.keys().bucket(&format!("{kind}, by day everywhere"), whose, b""),
    ];
    let [here, everywhere] = [change.rows().guesses_lock(&buckets[0])?, change.rows().guesses_lock(&buckets[1])?];
    let counted = amid_strangers(here, everywhere, change.now(), most).map_err(refusal)?;
    for (bucket, counted) in buckets.iter().zip(counted) {
        change.rows().guesses_set(bucket, counted)?;
    }
    let by_day = buckets.into_iter().zip(counted.map(|counted| counted.last_at)).collect();
    Ok((by_day, counted[1].failures))
}

/// The network that an address lies in: IPv4 /24, IPv6 /56, since one customer is given that many.
pub fn network_of(ip: IpAddr) -> Vec<u8> {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.octets()[..3].to_vec(),
        IpAddr::V6(v6) => v6.octets()[..7].to_vec(),
    }
}

/// The one machine, or its household, behind an address: IPv4 whole, IPv6 /64.
pub(crate) fn household_of(ip: IpAddr) -> Vec<u8> {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets()[..8].to_vec(),
    }
}

/// Some 256 customers of one provider: IPv4 /24, IPv6 /48, since anybody is given a /48 for the asking and has 65 536
/// households in it.
pub(crate) fn neighbourhood_of(ip: IpAddr) -> Vec<u8> {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.octets()[..3].to_vec(),
        IpAddr::V6(v6) => v6.octets()[..6].to_vec(),
    }
}
