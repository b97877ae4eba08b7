//! Changing the password, and saying what we think of a new one.

pub(crate) mod reset;
mod view;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use domain::Actor;
use domain::clock::Time;
use domain::credentials::{self, Beside, Weakness, normalize};
use domain::refusal::Refusal;
use domain::second_factors;
use serde::Deserialize;

use crate::answers::Problem;
use crate::cookies::Jar;
use crate::forms::{Form, Json, Query, TypedPassword};
use crate::pages::answer::{Answer, on_to, place, refusal, sentence, show, show_as, status};
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::Field;
use crate::{Customer, Web};

pub use reset::{ForgotPage, ForgotSentPage, ResetPage};
pub use view::{PasswordPage, Strength};

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    current: TypedPassword,
    password: TypedPassword,
}

/// `GET /settings/password`
pub(crate) async fn form(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let mut page = blank(&web, &customer).await?;
    page.frame = page.frame.after(done);
    show(&page)
}

/// `POST /settings/password`
pub(crate) async fn change(web: Web, customer: Customer, form: Form<Change>) -> Answer {
    let mut page = blank(&web, &customer).await?;
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            let mut fields = [("current", &mut page.current), ("password", &mut page.password)];
            page.problem = place(&mistake, &mut fields);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let actor = customer.actor(&web);
    match credentials::change_password(web.app(), &actor, said.current.reveal(), said.password.reveal()).await {
        Ok((_, fresh)) => {
            let kept = AppendHeaders([(header::SET_COOKIE, Jar::Session.keep(&fresh, None))]);
            Ok((kept, on_to("/settings/password", Done::PasswordChanged)).into_response())
        }
        Err(stop) => {
            let refused = refusal(stop)?;
            match &refused {
                Refusal::WrongPassword => page.current.error = Some(sentence(&refused)),
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

/// `POST /settings/password/check`
pub(crate) async fn check(web: Web, customer: Customer, headers: HeaderMap, form: Form<Change>) -> Answer {
    let mut page = blank(&web, &customer).await?;
    let email = Some(customer.signed_in.email.as_str());
    let beside = Beside { email, second_factor: page.second_factor, by_link: false };
    let strength = judge(&web, &customer.actor(&web), form.typed.get("password"), &beside).await?;
    answer_strength(&headers, strength, |strength| {
        page.strength = Some(strength);
        show(&page)
    })
}

/// Judges a password as it was typed.
pub(crate) async fn judge(web: &Web, actor: &Actor, password: &str, beside: &Beside<'_>) -> Result<Strength, Problem> {
    let judged = credentials::check(web.app(), actor, &normalize(password), beside).await?;
    Ok(if judged.weaknesses.is_empty() {
        Strength::good(judged.score)
    } else {
        Strength { level: judged.score.min(2), ..Strength::refused(&judged.weaknesses) }
    })
}

/// To the meter as JSON, to everybody else as a page.
pub(crate) fn answer_strength(
    headers: &HeaderMap,
    strength: Strength,
    page: impl FnOnce(Strength) -> Answer,
) -> Answer {
    let accepted = headers.get(header::ACCEPT).and_then(|said| said.to_str().ok());
    if accepted == Some("application/json") { Ok(Json(strength).into_response()) } else { page(strength) }
}

impl Strength {
    /// Good enough; a score of 4 is more than that.
    pub(crate) fn good(score: u8) -> Self {
        let verdict = if score >= 4 { "Very good" } else { "Good" };
        let reasons = vec!["Long enough, hard to guess, and not in the lists that thieves use.".to_owned()];
        Self { good_enough: true, level: score, verdict: verdict.to_owned(), reasons }
    }

    /// Not good enough, for these reasons.
    pub(crate) fn refused(weaknesses: &[Weakness]) -> Self {
        let reasons = weaknesses.iter().map(Weakness::sentence).collect();
        Self { good_enough: false, level: 1, verdict: "Not good enough yet".to_owned(), reasons }
    }
}

async fn blank(web: &Web, customer: &Customer) -> Result<PasswordPage, Problem> {
    let (frame, (chosen_at, second_factor, now)) = read(web, customer, "password", |view, account| {
        let chosen_at = view.rows().password_current(account)?.map(|(_, chosen_at)| chosen_at);
        let second_factor = second_factors::asked_for(&second_factors::list(view, account)?);
        Ok((chosen_at, second_factor, view.now()))
    })
    .await?;
    let rules = &web.app().settings().password;
    Ok(PasswordPage {
        frame,
        email: customer.signed_in.email.clone(),
        age: chosen_at.map_or_else(String::new, |chosen_at| age(chosen_at, now, rules.reminder_days).0),
        problem: None,
        current: Field::empty(1024),
        password: Field::empty(1024),
        characters_min: rules.fewest(second_factor),
        second_factor,
        strength: None,
    })
}

/// How old a password is, in a sentence, and whether a new one is due. We suggest and never force.
pub(crate) fn age(chosen_at: Time, now: Time, reminder_days: i64) -> (String, bool) {
    let days = now.duration_since(chosen_at).as_hours() / 24;
    let said = match days {
        0 => "You chose it today.".to_owned(),
        1 => "You chose it yesterday.".to_owned(),
        _ => format!("You chose it {days} days ago."),
    };
    if days > reminder_days {
        (format!("{said} We suggest a new one about every {reminder_days} days."), true)
    } else {
        (said, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_due_after_the_reminder_and_not_before() {
        let now: Time = "2026-11-22T12:00:00Z".parse().unwrap();
        let chosen = |days: i64| age(now - domain::Span::from_hours(24 * days), now, 60);
        assert_eq!(chosen(0), ("You chose it today.".to_owned(), false));
        assert_eq!(chosen(1), ("You chose it yesterday.".to_owned(), false));
        assert_eq!(chosen(60), ("You chose it 60 days ago.".to_owned(), false));
        assert!(chosen(61).1);
    }
}
