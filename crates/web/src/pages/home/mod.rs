//! The first page, and the overview.

mod verdict;
mod view;

use axum::response::{IntoResponse, Redirect};
use domain::{activity, protections, sessions};

use crate::pages::activity::event_row;
use crate::pages::answer::{Answer, show};
use crate::pages::around::{anyone, read};
use crate::pages::credentials::age;
use crate::pages::frame::{Sighting, Tone};
use crate::pages::protections::TimerRow;
use crate::{Customer, Visitor, Web};

pub use view::{Check, LandingPage, OverviewPage, Verdict, Way};

/// So many of the newest entries are looked through for something unusual.
const LOOKED_THROUGH: i64 = 50;

/// `GET /`: the first page, or the overview for those who are in.
pub(crate) async fn landing(web: Web, visitor: Visitor) -> Answer {
    let frame = anyone(&web, &visitor, "").await;
    if frame.customer.is_some() {
        return Ok(Redirect::to("/home").into_response());
    }
    show(&LandingPage { frame })
}

/// `GET /home`
pub(crate) async fn overview(web: Web, customer: Customer) -> Answer {
    let (frame, (entries, open, chosen_at, timers, now)) = read(&web, &customer, "overview", |view, account| {
        let entries = activity::page(view, account, None, LOOKED_THROUGH)?.entries;
        let open = sessions::list(view, account)?.len();
        let chosen_at = view.rows().password_current(account)?.map(|(_, chosen_at)| chosen_at);
        let timers = protections::timers(view, account)?;
        Ok((entries, open, chosen_at, timers, view.now()))
    })
    .await?;
    let password = chosen_at.map(|at| age(at, now, web.app().settings().password.reminder_days));
    let session = &customer.signed_in.session;
    show(&OverviewPage {
        frame,
        verdict: verdict::of(customer.signed_in.frozen_at, &entries, session.id, now),
        waits: timers.iter().map(|timer| TimerRow::new(timer, None, now)).collect(),
        this_session: Sighting::new(session.began_at, &session.origin),
        sessions: open,
        checks: checks(password, open, &customer.signed_in.email),
        latest: entries.iter().take(5).map(|entry| event_row(entry, Some(customer.signed_in.session.id))).collect(),
    })
}

fn checks(password: Option<(String, bool)>, open: usize, email: &str) -> Vec<Check> {
    let (password, due) = password.unwrap_or_default();
    let devices = match open {
        0 | 1 => "Only this one is signed in.".to_owned(),
        _ => format!("{open} devices are signed in. See whether you know them all."),
    };
    let check = |tone, title: &str, text: String, href: &str, way: &str| Check {
        tone,
        title: title.to_owned(),
        text,
        action: Some(Way::new(href, way)),
    };
    vec![
        check(if due { Tone::Warn } else { Tone::Good }, "Your password", password, "/settings/password", "Change"),
        check(
            if open > 1 { Tone::Plain } else { Tone::Good },
            "Signed-in devices",
            devices,
            "/settings/security/sessions",
            "See them",
        ),
        check(
            Tone::Plain,
            "Your freeze words",
            "Four words that stop this account from any browser. Do you have them on paper?".to_owned(),
            "/settings/freeze-words",
            "See them",
        ),
        check(
            Tone::Good,
            "What we tell you",
            format!("Everything important goes to {email}."),
            "/settings/notices",
            "Choose",
        ),
    ]
}
