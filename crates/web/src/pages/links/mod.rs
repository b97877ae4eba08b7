//! What a link in a letter opens. Opening shows; acting needs an answer that is sent back.

use axum::http::{StatusCode, header};
use domain::activity::{Brake, Entry, Event};
use domain::links::{self, Link, Purpose, Shown};
use domain::protections::{self, Sensitive, Timer};
use domain::refusal::Refusal;
use domain::sessions::Unusual;
use domain::{SecretText, Stop, View, accounts, activity, sessions};

use crate::answers::Problem;
use crate::cookies::Jar;
use crate::forms::{Form, PathPart, Secret};
use crate::next::on_from_sign_in;
use crate::pages::accounts::{ConfirmEmailPage, ConfirmPage, UndoEmailPage, email};
use crate::pages::activity::event_row;
use crate::pages::answer::{Answer, Answered, Chosen, UNANSWERED, on_to, show, show_as};
use crate::pages::around::anyone;
use crate::pages::credentials::{ResetPage, reset};
use crate::pages::done::Done;
use crate::pages::frame::{Sighting, When};
use crate::pages::home::Way;
use crate::pages::protections::{FrozenPage, NotMePage, StopTimerPage, TimerRow, frozen_page};
use crate::pages::sessions::{DeviceLinkPage, device_life, enter};
use crate::pages::trouble::DonePage;
use crate::{Visitor, Web};

/// `GET /l/{secret}`
pub(crate) async fn open(web: Web, visitor: Visitor, PathPart(secret): PathPart<Secret>) -> Answer {
    let looked = look(&web, &visitor, &secret.0).await?;
    page(&web, &visitor, &secret.0, looked, None).await
}

/// `POST /l/{secret}`
pub(crate) async fn answer(
    web: Web,
    visitor: Visitor,
    PathPart(secret): PathPart<Secret>,
    form: Form<Answered>,
) -> Answer {
    let looked = look(&web, &visitor, &secret.0).await?;
    let chosen = form.said.ok().map(|said| said.answer);
    match (&looked.shown.link.purpose, chosen) {
        (Purpose::ConfirmAddress { .. }, Some(Chosen::Mine)) => confirm(&web, &visitor, secret.0).await,
        (Purpose::NewDevice { .. }, Some(Chosen::SignIn)) => let_in(&web, &visitor, secret.0).await,
        (Purpose::NewDevice { .. }, Some(Chosen::Refuse)) => refuse(&web, &visitor, secret.0).await,
        (Purpose::ConfirmEmail { .. }, Some(Chosen::Mine)) => email::confirm(&web, &visitor, secret.0).await,
        (Purpose::UndoEmail { .. } | Purpose::FreezeOrUndo { .. }, Some(Chosen::Undo)) => {
            email::undo(&web, &visitor, secret.0).await
        }
        (Purpose::Reset { .. }, Some(Chosen::Lost)) => reset::lose_factors(&web, &visitor, secret.0).await,
        (
            Purpose::NewDevice { .. } | Purpose::Freeze | Purpose::FreezeOrUndo { .. } | Purpose::Cancel { .. },
            Some(Chosen::Freeze),
        ) => freeze(&web, &visitor, secret.0, &looked).await,
        (Purpose::Cancel { .. }, Some(Chosen::Cancel)) => cancel(&web, &visitor, secret.0).await,
        (
            Purpose::Freeze | Purpose::FreezeOrUndo { .. } | Purpose::Cancel { .. } | Purpose::UndoEmail { .. },
            Some(Chosen::Mine),
        )
        | (
            Purpose::ConfirmAddress { .. }
            | Purpose::NewDevice { .. }
            | Purpose::Reset { .. }
            | Purpose::ConfirmEmail { .. },
            Some(Chosen::Keep),
        ) => nothing_done(&web, &visitor).await,
        _ => page(&web, &visitor, &secret.0, looked, Some(UNANSWERED)).await,
    }
}

/// A link, and the entry of the log that its letter is about, as far as the newest entries hold it.
struct Looked {
    shown: Shown,
    about: Option<Entry>,
    /// What waits to unfreeze the account.
    thaw: Option<Timer>,
}

async fn look(web: &Web, visitor: &Visitor, secret: &SecretText) -> Result<Looked, Problem> {
    let (secret, browser) = (secret.clone(), visitor.pending.clone());
    let looked = web.app().view(move |view| {
        let shown = links::show(view, &secret, browser.as_ref())?;
        let about = about(view, &shown.link)?;
        let mut waits = protections::timers(view, shown.account.id)?.into_iter();
        let thaw = waits.find(|timer| matches!(timer.what, Sensitive::Thaw | Sensitive::ThawSlowly));
        Ok(Looked { shown, about, thaw })
    });
    Ok(looked.await?)
}

