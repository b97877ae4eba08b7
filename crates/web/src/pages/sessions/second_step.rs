//! The second step of signing in: a code, once the password was right.

use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use domain::approvals::Given;
use domain::protections::{Carried, Method, Waiting};
use domain::refusal::Refusal;
use domain::sessions::{self, SecondStep, SignInOutcome};
use domain::{SecretText, Stop};
use serde::Deserialize;

use super::view::{SecondStepPage, SmsShown};
use super::{enter, waiting};
use crate::answers::Problem;
use crate::cookies::Jar;
use crate::forms::{Form, Hidden, Query};
use crate::next::{come_back_to, on_from_sign_in};
use crate::pages::answer::{Answer, Answered, Chosen, UNANSWERED, place, refusal, sentence, show, show_as, status};
use crate::pages::credentials::reset::{WRONG_RECOVERY_CODE, code_given, losing_page};
use crate::pages::frame::{Field, Frame, When};
use crate::{Visitor, Web};

/// Where the visitor wants to go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arriving {
    next: Option<String>,
}

/// What one of the forms sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    code: Option<Hidden<64>>,
    recovery_code: Option<Hidden<64>>,
    sms_code: Option<Hidden<64>>,
    next: Option<String>,
}

/// The answer to a right password: the browser keeps what it goes on with.
pub(super) fn ask(web: &Web, secret: &SecretText, next: Option<&str>) -> Response {
    let to = match come_back_to(web, next) {
        Some(next) => format!("/sign-in/code?next={next}"),
        None => "/sign-in/code".to_owned(),
    };
    let kept = Jar::Pending.keep(secret, web.app().settings().link.new_device().try_into().ok());
    super::with_cookies(vec![kept], Redirect::to(&to).into_response())
}

/// `GET /sign-in/code`
pub(crate) async fn form(web: Web, visitor: Visitor, Query(arriving): Query<Arriving>) -> Answer {
    match at(&web, &visitor).await? {
        Some((_, step)) => show(&page(&web, &step, arriving.next.as_deref())),
        None => Ok(Redirect::to("/sign-in").into_response()),
    }
}

/// `POST /sign-in/code`
pub(crate) async fn prove(web: Web, visitor: Visitor, form: Form<Said>) -> Answer {
    let Some((secret, asked_for)) = at(&web, &visitor).await? else {
        return Err(Problem::refusal(&Refusal::SignInOver));
    };
    let mut page = page(&web, &asked_for, Some(form.typed.get("next")));
    let typed = [form.typed.get("recovery_code"), form.typed.get("code")].concat();
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            let mut fields = [
                ("code", &mut page.code),
                ("recovery_code", &mut page.recovery_code),
                ("sms_code", &mut page.sms_code),
            ];
            page.problem = place(&mistake, &mut fields);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    // A recovery code in the field of the app is one all the same.
    let long = |typed: &Hidden<64>| matches!(code_given(typed.reveal()), Given::RecoveryCode(_));
    let by_recovery_code = said.sms_code.is_none()
        && (said.recovery_code.is_some() || page.by_recovery_code && said.code.as_ref().is_some_and(long));
    let by_app = said.sms_code.is_none() && !by_recovery_code;
    let actor = visitor.actor(&web);
    let (outcome, field) = match (said.sms_code, said.recovery_code.or(said.code)) {
        (Some(typed), _) => {
            (sessions::prove_by_sms(web.app(), &actor, &secret, typed.reveal()).await, &mut page.sms_code)
        }
        (None, Some(typed)) if by_recovery_code => {
            let given = Given::RecoveryCode(typed.reveal().to_owned());
            (sessions::prove_factor(web.app(), &actor, &secret, &given).await, &mut page.recovery_code)
        }
        (None, typed) => {
            let given = Given::Code(typed.map_or(String::new(), |typed| typed.reveal().to_owned()));
            (sessions::prove_factor(web.app(), &actor, &secret, &given).await, &mut page.code)
        }
    };
    let next = said.next.as_deref();
    match outcome {
        Ok(SignInOutcome::In(new)) => {
            let response = enter(&web, &visitor, new, &on_from_sign_in(&web, next));
            Ok((AppendHeaders([(header::SET_COOKIE, Jar::Pending.forget())]), response).into_response())
        }
        Ok(SignInOutcome::Waiting(secret)) => waiting(&web, &visitor, asked_for.email, (&secret, None), next),
        Ok(SignInOutcome::Unusual { secret, why }) => {
            waiting(&web, &visitor, asked_for.email, (&secret, Some(&why)), next)
        }
        Ok(SignInOutcome::SecondStep { .. }) => Err(Problem::fault("a second step led to a second step")),
        Err(stop) => {
            let refused = refusal(stop)?;
            match refused {
                // Whoever mistyped one of so many letters finds it only where they still stand.
                Refusal::WrongCode if by_recovery_code => {
                    *field = Field::typed(&typed, 64).wrong(WRONG_RECOVERY_CODE);
                }
                Refusal::CodeUnfit if by_recovery_code => {
                    *field = Field::typed(&typed, 64).wrong(sentence(&refused));
                }
                Refusal::CodeUnfit if !by_app => field.error = Some(SMS_UNFIT.to_owned()),
                Refusal::WrongCode | Refusal::WrongPhoneCode | Refusal::CodeUnfit => {
                    field.error = Some(sentence(&refused));
                }
                Refusal::TooManyTries { until } => {
                    let instead = by_app && page.by_recovery_code;
                    page.problem = Some(too_many(&When::at(until), until < asked_for.until, instead));
                }
                _ => page.problem = Some(sentence(&refused)),
            }
            show_as(status(&refused), &page)
        }
    }
}

