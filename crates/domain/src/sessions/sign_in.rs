//! Signing in: count the attempt, compare outside the transaction, conclude.

use crate::accounts::{self, Account, EmailAddress};
use crate::activity::{Actor, EndedBy, Event, Origin};
use crate::app::App;
use crate::change::Change;
use crate::clock::Span;
use crate::credentials::{self, Allowance, Counted, Lane, MailCause, Phc, Place, Stored, Verified, normalize};
use crate::ids::{AccountId, DeviceId, PendingId, SessionId};
use crate::links::{self, Purpose};
use crate::protections::{self, Method};
use crate::refusal::{Refusal, Stop};
use crate::second_factors::{self, SecondProof};
use crate::secrets::SecretText;
use crate::sessions::{self, Device, NewSession, Pending, Session, SignInOutcome, Unusual, devices, places};

/// What somebody gives to sign in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The address.
    pub email: String,
    /// The password, as typed.
    pub password: String,
    /// The device secrets that the browser keeps, one for each account used in it.
    pub devices: Vec<SecretText>,
}

/// Signs in on a known device; from an unknown browser it waits for the owner, who is mailed. An account with a second
/// factor is asked for it first, wherever it is. An unknown address and a wrong password get the same answer after the same
/// work.
pub async fn sign_in(app: &App, actor: &Actor, given: &SignIn) -> Result<SignInOutcome, Stop> {
    // What cannot be an address is still counted and compared, so that the answer tells nothing.
    let email_key = EmailAddress::parse(&given.email).map_or_else(|_| given.email.to_lowercase(), |email| email.key());
    let devices: Vec<[u8; 32]> = given.devices.iter().take(8).map(SecretText::digest).collect();
    let begun = app.change(actor, move |change| begin(change, &email_key, &devices)).await?;
    let stored = Stored {
        phc: begun.known.as_ref().map(|known| known.phc.clone()),
        lane: if begun.strange { Lane::Later } else { Lane::First },
    };
    let password = normalize(&given.password);
    let verified = credentials::compare(app, actor, &begun.counted, &password, stored).await?;
    let outcome = app.change(actor, move |change| conclude(change, &begun, &verified)).await?;
    Ok(outcome?)
}

struct Begun {
    counted: Counted,
    /// Whether it comes from a browser that the account never knew.
    strange: bool,
    known: Option<Known>,
}

struct Known {
    account: AccountId,
    epoch: i64,
    phc: Phc,
    device: Option<Device>,
    place: Place,
}

/// The first change: finds the account, chooses the buckets and counts. A stranger's failures fill those of the place they
/// come from, hold up no browser that the account knows or knew, and leave every other place its first few tries.
fn begin(change: &mut Change<'_>, email_key: &str, devices: &[[u8; 32]]) -> Result<Begun, Stop> {
    let Some(account) = change.rows().account_by_email(email_key)? else {
        credentials::count_guess_from(change, change.actor().origin.ip)?;
        let (place, whose) = (Place::of(change, None), ("sign in, unknown address", email_key.as_bytes()));
        return Ok(Begun { counted: credentials::count_stranger(change, whose, &place)?, strange: true, known: None });
    };
    let now = change.now();
    let device = sessions::browser_of(change, account.id, devices)?;
    let place = Place::of(change, device.as_ref());
    if place.strange() {
        // Whoever sits at a browser of their own is not held up by what others in their network do.
        credentials::count_guess_from(change, change.actor().origin.ip)?;
    }
    if let Some(device) = &device {
        credentials::count_known_browser(change, account.id, device.id)?;
    }
    let counted = credentials::count_stranger(change, ("sign in", account.id.as_bytes()), &place)?;
    let strange = place.strange();
    let known = change.rows().password_current(account.id)?.map(|(phc, _)| Known {
        account: account.id,
        epoch: account.epoch,
        phc,
        device: device.filter(|device| device.known(now)),
        place,
    });
    Ok(Begun { counted, strange, known })
}

