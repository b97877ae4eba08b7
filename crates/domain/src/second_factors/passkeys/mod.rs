//! Passkeys: registering them, what they are called, and what one proves.
//!
//! A ceremony (one challenge, one answer) is a row that is taken once; a sign-in without a name is a row when it is answered. The answer is checked outside any transaction, so
//! what a passkey proves is two changes like every other secret: the first takes the ceremony, the second concludes.

mod approving;
mod ceremony;
mod model;
mod party;
mod proof;
mod registering;
mod rows;

pub(crate) use approving::prove_approval;
pub use approving::start_approval;
pub use ceremony::{forget_ceremonies, start_sign_in};
pub(crate) use ceremony::{start_proof, start_reset};
pub use model::{Ceremony, Kept, Listed, PasskeyKind, PasskeySeen, Purpose, Started};
pub use party::{Answer, Checked, Made, Party, available, encoded, relying_party};
pub use proof::Asserted;
pub(crate) use proof::{accept, check, prove, used_in};
pub use registering::{Registered, allow_registering, may_register, register, start_registering};
pub use rows::{Reads, Writes};

use crate::activity::Event;
use crate::change::{Change, View};
use crate::credentials;
use crate::ids::{AccountId, FactorId};
use crate::names;
use crate::refusal::{Fault, Refusal, Stop};
use crate::second_factors::{self, Factor, FactorKind};
use crate::secrets::Keys;

/// The most characters of a passkey's name.
pub const NAME_MAX: usize = names::LONGEST;

/// The passkeys of an account that work, oldest first.
pub fn list(view: &mut View<'_>, account: AccountId) -> Result<Vec<Listed>, Stop> {
    let factors = second_factors::list(view, account)?;
    let passkeys = factors.into_iter().filter(|factor| factor.kind == FactorKind::Passkey);
    passkeys.map(|factor| Ok(Listed::new(&factor, &open(view.keys(), &factor)?))).collect()
}

/// Gives a passkey another name.
pub fn rename(change: &mut Change<'_>, account: AccountId, factor: FactorId, name: &str) -> Result<(), Stop> {
    change.about(account);
    let theirs = list(&mut change.view(), account)?;
    let before = theirs.into_iter().find(|passkey| passkey.id == factor).ok_or(Refusal::NoSuchThing)?;
    let name = names::given(name)?.unwrap_or_else(|| before.name.clone());
    // The same name again is a name kept.
    if name == before.name {
        return Ok(());
    }
    credentials::count_change(change, account)?;
    if !change.rows().factor_name(account, factor, &name)? {
        return Ok(());
    }
    change.record(account, &Event::PasskeyRenamed { before: before.name, name })
}

fn open(keys: &Keys, factor: &Factor) -> Result<Kept, Fault> {
    let plain = keys.open_passkey(&owner(factor.account, factor.id), &factor.sealed);
    let plain =
        plain.ok_or_else(|| Fault::broken("a passkey does not open with this key: was the key file replaced?"))?;
    serde_json::from_slice(&plain).map_err(Fault::broken)
}

fn seal(change: &Change<'_>, account: AccountId, factor: FactorId, kept: &Kept) -> Result<Vec<u8>, Fault> {
    let plain = serde_json::to_vec(kept).map_err(Fault::broken)?;
    Ok(change.keys().seal_passkey(&owner(account, factor), &plain, change.entropy()))
}

/// Whose a sealed passkey is: it opens for nothing else.
fn owner(account: AccountId, factor: FactorId) -> Vec<u8> {
    [account.as_bytes().as_slice(), factor.as_bytes()].concat()
}
