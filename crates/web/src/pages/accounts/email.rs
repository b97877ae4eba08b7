//! Another e-mail address: asking for it, confirming it from the new mailbox, undoing it from the old one.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use domain::accounts::{self, EmailAddress, EmailChange};
use domain::links::{Purpose, Shown};
use domain::protections::Sensitive;
use domain::refusal::Refusal;
use domain::{Actor, SecretText};
use serde::Deserialize;

use crate::answers::Problem;
use crate::cookies::Jar;
use crate::forms::{Form, Query, TypedEmail};
use crate::pages::answer::{Answer, on_to, place, refusal, sentence, show, show_as};
use crate::pages::approvals;
use crate::pages::around::{anyone, read};
use crate::pages::done::{After, Done};
use crate::pages::frame::{Field, Frame, When};
use crate::pages::home::Way;
use crate::pages::trouble::DonePage;
use crate::{Customer, Visitor, Web};

/// `/settings/email`.
#[derive(Template)]
#[template(path = "accounts/email.html")]
pub struct EmailPage {
    /// The page around the page.
    pub frame: Frame,
    /// What is wrong with the whole form.
    pub problem: Option<String>,
    /// The address in use.
    pub present: String,
    /// The new one.
    pub email: Field,
    /// The changes that wait for their new mailbox.
    pub waiting: Vec<ChangeWaiting>,
    /// Hours in which the old mailbox can undo it.
    pub undo_hours: i64,
    /// Hours in which money leaves only for earlier addresses.
    pub hold_hours: i64,
}

/// A change of the address that waits for its new mailbox.
#[derive(Debug, Clone)]
pub struct ChangeWaiting {
    /// The address it would become.
    pub new: String,
    /// When it was asked for.
    pub asked: When,
    /// Until when it can be confirmed.
    pub until: When,
}

/// What the link in the new mailbox opens.
#[derive(Template)]
#[template(path = "accounts/confirm_email.html")]
pub struct ConfirmEmailPage {
    /// The page around the page.
    pub frame: Frame,
    /// The new address.
    pub new: String,
    /// Whether this is the browser that asked; only there it can be confirmed.
    pub same_browser: bool,
    /// When the link stops working.
    pub until: When,
    /// Where the answer goes.
    pub action: String,
    /// What is wrong with the answer.
    pub problem: Option<String>,
}

