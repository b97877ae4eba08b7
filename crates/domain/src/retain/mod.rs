//! Dropping what has no more meaning, by the operator's policy. It is looked for outside the one writer, by indexes that are
//! there anyway, and dropped a few rows at a time, so that nobody who signs in waits for it.

mod model;
mod rows;

pub use model::{Ages, Over, Progress, Table};
pub use rows::{Reads, Writes};

use crate::activity::Actor;
use crate::app::App;
use crate::chore::Tally;
use crate::clock::{Span, Time};
use crate::ids::AccountId;
use crate::refusal::Stop;

/// Rows of one table that one change drops, and how often one run of the chore does so.
const BATCH: i64 = 200;
const BATCHES: u64 = 10;

/// Accounts that one reading looks at, and how many readings one run of the chore makes: 500 accounts three times a minute are
/// 300 000 in three and a half hours.
const LOOKED_AT: i64 = 50;
const LOOKS: usize = 10;

/// Drops a little of what is over, and goes on where it stopped. The first walk of a process begins anywhere, so that one
/// which is often started anew reaches everybody too.
pub fn drop_over(app: &App) -> Result<Tally, Stop> {
    let mut done = 0;
    for table in Table::BY_TIME {
        for _ in 0..BATCHES {
            let dropped = drop_by_time(app, table)?;
            done += dropped;
            if dropped < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    let walked = *app.walked();
    let mut after = match walked {
        Some(after) => after,
        None => anywhere(app)?,
    };
    for _ in 0..LOOKS {
        let Looked { some_over, last, .. } = look(app, after)?;
        for (account, _) in some_over {
            for _ in 0..BATCHES {
                let dropped = drop_of(app, account)?;
                done += dropped.all();
                if !dropped.any_full(BATCH) {
                    break;
                }
            }
        }
        after = last.unwrap_or(AccountId::FIRST);
        if last.is_none() {
            break;
        }
    }
    *app.walked() = Some(after);
    Ok(Tally { done, more: false })
}

/// Drops all that is over, or only counts it, and answers how much that is by table. `said` is told after each step.
pub fn drop_all(app: &App, only_count: bool, said: &mut dyn FnMut(Progress)) -> Result<Over, Stop> {
    let (mut over, mut looked_at) = (Over::default(), 0);
    let accounts = app.view(|view| Ok(view.rows().accounts_count()?)).wait()?.unsigned_abs();
    let mut say = |looked_at, wrote| said(Progress { looked_at, accounts, wrote });
    for table in Table::BY_TIME {
        if only_count {
            over.add(table, over_by_time(app, table, i64::MAX)?);
            continue;
        }
        loop {
            let dropped = drop_by_time(app, table)?;
            over.add(table, dropped);
            say(looked_at, dropped > 0);
            if dropped < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    let mut after = Some(AccountId::FIRST);
    while let Some(last) = after {
        let found = look(app, last)?;
        for (account, old) in found.some_over {
            if only_count {
                over.add_all(&old);
                continue;
            }
            loop {
                let dropped = drop_of(app, account)?;
                over.add_all(&dropped);
                say(looked_at, true);
                if !dropped.any_full(BATCH) {
                    break;
                }
            }
        }
        looked_at += found.number;
        say(looked_at, false);
        after = found.last;
    }
    Ok(over)
}

/// How many rows of everybody's are over in a table that is in order of time; no more are counted than `most`.
fn over_by_time(app: &App, table: Table, most: i64) -> Result<u64, Stop> {
    let look = move |view: &mut crate::View<'_>| {
        let ages = Ages::at(&view.settings().retain, view.now());
        Ok(view.rows().over_by_time(table, &ages, most)?)
    };
    app.view(look).wait()
}

/// Drops a batch of such a table. Where nothing is over, the writer is not asked.
fn drop_by_time(app: &App, table: Table) -> Result<u64, Stop> {
    if over_by_time(app, table, 1)? == 0 {
        return Ok(0);
    }
    let dropping = move |change: &mut crate::Change<'_>| {
        let ages = Ages::at(&change.settings().retain, change.now());
        Ok(change.rows().over_by_time_drop(table, &ages, BATCH)?)
    };
    app.change(&Actor::chore(), dropping).wait()
}

struct Looked {
    /// Those of whom something is over.
    some_over: Vec<(AccountId, Over)>,
    /// How many accounts that were.
    number: u64,
    /// The last of all; none where they are through.
    last: Option<AccountId>,
}

/// Looks at the accounts after one.
fn look(app: &App, after: AccountId) -> Result<Looked, Stop> {
    let look = move |view: &mut crate::View<'_>| {
        let ages = Ages::at(&view.settings().retain, view.now());
        let next = view.rows().accounts_after(Some(after), LOOKED_AT)?;
        let full = i64::try_from(next.len()).is_ok_and(|number| number >= LOOKED_AT);
        let (number, last) = (next.len() as u64, next.last().copied().filter(|_| full));
        let mut some_over = Vec::new();
        for account in next {
            let over = view.rows().over_of(account, &ages)?;
            if over.all() > 0 {
                some_over.push((account, over));
            }
        }
        Ok(Looked { some_over, number, last })
    };
    app.view(look).wait()
}

/// Drops a batch of each table of one account.
fn drop_of(app: &App, account: AccountId) -> Result<Over, Stop> {
    let dropping = move |change: &mut crate::Change<'_>| {
        let ages = Ages::at(&change.settings().retain, change.now());
        Ok(change.rows().over_of_drop(account, &ages, BATCH)?)
    };
    app.change(&Actor::chore(), dropping).wait()
}

/// Somewhere among the accounts, as far as they are in order of time.
fn anywhere(app: &App) -> Result<AccountId, Stop> {
    let first = app.view(|view| Ok(view.rows().accounts_after(None, 1)?)).wait()?;
    let (Some(first), now) = (first.first(), app.clock().now()) else { return Ok(AccountId::FIRST) };
    let since: Time = first.made_at();
    // The milliseconds of the moment are chance enough.
    let (all, part) = (now.duration_since(since).max(Span::ZERO).as_secs(), now.as_millisecond().rem_euclid(1000));
    Ok(AccountId::earliest(since + Span::from_millis(all.saturating_mul(part))))
}
