//! Ways to prove that it is you: the list, setting up an authenticator app, and recovery codes.

mod qr;
mod view;

use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use domain::ids::{AccountId, FactorId};
use domain::protections::{self, Sensitive};
use domain::refusal::Refusal;
use domain::second_factors::{self, Factor, FactorKind};
use domain::{Stop, View};
use serde::Deserialize;

use crate::answers::Problem;
use crate::cookies::Jar;
use crate::forms::{Form, Hidden, PathPart, Query, Text};
use crate::pages::answer::{Answer, on_to, place, refusal, sentence, show, show_as, status};
use crate::pages::approvals;
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::{Field, Frame, When};
use crate::{Customer, Web};

pub use qr::svg;
pub use view::{CodesPage, FactorRow, FactorsPage, SetUpPage, SmsCodesShown, download};

/// `GET /settings/factors`
pub(crate) async fn list(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let (frame, (rows, sms)) = read(&web, &customer, "factors", |view, account| {
        let (mut rows, now, timers) = (Vec::new(), view.now(), protections::timers(view, account)?);
        let owner = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
        let sleeping = second_factors::sleeping(view, &owner)?;
        for factor in second_factors::list(view, account)? {
            let left = match factor.kind {
                FactorKind::RecoveryCodes => Some(view.rows().recovery_codes_left(account, factor.id)?),
                FactorKind::App | FactorKind::Passkey => None,
            };
            let removal = Sensitive::RemoveFactor { factor: factor.id };
            let leaving = timers.iter().find(|timer| timer.what == removal).map(|timer| When::at(timer.soonest(now)));
            let asleep = sleeping.iter().any(|held| held.id == factor.id);
            rows.push(FactorRow { leaving, asleep, ..row(&factor, left) });
        }
        Ok((rows, sms_codes(view, account)?))
    })
    .await?;
    show(&FactorsPage {
        frame: frame.after(done),
        has_codes: rows.iter().any(|row| row.codes_left.is_some()),
        asked_for: rows.iter().any(|row| row.codes_left.is_none()),
        factors: rows,
        sms,
    })
}

/// Codes by SMS, if they are worth a word: not where nobody sends them, nor where there is something stronger.
fn sms_codes(view: &mut View<'_>, account: AccountId) -> Result<Option<SmsCodesShown>, Stop> {
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let standing = protections::standing(view, &account)?;
    if !standing.sms.chosen && (!standing.sms.allowed || standing.has_second_factor()) {
        return Ok(None);
    }
    let ending = view.rows().phone(account.id)?.map(|phone| phone.number.ending());
    Ok(Some(SmsCodesShown { ending, chosen: standing.sms.chosen, asked_for: standing.asks_sms() }))
}

/// Whether signing in asks for a code by SMS.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switched {
    on: bool,
}

/// `POST /settings/factors/sms`
pub(crate) async fn sms(web: Web, customer: Customer, form: Form<Switched>) -> Answer {
    let Switched { on } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let what = if on { Sensitive::SmsCodes } else { Sensitive::SmsCodesOff };
    approvals::begin(&web, &customer, what).await
}

fn row(factor: &Factor, codes_left: Option<i64>) -> FactorRow {
    FactorRow {
        id: factor.id.to_string(),
        kind: match factor.kind {
            FactorKind::App => "Authenticator app",
            FactorKind::Passkey => "Passkey",
            FactorKind::RecoveryCodes => "Recovery codes",
        },
        name: factor.name.clone(),
        added: When::at(factor.added_at),
        used: factor.last_used_at.map(When::at),
        ends: factor.over_at.map(When::at),
        leaving: None,
        codes_left,
        asleep: false,
    }
}

/// What sleeps until the account is unfrozen, each with when its removal takes effect where that was asked for.
pub(crate) fn sleeping(view: &mut View<'_>, account: AccountId) -> Result<Vec<FactorRow>, Stop> {
    let (now, timers) = (view.now(), protections::timers(view, account)?);
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let leaves = |factor: FactorId| {
        let removal = Sensitive::RemoveFactor { factor };
        timers.iter().find(|timer| timer.what == removal).map(|timer| When::at(timer.soonest(now)))
    };
    let rows = second_factors::sleeping(view, &account)?.into_iter();
    Ok(rows.map(|factor| FactorRow { leaving: leaves(factor.id), asleep: true, ..row(&factor, None) }).collect())
}

