//! An account and everything around it that matters for getting in: what the table decides by, who has what, letters on
//! their way, what waits.

use domain::protections::{Held, Hold, Lock, Method, Proof, Sensitive, SmsCodes, Standing};
use domain::settings::ProtectionRules;
use domain::{Span, Time};

use crate::flaws::Flaw;
use crate::players::{Hands, Mailbox, Player, Post, Start, factor_id};

/// A second factor and who has it.
#[derive(Debug, Clone)]
pub(crate) struct Factor {
    pub(crate) number: u8,
    pub(crate) method: Method,
    pub(crate) since: Time,
    pub(crate) hands: Hands,
    /// Recovery codes that were renewed end then.
    pub(crate) over_at: Option<Time>,
    /// How many codes of a set are left.
    pub(crate) codes: u8,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Password {
    pub(crate) hands: Hands,
    pub(crate) since: Time,
}

/// What waits: a row of the table, or a withdrawal address.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Awaited {
    Change(Sensitive),
    Address(usize),
}

impl Awaited {
    /// Two of the same run as one.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Change(what) => what.key(),
            Self::Address(number) => format!("address {number}"),
        }
    }

    /// Whether it gets an owner back in.
    pub(crate) fn gets_back_in(&self) -> bool {
        matches!(self, Self::Change(Sensitive::Thaw | Sensitive::ThawSlowly | Sensitive::LoseFactors))
    }

    /// Whether a freeze ends it, of an account that was frozen before or not.
    pub(crate) fn ends_by_freeze(&self, frozen_before: bool) -> bool {
        match self {
            Self::Change(what) => what.ends_by_freeze(frozen_before),
            Self::Address(_) => true,
        }
    }

    /// Whether a change of credentials ends it.
    pub(crate) fn voidable(&self) -> bool {
        match self {
            Self::Change(what) => what.rule().voidable,
            Self::Address(_) => true,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Timer {
    pub(crate) what: Awaited,
    pub(crate) by: Player,
    pub(crate) asked_at: Time,
    pub(crate) wait: Span,
    pub(crate) not_before: Option<Time>,
    pub(crate) told: Option<Told>,
    pub(crate) running: bool,
}

/// When a carrier took the notice for the last mailbox that counts, and which those are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) at: Time,
    /// The mailbox that nobody changed unseen.
    pub(crate) safe: Mailbox,
    /// Those that an undo removed, as long as they may freeze.
    pub(crate) removed: [bool; 4],
}

/// A change of the e-mail address.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    pub(crate) old: Mailbox,
    pub(crate) new: Mailbox,
    pub(crate) by: Player,
    /// The epoch it was asked in.
    pub(crate) epoch: u32,
    pub(crate) done_at: Option<Time>,
    /// When the old mailbox got its letter.
    pub(crate) told_at: Option<Time>,
    pub(crate) undone_at: Option<Time>,
    /// It took an earlier change back, so nobody undoes it.
    pub(crate) back: bool,
    /// Nobody can undo it, or not any more.
    pub(crate) undo_ended: bool,
}

/// What a letter is about, and so which brake it carries beside the freeze link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Timer(usize),
    Move(usize),
    Hold(usize),
    Other,
}

#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) to: Mailbox,
    pub(crate) about: About,
    /// Whether what it is about runs only once this copy is taken.
    pub(crate) tells: bool,
    /// When an undo removed the address it goes to, if one did: then it can freeze, for a while, and nothing else.
    pub(crate) removed_at: Option<Time>,
    pub(crate) epoch: u32,
    pub(crate) taken_at: Option<Time>,
}

/// Where money can go.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) of: Player,
    pub(crate) since: Time,
    pub(crate) told: Option<Told>,
    pub(crate) active: bool,
}

/// A whole state.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of the history that one claim asks for")]
#[derive(Debug, Clone)]
pub struct World {
    pub(crate) start: Start,
    pub(crate) rules: ProtectionRules,
    pub(crate) flaw: Option<Flaw>,
    pub(crate) standing: Standing,
    /// When the account was last frozen, whether it still is or not.
    pub(crate) last_frozen_at: Option<Time>,
    pub(crate) factors: Vec<Factor>,
    pub(crate) password: Password,
    pub(crate) email: Mailbox,
    pub(crate) epoch: u32,
    /// When the owner, and when the thief, signed in.
    pub(crate) sessions: [Option<Time>; 2],
    /// Whose browser is known.
    pub(crate) known: Hands,
    pub(crate) timers: Vec<Timer>,
    pub(crate) moves: Vec<Move>,
    pub(crate) letters: Vec<Letter>,
    pub(crate) post: [Post; 4],
    pub(crate) addresses: Vec<Address>,
    /// When each hold's notice was taken.
    pub(crate) holds_told: Vec<Option<Told>>,
    /// When something suspicious happened: what the design says holds money back.
    pub(crate) suspicious: Vec<Time>,
    /// A change of credentials ended what would have got the owner back in.
    pub(crate) back_in_cut: bool,
    /// Freezing a frozen account stopped the removal of what sleeps.
    pub(crate) removal_cut: bool,
    /// Since when the owner's freeze words are replaced by somebody else's; they work for seven more days.
    pub(crate) words_replaced_at: Option<Time>,
    /// The owner's freeze words were used up, and the next ones not yet read.
    pub(crate) words_used: bool,
    /// The thief sat at a session and read the freeze words that work now.
    pub(crate) words_read: bool,
}

