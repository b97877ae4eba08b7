//! Delivering: take one item on, sign it, call outside any transaction, write down what was said.
//!
//! Each target is delivered to by hands of its own, so one that is slow delays nobody but itself. A freeze goes first, with a hand
//! that takes nothing else; then what was never tried, before what is tried again, so a backlog delays no news.

use crate::activity::Actor;
use crate::app::App;
use crate::clock::{Span, Time};
use crate::entropy::{self, Entropy};
use crate::ids::WebhookId;
use crate::meters::Stopwatch;
use crate::refusal::{Fault, Stop};
use crate::secrets::Keys;
use crate::webhooks::signature::sign;
use crate::webhooks::{Again, Answer, Call, Courier, Hand, Leased, Outcome, Webhook};

/// A lease outlives every call. If the process dies between a target's yes and its record, the item goes out again then, with
/// the same id.
const LEASE: Span = Span::from_secs(30);

/// How long to wait after each try that failed, as Standard Webhooks advises; after the last one nobody tries any more.
const WAITS: [Span; 9] = [
    Span::from_secs(5),
    Span::from_mins(5),
    Span::from_mins(30),
    Span::from_hours(2),
    Span::from_hours(5),
    Span::from_hours(10),
    Span::from_hours(14),
    Span::from_hours(20),
    Span::from_hours(24),
];

/// The longest that a target may ask us to wait: one that says a year by mistake is told tomorrow.
const ASKED_MOST: Span = Span::from_hours(24);

/// By how much of a wait it may grow longer by chance.
const SPREAD: i32 = 5;

/// The targets with something to deliver.
pub fn due(app: &App) -> Result<Vec<WebhookId>, Stop> {
    let due = |view: &mut crate::View<'_>| {
        let now = view.now();
        Ok(view.rows().webhooks_due(now)?)
    };
    app.glance(due).wait()
}

/// Delivers the next item that is due to a target and for this hand. Answers whether there was one. Safe on many threads and
/// nodes at once.
pub fn deliver_next(app: &App, courier: &dyn Courier, webhook: WebhookId, hand: Hand) -> Result<bool, Stop> {
    let taking = move |change: &mut crate::Change<'_>| {
        let now = change.now();
        let Some(leased) = change.rows().webhook_lease(webhook, hand, now, now + LEASE)? else { return Ok(None) };
        let target = change.rows().webhooks()?.into_iter().find(|target| target.id == webhook);
        Ok(target.map(|target| (target, leased)))
    };
    let Some((target, leased)) = app.change(&Actor::chore(), taking).wait()? else { return Ok(false) };
    let call = signed(app.keys(), &target, &leased, app.clock().now())?;
    let took = Stopwatch::start();
    let answer = courier.call(&call);
    app.meters().called(&answer, &took);
    if let Answer::Failed(why) | Answer::Busy(why, _) | Answer::Gone(why) = &answer {
        // Never the address: whoever made it may have put a secret into it.
        tracing::warn!(webhook = %target.id, name = target.name, item = %leased.item.id, tries = leased.tries, why, "a webhook was not taken");
    }
    settle(app, webhook, leased, answer)?;
    Ok(true)
}

/// The request, signed with each secret that is good now.
fn signed(keys: &Keys, target: &Webhook, leased: &Leased, now: Time) -> Result<Call, Stop> {
    let item = &leased.item;
    let body = serde_json::json!({ "type": item.code, "timestamp": item.at, "data": item.as_json() }).to_string();
    let (id, timestamp) = (item.id.to_string(), now.as_second());
    let before = target.before.iter().filter(|(_, until)| *until > now).map(|(secret, _)| secret);
    let signatures: Option<Vec<String>> = std::iter::once(&target.secret)
        .chain(before)
        .map(|sealed| Some(sign(&keys.open_webhook(target.id, sealed)?, &id, timestamp, &body)))
        .collect();
    let lost = || Fault::broken("the secret of a webhook does not open with any of these keys");
    let signatures = signatures.ok_or_else(lost)?.join(" ");
    Ok(Call { url: target.url.clone(), id: item.id, timestamp, signatures, body })
}

