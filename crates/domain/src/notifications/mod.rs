//! Being told: which notices an event causes, what they say, and that none is lost.

mod compose;
mod deliver;
mod model;
mod recipients;
mod rows;

pub use compose::{compose, written};
pub use deliver::deliver;
pub use model::{Carrier, CarrierKind, Choice, Fate, InboxItem, Letter, Notice};
pub use rows::{Reads, Writes};

use crate::activity::{Event, Mail, PAGE, catalogue};
use crate::change::{Change, View};
use crate::ids::{AccountId, LinkId, NoticeId};
use crate::links::{self, Purpose};
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
        Mail::Never => false,
        Mail::Always => true,
        Mail::Choice { on } => chosen(&change.rows().choices(account)?, spec.code).unwrap_or(on),
    };
    if mailed {
        let freeze_link = if spec.freeze_offer {
            let expires_at = change.now() + change.settings().link.freeze();
            Some(links::make(change, account, Purpose::Freeze, expires_at)?)
        } else {
            None
        };
        for recipients::To { recipient, act_link, may_freeze } in recipients::of(change, account, event, act_link)? {
            let freeze_link = freeze_link.filter(|_| may_freeze);
            insert(change, Draft { account, sequence, carrier: CarrierKind::Email, recipient, act_link, freeze_link })?;
        }
    }
    if spec.tell.operator {
        let recipient = change.settings().operator.support_address.clone();
        insert(
            change,
            Draft { account, sequence, carrier: CarrierKind::Operator, recipient, act_link: None, freeze_link: None },
        )?;
    }
    Ok(())
}

struct Draft {
    account: AccountId,
    sequence: i64,
    carrier: CarrierKind,
    recipient: String,
    act_link: Option<LinkId>,
    freeze_link: Option<LinkId>,
}

fn insert(change: &mut Change<'_>, draft: Draft) -> Result<(), Stop> {
    let notice = Notice {
        id: NoticeId::new(change.now(), change.entropy()),
        account: draft.account,
        sequence: draft.sequence,
        carrier: draft.carrier,
        recipient: draft.recipient,
        act_link: draft.act_link,
        freeze_link: draft.freeze_link,
        tries: 0,
        due_at: change.now(),
    };
    change.note_queued();
    Ok(change.rows().outbox_insert(&notice)?)
}

fn chosen(choices: &[(String, bool)], code: &str) -> Option<bool> {
    choices.iter().find(|(chosen, _)| chosen == code).map(|(_, on)| *on)
}

/// The inbox before `before`, newest first.
pub fn inbox(view: &mut View<'_>, account: AccountId, before: Option<i64>, limit: i64) -> Result<Vec<InboxItem>, Stop> {
    Ok(view.rows().inbox_before(account, before.unwrap_or(i64::MAX), limit.clamp(1, PAGE))?)
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

/// What the customer gets by e-mail, one choice for each kind of notice that can be sent.
pub fn choices(view: &mut View<'_>, account: AccountId) -> Result<Vec<Choice>, Stop> {
    let kept = view.rows().choices(account)?;
    let mut choices: Vec<Choice> = Vec::new();
    for spec in catalogue().iter().map(Event::spec) {
        let (on, always) = match spec.tell.mail {
            Mail::Never => continue,
            Mail::Always => (true, true),
            Mail::Choice { on } => (chosen(&kept, spec.code).unwrap_or(on), false),
        };
        choices.push(Choice { code: spec.code, title: spec.title, on, always });
    }
    Ok(choices)
}

/// Switches a notice on or off. One that is always sent stays on; choosing what holds already succeeds. To be told less
/// is to loosen, so a frozen account only switches on.
pub fn choose(change: &mut Change<'_>, account: AccountId, code: &str, on: bool) -> Result<(), Stop> {
    let mut known = catalogue().into_iter().map(|event| event.spec()).filter(|spec| spec.code == code).peekable();
    known.peek().ok_or(Refusal::NoSuchThing)?;
    // `sign_in.done` stands twice: always for a new browser, a choice for a known one. The choice is about the second.
    let Some(Mail::Choice { on: until_now }) =
        known.map(|spec| spec.tell.mail).find(|mail| matches!(mail, Mail::Choice { .. }))
    else {
        return if on { Ok(()) } else { Err(Refusal::NoticeAlwaysOn.into()) };
    };
    if chosen(&change.rows().choices(account)?, code).unwrap_or(until_now) == on {
        return Ok(());
    }
    if !on {
        protections::unless_frozen(change, account)?;
    }
    change.rows().choice_set(account, code, on)?;
    change.record(account, &Event::NoticeChoiceChanged { notice: code.to_owned(), on })
}
