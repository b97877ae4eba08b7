//! Every notice there is, written out with made-up facts: what an operator reads before customers do.

use crate::activity::{Entry, Event, Origin, Outgoing, Place, Who, catalogue};
use crate::clock::{Span, Time};
use crate::ids::{AccountId, LinkId, NoticeId};
use crate::notifications::compose::{Desk, sentences, to_customer, to_operator};
use crate::notifications::gsm7::parts;
use crate::notifications::sms::{self, Own};
use crate::notifications::{CarrierKind, Letter, Notice, Sms, Urgency};
use crate::secrets::Keys;
use crate::settings::Settings;

/// One event's notices.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The event.
    pub event: Event,
    /// Its letters, each with whose mailbox it goes to.
    pub letters: Vec<(&'static str, Letter)>,
    /// Its SMS, and how many parts that takes.
    pub sms: Option<(Sms, usize)>,
    /// What it says in the inbox, under its title.
    pub inbox: Option<String>,
}

impl Preview {
    /// Whether anybody is told.
    pub fn tells(&self) -> bool {
        !self.letters.is_empty() || self.sms.is_some() || self.inbox.is_some()
    }
}

const CUSTOMER: &str = "mira@example.com";

/// Freeze words like any.
const WORDS: &str = "lantern mossy copper violin";

/// The notices of every event of the catalogue, in its order, to a customer whose account is frozen, or not.
pub fn previews(settings: &Settings, frozen: bool, now: Time) -> Vec<Preview> {
    // Links in a preview lead nowhere.
    let keys = Keys::from_master(&[0; 32]);
    let desk = Desk { settings, keys: &keys };
    (1..).zip(catalogue()).map(|(sequence, event)| preview(desk, frozen, &entry(sequence, event, now))).collect()
}

fn entry(sequence: i64, event: Event, at: Time) -> Entry {
    // The list of examples knows no day.
    let event = match event {
        Event::TimerHalfWay { timer, what, about, .. } => {
            Event::TimerHalfWay { timer, what, due_at: at + Span::from_hours(84), about }
        }
        Event::RecordsRestored { sessions_ended, .. } => {
            Event::RecordsRestored { made_at: at - Span::from_hours(5), sessions_ended }
        }
        Event::SmsPaused { .. } => Event::SmsPaused { until: at + Span::from_hours(24) },
        Event::Purchased(moved) => Event::Purchased(moved.happened(at)),
        Event::Deposited(moved) => Event::Deposited(moved.happened(at - Span::from_hours(3))),
        Event::Withdrawn(moved) => Event::Withdrawn(moved.happened(at)),
        other => other,
    };
    let account = AccountId::from_bytes([0; 16]);
    if event.moved().is_some() {
        let (who, origin) = (Who::Exchange.code().to_owned(), Origin::default());
        return Entry { account, sequence, at, event, who, session: None, origin };
    }
    let origin = Origin {
        ip: Some(std::net::IpAddr::from([203, 0, 113, 24])),
        place: Some(Place::named("Zürich, Switzerland")),
        browser: Some("Firefox 145 on Windows".to_owned()),
    };
    Entry { account, sequence, at, event, who: "visitor".to_owned(), session: None, origin }
}

fn preview(desk: Desk<'_>, frozen: bool, entry: &Entry) -> Preview {
    let (event, spec) = (&entry.event, entry.event.spec());
    let offer = spec.freeze_offer;
    let own = |acts| to_customer(desk, &notice(entry, CarrierKind::Email, CUSTOMER, acts, offer), entry, frozen);
    let other = |to, acts, offer| to_customer(desk, &notice(entry, CarrierKind::Email, to, acts, offer), entry, frozen);
    let mut letters = match event {
        _ if spec.tell.mail == Outgoing::Never => Vec::new(),
        Event::EmailChangeAsked { new } => {
            vec![("To the customer", own(false)), ("To the mailbox that is to be confirmed", other(new, true, false))]
        }
        Event::EmailChanged { old, new, back } => {
            vec![
                ("To the new mailbox", other(new, false, offer)),
                ("To the mailbox of before", other(old, !back, offer)),
            ]
        }
        Event::EmailUndone { restored, removed } => {
            let gone = removed.iter().map(|gone| ("To the mailbox that was taken off", other(gone, false, false)));
            std::iter::once(("To the mailbox that is back", other(restored, false, offer))).chain(gone).collect()
        }
        _ => vec![("To the customer", own(spec.button.is_some()))],
    };
    if spec.tell.operator {
        let to = notice(entry, CarrierKind::Operator, &desk.settings.operator.support_address, false, false);
        letters.push(("To your support", to_operator(desk, &to, entry, (CUSTOMER, entry.account))));
    }
    let digits = matches!(event, Event::PhoneCodeAsked { .. } | Event::SignInCodeSent { .. });
    let texted = spec.tell.sms != Outgoing::Never || digits;
    let sms = texted.then(|| {
        let signs_in = matches!(event, Event::SignInCodeSent { .. });
        let own =
            Own { digits: digits.then(|| "123456".to_owned()), words: (offer || signs_in).then(|| WORDS.to_owned()) };
        let sms =
            sms::write(desk, &notice(entry, CarrierKind::Sms, "+41791234567", false, false), (entry, frozen), own);
        let parts = parts(&sms.text);
        (sms, parts)
    });
    let inbox = spec.tell.inbox.then(|| sentences(event, frozen));
    Preview { event: entry.event.clone(), letters, sms, inbox }
}

fn notice(entry: &Entry, carrier: CarrierKind, recipient: &str, acts: bool, offer: bool) -> Notice {
    let link = LinkId::from_bytes([0; 16]);
    Notice {
        id: NoticeId::from_bytes([0; 16]),
        account: entry.account,
        sequence: entry.sequence,
        carrier,
        urgency: Urgency::Ordinary,
        recipient: recipient.to_owned(),
        act_link: acts.then_some(link),
        freeze_link: offer.then_some(link),
        tries: 0,
        due_at: entry.at,
    }
}
