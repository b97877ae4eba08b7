//! Reaching us: the advice that everybody can read, and the customer's cases.

use domain::Time;
use domain::support::{self, ADVICE};
use serde::Serialize;
use utoipa::ToSchema;

use super::Answer;
use crate::forms::Json;
use crate::{Customer, Web};

/// How to stay safe, and how to reach us.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Help {
    /// The one address of the site.
    site: String,
    /// Where customers write to. We never phone, and we never ask anybody to install anything but an authenticator app.
    support_address: String,
    /// What we advise.
    advice: Vec<Advice>,
}

/// One piece of advice.
#[derive(Debug, Serialize, ToSchema)]
struct Advice {
    /// Stable name.
    code: &'static str,
    /// In a few words.
    title: &'static str,
    /// What it means and why.
    text: &'static str,
}

pub(crate) async fn help(web: Web) -> Json<Help> {
    let advice = ADVICE.iter().map(|piece| Advice { code: piece.code, title: piece.title, text: piece.text });
    Json(Help {
        site: web.origin().to_owned(),
        support_address: web.app().settings().operator.support_address.clone(),
        advice: advice.collect(),
    })
}

/// The customer's cases.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cases {
    /// Newest first.
    cases: Vec<Case>,
}

/// One case that support works on.
#[derive(Debug, Serialize, ToSchema)]
struct Case {
    /// What to quote.
    reference: String,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    opened_at: Time,
}

pub(crate) async fn cases(web: Web, customer: Customer) -> Answer<Cases> {
    let account = customer.account();
    let cases = web.app().view(move |view| support::cases(view, account)).await?;
    let cases = cases.into_iter().map(|case| Case { reference: case.reference, opened_at: case.opened_at });
    Ok(Json(Cases { cases: cases.collect() }))
}
