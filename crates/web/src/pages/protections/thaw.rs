//! Unfreezing: what it takes, how long it lasts, and what already waits.

use askama::Template;
use axum::http::StatusCode;
use domain::ids::AccountId;
use domain::protections::{self, Method, Proof, Sensitive};
use domain::{Refusal, Span, Stop, View};
use serde::Deserialize;

use super::TimerRow;
use crate::answers::Problem;
use crate::forms::Form;
use crate::pages::answer::{Answer, UNANSWERED, show, show_as};
use crate::pages::approvals;
use crate::pages::around::read;
use crate::pages::frame::{Frame, When};
use crate::pages::second_factors::{self, FactorRow};
use crate::{Customer, Web};

/// `/settings/thaw`.
#[derive(Template)]
#[template(path = "protections/thaw.html")]
pub struct ThawPage {
    /// The page around the page.
    pub frame: Frame,
    /// The thaw that waits already, if one does.
    pub waits: Option<TimerRow>,
    /// What sleeps: a thaw takes off what came before the freeze and wakes what came since.
    pub sleeping: Vec<FactorRow>,
    /// Whether what waits takes longer than the quicker way would from now on.
    pub slower: bool,
    /// Whether the customer has two proofs that are old enough for the quicker way.
    pub fast: bool,
    /// What counts for it is older than this: three days before the freeze.
    pub old: Option<When>,
    /// Hours it takes with two older proofs.
    pub hours: i64,
    /// Days it takes without.
    pub days: i64,
    /// What is wrong with the answer.
    pub problem: Option<String>,
}

/// How somebody can prove that it is them.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    /// With two things from well before the freeze.
    Two,
    /// With what there is.
    One,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thawing {
    way: Way,
}

/// `GET /settings/thaw`
pub(crate) async fn form(web: Web, customer: Customer) -> Answer {
    show(&page(&web, &customer).await?)
}

/// `POST /settings/thaw`: leads to the page that confirms it.
pub(crate) async fn ask(web: Web, customer: Customer, form: Form<Thawing>) -> Answer {
    let shown = page(&web, &customer).await?;
    let problem = match form.said.map(|said| said.way) {
        // Who is not frozen is told so by the rules.
        Ok(Way::Two) if shown.fast || !customer.frozen() => {
            return approvals::begin(&web, &customer, Sensitive::Thaw).await;
        }
        Ok(Way::One) => return approvals::begin(&web, &customer, Sensitive::ThawSlowly).await,
        Ok(Way::Two) => format!(
            "You have no two proofs that were three days old at the freeze, so this way would lead nowhere. Choose the other one: {} days. Nothing was changed.",
            shown.days
        ),
        Err(_) => UNANSWERED.to_owned(),
    };
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &ThawPage { problem: Some(problem), ..shown })
}

async fn page(web: &Web, customer: &Customer) -> Result<ThawPage, Problem> {
    let (frame, (timers, fast, sleeping, now)) = read(web, customer, "thaw", |view, account| {
        let sleeping = second_factors::sleeping(view, account)?;
        Ok((protections::timers(view, account)?, fast(view, account)?, sleeping, view.now()))
    })
    .await?;
    let thaw = timers.iter().find(|timer| matches!(timer.what, Sensitive::Thaw | Sensitive::ThawSlowly));
    let rules = &web.app().settings().protection;
    Ok(ThawPage {
        frame,
        fast,
        old: customer.signed_in.frozen_at.map(|at| When::at(at - Span::from_hours(rules.hold_hours))),
        sleeping,
        slower: thaw.is_some_and(|timer| timer.soonest(now) > now + Span::from_hours(rules.thaw_hours)),
        waits: thaw.map(|timer| TimerRow::new(timer, None, None, now)),
        hours: rules.thaw_hours,
        days: rules.thaw_slow_days,
        problem: None,
    })
}

/// Whether everything that the customer could prove would be enough for the quicker way: asked of the table itself.
fn fast(view: &mut View<'_>, account: AccountId) -> Result<bool, Stop> {
    let since = view.rows().password_since(account)?;
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let standing = protections::standing(view, &account)?;
    let factors =
        standing.factors.iter().map(|held| Proof { method: held.method, factor: Some(held.factor), since: held.since });
    let password = Proof { method: Method::Password, factor: None, since };
    let all: Vec<Proof> = factors.chain([password]).collect();
    Ok(standing.decide(&Sensitive::Thaw, &all, &view.settings().protection).is_ok())
}