/// The second change: nothing for a wrong password but its trace, a session or a waiting sign-in for a right one.
fn conclude(
    change: &mut Change<'_>,
    begun: &Begun,
    verified: &Verified,
) -> Result<Result<SignInOutcome, Refusal>, Stop> {
    let Some(known) = &begun.known else {
        // A wrong password is written down; an unknown address has nowhere to be, but must take as long.
        credentials::touch_attempt(change, &begun.counted)?;
        return Ok(Err(Refusal::WrongEmailOrPassword));
    };
    let account = accounts::lock(change, known.account)?;
    if !verified.right || account.epoch != known.epoch {
        change.record(account.id, &Event::SignInFailed { failures: begun.counted.failures })?;
        return Ok(Err(Refusal::WrongEmailOrPassword));
    }
    credentials::take_attempt_back(change, &begun.counted)?;
    if let Some(raised) = &verified.raised {
        change.rows().password_raise(account.id, &known.phc, raised)?;
    }
    if account.passkey_only && protections::standing(&mut change.view(), &account)?.passkeys_alone() {
        // Said plainly, to somebody who knows the password; and told, because it may not be the owner.
        change.record(account.id, &Event::PasswordOff)?;
        return Ok(Err(Refusal::PasskeyOnly));
    }
    go_in(change, &account, known).map(Ok)
}

/// Goes on after a right password: in on a known device in a usual place, unless more is asked for.
fn go_in(change: &mut Change<'_>, account: &Account, known: &Known) -> Result<SignInOutcome, Stop> {
    let proof = second_factors::second_proof(&mut change.view(), account)?;
    if let SecondProof::OneOf(methods) = proof {
        let (secret, pending) = wait(change, account, known, true, None)?;
        change.record(account.id, &Event::SignInSecondStep { pending: pending.id })?;
        return Ok(SignInOutcome::SecondStep { secret, methods });
    }
    let unusual = match &known.device {
        Some(device) => places::judge(change, account.id, Some(device.id))?,
        None => None,
    };
    if let (SecondProof::None, Some(device), None) = (&proof, &known.device, &unusual) {
        return start_on(change, account, device, &Proved::by(Method::Password)).map(SignInOutcome::In);
    }
    let (secret, pending) = wait(change, account, known, false, unusual.clone())?;
    ask_owner(change, &pending)?;
    Ok(match unusual {
        Some(why) => SignInOutcome::Unusual { secret, why },
        None => SignInOutcome::Waiting(secret),
    })
}

/// What a session begins with.
pub(super) struct Proved {
    /// What the sign-in was proved by.
    pub(super) by: Vec<Method>,
    /// The sign-in that waited until now, where one did.
    pub(super) waited: Option<PendingId>,
    /// What is unusual about where it comes from, if anything.
    pub(super) unusual: Option<Unusual>,
}

impl Proved {
    /// Proved at once, by one thing.
    pub(super) fn by(method: Method) -> Self {
        Self { by: vec![method], waited: None, unusual: None }
    }

    /// What a waiting sign-in was proved by, and this besides.
    pub(super) fn waited(pending: &Pending, besides: Option<Method>) -> Self {
        let factor = pending.factor_proved.as_deref().and_then(Method::from_code);
        let by = [Some(Method::Password), factor, besides].into_iter().flatten().collect();
        Self { by, waited: Some(pending.id), unusual: pending.unusual.clone() }
    }
}

/// Starts a session in a browser that the account knows.
pub(super) fn start_on(
    change: &mut Change<'_>,
    account: &Account,
    device: &Device,
    proved: &Proved,
) -> Result<NewSession, Stop> {
    let new = start(change, account, (device.id, false), proved)?;
    let last_place = change.actor().origin.place_text();
    let Origin { ip, browser, .. } = change.actor().origin.clone();
    let (last_at, known_until) = (change.now(), known_until(change));
    let renewed = Device { last_at, known_until, browser, last_ip: ip, last_place, ..device.clone() };
    change.rows().device_renew(&renewed)?;
    places::learn(change, account.id, device.id)?;
    Ok(new)
}

