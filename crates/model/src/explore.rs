//! Histories from seeds, each looked at after every act, and those that break a claim made short.

use domain::Span;
use domain::settings::ProtectionRules;

use crate::chance::Chance;
use crate::claims::{self, Broken};
use crate::flaws::Flaw;
use crate::gambits;
use crate::players::{Act, Brake, Mailbox, Player, Post, Start, Wish};
use crate::rescue::{Way, get_back};
use crate::world::World;

use Player::{Owner, Thief};

/// A history that breaks a claim.
#[derive(Debug, Clone)]
pub struct Found {
    /// The seed it came from.
    pub seed: u64,
    /// How it begins.
    pub start: Start,
    /// What happens, as few acts as still break the claim.
    pub acts: Vec<Act>,
    /// Which claim, and how.
    pub broken: Broken,
}

/// What was explored. The counts show that the histories come to where it matters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Histories.
    pub histories: u64,
    /// Acts that were done.
    pub done: u64,
    /// Acts that were refused.
    pub refused: u64,
    /// Histories in which the account was frozen.
    pub frozen: u64,
    /// Histories in which a thief moved money, after everything stated.
    pub robbed: u64,
    /// Histories that end with an address that the thief put in and nobody undid in time.
    pub given_up: u64,
    /// Histories that end with a factor of the thief's own.
    pub infested: u64,
    /// Histories that end locked.
    pub locked: u64,
    /// Histories that end with passkeys alone.
    pub passkey_only: u64,
    /// Owners who got back by their mailbox, and the longest that took, in hours.
    pub by_mailbox: (u64, i64),
    /// Owners who got back by a passkey, and the longest that took, in hours.
    pub by_passkey: (u64, i64),
}

impl Tally {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.histories += other.histories;
        self.done += other.done;
        self.refused += other.refused;
        self.frozen += other.frozen;
        self.robbed += other.robbed;
        self.given_up += other.given_up;
        self.infested += other.infested;
        self.locked += other.locked;
        self.passkey_only += other.passkey_only;
        for (mine, others) in [(&mut self.by_mailbox, other.by_mailbox), (&mut self.by_passkey, other.by_passkey)] {
            *mine = (mine.0 + others.0, mine.1.max(others.1));
        }
    }

    fn end(&mut self, world: &World, way: Way, took: Span) {
        let own = |factor: &crate::world::Factor| factor.hands.thief && factor.number >= 4;
        self.frozen += u64::from(world.last_frozen_at.is_some());
        self.given_up += u64::from(claims::given_up(world));
        self.infested += u64::from(world.factors.iter().any(own));
        self.locked += u64::from(world.standing.lock.is_some());
        self.passkey_only += u64::from(world.standing.passkey_only);
        let counted = match way {
            Way::Mailbox => &mut self.by_mailbox,
            Way::Passkey => &mut self.by_passkey,
            Way::None => return,
        };
        *counted = (counted.0 + 1, counted.1.max(took.as_hours()));
    }
}

/// Explores the histories of the seeds from `first` on; the first that breaks a claim ends it.
pub fn explore(first: u64, count: u64, rules: &ProtectionRules, flaw: Option<Flaw>) -> Result<Tally, Box<Found>> {
    let mut tally = Tally::default();
    for seed in first..first + count {
        let mut chance = Chance::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let start = Start::draw(&mut chance);
        let mut acts = Vec::with_capacity(64);
        if let Err(broken) = wander(&mut tally, &mut chance, World::new(start, rules, flaw), &mut acts) {
            let acts = shorten(start, acts, rules, flaw, &broken);
            let broken = replay(start, &acts, rules, flaw).err().unwrap_or(broken);
            return Err(Box::new(Found { seed, start, acts, broken }));
        }
        tally.histories += 1;
    }
    Ok(tally)
}

fn wander(tally: &mut Tally, chance: &mut Chance, mut world: World, acts: &mut Vec<Act>) -> Result<(), Broken> {
    let mut planned: Vec<Act> = Vec::new();
    for _ in 0..8 + chance.below(48) {
        let act = planned.pop().unwrap_or_else(|| draw(&world, chance, &mut planned));
        acts.push(act);
        let did = world.turn(act)?;
        if did {
            tally.done += 1;
            tally.robbed += u64::from(matches!(act, Act::Withdraw(Thief, _)));
        } else {
            tally.refused += 1;
        }
    }
    let (way, took) = get_back(world.clone())?;
    tally.end(&world, way, took);
    Ok(())
}

