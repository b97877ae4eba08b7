//! The second step of signing in by a code that is sent to the phone: only where the operator allows it, the customer chose
//! it, and there is nothing stronger. The code belongs to one sign-in in one browser, and opens nothing else.

use subtle::ConstantTimeEq;

use crate::accounts::{self, Account};
use crate::activity::{Actor, Event};
use crate::app::App;
use crate::change::{Change, View};
use crate::clock::{Span, Time};
use crate::ids::{AccountId, PendingId, SignInCodeId};
use crate::phones::{self, CodeFor, Phone, PhoneNumber};
use crate::protections::{Method, Proof};
use crate::refusal::{Refusal, Stop};
use crate::second_factors::{self, Counted, SecondProof};
use crate::secrets::{Keys, SecretText};
use crate::sessions::second_step::{go_on, waiting};
use crate::sessions::{Pending, SignInOutcome};

/// A code that one sign-in waits for. A sign-in has at most one: the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInCode {
    /// Its id; with a key outside the database the code follows from it, when it is sent.
    pub id: SignInCodeId,
    /// Whose.
    pub account: AccountId,
    /// The sign-in.
    pub pending: PendingId,
    /// The number it was sent to.
    pub number: PhoneNumber,
    /// Keyed hash of the code, bound to the account and this id.
    pub digest: [u8; 32],
    /// When it stops working.
    pub expires_at: Time,
    /// When it was used, once.
    pub used_at: Option<Time>,
}

impl SignInCode {
    /// Whether it can still be typed.
    pub fn works(&self, now: Time) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }
}

/// What a page may show of the SMS of a second step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BySms {
    /// The last digits of the number.
    pub ending: String,
    /// Until when the code works that was sent last, if one was.
    pub sent_until: Option<Time>,
}

/// The SMS of a sign-in's second step, where it can be proved by one.
pub(super) fn by_sms(view: &mut View<'_>, account: &Account, pending: PendingId) -> Result<BySms, Stop> {
    let phone = phone_of(view, account)?;
    let now = view.now();
    let code = view.rows().sign_in_code(account.id, pending)?.filter(|code| code.works(now));
    Ok(BySms { ending: phone.number.ending(), sent_until: code.map(|code| code.expires_at) })
}

/// Sends a code to the phone, for a sign-in whose password was right, in the browser that asked. An earlier code of the same
/// sign-in works no more.
pub fn send_code(change: &mut Change<'_>, secret: &SecretText) -> Result<BySms, Stop> {
    let (account, _) = waiting(change, &secret.digest())?;
    let account = accounts::lock(change, account.id)?;
    let (_, pending) = waiting(change, &secret.digest())?;
    let number = phone_of(&mut change.view(), &account)?.number;
    let rules = &change.settings().phone;
    let country = phones::served(rules, &number).ok_or(Refusal::PhoneCountryNotServed)?;
    phones::count_code(change, account.id, (&number, country), CodeFor::SignIn(pending.device))?;
    let now = change.now();
    let id = SignInCodeId::new(now, change.entropy());
    let code = SignInCode {
        id,
        account: account.id,
        pending: pending.id,
        digest: digest(change.keys(), account.id, id, &change.keys().sign_in_code(account.id, id)),
        expires_at: (now + Span::from_mins(rules.code_minutes)).min(pending.expires_at),
        number,
        used_at: None,
    };
    change.rows().sign_in_code_put(&code)?;
    let ending = code.number.ending();
    let event = Event::SignInCodeSent { pending: pending.id, code: id, ending: ending.clone() };
    change.record_with_sms_to(account.id, &event, &code.number)?;
    Ok(BySms { ending, sent_until: Some(code.expires_at) })
}

/// Takes the code of the SMS, in the browser that asked: counted first, like every code. A known device is in; from an
/// unknown browser the owner is mailed now.
pub async fn prove_by_sms(app: &App, actor: &Actor, secret: &SecretText, typed: &str) -> Result<SignInOutcome, Stop> {
    let typed = second_factors::tidy_code(typed).ok_or(Refusal::CodeUnfit)?;
    let waits = secret.digest();
    let begun = app.change(actor, move |change| begin(change, &waits)).await?;
    let given = digest(app.keys(), begun.code.account, begun.code.id, &typed);
    let right = bool::from(given.ct_eq(&begun.code.digest));
    let browser = secret.clone();
    let outcome = app.change(actor, move |change| conclude(change, &begun, right, &browser)).await?;
    Ok(outcome.ok_or(Refusal::WrongPhoneCode)?)
}

struct Begun {
    epoch: i64,
    pending: Pending,
    code: SignInCode,
    counted: Counted,
}

/// The first change: the try counts before anybody looks at the code.
fn begin(change: &mut Change<'_>, secret: &[u8; 32]) -> Result<Begun, Stop> {
    let (account, pending) = waiting(change, secret)?;
    phone_of(&mut change.view(), &account)?;
    let code = change.rows().sign_in_code(account.id, pending.id)?.ok_or(Refusal::WrongPhoneCode)?;
    let part = pending.device.as_ref().map_or(Vec::new(), |device| device.as_bytes().to_vec());
    let counted = second_factors::count(change, account.id, &part, Method::Sms)?;
    Ok(Begun { epoch: account.epoch, pending, code, counted })
}

/// The second change: looks at everything again, for phone, choice and setting may have changed, and uses the code up with
/// one statement.
fn conclude(
    change: &mut Change<'_>,
    begun: &Begun,
    right: bool,
    browser: &SecretText,
) -> Result<Option<SignInOutcome>, Stop> {
    let account = accounts::lock(change, begun.code.account)?;
    if account.epoch != begun.epoch {
        return Err(Refusal::SignInOver.into());
    }
    let phone = phone_of(&mut change.view(), &account)?;
    let (code, now) = (&begun.code, change.now());
    let right = right && phone.number == code.number;
    if !right || !change.rows().sign_in_code_use(account.id, code.pending, code.id, now)? {
        let failures = begun.counted.failures;
        change.record(account.id, &Event::SecondFactorFailed { method: Method::Sms.code().to_owned(), failures })?;
        return Ok(None);
    }
    second_factors::take_code_back(change, &begun.counted)?;
    let proof = Proof { method: Method::Sms, factor: None, since: phone.confirmed_at };
    go_on(change, &account, (&begun.pending, browser), &proof).map(Some)
}

/// The phone that codes go to, where signing in asks for one at all.
fn phone_of(view: &mut View<'_>, account: &Account) -> Result<Phone, Stop> {
    match second_factors::second_proof(view, account)? {
        SecondProof::OneOf(methods) if methods.contains(&Method::Sms) => {}
        _ => return Err(Refusal::NoSmsCodes.into()),
    }
    Ok(view.rows().phone(account.id)?.ok_or(Refusal::NoSmsCodes)?)
}

fn digest(keys: &Keys, account: AccountId, id: SignInCodeId, typed: &str) -> [u8; 32] {
    keys.bucket("sign-in code", account.as_bytes(), &[id.as_bytes(), typed.as_bytes()].concat())
}