/// What is said of something that no SMS of ours brought.
const SMS_UNFIT: &str = "The code in the SMS has six digits. Nothing was changed.";

/// What the button sends that asks for an SMS.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sending {
    next: Option<String>,
}

/// `POST /sign-in/code/send`
pub(crate) async fn send(web: Web, visitor: Visitor, form: Form<Sending>) -> Answer {
    let Some((secret, asked_for)) = at(&web, &visitor).await? else {
        return Err(Problem::refusal(&Refusal::SignInOver));
    };
    let next = form.said.ok().and_then(|said| said.next);
    let change = move |change: &mut domain::Change<'_>| sessions::send_code(change, &secret);
    match web.app().change(&visitor.actor(&web), change).await {
        Ok(_) => {
            let next = come_back_to(&web, next.as_deref()).map_or(String::new(), |next| format!("?next={next}"));
            Ok(Redirect::to(&format!("/sign-in/code{next}")).into_response())
        }
        Err(stop) => {
            let refused = refusal(stop)?;
            let problem = Some(sentence(&refused));
            show_as(status(&refused), &SecondStepPage { problem, ..page(&web, &asked_for, next.as_deref()) })
        }
    }
}

/// What somebody reads who gave too many wrong codes: when the next counts, which may be after this sign-in is over.
fn too_many(until: &When, in_time: bool, recovery_code: bool) -> String {
    let next = if in_time {
        format!("The next one counts from {}.", until.text)
    } else {
        format!("The next one counts from {}, when this sign-in is over: start again then.", until.text)
    };
    let instead = if recovery_code { " A recovery code works at once." } else { "" };
    format!("There were too many wrong codes. Nothing was changed. {next}{instead}")
}

/// `POST /sign-in/lost`: the answer "I lost them".
pub(crate) async fn lost(web: Web, visitor: Visitor, form: Form<Answered>) -> Answer {
    let Some((secret, asked_for)) = at(&web, &visitor).await? else {
        return Err(Problem::refusal(&Refusal::SignInOver));
    };
    if form.said.map(|said| said.answer) != Ok(Chosen::Lost) {
        let page = SecondStepPage { problem: Some(UNANSWERED.to_owned()), ..page(&web, &asked_for, None) };
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let change = move |change: &mut domain::Change<'_>| sessions::lose_factors(change, &secret);
    let (account, carried) = web.app().change(&visitor.actor(&web), change).await?;
    let Carried::Waits(Waiting { timer, .. }) = carried else { return Err(Problem::refusal(&Refusal::NothingToDo)) };
    show(&losing_page(&web, &visitor, account, timer).await?)
}

/// The second step that this browser is at.
async fn at(web: &Web, visitor: &Visitor) -> Result<Option<(SecretText, SecondStep)>, Problem> {
    let Some(secret) = visitor.pending.clone() else { return Ok(None) };
    let looked = secret.clone();
    match web.app().view(move |view| sessions::second_step(view, &looked)).await {
        Ok(step) => Ok(Some((secret, step))),
        Err(Stop::Refused(Refusal::SignInOver)) => Ok(None),
        Err(stop) => Err(Problem::from(stop)),
    }
}

fn page(web: &Web, step: &SecondStep, next: Option<&str>) -> SecondStepPage {
    SecondStepPage {
        frame: Frame::stranger(web, "sign-in"),
        problem: None,
        by_passkey: step.methods.contains(&Method::Passkey),
        by_app: step.methods.contains(&Method::App),
        by_recovery_code: step.methods.contains(&Method::RecoveryCode),
        by_sms: step
            .sms
            .as_ref()
            .map(|sms| SmsShown { ending: sms.ending.clone(), until: sms.sent_until.map(When::at) }),
        sms_code: Field::empty(64),
        code: Field::empty(64),
        recovery_code: Field::empty(64),
        until: When::at(step.until),
        next: come_back_to(web, next).unwrap_or_default(),
    }
}