/// What one thing that happened led to: whether it was done, or the claim that it broke.
pub(crate) type Turned = Result<bool, crate::claims::Broken>;

impl World {
    /// The account as it stands when the history begins; everything on it is a quarter of a year old.
    pub fn new(start: Start, rules: &ProtectionRules, flaw: Option<Flaw>) -> Self {
        let now = Time::from_second(1_800_000_000).expect("a moment of 2027");
        let since = now - Span::from_hours(24 * 90);
        let mut factors = Vec::with_capacity(8);
        let first = [(Method::App, start.app), (Method::Passkey, start.passkeys[0])];
        let more = [(Method::Passkey, start.passkeys[1]), (Method::RecoveryCode, start.codes)];
        for (method, hands) in first.into_iter().chain(more) {
            if let Some(hands) = hands {
                let number = u8::try_from(factors.len()).expect("four at most");
                factors.push(Factor { number, method, since, hands, over_at: None, codes: 10 });
            }
        }
        let session = |signed_in: bool| signed_in.then_some(now);
        let lock = start.lock_days.map(|days| Lock { armed_at: since, days });
        let standing = Standing {
            now,
            frozen_at: None,
            factors: Vec::with_capacity(8),
            lock,
            passkey_only: start.passkey_only,
            sms: SmsCodes::default(),
            holds: Vec::new(),
            hold: Span::from_hours(rules.hold_hours),
        };
        let mut world = Self {
            start,
            rules: rules.clone(),
            flaw,
            standing,
            last_frozen_at: None,
            factors,
            password: Password { hands: start.password, since },
            email: Mailbox::Home,
            epoch: 0,
            sessions: [session(start.session.owner), session(start.session.thief)],
            known: Hands { owner: true, thief: start.session.thief },
            timers: Vec::new(),
            moves: Vec::new(),
            letters: Vec::with_capacity(32),
            post: [Post::Takes; 4],
            addresses: Vec::new(),
            holds_told: Vec::new(),
            suspicious: Vec::new(),
            back_in_cut: false,
            removal_cut: false,
            words_replaced_at: None,
            words_used: false,
            words_read: start.session.thief,
        };
        world.see_factors();
        world
    }

    pub(crate) fn now(&self) -> Time {
        self.standing.now
    }

