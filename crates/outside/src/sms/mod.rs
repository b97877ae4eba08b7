//! SMS by HTTP: one carrier that speaks as Kannel's `sendsms` asks, or as Twilio's messages do; and the reading of what
//! a gateway calls us with, once it has proved itself.

mod hooks;
mod settings;
#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::notifications::{Fate, Sms};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;

use crate::apart::Apart;
pub use hooks::{Call, Hooks, Said, Thanks};
pub use settings::{GatewayKind, SmsSettings, Unfit};

/// How long a gateway may take. It only queues what it is given.
const PATIENCE: Duration = Duration::from_secs(15);

/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// Hands SMS to the operator's gateway.
pub struct SmsCarrier {
    settings: SmsSettings,
    client: Client,
    runtime: Apart,
}

impl SmsCarrier {
    /// A carrier to the gateway that the settings name; `None` where they name none. Nothing is connected before the
    /// first SMS.
    pub fn new(settings: &SmsSettings) -> Result<Option<Self>, Unfit> {
        if settings.gateway == GatewayKind::None {
            return Ok(None);
        }
        Self::build(settings, PATIENCE).map(Some)
    }

    fn build(settings: &SmsSettings, patience: Duration) -> Result<Self, Unfit> {
        settings.check()?;
        let machine = |error: &dyn std::fmt::Display| Unfit::Machine(error.to_string());
        let client = Client::builder()
            .user_agent("countersign")
            .redirect(reqwest::redirect::Policy::none())
            // To the address in the settings and nowhere else.
            .no_proxy()
            .timeout(patience)
            .build()
            .map_err(|error| machine(&error))?;
        let runtime = Apart::start().map_err(|error| machine(&error))?;
        Ok(Self { settings: settings.clone(), client, runtime })
    }

    /// Hands an SMS over, and answers what became of it.
    pub fn carry(&self, sms: &Sms) -> Fate {
        let fate = self.runtime.run(self.hand_over(sms));
        if let Fate::Later(why) = &fate {
            tracing::warn!(notice = %sms.id, why, "the SMS gateway did not take an SMS; it will be tried again");
        }
        fate
    }

    async fn hand_over(&self, sms: &Sms) -> Fate {
        let (request, judge): (RequestBuilder, fn(StatusCode, &str) -> Fate) = match self.settings.gateway {
            GatewayKind::None => return Fate::Refused("no SMS gateway is set up".to_owned()),
            GatewayKind::Kannel => (self.for_kannel(sms), of_kannel),
            GatewayKind::Twilio => (self.for_twilio(sms), of_twilio),
        };
        match answer(request).await {
            Ok((status, said)) => judge(status, &said),
            Err(error) => Fate::Later(error.without_url().to_string()),
        }
    }

    /// In headers and body, because what stands in an address ends up in logs.
    fn for_kannel(&self, sms: &Sms) -> RequestBuilder {
        let SmsSettings { url, user, password, from, hooks_url, hooks_password, .. } = &self.settings;
        let (scheme, host) = hooks_url.split_once("://").unwrap_or(("https", hooks_url));
        let report = format!(
            "{scheme}://{user}:{hooks_password}@{}{}?notice={}&state=%d",
            host.trim_end_matches('/'),
            hooks::REPORT,
            sms.id,
            user = hooks::KANNEL_USER,
        );
        self.client
            .post(url)
            .header("Content-Type", "text/plain; charset=UTF-8")
            .header("X-Kannel-Username", user)
            .header("X-Kannel-Password", password)
            .header("X-Kannel-From", from)
            .header("X-Kannel-To", &sms.to)
            // Seven bits a letter.
            .header("X-Kannel-Coding", "0")
            .header("X-Kannel-DLR-Mask", hooks::KANNEL_REPORTS.to_string())
            .header("X-Kannel-DLR-Url", report)
            .body(sms.text.clone())
    }

    fn for_twilio(&self, sms: &Sms) -> RequestBuilder {
        let SmsSettings { url, user, password, from, hooks_url, .. } = &self.settings;
        let report = format!("{}{}?notice={}", hooks_url.trim_end_matches('/'), hooks::REPORT, sms.id);
        self.client
            .post(format!("{}/2010-04-01/Accounts/{user}/Messages.json", url.trim_end_matches('/')))
            .basic_auth(user, Some(password))
            .form(&[("To", sms.to.as_str()), ("From", from), ("Body", &sms.text), ("StatusCallback", &report)])
    }
}

/// Sends a request and reads the beginning of its answer.
async fn answer(request: RequestBuilder) -> Result<(StatusCode, String), reqwest::Error> {
    let mut response = request.send().await?;
    let mut said = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        said.extend_from_slice(&chunk);
        if said.len() > ANSWER_BYTES_MAX {
            said.truncate(ANSWER_BYTES_MAX);
            break;
        }
    }
    Ok((response.status(), String::from_utf8_lossy(&said).into_owned()))
}

/// Kannel says 202 for what it takes on. Every other answer is about us or the gateway, and the operator can mend it,
/// except that a number leads nowhere.
fn of_kannel(status: StatusCode, said: &str) -> Fate {
    let words = tidy(&format!("{} {said}", status.as_u16()));
    match status {
        StatusCode::ACCEPTED | StatusCode::OK => Fate::Sent(words),
        StatusCode::FORBIDDEN if said.contains("Not routable") => Fate::Refused(words),
        _ => Fate::Later(words),
    }
}

/// Codes of Twilio that are about the number, not about us: no such number, not a mobile one, no route to its country,
/// its owner wants no more.
const NUMBER_REFUSED: [i64; 7] = [21211, 21214, 21217, 21408, 21610, 21612, 21614];

fn of_twilio(status: StatusCode, body: &str) -> Fate {
    #[derive(Deserialize)]
    struct Answer {
        sid: Option<String>,
        code: Option<i64>,
        message: Option<String>,
    }
    let answer: Option<Answer> = serde_json::from_str(body).ok();
    match answer {
        Some(Answer { sid: Some(sid), .. }) if status.is_success() => Fate::Sent(tidy(&sid)),
        Some(Answer { code: Some(code), message, .. }) => {
            let words = tidy(&format!("{} {code} {}", status.as_u16(), message.unwrap_or_default()));
            let refused = status == StatusCode::BAD_REQUEST && NUMBER_REFUSED.contains(&code);
            if refused { Fate::Refused(words) } else { Fate::Later(words) }
        }
        _ => Fate::Later(tidy(&format!("{} {body}", status.as_u16()))),
    }
}

/// What a gateway said, as one line of bounded length: it ends up in the database and in logs.
fn tidy(said: &str) -> String {
    let plain: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    plain.trim().to_owned()
}