fn settle(app: &App, webhook: WebhookId, leased: Leased, answer: Answer) -> Result<(), Stop> {
    let settling = move |change: &mut crate::Change<'_>| {
        let now = change.now();
        let entropy = change.entropy();
        let put_off = |said: &str, asked| match again_at(leased.tries, asked, now, entropy) {
            Some(due_at) => Outcome::Later(said.to_owned(), due_at),
            None => Outcome::Dead(said.to_owned()),
        };
        let outcome = match &answer {
            Answer::Taken(said) => Outcome::Sent(said.clone()),
            // Whoever says that they are gone is not asked again; this one can be replayed if that was a mistake.
            Answer::Gone(said) => {
                change.rows().webhook_switch(webhook, Some(now))?;
                Outcome::Dead(said.clone())
            }
            Answer::Busy(said, again) => put_off(said, Some(*again)),
            Answer::Failed(said) => put_off(said, None),
        };
        Ok(change.rows().webhook_settle(webhook, &leased, &outcome, now)?)
    };
    app.change(&Actor::chore(), settling).wait()
}

/// How long to wait after that many tries; `None` after the last one.
fn wait(tries: i64) -> Option<Span> {
    WAITS.get(usize::try_from(tries - 1).unwrap_or(0)).copied()
}

/// When an item is tried again after that many tries; `None` after the last one. Not before the schedule says, nor before the
/// target asked for; and up to a fifth later by chance, so that what failed together does not come back together.
fn again_at(tries: i64, asked: Option<Again>, now: Time, entropy: &dyn Entropy) -> Option<Time> {
    let asked = match asked {
        None => Span::ZERO,
        Some(Again::In(span)) => span,
        Some(Again::At(at)) => at.duration_since(now),
    };
    let wait = wait(tries)?.max(asked.min(ASKED_MOST));
    let thousandths = entropy::below(entropy, 1001).cast_signed();
    Some(now + wait + wait / (1000 * SPREAD) * thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn an_item_is_tried_ten_times_in_three_days() {
        let waits: Vec<Span> = (1..).map_while(wait).collect();
        assert_eq!((waits.len(), waits[0]), (9, Span::from_secs(5)));
        let hours: i64 = waits.iter().map(Span::as_secs).sum::<i64>() / 3600;
        assert!((72..80).contains(&hours), "{hours} hours");
    }

    #[test]
    fn nobody_is_called_sooner_than_the_schedule_says_or_later_than_a_fifth_after_what_they_asked_for_up_to_a_day() {
        let now: Time = "2026-11-22T12:00:00Z".parse().unwrap();
        let entropy = SeededEntropy::new(7);
        let day = 86_400;
        for (tries, asked, expected) in [
            (1, None, 5),
            (2, None, 300),
            (1, Some(Again::In(Span::from_secs(120))), 120),
            (2, Some(Again::In(Span::from_secs(120))), 300),
            (1, Some(Again::In(Span::from_secs(0))), 5),
            (1, Some(Again::In(Span::from_secs(i64::MAX))), day),
            (9, Some(Again::In(Span::from_secs(10 * day))), day),
            (1, Some(Again::At(now + Span::from_secs(7200))), 7200),
            (1, Some(Again::At(now - Span::from_secs(7200))), 5),
            (1, Some(Again::At(Time::MAX)), day),
            (1, Some(Again::At(Time::MIN)), 5),
        ] {
            let due = now + Span::from_secs(expected);
            let drawn: Vec<Time> = (0..200).map(|_| again_at(tries, asked, now, &entropy).unwrap()).collect();
            let (earliest, latest) = (drawn.iter().min().unwrap(), drawn.iter().max().unwrap());
            let fifth = Span::from_secs(expected) / 5;
            assert!(*earliest >= due && *latest <= due + fifth, "{asked:?}: {earliest} to {latest}");
            assert!(
                latest.duration_since(*earliest) > fifth / 2,
                "{asked:?}: all of them between {earliest} and {latest}"
            );
        }
        assert_eq!(again_at(10, Some(Again::In(Span::from_secs(1))), now, &entropy), None);
    }
}
