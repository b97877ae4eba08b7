//! The owner gets back: from any state a thief left behind, a sequence of the owner's own acts that ends signed in,
//! unfrozen, with nothing on the account that the thief has too. While the account is frozen the thief goes on.

use domain::protections::{Method, No, Sensitive};
use domain::{Span, Time};

use crate::claims::{Broken, Claim, holds};
use crate::players::{Act, Brake, Mailbox, Player, Post, Wish};
use crate::world::{About, Awaited, Factor, Timer, World};

use Player::{Owner, Thief};

/// By what an owner gets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// They read the account's mailbox, or the one it was changed from not long ago.
    Mailbox,
    /// They lost the mailbox and have a passkey.
    Passkey,
    /// They were told of what took the last way away, and let the stated time pass; or had none to begin with.
    None,
}

impl Way {
    /// The stated times at their worst, in a row. By the mailbox: losing the factors, a thaw without an older second
    /// factor; where a thief goes on, the two weeks in which a mailbox that was removed may freeze, half a day until the owner
    /// asks again, and that thaw. What the thief added is off by then: no freeze of a frozen account stops that. By a
    /// passkey alone: the longest lock, a slow thaw, the end of codes that were renewed, and each foreign factor taken off
    /// with its hold.
    fn at_most(self, foreign: i64, goes_on: bool) -> Span {
        match self {
            Self::Mailbox if goes_on => Span::from_hours(24 * (14 + 7) + 12),
            Self::Mailbox => Span::from_hours(24 * (7 + 7)),
            Self::Passkey => Span::from_hours(24 * (30 + 7 + 3 + 7 + 4 * foreign) + 1),
            Self::None => Span::ZERO,
        }
    }
}

/// What the owner of this state gets back by.
pub fn way(world: &World) -> Way {
    let undo = (0..world.moves.len()).any(|index| world.may_undo(Owner, index));
    if world.reads(Owner, world.email) || undo {
        Way::Mailbox
    } else if world.awake().any(|own| own.method == Method::Passkey && own.hands.owner) {
        Way::Passkey
    } else {
        Way::None
    }
}

/// Lets the owner get back, and answers how long it took. Once the account is frozen the thief goes on, unless they read
/// its mailbox or have a passkey that is awake: who does can stop an owner for as long as they keep at it.
pub fn get_back(mut world: World) -> Result<(Way, Span), Broken> {
    // From here on the owner's acts are chosen below.
    world.start.vigilant = false;
    for mailbox in [Mailbox::Home, Mailbox::Spare, Mailbox::Lair, Mailbox::Den] {
        world.mail(mailbox, Post::Takes);
    }
    let (way, began) = (way(&world), world.now());
    if way == Way::None {
        return Ok((way, Span::ZERO));
    }
    let foreign = i64::try_from(world.factors.iter().filter(|factor| !factor.hands.owners_own()).count()).unwrap_or(0);
    stop_everything(&mut world)?;
    let mut goes_on = false;
    for _ in 0..200 {
        goes_on |= thief_goes_on(&world);
        if is_back(&world) {
            let took = world.now().duration_since(began);
            let in_time = took <= way.at_most(foreign, goes_on);
            holds(Claim::OwnerGetsBack, in_time, || format!("by {way:?}, but only after {} hours", took.as_hours()))?;
            return Ok((way, took));
        }
        step(&mut world)?;
    }
    let factors: Vec<_> = world.factors.iter().map(|factor| (factor.method, factor.hands)).collect();
    Err(Broken {
        claim: Claim::OwnerGetsBack,
        why: format!("by {way:?} never: frozen {:?}, factors {factors:?}", world.standing.frozen_at.is_some()),
    })
}

fn is_back(world: &World) -> bool {
    let own_password = world.password.hands.owners_own() || world.standing.passkey_only;
    let own_factors = world.factors.iter().all(|factor| factor.hands.owners_own());
    let signed_in = world.session(Owner).is_some() && world.session(Thief).is_none();
    let quiet = !world.timers.iter().any(|timer| timer.running && timer.by == Thief);
    let own_address = world.reads(Owner, world.email);
    signed_in && own_password && own_factors && quiet && own_address && world.standing.frozen_at.is_none()
}

