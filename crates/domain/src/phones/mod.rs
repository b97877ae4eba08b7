//! The phone that gets our SMS: adding its number, proving it by a code, changing and removing it. A phone is told of
//! things and can freeze. Where the operator allows it and its owner chooses it, it gets the code for the second step of a
//! sign-in; it moves and loosens nothing.

mod model;
mod number;
mod reply;
mod rows;
#[cfg(test)]
mod tests;

pub use model::{Asked, Confirmed, Phone, PhoneCode, Shown};
pub use number::PhoneNumber;
pub use reply::freeze_by_reply;
pub use rows::{Reads, Writes};

use subtle::ConstantTimeEq;

use crate::accounts::{self, Account};
use crate::activity::{Actor, Country, Event, Outgoing, Spec};
use crate::app::App;
use crate::approvals;
use crate::change::{Change, View};
use crate::clock::Span;
use crate::credentials::{self, Allowance};
use crate::ids::{AccountId, ApprovalId, DeviceId, PhoneCodeId};
use crate::protections::{self, Sensitive};
use crate::refusal::{Refusal, Stop};
use crate::repeats;
use crate::settings::PhoneRules;

/// What the customer sees of their phone.
pub fn show(view: &mut View<'_>, account: AccountId) -> Result<Shown, Stop> {
    let (now, rules) = (view.now(), &view.settings().phone);
    let (offered, tries_max) = (!rules.countries.is_empty(), rules.code_tries);
    let waiting = view.rows().phone_code(account)?.filter(|code| code.waits(now, tries_max));
    let phone = view.rows().phone(account)?;
    let last_sms = match &phone {
        Some(phone) => view.rows().sms_newest_report(account, &phone.number)?,
        None => None,
    };
    Ok(Shown { offered, phone, last_sms, waiting })
}

/// Sends a code to a number that somebody wants to be told by. Until it is typed in, nothing else changes.
pub fn ask(change: &mut Change<'_>, account: AccountId, typed: &str) -> Result<Asked, Stop> {
    let account = accounts::lock(change, account)?;
    protections::unless_frozen(change, account.id)?;
    let (number, country) = PhoneNumber::parse_mobile(typed)?;
    let rules = &change.settings().phone;
    if !rules.countries.contains(&country) {
        return Err(Refusal::PhoneCountryNotServed.into());
    }
    if change.rows().phone(account.id)?.is_some_and(|phone| phone.number == number) {
        return Ok(Asked::Already);
    }
    count_code(change, account.id, (&number, country), CodeFor::Phone)?;
    let now = change.now();
    let id = PhoneCodeId::new(now, change.entropy());
    let expires_at = now + Span::from_mins(rules.code_minutes);
    let code = PhoneCode {
        id,
        account: account.id,
        digest: digest(change.keys(), account.id, id, &change.keys().phone_code(account.id, id)),
        number,
        epoch: account.epoch,
        asked_at: now,
        expires_at,
        tries: 0,
        used_at: None,
    };
    change.rows().phone_code_put(&code)?;
    let event = Event::PhoneCodeAsked { code: id, ending: code.number.ending() };
    change.record_with_sms_to(account.id, &event, &code.number)?;
    Ok(Asked::Sent { expires_at })
}

/// The country of a number that SMS are sent to, as the operator's list stands today.
pub(crate) fn served(rules: &PhoneRules, number: &PhoneNumber) -> Option<Country> {
    let (_, country) = PhoneNumber::parse_mobile(number.as_str()).ok()?;
    Some(country).filter(|country| rules.countries.contains(country))
}

/// What a code by SMS is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CodeFor {
    /// Confirming a phone, in a session.
    Phone,
    /// Signing in, in a known browser or any unknown one.
    SignIn(Option<DeviceId>),
}

