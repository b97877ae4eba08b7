//! What happens by itself: letters are taken, time passes, what waited takes effect.

use domain::protections::{Hold, Method, Sensitive, doubtful};
use domain::{Span, Time};

use crate::claims;
use crate::flaws::Flaw;
use crate::players::{Hands, Mailbox, Player, Post, factor_id};
use crate::world::{About, Awaited, Letter, Timer, Told, Turned, World};

impl World {
    /// Tells of something: the safe mailbox, whose answer counts, the present address where that is another, and those
    /// that an undo removed, whose answer counts as long as they can stop something.
    pub(crate) fn tell(&mut self, about: About) {
        let safe = if self.has_flaw(Flaw::NewAddressIsTold) { self.email } else { self.safe_mailbox() };
        let mut to = vec![(safe, true, None)];
        if safe != self.email {
            to.push((self.email, false, None));
        }
        if !self.has_flaw(Flaw::RemovedIsNotTold) {
            for (mailbox, at) in self.removed().collect::<Vec<_>>() {
                if to.iter().all(|(known, ..)| *known != mailbox) {
                    to.push((mailbox, self.now() < self.removed_freezes_until(at), Some(at)));
                }
            }
        }
        let first = self.letters.len();
        for (to, tells, removed_at) in to {
            self.letters.push(Letter { to, about, tells, removed_at, epoch: self.epoch, taken_at: None });
        }
        for index in first..self.letters.len() {
            if self.post[self.letters[index].to as usize] == Post::Takes {
                self.take(index);
            }
        }
    }

    /// The letter to the mailbox of before, about the change that it can undo.
    pub(crate) fn send(&mut self, to: Mailbox, about: About) {
        self.letters.push(Letter { to, about, tells: true, removed_at: None, epoch: self.epoch, taken_at: None });
        if self.post[to as usize] == Post::Takes {
            self.take(self.letters.len() - 1);
        }
    }

    /// What it is for its owner to be told of, once every letter that counts was taken.
    fn told(&self, about: About) -> Option<Told> {
        let counts = || self.letters.iter().filter(|letter| letter.about == about && letter.tells);
        let mut told =
            Told { at: self.now(), safe: counts().find(|letter| letter.removed_at.is_none())?.to, removed: [false; 4] };
        for letter in counts() {
            letter.taken_at?;
            told.removed[letter.to as usize] = letter.removed_at.is_some();
        }
        Some(told)
    }

    fn take(&mut self, index: usize) {
        let now = self.now();
        self.letters[index].taken_at = Some(now);
        let tells = self.letters[index].tells;
        let told = self.told(self.letters[index].about);
        match self.letters[index].about {
            About::Timer(timer) if tells => self.timers[timer].told = told,
            About::Hold(hold) if tells && told.is_some() => {
                self.holds_told[hold] = told;
                let hold = &mut self.standing.holds[hold];
                if self.flaw != Some(Flaw::HoldsRunUntold) && hold.until > now {
                    hold.until = now + Span::from_hours(self.rules.hold_hours);
                }
            }
            // What nobody could be told of was open for longer, and is not opened again.
            About::Move(change) if self.undo_until(&self.moves[change]).is_some_and(|until| now < until) => {
                self.moves[change].told_at = Some(now);
            }
            About::Move(_) | About::Timer(_) | About::Hold(_) | About::Other => {}
        }
    }

    /// A mail server goes away or comes back; then it takes what waited for it.
    pub(crate) fn mail(&mut self, mailbox: Mailbox, post: Post) {
        self.post[mailbox as usize] = post;
        if post == Post::Takes {
            for index in 0..self.letters.len() {
                if self.letters[index].to == mailbox && self.letters[index].taken_at.is_none() {
                    self.take(index);
                }
            }
        }
    }

    /// When a timer takes effect, as things stand.
    pub(crate) fn due(&self, timer: &Timer) -> Time {
        let untold = || timer.asked_at + timer.wait.max(Span::from_hours(24 * self.rules.untold_days));
        let waited = match timer.told {
            _ if self.has_flaw(Flaw::WaitsRunUntold) => timer.asked_at + timer.wait,
            Some(told) => told.at + timer.wait,
            None => untold(),
        };
        waited.max(timer.not_before.unwrap_or(waited))
    }

    /// The running timer that is due first, and when.
    pub(crate) fn first_due(&self) -> Option<(Time, usize)> {
        let running = self.timers.iter().enumerate().filter(|(_, timer)| timer.running);
        running.map(|(index, timer)| (self.due(timer), index)).min()
    }

    /// The last second in which a vigilant owner undoes a change of address that they were told of.
    fn first_undo(&self) -> Option<(Time, usize)> {
        let moves = self.moves.iter().enumerate();
        let of_a_thief = moves.filter(|(_, change)| {
            change.by == Player::Thief && change.told_at.is_some() && self.reads(Player::Owner, change.old)
        });
        let last = |until: Time| until - Span::from_secs(1);
        of_a_thief.filter_map(|(index, change)| Some((last(self.undo_until(change)?), index))).min()
    }

    /// Time passes; on the way everything that is due takes effect, in its order.
    pub(crate) fn pass(&mut self, until: Time) -> Turned {
        loop {
            let due = self.first_due().filter(|(at, _)| *at <= until);
            let undo = self.first_undo().filter(|(at, _)| self.start.vigilant && *at <= until && *at >= self.now());
            match (due, undo) {
                (due, Some((at, change))) if due.is_none_or(|(due, _)| at < due) => {
                    self.see(at);
                    let undone = self.undo(Player::Owner, change)?;
                    claims::stopped(self, undone, "an owner cannot undo another address in time")?;
                }
                (Some((at, timer)), _) => self.come_due(at, timer)?,
                (None, _) => break,
            }
        }
        self.see(until);
        Ok(true)
    }