/// An owner who cannot get at a thief's passkey otherwise freezes, while that makes it sleep.
fn stop_everything(world: &mut World) -> Result<(), Broken> {
    let young = |since: Time| since > world.now() - world.standing.hold;
    let passkey = |own: &Factor| own.method == Method::Passkey && own.hands.thief && young(own.since);
    let mailbox = world.reads(Owner, world.email) && !world.reads(Thief, world.email);
    if mailbox && world.standing.frozen_at.is_none() && world.factors.iter().any(passkey) {
        // Whoever asks for a new password gets a letter with a freeze link, which changes nothing.
        world.tell(About::Other);
        world.turn(Act::Freeze(Owner, Brake::Link))?;
    }
    Ok(())
}

fn thief_goes_on(world: &World) -> bool {
    let passkey = world.awake().any(|own| own.method == Method::Passkey && own.hands.thief);
    // Who has no mailbox is told of nothing between two looks at what waits.
    let told = world.reads(Owner, world.email) && !world.reads(Thief, world.email);
    world.standing.frozen_at.is_some() && told && !passkey
}

/// Everything a thief can still try against an owner who waits. One who can prove nothing may even sit at every session
/// of the owner's.
fn thief_tries(world: &mut World) -> Result<(), Broken> {
    if !thief_goes_on(world) {
        return Ok(());
    }
    if world.proofs(Thief, true).is_empty() {
        world.sessions[Thief as usize] = world.session(Owner);
    }
    let tries = [Act::SignIn(Thief), Act::LoseFactors(Thief), Act::Ask(Thief, Wish::Thaw)];
    let stops = (0..world.timers.len()).map(|timer| Act::Cancel(Thief, timer));
    let brakes = [Brake::Words, Brake::Link, Brake::Session].map(|brake| Act::Freeze(Thief, brake));
    for act in tries.into_iter().chain(stops).chain(brakes) {
        world.turn(act)?;
    }
    Ok(())
}

/// One act that leads back, or a wait until something does.
fn step(world: &mut World) -> Result<(), Broken> {
    if !world.reads(Owner, world.email) {
        for index in 0..world.moves.len() {
            if world.turn(Act::Undo(Owner, index))? {
                return Ok(());
            }
        }
    }
    if world.session(Owner).is_none() {
        if !world.turn(Act::SignIn(Owner))? && !world.turn(Act::Reset(Owner))? {
            // Neither a password nor a second factor: then the seven days, and afterwards the mailbox alone.
            world.turn(Act::LoseFactors(Owner))?;
            return wait(world, None);
        }
        return Ok(());
    }
    if own_password(world)? || stops_the_thief(world)? || frozen_needs(world)? || own_address(world)? {
        return Ok(());
    }
    let until = own_factors(world)?;
    wait(world, until)
}

/// Asks for the thaw, the quick one if it may be; answers whether something was done.
fn frozen_needs(world: &mut World) -> Result<bool, Broken> {
    let thaws = |what: &Awaited| matches!(what, Awaited::Change(Sensitive::Thaw | Sensitive::ThawSlowly));
    let asked = |by: Player| world.timers.iter().any(|timer| timer.running && timer.by == by && thaws(&timer.what));
    if world.standing.frozen_at.is_none() {
        return Ok(false);
    }
    let frozen_at = world.standing.frozen_at;
    let since = |own: &Factor| frozen_at.is_some_and(|frozen_at| own.since > frozen_at);
    let foreign = |own: &Factor| since(own) && own.over_at.is_none() && !own.hands.owners_own();
    if world.reads(Owner, world.email) && world.factors.iter().any(foreign) {
        // A thaw would wake what a thief put there since; what came before it takes off. Codes that were renewed end by
        // themselves. Without the mailbox a lock may stand in the way of removing it.
        let thaw = world.timers.iter().position(|timer| timer.running && thaws(&timer.what));
        return thaw.map_or(Ok(false), |thaw| world.turn(Act::Cancel(Owner, thaw)));
    }
    if asked(Owner) || asked(Thief) {
        // A slow one that anybody asked for does not hold the quick one up.
        let quick = world.now() + Span::from_hours(world.rules.thaw_hours);
        let late = |timer: &Timer| timer.running && thaws(&timer.what) && world.due(timer) > quick;
        return if world.timers.iter().any(late) { world.turn(Act::Ask(Owner, Wish::Thaw)) } else { Ok(false) };
    }
    Ok(world.turn(Act::Ask(Owner, Wish::Thaw))?
        || world.turn(Act::Ask(Owner, Wish::ThawSlowly))?
        || world.turn(Act::LoseFactors(Owner))?)
}

