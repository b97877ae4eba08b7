//! What must hold in every history. The numbers stand here as the design promises them and not as the table has them, so
//! that a change of the table that breaks a promise is noticed.

use domain::protections::{Decision, Hold, Method, Proof, Sensitive};
use domain::{Span, Time};

use crate::players::{Mailbox, Player};
use crate::world::{About, Address, Awaited, Factor, Timer, Told, World};

const DAY: Span = Span::from_hours(24);
const THREE_DAYS: Span = Span::from_hours(72);
const SEVEN_DAYS: Span = Span::from_hours(24 * 7);
const FOURTEEN_DAYS: Span = Span::from_hours(24 * 14);

/// What is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claim {
    /// What loosens takes effect only after the owner was told where they could know, and had the stated time.
    ToldAndWaited,
    /// Money goes to nobody's address before the owner was told of it, and of every event since, and had the stated time.
    MoneyIsHeld,
    /// Freeze words, and links that freeze, cancel or undo, work for as long as was said, whatever anybody does.
    BrakesHold,
    /// With passkeys alone nothing weaker opens or changes anything, but the seven-day recovery.
    NothingWeaker,
    /// The settings lock is not shortened, and nothing loosens under it.
    LockHolds,
    /// A freeze ends what was granted, and nothing moves or loosens until a thaw.
    FreezeHolds,
    /// What came during a suspicious event loosens nothing until it is old enough.
    TooYoung,
    /// Where there is a second factor, a password alone changes nothing; a quick thaw takes two things older than the freeze.
    SecondFactor,
    /// An owner who stops what they are told of, in the last second, loses nothing.
    VigilantOwnerKeepsAll,
    /// From wherever the thief leaves it, the owner gets back.
    OwnerGetsBack,
}

impl Claim {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ToldAndWaited,
        Self::MoneyIsHeld,
        Self::BrakesHold,
        Self::NothingWeaker,
        Self::LockHolds,
        Self::FreezeHolds,
        Self::TooYoung,
        Self::SecondFactor,
        Self::VigilantOwnerKeepsAll,
        Self::OwnerGetsBack,
    ];
}

/// A claim that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub claim: Claim,
    /// What happened.
    pub why: String,
}

type Checked = Result<(), Broken>;

/// The claim holds, or this is why it does not.
pub(crate) fn holds(claim: Claim, fact: bool, why: impl FnOnce() -> String) -> Checked {
    if fact { Ok(()) } else { Err(Broken { claim, why: why() }) }
}

/// Whether the owner could know of what was told: they read a mailbox that was, or had their time to stop what took it away.
/// Whoever moved away from a mailbox and was moved back by its undo has that time: two weeks.
fn could_know(world: &World, told: Told) -> bool {
    let reads = |mailbox| world.reads(Player::Owner, mailbox);
    let mut removed = world
        .removed()
        .filter(|(mailbox, at)| reads(*mailbox) && *at < told.at && told.at < *at + FOURTEEN_DAYS)
        .peekable();
    if reads(told.safe) || removed.peek().is_some() {
        return reads(told.safe) || removed.any(|(mailbox, _)| told.removed[mailbox as usize]);
    }
    let never_had_one = !world.start.mailbox.owner && told.safe == Mailbox::Home;
    never_had_one || given_up(world)
}

/// A thief changed the address, and the time in which the owner could undo it is over.
pub(crate) fn given_up(world: &World) -> bool {
    let over = |until: Time| until <= world.now();
    world.moves.iter().any(|change| change.by == Player::Thief && world.undo_until(change).is_some_and(over))
}

fn told_and_waited(world: &World, told: Option<Told>, since: Time, stated: Span) -> bool {
    // What nobody could be told of has waited for longer by then; a letter that comes later changes nothing.
    let untold = since + stated.max(SEVEN_DAYS);
    match told {
        Some(told) if told.at < untold => could_know(world, told) && world.now() >= told.at + stated,
        _ => world.now() >= untold,
    }
}

