//! Who plays, what each begins with, and what they can do.

use domain::protections::Sensitive;
use domain::{Span, ids::FactorId};

use crate::chance::Chance;

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Player {
    /// Whose account it is.
    Owner,
    /// Who wants it.
    Thief,
}

/// Who has a thing. Both may: a copied code, a mailbox that two read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hands {
    /// The owner has it.
    pub owner: bool,
    /// The thief has it.
    pub thief: bool,
}

impl Hands {
    pub(crate) fn of(player: Player) -> Self {
        Self { owner: player == Player::Owner, thief: player == Player::Thief }
    }

    pub(crate) fn has(self, player: Player) -> bool {
        match player {
            Player::Owner => self.owner,
            Player::Thief => self.thief,
        }
    }

    pub(crate) fn add(&mut self, player: Player) {
        match player {
            Player::Owner => self.owner = true,
            Player::Thief => self.thief = true,
        }
    }

    /// Whether it is the owner's and nobody else's.
    pub(crate) fn owners_own(self) -> bool {
        self.owner && !self.thief
    }
}

/// The mailboxes there are: two of the owner's, of which the thief may read the first, and two of the thief's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailbox {
    /// Where the account begins.
    Home,
    /// Another of the owner's.
    Spare,
    /// The thief's.
    Lair,
    /// Another of the thief's.
    Den,
}

/// How a history begins.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// Who reads [`Mailbox::Home`].
    pub mailbox: Hands,
    /// Who knows the password.
    pub password: Hands,
    /// Who has the authenticator app, if the account has one.
    pub app: Option<Hands>,
    /// Who has each passkey.
    pub passkeys: [Option<Hands>; 2],
    /// Who has the recovery codes, if there are any.
    pub codes: Option<Hands>,
    /// Who sits at a session, in a browser that is known.
    pub session: Hands,
    /// Only passkeys open the account.
    pub passkey_only: bool,
    /// The settings are locked, with this wait in days.
    pub lock_days: Option<i64>,
    /// The owner stops whatever of the thief's they were told of, in the last second of the stated time.
    pub vigilant: bool,
}

impl Start {
    /// An owner with a random part of what owners have, and a thief with two things.
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let keeps = |chance: &mut Chance| Hands { owner: !chance.one_in(4), thief: false };
        let mut start = Self {
            mailbox: Hands { owner: !chance.one_in(6), thief: false },
            password: keeps(chance),
            app: (!chance.one_in(3)).then(|| keeps(chance)),
            passkeys: [chance.one_in(3).then(|| keeps(chance)), chance.one_in(5).then(|| keeps(chance))],
            codes: chance.one_in(2).then(|| keeps(chance)),
            session: Hands { owner: chance.one_in(2), thief: false },
            passkey_only: false,
            lock_days: None,
            vigilant: chance.one_in(2),
        };
        // Two of mailbox, password, session and phone. A stolen phone is gone; a copied seed is in both hands.
        let loot = chance.of(&[[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        for thing in loot {
            match thing {
                0 => start.mailbox.thief = true,
                1 => start.password.thief = true,
                2 => start.session.thief = true,
                _ => {
                    let stolen = chance.one_in(2);
                    start.app = start.app.map(|app| Hands { owner: app.owner && !stolen, thief: true });
                }
            }
        }
        let passkeys = start.passkeys.iter().flatten().count();
        let enough = passkeys == 2 || passkeys == 1 && start.codes.is_some();
        start.passkey_only = enough && chance.one_in(2);
        start.lock_days = (start.codes.is_some() && chance.one_in(4)).then(|| chance.of(&[1, 3, 30]));
        start
    }
}

/// What a signed-in player can ask for: [`Sensitive`] without texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// An authenticator app of one's own.
    AddApp,
    /// A passkey of one's own.
    AddPasskey,
    /// Recovery codes.
    RenewCodes,
    /// Removing the factor with this number.
    Remove(u8),
    /// Passkeys alone.
    PasskeyOnly,
    /// The password again.
    PasskeyOnlyOff,
    /// Another address.
    ChangeEmail(Mailbox),
    /// No phone number.
    ChangePhone,
    /// Locking, with this wait in days.
    ArmLock(i64),
    /// Unlocking.
    Unlock,
    /// Unfreezing by two old factors.
    Thaw,
    /// Unfreezing with what there is.
    ThawSlowly,
}

impl Wish {
    /// What the table calls it.
    pub(crate) fn sensitive(self) -> Sensitive {
        match self {
            Self::AddApp => Sensitive::AddApp,
            Self::AddPasskey => Sensitive::AddPasskey,
            Self::RenewCodes => Sensitive::RenewRecoveryCodes,
            Self::Remove(number) => Sensitive::RemoveFactor { factor: factor_id(number) },
            Self::PasskeyOnly => Sensitive::PasskeyOnly,
            Self::PasskeyOnlyOff => Sensitive::PasskeyOnlyOff,
            Self::ChangeEmail(_) => Sensitive::ChangeEmail { new: String::new() },
            Self::ChangePhone => Sensitive::ChangePhone { new: None },
            Self::ArmLock(days) => Sensitive::ArmLock { days },
            Self::Unlock => Sensitive::Unlock,
            Self::Thaw => Sensitive::Thaw,
            Self::ThawSlowly => Sensitive::ThawSlowly,
        }
    }
}

/// The id of the factor with this number.
pub(crate) fn factor_id(number: u8) -> FactorId {
    FactorId::from_bytes([number; 16])
}

/// How somebody freezes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brake {
    /// By the link of a notice.
    Link,
    /// By address and freeze words.
    Words,
    /// By the button, in a session.
    Session,
}

/// Whether a mailbox's server takes our letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// It does.
    Takes,
    /// It does not, for now or for good.
    Away,
}

/// One thing that happens. A player's act that is not possible is refused and changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// By whatever the player has.
    SignIn(Player),
    /// A new password by a link from the mailbox.
    Reset(Player),
    /// A new password by the present one.
    ChangePassword(Player),
    /// Ending every other session; their browsers are forgotten.
    EndOthers(Player),
    /// A sensitive change, proved by whatever the player has.
    Ask(Player, Wish),
    /// Opening the link in the new mailbox.
    ConfirmEmail(Player),
    /// Getting back in without a second factor.
    LoseFactors(Player),
    /// Stopping everything.
    Freeze(Player, Brake),
    /// Stopping the timer with this number.
    Cancel(Player, usize),
    /// Undoing the change of address with this number, from the old mailbox.
    Undo(Player, usize),
    /// Other freeze words.
    ReplaceWords(Player),
    /// A withdrawal address of one's own.
    AddAddress(Player),
    /// Money to the address with this number.
    Withdraw(Player, usize),
    /// A mail server goes away or comes back.
    Mail(Mailbox, Post),
    /// Time passes.
    Wait(Span),
    /// Time passes until something that waits is due.
    WaitUntilDue,
}
