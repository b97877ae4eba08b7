//! Passkeys: the list, registering one, and signing in with one. What only a browser can ask for is asked for by
//! `assets/passkeys.js`; the answer comes back as a form like every other.

mod view;

use axum::http::header;
use axum::response::{AppendHeaders, IntoResponse};
use domain::ids::{ApprovalId, FactorId};
use domain::protections::{self, Sensitive};
use domain::refusal::Refusal;
use domain::second_factors::{self, passkeys};
use domain::sessions::sign_in_by_passkey;
use serde::Deserialize;

use crate::answers::Problem;
use crate::api::passkeys::Started;
use crate::cookies::Jar;
use crate::forms::{Form, Hidden, Json, PathPart, Query, Text};
use crate::next::on_from_sign_in;
use crate::pages::answer::{Answer, on_to, refusal, sentence, show, show_as, status};
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::When;
use crate::pages::{approvals, sessions};
use crate::{Customer, Visitor, Web};

pub use view::{NewPasskeyPage, PasskeyRow, PasskeysPage};

/// What a browser gave, as the script puts it into the form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proved {
    assertion: Hidden<16384>,
    next: Option<String>,
}

/// `POST /sign-in/passkey/start`
pub(crate) async fn start_sign_in(web: Web) -> Result<Json<Started>, Problem> {
    let started = passkeys::start_sign_in(web.app())?;
    Ok(Json(Started::of(started)))
}

/// `POST /sign-in/passkey`
pub(crate) async fn sign_in(web: Web, visitor: Visitor, form: Form<Proved>) -> Answer {
    let said = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let actor = visitor.actor(&web);
    let kept = (visitor.devices.as_slice(), visitor.pending.as_ref());
    match sign_in_by_passkey(web.app(), &actor, kept, said.assertion.reveal()).await {
        Ok(new) => Ok(sessions::enter(&web, &visitor, new, &on_from_sign_in(&web, said.next.as_deref()))),
        Err(stop) => {
            let refused = refusal(stop)?;
            let mut page = sessions::blank(&web, said.next.as_deref());
            page.problem = Some(sentence(&refused));
            page.passkey_unknown = refused == Refusal::PasskeyUnknown;
            show_as(status(&refused), &page)
        }
    }
}

/// `POST /approve/{approval}/passkey`
pub(crate) async fn start_approval(
    web: Web,
    customer: Customer,
    PathPart(approval): PathPart<ApprovalId>,
) -> Result<Json<Started>, Problem> {
    crate::api::passkeys::start_approval(web, customer, PathPart(approval)).await
}

/// `GET /settings/passkeys`
pub(crate) async fn list(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let (frame, (listed, only, removals, sleeping)) = read(&web, &customer, "passkeys", |view, account| {
        let now = view.now();
        let removals = protections::timers(view, account)?.into_iter();
        let removals: Vec<_> = removals.map(|timer| (timer.soonest(now), timer.what)).collect();
        let owner = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
        let sleeping = second_factors::sleeping(view, &owner)?;
        Ok((passkeys::list(view, account)?, owner.passkey_only, removals, sleeping))
    })
    .await?;
    let row = |passkey: passkeys::Listed| {
        let removal = Sensitive::RemoveFactor { factor: passkey.id };
        let leaving = removals.iter().find(|(_, what)| *what == removal).map(|(soonest, _)| When::at(*soonest));
        let asleep = sleeping.iter().any(|held| held.id == passkey.id);
        PasskeyRow::of(passkey, leaving, asleep)
    };
    show(&PasskeysPage {
        frame: frame.after(done),
        relying_party: passkeys::relying_party(web.app().settings()),
        user: view::encoded(customer.account().as_bytes()),
        accepted: listed.iter().map(|passkey| passkey.credential.clone()).collect::<Vec<_>>().join(" "),
        passkeys: listed.into_iter().map(row).collect(),
        only,
    })
}