/// How long each wait is, as the design states it; none for what does not wait.
fn stated(world: &World, what: &Awaited) -> Option<Span> {
    let Awaited::Change(what) = what else { return Some(DAY) };
    match what {
        Sensitive::RemoveFactor { .. } | Sensitive::PasskeyOnlyOff | Sensitive::Thaw => Some(DAY),
        Sensitive::ThawSlowly | Sensitive::LoseFactors => Some(SEVEN_DAYS),
        Sensitive::Unlock => world.standing.lock.map(|lock| Span::from_hours(24 * lock.days)),
        _ => None,
    }
}

/// Whether what exists since then is older than everything suspicious that it came during.
fn old_enough(world: &World, since: Time) -> bool {
    let length = |hold: &Hold| if hold.cause == "thaw" { hold.until.duration_since(hold.began_at) } else { THREE_DAYS };
    // What came after the hold need not be older than what came in its last second.
    let past = |hold: &Hold| since < hold.began_at || world.now() >= since.min(hold.until) + length(hold);
    world.standing.holds.iter().all(past)
}

fn is_second(method: Method) -> bool {
    matches!(method, Method::App | Method::Passkey | Method::RecoveryCode)
}

/// Whether what exists since then was there before a thief may have been at it: three days before the freeze.
fn awake(world: &World, since: Time) -> bool {
    world.standing.frozen_at.is_none_or(|frozen_at| since <= frozen_at - THREE_DAYS)
}

/// Whether it only takes off what sleeps.
fn removes_sleeping(world: &World, what: &Sensitive) -> bool {
    let Sensitive::RemoveFactor { factor } = what else { return false };
    let gone = world.standing.factors.iter().find(|held| held.factor == *factor);
    gone.is_some_and(|held| !awake(world, held.since))
}

/// Before a change that was proved takes effect or starts its wait.
pub(crate) fn proved(world: &World, what: &Sensitive, proofs: &[Proof], decision: Decision) -> Checked {
    let said = |text: &str| format!("{} {text}", what.rule().code);
    let back_in = matches!(what, Sensitive::LoseFactors);
    let thaws = matches!(what, Sensitive::Thaw | Sensitive::ThawSlowly);
    let counted =
        |method: Method| world.factors.iter().filter(|own| own.method == method && awake(world, own.since)).count();
    let (passkeys, codes) = (counted(Method::Passkey), counted(Method::RecoveryCode));
    let has_second = passkeys > 0 || counted(Method::App) > 0;
    let slept = proofs.iter().any(|proof| proof.factor.is_some() && !awake(world, proof.since));
    holds(Claim::FreezeHolds, !slept, || said("was proved by what came shortly before the freeze"))?;
    let by = |method: Method| proofs.iter().any(|proof| proof.method == method);
    let second = proofs.iter().any(|proof| is_second(proof.method));
    if !back_in {
        holds(Claim::SecondFactor, second || !has_second, || said("was proved by the password alone"))?;
        let strong = by(Method::Passkey) || by(Method::RecoveryCode);
        let only = world.standing.passkey_only && (passkeys > 0 || world.standing.frozen_at.is_none());
        holds(Claim::NothingWeaker, strong || !only, || said("was proved by something weaker"))?;
    }
    let now_or_later = decision != Decision::Now || stated(world, &Awaited::Change(what.clone())).is_none();
    holds(Claim::ToldAndWaited, now_or_later, || said("took effect at once"))?;
    let loosens = !matches!(
        what,
        Sensitive::AddApp
            | Sensitive::AddPasskey
            | Sensitive::RenewRecoveryCodes
            | Sensitive::PasskeyOnly
            | Sensitive::ArmLock { .. }
    );
    let gets_back = back_in || thaws;
    let may = gets_back || removes_sleeping(world, what) || world.standing.frozen_at.is_none();
    holds(Claim::FreezeHolds, !loosens || may, || said("while frozen"))?;
    let under_lock = gets_back || matches!(what, Sensitive::Unlock);
    holds(Claim::LockHolds, !loosens || under_lock || world.standing.lock.is_none(), || said("under the lock"))?;
    // What switches the owner's other ways off, or keeps them from mending it, is no better in young hands.
    let binds = matches!(what, Sensitive::PasskeyOnly | Sensitive::ArmLock { .. });
    if loosens && !gets_back || binds {
        let counts = |proof: &&Proof| is_second(proof.method) == has_second;
        let old = proofs.iter().filter(counts).any(|proof| old_enough(world, proof.since));
        holds(Claim::TooYoung, old, || said("was proved by something too young"))?;
    }
    let old_ones = |method: Method| {
        let counted = world.factors.iter().filter(|own| own.method == method && awake(world, own.since));
        counted.filter(|own| old_enough(world, own.since)).count()
    };
    match what {
        Sensitive::Thaw => quick_thaw(world, proofs),
        Sensitive::ArmLock { days } => {
            holds(Claim::OwnerGetsBack, codes > 0, || said("without recovery codes"))?;
            let old = old_ones(Method::RecoveryCode) > 0;
            holds(Claim::TooYoung, old, || said("counts recovery codes that are too young"))?;
            let longer = world.standing.lock.is_none_or(|lock| *days >= lock.days);
            holds(Claim::LockHolds, longer && (1..=30).contains(days), || said("shortens the lock"))
        }
        Sensitive::PasskeyOnly => {
            let enough = passkeys >= 2 || passkeys == 1 && codes > 0;
            holds(Claim::OwnerGetsBack, enough, || said("with too few passkeys"))?;
            let (passkeys, codes) = (old_ones(Method::Passkey), old_ones(Method::RecoveryCode));
            let old = passkeys >= 2 || passkeys == 1 && codes > 0;
            holds(Claim::TooYoung, old, || said("counts what is too young"))
        }
        _ => Ok(()),
    }
}

