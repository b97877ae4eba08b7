//! What each sensitive change does when it takes effect.

use crate::accounts::{self, Account};
use crate::activity::{EndedBy, Event};
use crate::change::Change;
use crate::clock::{Span, Time};
use crate::ids::{AccountId, FactorId};
use crate::phones::{self, PhoneNumber};
use crate::protections::{Hold, Lock, Sensitive, doubtful, raise_epoch, timers};
use crate::refusal::{Refusal, Stop};
use crate::second_factors::{self, FactorKind};
use crate::sessions;

/// What a change that took effect leaves to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it is done.
    Done,
    /// Setting up this authenticator app, and confirming it by a code.
    SetUpApp(FactorId),
    /// Registering a passkey in this browser.
    RegisterPasskey,
    /// Writing these recovery codes down: they are shown once.
    Codes(Vec<String>),
    /// Opening the letter in the new mailbox.
    ConfirmEmail,
}

/// Does it. Whoever calls has decided that it may happen, and says from when what proved it counts for loosening.
pub(crate) fn perform(
    change: &mut Change<'_>,
    account: &Account,
    what: &Sensitive,
    counts_from: Time,
) -> Result<Effect, Stop> {
    match what {
        Sensitive::AddApp => return second_factors::offer_app(change, account.id).map(Effect::SetUpApp),
        Sensitive::RenewRecoveryCodes => {
            return second_factors::renew_codes(change, account.id, counts_from).map(Effect::Codes);
        }
        Sensitive::AddPasskey => {
            second_factors::passkeys::allow_registering(change, account.id)?;
            return Ok(Effect::RegisterPasskey);
        }
        Sensitive::ChangeEmail { new } => {
            // The hold begins when the new mailbox confirms it.
            accounts::ask_change(change, account, new)?;
            return Ok(Effect::ConfirmEmail);
        }
        Sensitive::ChangePhone { new } => {
            phones::take_effect(change, account, new.clone().map(PhoneNumber::stored).as_ref())?;
        }
        Sensitive::RemoveFactor { factor } => remove_factor(change, account.id, *factor)?,
        Sensitive::PasskeyOnly => passkey_only(change, account.id, true)?,
        Sensitive::PasskeyOnlyOff => passkey_only(change, account.id, false)?,
        Sensitive::SmsCodes => sms_codes(change, account.id, true)?,
        Sensitive::SmsCodesOff => sms_codes(change, account.id, false)?,
        Sensitive::ArmLock { days } => {
            let lock = Lock { armed_at: change.now(), days: *days };
            change.rows().account_set_lock(account.id, Some(lock))?;
            // Whoever locks again wants it locked: what would unlock it by an earlier, shorter wait ends.
            timers::stop(change, account.id, &Sensitive::Unlock)?;
            change.record(account.id, &Event::LockArmed { days: *days })?;
        }
        Sensitive::Unlock => {
            change.rows().account_set_lock(account.id, None)?;
            change.record(account.id, &Event::LockOpened)?;
        }
        Sensitive::Thaw | Sensitive::ThawSlowly => thaw(change, account)?,
        Sensitive::LoseFactors => lose_factors(change, account.id)?,
        Sensitive::StopWait { timer } => timers::cancel_proved(change, account.id, *timer)?,
    }
    if what.rule().holds {
        timers::hold(change, account.id, what.rule().code)?;
    }
    Ok(Effect::Done)
}

fn remove_factor(change: &mut Change<'_>, account: AccountId, factor: FactorId) -> Result<(), Stop> {
    let now = change.now();
    let factors = second_factors::list(&mut change.view(), account)?;
    let gone = factors.into_iter().find(|held| held.id == factor).ok_or(Refusal::NoSuchThing)?;
    if change.rows().factor_end(account, factor, now)? {
        credentials_changed(change, account)?;
        change.record(account, &Event::FactorRemoved { kind: gone.kind.code().to_owned(), name: gone.name })?;
    }
    Ok(())
}

fn passkey_only(change: &mut Change<'_>, account: AccountId, only: bool) -> Result<(), Stop> {
    if change.rows().account_set_passkey_only(account, only)? {
        credentials_changed(change, account)?;
        change.record(account, &Event::PasskeyOnlySwitched { on: only })?;
    }
    Ok(())
}

fn sms_codes(change: &mut Change<'_>, account: AccountId, on: bool) -> Result<(), Stop> {
    if change.rows().sms_codes_choose(account, on)? {
        credentials_changed(change, account)?;
        change.record(account, &Event::SmsCodesSwitched { on })?;
    }
    Ok(())
}

fn thaw(change: &mut Change<'_>, account: &Account) -> Result<(), Stop> {
    let now = change.now();
    if let Some(frozen_at) = account.frozen_at {
        take_off_doubtful(change, account, frozen_at)?;
        // What slept is awake now, and must be as old as after any other suspicious event before it loosens anything.
        let began_at = now - Span::from_hours(change.settings().protection.hold_hours);
        change.rows().hold_insert(account.id, &Hold { cause: "thaw".to_owned(), began_at, until: now }, None)?;
        // Recorded while it is frozen, so that whoever an undo removed hears of it too.
        change.record(account.id, &Event::AccountThawed)?;
        change.rows().account_thaw(account.id)?;
    }
    Ok(())
}

/// Takes off what came shortly before the freeze: a thief may have put it there, and by the next freeze it would be old
/// enough to keep the owner out. Passkeys alone end where none of them is left.
fn take_off_doubtful(change: &mut Change<'_>, account: &Account, frozen_at: Time) -> Result<(), Stop> {
    let (now, hold) = (change.now(), Span::from_hours(change.settings().protection.hold_hours));
    let factors = second_factors::list(&mut change.view(), account.id)?;
    let (doubtful, kept): (Vec<_>, Vec<_>) =
        factors.into_iter().partition(|factor| doubtful(frozen_at, factor.added_at, hold));
    if doubtful.is_empty() {
        return Ok(());
    }
    for factor in doubtful {
        if change.rows().factor_end(account.id, factor.id, now)? {
            change
                .record(account.id, &Event::FactorRemoved { kind: factor.kind.code().to_owned(), name: factor.name })?;
        }
    }
    if kept.iter().all(|factor| factor.kind != FactorKind::Passkey) {
        passkey_only(change, account.id, false)?;
    }
    credentials_changed(change, account.id)
}

fn lose_factors(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    let now = change.now();
    let mut factors = 0_u64;
    for factor in change.rows().factors(account, now)? {
        factors += u64::from(change.rows().factor_end(account, factor.id, now)?);
    }
    change.rows().account_set_passkey_only(account, false)?;
    change.rows().sms_codes_choose(account, false)?;
    credentials_changed(change, account)?;
    change.record(account, &Event::FactorsLost { factors })
}

/// What every change of credentials does: it voids what was granted, and every session ends but the one it is made in,
/// whose secret whoever made it renews.
pub(crate) fn credentials_changed(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    let kept = change.actor().who.session();
    sessions::end_granted(change, account, kept, EndedBy::CredentialChange)?;
    raise_epoch(change, account)
}
