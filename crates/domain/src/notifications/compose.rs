//! What a notice says. Links are made here, when it is sent: the database never holds one.

use crate::activity::{Entry, Event};
use crate::change::View;
use crate::clock::Time;
use crate::ids::{AccountId, NoticeId};
use crate::notifications::{CarrierKind, Composed, Letter, Notice, sms};
use crate::refusal::{Fault, Stop};
use crate::secrets::Keys;
use crate::settings::{Operator, Settings};

/// What every notice is written with.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) settings: &'a Settings,
    pub(super) keys: &'a Keys,
}

/// What the mailbox of before a change of the address is told to do.
const UNDO_FIRST: &str = "If this was you, there is nothing to do. If it was not you, undo it now: your address comes back, and your account is frozen as well. You need not sign in for that.";

/// Composes a notice from the entry it is about.
pub fn compose(view: &mut View<'_>, notice: &Notice) -> Result<Composed, Stop> {
    let sealed = view.rows().event_by_sequence(notice.account, notice.sequence)?;
    let entry = sealed.ok_or_else(|| Fault::broken("a notice is about an entry that is not there"))?.entry;
    let account = view.rows().account_by_id(notice.account)?;
    let account = account.ok_or_else(|| Fault::broken("a notice is about an account that is not there"))?;
    let desk = Desk { settings: view.settings(), keys: view.keys() };
    Ok(match notice.carrier {
        CarrierKind::Email => Composed::Letter(Box::new(to_customer(desk, notice, &entry, account.frozen()))),
        CarrierKind::Operator => {
            Composed::Letter(Box::new(to_operator(desk, notice, &entry, (&account.email, account.id))))
        }
        CarrierKind::Sms => return sms::compose(view, notice, &entry, &account),
    })
}

/// A letter to a customer whose account is frozen, or not.
pub(super) fn to_customer(desk: Desk<'_>, notice: &Notice, entry: &Entry, frozen: bool) -> Letter {
    let spec = entry.event.spec();
    let operator = &desk.settings.operator;
    let url = |link: Option<_>| link.map(|link| format!("{}/l/{}", operator.url, desk.keys.link_secret(link).reveal()));
    let button = spec.button.zip(url(notice.act_link)).map(|(words, url)| (words.to_owned(), url));
    let advice = match &entry.event {
        // To freeze alone would leave the address with whoever took it.
        Event::EmailChanged { .. } if button.is_some() => UNDO_FIRST,
        _ => spec.advice_for(frozen),
    };
    let paragraphs =
        [spec.detail.as_str(), advice].iter().filter(|text| !text.is_empty()).map(ToString::to_string).collect();
    let reference = desk.keys.notice_reference(notice.account, notice.sequence);
    let foot = vec![
        format!("This letter is about your account at {}: {}", operator.name, notice.recipient),
        format!(
            "Its reference is {reference}. Signed in, you find this letter by it under Notices; one that is not there is not from us."
        ),
        "We never phone, and we never ask you to install anything but an authenticator app of your choice.".to_owned(),
        format!("If you are in doubt, do not follow any link: open {} from your own bookmark.", operator.url),
    ];
    Letter {
        paragraphs,
        button,
        // The brake stays in every letter: the account may not be frozen any more when it is needed.
        freeze_url: url(notice.freeze_link),
        freeze_words: if frozen { spec.brake.frozen } else { spec.brake.freeze },
        foot,
        facts: facts(entry, operator),
        ..blank(operator, notice, spec.title)
    }
}

/// A letter to the operator's support about a customer.
pub(super) fn to_operator(
    desk: Desk<'_>,
    notice: &Notice,
    entry: &Entry,
    (email, account): (&str, AccountId),
) -> Letter {
    let subject = match &entry.event {
        Event::CaseOpened { reference, .. } => format!("Case {reference}: a customer froze their account"),
        other => other.spec().title.to_owned(),
    };
    let paragraphs = vec![
        "A customer said “this wasn't me”. Their account is frozen and all its sessions are ended; nothing moves until they thaw it themselves.".to_owned(),
        "Write to them at the address below. Do not phone.".to_owned(),
    ];
    let mut facts = facts(entry, &desk.settings.operator);
    facts.insert(0, ("Customer".to_owned(), email.to_owned()));
    facts.insert(1, ("Account".to_owned(), account.to_string()));
    Letter { paragraphs, facts, ..blank(&desk.settings.operator, notice, &subject) }
}

fn blank(operator: &Operator, notice: &Notice, subject: &str) -> Letter {
    Letter {
        message_id: message_id(operator, notice.id),
        to: notice.recipient.clone(),
        subject: subject.to_owned(),
        paragraphs: Vec::new(),
        facts: Vec::new(),
        button: None,
        freeze_url: None,
        freeze_words: "",
        operator: operator.name.clone(),
        operator_url: operator.url.to_string(),
        accent: operator.accent.clone(),
        foot: Vec::new(),
    }
}

/// What a letter is called in its headers: it follows from the notice, so every copy has the same.
fn message_id(operator: &Operator, notice: NoticeId) -> String {
    format!("{notice}@{}", operator.url.mail_host())
}

/// The notice whose letter has this Message-ID, with or without its angle brackets, if it is one of ours.
pub(super) fn notice_of(operator: &Operator, named: &str) -> Option<NoticeId> {
    let named = named.trim().trim_start_matches('<').trim_end_matches('>');
    let notice = named.split('@').next()?.parse().ok()?;
    (message_id(operator, notice) == named).then_some(notice)
}

/// An entry of the inbox in sentences: what happened and what to do, though the catalogue may say the first in a few words.
pub fn sentences(event: &Event, frozen: bool) -> String {
    let spec = event.spec();
    let detail = &spec.detail;
    let stop = if detail.is_empty() || detail.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{detail}{stop} {}", spec.advice_for(frozen)).trim().to_owned()
}

/// When, where and with what it happened.
fn facts(entry: &Entry, operator: &Operator) -> Vec<(String, String)> {
    let origin = &entry.origin;
    let mut facts = vec![("Time".to_owned(), written(entry.happened_at()))];
    if let Some(moved) = entry.event.moved() {
        facts.extend(moved.facts());
        facts.extend(entry.reported_at().map(|at| ("Reported".to_owned(), written(at))));
    }
    if entry.is_reported() {
        facts.push(("Reported by".to_owned(), operator.name.clone()));
    }
    if let Some(ip) = origin.ip {
        facts.push(("Place".to_owned(), origin.place_text().unwrap_or_else(|| "Unknown place".to_owned())));
        facts.push(("IP address".to_owned(), ip.to_string()));
    }
    if let Some(browser) = &origin.browser {
        facts.push(("Browser".to_owned(), browser.clone()));
    }
    facts
}

/// A moment as customers read it, with its zone: `22 November 2026, 18:05:09 UTC`.
pub fn written(at: Time) -> String {
    at.strftime("%-d %B %Y, %H:%M:%S UTC").to_string()
}
