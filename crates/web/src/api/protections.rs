//! "This wasn't me": the freeze by session, by a notice's link, and by freeze words.

use axum::response::IntoResponse;
use domain::Time;
use domain::ids::TimerId;
use domain::protections::{self, FreezeCause, Frozen};
use domain::repeats::Repeatable;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sessions::LinkAlone;
use super::{Answer, Done, From, done, forgotten, with_cookie};
use crate::answers::Problem;
use crate::evenly::evenly;
use crate::forms::{Hidden, Json, PathPart, TypedEmail};
use crate::{Customer, Visitor, Web};

/// The account is frozen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NowFrozen {
    /// Always true.
    #[schema(example = true)]
    frozen: bool,
    /// How many sessions that ended; 0 if it was frozen before.
    sessions_ended: u64,
}

impl NowFrozen {
    fn of(frozen: Frozen) -> Self {
        let sessions_ended = match frozen {
            Frozen::Already => 0,
            Frozen::Now { sessions_ended } => sessions_ended,
        };
        Self { frozen: true, sessions_ended }
    }
}

impl Repeatable for NowFrozen {}

pub(crate) async fn freeze(web: Web, customer: Customer) -> Result<impl IntoResponse, Problem> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        protections::freeze(change, account, FreezeCause::Settings).map(NowFrozen::of)
    };
    let frozen = web.app().act(&customer.actor(&web), action).await?;
    // A frozen account has no sessions, this one included.
    Ok(with_cookie(forgotten(&customer), Json(frozen)))
}

pub(crate) async fn freeze_by_link(web: Web, visitor: Visitor, Json(given): Json<LinkAlone>) -> Answer<NowFrozen> {
    let action = move |change: &mut domain::Change<'_>| protections::freeze_by_link(change, &given.link_secret.0);
    Ok(Json(NowFrozen::of(web.app().change(&visitor.actor(&web), action).await?)))
}

/// What freezing by words takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByWords {
    /// The address of the account.
    email: TypedEmail,
    /// Its four freeze words.
    words: Hidden<200>,
}

pub(crate) async fn freeze_by_words(web: Web, visitor: Visitor, Json(given): Json<ByWords>) -> Answer<NowFrozen> {
    let actor = visitor.actor(&web);
    // A known address would answer later than an unknown one.
    let frozen = protections::freeze_by_words(web.app(), &actor, given.email.as_str(), given.words.reveal());
    Ok(Json(NowFrozen::of(evenly(frozen).await?)))
}

/// The freeze words of the account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FreezeWords {
    /// Four words: with the address they freeze the account from any computer.
    words: String,
}

pub(crate) async fn words(web: Web, customer: Customer) -> Answer<FreezeWords> {
    let account = customer.account();
    let words = web.app().view(move |view| protections::freeze_words(view, account)).await?;
    Ok(Json(FreezeWords { words }))
}

/// The freeze words are replaced.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replaced {
    /// Always true.
    #[schema(example = true)]
    replaced: bool,
    /// The new words. The answer to a request that is sent again leaves them out: read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

impl Repeatable for Replaced {}

pub(crate) async fn replace_words(web: Web, customer: Customer) -> Answer<Replaced> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        protections::replace_freeze_words(change, account).map(|_| Replaced { replaced: true, words: None })
    };
    let replaced = web.app().act(&customer.actor(&web), action).await?;
    let words = web.app().view(move |view| protections::freeze_words(view, account)).await?;
    Ok(Json(Replaced { words: Some(words), ..replaced }))
}

/// Everything that waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Timers {
    /// The oldest first.
    timers: Vec<Waiting>,
    /// Until when money leaves only to addresses used before, if it does.
    #[schema(value_type = Option<String>, format = DateTime)]
    held_until: Option<Time>,
}

/// A change that waits.
#[derive(Debug, Serialize, ToSchema)]
struct Waiting {
    /// Its id.
    #[schema(value_type = String)]
    timer: TimerId,
    /// Which change: the codes of docs/protections.md.
    change: &'static str,
    /// What happens when it is due.
    effect: &'static str,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    asked_at: Time,
    /// From where.
    from: From,
    /// When it takes effect; none while the customer may not have been told of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Time>,
    /// The soonest it can take effect.
    #[schema(value_type = String, format = DateTime)]
    not_before: Time,
}

pub(crate) async fn timers(web: Web, customer: Customer) -> Answer<Timers> {
    let account = customer.account();
    let reading = move |view: &mut domain::View<'_>| {
        let account = view.rows().account_by_id(account)?.ok_or(domain::Refusal::NotSignedIn)?;
        let standing = protections::standing(view, &account)?;
        Ok((protections::timers(view, account.id)?, standing.held_until(), view.now()))
    };
    let (timers, held_until, now) = web.app().view(reading).await?;
    let waiting = |timer: protections::Timer| Waiting {
        timer: timer.id,
        change: timer.what.rule().code,
        effect: timer.what.rule().effect,
        asked_at: timer.asked_at,
        from: From::origin(&timer.origin),
        due_at: timer.due_at,
        not_before: timer.soonest(now),
    };
    Ok(Json(Timers { timers: timers.into_iter().map(waiting).collect(), held_until }))
}

pub(crate) async fn stop_timer(web: Web, customer: Customer, PathPart(timer): PathPart<TimerId>) -> Answer<Done> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        protections::cancel(change, account, timer)?;
        Ok(Done::it_is())
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

pub(crate) async fn stop_timer_by_link(web: Web, visitor: Visitor, Json(given): Json<LinkAlone>) -> Answer<Done> {
    let action = move |change: &mut domain::Change<'_>| protections::cancel_by_link(change, &given.link_secret.0);
    web.app().change(&visitor.actor(&web), action).await?;
    Ok(done())
}