/// The entry that the letter with this link told of: as the outbox says, for of several in one change only one is meant;
/// for other links, and where the outbox was cleared, the one of the same moment.
fn about(view: &mut View<'_>, link: &Link) -> Result<Option<Entry>, Stop> {
    if let Some(sequence) = view.rows().outbox_entry_with(link.account, link.id)?
        && let Some(sealed) = view.rows().event_by_sequence(link.account, sequence)?
    {
        return Ok(Some(sealed.entry));
    }
    let entries = activity::page(view, link.account, None, activity::PAGE)?.entries;
    Ok(entries.into_iter().find(|entry| is_about(entry, link)))
}

/// Whether a letter with this link told of this entry. A link is made in the change that records its event, so both
/// carry the same moment.
fn is_about(entry: &Entry, link: &Link) -> bool {
    let fits = match link.purpose {
        Purpose::ConfirmAddress { .. } => matches!(entry.event, Event::AccountOpened),
        Purpose::NewDevice { .. } => matches!(entry.event, Event::SignInWaiting { .. } | Event::SignInUnusual { .. }),
        Purpose::Reset { .. } => matches!(entry.event, Event::ResetAsked),
        Purpose::ConfirmEmail { .. } => matches!(entry.event, Event::EmailChangeAsked { .. }),
        Purpose::UndoEmail { .. } | Purpose::FreezeOrUndo { .. } => matches!(entry.event, Event::EmailChanged { .. }),
        Purpose::Freeze => entry.event.spec().freeze_offer,
        Purpose::Cancel { .. } => matches!(entry.event, Event::TimerStarted { .. } | Event::TimerHalfWay { .. }),
    };
    fits && entry.at == link.made_at
}

async fn page(web: &Web, visitor: &Visitor, secret: &SecretText, looked: Looked, problem: Option<&str>) -> Answer {
    let frame = anyone(web, visitor, "").await;
    let action = format!("/l/{}", secret.reveal());
    let problem = problem.map(str::to_owned);
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let Looked { shown, about, thaw } = looked;
    let until = When::at(shown.link.expires_at);
    match (&shown.link.purpose, &shown.pending) {
        (Purpose::ConfirmAddress { .. }, _) => {
            let asked = about.map(|entry| Sighting::new(entry.at, &entry.origin)).unwrap_or_default();
            let same_browser = shown.same_browser;
            let email = shown.account.email;
            show_as(status, &ConfirmPage { frame, email, asked, same_browser, until, action, problem })
        }
        (Purpose::ConfirmEmail { .. }, _) => {
            let Some(asked) = shown.email else { return Err(Problem::refusal(&Refusal::LinkSpent)) };
            let same_browser = email::asked_here(visitor, &asked);
            show_as(status, &ConfirmEmailPage { frame, new: asked.new, same_browser, until, action, problem })
        }
        (Purpose::UndoEmail { .. } | Purpose::FreezeOrUndo { .. }, _) if shown.email.is_some() => {
            show_as(status, &UndoEmailPage { problem, ..email::undo_page(frame, &shown, action)? })
        }
        (Purpose::Reset { .. }, _) => {
            let page = reset::page(web, visitor, secret).await?;
            show_as(status, &ResetPage { problem, ..page })
        }
        (Purpose::NewDevice { .. }, Some(pending)) => {
            let page = DeviceLinkPage {
                frame,
                email: shown.account.email,
                attempt: Sighting::new(pending.asked_at, &pending.origin),
                unusual: pending.unusual.as_ref().map(Unusual::to_owner),
                same_browser: shown.same_browser,
                grantable: shown.grantable,
                let_in: pending.let_in,
                frozen: shown.account.frozen_at.is_some(),
                until: When::at(pending.expires_at),
                action,
                problem,
            };
            show_as(status, &page)
        }
        (Purpose::Cancel { .. }, _) if shown.timer.is_some() => {
            let now = web.app().clock().now();
            let about = match about.map(|entry| entry.event) {
                Some(Event::TimerStarted { about, .. } | Event::TimerHalfWay { about, .. }) => about,
                _ => None,
            };
            let timer = shown.timer.map(|(timer, end)| TimerRow::new(&timer, about.as_deref(), end, now));
            let frozen = shown.account.frozen();
            show_as(status, &StopTimerPage { frame, timer, frozen, action, problem })
        }
        (
            Purpose::Freeze
            | Purpose::FreezeOrUndo { .. }
            | Purpose::NewDevice { .. }
            | Purpose::Cancel { .. }
            | Purpose::UndoEmail { .. },
            _,
        ) => {
            let brake = about.as_ref().map_or(Brake::NOT_ME, |entry| entry.event.spec().brake);
            let event = about.map(|entry| event_row(&entry, None, &frame.brand));
            let already_frozen = shown.account.frozen_at.is_some();
            let made = When::at(shown.link.made_at);
            let thaw = thaw.map(|timer| TimerRow::new(&timer, None, None, web.app().clock().now()));
            show_as(status, &NotMePage { frame, event, brake, made, already_frozen, thaw, action, until, problem })
        }
    }
}

