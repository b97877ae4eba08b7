//! What proves that it is you beside the password: an authenticator app, passkeys, recovery codes.

mod model;
mod rows;

pub use model::{Factor, FactorKind};
pub use rows::{Reads, Writes};

use crate::activity::Actor;
use crate::app::App;
use crate::approvals::Given;
use crate::change::View;
use crate::ids::{AccountId, ApprovalId};
use crate::protections::Proof;
use crate::refusal::{Refusal, Stop};

/// Every factor of an account that works.
pub fn list(view: &mut View<'_>, account: AccountId) -> Result<Vec<Factor>, Stop> {
    let now = view.now();
    let mut factors = view.rows().factors(account, now)?;
    factors.retain(|factor| factor.works(now));
    Ok(factors)
}

/// Checks a code of an account.
pub async fn verify(
    _app: &App,
    _actor: &Actor,
    _account: AccountId,
    _part: &[u8],
    _given: &Given,
) -> Result<Proof, Stop> {
    Err(Refusal::ProofMissing.into())
}

/// Proves a second factor of the customer who acts, for one approval.
pub(crate) async fn prove(_app: &App, _actor: &Actor, _approval: ApprovalId, _given: Given) -> Result<Proof, Stop> {
    Err(Refusal::ProofMissing.into())
}
