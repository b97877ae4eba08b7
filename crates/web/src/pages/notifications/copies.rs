//! Exactly what was sent: the copies of the notices about one event, found by its reference.

use askama::Template;
use axum::http::StatusCode;
use domain::notifications::{self, Became, CarrierKind, Kept, MASK, NotTaken, Sent, Told};
use domain::refusal::{Refusal, Stop};

use crate::api::notifications::Which;
use crate::forms::Query;
use crate::pages::answer::{Answer, show_as};
use crate::pages::around::read;
use crate::pages::frame::{Frame, Tone, When};
use crate::{Customer, Web};

/// `/notices/copy`.
#[derive(Template)]
#[template(path = "notifications/copy.html")]
pub struct CopyPage {
    /// The page around the page.
    pub frame: Frame,
    /// What was found.
    pub found: Option<Found>,
    /// Whether something was asked for that there is not.
    pub unknown: bool,
    /// What was typed.
    pub typed: String,
}

/// What we sent about one event.
#[derive(Clone, Debug)]
pub struct Found {
    /// What happened.
    pub title: &'static str,
    /// When.
    pub when: When,
    /// When it was reported to us, where that was noticeably later.
    pub reported: Option<When>,
    /// What its notices are called by.
    pub reference: String,
    /// The number of the event.
    pub sequence: i64,
    /// Whether it lies in the inbox.
    pub inbox: bool,
    /// What went out.
    pub sent: Vec<SentRow>,
}

/// A letter as it is shown again.
#[derive(Clone, Debug)]
pub struct LetterShown {
    /// Its subject.
    pub subject: String,
    /// What it said first.
    pub paragraphs: Vec<String>,
    /// Pairs of a name and a value.
    pub facts: Vec<(String, String)>,
    /// The words on its buttons.
    pub buttons: Vec<String>,
    /// Its last lines.
    pub foot: Vec<String>,
}

/// One letter or SMS.
#[derive(Clone, Debug)]
pub struct SentRow {
    /// What it was.
    pub carrier: &'static str,
    /// Where to, not in full.
    pub to: String,
    /// What became of it, in a few words.
    pub fate: &'static str,
    /// When that was.
    pub at: Option<When>,
    /// How good that is.
    pub tone: Tone,
    /// What it means for the customer, where the few words do not say it.
    pub explained: Option<&'static str>,
    /// The letter.
    pub letter: Option<LetterShown>,
    /// The SMS.
    pub text: Option<String>,
    /// Whether something in it is masked.
    pub masked: bool,
    /// Said where there is neither.
    pub no_copy: &'static str,
    /// The words of the mail server or the gateway.
    pub said: Option<String>,
}

/// `GET /notices/copy`
pub(crate) async fn copy(web: Web, customer: Customer, Query(which): Query<Which>) -> Answer {
    let (asked, typed) = (!which.is_nothing(), which.typed().to_owned());
    let reading = move |view: &mut domain::View<'_>, account| {
        let found = which.entry(view, account).and_then(|sequence| notifications::told(view, account, sequence));
        match found {
            Ok(told) => Ok(Some(told)),
            Err(Stop::Refused(Refusal::NoSuchThing)) => Ok(None),
            Err(stop) => Err(stop),
        }
    };
    let (frame, told) = read(&web, &customer, "notices", reading).await?;
    let unknown = asked && told.is_none();
    let status = if unknown { StatusCode::NOT_FOUND } else { StatusCode::OK };
    show_as(status, &CopyPage { frame, found: told.map(found), unknown, typed })
}

fn found(told: Told) -> Found {
    Found {
        title: told.entry.event.spec().title,
        when: When::at(told.entry.happened_at()),
        reported: told.entry.reported_at().map(When::at),
        reference: told.reference,
        sequence: told.entry.sequence,
        inbox: told.inbox,
        sent: told.sent.into_iter().map(row).collect(),
    }
}

fn row(sent: Sent) -> SentRow {
    let became = sent.became();
    let (fate, tone, explained) = words(became, sent.carrier);
    let at = match became {
        Became::Waiting => None,
        Became::HandedOver => sent.taken_at,
        Became::Delivered | Became::Undelivered => sent.report.map(|(_, at)| at),
        Became::Not(_) => sent.ended_at,
    };
    let (letter, text) = match sent.kept {
        Some(Kept::Letter { subject, paragraphs, facts, buttons, foot }) => {
            (Some(LetterShown { subject, paragraphs, facts, buttons, foot }), None)
        }
        Some(Kept::Sms { text }) => (None, Some(text)),
        None => (None, None),
    };
    SentRow {
        carrier: match sent.carrier {
            CarrierKind::Email => "A letter",
            CarrierKind::Sms => "An SMS",
            CarrierKind::Operator => "A letter to our own support",
        },
        to: sent.recipient,
        fate,
        at: at.map(When::at),
        tone,
        explained,
        masked: text.as_ref().is_some_and(|text| text.contains(MASK)),
        letter,
        text,
        no_copy: match became {
            Became::Waiting => "It is written when it is handed over, so there is no copy yet.",
            Became::Not(NotTaken::TooLate) => "It was never written.",
            _ => "It is older than the copies that we keep now.",
        },
        said: sent.said,
    }
}

/// What became of a notice, for its owner.
fn words(became: Became, carrier: CarrierKind) -> (&'static str, Tone, Option<&'static str>) {
    let by_sms = carrier == CarrierKind::Sms;
    match became {
        Became::Waiting => (
            "Waits to be handed over",
            Tone::Warn,
            Some("Nobody has taken it yet. We try again by ourselves, for five days."),
        ),
        Became::HandedOver if by_sms => ("Handed over to the phone network", Tone::Good, None),
        Became::HandedOver => (
            "Handed over to the mail server",
            Tone::Good,
            Some("If you do not find it, look into the folder for unwanted mail."),
        ),
        Became::Delivered => ("Delivered to the phone", Tone::Good, None),
        Became::Undelivered => (
            "Did not reach the phone",
            Tone::Alarm,
            Some(
                "The phone network took it, and said later that the phone does not get it. Look whether your number is still right.",
            ),
        ),
        Became::Not(NotTaken::Refused) if by_sms => (
            "Refused",
            Tone::Alarm,
            Some("The phone network does not take SMS to this number. Look whether it is still right."),
        ),
        Became::Not(NotTaken::Refused) => (
            "Refused",
            Tone::Alarm,
            Some("The mailbox does not take our letters. Look whether the address is still right."),
        ),
        Became::Not(NotTaken::GaveUp) => {
            ("Given up", Tone::Alarm, Some("Nobody took it, though we tried for five days."))
        }
        Became::Not(NotTaken::TooLate) => {
            ("Not sent", Tone::Plain, Some("It would have told you a code that no longer worked."))
        }
        Became::Not(NotTaken::CameBack) => (
            "Came back",
            Tone::Alarm,
            Some(
                "A mail server took it, and returned it later. Look whether the address is still right, and whether the mailbox is full.",
            ),
        ),
    }
}