/// Stops what the thief waits for, but for what serves the owner as well.
fn stops_the_thief(world: &mut World) -> Result<bool, Broken> {
    let foreign = world.factors.iter().any(|factor| !factor.hands.owners_own());
    let by_mailbox = world.reads(Owner, world.email);
    let harms = |what: &Awaited, by: Player| match what {
        Awaited::Change(Sensitive::Thaw | Sensitive::ThawSlowly) => false,
        // Who has only a passkey left does not let it go.
        Awaited::Change(Sensitive::LoseFactors) => !by_mailbox || !foreign && by == Thief,
        _ => by == Thief,
    };
    let harmful = world.timers.iter().position(|timer| timer.running && harms(&timer.what, timer.by));
    harmful.map_or(Ok(false), |timer| world.turn(Act::Cancel(Owner, timer)))
}

fn own_password(world: &mut World) -> Result<bool, Broken> {
    let hands = world.password.hands;
    if world.session(Thief).is_some() && world.turn(Act::EndOthers(Owner))? {
        return Ok(true);
    }
    let needed = !hands.owners_own() && !world.standing.passkey_only;
    Ok(needed && (world.turn(Act::ChangePassword(Owner))? || world.turn(Act::Reset(Owner))?))
}

fn own_address(world: &mut World) -> Result<bool, Broken> {
    if world.reads(Owner, world.email) {
        return Ok(false);
    }
    let asked = world.turn(Act::Ask(Owner, Wish::ChangeEmail(Mailbox::Spare)))?;
    Ok(asked && world.turn(Act::ConfirmEmail(Owner))?)
}

/// Gets rid of what the thief has too; answers what else there is to wait for.
fn own_factors(world: &mut World) -> Result<Option<Time>, Broken> {
    let foreign: Vec<Factor> = world.factors.iter().filter(|factor| !factor.hands.owners_own()).cloned().collect();
    let mut until: Option<Time> = None;
    for factor in &foreign {
        if let Some(over_at) = factor.over_at {
            until = Some(until.map_or(over_at, |sooner| sooner.min(over_at)));
            continue;
        }
        if factor.method.code() == "recovery_code" && world.turn(Act::Ask(Owner, Wish::RenewCodes))? {
            return Ok(Some(world.now()));
        }
        // One is taken off; more than one go together, by the mailbox, or one after the other.
        let many = foreign.iter().filter(|factor| factor.over_at.is_none()).count() > 1;
        if many && (lost(world) || world.turn(Act::LoseFactors(Owner))?) {
            return Ok(until);
        }
        if removes(world, factor.number) || world.turn(Act::Ask(Owner, Wish::Remove(factor.number)))? {
            return Ok(until);
        }
        let what = Wish::Remove(factor.number).sensitive();
        match world.standing.decide(&what, &world.proofs(Owner, true), &world.rules) {
            // More of one's own first, so that passkeys alone can go on.
            Err(No::LastPasskeys) if world.turn(Act::Ask(Owner, Wish::AddPasskey))? => return Ok(Some(world.now())),
            _ if lost(world) || world.turn(Act::LoseFactors(Owner))? => {}
            Err(No::TooYoung { until: old }) => until = Some(until.map_or(old, |sooner| sooner.min(old))),
            _ => {
                world.turn(Act::Ask(Owner, Wish::Unlock))?;
            }
        }
    }
    if world.standing.lock.is_some() && !world.reads(Owner, world.email) {
        world.turn(Act::Ask(Owner, Wish::Unlock))?;
    }
    Ok(until)
}

fn lost(world: &World) -> bool {
    let lose = Awaited::Change(Sensitive::LoseFactors);
    world.timers.iter().any(|timer| timer.running && timer.what == lose)
}

fn removes(world: &World, number: u8) -> bool {
    let what = Awaited::Change(Wish::Remove(number).sensitive());
    world.timers.iter().any(|timer| timer.running && timer.what == what)
}

/// Time passes until the next thing that can change anything; none if there is more to do now.
fn wait(world: &mut World, until: Option<Time>) -> Result<(), Broken> {
    if until == Some(world.now()) {
        return Ok(());
    }
    // At once, and again in the last second. Whoever reads that their thaw was stopped asks again half a day later.
    thief_tries(world)?;
    let due = world.first_due().map(|(due, _)| due);
    let at = [due, until].into_iter().flatten().filter(|at| *at > world.now()).min();
    let span = at.map_or(Span::from_hours(12), |at| at.duration_since(world.now()));
    world.turn(Act::Wait(span - Span::from_secs(1)))?;
    thief_tries(world)?;
    world.turn(Act::Wait(Span::from_secs(1))).map(|_| ())
}
