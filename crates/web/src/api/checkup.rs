//! The security check-up, and the dry run: would you get back in?

use domain::checkup::{self as rules, DryRun, Improve, State, Thing};
use domain::ids::AccountId;
use domain::protections::{self, Method};
use domain::{Refusal, Stop, Time, View};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Done};
use crate::forms::{Json, Query, Text};
use crate::{Customer, Web};

/// The security check-up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checkup {
    /// One line for each piece of advice, in its order.
    lines: Vec<Line>,
}

/// One piece of advice with its live state.
#[derive(Debug, Serialize, ToSchema)]
struct Line {
    /// Stable name.
    code: &'static str,
    /// The advice in a few words.
    title: &'static str,
    /// good, unsaid (only the customer can tell), better (could be better) or weak.
    state: &'static str,
    /// How it stands, in a sentence.
    says: String,
    /// The page that improves it.
    page: Option<&'static str>,
    /// Whether the customer's own word improves it: `POST /api/v1/checkup/say`.
    can_say: bool,
    /// Whether that word can be taken back: `POST /api/v1/checkup/unsay`.
    can_unsay: bool,
}

pub(crate) async fn list(web: Web, customer: Customer) -> Answer<Checkup> {
    let account = customer.account();
    let lines = web.app().view(move |view| rules::lines(view, account)).await?;
    let line = |line: rules::Line| Line {
        code: line.code,
        title: line.title,
        state: line.state.code(),
        says: line.says,
        page: match line.improve {
            Some(Improve::Page { path, .. }) => Some(path),
            _ => None,
        },
        can_say: line.state != State::Good && rules::SAYINGS.contains(&line.code),
        can_unsay: matches!(line.improve, Some(Improve::Unsay { .. })),
    };
    Ok(Json(Checkup { lines: lines.into_iter().map(line).collect() }))
}

/// The customer's own word.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saying {
    /// The line it is about: one that has `can_say`, or `can_unsay`.
    line: Text<40>,
}

pub(crate) async fn say(web: Web, customer: Customer, Json(given): Json<Saying>) -> Answer<Done> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        rules::say(change, account, given.line.as_str())?;
        Ok(Done::it_is())
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

pub(crate) async fn unsay(web: Web, customer: Customer, Json(given): Json<Saying>) -> Answer<Done> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        rules::unsay(change, account, given.line.as_str())?;
        Ok(Done::it_is())
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

/// What may be lost.
#[expect(clippy::struct_excessive_bools, reason = "each is a box to tick, as it stands in the address")]
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct LostQuery {
    /// The phone with the authenticator app on it, which also gets the SMS. The passkeys count as lost with it.
    #[serde(default)]
    pub(crate) phone: bool,
    /// The password.
    #[serde(default)]
    pub(crate) password: bool,
    /// Every browser that was known. The passkeys count as lost with them.
    #[serde(default)]
    pub(crate) browsers: bool,
    /// The mailbox.
    #[serde(default)]
    pub(crate) mailbox: bool,
    /// The recovery codes.
    #[serde(default)]
    pub(crate) codes: bool,
    /// A passkey is elsewhere, so that it is not lost with phone or browsers.
    #[serde(default)]
    pub(crate) passkeys_elsewhere: bool,
}

/// The answer of a dry run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BackIn {
    /// Whether there is a way back in.
    possible: bool,
    /// What to do, in order.
    steps: Vec<&'static str>,
    /// How many hours it takes.
    wait_hours: i64,
    /// Whether money leaves only to addresses used before for a while afterwards.
    holds_money: bool,
    /// What would make it quicker, or possible.
    missing: Vec<&'static str>,
    /// What sleeps while the account is frozen, and so counts for nothing here.
    asleep: Vec<String>,
    /// When the account is unfrozen and it sleeps no more, where that is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    asleep_until: Option<Time>,
}

pub(crate) async fn back_in(web: Web, customer: Customer, Query(lost): Query<LostQuery>) -> Answer<BackIn> {
    let account = customer.account();
    let reading = move |view: &mut View<'_>| Ok((run(view, account, &lost)?, rules::asleep(view, account)?));
    let (run, asleep) = web.app().view(reading).await?;
    Ok(Json(BackIn {
        possible: run.way.is_some(),
        wait_hours: run.way.as_ref().map_or(0, |way| way.wait.as_hours()),
        holds_money: run.way.as_ref().is_some_and(|way| way.holds),
        steps: run.way.map(|way| way.steps).unwrap_or_default(),
        missing: run.missing,
        asleep: asleep.names,
        asleep_until: asleep.until,
    }))
}

/// The dry run on what an account really has.
pub(crate) fn run(view: &mut View<'_>, account: AccountId, lost: &LostQuery) -> Result<DryRun, Stop> {
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let standing = protections::standing(view, &account)?;
    let gone = |method: Method| match method {
        Method::App => lost.phone,
        // Nobody but its owner knows where a passkey is kept.
        Method::Passkey => (lost.phone || lost.browsers) && !lost.passkeys_elsewhere,
        Method::RecoveryCode => lost.codes,
        Method::Password | Method::Sms | Method::Mailbox => false,
    };
    let factors = standing.factors.iter().filter(|held| gone(held.method));
    let mut things: Vec<Thing> = factors.map(|held| Thing::Factor(held.factor)).collect();
    things.extend(lost.phone.then_some(Thing::Phone));
    let others = [(lost.password, Thing::Password), (lost.browsers, Thing::Browsers), (lost.mailbox, Thing::Mailbox)];
    things.extend(others.into_iter().filter(|(lost, _)| *lost).map(|(_, thing)| thing));
    Ok(rules::dry_run(&standing, &things, &view.settings().protection))
}
