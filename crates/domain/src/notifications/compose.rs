//! What a notice says. Links are made here, when it is sent: the database never holds one.

use crate::accounts::Account;
use crate::activity::{Entry, Event, Moved};
use crate::change::View;
use crate::clock::Time;
use crate::notifications::{CarrierKind, Composed, Letter, Notice, sms};
use crate::refusal::{Fault, Stop};

/// Composes a notice from the entry it is about.
pub fn compose(view: &mut View<'_>, notice: &Notice) -> Result<Composed, Stop> {
    let sealed = view.rows().event_by_sequence(notice.account, notice.sequence)?;
    let entry = sealed.ok_or_else(|| Fault::broken("a notice is about an entry that is not there"))?.entry;
    let account = view.rows().account_by_id(notice.account)?;
    let account = account.ok_or_else(|| Fault::broken("a notice is about an account that is not there"))?;
    Ok(match notice.carrier {
        CarrierKind::Email => Composed::Letter(Box::new(to_customer(view, notice, &entry, &account))),
        CarrierKind::Operator => Composed::Letter(Box::new(to_operator(view, notice, &entry, &account))),
        CarrierKind::Sms => return sms::compose(view, notice, &entry, &account),
    })
}

fn to_customer(view: &View<'_>, notice: &Notice, entry: &Entry, account: &Account) -> Letter {
    let spec = entry.event.spec();
    let operator = &view.settings().operator;
    let url =
        |link: Option<_>| link.map(|link| format!("{}/l/{}", operator.url, view.keys().link_secret(link).reveal()));
    let advice = spec.advice_for(account.frozen());
    let paragraphs =
        [spec.detail.as_str(), advice].iter().filter(|text| !text.is_empty()).map(ToString::to_string).collect();
    let button = spec.button.zip(url(notice.act_link)).map(|(words, url)| (words.to_owned(), url));
    let foot = vec![
        format!("This letter is about your account at {}: {}", operator.name, notice.recipient),
        "We never phone, and we never ask you to install anything but an authenticator app of your choice.".to_owned(),
        format!("If you are in doubt, do not follow any link: open {} from your own bookmark.", operator.url),
    ];
    Letter {
        paragraphs,
        button,
        // The brake stays in every letter: the account may not be frozen any more when it is needed.
        freeze_url: url(notice.freeze_link),
        foot,
        facts: facts(entry),
        ..blank(view, notice, spec.title)
    }
}

fn to_operator(view: &View<'_>, notice: &Notice, entry: &Entry, account: &Account) -> Letter {
    let subject = match &entry.event {
        Event::CaseOpened { reference, .. } => format!("Case {reference}: a customer froze their account"),
        other => other.spec().title.to_owned(),
    };
    let paragraphs = vec![
        "A customer said “this wasn't me”. Their account is frozen and all its sessions are ended; nothing moves until they thaw it themselves.".to_owned(),
        "Write to them at the address below. Do not phone.".to_owned(),
    ];
    let mut facts = facts(entry);
    facts.insert(0, ("Customer".to_owned(), account.email.clone()));
    facts.insert(1, ("Account".to_owned(), account.id.to_string()));
    Letter { paragraphs, facts, ..blank(view, notice, &subject) }
}

fn blank(view: &View<'_>, notice: &Notice, subject: &str) -> Letter {
    let operator = &view.settings().operator;
    let host = operator.url.split("://").nth(1).unwrap_or("localhost").split(':').next().unwrap_or("localhost");
    Letter {
        message_id: format!("{}@{host}", notice.id),
        to: notice.recipient.clone(),
        subject: subject.to_owned(),
        paragraphs: Vec::new(),
        facts: Vec::new(),
        button: None,
        freeze_url: None,
        operator: operator.name.clone(),
        operator_url: operator.url.clone(),
        accent: operator.accent.clone(),
        foot: Vec::new(),
    }
}

/// When, where and with what it happened.
fn facts(entry: &Entry) -> Vec<(String, String)> {
    let origin = &entry.origin;
    let mut facts = vec![("Time".to_owned(), written(entry.at))];
    facts.extend(entry.event.moved().map(Moved::facts).unwrap_or_default());
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
