//! The first page, and the overview.

mod verdict;
mod view;

use axum::response::{IntoResponse, Redirect};
use domain::activity::Entry;
use domain::checkup::{Improve, Line};
use domain::clock::Time;
use domain::ids::{AccountId, SessionId};
use domain::protections::Timer;
use domain::{Stop, View, activity, checkup, sessions};

use crate::pages::activity::event_row;
use crate::pages::answer::{Answer, show};
use crate::pages::around::{anyone, read};
use crate::pages::checkup::{ring_of, tone};
use crate::pages::frame::{Sighting, Tone};
use crate::pages::protections::{TimerRow, with_names};
use crate::{Customer, Visitor, Web};

pub use view::{Check, LandingPage, OverviewPage, Thing, Verdict, Way};

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
    let here = customer.signed_in.session.id;
    let (frame, shown) = read(&web, &customer, "overview", move |view, account| shown(view, account, here)).await?;
    let Shown { entries, mine, others, lines, open, now } = shown;
    let known = verdict::Known {
        frozen_at: customer.signed_in.frozen_at,
        waits: &others,
        entries: &entries,
        lines: &lines,
        here,
    };
    let session = &customer.signed_in.session;
    show(&OverviewPage {
        verdict: verdict::of(&known, now),
        waits: mine.iter().map(|(timer, about)| TimerRow::new(timer, about.as_deref(), None, now)).collect(),
        this_session: Sighting::new(session.began_at, &session.origin),
        sessions: open,
        checks: checks(&lines, open, &customer.signed_in.email),
        ring: ring_of(&lines),
        latest: entries.iter().take(5).map(|entry| event_row(entry, Some(here), &frame.brand)).collect(),
        frame,
    })
}

struct Shown {
    entries: Vec<Entry>,
    /// What waits and was asked for in the session that looks.
    mine: Vec<(Timer, Option<String>)>,
    /// What else waits.
    others: Vec<(Timer, Option<String>)>,
    lines: Vec<Line>,
    open: usize,
    now: Time,
}

fn shown(view: &mut View<'_>, account: AccountId, here: SessionId) -> Result<Shown, Stop> {
    let (mut mine, mut others) = (Vec::new(), Vec::new());
    for (timer, about) in with_names(view, account)? {
        let asked = view.rows().event_by_sequence(account, timer.sequence)?;
        let here = asked.is_some_and(|asked| asked.entry.session == Some(here));
        if here { mine.push((timer, about)) } else { others.push((timer, about)) }
    }
    Ok(Shown {
        entries: activity::page(view, account, None, LOOKED_THROUGH)?.entries,
        mine,
        others,
        lines: checkup::lines(view, account)?,
        open: sessions::list(view, account)?.len(),
        now: view.now(),
    })
}

/// The lines of the check-up that stand on the overview too.
const OF_THE_CHECKUP: [&str; 4] = ["unique_password", "second_factor", "recovery_codes", "freeze_words"];

fn checks(lines: &[Line], open: usize, email: &str) -> Vec<Check> {
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
    let advised = OF_THE_CHECKUP.iter().filter_map(|code| lines.iter().find(|line| line.code == *code));
    let mut checks: Vec<Check> = advised.map(of_the_checkup).collect();
    checks.extend([
        check(
            if open > 1 { Tone::Plain } else { Tone::Good },
            "Signed-in devices",
            devices,
            "/settings/security/sessions",
            "See them",
        ),
        check(
            Tone::Good,
            "What we tell you",
            format!("Everything important goes to {email}."),
            "/settings/notices",
            "Choose",
        ),
    ]);
    checks
}

fn of_the_checkup(line: &Line) -> Check {
    let action = match line.improve {
        Some(Improve::Page { path, words }) => Some(Way::new(path, words)),
        Some(Improve::Say { .. }) => Some(Way::new("/settings/checkup", "Security check-up")),
        Some(Improve::Unsay { .. }) | None => None,
    };
    Check { tone: tone(line.state), title: line.title.to_owned(), text: line.says.clone(), action }
}