/// Starts a session in a browser that the account does not know, which becomes known.
pub(super) fn start_new(change: &mut Change<'_>, account: &Account, proved: &Proved) -> Result<NewSession, Stop> {
    let (device, secret) = know_browser(change, account.id)?;
    let new = start(change, account, (device, true), proved)?;
    Ok(NewSession { device: Some(secret), ..new })
}

/// Lets a sign-in wait whose password was right. From an unknown browser it causes one letter in the end, whatever
/// becomes of it, so it is counted here, as is the letter that a known device has to wait for.
fn wait(
    change: &mut Change<'_>,
    account: &Account,
    known: &Known,
    factor_needed: bool,
    unusual: Option<Unusual>,
) -> Result<(SecretText, Pending), Stop> {
    if known.device.is_none() || !factor_needed {
        count_letter(change, account, &known.place)?;
    }
    let secret = SecretText::random(change.entropy());
    let now = change.now();
    let pending = Pending {
        id: PendingId::new(now, change.entropy()),
        account: account.id,
        secret_digest: secret.digest(),
        epoch: account.epoch,
        origin: change.actor().origin.clone(),
        asked_at: now,
        expires_at: now + change.settings().link.new_device(),
        let_in: None,
        device: known.device.as_ref().map(|device| device.id),
        factor_needed,
        factor_proved: None,
        unusual,
    };
    change.rows().pending_insert(&pending)?;
    Ok((secret, pending))
}

/// Counts a letter that asks the owner: what one browser of theirs causes apart from what strangers do.
pub(super) fn count_letter(change: &mut Change<'_>, account: &Account, place: &Place) -> Result<(), Stop> {
    credentials::count_mail(change, &EmailAddress::parse(&account.email)?, MailCause::NewDevice, place)
}

/// Mails the owner the link that lets a waiting sign-in in.
pub(super) fn ask_owner(change: &mut Change<'_>, pending: &Pending) -> Result<(), Stop> {
    // The link outlives the waiting: saying "that was not me" stays possible.
    let expires_at = change.now() + change.settings().link.freeze();
    let link = links::make(change, pending.account, Purpose::NewDevice { pending: pending.id }, expires_at)?;
    let event = match pending.unusual.clone() {
        Some(unusual) => Event::SignInUnusual { pending: pending.id, unusual },
        None => Event::SignInWaiting { pending: pending.id },
    };
    change.record_with_link(pending.account, &event, Some(link))?;
    Ok(())
}

/// Lets a waiting sign-in in, in the browser that asked. Of two at once, one gets the session.
pub fn confirm_device(
    change: &mut Change<'_>,
    link: &SecretText,
    browser: Option<&SecretText>,
) -> Result<NewSession, Stop> {
    let (account, pending) = open_waiting(change, link)?;
    if browser.map(SecretText::digest) != Some(pending.secret_digest) {
        return Err(Refusal::LinkForOtherBrowser.into());
    }
    let now = change.now();
    if !change.rows().pending_let_in(account.id, pending.id, account.epoch, now)? {
        return Err(Refusal::LinkSpent.into());
    }
    let proved = Proved::waited(&pending, Some(Method::Mailbox));
    let known = match pending.device {
        Some(device) => change.rows().device_by_id(account.id, device)?.filter(|device| device.known(now)),
        None => None,
    };
    if let Some(device) = known {
        return start_on(change, &account, &device, &proved);
    }
    // A browser that was forgotten meanwhile is let in like any other, and told of like any other.
    let unusual = places::judge(change, account.id, None)?;
    start_new(change, &account, &Proved { unusual, ..proved })
}

