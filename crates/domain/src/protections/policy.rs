//! The protections table: for each sensitive change who may do it, what it waits for, what extends the wait, and the hold
//! it puts on money. Pure: the actions, the page of timers, `docs/protections.md` and the model that the property tests
//! explore all decide by these functions.

use serde::{Deserialize, Serialize};

use crate::clock::{Span, Time};
use crate::ids::{FactorId, TimerId};
use crate::protections::{Decision, Held, Hold, Lock, Method, No, Proof, Standing};
use crate::settings::ProtectionRules;

/// A change that the customer must prove for, exactly as it will happen: what an approval is for and a timer waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Sensitive {
    /// Setting up an authenticator app.
    AddApp,
    /// Registering a passkey.
    AddPasskey,
    /// New recovery codes; the earlier set goes on working for the length of a hold.
    RenewRecoveryCodes,
    /// Removing an authenticator app or a passkey.
    RemoveFactor {
        /// Which.
        factor: FactorId,
    },
    /// Signing in by passkey alone, everything weaker off.
    PasskeyOnly,
    /// Allowing the password again beside passkeys.
    PasskeyOnlyOff,
    /// A code by SMS as the second step of signing in.
    SmsCodes,
    /// No code by SMS any more.
    SmsCodesOff,
    /// Another e-mail address, once it is confirmed from its mailbox.
    ChangeEmail {
        /// The new address.
        new: String,
    },
    /// Another phone number for notices, or none.
    ChangePhone {
        /// The new number (E.164), already confirmed by a code; none removes the number.
        new: Option<String>,
    },
    /// Locking the settings against every loosening.
    ArmLock {
        /// Days between asking to unlock and unlocking.
        days: i64,
    },
    /// Unlocking the settings.
    Unlock,
    /// Unfreezing, proved by two factors from well before the freeze.
    Thaw,
    /// Unfreezing with what there is.
    ThawSlowly,
    /// Taking every second factor off an account whose owner lost them.
    LoseFactors,
    /// Stopping, from a session, what gets somebody back in, or anything while the account is frozen.
    StopWait {
        /// Which.
        timer: TimerId,
    },
}

/// Who may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// One proof: by a second factor where the account has one, else by the password.
    OneProof,
    /// The same, by something that is older than every suspicious event of late.
    OneOldProof,
    /// Two factors that were older than a hold is long when the account was frozen; a passkey is two.
    TwoOlderThanTheFreeze,
    /// The password or the mailbox.
    PasswordOrMailbox,
    /// One proof by something that does not sleep, the password too.
    OneAwakeProof,
}

/// One row of the table.
#[expect(clippy::struct_excessive_bools, reason = "each is a column that a person reads as yes or no")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable name; names the row in documents, and the timer.
    pub code: &'static str,
    /// What it is, as the customer reads it: completes "What was asked for: …".
    pub title: &'static str,
    /// What it does when it takes effect, as the customer reads it.
    pub effect: &'static str,
    /// Whether it weakens a protection.
    pub loosens: bool,
    /// Who may do it.
    pub needs: Needs,
    /// Whether it is possible while the account is frozen.
    pub while_frozen: bool,
    /// Whether it is possible while the settings are locked.
    pub under_lock: bool,
    /// Whether it holds money back from young addresses once it took effect.
    pub holds: bool,
    /// Whether a later change of credentials ends its wait. What gets an owner back in survives that.
    pub voidable: bool,
}

impl Sensitive {
    /// An example of each, in the order of the table: what documents and the page are made from.
    pub fn all() -> Vec<Self> {
        let factor = FactorId::from_bytes([0; 16]);
        vec![
            Self::AddApp,
            Self::AddPasskey,
            Self::RenewRecoveryCodes,
            Self::RemoveFactor { factor },
            Self::PasskeyOnly,
            Self::PasskeyOnlyOff,
            Self::SmsCodes,
            Self::SmsCodesOff,
            Self::ChangeEmail { new: "new@example.com".into() },
            Self::ChangePhone { new: Some("+441632960961".into()) },
            Self::ArmLock { days: 7 },
            Self::Unlock,
            Self::Thaw,
            Self::ThawSlowly,
            Self::LoseFactors,
            Self::StopWait { timer: TimerId::from_bytes([0; 16]) },
        ]
    }