/// `POST /settings/factors/app`
pub(crate) async fn add_app(web: Web, customer: Customer) -> Answer {
    approvals::begin(&web, &customer, Sensitive::AddApp).await
}

/// `POST /settings/factors/codes`
pub(crate) async fn renew_codes(web: Web, customer: Customer) -> Answer {
    approvals::begin(&web, &customer, Sensitive::RenewRecoveryCodes).await
}

/// Which factor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    factor: FactorId,
}

/// `POST /settings/factors/remove`
pub(crate) async fn remove(web: Web, customer: Customer, form: Form<Which>) -> Answer {
    let Which { factor } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    approvals::begin(&web, &customer, Sensitive::RemoveFactor { factor }).await
}

/// A factor and its new name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Naming {
    factor: FactorId,
    name: Text<60>,
}

/// `POST /settings/factors/name`
pub(crate) async fn name(web: Web, customer: Customer, form: Form<Naming>) -> Answer {
    let Naming { factor, name } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let account = customer.account();
    let change = move |change: &mut domain::Change<'_>| second_factors::name(change, account, factor, name.as_str());
    web.app().change(&customer.actor(&web), change).await?;
    Ok(on_to("/settings/factors", Done::ChoicesSaved))
}

/// `GET /settings/factors/app/{factor}`
pub(crate) async fn set_up(web: Web, customer: Customer, PathPart(factor): PathPart<FactorId>) -> Answer {
    show(&offered(&web, &customer, factor).await?)
}

/// A code of the app that is being set up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Coded {
    code: Hidden<64>,
}

/// `POST /settings/factors/app/{factor}`
pub(crate) async fn confirm(
    web: Web,
    customer: Customer,
    PathPart(factor): PathPart<FactorId>,
    form: Form<Coded>,
) -> Answer {
    // Sent again after Back: it was done the first time.
    let (_, confirmed) = read(&web, &customer, "factors", move |view, account| {
        Ok(second_factors::list(view, account)?.iter().any(|held| held.id == factor))
    })
    .await?;
    if confirmed {
        return Ok(on_to("/settings/factors", Done::AppAdded));
    }
    let mut page = offered(&web, &customer, factor).await?;
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            page.problem = place(&mistake, &mut [("code", &mut page.code)]);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    match second_factors::confirm_app(web.app(), &customer.actor(&web), factor, said.code.reveal()).await {
        Ok((_, fresh)) => {
            let kept = AppendHeaders([(header::SET_COOKIE, Jar::Session.keep(&fresh, None))]);
            Ok((kept, on_to("/settings/factors", Done::AppAdded)).into_response())
        }
        Err(stop) => {
            let refused = refusal(stop)?;
            match refused {
                Refusal::WrongCode | Refusal::CodeUnfit => page.code.error = Some(sentence(&refused)),
                _ => page.problem = Some(sentence(&refused)),
            }
            show_as(status(&refused), &page)
        }
    }
}

async fn offered(web: &Web, customer: &Customer, factor: FactorId) -> Result<SetUpPage, Problem> {
    let session = customer.signed_in.session.id;
    let (frame, key) =
        read(web, customer, "factors", move |view, account| second_factors::offered(view, account, session, factor))
            .await?;
    Ok(SetUpPage {
        frame,
        qr: qr::svg(&key.url).ok_or_else(|| Problem::fault("an address does not fit into a QR code"))?,
        key: key.key,
        url: key.url,
        until: When::at(key.until),
        action: format!("/settings/factors/app/{factor}"),
        problem: None,
        code: Field::empty(64),
    })
}

/// Recovery codes that were just made: shown once, to be written down, printed or downloaded.
pub(crate) fn codes(frame: Frame, codes: Vec<String>) -> CodesPage {
    CodesPage { download: view::download(&frame, &codes), frame: Frame { here: "factors", ..frame }, codes }
}
