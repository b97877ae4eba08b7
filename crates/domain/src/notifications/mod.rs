//! Being told: which notices an event causes, what they say, and that none is lost.

mod compose;
mod copies;
mod deliver;
mod gsm7;
mod model;
mod preview;
mod recipients;
mod rows;
mod sms;
#[cfg(test)]
mod tests;

pub use compose::{compose, sentences, written};
pub use copies::{Became, Kept, MASK, Sent, Told, masked, named, reference, told};
pub(crate) use deliver::Unwritten;
pub use deliver::{deliver, deliver_by};
pub use model::{
    Carrier, CarrierKind, Choice, Composed, Delivery, Fate, InboxItem, Letter, NotTaken, Notice, Sms, SmsChoice, Tried,
    Urgency, Way,
};
pub use preview::{Preview, previews};
pub use rows::{Reads, Wanted, Writes};

use crate::activity::{Event, Outgoing, PAGE, Severity, catalogue};
use crate::change::{Change, View};
use crate::credentials;
use crate::ids::{AccountId, LinkId, NoticeId};
use crate::links::{self, Purpose};
use crate::notifications::recipients::Freezes;
use crate::phones::{self, PhoneNumber};
use crate::protections;
use crate::refusal::{Refusal, Stop};

/// Puts the notices of an entry into inbox and outbox: rows of the same change.
pub(crate) fn queue(
    change: &mut Change<'_>,
    account: AccountId,
    sequence: i64,
    event: &Event,
    act_link: Option<LinkId>,
) -> Result<(), Stop> {
    let spec = event.spec();
    if spec.tell.inbox {
        change.rows().inbox_insert(account, sequence)?;
    }
    let mailed = match spec.tell.mail {
        Outgoing::Never => false,
        Outgoing::Always => true,
        Outgoing::Choice { on } => chosen(&change.rows().choices(account)?, spec.code).unwrap_or(on),
    };
    if mailed {
        let expires_at = change.now() + change.settings().link.freeze();
        // What freezes from the letter about a wait stops that wait as well, also one that a freeze lets go on.
        let brake = match event {
            Event::TimerStarted { timer, .. } | Event::TimerHalfWay { timer, .. } => Purpose::Cancel { timer: *timer },
            _ => Purpose::Freeze,
        };
        let usual = if spec.freeze_offer { Some(links::make(change, account, brake, expires_at)?) } else { None };
        for recipients::To { recipient, act_link, freezes } in recipients::of(change, account, event, act_link)? {
            let freeze_link = match freezes {
                Freezes::Until(until) if usual.is_some() => {
                    Some(links::make(change, account, Purpose::Freeze, until.min(expires_at))?)
                }
                Freezes::OrUndoes(undone) if usual.is_some() => {
                    Some(links::make(change, account, Purpose::FreezeOrUndo { change: undone }, expires_at)?)
                }
                Freezes::AsEver => usual,
                Freezes::Never | Freezes::Until(_) | Freezes::OrUndoes(_) => None,
            };
            let carrier = CarrierKind::Email;
            insert(change, spec.severity, Draft { account, sequence, carrier, recipient, act_link, freeze_link })?;
        }
    }
    if spec.tell.sms != Outgoing::Never
        && let Some(phone) = change.rows().phone(account)?
    {
        let texted = match spec.tell.sms {
            Outgoing::Choice { on } => chosen(&change.rows().sms_choices(account)?, spec.code).unwrap_or(on),
            _ => true,
        };
        if texted && phones::count_notice(change, account, &phone.number, &spec)? {
            queue_sms(change, account, sequence, (&phone.number, spec.severity))?;
        }
    }
    if spec.tell.operator {
        let recipient = change.settings().operator.support_address.clone();
        let carrier = CarrierKind::Operator;
        let draft = Draft { account, sequence, carrier, recipient, act_link: None, freeze_link: None };
        insert(change, spec.severity, draft)?;
    }
    Ok(())
}

/// Puts an SMS about an entry into the outbox.
pub(crate) fn queue_sms(
    change: &mut Change<'_>,
    account: AccountId,
    sequence: i64,
    (number, severity): (&PhoneNumber, Severity),
) -> Result<(), Stop> {
    let (carrier, recipient) = (CarrierKind::Sms, number.as_str().to_owned());
    insert(change, severity, Draft { account, sequence, carrier, recipient, act_link: None, freeze_link: None })
}

/// Writes down what a gateway reports about an SMS that it took on.
pub fn report(change: &mut Change<'_>, notice: NoticeId, delivery: Delivery) -> Result<(), Stop> {
    let now = change.now();
    Ok(change.rows().sms_report(notice, delivery, now)?)
}

/// Writes down that a letter came back, which a mail server had taken on before: the notice by the Message-ID of the
/// letter, and what was said. Nothing is told twice for it: what waited for the letter waits as if it had been refused at
/// once. Answers whether that is new; somebody else's letter, and one that came back already, are not.
pub fn came_back(change: &mut Change<'_>, message_id: &str, said: &str) -> Result<bool, Stop> {
    let Some(notice) = compose::notice_of(&change.settings().operator, message_id) else { return Ok(false) };
    let now = change.now();
    let Some((account, sequence, carrier)) = change.rows().outbox_came_back(notice, said, now)? else {
        return Ok(false);
    };
    if carrier != CarrierKind::Operator {
        protections::came_back(change, account, sequence)?;
    }
    Ok(true)
}

struct Draft {
    account: AccountId,
    sequence: i64,
    carrier: CarrierKind,
    recipient: String,
    act_link: Option<LinkId>,
    freeze_link: Option<LinkId>,
}