/// What the undo link in the old mailbox opens.
#[derive(Template)]
#[template(path = "accounts/undo_email.html")]
pub struct UndoEmailPage {
    /// The page around the page.
    pub frame: Frame,
    /// The address that comes back.
    pub old: String,
    /// The address it was changed to.
    pub new: String,
    /// When it was changed.
    pub done: When,
    /// Until when it can be undone.
    pub until: When,
    /// Whether the account can be frozen here without undoing it.
    pub or_freeze: bool,
    /// Where the answer goes.
    pub action: String,
    /// What is wrong with the answer.
    pub problem: Option<String>,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changing {
    email: TypedEmail,
}

/// `GET /settings/email`
pub(crate) async fn form(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let page = blank(&web, &customer).await?;
    show(&EmailPage { frame: page.frame.after(done), ..page })
}

/// `POST /settings/email`: leads to the page that confirms it.
pub(crate) async fn ask(web: Web, customer: Customer, form: Form<Changing>) -> Answer {
    let mut page = blank(&web, &customer).await?;
    page.email = Field::typed(form.typed.get("email"), 254);
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            page.problem = place(&mistake, &mut [("email", &mut page.email)]);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let problem = match EmailAddress::parse(said.email.as_str()) {
        Ok(new) if new.key() != customer.signed_in.email.to_ascii_lowercase() => {
            return approvals::begin(&web, &customer, Sensitive::ChangeEmail { new: new.as_str().to_owned() }).await;
        }
        Ok(_) => "This is the address of your account already.".to_owned(),
        Err(refused) => sentence(&refused),
    };
    page.email.error = Some(problem);
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// `POST /settings/email/stop`
pub(crate) async fn stop(web: Web, customer: Customer) -> Answer {
    let account = customer.account();
    let change = move |change: &mut domain::Change<'_>| accounts::stop_changes(change, account);
    web.app().change(&customer.actor(&web), change).await?;
    Ok(on_to("/settings/email", Done::EmailChangeStopped))
}

async fn blank(web: &Web, customer: &Customer) -> Result<EmailPage, Problem> {
    let (frame, waiting) = read(web, customer, "email", accounts::changes_waiting).await?;
    let rules = &web.app().settings().protection;
    let row = |asked: EmailChange| ChangeWaiting {
        new: asked.new,
        asked: When::at(asked.asked_at),
        until: When::at(asked.expires_at),
    };
    Ok(EmailPage {
        waiting: waiting.into_iter().map(row).collect(),
        frame,
        problem: None,
        present: customer.signed_in.email.clone(),
        email: Field::empty(254),
        undo_hours: rules.undo_hours,
        hold_hours: rules.hold_hours,
    })
}

/// Whether this browser is the one that asked for a change.
pub(crate) fn asked_here(visitor: &Visitor, change: &EmailChange) -> bool {
    visitor.devices.iter().any(|device| device.digest() == change.browser)
}

/// The answer "yes, this is my new address".
pub(crate) async fn confirm(web: &Web, visitor: &Visitor, secret: SecretText) -> Answer {
    // Who is signed in here stays so; the link alone is enough for the rest.
    let actor: Actor = match Customer::of(web, visitor.clone()).await {
        Ok(customer) => customer.actor(web),
        Err(_) => visitor.actor(web),
    };
    let (devices, fresh) = (visitor.devices.clone(), SecretText::random(web.app().entropy()));
    let digest = fresh.digest();
    let change = move |change: &mut domain::Change<'_>| accounts::confirm_change(change, &secret, &devices, &digest);
    match web.app().change(&actor, change).await {
        Ok(true) => {
            let kept = AppendHeaders([(header::SET_COOKIE, Jar::Session.keep(&fresh, None))]);
            Ok((kept, on_to("/settings/email", Done::EmailChanged)).into_response())
        }
        Ok(false) => Ok(on_to("/sign-in", Done::EmailChanged)),
        Err(stop) => Err(Problem::refusal(&refusal(stop)?)),
    }
}

/// The page of a link that undoes a change of the address, by itself or beside freezing.
pub(crate) fn undo_page(frame: Frame, shown: &Shown, action: String) -> Result<UndoEmailPage, Problem> {
    let changed = shown.email.clone().ok_or_else(|| Problem::refusal(&Refusal::LinkSpent))?;
    let link = &shown.link;
    Ok(UndoEmailPage {
        frame,
        old: changed.old,
        new: changed.new,
        done: When::at(changed.done_at.unwrap_or(link.made_at)),
        // A link may freeze for longer than it undoes, or the other way round.
        until: When::at(changed.undo_until.map_or(link.expires_at, |until| until.min(link.expires_at))),
        or_freeze: matches!(link.purpose, Purpose::FreezeOrUndo { .. }) && !shown.account.frozen(),
        action,
        problem: None,
    })
}

/// The answer "this was not me, undo it".
pub(crate) async fn undo(web: &Web, visitor: &Visitor, secret: SecretText) -> Answer {
    let change = move |change: &mut domain::Change<'_>| accounts::undo_change(change, &secret);
    let address = web.app().change(&visitor.actor(web), change).await?;
    show(&DonePage {
        frame: anyone(web, visitor, "").await,
        title: "Your address is back, and your account is frozen".to_owned(),
        text: format!(
            "Your account has {address} again. Everybody is signed out, no browser is known any more, and nothing that moves money works. Now choose a new password here, and one for your mailbox: somebody knew yours."
        ),
        ways: vec![Way::new("/forgot", "Choose a new password"), Way::new("/recover", "All ways back in")],
    })
}
