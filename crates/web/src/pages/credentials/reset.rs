//! Getting back in without the password: asking for the link, and what it opens.

use askama::Template;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use domain::approvals::Given;
use domain::credentials::{self, Beside, ResetShown};
use domain::ids::TimerId;
use domain::protections::{Carried, Method};
use domain::refusal::Refusal;
use domain::{SecretText, Stop};
use serde::Deserialize;

use super::{Strength, answer_strength, judge};
use crate::answers::Problem;
use crate::api::passkeys::Started;
use crate::cookies::Jar;
use crate::evenly::evenly;
use crate::forms::{Form, Hidden, Json, PathPart, Secret, TypedEmail, TypedPassword};
use crate::pages::answer::{Answer, on_to, place, refusal, sentence, show, show_as, status};
use crate::pages::around::anyone;
use crate::pages::done::Done;
use crate::pages::frame::{Field, Frame, When};
use crate::pages::home::Way;
use crate::pages::trouble::DonePage;
use crate::{Visitor, Web};

/// `/forgot`: the address of the account.
#[derive(Template)]
#[template(path = "credentials/forgot.html")]
pub struct ForgotPage {
    /// The page around the page.
    pub frame: Frame,
    /// What is wrong with the whole form.
    pub problem: Option<String>,
    /// The address.
    pub email: Field,
}

/// After `/forgot`: the same page whether or not there is an account.
#[derive(Template)]
#[template(path = "credentials/forgot_sent.html")]
pub struct ForgotSentPage {
    /// The page around the page.
    pub frame: Frame,
    /// Where we wrote to, if there is an account.
    pub email: String,
    /// How long the link works.
    pub minutes: i64,
}

/// The page a reset link opens.
#[derive(Template)]
#[template(path = "credentials/reset.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a sentence of the page")]
pub struct ResetPage {
    /// The page around the page.
    pub frame: Frame,
    /// The account.
    pub email: String,
    /// Whether this is the browser that asked; only there it works.
    pub same_browser: bool,
    /// Whether the account is frozen: it stays so.
    pub frozen: bool,
    /// Whether only passkeys open the account.
    pub passkey_only: bool,
    /// Whether a code of an authenticator app can be the second proof.
    pub by_app: bool,
    /// Whether a recovery code can be.
    pub by_recovery_code: bool,
    /// Whether the account has a passkey: it signs in by itself, without this.
    pub by_passkey: bool,
    /// Days until lost second proofs are taken off.
    pub lost_days: i64,
    /// What is wrong with the whole form.
    pub problem: Option<String>,
    /// The new password; its value stays empty.
    pub password: Field,
    /// The code; its value stays empty.
    pub code: Field,
    /// The fewest characters that are enough.
    pub characters_min: usize,
    /// What we think of the password, once asked.
    pub strength: Option<Strength>,
    /// When the link stops working.
    pub until: When,
    /// Where the answer to the link's question goes.
    pub action: String,
}

impl ResetPage {
    /// Whether a second proof is asked for.
    pub fn second(&self) -> bool {
        self.by_code() || self.by_passkey
    }

