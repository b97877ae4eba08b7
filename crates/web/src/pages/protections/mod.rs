//! Stopping an account: from settings and with freeze words. From a letter it is a link: see `pages::links`.

pub(crate) mod thaw;
pub(crate) mod timers;
mod view;

use axum::http::StatusCode;
use domain::ids::AccountId;
use domain::protections::{self, FreezeCause, Frozen};
use domain::support;
use serde::Deserialize;

use crate::answers::Problem;
use crate::evenly::evenly;
use crate::forms::{Form, Hidden, Query, TypedEmail};
use crate::pages::answer::{
    Answer, Answered, Chosen, UNANSWERED, on_to, place, refusal, sentence, show, show_as, status,
};
use crate::pages::around::{anyone, read};
use crate::pages::done::{After, Done};
use crate::pages::frame::{Field, Frame, When};
use crate::pages::sessions::leave;
use crate::{Customer, Visitor, Web};

pub use thaw::ThawPage;
pub(crate) use timers::with_names;
pub use timers::{StopTimerPage, TimerRow, TimersPage};
pub use view::{FreezePage, FreezeWordsPage, FrozenPage, NotMePage, StopPage};

/// `GET /settings/freeze`
pub(crate) async fn freeze_form(web: Web, customer: Customer) -> Answer {
    let (frame, ()) = read(&web, &customer, "freeze", |_, _| Ok(())).await?;
    show(&FreezePage { frame, problem: None })
}

/// `POST /settings/freeze`
pub(crate) async fn freeze(web: Web, customer: Customer, form: Form<Answered>) -> Answer {
    match form.said.map(|said| said.answer) {
        Ok(Chosen::Freeze) => {
            let account = customer.account();
            let change =
                move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Settings);
            let frozen = web.app().change(&customer.actor(&web), change).await?;
            // Freezing ended this session too.
            Ok(leave(show(&frozen_page(&web, frozen, Some(account)).await?)?))
        }
        Ok(Chosen::Keep) => Ok(axum::response::IntoResponse::into_response(axum::response::Redirect::to("/home"))),
        _ => {
            let (frame, ()) = read(&web, &customer, "freeze", |_, _| Ok(())).await?;
            let page = FreezePage { frame, problem: Some(UNANSWERED.to_owned()) };
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// `GET /settings/freeze-words`
pub(crate) async fn words(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let (frame, words) = read(&web, &customer, "freeze-words", protections::freeze_words).await?;
    let words = words.split(' ').map(str::to_owned).collect();
    show(&FreezeWordsPage { frame: frame.after(done), words, shown: done.is_some() })
}

/// `POST /settings/freeze-words`
pub(crate) async fn replace_words(web: Web, customer: Customer) -> Answer {
    let account = customer.account();
    let change = move |change: &mut domain::Change<'_>| protections::replace_freeze_words(change, account);
    web.app().change(&customer.actor(&web), change).await?;
    Ok(on_to("/settings/freeze-words", Done::WordsReplaced))
}

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stopping {
    email: TypedEmail,
    words: Hidden<200>,
}

/// `GET /stop`
pub(crate) async fn stop_form(web: Web, visitor: Visitor) -> Answer {
    show(&blank_stop(&web, &visitor).await)
}

/// `POST /stop`
pub(crate) async fn stop(web: Web, visitor: Visitor, form: Form<Stopping>) -> Answer {
    let email = Field::typed(form.typed.get("email"), 254);
    let mut page = StopPage { email, ..blank_stop(&web, &visitor).await };
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            let mut fields = [("email", &mut page.email), ("words", &mut page.words)];
            page.problem = place(&mistake, &mut fields);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let actor = visitor.actor(&web);
    // A known address would answer later than an unknown one.
    let frozen = protections::freeze_by_words(web.app(), &actor, said.email.as_str(), said.words.reveal());
    match evenly(frozen).await {
        Ok(frozen) => show(&frozen_page(&web, frozen, None).await?),
        Err(stop) => {
            let refused = refusal(stop)?;
            page.problem = Some(sentence(&refused));
            show_as(status(&refused), &page)
        }
    }
}

async fn blank_stop(web: &Web, visitor: &Visitor) -> StopPage {
    let frame = anyone(web, visitor, "stop").await;
    StopPage { frame, problem: None, email: Field::empty(254), words: Field::empty(200) }
}

/// What somebody reads who has frozen an account; more of it for those who proved which one.
pub(crate) async fn frozen_page(web: &Web, frozen: Frozen, account: Option<AccountId>) -> Result<FrozenPage, Problem> {
    let (since, case_number, waits) = match account {
        Some(account) => {
            let read = web.app().view(move |view| {
                let since = view.rows().account_by_id(account)?.and_then(|account| account.frozen_at);
                let newest = support::cases(view, account)?.into_iter().next();
                let (waits, now) = (with_names(view, account)?, view.now());
                let waits: Vec<_> =
                    waits.iter().map(|(timer, about)| TimerRow::new(timer, about.as_deref(), None, now)).collect();
                Ok((since.map(When::at), newest.map(|case| case.reference), waits))
            });
            read.await?
        }
        None => (None, None, Vec::new()),
    };
    let sessions_ended = match frozen {
        Frozen::Now { sessions_ended } => Some(sessions_ended),
        Frozen::Already => None,
    };
    let (frame, by_words) = (Frame::stranger(web, ""), account.is_none());
    Ok(FrozenPage { frame, since, sessions_ended, case_number, by_words, waits, undo: None })
}
