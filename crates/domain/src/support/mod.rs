//! Reaching us: the advice every customer can read, and the case that "this wasn't me" opens.

mod advice;
mod rows;

pub use advice::{ADVICE, Advice, advice};
pub use rows::{Case, Reads, Writes};

use data_encoding::BASE32_NOPAD;

use crate::activity::Event;
use crate::change::{Change, View};
use crate::entropy;
use crate::ids::{AccountId, CaseId};
use crate::refusal::Stop;

/// Opens a case for an account; the operator's support is mailed.
pub(crate) fn open_case(change: &mut Change<'_>, account: AccountId) -> Result<(), Stop> {
    let reference = format!("C-{}", BASE32_NOPAD.encode(&entropy::bytes::<5>(change.entropy())));
    let case = Case { id: CaseId::new(change.now(), change.entropy()), account, reference, opened_at: change.now() };
    change.rows().case_insert(&case)?;
    change.record(account, &Event::CaseOpened { case: case.id, reference: case.reference })
}

/// The cases of an account, newest first.
pub fn cases(view: &mut View<'_>, account: AccountId) -> Result<Vec<Case>, Stop> {
    Ok(view.rows().cases(account)?)
}