/// Makes the browser that acts known to an account, and answers what it is known by.
pub(crate) fn know_browser(change: &mut Change<'_>, account: AccountId) -> Result<(DeviceId, SecretText), Stop> {
    let secret = SecretText::random(change.entropy());
    let now = change.now();
    let device = Device {
        id: DeviceId::new(now, change.entropy()),
        account,
        secret_digest: secret.digest(),
        first_at: now,
        last_at: now,
        known_until: known_until(change),
        browser: change.actor().origin.browser.clone(),
        name: String::new(),
        last_ip: change.actor().origin.ip,
        last_place: change.actor().origin.place_text(),
    };
    change.rows().device_insert(&device)?;
    places::learn(change, account, device.id)?;
    Ok((device.id, secret))
}

/// Denies a waiting sign-in, from anywhere, also after its time is over. Denying a denied one succeeds; one that was
/// let in cannot be denied any more: freeze, or end its session.
pub fn deny_device(change: &mut Change<'_>, link: &SecretText) -> Result<AccountId, Stop> {
    let (account, pending) = open_waiting(change, link)?;
    if pending.let_in == Some(true) {
        return Err(Refusal::LinkSpent.into());
    }
    let now = change.now();
    if change.rows().pending_deny(account.id, pending.id, now)? {
        let Pending { id, origin, .. } = pending;
        let event =
            Event::SignInDenied { pending: id, ip: origin.ip, place: origin.place_text(), browser: origin.browser };
        change.record(account.id, &event)?;
        if let Some(device) = pending.device {
            // It came from a browser that is known: somebody holds a copy of what it is known by, or sits at it.
            devices::forget(change, account.id, device)?;
        }
    }
    Ok(account.id)
}

fn open_waiting(change: &mut Change<'_>, link: &SecretText) -> Result<(Account, Pending), Stop> {
    let link = links::open(change, link)?;
    let Purpose::NewDevice { pending } = link.purpose else { return Err(Refusal::LinkSpent.into()) };
    let account = accounts::lock(change, link.account)?;
    let pending = change.rows().pending_by_id(account.id, pending)?.ok_or(Refusal::LinkSpent)?;
    Ok((account, pending))
}

/// Ends the oldest sessions of an account that has as many as it may, so that one more can begin: first those that began in
/// the same browser at the same address, so that whoever copied what a browser keeps ends their own and not its owner's.
/// Told once a day. Whoever ends them all, as a freeze does, has then only so many to end while everybody else waits for the
/// writer.
fn make_room(change: &mut Change<'_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    let (most, here) = (change.settings().session.live_max, (device, change.actor().origin.ip));
    let beyond = change.rows().sessions_beyond(account, (most - 1).max(0), here)?;
    if beyond.is_empty() {
        return Ok(());
    }
    for session in &beyond {
        sessions::end_loaded(change, session, EndedBy::TooMany)?;
    }
    let bucket = change.keys().bucket("sessions, too many", account.as_bytes(), b"");
    let daily = Allowance { most: 1, window: Span::from_hours(24) };
    if credentials::count_if_within(change, bucket, daily)?.is_none() {
        change.record(account, &Event::SessionsFull { most })?;
    }
    Ok(())
}

fn known_until(change: &Change<'_>) -> crate::Time {
    change.now() + Span::from_hours(24 * change.settings().session.device_days)
}

fn start(
    change: &mut Change<'_>,
    account: &Account,
    (device, new_device): (DeviceId, bool),
    proved: &Proved,
) -> Result<NewSession, Stop> {
    let secret = SecretText::random(change.entropy());
    let now = change.now();
    let origin = change.actor().origin.clone();
    let session = Session {
        id: SessionId::new(now, change.entropy()),
        account: account.id,
        device,
        epoch: account.epoch,
        began_at: now,
        last_seen_at: now,
        last_ip: origin.ip,
        last_place: origin.place_text(),
        origin,
        ended: None,
        proved_by: proved.by.clone(),
    };
    make_room(change, account.id, device)?;
    change.rows().session_insert(&session, &secret.digest())?;
    change.record(
        account.id,
        &Event::SignedIn { session: session.id, new_device, waited: proved.waited, unusual: proved.unusual.clone() },
    )?;
    Ok(NewSession { account: account.id, session: session.id, secret, device: None })
}
