//! The page of everything that waits, and what the letter about a wait opens.

use askama::Template;
use domain::ids::{AccountId, TimerId};
use domain::protections::{self, Sensitive, Timer, TimerEnd};
use domain::refusal::Refusal;
use domain::{Stop, Time, View};
use serde::Deserialize;

use crate::answers::Problem;
use crate::forms::{Form, Query};
use crate::pages::answer::{Answer, on_to, show};
use crate::pages::approvals;
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::{Frame, Sighting, When};
use crate::{Customer, Web};

/// A change that waits, or waited.
#[derive(Debug, Clone)]
pub struct TimerRow {
    /// Its id, for the form that stops it.
    pub id: String,
    /// What was asked for, with its object: completes "What was asked for: …".
    pub title: String,
    /// The same as a heading.
    pub heading: String,
    /// What happens when it is due.
    pub effect: &'static str,
    /// From where it was asked for.
    pub asked: Sighting,
    /// When it takes effect; none while the customer cannot know of it yet.
    pub due: Option<When>,
    /// The soonest it can take effect.
    pub soonest: When,
    /// How far it is, from 0 to 100.
    pub percent: i64,
    /// How it ended, in a sentence, if it did.
    pub ended: Option<&'static str>,
}

impl TimerRow {
    /// What a page shows of a timer, and of what it is about.
    pub(crate) fn new(timer: &Timer, about: Option<&str>, end: Option<TimerEnd>, now: Time) -> Self {
        let rule = timer.what.rule();
        let title = protections::asked_for(&timer.what, about);
        let mut letters = title.chars();
        let heading = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
        let percent = timer.told_at.zip(timer.due_at).map_or(0, |(told, due)| {
            let (gone, whole) = (now.duration_since(told).as_secs(), due.duration_since(told).as_secs().max(1));
            (100 * gone / whole).clamp(0, 100)
        });
        Self {
            id: timer.id.to_string(),
            title,
            heading,
            effect: rule.effect,
            asked: Sighting::new(timer.asked_at, &timer.origin),
            due: timer.due_at.map(When::at),
            soonest: When::at(timer.soonest(now)),
            percent,
            ended: end.map(|end| match end {
                TimerEnd::Effective => "It has taken effect.",
                TimerEnd::Cancelled => "It was stopped. Nothing was changed.",
                TimerEnd::Frozen => "Freezing the account stopped it. Nothing was changed.",
                TimerEnd::Void => "A change of how you sign in stopped it. Nothing was changed.",
                TimerEnd::Replaced => "A shorter wait took its place, and is over too.",
                TimerEnd::Restored => "It ended because our records were restored from a copy. Nothing was changed.",
            }),
        }
    }
}

/// `/settings/timers`.
#[derive(Template)]
#[template(path = "protections/timers.html")]
pub struct TimersPage {
    /// The page around the page.
    pub frame: Frame,
    /// What waits, the oldest first.
    pub timers: Vec<TimerRow>,
    /// Until when money for young addresses waits, and why.
    pub holds: Vec<HoldRow>,
    /// Since when the settings are locked, and the days an unlock takes.
    pub lock: Option<(When, i64)>,
    /// Whether unlocking them waits already.
    pub unlocking: bool,
}

/// A hold that runs.
#[derive(Debug, Clone)]
pub struct HoldRow {
    /// Why.
    pub why: &'static str,
    /// When it began.
    pub since: When,
    /// When it ends.
    pub until: When,
}

/// What the letter about a wait opens.
#[derive(Template)]
#[template(path = "protections/stop_timer.html")]
pub struct StopTimerPage {
    /// The page around the page.
    pub frame: Frame,
    /// What waits.
    pub timer: Option<TimerRow>,
    /// Whether the account is frozen.
    pub frozen: bool,
    /// Where the answer goes.
    pub action: String,
    /// What is wrong with the answer.
    pub problem: Option<String>,
}

/// `GET /settings/timers`
pub(crate) async fn list(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let (frame, (timers, standing, now)) = read(&web, &customer, "timers", |view, account| {
        let account = view.rows().account_by_id(account)?.ok_or(domain::Refusal::NotSignedIn)?;
        Ok((with_names(view, account.id)?, protections::standing(view, &account)?, view.now()))
    })
    .await?;
    let holds = standing.holds.iter().filter(|hold| hold.until > now);
    show(&TimersPage {
        frame: frame.after(done),
        unlocking: timers.iter().any(|(timer, _)| timer.what == Sensitive::Unlock),
        timers: timers.iter().map(|(timer, about)| TimerRow::new(timer, about.as_deref(), None, now)).collect(),
        holds: holds
            .map(|hold| HoldRow {
                why: why_held(&hold.cause),
                since: When::at(hold.began_at),
                until: When::at(hold.until),
            })
            .collect(),
        lock: standing.lock.map(|lock| (When::at(lock.armed_at), lock.days)),
    })
}

/// What waits, each with what it is about.
pub(crate) fn with_names(view: &mut View<'_>, account: AccountId) -> Result<Vec<(Timer, Option<String>)>, Stop> {
    let mut named = Vec::new();
    for timer in protections::timers(view, account)? {
        let about = protections::named(view, account, &timer.what)?;
        named.push((timer, about));
    }
    Ok(named)
}

/// Why money waits, for a cause that is stored.
fn why_held(cause: &str) -> &'static str {
    match cause {
        "reset" => "The password was reset.",
        "remove_factor" => "A way to prove that it is you was removed.",
        "lose_factors" => "Your second proofs were taken off.",
        "change_email" => "The e-mail address was changed.",
        "change_phone" => "The phone was changed or removed.",
        "restored" => "Our records were restored from a copy.",
        _ => "Something unusual happened.",
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stopping {
    timer: TimerId,
}

/// `POST /settings/timers/stop`
pub(crate) async fn stop(web: Web, customer: Customer, form: Form<Stopping>) -> Answer {
    let Stopping { timer } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let account = customer.account();
    let change = move |change: &mut domain::Change<'_>| protections::cancel(change, account, timer);
    match web.app().change(&customer.actor(&web), change).await {
        Ok(()) => {}
        // What gets somebody back in is stopped with a proof.
        Err(Stop::Refused(Refusal::ProofMissing)) => {
            return approvals::begin(&web, &customer, Sensitive::StopWait { timer }).await;
        }
        Err(stop) => return Err(stop.into()),
    }
    Ok(on_to("/settings/timers", Done::TimerStopped))
}

/// What the forms about the settings lock send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockForm {
    /// Days between asking to unlock and unlocking; none asks to unlock.
    days: Option<i64>,
}

/// `POST /settings/lock`
pub(crate) async fn lock(web: Web, customer: Customer, form: Form<LockForm>) -> Answer {
    let LockForm { days } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let what = days.map_or(Sensitive::Unlock, |days| Sensitive::ArmLock { days });
    approvals::begin(&web, &customer, what).await
}
