//! What waits: a change starts its timer, the timer starts when the customer can know, and takes effect when it is due.

use crate::accounts::{self, Account};
use crate::activity::{Actor, Event};
use crate::app::App;
use crate::change::{Change, View};
use crate::chore::Tally;
use crate::clock::{Span, Time};
use crate::ids::{AccountId, TimerId};
use crate::links::{self, Purpose};
use crate::phones;
use crate::protections::{Decision, Held, Hold, Proof, Sensitive, SmsCodes, Standing, TimerEnd, effects, named};
use crate::refusal::{Refusal, Stop};
use crate::second_factors;
use crate::secrets::SecretText;

use super::model::Timer;

/// What became of a change that was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// It took effect; there may be something to do next.
    Out(effects::Effect),
    /// It waits.
    Waits(Waiting),
}

/// What waits after something was asked for: that, or the same in a way that is over sooner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its timer.
    pub timer: TimerId,
    /// What takes effect then.
    pub what: Sensitive,
    /// The soonest that can be.
    pub soonest: Time,
}

impl Waiting {
    fn on(timer: &Timer, now: Time) -> Self {
        Self { timer: timer.id, what: timer.what.clone(), soonest: timer.soonest(now) }
    }
}

/// Everything of an account that decides what may be tightened and loosened.
pub fn standing(view: &mut View<'_>, account: &Account) -> Result<Standing, Stop> {
    let now = view.now();
    let factors = second_factors::list(view, account.id)?;
    // Codes that are used up prove nothing.
    let mut held = Vec::new();
    for factor in factors {
        let used_up = factor.kind == second_factors::FactorKind::RecoveryCodes
            && view.rows().recovery_codes_left(account.id, factor.id)? == 0;
        if !used_up {
            held.push(Held { factor: factor.id, method: factor.kind.method(), since: factor.added_at });
        }
    }
    // Twice the longest hold: what came during one that ended may still be too young.
    let since = now - Span::from_hours(2 * view.settings().protection.hold_hours);
    Ok(Standing {
        now,
        frozen_at: account.frozen_at,
        factors: held,
        lock: account.lock,
        passkey_only: account.passkey_only,
        sms: sms_codes(view, account.id)?,
        holds: view.rows().holds_since(account.id, since)?,
        hold: Span::from_hours(view.settings().protection.hold_hours),
    })
}

fn sms_codes(view: &mut View<'_>, account: AccountId) -> Result<SmsCodes, Stop> {
    let phone = view.rows().phone(account)?;
    let rules = &view.settings().phone;
    Ok(SmsCodes {
        allowed: rules.sign_in_codes
            && phone.as_ref().is_none_or(|phone| phones::served(rules, &phone.number).is_some()),
        chosen: view.rows().sms_codes_chosen(account)?,
        phone_since: phone.map(|phone| phone.confirmed_at),
    })
}

/// Does what was proved, or starts its wait: what the table says. Asking for what waits already answers with that, unless it
/// would be over sooner now; then that wait ends and the shorter one runs in its place.
pub(crate) fn carry_out(
    change: &mut Change<'_>,
    account: &Account,
    what: &Sensitive,
    proofs: &[Proof],
) -> Result<Carried, Stop> {
    let standing = standing(&mut change.view(), account)?;
    match standing.decide(what, proofs, &change.settings().protection)? {
        Decision::Now => {
            let counts_from = standing.proofs_count_from(proofs);
            effects::perform(change, account, what, counts_from).map(Carried::Out)
        }
        Decision::Wait { wait, not_before } => start(change, account.id, what, wait, not_before).map(Carried::Waits),
    }
}

