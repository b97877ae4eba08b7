//! What proves that it is you beside the password: an authenticator app, passkeys, recovery codes.

mod model;
mod rows;

pub use model::{Factor, FactorKind};
pub use rows::{Reads, Writes};

use crate::change::View;
use crate::ids::AccountId;
use crate::refusal::Stop;

/// Every factor of an account that works.
pub fn list(view: &mut View<'_>, account: AccountId) -> Result<Vec<Factor>, Stop> {
    let now = view.now();
    let mut factors = view.rows().factors(account, now)?;
    factors.retain(|factor| factor.works(now));
    Ok(factors)
}