    pub(crate) fn has_flaw(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Hands the table the factors as they are.
    pub(crate) fn see_factors(&mut self) {
        let now = self.standing.now;
        self.factors.retain(|factor| factor.codes > 0 && factor.over_at.is_none_or(|over| over > now));
        let held = self.factors.iter().map(|factor| Held {
            factor: factor_id(factor.number),
            method: factor.method,
            since: factor.since,
        });
        self.standing.factors.clear();
        self.standing.factors.extend(held);
    }

    /// Whether a player reads a mailbox.
    pub(crate) fn reads(&self, who: Player, mailbox: Mailbox) -> bool {
        match mailbox {
            Mailbox::Home => self.start.mailbox.has(who),
            Mailbox::Spare => who == Player::Owner,
            Mailbox::Lair | Mailbox::Den => who == Player::Thief,
        }
    }

    /// Whether a player gets a letter that is sent now.
    pub(crate) fn gets(&self, who: Player, mailbox: Mailbox) -> bool {
        self.reads(who, mailbox) && self.post[mailbox as usize] == Post::Takes
    }

    pub(crate) fn session(&self, who: Player) -> Option<Time> {
        self.sessions[who as usize]
    }

    /// Until when a change of address can be undone: from when the old mailbox was told, or for longer if it cannot be.
    pub(crate) fn undo_until(&self, change: &Move) -> Option<Time> {
        let done_at = change.done_at.filter(|_| change.undone_at.is_none() && !change.undo_ended)?;
        let from_told = |told: Time| told + Span::from_hours(self.rules.undo_hours);
        Some(change.told_at.map_or(done_at + Span::from_hours(24 * self.rules.untold_days), from_told))
    }

    /// The mailbox that nobody changed without leaving its reader time to undo it: what starts a wait is that it is told
    /// here, not at an address that a thief has just put in.
    pub(crate) fn safe_mailbox(&self) -> Mailbox {
        let open = |change: &&Move| self.undo_until(change).is_some_and(|until| until > self.now());
        self.moves.iter().find(open).map_or(self.email, |first| first.old)
    }

    /// The mailboxes that an undo removed while the account is frozen, and when.
    pub(crate) fn removed(&self) -> impl Iterator<Item = (Mailbox, Time)> {
        let done = self.moves.iter().filter(|change| change.done_at.is_some());
        let undone = done.filter_map(|change| Some((change.new, change.undone_at?)));
        undone.filter(|(_, at)| self.standing.frozen_at.is_some_and(|frozen_at| *at >= frozen_at))
    }

    /// Until when an address that was removed then may freeze.
    pub(crate) fn removed_freezes_until(&self, removed_at: Time) -> Time {
        removed_at + Span::from_hours(24 * 2 * self.rules.thaw_slow_days)
    }

    /// Whether a player read what told of a wait, in a mailbox by which they can still stop it at that moment. What an undo
    /// removed can freeze, and so stops what a freeze ends.
    pub(crate) fn told_in_time(&self, who: Player, timer: &Timer, at: Time) -> bool {
        let frozen_before = self.standing.frozen_at.is_some();
        let by_safe = timer.told.is_some_and(|told| self.reads(who, told.safe));
        by_safe || timer.what.ends_by_freeze(frozen_before) && self.told_removed(who, timer.told, at)
    }

    /// Whether a player read what told of it in a mailbox that an undo removed, and that may still freeze at that moment.
    pub(crate) fn told_removed(&self, who: Player, told: Option<Told>, at: Time) -> bool {
        let stops = |(mailbox, removed_at): (Mailbox, Time)| {
            let told = told.is_some_and(|told| told.removed[mailbox as usize]);
            told && self.reads(who, mailbox) && at < self.removed_freezes_until(removed_at)
        };
        self.removed().any(stops)
    }

    /// The factors that count now.
    pub(crate) fn awake(&self) -> impl Iterator<Item = &Factor> {
        self.factors.iter().filter(|factor| self.has_flaw(Flaw::NothingSleeps) || !self.standing.asleep(factor.since))
    }

    /// What a player can prove; recovery codes only where nothing else does.
    pub(crate) fn proofs(&self, who: Player, with_codes: bool) -> Vec<Proof> {
        let mut proofs = Vec::with_capacity(4);
        if self.password.hands.has(who) {
            proofs.push(Proof { method: Method::Password, factor: None, since: self.password.since });
        }
        for factor in self.awake().filter(|factor| factor.hands.has(who)) {
            if with_codes || factor.method != Method::RecoveryCode {
                let id = Some(factor_id(factor.number));
                proofs.push(Proof { method: factor.method, factor: id, since: factor.since });
            }
        }
        proofs
    }

    /// Uses up a recovery code.
    pub(crate) fn spend_code(&mut self, who: Player) {
        let mine = |set: &&Factor| set.method == Method::RecoveryCode && set.hands.has(who);
        let number = self.awake().find(mine).map(|set| set.number);
        if let Some(set) = self.factors.iter_mut().find(|set| Some(set.number) == number) {
            set.codes -= 1;
            self.see_factors();
        }
    }

    /// Whether the player proves a second factor, as signing in and a reset ask; a code where nothing else does.
    pub(crate) fn proves_second(&self, who: Player) -> Option<Method> {
        let accepted = self.standing.methods(domain::protections::Needs::OneProof);
        let has = |method: &&Method| self.awake().any(|own| own.method == **method && own.hands.has(who));
        accepted.iter().find(has).copied()
    }

    /// Adds a factor that only its player has.
    pub(crate) fn add_factor(&mut self, who: Player, method: Method) {
        let number = self.factors.iter().map(|factor| factor.number + 1).max().unwrap_or(0).max(4);
        let since = self.now();
        self.factors.push(Factor { number, method, since, hands: Hands::of(who), over_at: None, codes: 10 });
        self.see_factors();
    }

    /// Something suspicious happened. Where the table says so, money for young addresses waits from now on; how long is
    /// known once the owner was told.
    pub(crate) fn suspicious(&mut self, cause: &str, holds: bool) {
        let began_at = self.now();
        self.suspicious.push(began_at);
        if !holds {
            return self.tell(About::Other);
        }
        let untold = Span::from_hours(24 * self.rules.untold_days).max(Span::from_hours(self.rules.hold_hours));
        let wait = if self.has_flaw(Flaw::HoldsRunUntold) { Span::from_hours(self.rules.hold_hours) } else { untold };
        self.standing.holds.push(Hold { cause: cause.to_owned(), began_at, until: began_at + wait });
        self.holds_told.push(None);
        self.tell(About::Hold(self.standing.holds.len() - 1));
    }
}