fn start(
    change: &mut Change<'_>,
    account: AccountId,
    what: &Sensitive,
    wait: Span,
    not_before: Option<Time>,
) -> Result<Waiting, Stop> {
    let now = change.now();
    let soonest = (now + wait).max(not_before.unwrap_or(now));
    let running = timers(&mut change.view(), account)?;
    if let Some(timer) = running.iter().find(|timer| timer.what.key() == what.key()) {
        // A slow thaw that a thief asked for does not hold up the owner's quick one.
        if timer.soonest(now) <= soonest {
            return Ok(Waiting::on(timer, now));
        }
        end(change, timer, TimerEnd::Replaced)?;
    }
    let id = TimerId::new(now, change.entropy());
    // The link that stops it lives longer than the wait can last.
    let rules = &change.settings().protection;
    let longest = wait.max(Span::from_hours(24 * rules.untold_days)) + Span::from_hours(24 * 14);
    let link = links::make(change, account, Purpose::Cancel { timer: id }, now + longest)?;
    let about = named(&mut change.view(), account, what)?;
    let event = Event::TimerStarted { timer: id, what: what.clone(), wait_hours: wait.as_hours(), about };
    let sequence = change.record_with_link(account, &event, Some(link))?;
    let origin = change.actor().origin.clone();
    let timer = Timer {
        id,
        account,
        what: what.clone(),
        asked_at: now,
        origin,
        sequence,
        wait,
        not_before,
        told_at: None,
        due_at: None,
        half_told_at: None,
    };
    change.rows().timer_insert(&timer)?;
    Ok(Waiting::on(&timer, now))
}

/// The timers of an account that run, the oldest first.
pub fn timers(view: &mut View<'_>, account: AccountId) -> Result<Vec<Timer>, Stop> {
    Ok(view.rows().timers_running(account)?)
}

/// What a letter about a wait is about now: that wait and how it ended, or the one that took its place.
pub(crate) fn present(
    view: &mut View<'_>,
    account: AccountId,
    timer: TimerId,
) -> Result<Option<(Timer, Option<TimerEnd>)>, Stop> {
    let found = view.rows().timer_by_id(account, timer)?;
    let Some((replaced, Some(TimerEnd::Replaced))) = &found else { return Ok(found) };
    let instead = timers(view, account)?.into_iter().find(|timer| timer.what.key() == replaced.what.key());
    Ok(instead.map(|timer| (timer, None)).or(found))
}

/// Stops a timer of an account, from a session. Stopping a stopped one succeeds; what took effect cannot be stopped. What
/// gets somebody back in, and while the account is frozen everything, is stopped by [`Sensitive::StopWait`], which takes a
/// proof.
pub fn cancel(change: &mut Change<'_>, account: AccountId, timer: TimerId) -> Result<(), Stop> {
    let frozen = accounts::lock(change, account)?.frozen();
    let found = present(&mut change.view(), account, timer)?;
    if found.is_some_and(|(timer, ended)| ended.is_none() && (frozen || timer.what.gets_back_in())) {
        return Err(Refusal::ProofMissing.into());
    }
    cancel_proved(change, account, timer)
}

/// The same for whoever proved that they may: by something awake, or by the letter about it.
pub(crate) fn cancel_proved(change: &mut Change<'_>, account: AccountId, timer: TimerId) -> Result<(), Stop> {
    accounts::lock(change, account)?;
    let timer = present(&mut change.view(), account, timer)?.ok_or(Refusal::NoSuchThing)?;
    match timer.1 {
        None => end(change, &timer.0, TimerEnd::Cancelled),
        Some(TimerEnd::Effective) => Err(Refusal::NoSuchThing.into()),
        Some(_) => Ok(()),
    }
}

/// Stops a timer that runs; one that is over is left as it is.
pub(crate) fn cancel_if_running(change: &mut Change<'_>, account: AccountId, timer: TimerId) -> Result<(), Stop> {
    match present(&mut change.view(), account, timer)? {
        Some((running, None)) => end(change, &running, TimerEnd::Cancelled),
        _ => Ok(()),
    }
}

/// Stops a timer by the link in a notice, from anywhere.
pub fn cancel_by_link(change: &mut Change<'_>, secret: &SecretText) -> Result<AccountId, Stop> {
    let link = links::open(change, secret)?;
    let Purpose::Cancel { timer } = link.purpose else { return Err(Refusal::LinkSpent.into()) };
    cancel_proved(change, link.account, timer)?;
    Ok(link.account)
}

/// Ends a timer that runs, and tells of it.
pub(crate) fn end(change: &mut Change<'_>, timer: &Timer, by: TimerEnd) -> Result<(), Stop> {
    let now = change.now();
    if !change.rows().timer_end(timer.account, timer.id, by, now)? {
        return Ok(());
    }
    let about = named(&mut change.view(), timer.account, &timer.what)?;
    change.record(timer.account, &Event::TimerEnded { timer: timer.id, what: timer.what.clone(), by, about })
}

