//! What this machine can do at best, with nothing of ours in the way.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Result;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rusqlite::Connection;

use crate::chance::Chance;
use crate::stopwatch::{Stopwatch, rate_per_second};

const TIME: Duration = Duration::from_secs(4);

/// Argon2id hashes a second (19 MiB, two passes), each thread with one block of memory that it uses again.
pub(crate) fn argon2_per_second(threads: u32) -> Result<f64> {
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let hashed = Arc::new(AtomicU32::new(0));
    let watch = Stopwatch::start();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (params, hashed) = (params.clone(), Arc::clone(&hashed));
            std::thread::spawn(move || {
                let mut memory = vec![Block::default(); params.block_count()];
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let mut out = [0; 32];
                while watch.elapsed() < TIME {
                    argon2
                        .hash_password_into_with_memory(
                            b"a measured password",
                            b"sixteen byte salt",
                            &mut out,
                            &mut memory,
                        )
                        .expect("the sizes are right");
                    hashed.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().expect("hashing does not panic");
    }
    Ok(f64::from(hashed.load(Ordering::Relaxed)) / watch.seconds())
}

/// A `SQLite` file like ours (WAL, every commit synced) with one clustered table of events.
pub(crate) struct RawSqlite {
    connection: Connection,
    chance: Chance,
    next: i64,
}

impl RawSqlite {
    pub(crate) fn create(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(
            "CREATE TABLE events (
               account BLOB NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, code TEXT NOT NULL,
               detail BLOB NOT NULL, PRIMARY KEY (account, sequence)
             ) STRICT, WITHOUT ROWID",
        )?;
        Ok(Self { connection, chance: Chance::seeded(1), next: 0 })
    }

    /// Rows a second, so many to a commit.
    pub(crate) fn inserts_per_second(&mut self, rows_per_commit: u32) -> f64 {
        let commits = rate_per_second(TIME, || self.commit(rows_per_commit));
        commits * f64::from(rows_per_commit)
    }

    /// Writes so many rows in one commit, which is synced when this returns.
    pub(crate) fn commit(&mut self, rows: u32) {
        let transaction = self.connection.transaction().expect("begins");
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO events (account, sequence, at, code, detail) VALUES (?1, ?2, ?3, ?4, ?5)")
                .expect("prepares");
            for _ in 0..rows {
                self.next += 1;
                insert
                    .execute((self.chance.bytes::<16>(), self.next, self.next, "session.started", [7_u8; 160]))
                    .expect("inserts");
            }
        }
        transaction.commit().expect("commits");
    }
}