    /// Its row of the table.
    #[expect(clippy::too_many_lines, reason = "one arm a row is the point of the table")]
    pub fn rule(&self) -> Rule {
        let tightening = |code, title, effect| Rule {
            code,
            title,
            effect,
            loosens: false,
            needs: Needs::OneProof,
            while_frozen: true,
            under_lock: true,
            holds: false,
            voidable: true,
        };
        let loosening = |code, title, effect| Rule {
            loosens: true,
            needs: Needs::OneOldProof,
            while_frozen: false,
            under_lock: false,
            ..tightening(code, title, effect)
        };
        match self {
            Self::AddApp => tightening(
                "add_app",
                "adding an authenticator app",
                "Signing in asks for a code from your authenticator app as well.",
            ),
            Self::AddPasskey => tightening(
                "add_passkey",
                "adding a passkey",
                "You can sign in with this passkey and without your password.",
            ),
            Self::RenewRecoveryCodes => tightening(
                "renew_recovery_codes",
                "making new recovery codes",
                "You get ten new codes. The earlier ones stop working three days later; after something suspicious, three days after what you prove with is old enough.",
            ),
            Self::RemoveFactor { .. } => Rule {
                holds: true,
                ..loosening("remove_factor", "removing a way to prove it is you", "It no longer opens your account.")
            },
            // It switches the owner's other ways off, so it takes what a thief cannot have put there a moment ago.
            Self::PasskeyOnly => Rule {
                needs: Needs::OneOldProof,
                ..tightening(
                    "passkey_only",
                    "signing in by passkey alone",
                    "Your password and your authenticator app no longer open your account.",
                )
            },
            Self::PasskeyOnlyOff => loosening(
                "passkey_only_off",
                "allowing your password again",
                "Your password opens your account again, together with your second factor.",
            ),
            Self::SmsCodes => tightening(
                "sms_codes",
                "a code by SMS at each sign-in",
                "Signing in asks for a code that we send to your phone as well. It proves nothing but that.",
            ),
            Self::SmsCodesOff => Rule {
                holds: true,
                ..loosening(
                    "sms_codes_off",
                    "signing in without a code by SMS",
                    "No code by SMS is asked for any more.",
                )
            },
            Self::ChangeEmail { .. } => Rule {
                holds: true,
                ..loosening(
                    "change_email",
                    "changing your e-mail address",
                    "We write to the new address, and it names your account.",
                )
            },
            Self::ChangePhone { new: Some(_) } => Rule {
                holds: true,
                ..loosening("change_phone", "changing your phone number", "We send SMS to the new number alone.")
            },
            Self::ChangePhone { new: None } => Rule {
                holds: true,
                ..loosening("change_phone", "removing your phone", "No SMS of ours goes to it any more.")
            },
            // It keeps the owner, too, from taking off what a thief put there.
            Self::ArmLock { .. } => Rule {
                needs: Needs::OneOldProof,
                ..tightening(
                    "arm_lock",
                    "locking your settings",
                    "Nothing that weakens your account can be changed until you unlock and the wait you chose is over.",
                )
            },
            Self::Unlock => Rule {
                under_lock: true,
                ..loosening(
                    "unlock",
                    "unlocking your settings",
                    "Settings that weaken your account can be changed again.",
                )
            },
            Self::Thaw => Rule {
                while_frozen: true,
                under_lock: true,
                needs: Needs::TwoOlderThanTheFreeze,
                voidable: false,
                ..loosening("thaw", "unfreezing your account", "Then your account works again.")
            },
            Self::ThawSlowly => Rule {
                while_frozen: true,
                under_lock: true,
                needs: Needs::OneProof,
                voidable: false,
                ..loosening(
                    "thaw_slowly",
                    "unfreezing your account without an older second proof",
                    "Then your account works again.",
                )
            },
            Self::LoseFactors => Rule {
                while_frozen: true,
                under_lock: true,
                needs: Needs::PasswordOrMailbox,
                holds: true,
                voidable: false,
                ..loosening(
                    "lose_factors",
                    "getting back in without your second factor",
                    "Authenticator app, passkeys, recovery codes and codes by SMS are taken off, so that your password and your mailbox open the account.",
                )
            },
            Self::StopWait { .. } => Rule {
                needs: Needs::OneAwakeProof,
                ..tightening("stop_wait", "stopping what waits", "What waited is stopped.")
            },
        }
    }

    /// What two timers of the same change share: one runs at a time.
    pub fn key(&self) -> String {
        match self {
            Self::RemoveFactor { factor } => format!("{} {factor}", self.rule().code),
            // Whichever way it was asked for, there is one thaw.
            Self::ThawSlowly => Self::Thaw.key(),
            other => other.rule().code.to_owned(),
        }
    }