async fn confirm(web: &Web, visitor: &Visitor, secret: SecretText) -> Answer {
    let browser = visitor.pending.clone();
    let change = move |change: &mut domain::Change<'_>| accounts::confirm(change, &secret, browser.as_ref());
    let confirmed = web.app().change(&visitor.actor(web), change).await?;
    let mut response = on_to("/sign-in", Done::AddressConfirmed);
    response.headers_mut().append(header::SET_COOKIE, Jar::Pending.forget());
    if let Some(device) = confirmed.device {
        let known = Jar::Device.keep_with(&device, &visitor.devices, device_life(web));
        response.headers_mut().append(header::SET_COOKIE, known);
    }
    Ok(response)
}

async fn let_in(web: &Web, visitor: &Visitor, secret: SecretText) -> Answer {
    let browser = visitor.pending.clone();
    let change = move |change: &mut domain::Change<'_>| sessions::confirm_device(change, &secret, browser.as_ref());
    let new = web.app().change(&visitor.actor(web), change).await?;
    let mut response = enter(web, visitor, new, &on_from_sign_in(web, visitor.next.as_deref()));
    response.headers_mut().append(header::SET_COOKIE, Jar::Pending.forget());
    response.headers_mut().append(header::SET_COOKIE, Jar::keep_next(None, None));
    Ok(response)
}

async fn refuse(web: &Web, visitor: &Visitor, secret: SecretText) -> Answer {
    let change = move |change: &mut domain::Change<'_>| sessions::deny_device(change, &secret);
    web.app().change(&visitor.actor(web), change).await?;
    show(&DonePage {
        frame: anyone(web, visitor, "").await,
        title: "Refused: they did not get in".to_owned(),
        text:
            "Whoever tried it knows your password. Change it now; if anything else looks strange, freeze your account."
                .to_owned(),
        ways: vec![Way::new("/settings/password", "Change my password"), Way::new("/stop", "Stop my account")],
    })
}

async fn cancel(web: &Web, visitor: &Visitor, secret: SecretText) -> Answer {
    let change = move |change: &mut domain::Change<'_>| protections::cancel_by_link(change, &secret);
    web.app().change(&visitor.actor(web), change).await?;
    show(&DonePage {
        frame: anyone(web, visitor, "").await,
        title: "Stopped. It will not happen".to_owned(),
        text: "If somebody else asked for it, they are in your account or in your mailbox: freeze your account now, then change your password."
            .to_owned(),
        ways: vec![Way::new("/stop", "Freeze my account"), Way::new("/settings/password", "Change my password")],
    })
}

async fn freeze(web: &Web, visitor: &Visitor, secret: SecretText, looked: &Looked) -> Answer {
    let action = format!("/l/{}", secret.reveal());
    let change = move |change: &mut domain::Change<'_>| protections::freeze_by_link(change, &secret);
    let frozen = web.app().change(&visitor.actor(web), change).await?;
    let page: FrozenPage = frozen_page(web, frozen, Some(looked.shown.account.id)).await?;
    // Whoever can undo a change of the address has not done so by freezing.
    let undo = looked.shown.email.as_ref().map(|changed| (action, changed.new.clone()));
    show(&FrozenPage { undo, ..page })
}

async fn nothing_done(web: &Web, visitor: &Visitor) -> Answer {
    show(&DonePage {
        frame: anyone(web, visitor, "").await,
        title: "Good. Nothing was changed".to_owned(),
        text: "You can look at everything that happens in your account under Security.".to_owned(),
        ways: vec![Way::new("/settings/security", "See my activity")],
    })
}
