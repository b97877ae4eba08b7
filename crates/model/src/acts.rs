//! What players can do. Whether the table allows it is asked of the table; everything else is as the product does it.

use domain::Span;
use domain::protections::{Decision, Lock, Method, Needs, Proof, Sensitive};

use crate::claims;
use crate::flaws::Flaw;
use crate::players::{Act, Brake, Hands, Mailbox, Player, Wish};
use crate::world::{About, Address, Awaited, Letter, Move, Timer, Told, Turned, World};

impl World {
    /// Lets one thing happen, and looks whether everything that was promised still holds.
    pub fn turn(&mut self, act: Act) -> Turned {
        let done = match act {
            Act::SignIn(who) => self.sign_in(who),
            Act::Reset(who) => Ok(self.reset(who)),
            Act::ChangePassword(who) => Ok(self.change_password(who)),
            Act::EndOthers(who) => Ok(self.end_others(who)),
            Act::Ask(who, wish) => self.ask(who, wish),
            Act::ConfirmEmail(who) => self.confirm_email(who),
            Act::LoseFactors(who) => self.lose_factors(who),
            Act::Freeze(who, brake) => Ok(self.brake(who, brake)),
            Act::Cancel(who, timer) => Ok(self.cancel(who, timer)),
            Act::Undo(who, change) => self.undo(who, change),
            Act::ReplaceWords(who) => Ok(self.replace_words(who)),
            Act::AddAddress(who) => Ok(self.add_address(who)),
            Act::Withdraw(who, address) => self.withdraw(who, address),
            Act::Mail(mailbox, post) => {
                self.mail(mailbox, post);
                Ok(true)
            }
            Act::Wait(span) => self.pass(self.now() + span),
            Act::WaitUntilDue => self.first_due().map_or(Ok(false), |(due, _)| self.pass(due)),
        }?;
        claims::always(self)?;
        Ok(done)
    }

    fn sign_in(&mut self, who: Player) -> Turned {
        let passkey = self.awake().any(|own| own.method == Method::Passkey && own.hands.has(who));
        if !passkey {
            let off = self.standing.passkeys_alone() && !self.has_flaw(Flaw::PasswordDespitePasskeyOnly);
            let second =
                if self.standing.has_second_factor() { self.proves_second(who) } else { Some(Method::Password) };
            let owner_says_so = self.known.has(who) || self.gets(who, self.email);
            let Some(second) = second else { return Ok(false) };
            if off || !self.password.hands.has(who) || !owner_says_so {
                return Ok(false);
            }
            if second == Method::RecoveryCode {
                self.spend_code(who);
            }
        }
        claims::signs_in(self, who, passkey)?;
        self.sessions[who as usize] = Some(self.now());
        self.known.add(who);
        if who == Player::Owner {
            self.words_used = false;
            self.words_replaced_at = None;
        }
        self.words_read |= who == Player::Thief;
        self.tell(About::Other);
        Ok(true)
    }

    fn reset(&mut self, who: Player) -> bool {
        // With passkeys alone there is no password to choose.
        if !self.gets(who, self.email) || self.standing.passkeys_alone() {
            return false;
        }
        if self.standing.has_second_factor() {
            let Some(method) = self.proves_second(who) else { return false };
            if method == Method::RecoveryCode {
                self.spend_code(who);
            }
        }
        self.password.hands = Hands::of(who);
        self.password.since = self.now();
        self.raise_epoch(None);
        self.known = Hands::default();
        self.suspicious("reset", true);
        true
    }

    fn change_password(&mut self, who: Player) -> bool {
        if self.session(who).is_none() || !self.password.hands.has(who) {
            return false;
        }
        // Proved by the present one, so it is as old as that.
        self.password.hands = Hands::of(who);
        self.raise_epoch(Some(who));
        self.known = if self.known.has(who) { Hands::of(who) } else { Hands::default() };
        self.tell(About::Other);
        true
    }

    fn end_others(&mut self, who: Player) -> bool {
        let own = self.session(who);
        if own.is_some() {
            self.sessions = [None; 2];
            self.sessions[who as usize] = own;
            self.known = if self.known.has(who) { Hands::of(who) } else { Hands::default() };
        }
        own.is_some()
    }