/// `POST /settings/passkeys/add`
pub(crate) async fn add(web: Web, customer: Customer) -> Answer {
    if !passkeys::available(web.app().settings()) {
        return Err(Refusal::NoPasskeysHere.into());
    }
    approvals::begin(&web, &customer, Sensitive::AddPasskey).await
}

/// Which passkey.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    passkey: FactorId,
}

/// `POST /settings/passkeys/remove`
pub(crate) async fn remove(web: Web, customer: Customer, form: Form<Which>) -> Answer {
    let Which { passkey } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    approvals::begin(&web, &customer, Sensitive::RemoveFactor { factor: passkey }).await
}

/// Another name for a passkey.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Renaming {
    passkey: FactorId,
    name: Text<60>,
}

/// `POST /settings/passkeys/rename`
pub(crate) async fn rename(web: Web, customer: Customer, form: Form<Renaming>) -> Answer {
    let Renaming { passkey, name } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| passkeys::rename(change, account, passkey, name.as_str());
    web.app().change(&customer.actor(&web), action).await?;
    Ok(on_to("/settings/passkeys", Done::ChoicesSaved))
}

/// Whether only passkeys open the account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Only {
    only: bool,
}

/// `POST /settings/passkeys/only`
pub(crate) async fn only(web: Web, customer: Customer, form: Form<Only>) -> Answer {
    let Only { only } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let what = if only { Sensitive::PasskeyOnly } else { Sensitive::PasskeyOnlyOff };
    approvals::begin(&web, &customer, what).await
}

/// `GET /settings/passkeys/new`
pub(crate) async fn form(web: Web, customer: Customer) -> Answer {
    show(&page(&web, &customer).await?)
}

async fn page(web: &Web, customer: &Customer) -> Result<NewPasskeyPage, Problem> {
    let session = customer.signed_in.session.id;
    let reading = move |view: &mut domain::View<'_>, account| passkeys::may_register(view, account, session);
    let (frame, allowed) = read(web, customer, "passkeys", reading).await?;
    Ok(NewPasskeyPage { frame, allowed, problem: None, longest: passkeys::NAME_MAX })
}

/// `POST /settings/passkeys/new/start`
pub(crate) async fn start_registering(web: Web, customer: Customer) -> Result<Json<Started>, Problem> {
    crate::api::passkeys::start_registering(web, customer).await
}

/// What the form of a new passkey sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    credential: Hidden<16384>,
    name: Option<Text<60>>,
}

/// `POST /settings/passkeys/new`
pub(crate) async fn register(web: Web, customer: Customer, form: Form<Made>) -> Answer {
    let Made { credential, name } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let name = name.as_ref().map_or("", Text::as_str);
    match passkeys::register(web.app(), &customer.actor(&web), credential.reveal(), name).await {
        Ok((_, fresh)) => {
            let kept = AppendHeaders([(header::SET_COOKIE, Jar::Session.keep(&fresh, None))]);
            Ok((kept, on_to("/settings/passkeys", Done::PasskeyAdded)).into_response())
        }
        Err(stop) => {
            let refused = refusal(stop)?;
            // Sent again after Back: it was done the first time.
            if refused == Refusal::CeremonyOver && is_there(&web, &customer, credential.reveal()).await? {
                return Ok(on_to("/settings/passkeys", Done::PasskeyAdded));
            }
            let problem = Some(sentence(&refused));
            show_as(status(&refused), &NewPasskeyPage { problem, ..page(&web, &customer).await? })
        }
    }
}

/// Whether what a browser made is one of the customer's passkeys already.
async fn is_there(web: &Web, customer: &Customer, credential: &str) -> Result<bool, Problem> {
    let made: serde_json::Value = serde_json::from_str(credential).unwrap_or_default();
    let account = customer.account();
    let theirs = web.app().view(move |view| passkeys::list(view, account)).await?;
    Ok(theirs.iter().any(|passkey| made["id"] == passkey.credential.as_str()))
}
