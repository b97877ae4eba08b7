//! Unfreezing: what it takes, how long it lasts, and what already waits.

use askama::Template;
use axum::http::StatusCode;
use domain::protections::{self, Sensitive};
use serde::Deserialize;

use super::TimerRow;
use crate::answers::Problem;
use crate::forms::Form;
use crate::pages::answer::{Answer, UNANSWERED, show, show_as};
use crate::pages::approvals;
use crate::pages::around::read;
use crate::pages::frame::Frame;
use crate::{Customer, Web};

/// `/settings/thaw`.
#[derive(Template)]
#[template(path = "protections/thaw.html")]
pub struct ThawPage {
    /// The page around the page.
    pub frame: Frame,
    /// The thaw that waits already, if one does.
    pub waits: Option<TimerRow>,
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
    let what = match form.said.map(|said| said.way) {
        Ok(Way::Two) => Sensitive::Thaw,
        Ok(Way::One) => Sensitive::ThawSlowly,
        Err(_) => {
            let page = ThawPage { problem: Some(UNANSWERED.to_owned()), ..page(&web, &customer).await? };
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    approvals::begin(&web, &customer, what).await
}

async fn page(web: &Web, customer: &Customer) -> Result<ThawPage, Problem> {
    let (frame, (timers, now)) =
        read(web, customer, "thaw", |view, account| Ok((protections::timers(view, account)?, view.now()))).await?;
    let thaw = timers.iter().find(|timer| matches!(timer.what, Sensitive::Thaw | Sensitive::ThawSlowly));
    let rules = &web.app().settings().protection;
    Ok(ThawPage {
        frame,
        waits: thaw.map(|timer| TimerRow::new(timer, None, now)),
        hours: rules.thaw_hours,
        days: rules.thaw_slow_days,
        problem: None,
    })
}
