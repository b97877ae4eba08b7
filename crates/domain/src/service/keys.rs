//! Keys: adding one, revoking one, and finding the one that a request names.
//!
//! Every request asks for a key, and there are a handful of them, so each process keeps them all in memory and reads them
//! anew when they are half a second old. A key that was revoked on another node, or by the command line, opens nothing
//! one second later; where the keys cannot be read, nothing is opened.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::app::App;
use crate::change::{Change, View};
use crate::clock::{Span, Time};
use crate::ids::ServiceKeyId;
use crate::network::Network;
use crate::refusal::{Refusal, Stop};
use crate::secrets::SecretText;

use super::model::{KeyProof, No, Scope, ServiceKey, VerifyingKey};

/// For how long keys in memory are taken for what stands in the database.
const FRESH: Span = Span::from_millis(500);

/// A key that is to be added.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Who uses it.
    pub name: String,
    /// The public key of who signs; with none, a secret is made.
    pub signs: Option<VerifyingKey>,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// From where.
    pub networks: Vec<Network>,
    /// How long it is good.
    pub lives: Span,
}

/// Adds a key and answers it, with its secret where it has one: that is seen once, here.
pub fn add(change: &mut Change<'_>, new: &NewKey) -> Result<(ServiceKey, Option<SecretText>), Stop> {
    let now = change.now();
    let (proof, secret) = if let Some(public) = new.signs {
        (KeyProof::Signs(public), None)
    } else {
        let random = SecretText::random(change.entropy());
        let secret = SecretText::presented(format!("{SECRET_PREFIX}{}", random.reveal()));
        (KeyProof::Secret(secret.digest()), Some(secret))
    };
    let key = ServiceKey {
        id: ServiceKeyId::new(now, change.entropy()),
        name: new.name.clone(),
        proof,
        scopes: new.scopes.clone(),
        networks: new.networks.clone(),
        added_at: now,
        expires_at: now + new.lives,
        revoked_at: None,
    };
    change.rows().service_key_insert(&key)?;
    Ok((key, secret))
}

/// What a secret starts with, so that a scanner of code finds one that was left there.
const SECRET_PREFIX: &str = "cssk_";

/// Every key that was ever added, the oldest first.
pub fn list(view: &mut View<'_>) -> Result<Vec<ServiceKey>, Stop> {
    Ok(view.rows().service_keys()?)
}

/// Revokes a key. Revoking a revoked one succeeds.
pub fn revoke(change: &mut Change<'_>, key: ServiceKeyId) -> Result<(), Stop> {
    let now = change.now();
    if change.rows().service_key_revoke(key, now)? || change.rows().service_keys()?.iter().any(|known| known.id == key)
    {
        return Ok(());
    }
    Err(Refusal::NoSuchThing.into())
}

/// Refuses what a key asked for that is over by now: what it asks may have waited since the door let it in.
pub(super) fn still_good(change: &mut Change<'_>, key: ServiceKeyId) -> Result<(), Stop> {
    let now = change.now();
    let keys = change.rows().service_keys()?;
    // Keys are never deleted; after a restore one may be gone all the same.
    let key = keys.iter().find(|known| known.id == key);
    Ok(key.map_or(Err(No::Revoked), |key| key.is_good(now)).map_err(Refusal::ServiceKey)?)
}

/// The keys as this process last read them.
#[derive(Debug, Default)]
pub struct KnownKeys(Mutex<Arc<Book>>);

/// Keys by what a request shows of them; those that are over too, so that their holders are told so.
#[derive(Debug, Default)]
pub struct Book {
    read_at: Option<Time>,
    by_id: HashMap<ServiceKeyId, Arc<ServiceKey>>,
    by_secret: HashMap<[u8; 32], Arc<ServiceKey>>,
}

impl Book {
    fn made_of(keys: Vec<ServiceKey>, read_at: Time) -> Self {
        let mut book = Self { read_at: Some(read_at), ..Self::default() };
        for key in keys.into_iter().map(Arc::new) {
            match key.proof {
                KeyProof::Signs(_) => book.by_id.insert(key.id, key),
                KeyProof::Secret(digest) => book.by_secret.insert(digest, key),
            };
        }
        book
    }

    /// A clock that was set back makes them old as well.
    fn fresh(&self, now: Time) -> bool {
        self.read_at.is_some_and(|read_at| now.duration_since(read_at).abs() < FRESH)
    }

    /// The key of this id whose holder signs.
    pub fn signing(&self, id: ServiceKeyId) -> Option<&Arc<ServiceKey>> {
        self.by_id.get(&id)
    }

    /// The key of this id, however its holder proves that it is theirs.
    pub fn of(&self, id: ServiceKeyId) -> Option<&Arc<ServiceKey>> {
        self.by_id.get(&id).or_else(|| self.by_secret.values().find(|key| key.id == id))
    }

    /// The key that this secret is of. Found by its digest, so the time it takes tells nothing of a secret.
    pub fn with_secret(&self, secret: &SecretText) -> Option<&Arc<ServiceKey>> {
        self.by_secret.get(&secret.digest())
    }
}

/// The keys, at most half a second old.
pub async fn keys(app: &App) -> Result<Arc<Book>, Stop> {
    let known = app.service_keys();
    // From before they are read: what is written meanwhile is not taken for seen.
    let now = app.clock().now();
    let book = known.lock().clone();
    if book.fresh(now) {
        return Ok(book);
    }
    let read = app.glance(|view| Ok(view.rows().service_keys()?)).await?;
    let book = Arc::new(Book::made_of(read, now));
    let mut newest = known.lock();
    // Somebody who began later may have been done sooner; after a clock was set back, whoever comes last is right.
    if newest.read_at.is_none_or(|read_at| read_at <= now || !newest.fresh(now)) {
        newest.clone_from(&book);
    }
    Ok(book)
}

impl KnownKeys {
    fn lock(&self) -> MutexGuard<'_, Arc<Book>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}