    fn ask(&mut self, who: Player, wish: Wish) -> Turned {
        if self.session(who).is_none() {
            return Ok(false);
        }
        let what = wish.sensitive();
        for with_codes in [false, true] {
            let proofs = self.proofs(who, with_codes);
            if let Ok(decision) = self.standing.decide(&what, &proofs, &self.rules) {
                claims::proved(self, &what, &proofs, decision)?;
                if with_codes {
                    self.spend_code(who);
                }
                let counts_from = self.standing.proofs_count_from(&proofs);
                return Ok(match decision {
                    Decision::Now => {
                        let over = self.factors.iter().map(|own| (own.number, own.over_at)).collect::<Vec<_>>();
                        let done = self.at_once(who, wish, counts_from);
                        claims::ends_codes(self, &proofs, &over)?;
                        done
                    }
                    Decision::Wait { wait, not_before } => self.wait(who, Awaited::Change(what), wait, not_before),
                });
            }
        }
        Ok(false)
    }

    /// What takes effect in the same request, proved by what counts from then.
    fn at_once(&mut self, who: Player, wish: Wish, counts_from: domain::Time) -> bool {
        match wish {
            Wish::AddApp => self.add_factor(who, Method::App),
            Wish::AddPasskey => self.add_factor(who, Method::Passkey),
            Wish::RenewCodes => {
                let from = if self.has_flaw(Flaw::YoungProofsEndCodes) { self.now() } else { counts_from };
                let over = from + Span::from_hours(self.rules.hold_hours);
                for set in self.factors.iter_mut().filter(|set| set.method == Method::RecoveryCode) {
                    set.over_at = Some(set.over_at.map_or(over, |sooner| sooner.min(over)));
                }
                self.add_factor(who, Method::RecoveryCode);
            }
            Wish::PasskeyOnly => self.standing.passkey_only = true,
            Wish::ChangeEmail(new) => {
                let (old, epoch) = (self.email, self.epoch);
                let (done_at, told_at, undone_at) = (None, None, None);
                let (back, undo_ended) = (false, false);
                self.moves.push(Move { old, new, by: who, epoch, done_at, told_at, undone_at, back, undo_ended });
                return true;
            }
            Wish::ChangePhone => {
                self.suspicious("change_phone", wish.sensitive().rule().holds);
                return true;
            }
            Wish::ArmLock(days) => {
                self.standing.lock = Some(Lock { armed_at: self.now(), days });
                // Whoever locks again wants it locked: what would unlock it by an earlier, shorter wait ends.
                if !self.has_flaw(Flaw::LockingAgainKeepsUnlocking) {
                    self.end(&Awaited::Change(Sensitive::Unlock));
                }
                self.tell(About::Other);
                return true;
            }
            Wish::Remove(_) | Wish::PasskeyOnlyOff | Wish::Unlock | Wish::Thaw | Wish::ThawSlowly => {}
        }
        self.raise_epoch(Some(who));
        self.tell(About::Other);
        true
    }

    fn end(&mut self, what: &Awaited) {
        for timer in self.timers.iter_mut().filter(|timer| timer.what == *what) {
            timer.running = false;
        }
    }

    /// Starts a wait, unless the same waits already and is over no later.
    fn wait(&mut self, by: Player, what: Awaited, wait: Span, not_before: Option<domain::Time>) -> bool {
        let (key, asked_at) = (what.key(), self.now());
        let soonest = |told: Option<Told>, wait: Span, not_before: Option<domain::Time>| {
            let from = told.map_or(asked_at, |told| told.at) + wait;
            from.max(not_before.unwrap_or(from))
        };
        if let Some(index) = self.timers.iter().position(|timer| timer.running && timer.what.key() == key) {
            let timer = &mut self.timers[index];
            if soonest(timer.told, timer.wait, timer.not_before) <= soonest(None, wait, not_before) {
                return false;
            }
            timer.running = false;
        }
        self.timers.push(Timer { what, by, asked_at, wait, not_before, told: None, running: true });
        self.tell(About::Timer(self.timers.len() - 1));
        true
    }