    /// Whether a code can be that proof.
    pub fn by_code(&self) -> bool {
        self.by_app || self.by_recovery_code
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asking {
    email: TypedEmail,
}

/// `GET /forgot`
pub(crate) async fn form(web: Web, visitor: Visitor) -> Answer {
    show(&blank(&web, &visitor).await)
}

/// `POST /forgot`
pub(crate) async fn ask(web: Web, visitor: Visitor, form: Form<Asking>) -> Answer {
    let mut page = blank(&web, &visitor).await;
    page.email = Field::typed(form.typed.get("email"), 254);
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            page.problem = place(&mistake, &mut [("email", &mut page.email)]);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let actor = visitor.actor(&web);
    // For a known address more is written than for an unknown one.
    match evenly(credentials::ask_reset(web.app(), &actor, said.email.as_str(), &visitor.devices)).await {
        Ok(browser) => {
            let rules = &web.app().settings().link;
            let page =
                ForgotSentPage { frame: page.frame, email: said.email.into_string(), minutes: rules.reset_minutes };
            let kept = Jar::Pending.keep(&browser, rules.reset().try_into().ok());
            Ok((AppendHeaders([(header::SET_COOKIE, kept)]), show(&page)?).into_response())
        }
        Err(stop) => {
            let refused = refusal(stop)?;
            match &refused {
                Refusal::AddressUnfit => page.email.error = Some(sentence(&refused)),
                _ => page.problem = Some(sentence(&refused)),
            }
            show_as(status(&refused), &page)
        }
    }
}

async fn blank(web: &Web, visitor: &Visitor) -> ForgotPage {
    ForgotPage { frame: anyone(web, visitor, "sign-in").await, problem: None, email: Field::empty(254) }
}

/// What the form of a reset link sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choosing {
    password: TypedPassword,
    code: Option<Hidden<100>>,
    assertion: Option<Hidden<16384>>,
}

/// The page of a reset link, for this visitor.
pub(crate) async fn page(web: &Web, visitor: &Visitor, secret: &SecretText) -> Result<ResetPage, Problem> {
    let (link, browser) = (secret.clone(), visitor.pending.clone());
    let reading = move |view: &mut domain::View<'_>| {
        let shown = domain::links::show(view, &link, browser.as_ref())?;
        let more = match credentials::reset_shown(view, &link, browser.as_ref()) {
            Ok(more) => Some(more),
            Err(Stop::Refused(Refusal::LinkForOtherBrowser)) => None,
            Err(stop) => return Err(stop),
        };
        Ok((shown, more))
    };
    let (shown, more) = web.app().view(reading).await?;
    let has = |method| more.as_ref().is_some_and(|more: &ResetShown| more.second.contains(&method));
    let settings = web.app().settings();
    Ok(ResetPage {
        frame: anyone(web, visitor, "").await,
        same_browser: more.is_some(),
        frozen: shown.account.frozen(),
        passkey_only: shown.account.passkey_only,
        by_app: has(Method::App),
        by_recovery_code: has(Method::RecoveryCode),
        by_passkey: has(Method::Passkey),
        lost_days: settings.protection.lost_factor_days,
        problem: None,
        password: Field::empty(1024),
        code: Field::empty(100),
        characters_min: settings.password.fewest(more.as_ref().is_some_and(|more| !more.second.is_empty())),
        strength: None,
        until: When::at(shown.link.expires_at),
        action: format!("/l/{}", secret.reveal()),
        email: shown.account.email,
    })
}

