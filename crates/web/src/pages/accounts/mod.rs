//! Opening an account.

pub(crate) mod email;
mod view;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use domain::accounts;
use domain::credentials::Beside;
use domain::refusal::Refusal;
use serde::Deserialize;

use crate::cookies::Jar;
use crate::evenly::evenly;
use crate::forms::{Form, TypedEmail, TypedPassword};
use crate::pages::answer::{Answer, place, refusal, sentence, show, show_as, status};
use crate::pages::credentials::{Strength, answer_strength, judge};
use crate::pages::frame::{Field, Frame};
use crate::{Visitor, Web};

pub use email::{ChangeWaiting, ConfirmEmailPage, EmailPage, UndoEmailPage};
pub use view::{CheckMailPage, ConfirmPage, SignUpPage};

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    email: TypedEmail,
    password: TypedPassword,
}

/// `GET /sign-up`
pub(crate) async fn form(web: Web) -> Answer {
    show(&blank(&web))
}

/// `POST /sign-up`
pub(crate) async fn open(web: Web, visitor: Visitor, form: Form<SignUp>) -> Answer {
    let mut page = SignUpPage { email: Field::typed(form.typed.get("email"), 254), ..blank(&web) };
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            let mut fields = [("email", &mut page.email), ("password", &mut page.password)];
            page.problem = place(&mistake, &mut fields);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let actor = visitor.actor(&web);
    let opening = async {
        let opening = accounts::prepare(web.app(), &actor, said.email.as_str(), said.password.reveal()).await?;
        evenly(accounts::open_prepared(web.app(), &actor, opening)).await
    };
    match opening.await {
        Ok(browser) => {
            let rules = &web.app().settings().link;
            let email = said.email.into_string();
            let page =
                CheckMailPage { frame: Frame::stranger(&web, "sign-up"), email, hours: rules.confirm_address_hours };
            let kept = Jar::Pending.keep(&browser, rules.confirm_address().try_into().ok());
            Ok((AppendHeaders([(header::SET_COOKIE, kept)]), show(&page)?).into_response())
        }
        Err(stop) => {
            let refused = refusal(stop)?;
            match &refused {
                Refusal::AddressUnfit => page.email.error = Some(sentence(&refused)),
                Refusal::PasswordUnfit(weaknesses) => {
                    page.password.error = Some(refused.spec().title.to_owned());
                    page.strength = Some(Strength::refused(weaknesses));
                }
                _ => page.problem = Some(sentence(&refused)),
            }
            show_as(status(&refused), &page)
        }
    }
}

/// `POST /sign-up/check`: what we think of the password, for the button without script and for the meter with it.
pub(crate) async fn check(web: Web, visitor: Visitor, headers: HeaderMap, form: Form<SignUp>) -> Answer {
    let mut page = SignUpPage { email: Field::typed(form.typed.get("email"), 254), ..blank(&web) };
    let beside = Beside { email: Some(form.typed.get("email")), ..Beside::default() };
    let strength = judge(&web, &visitor.actor(&web), form.typed.get("password"), &beside).await?;
    answer_strength(&headers, strength, |strength| {
        page.strength = Some(strength);
        show(&page)
    })
}

fn blank(web: &Web) -> SignUpPage {
    SignUpPage {
        frame: Frame::stranger(web, "sign-up"),
        problem: None,
        email: Field::empty(254),
        password: Field::empty(1024),
        characters_min: web.app().settings().password.characters_min,
        strength: None,
    }
}
