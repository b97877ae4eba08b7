//! The security check-up, and the dry run: would you get back in?

mod ring;
mod view;

use domain::checkup::{self, Improve, State};
use serde::Deserialize;

use crate::answers::Problem;
use crate::api::checkup::{LostQuery, run};
use crate::forms::{Form, Query, Text};
use crate::pages::answer::{Answer, on_to, show};
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::{Tone, When};
use crate::{Customer, Web};

pub use ring::{Piece, Ring};
pub use view::{BackInPage, CheckupPage, CheckupRow};

/// `GET /settings/checkup`
pub(crate) async fn list(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let (frame, lines) = read(&web, &customer, "checkup", checkup::lines).await?;
    let ring = ring_of(&lines);
    let lines = lines.into_iter().map(row).collect();
    show(&CheckupPage { frame: frame.after(done), ring, lines })
}

/// The check-up at a glance.
pub(crate) fn ring_of(lines: &[checkup::Line]) -> Ring {
    let pieces: Vec<_> = lines.iter().map(|line| (tone(line.state), line.title)).collect();
    Ring::of(&pieces)
}

fn row(line: checkup::Line) -> CheckupRow {
    let (way, say) = match line.improve {
        Some(Improve::Page { path, words }) => (Some((path, words)), None),
        Some(Improve::Say { words }) => (None, Some(("/settings/checkup/say", words))),
        Some(Improve::Unsay { words }) => (None, Some(("/settings/checkup/unsay", words))),
        None => (None, None),
    };
    CheckupRow { code: line.code, title: line.title, tone: tone(line.state), says: line.says, way, say }
}

/// How a line stands, as a colour.
pub(crate) fn tone(state: State) -> Tone {
    match state {
        State::Good => Tone::Good,
        State::Unsaid => Tone::Plain,
        State::Better => Tone::Warn,
        State::Weak => Tone::Alarm,
    }
}

/// What the form of one line sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saying {
    line: Text<40>,
}

/// `POST /settings/checkup/say`
pub(crate) async fn say(web: Web, customer: Customer, form: Form<Saying>) -> Answer {
    let Saying { line } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let account = customer.account();
    let change = move |change: &mut domain::Change<'_>| checkup::say(change, account, line.as_str());
    web.app().change(&customer.actor(&web), change).await?;
    Ok(on_to("/settings/checkup", Done::AnswerKept))
}

/// `POST /settings/checkup/unsay`
pub(crate) async fn unsay(web: Web, customer: Customer, form: Form<Saying>) -> Answer {
    let Saying { line } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let account = customer.account();
    let change = move |change: &mut domain::Change<'_>| checkup::unsay(change, account, line.as_str());
    web.app().change(&customer.actor(&web), change).await?;
    Ok(on_to("/settings/checkup", Done::AnswerTakenBack))
}

/// `GET /settings/checkup/back-in`
pub(crate) async fn back_in(web: Web, customer: Customer, Query(lost): Query<LostQuery>) -> Answer {
    let chosen = lost.clone();
    let (frame, (run, asleep)) = read(&web, &customer, "checkup", move |view, account| {
        Ok((run(view, account, &lost)?, checkup::asleep(view, account)?))
    })
    .await?;
    let things = [
        ("phone", "My phone, with its number, the authenticator app and the passkeys on it", chosen.phone),
        ("password", "My password: I forgot it", chosen.password),
        ("browsers", "My computer, with the passkeys on it, and every browser I used here", chosen.browsers),
        ("mailbox", "My mailbox", chosen.mailbox),
        ("codes", "My recovery codes", chosen.codes),
    ];
    show(&BackInPage {
        frame,
        asked: things.iter().any(|(_, _, lost)| *lost),
        things: things.to_vec(),
        passkeys_elsewhere: chosen.passkeys_elsewhere,
        days: run.way.as_ref().map_or(0, |way| way.wait.as_hours() / 24),
        holds: run.way.as_ref().is_some_and(|way| way.holds),
        steps: run.way.map(|way| way.steps),
        missing: run.missing,
        asleep: asleep.names,
        asleep_until: asleep.until.map(When::at),
    })
}