    /// The link in the new mailbox, in the browser that asked.
    fn confirm_email(&mut self, who: Player) -> Turned {
        let Some(index) = self.moves.iter().rposition(|change| change.by == who && change.done_at.is_none()) else {
            return Ok(false);
        };
        let (old, new, epoch) = (self.moves[index].old, self.moves[index].new, self.moves[index].epoch);
        let outlives = self.has_flaw(Flaw::ConfirmOutlivesFreeze);
        let void = epoch != self.epoch || self.standing.frozen_at.is_some() || self.standing.lock.is_some();
        if self.email != old || old == new || !self.gets(who, new) || (void && !outlives) {
            return Ok(false);
        }
        claims::moves(self)?;
        let undoable = |change: &Move| self.undo_until(change).is_some_and(|until| until > self.now());
        let back = self.moves.iter().position(|change| change.old == new && undoable(change));
        self.moves[index].done_at = Some(self.now());
        self.moves[index].back = back.is_some();
        if let Some(first) = back.filter(|_| !self.has_flaw(Flaw::MovingBackIsUndone)) {
            self.moves[first + 1..=index].iter_mut().for_each(|change| change.undo_ended = true);
        }
        self.email = new;
        self.raise_epoch(Some(who));
        let about = if self.moves[index].undo_ended { About::Other } else { About::Move(index) };
        self.send(old, about);
        self.suspicious("change_email", Wish::ChangeEmail(new).sensitive().rule().holds);
        Ok(true)
    }

    /// From a right password that waits for its second factor, or from a link in the mailbox.
    fn lose_factors(&mut self, who: Player) -> Turned {
        let mut proofs = Vec::with_capacity(2);
        let proof = |method| Proof { method, factor: None, since: self.now() };
        if self.password.hands.has(who) && !self.standing.passkeys_alone() {
            proofs.push(proof(Method::Password));
        }
        if self.gets(who, self.email) {
            proofs.push(proof(Method::Mailbox));
        }
        let what = Sensitive::LoseFactors;
        let Ok(decision) = self.standing.decide(&what, &proofs, &self.rules) else { return Ok(false) };
        claims::proved(self, &what, &proofs, decision)?;
        Ok(match decision {
            Decision::Now => false,
            Decision::Wait { wait, not_before } => self.wait(who, Awaited::Change(what), wait, not_before),
        })
    }

    /// Whether a letter's freeze link still stops everything.
    pub(crate) fn freeze_link_works(&self, letter: &Letter) -> bool {
        let lives = letter.taken_at.is_some_and(|taken| self.now() < taken + Span::from_hours(24 * 7));
        let may = letter.removed_at.is_none_or(|removed| self.now() < self.removed_freezes_until(removed));
        lives && may && !(self.has_flaw(Flaw::EpochVoidsBrakes) && letter.epoch != self.epoch)
    }

    /// Whether the owner's freeze words still stop everything.
    pub(crate) fn words_work(&self) -> bool {
        let keeps = if self.has_flaw(Flaw::WordsEndAtOnce) { 0 } else { 24 * 7 };
        let lives = |replaced: domain::Time| self.now() < replaced + Span::from_hours(keeps);
        !self.words_used && self.words_replaced_at.is_none_or(lives)
    }

    fn brake(&mut self, who: Player, brake: Brake) -> bool {
        let works = match brake {
            Brake::Link => self.letters.iter().any(|each| self.reads(who, each.to) && self.freeze_link_works(each)),
            Brake::Words if who == Player::Thief => self.words_read,
            Brake::Words => self.words_work(),
            Brake::Session => self.session(who).is_some(),
        };
        if works {
            if brake == Brake::Words {
                // New ones are drawn; who sits at no session does not know them.
                self.words_read = false;
                self.words_used = true;
            }
            // On a frozen account a session stops nothing.
            if brake != Brake::Session || self.standing.frozen_at.is_none() || self.has_flaw(Flaw::SessionsStopAThaw) {
                self.freeze();
            }
        }
        works
    }

    /// Freezes by a letter, whatever is frozen already.
    pub(crate) fn freezes(&mut self, who: Player) -> bool {
        self.brake(who, Brake::Link)
    }

    /// Stops a timer, from a session or by the link of its notice.
    pub(crate) fn cancel(&mut self, who: Player, index: usize) -> bool {
        let may = self.may_cancel(who, index);
        if may {
            self.timers[index].running = false;
        }
        may
    }

    pub(crate) fn may_cancel(&self, who: Player, index: usize) -> bool {
        let link = |letter: &Letter| {
            let void = self.has_flaw(Flaw::NoCancelLinks)
                || self.has_flaw(Flaw::EpochVoidsBrakes) && letter.epoch != self.epoch;
            let mine = letter.taken_at.is_some() && letter.removed_at.is_none() && self.reads(who, letter.to);
            letter.about == About::Timer(index) && mine && !void
        };
        let running = self.timers.get(index).is_some_and(|timer| timer.running);
        running && (self.stops_from_session(who, index) || self.letters.iter().any(link))
    }