    /// It is so late now: codes that were renewed end, sessions too.
    fn see(&mut self, now: Time) {
        self.standing.now = self.standing.now.max(now);
        let now = self.standing.now;
        if self.factors.iter().any(|factor| factor.over_at.is_some_and(|over| over <= now)) {
            self.see_factors();
        }
        for session in &mut self.sessions {
            *session = session.filter(|began| now.duration_since(*began) < Span::from_hours(12));
        }
    }

    fn come_due(&mut self, at: Time, index: usize) -> Result<(), claims::Broken> {
        let timer = &self.timers[index];
        let last = at - Span::from_secs(1);
        if self.start.vigilant && timer.by == Player::Thief && self.told_in_time(Player::Owner, timer, last) {
            self.see(last);
            let stopped =
                self.cancel(Player::Owner, index) || self.freezes(Player::Owner) && !self.timers[index].running;
            return claims::stopped(self, stopped, "an owner cannot stop what a thief waits for");
        }
        self.see(at);
        self.timers[index].running = false;
        let timer = self.timers[index].clone();
        match &timer.what {
            Awaited::Address(number) => {
                if self.standing.frozen_at.is_none() {
                    claims::takes_effect(self, &timer)?;
                    self.addresses[*number].active = true;
                    self.addresses[*number].told = timer.told;
                }
            }
            Awaited::Change(what) => {
                let admitted = self.standing.admits(what, &self.rules).is_ok();
                if admitted || self.has_flaw(Flaw::DueIsNotChecked) {
                    claims::takes_effect(self, &timer)?;
                    self.effect(what);
                }
            }
        }
        Ok(())
    }

    /// What a change that waited does.
    fn effect(&mut self, what: &Sensitive) {
        match what {
            Sensitive::RemoveFactor { factor } => {
                self.factors.retain(|held| factor_id(held.number) != *factor);
                self.raise_epoch(None);
            }
            Sensitive::PasskeyOnlyOff => {
                self.standing.passkey_only = false;
                self.raise_epoch(None);
            }
            Sensitive::Unlock => self.standing.lock = None,
            Sensitive::Thaw | Sensitive::ThawSlowly => self.thaw(),
            Sensitive::LoseFactors => {
                if !self.has_flaw(Flaw::LostFactorsKeepFactors) {
                    self.factors.clear();
                }
                self.standing.passkey_only = false;
                self.raise_epoch(None);
            }
            // Nothing else waits; the claims say so before it comes here.
            _ => {}
        }
        self.see_factors();
        match what {
            Sensitive::RemoveFactor { .. } | Sensitive::LoseFactors => {
                self.suspicious(what.rule().code, what.rule().holds);
            }
            _ => self.tell(About::Other),
        }
    }

    fn thaw(&mut self) {
        let now = self.now();
        if let Some(frozen_at) = self.standing.frozen_at.take() {
            let (hold, before) = (self.standing.hold, self.factors.len());
            if !self.has_flaw(Flaw::ThawWakesAll) {
                self.factors.retain(|held| !doubtful(frozen_at, held.since, hold));
            }
            if self.factors.len() < before {
                self.standing.passkey_only &= self.factors.iter().any(|held| held.method == Method::Passkey);
                self.raise_epoch(None);
            }
            // What slept is as young as after any other suspicious event.
            let began_at = now - Span::from_hours(self.rules.hold_hours);
            self.standing.holds.push(Hold { cause: "thaw".into(), began_at, until: now });
            self.holds_told.push(None);
        }
    }

    /// A change of credentials: it ends what was granted, what waits and may be voided, and every session but one.
    pub(crate) fn raise_epoch(&mut self, keep: Option<Player>) {
        self.epoch += 1;
        for who in [Player::Owner, Player::Thief] {
            if keep != Some(who) {
                self.sessions[who as usize] = None;
            }
        }
        for timer in self.timers.iter_mut().filter(|timer| timer.running && timer.what.voidable()) {
            timer.running = false;
            self.back_in_cut |= timer.what.gets_back_in();
        }
    }

    /// Stops everything. Freezing a frozen account stops what would unfreeze it.
    pub(crate) fn freeze(&mut self) {
        let sessions = self.sessions;
        let frozen_before = self.standing.frozen_at.is_some();
        if !frozen_before {
            self.standing.frozen_at = Some(self.now());
            self.last_frozen_at = self.standing.frozen_at;
            if self.has_flaw(Flaw::FreezeKeepsWaits) {
                self.sessions = [None; 2];
                self.epoch += 1;
            } else {
                self.raise_epoch(None);
            }
            if self.has_flaw(Flaw::FreezeKeepsSessions) {
                self.sessions = sessions;
            }
            self.known = Hands::default();
            // The newer ones sleep now.
            for set in self.factors.iter_mut().filter(|set| set.method == Method::RecoveryCode) {
                set.over_at = None;
            }
            self.tell(About::Other);
        }
        if !self.has_flaw(Flaw::FreezeKeepsWaits) {
            let leaves_removals = frozen_before && !self.has_flaw(Flaw::FreezeAgainStopsRemovals);
            let ends = |timer: &&mut Timer| timer.running && timer.what.ends_by_freeze(leaves_removals);
            for timer in self.timers.iter_mut().filter(ends) {
                timer.running = false;
                let removes = matches!(timer.what, Awaited::Change(Sensitive::RemoveFactor { .. }));
                self.removal_cut |= frozen_before && removes;
            }
        }
    }
}