/// `POST /l/{secret}/password`
pub(crate) async fn choose(
    web: Web,
    visitor: Visitor,
    PathPart(Secret(secret)): PathPart<Secret>,
    form: Form<Choosing>,
) -> Answer {
    let mut page = page(&web, &visitor, &secret).await?;
    let typed = form.typed.get("code").to_owned();
    let said = match form.said {
        Ok(said) => said,
        Err(mistake) => {
            let mut fields = [("password", &mut page.password), ("code", &mut page.code)];
            page.problem = place(&mistake, &mut fields);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let answered = said.assertion.filter(|answer| !answer.reveal().is_empty());
    let second = match answered {
        Some(answer) => Some(Given::Passkey(answer.reveal().to_owned())),
        None => said.code.map(|code| code_given(code.reveal())),
    };
    let by_passkey = matches!(second, Some(Given::Passkey(_)));
    let by_recovery_code = matches!(second, Some(Given::RecoveryCode(_)));
    let actor = visitor.actor(&web);
    let by = (&secret, visitor.pending.as_ref());
    match credentials::reset(web.app(), &actor, by, said.password.reveal(), second).await {
        Ok(_) => {
            let forgotten = AppendHeaders([(header::SET_COOKIE, Jar::Pending.forget())]);
            Ok((forgotten, on_to("/sign-in", Done::PasswordReset)).into_response())
        }
        Err(stop) => {
            let refused = refusal(stop)?;
            match &refused {
                Refusal::PasswordUnfit(weaknesses) => {
                    page.password.error = Some(refused.spec().title.to_owned());
                    page.strength = Some(Strength::refused(weaknesses));
                }
                Refusal::LinkSpent | Refusal::LinkForOtherBrowser => return Err(Problem::refusal(&refused)),
                Refusal::WrongCode if by_recovery_code => {
                    page.code = Field::typed(&typed, 100).wrong(WRONG_RECOVERY_CODE);
                }
                _ if page.by_code() && !by_passkey => page.code.error = Some(sentence(&refused)),
                _ => page.problem = Some(sentence(&refused)),
            }
            show_as(status(&refused), &page)
        }
    }
}

/// `POST /l/{secret}/password/passkey`
pub(crate) async fn start_passkey(
    web: Web,
    visitor: Visitor,
    PathPart(Secret(secret)): PathPart<Secret>,
) -> Result<Json<Started>, Problem> {
    let browser = visitor.pending.clone();
    let action =
        move |change: &mut domain::Change<'_>| credentials::start_reset_passkey(change, &secret, browser.as_ref());
    Ok(Json(Started::of(web.app().change(&visitor.actor(&web), action).await?)))
}

/// What is said of a recovery code that is none, or not any more.
pub(crate) const WRONG_RECOVERY_CODE: &str =
    "This is not one of your unused recovery codes. Check it letter by letter. Nothing was changed.";

/// A code as it was typed: six digits are of the app, everything else is a recovery code.
pub(crate) fn code_given(typed: &str) -> Given {
    let digits = typed.chars().filter(|c| !c.is_whitespace()).count();
    if digits <= 7 { Given::Code(typed.to_owned()) } else { Given::RecoveryCode(typed.to_owned()) }
}

/// `POST /l/{secret}/password/check`
pub(crate) async fn check(
    web: Web,
    visitor: Visitor,
    headers: HeaderMap,
    PathPart(Secret(secret)): PathPart<Secret>,
    form: Form<Choosing>,
) -> Answer {
    let mut page = page(&web, &visitor, &secret).await?;
    let beside = Beside { email: Some(&page.email), second_factor: page.second(), by_link: true };
    let strength = judge(&web, &visitor.actor(&web), form.typed.get("password"), &beside).await?;
    answer_strength(&headers, strength, |strength| {
        page.strength = Some(strength);
        show(&page)
    })
}

/// The answer "I lost them" on the page of a reset link.
pub(crate) async fn lose_factors(web: &Web, visitor: &Visitor, secret: SecretText) -> Answer {
    let browser = visitor.pending.clone();
    let change =
        move |change: &mut domain::Change<'_>| credentials::lose_factors_by_link(change, &secret, browser.as_ref());
    let (account, carried) = web.app().change(&visitor.actor(web), change).await?;
    match carried {
        Carried::Waits(waiting) => show(&losing_page(web, visitor, account, waiting.timer).await?),
        Carried::Out(_) => Ok(on_to("/sign-in", Done::PasswordReset)),
    }
}

/// What somebody reads whose second proofs will be taken off: what happens, when, and how to stop it.
pub(crate) async fn losing_page(
    web: &Web,
    visitor: &Visitor,
    account: domain::ids::AccountId,
    timer: TimerId,
) -> Result<DonePage, Problem> {
    let reading = move |view: &mut domain::View<'_>| {
        let (timer, _) = view.rows().timer_by_id(account, timer)?.ok_or(Refusal::NoSuchThing)?;
        Ok((timer.due_at, timer.soonest(view.now())))
    };
    let (due, soonest) = web.app().view(reading).await?;
    let when = due
        .map_or_else(|| format!("not before {}", When::at(soonest).text), |due| format!("on {}", When::at(due).text));
    Ok(DonePage {
        frame: anyone(web, visitor, "").await,
        title: "The wait has begun".to_owned(),
        text: format!(
            "Your authenticator app, passkeys, recovery codes and codes by SMS are taken off {when}. Until then everything stays as it is. We write to every contact you gave us; whoever reads one of these letters can stop it with one click and without signing in, so that no thief gets in this way. If you find what you lost, stop it there too. Afterwards you sign in with your password, or reset it."
        ),
        ways: vec![Way::new("/sign-in", "To signing in"), Way::new("/stop", "Stop my account")],
    })
}
