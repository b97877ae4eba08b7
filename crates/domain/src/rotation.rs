//! Rotating the keys: what was encrypted with an older one is encrypted with the present one, account by account.
//!
//! Every node knows both keys while this runs, so nothing waits for it: an account is held for the moment that it takes, and
//! what a node writes meanwhile with either key stays readable. Stopped anywhere and begun again it does what is left.

use crate::accounts::Account;
use crate::activity::Actor;
use crate::app::App;
use crate::change::{Change, View};
use crate::clock::Time;
use crate::ids::AccountId;
use crate::refusal::Stop;
use crate::second_factors::{self, Factor, FactorKind};
use crate::secrets::Sealed;
use crate::webhooks::Webhook;

/// Accounts of one change.
const BATCH: i64 = 50;

/// What still hangs on an older key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Freeze words, authenticator apps, passkeys and secrets of webhooks that the present key does not open.
    pub sealed: u64,
    /// Until when a link lives that may have been made with an older key.
    pub links_until: Option<Time>,
}

/// Encrypts everything with the present key, in small changes. `told` hears how many accounts are done, of how many.
/// Answers how many secrets were encrypted anew.
pub fn reseal(app: &App, mut told: impl FnMut(u64, u64)) -> Result<u64, Stop> {
    let (all, mut done, mut resealed, mut last) = (count(app)?, 0, 0, None);
    loop {
        let after = last;
        let batch = app.change(&Actor::chore(), move |change| {
            let accounts = change.rows().accounts_after(after, BATCH)?;
            let mut resealed = 0;
            for account in &accounts {
                resealed += reseal_one(change, *account)?;
            }
            Ok((accounts, resealed))
        });
        let (accounts, anew) = batch.wait()?;
        let Some(newest) = accounts.last() else {
            return Ok(resealed + app.change(&Actor::chore(), reseal_webhooks).wait()?);
        };
        last = Some(*newest);
        done += accounts.len() as u64;
        resealed += anew;
        told(done, all);
    }
}

fn reseal_one(change: &mut Change<'_>, account: AccountId) -> Result<u64, Stop> {
    // Held, so that what its owner changes at this moment is neither lost nor overwritten.
    let Some(account) = change.rows().account_lock(account)? else { return Ok(0) };
    let (keys, entropy, now) = (change.keys(), change.entropy(), change.now());
    let anew = |sealed: &[u8]| keys.reseal(Sealed::FreezeWords, account.id.as_bytes(), sealed, entropy);
    let words = anew(&account.freeze_words)?;
    let before = account.freeze_words_before.as_ref().map(|(sealed, _)| anew(sealed)).transpose()?.flatten();
    let mut resealed = u64::from(words.is_some()) + u64::from(before.is_some());
    if resealed > 0 {
        let Account { freeze_words, freeze_words_before, .. } = account;
        let words = words.unwrap_or(freeze_words);
        let before = before.or(freeze_words_before.map(|(sealed, _)| sealed));
        change.rows().account_reseal(account.id, &words, before.as_deref())?;
    }
    for factor in change.rows().factors(account.id, now)? {
        let Some((what, owner)) = of_factor(&factor) else { continue };
        if let Some(anew) = keys.reseal(what, &owner, &factor.sealed, entropy)? {
            change.rows().factor_reseal(account.id, factor.id, &anew)?;
            resealed += 1;
        }
    }
    Ok(resealed)
}

fn reseal_webhooks(change: &mut Change<'_>) -> Result<u64, Stop> {
    let (keys, entropy, mut resealed) = (change.keys(), change.entropy(), 0);
    for Webhook { id, secret, before, .. } in change.rows().webhooks()? {
        let anew = |sealed: &[u8]| keys.reseal(Sealed::Webhook, id.as_bytes(), sealed, entropy);
        let (fresh, before) = (anew(&secret)?, before.map(|(sealed, _)| sealed));
        let fresh_before = before.as_ref().map(|sealed| anew(sealed)).transpose()?.flatten();
        let count = u64::from(fresh.is_some()) + u64::from(fresh_before.is_some());
        if count > 0 {
            let secret = fresh.unwrap_or(secret);
            change.rows().webhook_reseal(id, &secret, fresh_before.or(before).as_deref())?;
        }
        resealed += count;
    }
    Ok(resealed)
}

/// What hangs on an older key, looked up without changing anything. `since` is when the present key became it.
pub fn left(app: &App, since: Time, mut told: impl FnMut(u64, u64)) -> Result<Left, Stop> {
    let links_until = app.view(move |view| {
        let now = view.now();
        Ok(view.rows().links_outliving(now, since)?)
    });
    let links_until = links_until.wait()?;
    let mut left = Left { sealed: app.view(left_of_webhooks).wait()?, links_until };
    let (all, mut done, mut last) = (count(app)?, 0, None);
    loop {
        let after = last;
        let batch = app.view(move |view| {
            let accounts = view.rows().accounts_after(after, BATCH)?;
            let mut sealed = 0;
            for account in &accounts {
                sealed += left_in(view, *account)?;
            }
            Ok((accounts, sealed))
        });
        let (accounts, sealed) = batch.wait()?;
        let Some(newest) = accounts.last() else { return Ok(left) };
        last = Some(*newest);
        left.sealed += sealed;
        done += accounts.len() as u64;
        told(done, all);
    }
}

fn left_in(view: &mut View<'_>, account: AccountId) -> Result<u64, Stop> {
    let Some(account) = view.rows().account_by_id(account)? else { return Ok(0) };
    let (keys, now) = (view.keys(), view.now());
    let before = account.freeze_words_before.iter().filter(|(_, until)| *until > now).map(|(sealed, _)| sealed);
    let words = before.chain([&account.freeze_words]);
    let mut left = words.filter(|sealed| !keys.is_present(Sealed::FreezeWords, account.id.as_bytes(), sealed)).count();
    for factor in view.rows().factors(account.id, now)? {
        let older = |(what, owner): (Sealed, Vec<u8>)| !keys.is_present(what, &owner, &factor.sealed);
        left += usize::from(of_factor(&factor).is_some_and(older));
    }
    Ok(left as u64)
}

fn left_of_webhooks(view: &mut View<'_>) -> Result<u64, Stop> {
    let (keys, webhooks) = (view.keys(), view.rows().webhooks()?);
    let sealed = webhooks.into_iter().flat_map(|Webhook { id, secret, before, .. }| {
        std::iter::once(secret).chain(before.map(|(sealed, _)| sealed)).map(move |sealed| (id, sealed))
    });
    Ok(sealed.filter(|(id, sealed)| !keys.is_present(Sealed::Webhook, id.as_bytes(), sealed)).count() as u64)
}

/// What a factor keeps encrypted, and for whom. An app that is only offered is left: it is over within minutes, and its owner
/// is the session that asked.
fn of_factor(factor: &Factor) -> Option<(Sealed, Vec<u8>)> {
    match factor.kind {
        FactorKind::App if factor.confirmed_at.is_some() => {
            Some((Sealed::Seed, second_factors::owner(factor.account, factor.id, None)))
        }
        FactorKind::Passkey => Some((Sealed::Passkey, second_factors::owner(factor.account, factor.id, None))),
        FactorKind::App | FactorKind::RecoveryCodes => None,
    }
}

fn count(app: &App) -> Result<u64, Stop> {
    Ok(u64::try_from(app.view(|view| Ok(view.rows().accounts_count()?)).wait()?).unwrap_or(0))
}