    /// How long it waits, where it does; the wait of the settings lock is the one chosen when it was armed.
    pub fn wait(&self, rules: &ProtectionRules, lock: Option<&Lock>) -> Span {
        match self {
            Self::RemoveFactor { .. } | Self::PasskeyOnlyOff | Self::SmsCodesOff => {
                Span::from_hours(rules.loosen_hours)
            }
            Self::Unlock => lock.map_or(Span::ZERO, |lock| Span::from_hours(24 * lock.days)),
            Self::Thaw => Span::from_hours(rules.thaw_hours),
            Self::ThawSlowly => Span::from_hours(24 * rules.thaw_slow_days),
            Self::LoseFactors => Span::from_hours(24 * rules.lost_factor_days),
            // An e-mail change waits for the new mailbox and can be undone from the old one; the others tighten, or are
            // told and held.
            Self::AddApp
            | Self::AddPasskey
            | Self::RenewRecoveryCodes
            | Self::PasskeyOnly
            | Self::SmsCodes
            | Self::ChangeEmail { .. }
            | Self::ChangePhone { .. }
            | Self::ArmLock { .. }
            | Self::StopWait { .. } => Span::ZERO,
        }
    }
}

/// Whether an account can do with passkeys alone: two of them, or one and recovery codes.
fn enough_alone(held: &[&Held]) -> bool {
    let has = |method: Method| held.iter().filter(|held| held.method == method).count();
    has(Method::Passkey) >= 2 || has(Method::Passkey) == 1 && has(Method::RecoveryCode) > 0
}

impl Standing {
    /// Whether the account has a second factor that signing in asks for.
    pub fn has_second_factor(&self) -> bool {
        self.awake().any(|held| matches!(held.method, Method::App | Method::Passkey))
    }

    /// How many factors of a kind are awake.
    fn count(&self, method: Method) -> usize {
        self.awake().filter(|held| held.method == method).count()
    }

    /// Until when money for young addresses waits, and what is older than then is not young; none if nothing holds.
    pub fn held_until(&self) -> Option<Time> {
        self.holds.iter().map(|hold| hold.until).filter(|until| *until > self.now).max()
    }

    /// From when something that exists since `since` counts for loosening: at once, unless it came during a hold; then it
    /// must first be older than that hold is long. What came soon after the hold counts no sooner than what came in its
    /// last second: waiting for a hold to end is no way around it.
    pub fn counts_from(&self, since: Time) -> Time {
        let from = |hold: &Hold| since.min(hold.until) + hold.until.duration_since(hold.began_at);
        self.holds.iter().filter(|hold| hold.began_at <= since).map(from).fold(since, Time::max)
    }

    /// What may happen at all, before anybody proves anything.
    pub fn admits(&self, what: &Sensitive, rules: &ProtectionRules) -> Result<(), No> {
        let rule = what.rule();
        // What sleeps can be taken off meanwhile: it may be a thief's, and a thaw wakes what came since the freeze.
        let sleeps =
            |factor: &FactorId| self.factors.iter().any(|held| held.factor == *factor && self.asleep(held.since));
        let removes_sleeping = matches!(what, Sensitive::RemoveFactor { factor } if sleeps(factor));
        if self.frozen_at.is_some() && !rule.while_frozen && !removes_sleeping {
            return Err(No::Frozen);
        }
        if self.lock.is_some() && !rule.under_lock {
            return Err(No::Locked);
        }
        let codes = self.count(Method::RecoveryCode) > 0;
        match what {
            Sensitive::Thaw | Sensitive::ThawSlowly if self.frozen_at.is_none() => Err(No::NotFrozen),
            Sensitive::Unlock if self.lock.is_none() => Err(No::NotLocked),
            Sensitive::ArmLock { .. } if !codes => Err(No::NoRecoveryCodes),
            Sensitive::ArmLock { days } if !(1..=rules.lock_days_max).contains(days) => Err(No::LockDays),
            // A lock that is armed is not made shorter by arming it again.
            Sensitive::ArmLock { days } if self.lock.is_some_and(|lock| *days < lock.days) => Err(No::Locked),
            Sensitive::ArmLock { .. } => {
                self.once_old(|old| old.iter().any(|held| held.method == Method::RecoveryCode))
            }
            Sensitive::PasskeyOnly if !enough_alone(&self.awake().collect::<Vec<_>>()) => Err(No::TooFewPasskeys),
            Sensitive::PasskeyOnly => self.once_old(enough_alone),
            Sensitive::RemoveFactor { factor } => {
                let gone = self.factors.iter().find(|held| held.factor == *factor).ok_or(No::NothingThere)?;
                let left: Vec<&Held> = self.factors.iter().filter(|held| *held != gone).collect();
                if self.passkey_only && !enough_alone(&left) { Err(No::LastPasskeys) } else { Ok(()) }
            }
            Sensitive::SmsCodes => self.sms_serve(),
            Sensitive::SmsCodesOff if !self.sms.chosen => Err(No::NothingThere),
            // What sleeps can be lost too.
            Sensitive::LoseFactors
                if !self.sms.chosen && self.factors.iter().all(|held| held.method == Method::RecoveryCode) =>
            {
                Err(No::NothingThere)
            }
            _ => Ok(()),
        }
    }

