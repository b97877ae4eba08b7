//! Signing in and out, and the list of what is signed in.

pub(crate) mod devices;
pub(crate) mod second_step;
mod view;

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use domain::activity::{EndedBy, Origin, Place};
use domain::ids::SessionId;
use domain::second_factors::passkeys;
use domain::sessions::{self, NewSession, Session, SignIn, SignInOutcome, Unusual};
use serde::Deserialize;

use crate::cookies::Jar;
use crate::forms::{Form, Query, TypedEmail, TypedPassword};
use crate::next::{come_back_to, on_from_sign_in};
use crate::pages::answer::{Answer, on_to, place, refusal, sentence, show, show_as, status};
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::{Field, Frame, Sighting, When};
use crate::{Customer, Visitor, Web};

pub use devices::{DeviceRow, DevicesPage, PasskeyHere};
pub use view::{DeviceLinkPage, SecondStepPage, SessionRow, SessionsPage, SignInPage, SmsShown, WaitingPage};

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    email: TypedEmail,
    password: TypedPassword,
    next: Option<String>,
}

/// Where the visitor comes from and wants to go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arriving {
    done: Option<Done>,
    next: Option<String>,
}

/// `GET /sign-in`
pub(crate) async fn form(web: Web, Query(arriving): Query<Arriving>) -> Answer {
    let page = blank(&web, arriving.next.as_deref());
    show(&SignInPage { frame: page.frame.after(arriving.done), ..page })
}

/// `POST /sign-in`
pub(crate) async fn sign_in(web: Web, visitor: Visitor, form: Form<Given>) -> Answer {
    let email = Field::typed(form.typed.get("email"), 254);
    let mut page = SignInPage { email, ..blank(&web, Some(form.typed.get("next"))) };
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            let mut fields = [("email", &mut page.email), ("password", &mut page.password)];
            page.problem = place(&mistake, &mut fields);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let actor = visitor.actor(&web);
    let given = SignIn {
        email: said.email.into_string(),
        password: said.password.reveal().to_owned(),
        devices: visitor.devices.clone(),
    };
    match sessions::sign_in(web.app(), &actor, &given).await {
        Ok(SignInOutcome::In(new)) => Ok(enter(&web, &visitor, new, &on_from_sign_in(&web, said.next.as_deref()))),
        Ok(SignInOutcome::SecondStep { secret, .. }) => Ok(second_step::ask(&web, &secret, said.next.as_deref())),
        Ok(SignInOutcome::Waiting(secret)) => {
            waiting(&web, &visitor, given.email, (&secret, None), said.next.as_deref())
        }
        Ok(SignInOutcome::Unusual { secret, why }) => {
            waiting(&web, &visitor, given.email, (&secret, Some(&why)), said.next.as_deref())
        }
        Err(stop) => {
            let refused = refusal(stop)?;
            page.problem = Some(sentence(&refused));
            show_as(status(&refused), &page)
        }
    }
}

/// Everything was proved that can be proved here, and the browser is unknown or in an unusual place: its owner has been
/// mailed.
fn waiting(
    web: &Web,
    visitor: &Visitor,
    email: String,
    (secret, why): (&domain::SecretText, Option<&Unusual>),
    next: Option<&str>,
) -> Answer {
    let lives = &web.app().settings().link;
    let now = web.app().clock().now();
    let page = WaitingPage {
        frame: Frame::stranger(web, "sign-in"),
        email,
        unusual: why.map(Unusual::to_asker),
        attempt: Sighting::new(now, &visitor.origin(web)),
        until: When::at(now + lives.new_device()),
    };
    let life = lives.new_device().try_into().ok();
    // The link in the letter is opened in this browser, and goes on from there.
    let next = come_back_to(web, next);
    let kept = [Jar::Pending.keep(secret, life), Jar::keep_next(next.as_deref(), life)];
    Ok((AppendHeaders(kept.map(|cookie| (header::SET_COOKIE, cookie))), show(&page)?).into_response())
}

/// `POST /sign-out`
pub(crate) async fn sign_out(web: Web, customer: Customer) -> Answer {
    end_session(&web, &customer, customer.signed_in.session.id, EndedBy::You).await?;
    Ok(leave(on_to("/sign-in", Done::SignedOut)))
}

