//! Confirming a sensitive change: the page says exactly what will happen, and takes a proof for that and nothing else.

mod view;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Span;
use domain::approvals::{self, Given, Outcome, Shown};
use domain::ids::ApprovalId;
use domain::protections::{self, Carried, Effect, Sensitive};
use domain::refusal::Refusal;

use crate::answers::Problem;
use crate::api::approvals::Proving;
use crate::cookies::Jar;
use crate::forms::{Form, PathPart};
use crate::pages::answer::{Answer, on_to, refusal, sentence, show, show_as, status};
use crate::pages::around::read;
use crate::pages::credentials::reset::WRONG_RECOVERY_CODE;
use crate::pages::done::Done;
use crate::pages::frame::When;
use crate::pages::home::Way;
use crate::pages::second_factors;
use crate::pages::trouble::DonePage;
use crate::{Customer, Web};

pub use view::{ApprovePage, Offer};

/// Asks for a sensitive change and leads to the page that confirms it.
pub(crate) async fn begin(web: &Web, customer: &Customer, what: Sensitive) -> Answer {
    let session = customer.signed_in.session.id;
    let change = move |change: &mut domain::Change<'_>| approvals::ask(change, session, &what);
    let id = web.app().change(&customer.actor(web), change).await?;
    Ok(lead_to(id))
}

/// Leads to the page that confirms what was asked for.
pub(crate) fn lead_to(id: ApprovalId) -> Response {
    Redirect::to(&format!("/approve/{id}")).into_response()
}

/// `GET /approve/{approval}`
pub(crate) async fn form(web: Web, customer: Customer, PathPart(id): PathPart<ApprovalId>) -> Answer {
    show(&page(&web, &customer, id).await?)
}

/// `POST /approve/{approval}`
pub(crate) async fn prove(
    web: Web,
    customer: Customer,
    PathPart(id): PathPart<ApprovalId>,
    form: Form<Proving>,
) -> Answer {
    let shown = page(&web, &customer, id).await?;
    let given = match form.said.and_then(|proving| proving.given()) {
        Ok(given) => given,
        Err(mistake) => {
            let problem = Some(format!("{} Nothing was changed.", Problem::mistake(&mistake).title));
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &ApprovePage { problem, ..shown });
        }
    };
    let by_recovery_code = matches!(given, Given::RecoveryCode(_));
    match approvals::prove(web.app(), &customer.actor(&web), id, given).await {
        Ok(Outcome::More(_)) => show(&ApprovePage { more: true, ..page(&web, &customer, id).await? }),
        Ok(Outcome::Proved { carried, fresh }) => {
            let mut response = afterwards(&shown, carried)?;
            if let Some(fresh) = fresh {
                response.headers_mut().append(header::SET_COOKIE, Jar::Session.keep(&fresh, None));
            }
            Ok(response)
        }
        Err(stop) => {
            let refused = refusal(stop)?;
            let problem = match refused {
                Refusal::WrongCode if by_recovery_code => WRONG_RECOVERY_CODE.to_owned(),
                _ => sentence(&refused),
            };
            show_as(status(&refused), &ApprovePage { problem: Some(problem), ..shown })
        }
    }
}

/// Where the customer goes once it is proved.
fn afterwards(shown: &ApprovePage, carried: Carried) -> Answer {
    let effect = match carried {
        Carried::Waits(waiting) => {
            let done = if waiting.what.rule().title == shown.title { Done::WaitsNow } else { Done::WaitsSooner };
            return Ok(on_to("/settings/timers", done));
        }
        Carried::Out(effect) => effect,
    };
    match effect {
        Effect::SetUpApp(factor) => Ok(Redirect::to(&format!("/settings/factors/app/{factor}")).into_response()),
        Effect::RegisterPasskey => Ok(Redirect::to("/settings/passkeys/new").into_response()),
        Effect::Codes(codes) => show(&second_factors::codes(shown.frame.clone(), codes)),
        Effect::ConfirmEmail => show(&DonePage {
            frame: shown.frame.clone(),
            title: "Now open the letter in your new mailbox".to_owned(),
            text: "Open its link in this browser within 24 hours. Until then nothing changes, and your present address goes on working.".to_owned(),
            ways: vec![Way::new("/home", "Overview")],
        }),
        Effect::Done => show(&DonePage {
            frame: shown.frame.clone(),
            title: "Done".to_owned(),
            text: shown.effect.to_owned(),
            ways: vec![Way::new("/settings/timers", "What waits"), Way::new("/home", "Overview")],
        }),
    }
}

async fn page(web: &Web, customer: &Customer, id: ApprovalId) -> Result<ApprovePage, Problem> {
    let session = customer.signed_in.session.id;
    let rules = web.app().settings().protection.clone();
    let (frame, (shown, detail, wait, held)) = read(web, customer, "settings", move |view, account| {
        let shown = approvals::show(view, account, session, id)?;
        let account = view.rows().account_by_id(account)?.ok_or(domain::Refusal::NotSignedIn)?;
        let wait = shown.approval.what.wait(&rules, account.lock.as_ref());
        let detail = match &shown.approval.what {
            Sensitive::RemoveFactor { factor } => {
                let factors = domain::second_factors::list(view, account.id)?;
                factors.into_iter().find(|held| held.id == *factor).map(|held| format!("“{}”", held.name))
            }
            Sensitive::ChangeEmail { new } => Some(format!("The new address is {new}.")),
            Sensitive::ChangePhone { new: Some(new) } => Some(format!("The new number is {new}.")),
            Sensitive::ChangePhone { new: None } => Some("Your phone is removed.".to_owned()),
            Sensitive::ArmLock { days: 1 } => Some("Unlocking will take 1 day.".to_owned()),
            Sensitive::ArmLock { days } => Some(format!("Unlocking will take {days} days.")),
            _ => None,
        };
        Ok((shown, detail, wait, protections::standing(view, &account)?.held_until()))
    })
    .await?;
    let Shown { approval, methods } = shown;
    let rule = approval.what.rule();
    Ok(ApprovePage {
        frame,
        action: format!("/approve/{id}"),
        title: rule.title,
        effect: rule.effect,
        detail,
        wait: view::waits(wait),
        then: view::then(&approval.what),
        held: held.filter(|_| rule.voidable && wait != Span::ZERO).map(When::at),
        holds: rule.holds,
        hold_hours: web.app().settings().protection.hold_hours,
        until: When::at(approval.expires_at),
        more: !approval.proofs.is_empty(),
        offers: methods.iter().filter_map(|method| Offer::of(*method)).collect(),
        problem: None,
    })
}