/// Once codes were renewed: when the earlier ones end, as they stood before.
pub(crate) fn ends_codes(world: &World, proofs: &[Proof], before: &[(u8, Option<Time>)]) -> Checked {
    let has_second = world.standing.has_second_factor();
    let counts = |proof: &&Proof| is_second(proof.method) == has_second;
    let old = proofs.iter().filter(counts).any(|proof| old_enough(world, proof.since));
    let ends = |own: &Factor| before.iter().any(|(number, over)| *number == own.number && *over != own.over_at);
    let soon = |own: &Factor| own.over_at.is_some_and(|over| over <= world.now() + THREE_DAYS);
    let cut = world.factors.iter().any(|own| ends(own) && soon(own));
    holds(Claim::TooYoung, old || !cut, || "codes renewed by something too young end the earlier ones".into())
}

fn quick_thaw(world: &World, proofs: &[Proof]) -> Checked {
    let frozen_at = world.standing.frozen_at;
    // Three days older: a thief who sees the freeze coming adds nothing that ends it sooner.
    let before = |proof: &&Proof| frozen_at.is_some_and(|frozen| proof.since + THREE_DAYS <= frozen);
    let older = |proof: &&Proof| before(proof) && old_enough(world, proof.since);
    let older: Vec<&Proof> = proofs.iter().filter(older).collect();
    let by = |method: Method| older.iter().any(|proof| proof.method == method);
    let weaker = [Method::Password, Method::App, Method::RecoveryCode].into_iter().filter(|method| by(*method)).count();
    let two = by(Method::Passkey) || weaker >= 2;
    holds(Claim::SecondFactor, two, || "a quick thaw without two factors older than the freeze, and old enough".into())
}