/// Notices of one account, one way and one urgency that may wait untried: what comes on top of them waits behind
/// everybody else's. One event makes up to four, and a day with a thief in it a few such events at once.
const WAITING_MAX: i64 = 8;

fn insert(change: &mut Change<'_>, severity: Severity, draft: Draft) -> Result<(), Stop> {
    let urgency = if severity == Severity::Alarm { Urgency::Alarm } else { Urgency::Ordinary };
    let waiting = change.rows().outbox_untried(draft.account, draft.carrier.way(), urgency)?;
    let urgency = if waiting < WAITING_MAX { urgency } else { Urgency::Surplus };
    let notice = Notice {
        id: NoticeId::new(change.now(), change.entropy()),
        account: draft.account,
        sequence: draft.sequence,
        carrier: draft.carrier,
        urgency,
        recipient: draft.recipient,
        act_link: draft.act_link,
        freeze_link: draft.freeze_link,
        tries: 0,
        due_at: change.now(),
    };
    change.note_queued(notice.carrier.way());
    Ok(change.rows().outbox_insert(&notice)?)
}

fn chosen(choices: &[(String, bool)], code: &str) -> Option<bool> {
    choices.iter().find(|(chosen, _)| chosen == code).map(|(_, on)| *on)
}

/// The inbox before `before`, newest first.
pub fn inbox(view: &mut View<'_>, account: AccountId, before: Option<i64>, limit: i64) -> Result<Vec<InboxItem>, Stop> {
    let mut items = view.rows().inbox_before(account, before.unwrap_or(i64::MAX), limit.clamp(1, PAGE))?;
    let (newest, oldest) = (items.first(), items.last());
    if let Some((newest, oldest)) = newest.zip(oldest) {
        let sequences = (oldest.entry.sequence, newest.entry.sequence);
        for (sequence, carrier, recipient) in view.rows().outbox_of_entries(account, sequences)? {
            if let Some(item) = items.iter_mut().find(|item| item.entry.sequence == sequence) {
                item.sent.push((carrier, copies::masked(&recipient)));
            }
        }
    }
    Ok(items)
}

/// How many items of the inbox are unread.
pub fn unread(view: &mut View<'_>, account: AccountId) -> Result<i64, Stop> {
    Ok(view.rows().inbox_unread(account)?)
}

/// Marks everything up to an entry as read.
pub fn mark_read(change: &mut Change<'_>, account: AccountId, up_to: i64) -> Result<(), Stop> {
    let now = change.now();
    Ok(change.rows().inbox_read(account, up_to, now)?)
}

/// What the customer gets by e-mail and SMS, one choice for each kind of notice that can be sent.
pub fn choices(view: &mut View<'_>, account: AccountId) -> Result<Vec<Choice>, Stop> {
    let mailed = view.rows().choices(account)?;
    let texted = view.rows().sms_choices(account)?;
    let mut choices: Vec<Choice> = Vec::new();
    for spec in catalogue().iter().map(Event::spec) {
        let (on, always) = match spec.tell.mail {
            Outgoing::Never => continue,
            Outgoing::Always => (true, true),
            Outgoing::Choice { on } => (chosen(&mailed, spec.code).unwrap_or(on), false),
        };
        let sms = match spec.tell.sms {
            Outgoing::Never => SmsChoice::Never,
            Outgoing::Always => SmsChoice::Always,
            Outgoing::Choice { on } => SmsChoice::Chosen(chosen(&texted, spec.code).unwrap_or(on)),
        };
        choices.push(Choice { code: spec.code, title: spec.title, on, always, sms });
    }
    Ok(choices)
}

/// Switches the e-mail about something on or off. One that is always sent stays on; choosing what holds already
/// succeeds. To be told less is to loosen, so a frozen account only switches on.
pub fn choose(change: &mut Change<'_>, account: AccountId, code: &str, on: bool) -> Result<(), Stop> {
    choose_by(change, account, CarrierKind::Email, (code, on))
}

/// The same for the SMS about it.
pub fn choose_sms(change: &mut Change<'_>, account: AccountId, code: &str, on: bool) -> Result<(), Stop> {
    choose_by(change, account, CarrierKind::Sms, (code, on))
}

fn choose_by(
    change: &mut Change<'_>,
    account: AccountId,
    by: CarrierKind,
    (code, on): (&str, bool),
) -> Result<(), Stop> {
    let texts = by == CarrierKind::Sms;
    let mut known = catalogue()
        .into_iter()
        .map(|event| event.spec())
        .filter(|spec| spec.code == code)
        .map(|spec| if texts { spec.tell.sms } else { spec.tell.mail })
        .filter(|outgoing| *outgoing != Outgoing::Never)
        .peekable();
    known.peek().ok_or(Refusal::NoSuchThing)?;
    // `sign_in.done` stands twice: always for a new browser, a choice for a known one. The choice is about the second.
    let Some(Outgoing::Choice { on: until_now }) = known.find(|outgoing| matches!(outgoing, Outgoing::Choice { .. }))
    else {
        return if on { Ok(()) } else { Err(Refusal::NoticeAlwaysOn.into()) };
    };
    let kept = if texts { change.rows().sms_choices(account)? } else { change.rows().choices(account)? };
    if chosen(&kept, code).unwrap_or(until_now) == on {
        return Ok(());
    }
    if !on {
        protections::unless_frozen(change, account)?;
        // Switching on is never refused, so whoever used this up hides nothing by it.
        credentials::count_change(change, account)?;
    }
    if texts {
        change.rows().sms_choice_set(account, code, on)?;
    } else {
        change.rows().choice_set(account, code, on)?;
    }
    change.record(account, &Event::NoticeChoiceChanged { notice: code.to_owned(), by, on })
}