/// The same acts again; what an owner needed to get back from where they end.
pub fn replay(start: Start, acts: &[Act], rules: &ProtectionRules, flaw: Option<Flaw>) -> Result<(Way, Span), Broken> {
    let mut world = World::new(start, rules, flaw);
    for act in acts {
        world.turn(*act)?;
    }
    get_back(world)
}

/// Leaves out whatever is not needed to break the same claim.
fn shorten(start: Start, mut acts: Vec<Act>, rules: &ProtectionRules, flaw: Option<Flaw>, broken: &Broken) -> Vec<Act> {
    let mut index = acts.len();
    while index > 0 {
        index -= 1;
        let mut fewer = acts.clone();
        fewer.remove(index);
        if replay(start, &fewer, rules, flaw).is_err_and(|other| other.claim == broken.claim) {
            acts = fewer;
            index = index.min(acts.len());
        }
    }
    acts
}

/// What happens next: mostly the thief, who often follows a plan.
fn draw(world: &World, chance: &mut Chance, planned: &mut Vec<Act>) -> Act {
    match chance.below(20) {
        0 => {
            *planned = gambits::draw(chance);
            planned.reverse();
            get_in(world, chance, Thief)
        }
        1..=10 => of_a_player(world, chance, Thief),
        11..=14 => of_a_player(world, chance, Owner),
        15 => {
            let mailbox = chance.of(&[Mailbox::Home, Mailbox::Home, Mailbox::Spare, Mailbox::Lair]);
            Act::Mail(mailbox, chance.of(&[Post::Takes, Post::Takes, Post::Away]))
        }
        16 | 17 => Act::WaitUntilDue,
        _ => {
            let minutes = [1, 20, 60, 360, 720, 1_380, 1_440, 1_500, 2_880, 4_319, 4_320, 4_380, 10_080, 11_520];
            Act::Wait(Span::from_mins(chance.of(&minutes)))
        }
    }
}

fn get_in(world: &World, chance: &mut Chance, who: Player) -> Act {
    if world.session(who).is_none() && chance.one_in(3) { Act::Reset(who) } else { Act::SignIn(who) }
}

fn of_a_player(world: &World, chance: &mut Chance, who: Player) -> Act {
    if world.session(who).is_none() && chance.below(4) < 2 {
        return get_in(world, chance, who);
    }
    let of = |chance: &mut Chance, many: usize| chance.below(many.max(1));
    match chance.below(24) {
        0 if chance.one_in(3) => Act::EndOthers(who),
        0 => Act::ChangePassword(who),
        1 => Act::Reset(who),
        2 | 3 => Act::ConfirmEmail(who),
        4 | 5 => Act::LoseFactors(who),
        6 => Act::Freeze(who, chance.of(&[Brake::Link, Brake::Words, Brake::Session])),
        7 | 8 => Act::Cancel(who, of(chance, world.timers.len())),
        9 => Act::Undo(who, of(chance, world.moves.len())),
        10 => Act::ReplaceWords(who),
        11 => Act::AddAddress(who),
        12 => Act::Withdraw(who, of(chance, world.addresses.len())),
        _ => Act::Ask(who, wish(world, chance, who)),
    }
}

fn wish(world: &World, chance: &mut Chance, who: Player) -> Wish {
    if world.standing.frozen_at.is_some() && chance.one_in(2) {
        return chance.of(&[Wish::Thaw, Wish::Thaw, Wish::ThawSlowly]);
    }
    let number = world.factors.get(chance.below(world.factors.len().max(1))).map_or(0, |factor| factor.number);
    let days = chance.of(&[1, 3, 30]);
    chance.of(&[
        Wish::AddApp,
        Wish::AddPasskey,
        Wish::RenewCodes,
        Wish::Remove(number),
        Wish::Remove(number),
        Wish::PasskeyOnly,
        Wish::PasskeyOnlyOff,
        Wish::ChangeEmail(world.another_mailbox(who)),
        Wish::ChangeEmail(world.another_mailbox(who)),
        Wish::ChangePhone,
        Wish::ArmLock(days),
        Wish::Unlock,
        Wish::Thaw,
    ])
}