/// Before what waited takes effect.
pub(crate) fn takes_effect(world: &World, timer: &Timer) -> Checked {
    let said = |text: &str| format!("{} {text}", timer.what.key());
    let stated = stated(world, &timer.what).unwrap_or(SEVEN_DAYS);
    let waited = told_and_waited(world, timer.told, timer.asked_at, stated);
    holds(Claim::ToldAndWaited, waited, || said("took effect before its owner was told and had time"))?;
    let extends = |at: &Time| !timer.what.gets_back_in() && *at < timer.asked_at && world.now() < *at + THREE_DAYS;
    let extended = matches!(timer.what, Awaited::Address(_)) || !world.suspicious.iter().any(extends);
    holds(Claim::ToldAndWaited, extended, || said("took effect before a hold was over"))?;
    let told = world.told_in_time(Player::Owner, timer, world.now());
    let unstopped = world.start.vigilant && timer.by == Player::Thief && told;
    holds(Claim::VigilantOwnerKeepsAll, !unstopped, || said("took effect although its owner watched"))?;
    let back_in = timer.what == Awaited::Change(Sensitive::LoseFactors);
    let since_freeze = world.last_frozen_at.is_none_or(|frozen| timer.asked_at >= frozen);
    holds(Claim::FreezeHolds, back_in || since_freeze, || said("outlived a freeze"))?;
    let Awaited::Change(what) = &timer.what else { return Ok(()) };
    let thaws = matches!(what, Sensitive::Thaw | Sensitive::ThawSlowly);
    let while_frozen = back_in || thaws || removes_sleeping(world, what) || world.standing.frozen_at.is_none();
    holds(Claim::FreezeHolds, while_frozen, || said("took effect while frozen"))?;
    let lock = world.standing.lock;
    let under_lock = back_in || thaws || *what == Sensitive::Unlock || lock.is_none();
    holds(Claim::LockHolds, under_lock, || said("took effect under the lock"))?;
    match what {
        Sensitive::Unlock => {
            let since = lock.is_none_or(|lock| timer.asked_at >= lock.armed_at);
            holds(Claim::LockHolds, since, || said("was asked for before it was locked again"))
        }
        Sensitive::RemoveFactor { factor } => {
            let left = world.standing.factors.iter().filter(|held| held.factor != *factor);
            let (passkeys, codes) = left.fold((0, 0), |(passkeys, codes), held| match held.method {
                Method::Passkey => (passkeys + 1, codes),
                Method::RecoveryCode => (passkeys, codes + 1),
                _ => (passkeys, codes),
            });
            let enough = !world.standing.passkey_only || passkeys >= 2 || passkeys == 1 && codes > 0;
            holds(Claim::OwnerGetsBack, enough, || said("leaves too few passkeys"))
        }
        _ => Ok(()),
    }
}

/// Before somebody is signed in.
pub(crate) fn signs_in(world: &World, who: Player, by_passkey: bool) -> Checked {
    let weaker = world.standing.passkeys_alone() && !by_passkey;
    holds(Claim::NothingWeaker, !weaker, || "signed in by something weaker than a passkey".into())?;
    let own = world.factors.iter().filter(|own| own.method == Method::Passkey && own.hands.has(who));
    let slept = by_passkey && !own.map(|own| own.since).any(|since| awake(world, since));
    holds(Claim::FreezeHolds, !slept, || "signed in by a passkey that came shortly before the freeze".into())
}

/// Before another address is confirmed.
pub(crate) fn moves(world: &World) -> Checked {
    holds(Claim::FreezeHolds, world.standing.frozen_at.is_none(), || "another address while frozen".into())?;
    holds(Claim::LockHolds, world.standing.lock.is_none(), || "another address under the lock".into())
}

/// Before a change of address is undone.
pub(crate) fn undoes(world: &World, index: usize) -> Checked {
    let change = &world.moves[index];
    holds(Claim::BrakesHold, !change.back, || "a move back was undone by the mailbox that it left".into())?;
    let done_at = change.done_at;
    let replayed =
        world.moves[..index].iter().any(|earlier| earlier.undone_at.is_some() && earlier.undone_at >= done_at);
    holds(Claim::BrakesHold, !replayed, || "an undone change of address came back by a later link".into())
}