/// Stops what waits of a change, if it does.
pub(crate) fn stop(change: &mut Change<'_>, account: AccountId, what: &Sensitive) -> Result<(), Stop> {
    let running = timers(&mut change.view(), account)?;
    let found = running.iter().find(|timer| timer.what.key() == what.key());
    found.map_or(Ok(()), |timer| end(change, timer, TimerEnd::Cancelled))
}

/// Ends what a change of credentials voids: every wait but those that get the owner back in.
pub(crate) fn void_timers(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    for timer in timers(&mut change.view(), account)? {
        if timer.what.rule().voidable {
            end(change, &timer, TimerEnd::Void)?;
        }
    }
    Ok(())
}

/// Ends what a freeze ends: of an account that was frozen before, the thaw.
pub(crate) fn stop_for_freeze(change: &mut Change<'_>, account: AccountId, frozen_before: bool) -> Result<(), Stop> {
    for timer in timers(&mut change.view(), account)? {
        if timer.what.ends_by_freeze(frozen_before) {
            end(change, &timer, TimerEnd::Frozen)?;
        }
    }
    Ok(())
}

/// Waits of each kind that one run looks at.
const BATCH: i64 = 50;

/// Does what is due, and tells of what is half-way there.
pub fn timers_due(app: &App) -> Result<Tally, Stop> {
    let (due, half) = app
        .view(|view| {
            let now = view.now();
            Ok((view.rows().timers_due(now, BATCH)?, view.rows().timers_half_way(now, BATCH)?))
        })
        .wait()?;
    let mut done = 0;
    for timer in due {
        let took = app.change(&Actor::chore(), move |change| take_effect(change, &timer)).wait()?;
        done += u64::from(took);
    }
    for timer in half {
        let told = app.change(&Actor::chore(), move |change| tell_half_way(change, &timer)).wait()?;
        done += u64::from(told);
    }
    Ok(Tally::of(done, BATCH))
}

fn take_effect(change: &mut Change<'_>, timer: &Timer) -> Result<bool, Stop> {
    let account = accounts::lock(change, timer.account)?;
    let now = change.now();
    if !change.rows().timer_end(timer.account, timer.id, TimerEnd::Effective, now)? {
        return Ok(false);
    }
    let (what, by) = (timer.what.clone(), TimerEnd::Effective);
    let about = named(&mut change.view(), timer.account, &what)?;
    change.record(timer.account, &Event::TimerEnded { timer: timer.id, what, by, about })?;
    let standing = standing(&mut change.view(), &account)?;
    // What the account has become since may not admit it any more; then it ends without an effect.
    if standing.admits(&timer.what, &change.settings().protection).is_ok() {
        effects::perform(change, &account, &timer.what, now)?;
    }
    Ok(true)
}

fn tell_half_way(change: &mut Change<'_>, timer: &Timer) -> Result<bool, Stop> {
    accounts::lock(change, timer.account)?;
    let (now, Some(due_at)) = (change.now(), timer.due_at) else { return Ok(false) };
    if !change.rows().timer_half_told(timer.account, timer.id, now)? {
        return Ok(false);
    }
    let link = links::make(change, timer.account, Purpose::Cancel { timer: timer.id }, due_at)?;
    let about = named(&mut change.view(), timer.account, &timer.what)?;
    let event = Event::TimerHalfWay { timer: timer.id, what: timer.what.clone(), due_at, about };
    change.record_with_link(timer.account, &event, Some(link))?;
    Ok(true)
}

/// Money for young addresses waits from now on. The entry that was recorded last tells of it: once its owner knows, the
/// hold runs for as long as is stated; until then its end is that of one which nobody can be told of.
pub(crate) fn hold(change: &mut Change<'_>, account: AccountId, cause: &str) -> Result<(), Stop> {
    let (now, rules) = (change.now(), &change.settings().protection);
    let until = now + Span::from_hours(rules.hold_hours.max(24 * rules.untold_days));
    let told_by = change.rows().events_before(account, i64::MAX, 1)?.first().map(|entry| entry.sequence);
    Ok(change.rows().hold_insert(account, &Hold { cause: cause.to_owned(), began_at: now, until }, told_by)?)
}
