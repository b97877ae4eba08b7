//! The clever orders: what a thief does who has read this file.

use domain::Span;

use crate::chance::Chance;
use crate::players::{Act, Brake, Mailbox, Player, Post, Wish};

use Player::{Owner, Thief};

/// One of them.
pub(crate) fn draw(chance: &mut Chance) -> Vec<Act> {
    match chance.below(12) {
        0 => address_twice(),
        1 => tightening(),
        2 => own_factors(chance),
        3 => young_password(),
        4 => later_undo(),
        5 => short_unlock(),
        6 => mail_away(),
        7 => mail_comes_back(chance),
        8 => fresh_factor(chance),
        9 => undo_from_before(),
        10 => undo_of_a_move_back(),
        _ => waits_at_a_freeze(chance),
    }
}

fn ask(wish: Wish) -> Act {
    Act::Ask(Thief, wish)
}

fn hours(hours: i64) -> Act {
    Act::Wait(Span::from_hours(hours))
}

/// The address twice, so that the first undo seems to lead nowhere; then the money.
fn address_twice() -> Vec<Act> {
    vec![
        ask(Wish::ChangeEmail(Mailbox::Lair)),
        Act::ConfirmEmail(Thief),
        ask(Wish::ChangeEmail(Mailbox::Den)),
        Act::ConfirmEmail(Thief),
        Act::AddAddress(Thief),
        hours(24),
        Act::SignIn(Thief),
        Act::Withdraw(Thief, 0),
        hours(47),
        Act::SignIn(Thief),
        Act::Withdraw(Thief, 0),
    ]
}

/// Everything that tightens, turned against the owner.
fn tightening() -> Vec<Act> {
    vec![
        ask(Wish::AddPasskey),
        ask(Wish::RenewCodes),
        ask(Wish::PasskeyOnly),
        ask(Wish::ArmLock(30)),
        Act::ReplaceWords(Thief),
        Act::Freeze(Thief, Brake::Session),
        Act::SignIn(Thief),
        ask(Wish::Thaw),
    ]
}

/// Own factors out of a reset, used as soon as they may be.
fn own_factors(chance: &mut Chance) -> Vec<Act> {
    vec![
        Act::Reset(Thief),
        Act::SignIn(Thief),
        ask(Wish::AddApp),
        hours(chance.of(&[1, 71, 72, 73])),
        Act::SignIn(Thief),
        ask(Wish::AddPasskey),
        ask(Wish::ChangeEmail(Mailbox::Lair)),
        Act::ConfirmEmail(Thief),
    ]
}

/// A young password and an old app against a freeze.
fn young_password() -> Vec<Act> {
    vec![Act::Reset(Thief), Act::Freeze(Owner, Brake::Words), Act::SignIn(Thief), ask(Wish::Thaw)]
}

/// A factor of one's own, added shortly before the owner freezes.
fn fresh_factor(chance: &mut Chance) -> Vec<Act> {
    vec![
        ask(chance.of(&[Wish::AddApp, Wish::AddPasskey, Wish::RenewCodes])),
        hours(chance.of(&[1, 71, 73])),
        Act::SignIn(Thief),
        Act::Freeze(Owner, Brake::Words),
        Act::SignIn(Thief),
        ask(Wish::Thaw),
        hours(24),
    ]
}

/// Changed address, undone, and the later link once more.
fn later_undo() -> Vec<Act> {
    vec![
        ask(Wish::ChangeEmail(Mailbox::Lair)),
        Act::ConfirmEmail(Thief),
        ask(Wish::ChangeEmail(Mailbox::Den)),
        Act::ConfirmEmail(Thief),
        Act::Undo(Owner, 0),
        Act::Undo(Thief, 1),
    ]
}

/// The owner moves away from a mailbox that the thief reads, who moves the account back and thaws it.
fn undo_from_before() -> Vec<Act> {
    vec![
        Act::SignIn(Owner),
        Act::Ask(Owner, Wish::ChangeEmail(Mailbox::Spare)),
        Act::ConfirmEmail(Owner),
        Act::Undo(Thief, 0),
        hours(1),
        Act::Reset(Thief),
        Act::SignIn(Thief),
        ask(Wish::ThawSlowly),
        Act::WaitUntilDue,
    ]
}

/// The owner moves back instead of undoing, and the thief undoes that.
fn undo_of_a_move_back() -> Vec<Act> {
    vec![
        ask(Wish::ChangeEmail(Mailbox::Lair)),
        Act::ConfirmEmail(Thief),
        hours(60),
        Act::SignIn(Owner),
        Act::Ask(Owner, Wish::ChangeEmail(Mailbox::Home)),
        Act::ConfirmEmail(Owner),
        hours(20),
        Act::Undo(Thief, 1),
    ]
}

/// Unlocking by a short wait that began before the long one.
fn short_unlock() -> Vec<Act> {
    vec![ask(Wish::RenewCodes), ask(Wish::ArmLock(1)), ask(Wish::Unlock), Act::Ask(Owner, Wish::ArmLock(30)), hours(24)]
}

/// The owner's mail is away while everything is changed.
fn mail_away() -> Vec<Act> {
    vec![
        Act::Mail(Mailbox::Home, Post::Away),
        ask(Wish::ChangeEmail(Mailbox::Lair)),
        Act::ConfirmEmail(Thief),
        Act::AddAddress(Thief),
        hours(73),
        Act::SignIn(Thief),
        Act::Withdraw(Thief, 0),
        Act::LoseFactors(Thief),
        hours(95),
        Act::Mail(Mailbox::Home, Post::Takes),
        Act::SignIn(Thief),
        Act::Withdraw(Thief, 0),
    ]
}

/// The owner's mail comes back when the holds are nearly over.
fn mail_comes_back(chance: &mut Chance) -> Vec<Act> {
    vec![
        Act::Mail(Mailbox::Home, Post::Away),
        ask(chance.of(&[Wish::ChangePhone, Wish::ChangeEmail(Mailbox::Lair)])),
        Act::ConfirmEmail(Thief),
        Act::AddAddress(Thief),
        hours(71),
        Act::Mail(Mailbox::Home, Post::Takes),
        hours(24),
        Act::SignIn(Thief),
        Act::Withdraw(Thief, 0),
    ]
}

/// What waits when it is frozen, and a thaw right after.
fn waits_at_a_freeze(chance: &mut Chance) -> Vec<Act> {
    vec![
        ask(Wish::Unlock),
        ask(Wish::Remove(0)),
        Act::AddAddress(Thief),
        Act::Ask(Owner, Wish::Unlock),
        Act::Freeze(Owner, chance.of(&[Brake::Link, Brake::Words])),
        Act::SignIn(Owner),
        Act::Ask(Owner, Wish::Thaw),
        Act::SignIn(Thief),
        ask(Wish::Thaw),
        Act::WaitUntilDue,
        Act::WaitUntilDue,
    ]
}
