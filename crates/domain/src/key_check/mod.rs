//! Which keys belong to the database: it keeps a value made with each of them. Whoever comes with others hears so before
//! anything is served, because what they encrypt would open for nobody else, and what is there would not open for them.

mod model;
mod rows;

pub use model::{Held, Misfit, Opened};
pub use rows::{Reads, Writes};

use crate::activity::Actor;
use crate::app::App;
use crate::change::Change;
use crate::refusal::{Fault, Stop};
use crate::secrets::Keys;

/// How many accounts and webhooks are looked at in a database that no key was named for yet.
pub const LOOKED_AT: i64 = 1000;

/// Looks whether the keys of this process belong to the database, and names those that came to it: all of them where none
/// was named yet and they open what is there, the present one where a rotation made it so. Writes nothing otherwise.
pub fn settle(app: &App) -> Result<Result<(), Misfit>, Stop> {
    let held = app.view(|view| Ok(view.rows().key_held(LOOKED_AT)?)).wait()?;
    if let Err(misfit) = held.judge(app.keys()) {
        return Ok(Err(misfit));
    }
    if held.checks.contains(&present(app.keys())) {
        return Ok(Ok(()));
    }
    app.change(&Actor::chore(), name).wait().map(Ok)
}

fn present(keys: &Keys) -> [u8; 32] {
    let (checks, present) = keys.checks();
    checks[present]
}

/// Names the keys. Of two nodes that do so at once with different keys the second is stopped.
fn name(change: &mut Change<'_>) -> Result<(), Stop> {
    let (keys, checks) = (change.keys(), change.rows().key_held(0)?.checks);
    let new = if checks.is_empty() { keys.checks().0 } else { vec![present(keys)] };
    for value in &new {
        change.rows().key_check_insert(value)?;
    }
    let named = change.rows().key_held(0)?;
    let stands = named.judge(keys).is_ok() && named.checks.contains(&present(keys));
    if stands { Ok(()) } else { Err(Fault::broken("another node with other keys came first").into()) }
}

/// Makes the database that of the present key alone, whoever's it was: every copy of the others is lost.
pub fn take_over(app: &App) -> Result<(), Stop> {
    app.change(&Actor::chore(), |change| {
        let present = present(change.keys());
        change.rows().key_check_insert(&present)?;
        Ok(change.rows().key_checks_keep(&present)?)
    })
    .wait()
}

/// Forgets every key but the present one, before the others are dropped from the file: nothing hangs on them any more.
pub fn keep_present(app: &App) -> Result<(), Stop> {
    app.change(&Actor::chore(), |change| {
        let present = present(change.keys());
        Ok(change.rows().key_checks_keep(&present)?)
    })
    .wait()
}
