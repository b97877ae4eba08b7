//! The inbox, and the choice of what is mailed.

mod copies;
mod view;

use std::collections::BTreeMap;

use domain::activity::{EndedBy, Event};
use domain::notifications::{self, CarrierKind, InboxItem, SmsChoice};
use serde::Deserialize;

use crate::answers::Problem;
use crate::forms::{Form, Query, Text};
use crate::pages::activity::event_row;
use crate::pages::answer::{Answer, on_to, show};
use crate::pages::around::read;
use crate::pages::done::{After, Done};
use crate::pages::frame::Frame;
use crate::{Customer, Web};

pub(crate) use copies::copy;
pub use copies::{CopyPage, Found, LetterShown, SentRow};
pub use view::{InboxPage, NoticeRow, PreferenceRow, PreferencesPage, SmsBox};

/// Notices on one page.
const ROWS: i64 = 30;

/// Which page of the inbox.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arriving {
    before: Option<i64>,
    done: Option<Done>,
}

/// `GET /notices`
pub(crate) async fn inbox(web: Web, customer: Customer, Query(arriving): Query<Arriving>) -> Answer {
    let before = arriving.before;
    let reading = move |view: &mut domain::View<'_>, account| {
        let items = notifications::inbox(view, account, before, ROWS)?;
        let named = items.into_iter().map(|item| {
            let reference = notifications::reference(view, account, item.entry.sequence);
            (item, reference)
        });
        Ok(named.collect::<Vec<_>>())
    };
    let (frame, items) = read(&web, &customer, "notices", reading).await?;
    let full = i64::try_from(items.len()) == Ok(ROWS);
    let oldest = items.last().map(|(item, _)| item.entry.sequence).filter(|_| full);
    show(&InboxPage {
        newest: items.first().map(|(item, _)| item.entry.sequence.to_string()).unwrap_or_default(),
        notices: items.iter().map(|(item, reference)| notice_row(item, reference, (&customer, &frame))).collect(),
        unread: frame.customer.as_ref().map_or(0, |shown| shown.unread),
        older: oldest.map(|before| format!("/notices?before={before}")),
        frame: frame.after(arriving.done),
    })
}

/// Up to which notice all are read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    up_to: i64,
}

/// `POST /notices/read`
pub(crate) async fn mark_read(web: Web, customer: Customer, form: Form<Read>) -> Answer {
    let Read { up_to } = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let account = customer.account();
    web.app().change(&customer.actor(&web), move |change| notifications::mark_read(change, account, up_to)).await?;
    Ok(on_to("/notices", Done::AllRead))
}

/// `GET /settings/notices`
pub(crate) async fn preferences(web: Web, customer: Customer, Query(After { done }): Query<After>) -> Answer {
    let reading = |view: &mut domain::View<'_>, account| {
        Ok((notifications::choices(view, account)?, view.rows().phone(account)?))
    };
    let (frame, (choices, phone)) = read(&web, &customer, "preferences", reading).await?;
    let mut rows: Vec<PreferenceRow> = Vec::new();
    for choice in choices {
        // An event that is told differently in two cases stands once as always sent and once as a choice.
        rows.push(PreferenceRow {
            code: choice.code.to_owned(),
            title: choice.title.to_owned(),
            mailed: choice.on,
            critical: choice.always,
            sms: match choice.sms {
                SmsChoice::Never => None,
                SmsChoice::Chosen(on) => Some(SmsBox { on, always: false }),
                SmsChoice::Always => Some(SmsBox { on: true, always: true }),
            },
        });
    }
    rows.sort_by_key(|row| row.critical);
    let phone = phone.map(|phone| phone.number.ending());
    show(&PreferencesPage { frame: frame.after(done), email: customer.signed_in.email.clone(), phone, rows })
}

/// What the name of a box for SMS begins with. Alone it says that the form had such boxes.
const BY_SMS: &str = "sms:";

/// `POST /settings/notices`: a field for each box that is ticked, named after its event.
pub(crate) async fn choose(web: Web, customer: Customer, form: Form<BTreeMap<String, Text<8>>>) -> Answer {
    let ticked = form.said.map_err(|mistake| Problem::mistake(&mistake))?;
    let account = customer.account();
    let change = move |change: &mut domain::Change<'_>| {
        let choices = notifications::choices(&mut change.view(), account)?;
        for choice in choices.iter().filter(|choice| !choice.always) {
            let on = ticked.keys().any(|code| *code == choice.code);
            notifications::choose(change, account, choice.code, on)?;
        }
        if ticked.contains_key(BY_SMS) {
            for choice in choices.iter().filter(|choice| matches!(choice.sms, SmsChoice::Chosen(_))) {
                let on = ticked.contains_key(&format!("{BY_SMS}{}", choice.code));
                notifications::choose_sms(change, account, choice.code, on)?;
            }
        }
        Ok(())
    };
    web.app().change(&customer.actor(&web), change).await?;
    Ok(on_to("/settings/notices", Done::ChoicesSaved))
}

fn notice_row(item: &InboxItem, reference: &str, (customer, frame): (&Customer, &Frame)) -> NoticeRow {
    let spec = item.entry.event.spec();
    let row = event_row(&item.entry, None, &frame.brand);
    let by_itself = matches!(&item.entry.event, Event::SessionEnded { by: EndedBy::Idle | EndedBy::Age, .. });
    NoticeRow {
        id: row.sequence.to_string(),
        when: row.seen.when,
        reported: row.seen.reported,
        title: row.title,
        text: notifications::sentences(&item.entry.event, customer.frozen()),
        reference: reference.to_owned(),
        whence: if item.entry.is_reported() {
            row.seen.place
        } else if item.entry.origin.ip.is_some() || by_itself {
            format!("From {}, {}, {}", row.seen.place, row.seen.ip, row.seen.browser)
        } else {
            String::new()
        },
        unread: !item.read,
        sent: sent_too(&item.sent),
        freeze: spec.freeze_offer.then_some(spec.brake.freeze),
    }
}

/// Where else a notice goes or went, in a sentence; what became of each stands behind "Exactly what we sent".
fn sent_too(sent: &[(CarrierKind, String)]) -> String {
    let by = |way: CarrierKind| {
        let to: Vec<&str> = sent.iter().filter(|(carrier, _)| *carrier == way).map(|(_, to)| to.as_str()).collect();
        Some(to.join(" and ")).filter(|to| !to.is_empty())
    };
    match (by(CarrierKind::Email), by(CarrierKind::Sms)) {
        (Some(mail), Some(sms)) => format!("Also by e-mail to {mail}, and by SMS to {sms}."),
        (Some(mail), None) => format!("Also by e-mail to {mail}."),
        (None, Some(sms)) => format!("Also by SMS to {sms}."),
        (None, None) => String::new(),
    }
}