/// `GET /settings/security/sessions`
pub(crate) async fn list(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let (frame, found) = read(&web, &customer, "sessions", sessions::list).await?;
    let mut rows: Vec<SessionRow> = found.iter().map(|session| row(&web, &customer, session)).collect();
    rows.sort_by_key(|row| !row.this_one);
    let rules = &web.app().settings().session;
    show(&SessionsPage {
        frame: frame.after(done),
        sessions: rows,
        idle_minutes: rules.idle_minutes,
        absolute_hours: rules.absolute_hours,
    })
}

/// Which session to end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ending {
    session: SessionId,
}

/// `POST /settings/security/sessions/end`
pub(crate) async fn end(web: Web, customer: Customer, form: Form<Ending>) -> Answer {
    let Ending { session } = form.said.map_err(|mistake| crate::answers::Problem::mistake(&mistake))?;
    if session == customer.signed_in.session.id {
        return sign_out(web, customer).await;
    }
    end_session(&web, &customer, session, EndedBy::OtherDevice).await?;
    Ok(on_to("/settings/security/sessions", Done::SessionEnded))
}

/// `POST /settings/security/sessions/end-others`
pub(crate) async fn end_others(web: Web, customer: Customer) -> Answer {
    let (account, kept) = (customer.account(), customer.signed_in.session.id);
    web.app().change(&customer.actor(&web), move |change| sessions::end_others(change, account, kept)).await?;
    Ok(on_to("/settings/security/sessions", Done::OthersEnded))
}

async fn end_session(web: &Web, customer: &Customer, session: SessionId, by: EndedBy) -> Result<(), domain::Stop> {
    let account = customer.account();
    web.app().change(&customer.actor(web), move |change| sessions::end(change, account, session, by)).await
}

/// Lets the browser in: it keeps the session until it is closed. Where it became known by that, it keeps what it is
/// known by for as long as that lasts.
pub(crate) fn enter(web: &Web, visitor: &Visitor, new: NewSession, next: &str) -> Response {
    let life = device_life(web);
    let mut cookies = vec![Jar::Session.keep(&new.secret, None)];
    match (new.device, visitor.devices.split_first()) {
        (Some(device), _) => cookies.push(Jar::Device.keep_with(&device, &visitor.devices, life)),
        // The domain renewed the device that signed in, so its cookie lives as much longer.
        (None, Some((newest, others))) => cookies.push(Jar::Device.keep_with(newest, others, life)),
        (None, None) => {}
    }
    with_cookies(cookies, Redirect::to(next).into_response())
}

/// How long a browser keeps what it is known by.
pub(crate) fn device_life(web: &Web) -> Duration {
    let days = u64::try_from(web.app().settings().session.device_days).unwrap_or(0);
    Duration::from_secs(days * 24 * 60 * 60)
}

/// The same answer, and the browser forgets its session.
pub(crate) fn leave(response: Response) -> Response {
    with_cookies(vec![Jar::Session.forget()], response)
}

fn with_cookies(cookies: Vec<HeaderValue>, mut response: Response) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

pub(crate) fn blank(web: &Web, next: Option<&str>) -> SignInPage {
    SignInPage {
        frame: Frame::stranger(web, "sign-in"),
        problem: None,
        email: Field::empty(254),
        password: Field::empty(1024),
        next: come_back_to(web, next).unwrap_or_default(),
        relying_party: passkeys::relying_party(web.app().settings()),
        passkey_unknown: false,
    }
}

fn row(web: &Web, customer: &Customer, session: &Session) -> SessionRow {
    let last_at = web.app().marks().last(session.id).unwrap_or(session.last_seen_at).max(session.last_seen_at);
    let last = Origin {
        ip: session.last_ip,
        place: session.last_place.clone().map(Place::named),
        browser: session.origin.browser.clone(),
    };
    SessionRow {
        id: session.id.to_string(),
        this_one: session.id == customer.signed_in.session.id,
        last_seen: Sighting::new(last_at, &last),
        started: When::at(session.began_at),
        proved_by: session.proved_in_words(),
    }
}