/// Each SMS costs the operator, and whoever earns by the number it goes to would like many: they are counted for the
/// customer, the number, the country, and the network they are asked for from. Codes to sign in have counts of their own for
/// customer and number, one for each known device, so that a stranger with the password holds up nobody there.
pub(crate) fn count_code(
    change: &mut Change<'_>,
    account: AccountId,
    (number, country): (&PhoneNumber, Country),
    what_for: CodeFor,
) -> Result<(), Stop> {
    let rules = &change.settings().phone;
    let (hour, day) = (Span::from_hours(1), Span::from_hours(24));
    let (part, daily, network) = match &what_for {
        CodeFor::Phone => (&b""[..], rules.codes_daily, true),
        CodeFor::SignIn(None) => (&b"sign in"[..], rules.sign_in_codes_daily, true),
        CodeFor::SignIn(Some(device)) => (&device.as_bytes()[..], rules.sign_in_codes_daily, false),
    };
    let network = change.actor().origin.ip.filter(|_| network).map(credentials::network_of);
    let counts = [
        ("phone code, customer", account.as_bytes().to_vec(), part, daily, day),
        ("phone code, number", number.as_str().as_bytes().to_vec(), part, rules.codes_number_hourly, hour),
        ("phone code, country", country.code().as_bytes().to_vec(), b"", rules.codes_country_hourly, hour),
    ];
    let from = network.map(|network| ("phone code, network", network, &b""[..], rules.codes_network_hourly, hour));
    for (kind, whose, part, most, window) in counts.into_iter().chain(from) {
        let bucket = change.keys().bucket(kind, &whose, part);
        credentials::count_within(change, bucket, Allowance { most, window }, |until| Refusal::TooManyCodes { until })?;
    }
    Ok(())
}

/// Counts one notice by SMS to a customer and to a country, and answers whether it may go: whoever earns by the number and
/// is its customer can cause as many as they like. What can be switched off has half of the day's number, so that it leaves
/// room for what tells of a takeover. What matters most has a count of its own for each kind, and none for the country: no
/// other notice and no other customer keeps it from the phone, and a session that causes it again and again is told of as
/// often as anything. Mail and inbox tell all of it whatever this answers; the first that goes by them alone says so.
pub(crate) fn count_notice(
    change: &mut Change<'_>,
    account: AccountId,
    number: &PhoneNumber,
    spec: &Spec,
) -> Result<bool, Stop> {
    let rules = &change.settings().phone;
    let (day, hour) = (Span::from_hours(24), Span::from_hours(1));
    let apart = !spec.tell.sms_with_others;
    let daily = if spec.tell.sms == Outgoing::Always { rules.notices_daily } else { rules.notices_daily / 2 };
    let to_country = Allowance { most: rules.notices_country_hourly, window: hour };
    let kind = if apart { spec.code.as_bytes() } else { b"" };
    let customer = change.keys().bucket("notices by SMS", account.as_bytes(), kind);
    let country = number.country().filter(|_| !apart);
    let country = country.map(|country| change.keys().bucket("notices by SMS", country.code().as_bytes(), b""));
    let mut full = credentials::count_if_within(change, customer, Allowance { most: daily, window: day })?;
    if let (None, Some(country)) = (full, country) {
        full = credentials::count_if_within(change, country, to_country)?;
    }
    let Some(until) = full else { return Ok(true) };
    // Once for each time that is full, however many notices go by mail alone within it.
    let said = change.keys().bucket("notices by SMS, said", account.as_bytes(), &until.as_microsecond().to_be_bytes());
    if credentials::count_if_within(change, said, Allowance { most: 1, window: day })?.is_none() {
        change.record(account, &Event::SmsPaused { until })?;
    }
    Ok(false)
}

/// Confirms the number that waits, by the code that was sent to it. The try is counted before the code is looked at.
pub async fn confirm(app: &App, actor: &Actor, account: AccountId, typed: &str) -> Result<Confirmed, Stop> {
    let code = app.change(actor, move |change| count_try(change, account)).await?;
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let right = bool::from(digest(app.keys(), account, code.id, &digits).ct_eq(&code.digest));
    let confirmed = app.change(actor, move |change| conclude(change, &code, right)).await?;
    Ok(confirmed.ok_or(Refusal::WrongPhoneCode)?)
}

fn count_try(change: &mut Change<'_>, account: AccountId) -> Result<PhoneCode, Stop> {
    protections::unless_frozen(change, account)?;
    let now = change.now();
    let tries_max = change.settings().phone.code_tries;
    let code = change.rows().phone_code(account)?.ok_or(Refusal::WrongPhoneCode)?;
    // One statement decides: it waits still, and of fifty at once only so many are counted and looked at.
    if !change.rows().phone_code_count(account, code.id, tries_max, now)? {
        return Err(Refusal::WrongPhoneCode.into());
    }
    Ok(code)
}

