//! After an old copy of the database was put in place: what was granted before is granted again by mistake, and is taken back.

use crate::activity::{Actor, EndedBy, Event};
use crate::app::App;
use crate::change::Change;
use crate::clock::Time;
use crate::feed;
use crate::ids::AccountId;
use crate::protections::{TimerEnd, raise_epoch, timers};
use crate::refusal::Stop;
use crate::sessions;

/// Accounts of one change.
const BATCH: i64 = 50;

/// Ends every session of every account and all that waits, forgets the browsers, voids what was granted, and holds money for
/// young addresses: the copy knows nothing of what was used, ended, stopped or changed after it was made. Each account reads
/// so in its log and in a letter.
/// Done twice it is safe; `told` hears how many accounts are done, of how many.
pub fn restored(app: &App, made_at: Time, mut told: impl FnMut(u64, u64)) -> Result<u64, Stop> {
    let all = u64::try_from(app.view(|view| Ok(view.rows().accounts_count()?)).wait()?).unwrap_or(0);
    // What the lost database told the exchange's backend after the copy was made has positions that must not come again.
    app.change(&Actor::chore(), feed::jump).wait()?;
    let (mut done, mut last) = (0, None);
    loop {
        let after = last;
        let batch = app.change(&Actor::chore(), move |change| {
            let accounts = change.rows().accounts_after(after, BATCH)?;
            for account in &accounts {
                take_back(change, *account, made_at)?;
            }
            Ok(accounts)
        });
        let batch = batch.wait()?;
        let Some(newest) = batch.last() else { return Ok(done) };
        last = Some(*newest);
        done += batch.len() as u64;
        told(done, all);
    }
}

fn take_back(change: &mut Change<'_>, account: AccountId, made_at: Time) -> Result<(), Stop> {
    // Whoever has not confirmed the address has nothing yet that could be taken back.
    if change.rows().account_by_id(account)?.is_none_or(|account| account.confirmed_at.is_none()) {
        return Ok(());
    }
    let sessions_ended = sessions::end_all(change, account, None, EndedBy::Restored)?;
    // A thaw too, which no change of credentials voids: its owner may have stopped it after the copy was made.
    for timer in timers::timers(&mut change.view(), account)? {
        timers::end(change, &timer, TimerEnd::Restored)?;
    }
    raise_epoch(change, account)?;
    change.record(account, &Event::RecordsRestored { made_at, sessions_ended })?;
    // What came shortly before the copy may have been a thief's, and nobody knows what its owner did about it.
    timers::hold(change, account, "restored")
}
