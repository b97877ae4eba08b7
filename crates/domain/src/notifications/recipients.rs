//! Which mailboxes a letter goes to, and what its button may do there.

use crate::activity::{Event, Severity};
use crate::change::Change;
use crate::ids::{AccountId, LinkId};
use crate::links::{self, Purpose};
use crate::refusal::{Fault, Stop};

/// One mailbox a letter goes to.
pub(super) struct To {
    /// The address.
    pub(super) recipient: String,
    /// The link behind its button.
    pub(super) act_link: Option<LinkId>,
    /// Whether it is offered the freeze.
    pub(super) may_freeze: bool,
}

/// The mailboxes that hear of an event: the account's own, and for alarms each one it had before, as long as that can undo
/// the change. A mailbox from before gets no button that lets something through.
pub(super) fn of(
    change: &mut Change<'_>,
    account: AccountId,
    event: &Event,
    act_link: Option<LinkId>,
) -> Result<Vec<To>, Stop> {
    let row = change.rows().account_by_id(account)?;
    let email = row.ok_or_else(|| Fault::broken("an event on an account that is not there"))?.email;
    let own = |act_link| To { recipient: email.clone(), act_link, may_freeze: true };
    let mut to = match event {
        // What confirms goes to the mailbox that is to be confirmed; it is nobody's yet, so it freezes nothing.
        Event::EmailChangeAsked { new } => match act_link {
            Some(_) => vec![own(None), To { recipient: new.clone(), act_link, may_freeze: false }],
            None => vec![own(None)],
        },
        Event::EmailUndone { removed, .. } => {
            let gone = removed.iter().map(|gone| To { recipient: gone.clone(), act_link: None, may_freeze: false });
            std::iter::once(own(None)).chain(gone).collect()
        }
        _ => vec![own(act_link)],
    };
    if event.spec().severity == Severity::Alarm || matches!(event, Event::EmailChangeAsked { .. }) {
        let now = change.now();
        let stops = match act_link {
            Some(link) => change.rows().link_by_id(link)?.filter(|link| link.purpose.stops()).map(|link| link.id),
            None => None,
        };
        for earlier in change.rows().email_changes_undoable(account, now)? {
            if to.iter().any(|to| to.recipient == earlier.old) {
                continue;
            }
            let until = earlier.undo_until.unwrap_or(now);
            let act_link = match event {
                Event::EmailChanged { .. } => {
                    Some(links::make(change, account, Purpose::UndoEmail { change: earlier.id }, until)?)
                }
                _ => stops,
            };
            to.push(To { recipient: earlier.old, act_link, may_freeze: true });
        }
    }
    Ok(to)
}
