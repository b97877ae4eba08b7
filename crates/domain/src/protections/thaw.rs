//! What proves enough for the quick thaw.

use crate::clock::{Span, Time};
use crate::protections::{Method, No, Proof, Standing};
use crate::settings::ProtectionRules;

impl Standing {
    /// Two factors that were as old as a hold is long when the account was frozen, or a passkey that was. What a thief adds
    /// or resets shortly before the freeze is older than it, and still too young.
    pub(super) fn two_old(&self, accepted: &[Method], fitting: &[&Proof], rules: &ProtectionRules) -> Result<(), No> {
        let frozen_at = self.frozen_at.ok_or(No::NotFrozen)?;
        let before = frozen_at - Span::from_hours(rules.hold_hours);
        let counts = |since: Time| since <= before && self.counts_from(since) <= self.now;
        let by = |method: Method| fitting.iter().any(|proof| proof.method == method && counts(proof.since));
        let proved = [Method::Password, Method::App, Method::RecoveryCode].into_iter().filter(|way| by(*way)).count();
        if by(Method::Passkey) || proved >= 2 {
            return Ok(());
        }
        // How old the password is shows when it is proved.
        let may = |method: Method| match method {
            Method::Password => !fitting.iter().any(|proof| proof.method == Method::Password),
            _ => self.factors.iter().any(|held| held.method == method && counts(held.since)),
        };
        let left: Vec<Method> = accepted.iter().copied().filter(|method| !by(*method) && may(*method)).collect();
        if left.contains(&Method::Passkey) || proved + left.len() >= 2 {
            return Err(No::Prove(left));
        }
        Err(No::NotEnoughToThaw)
    }
}
