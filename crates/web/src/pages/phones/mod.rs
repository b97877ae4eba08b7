//! The phone that gets our SMS.

mod view;

use axum::http::StatusCode;
use domain::notifications::Delivery;
use domain::phones::{self, Asked, Confirmed};
use domain::refusal::Refusal;
use serde::Deserialize;

use crate::answers::Problem;
use crate::forms::{Form, Hidden, Query, Text};
use crate::pages::answer::{Answer, on_to, place, refusal, sentence, show, show_as, status};
use crate::pages::approvals;
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::{Field, When};
use crate::{Customer, Web};

pub use view::{NumberShown, PhonePage};

/// Most characters of a number as people type it.
const NUMBER_MAX: u32 = 40;

/// Most characters of a code as people type it, spaces and all.
const CODE_MAX: u32 = 16;

const HERE: &str = "/settings/phone";

/// `GET /settings/phone`
pub(crate) async fn form(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let mut page = blank(&web, &customer).await?;
    page.frame = page.frame.after(done);
    show(&page)
}

/// What the first form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Number {
    number: Text<40>,
}

/// `POST /settings/phone`
pub(crate) async fn ask(web: Web, customer: Customer, form: Form<Number>) -> Answer {
    let typed = Field::typed(form.typed.get("number"), NUMBER_MAX);
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            let mut page = PhonePage { number: typed, ..blank(&web, &customer).await? };
            page.problem = place(&mistake, &mut [("number", &mut page.number)]);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| phones::ask(change, account, said.number.as_str());
    match web.app().change(&customer.actor(&web), action).await {
        Ok(Asked::Sent { .. }) => Ok(on_to(HERE, Done::CodeSent)),
        Ok(Asked::Already) => Ok(on_to(HERE, Done::PhoneConfirmed)),
        Err(stop) => {
            let refused = refusal(stop)?;
            let mut page = PhonePage { number: typed, ..blank(&web, &customer).await? };
            match &refused {
                Refusal::PhoneUnfit | Refusal::PhoneCountryNotServed => page.number.error = Some(sentence(&refused)),
                _ => page.problem = Some(sentence(&refused)),
            }
            show_as(status(&refused), &page)
        }
    }
}

/// What the second form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    code: Hidden<16>,
}

/// `POST /settings/phone/confirm`
pub(crate) async fn confirm(web: Web, customer: Customer, form: Form<Code>) -> Answer {
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            let mut page = blank(&web, &customer).await?;
            page.problem = place(&mistake, &mut [("code", &mut page.code)]);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    match phones::confirm(web.app(), &customer.actor(&web), customer.account(), said.code.reveal()).await {
        Ok(Confirmed { approval: Some(approval), .. }) => Ok(approvals::lead_to(approval)),
        Ok(_) => Ok(on_to(HERE, Done::PhoneConfirmed)),
        Err(stop) => {
            let refused = refusal(stop)?;
            let mut page = blank(&web, &customer).await?;
            if page.waiting.is_some() {
                page.code.error = Some(sentence(&refused));
            } else {
                // Its tries or its time are over: there is no field any more to say it beside.
                page.problem = Some(sentence(&refused));
            }
            show_as(status(&refused), &page)
        }
    }
}

/// `POST /settings/phone/remove`: leads to the page that confirms it.
pub(crate) async fn remove(web: Web, customer: Customer) -> Answer {
    let account = customer.account();
    let asked = web.app().change(&customer.actor(&web), move |change| phones::remove(change, account)).await?;
    Ok(asked.map_or_else(|| on_to(HERE, Done::PhoneRemoved), approvals::lead_to))
}

async fn blank(web: &Web, customer: &Customer) -> Result<PhonePage, Problem> {
    let (frame, shown) = read(web, customer, "phone", phones::show).await?;
    let number = |ending, at| NumberShown { ending, when: When::at(at) };
    Ok(PhonePage {
        frame,
        problem: None,
        offered: shown.offered,
        replies: web.app().settings().phone.replies,
        phone: shown.phone.map(|phone| number(phone.number.ending(), phone.confirmed_at)),
        last_sms: match shown.last_sms {
            Some(Delivery::Delivered) => "The last SMS to it arrived.",
            Some(Delivery::Failed) => "The last SMS to it did not arrive. Is it still your number?",
            Some(Delivery::OnItsWay) | None => "",
        },
        waiting: shown.waiting.map(|code| number(code.number.ending(), code.expires_at)),
        number: Field::empty(NUMBER_MAX),
        code: Field::empty(CODE_MAX),
    })
}