/// Before money goes to an address.
pub(crate) fn pays(world: &World, address: &Address) -> Checked {
    holds(Claim::FreezeHolds, world.standing.frozen_at.is_none(), || "money moved while frozen".into())?;
    let told = told_and_waited(world, address.told, address.since, DAY);
    holds(Claim::MoneyIsHeld, told, || "money moved before its owner knew the address for a day".into())?;
    let began = |at: &Time| world.standing.holds.iter().any(|hold| hold.began_at == *at);
    let all_hold = world.suspicious.iter().filter(|at| **at <= address.since).all(began);
    holds(Claim::MoneyIsHeld, all_hold, || "something suspicious held no money back".into())?;
    for (hold, told) in world.standing.holds.iter().zip(&world.holds_told) {
        let young = hold.began_at <= address.since && hold.cause != "thaw";
        let past = !young || told_and_waited(world, *told, hold.began_at, THREE_DAYS);
        holds(Claim::MoneyIsHeld, past, || {
            format!("money moved before its owner knew of {} for three days", hold.cause)
        })?;
    }
    let safe = address.told.is_some_and(|told| world.reads(Player::Owner, told.safe));
    let watched = safe || world.told_removed(Player::Owner, address.told, world.now());
    let lost = world.start.vigilant && address.of == Player::Thief && watched;
    holds(Claim::VigilantOwnerKeepsAll, !lost, || "money moved although its owner watched".into())
}

/// A brake that was pulled worked.
pub(crate) fn stopped(_world: &World, did: bool, why: &str) -> Checked {
    holds(Claim::BrakesHold, did, || why.to_owned())
}

/// Whatever happened.
pub(crate) fn always(world: &World) -> Checked {
    let now = world.now();
    if let Some(frozen_at) = world.standing.frozen_at {
        let ended = world.sessions.iter().flatten().all(|began| *began >= frozen_at);
        holds(Claim::FreezeHolds, ended, || "a session outlived a freeze".into())?;
        let lose = Awaited::Change(Sensitive::LoseFactors);
        let outlives = |timer: &Timer| timer.running && timer.asked_at < frozen_at && timer.what != lose;
        let ended = !world.timers.iter().any(outlives);
        holds(Claim::FreezeHolds, ended, || "what waited outlived a freeze".into())?;
    }
    if let (Some(frozen_at), None) = (world.last_frozen_at, world.standing.frozen_at) {
        let doubtful = |own: &Factor| own.since <= frozen_at && own.since + THREE_DAYS > frozen_at;
        let gone = !world.factors.iter().any(doubtful);
        holds(Claim::FreezeHolds, gone, || "a thaw woke what came shortly before the freeze".into())?;
    }
    let goes_on = !world.removal_cut;
    holds(Claim::OwnerGetsBack, goes_on, || "freezing again stopped the removal of what sleeps".into())?;
    holds(Claim::BrakesHold, !world.back_in_cut, || "a change of credentials ended what gets the owner back".into())?;
    let over = world.words_used || world.words_replaced_at.is_some_and(|replaced| now >= replaced + SEVEN_DAYS);
    holds(Claim::BrakesHold, over || world.words_work(), || "the owner's freeze words do not work".into())?;
    for letter in &world.letters {
        let Some(taken_at) = letter.taken_at.filter(|_| world.reads(Player::Owner, letter.to)) else { continue };
        let past = letter.removed_at.is_some_and(|removed| now >= removed + FOURTEEN_DAYS);
        let works = now >= taken_at + SEVEN_DAYS || past || world.freeze_link_works(letter);
        holds(Claim::BrakesHold, works, || "a freeze link does not work".into())?;
        match letter.about {
            About::Timer(timer) => {
                let removed = letter.removed_at.is_some();
                let works = removed || !world.timers[timer].running || world.may_cancel(Player::Owner, timer);
                holds(Claim::BrakesHold, works, || "a link that stops does not work".into())?;
            }
            About::Move(index) => {
                let change = &world.moves[index];
                let in_time = change.done_at.is_some_and(|done| taken_at < done + SEVEN_DAYS);
                let ended = change.undone_at.is_some() || change.undo_ended;
                let open = !ended && in_time && now < taken_at + THREE_DAYS;
                let works = !open || world.may_undo(Player::Owner, index);
                holds(Claim::BrakesHold, works, || "a link that undoes does not work".into())?;
            }
            About::Hold(_) | About::Other => {}
        }
    }
    Ok(())
}