/// Confirms the number of a right code; a wrong one only leaves its trace.
fn conclude(change: &mut Change<'_>, code: &PhoneCode, right: bool) -> Result<Option<Confirmed>, Stop> {
    if !right {
        change.record(code.account, &Event::PhoneCodeWrong { ending: code.number.ending() })?;
        return Ok(None);
    }
    let account = accounts::lock(change, code.account)?;
    protections::unless_frozen(change, account.id)?;
    has_room(change, &code.number)?;
    let now = change.now();
    if !change.rows().phone_code_use(account.id, code.id, account.epoch, now)? {
        return Err(Refusal::WrongPhoneCode.into());
    }
    let approval = if change.rows().phone(account.id)?.is_none() {
        // The first phone only adds somebody who is told.
        take_effect(change, &account, Some(&code.number))?;
        None
    } else {
        Some(replace(change, Some(&code.number))?)
    };
    let confirmed = Confirmed { confirmed: approval.is_none(), approval };
    repeats::keep(change, &confirmed)?;
    Ok(Some(confirmed))
}

/// Asks to forget the phone, so that no SMS goes out any more, and answers the approval to prove. Without a phone there is
/// nothing to do and nothing to prove.
pub fn remove(change: &mut Change<'_>, account: AccountId) -> Result<Option<ApprovalId>, Stop> {
    let account = accounts::lock(change, account)?;
    protections::unless_frozen(change, account.id)?;
    if change.rows().phone(account.id)?.is_none() {
        return Ok(None);
    }
    replace(change, None).map(Some)
}

/// Asks to put another number, or none, in the place of a confirmed one. It takes a proof, because the phone that goes is
/// one that its owner would have been told by.
fn replace(change: &mut Change<'_>, to: Option<&PhoneNumber>) -> Result<ApprovalId, Stop> {
    let session = change.actor().who.session().ok_or(Refusal::NotSignedIn)?;
    approvals::ask(change, session, &Sensitive::ChangePhone { new: to.map(|number| number.as_str().to_owned()) })
}

/// Makes a number, or none, the one that is told. Everything that changes a phone ends here, whoever had to agree to it
/// before.
pub(crate) fn take_effect(change: &mut Change<'_>, account: &Account, to: Option<&PhoneNumber>) -> Result<(), Stop> {
    let now = change.now();
    match (change.rows().phone(account.id)?.map(|phone| phone.number), to) {
        (None, None) => Ok(()),
        (Some(before), Some(to)) if before == *to => Ok(()),
        (None, Some(to)) => {
            has_room(change, to)?;
            change.rows().phone_set(account.id, to, now)?;
            change.record(account.id, &Event::PhoneAdded { ending: to.ending() })
        }
        // Told before it is done, so that the SMS goes to the number of before: its owner may be the one robbed.
        (Some(before), Some(to)) => {
            has_room(change, to)?;
            let event = Event::PhoneChanged { from_ending: before.ending(), to_ending: to.ending() };
            change.record(account.id, &event)?;
            Ok(change.rows().phone_set(account.id, to, now)?)
        }
        (Some(before), None) => {
            change.record(account.id, &Event::PhoneRemoved { ending: before.ending() })?;
            change.rows().phone_code_forget(account.id)?;
            Ok(change.rows().phone_delete(account.id)?)
        }
    }
}

/// Goes on unless a number stops as many accounts as one may: with more, FREEZE from that phone would leave some out.
fn has_room(change: &mut Change<'_>, number: &PhoneNumber) -> Result<(), Stop> {
    let accounts = change.rows().accounts_by_phone(number, reply::ACCOUNTS_MAX)?.len();
    if i64::try_from(accounts).is_ok_and(|accounts| accounts < reply::ACCOUNTS_MAX) {
        Ok(())
    } else {
        Err(Refusal::PhoneOfMany.into())
    }
}

fn digest(keys: &crate::Keys, account: AccountId, id: PhoneCodeId, typed: &str) -> [u8; 32] {
    keys.bucket("phone code", account.as_bytes(), &[id.as_bytes(), typed.as_bytes()].concat())
}