    /// From a session, what gets somebody back in is stopped with a proof by something that is awake; while frozen,
    /// everything.
    fn stops_from_session(&self, who: Player, index: usize) -> bool {
        let accepted = self.standing.methods(Needs::OneAwakeProof);
        let awake = |proof: &Proof| accepted.contains(&proof.method) && !self.standing.asleep(proof.since);
        let proves = self.proofs(who, true).iter().any(awake) || self.has_flaw(Flaw::SessionsStopAThaw);
        self.session(who).is_some()
            && (proves || !self.timers[index].what.gets_back_in() && self.standing.frozen_at.is_none())
    }

    pub(crate) fn may_undo(&self, who: Player, index: usize) -> bool {
        let Some(change) = self.moves.get(index) else { return false };
        let open = change.told_at.is_some() && self.undo_until(change).is_some_and(|until| self.now() < until);
        let void = self.has_flaw(Flaw::EpochVoidsBrakes) && change.epoch + 1 != self.epoch;
        open && self.reads(who, change.old) && !void
    }

    /// Restores the address, undoes every later change of it, ends everything and freezes.
    pub(crate) fn undo(&mut self, who: Player, index: usize) -> Turned {
        if !self.may_undo(who, index) {
            return Ok(false);
        }
        claims::undoes(self, index)?;
        self.email = self.moves[index].old;
        let now = self.now();
        let later =
            if self.has_flaw(Flaw::UndoLeavesLaterLinks) { index..=index } else { index..=self.moves.len() - 1 };
        for change in &mut self.moves[later] {
            change.undone_at = change.undone_at.or(Some(now));
        }
        self.raise_epoch(None);
        self.known = Hands::default();
        self.freeze();
        Ok(true)
    }

    fn replace_words(&mut self, who: Player) -> bool {
        if self.session(who).is_none() || self.standing.frozen_at.is_some() || who == Player::Owner {
            return false;
        }
        self.words_replaced_at = self.words_replaced_at.or(Some(self.now()));
        self.words_read = true;
        self.tell(About::Other);
        true
    }

    /// A withdrawal address is asked for by an old proof, like everything that loosens, and waits a day.
    fn add_address(&mut self, who: Player) -> bool {
        let (now, accepted) = (self.now(), self.standing.methods(Needs::OneOldProof));
        let old = |proof: &Proof| accepted.contains(&proof.method) && self.standing.counts_from(proof.since) <= now;
        let stopped = self.standing.frozen_at.is_some() || self.standing.lock.is_some();
        if self.session(who).is_none() || stopped || !self.proofs(who, false).iter().any(old) {
            return false;
        }
        let number = self.addresses.len();
        self.addresses.push(Address { of: who, since: now, told: None, active: false });
        self.wait(who, Awaited::Address(number), Span::from_hours(24), None)
    }

    /// Not while frozen, and not to an address that is younger than an event whose hold still runs.
    fn withdraw(&mut self, who: Player, number: usize) -> Turned {
        let Some(address) = self.addresses.get(number).filter(|address| address.active) else { return Ok(false) };
        let accepted = self.standing.methods(Needs::OneProof);
        let proved = self.proofs(who, false).iter().any(|proof| accepted.contains(&proof.method));
        let running = self.standing.holds.iter().filter(|hold| hold.until > self.now());
        let young = running.map(|hold| hold.began_at).any(|began| began <= address.since);
        let held = self.standing.held_until().is_some() && young && !self.has_flaw(Flaw::HoldsAreIgnored);
        if self.session(who).is_none() || self.standing.frozen_at.is_some() || !proved || held {
            return Ok(false);
        }
        claims::pays(self, &self.addresses[number])?;
        Ok(true)
    }

    /// The mailbox of a player's own that the account does not have.
    pub(crate) fn another_mailbox(&self, who: Player) -> Mailbox {
        match (who, self.email) {
            (Player::Owner, Mailbox::Lair | Mailbox::Den) if self.start.mailbox.owner => Mailbox::Home,
            (Player::Owner, _) => Mailbox::Spare,
            (Player::Thief, Mailbox::Lair) => Mailbox::Den,
            (Player::Thief, _) => Mailbox::Lair,
        }
    }
}
