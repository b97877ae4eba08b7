//! Which mailboxes a letter goes to, and what its button may do there.

use crate::accounts::Account;
use crate::activity::{Event, Severity};
use crate::change::Change;
use crate::clock::{Span, Time};
use crate::ids::{AccountId, EmailChangeId, LinkId};
use crate::links::{self, Purpose};
use crate::refusal::{Fault, Stop};

/// One mailbox a letter goes to.
pub(super) struct To {
    /// The address.
    pub(super) recipient: String,
    /// The link behind its button.
    pub(super) act_link: Option<LinkId>,
    /// Whether it is offered the freeze.
    pub(super) freezes: Freezes,
}

/// Whether a mailbox is offered the freeze, where the event offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freezes {
    /// It is nobody's, or not any more.
    Never,
    /// Like every mailbox of the account.
    AsEver,
    /// By a link that ends no later than this.
    Until(Time),
    /// By a link that undoes this change of the address too.
    OrUndoes(EmailChangeId),
}

/// The mailboxes that hear of an event: the account's own, and for alarms each one it had before, as long as that can undo
/// the change, and each one that an undo removed, as long as the account is frozen. Neither gets a button that lets
/// something through.
pub(super) fn of(
    change: &mut Change<'_>,
    account: AccountId,
    event: &Event,
    act_link: Option<LinkId>,
) -> Result<Vec<To>, Stop> {
    let row = change.rows().account_by_id(account)?;
    let row = row.ok_or_else(|| Fault::broken("an event on an account that is not there"))?;
    let own = |act_link| To { recipient: row.email.clone(), act_link, freezes: Freezes::AsEver };
    let mut to = match event {
        // What confirms goes to the mailbox that is to be confirmed; it is nobody's yet, so it freezes nothing.
        Event::EmailChangeAsked { new } => match act_link {
            Some(_) => vec![own(None), To { recipient: new.clone(), act_link, freezes: Freezes::Never }],
            None => vec![own(None)],
        },
        Event::EmailUndone { removed, .. } => {
            let gone =
                removed.iter().map(|gone| To { recipient: gone.clone(), act_link: None, freezes: Freezes::Never });
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
            let (act_link, freezes) = match event {
                Event::EmailChanged { .. } => {
                    // The undo may begin later than now, and says itself when it is over.
                    let hours = change.settings().protection.undo_hours;
                    let until = earlier.undo_until.unwrap_or(now) + Span::from_hours(hours);
                    let undoes = links::make(change, account, Purpose::UndoEmail { change: earlier.id }, until)?;
                    (Some(undoes), Freezes::OrUndoes(earlier.id))
                }
                _ => (stops, Freezes::AsEver),
            };
            to.push(To { recipient: earlier.old, act_link, freezes });
        }
        // Nobody undoes a move back; whoever it was may say that it was not theirs.
        if let Event::EmailChanged { old, back: true, .. } = event {
            to.push(To { recipient: old.clone(), act_link: None, freezes: Freezes::AsEver });
        }
        tell_removed(change, &row, &mut to)?;
    }
    Ok(to)
}

/// Who moved away from a mailbox that a thief reads hears what the thief does once they moved it back, and can stop it. A
/// thief whose own mailbox was removed hears as much, and freezes for two weeks and not for ever.
fn tell_removed(change: &mut Change<'_>, account: &Account, to: &mut Vec<To>) -> Result<(), Stop> {
    let Some(frozen_at) = account.frozen_at else { return Ok(()) };
    let now = change.now();
    for undone in change.rows().email_changes_undone(account.id, frozen_at)? {
        let until = undone.removed_freezes_until(&change.settings().protection).filter(|until| *until > now);
        if !to.iter().any(|to| to.recipient == undone.new) {
            let freezes = until.map_or(Freezes::Never, Freezes::Until);
            to.push(To { recipient: undone.new, act_link: None, freezes });
        }
    }
    Ok(())
}