    /// Yes, if what is awake and old is enough; else when it will be. Who calls has seen that all that is awake would be.
    fn once_old(&self, enough: impl Fn(&[&Held]) -> bool) -> Result<(), No> {
        let old_by =
            |at: Time| -> Vec<&Held> { self.awake().filter(|held| self.counts_from(held.since) <= at).collect() };
        let mut moments: Vec<Time> = self.awake().map(|held| self.counts_from(held.since).max(self.now)).collect();
        moments.push(self.now);
        moments.sort_unstable();
        match moments.into_iter().find(|at| enough(&old_by(*at))) {
            Some(until) if until > self.now => Err(No::TooYoung { until }),
            _ => Ok(()),
        }
    }

    /// Decides on a change, given everything that was proved for it.
    pub fn decide(&self, what: &Sensitive, proofs: &[Proof], rules: &ProtectionRules) -> Result<Decision, No> {
        self.admits(what, rules)?;
        let rule = what.rule();
        self.proved(rule.needs, proofs, rules)?;
        let wait = what.wait(rules, self.lock.as_ref());
        if !rule.loosens || wait == Span::ZERO {
            return Ok(Decision::Now);
        }
        // Getting back in is no way for a thief to wait shorter, and no reason for an owner to wait longer.
        let not_before = if rule.voidable { self.held_until() } else { None };
        Ok(Decision::Wait { wait, not_before })
    }

    /// The methods that can prove it, the strongest first.
    pub fn methods(&self, needs: Needs) -> Vec<Method> {
        // With passkeys alone nothing weaker proves anything; recovery codes are what stands beside a single passkey.
        let off = |method: Method| self.passkeys_alone() && matches!(method, Method::App | Method::Password);
        let second = [Method::Passkey, Method::App, Method::RecoveryCode];
        let second = second.into_iter().filter(|method| self.count(*method) > 0 && !off(*method));
        match needs {
            Needs::PasswordOrMailbox => vec![Method::Password, Method::Mailbox],
            Needs::TwoOlderThanTheFreeze => second.chain([Method::Password].into_iter().filter(|m| !off(*m))).collect(),
            _ if self.has_second_factor() => second.collect(),
            _ => vec![Method::Password],
        }
    }

    /// From when the oldest of these proofs that is accepted counts for loosening; now, where that is over.
    pub fn proofs_count_from(&self, proofs: &[Proof]) -> Time {
        let accepted = self.methods(Needs::OneOldProof);
        let fitting = proofs.iter().filter(|proof| accepted.contains(&proof.method));
        fitting.map(|proof| self.counts_from(proof.since)).min().unwrap_or(self.now).max(self.now)
    }

    fn proved(&self, needs: Needs, proofs: &[Proof], rules: &ProtectionRules) -> Result<(), No> {
        let accepted = self.methods(needs);
        // What proves beside the password was awake when it was given, and may sleep now.
        let awake = |proof: &Proof| proof.factor.is_none() || !self.asleep(proof.since);
        let fits = |proof: &&Proof| accepted.contains(&proof.method) && awake(proof);
        let fitting: Vec<&Proof> = proofs.iter().filter(fits).collect();
        match needs {
            Needs::OneProof | Needs::PasswordOrMailbox => {
                if fitting.is_empty() {
                    Err(No::Prove(accepted))
                } else {
                    Ok(())
                }
            }
            Needs::OneAwakeProof => match fitting.iter().all(|proof| self.asleep(proof.since)) {
                true if fitting.is_empty() => Err(No::Prove(accepted)),
                true => Err(No::Asleep),
                false => Ok(()),
            },
            Needs::OneOldProof => {
                let from = fitting.iter().map(|proof| self.counts_from(proof.since)).min();
                match from.ok_or(No::Prove(accepted))? {
                    until if until > self.now => Err(No::TooYoung { until }),
                    _ => Ok(()),
                }
            }
            Needs::TwoOlderThanTheFreeze => self.two_old(&accepted, &fitting, rules),
        }
    }
}
