//! Why money does not move for somebody who is signed in, and what to do next: where a proxy sends whom it does not let
//! through.

use askama::Template;
use domain::checkup::{self, State};
use domain::service::{MoneyStanding, Reason, WhyNot};
use domain::{Stop, View};

use crate::api::forward_auth::{self, Demand, Missing};
use crate::forms::Query;
use crate::next::come_back_to;
use crate::pages::answer::{Answer, show};
use crate::pages::around::read;
use crate::pages::frame::{Frame, When};
use crate::pages::home::Way;
use crate::{Customer, Web};

/// `/step-up`.
#[derive(Template)]
#[template(path = "service/step_up.html")]
pub struct StepUpPage {
    /// The page around the page.
    pub frame: Frame,
    /// What stands in the way; nothing does where there is none.
    pub reasons: Vec<ReasonRow>,
    /// Where to go on, if the address says it and it is known.
    pub next: Option<String>,
}

/// One thing that stands in the way.
#[derive(Clone, Debug)]
pub struct ReasonRow {
    /// What it is, in a few words.
    pub title: &'static str,
    /// The same in sentences.
    pub text: String,
    /// Since when.
    pub since: Option<When>,
    /// Until when.
    pub until: Option<When>,
    /// What to do about it.
    pub ways: Vec<Way>,
}

/// `GET /step-up`
pub(crate) async fn show_why(web: Web, customer: Customer, Query(demand): Query<Demand>) -> Answer {
    let next = come_back_to(&web, demand.next());
    let (live, missing) = forward_auth::look(&web, &customer.visitor, &demand).await?;
    let has_second = |view: &mut View<'_>, account| {
        let lines = checkup::lines(view, account)?;
        Ok::<_, Stop>(lines.iter().any(|line| line.code == "second_factor" && line.state == State::Good))
    };
    let (frame, has_second) = read(&web, &customer, "overview", has_second).await?;
    let again = match &next {
        Some(next) => Way::new(&format!("/sign-in?next={next}"), "Sign in again"),
        None => Way::new("/sign-in", "Sign in again"),
    };
    let reasons = rows(&live.state.money(), missing, has_second, &again);
    show(&StepUpPage { frame, reasons, next })
}

fn rows(money: &MoneyStanding, missing: Option<Missing>, has_second: bool, again: &Way) -> Vec<ReasonRow> {
    let plain = |title, text: &str, ways| ReasonRow { title, text: text.to_owned(), since: None, until: None, ways };
    let step = missing.map(|missing| match missing {
        Missing::Assurance if has_second => plain(
            "This sign-in was made without your second proof",
            "Moving money asks for it. Sign in again, with your authenticator app or your passkey.",
            vec![again.clone()],
        ),
        Missing::Assurance => plain(
            "Your account has no second proof yet",
            "Moving money asks for an authenticator app or a passkey, so that whoever knows your password cannot do it. Set one up first, then sign in again with it.",
            vec![Way::new("/settings/factors", "Set up an authenticator app"), Way::new("/settings/passkeys", "Add a passkey"), again.clone()],
        ),
        Missing::Fresh { minutes } => plain(
            "You signed in a while ago",
            &format!("Moving money asks for a sign-in of the last {minutes} minutes, so that nobody does it who finds your browser open. Sign in again."),
            vec![again.clone()],
        ),
    });
    money.reasons.iter().map(standing).chain(step).collect()
}

fn standing(reason: &Reason) -> ReasonRow {
    let (title, more, ways) = match reason.why {
        WhyNot::Frozen => (
            "Your account is frozen",
            " Nothing that moves money works until you unfreeze it, which takes its time.",
            vec![Way::new("/settings/thaw", "Unfreeze my account")],
        ),
        WhyNot::Held => (
            "Money is held back from new addresses",
            " It ends by itself.",
            vec![Way::new("/settings/timers", "See what waits")],
        ),
        WhyNot::Unconfirmed => ("Your e-mail address is not confirmed", " Open the link in our letter.", Vec::new()),
    };
    ReasonRow {
        title,
        text: format!("{}{more}", reason.why.sentence()),
        since: reason.since.map(When::at),
        until: reason.until.map(When::at),
        ways,
    }
}
