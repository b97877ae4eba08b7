//! Rows for the exchange's own backend: its keys, their nonces, and what one statement says of a session and an account.

use domain::Network;
use domain::clock::Time;
use domain::ids::{AccountId, ServiceKeyId, SessionId};
use domain::refusal::Fault;
use domain::service::{KeyProof, LiveSession, Reads, Remembered, Scope, ServiceKey, State, VerifyingKey, Writes};

use crate::sessions::proved_by;
use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told SERVICE_KEYS = "SELECT id, name, kind, material, scopes, networks, added_at, expires_at, revoked_at FROM service_key
        ORDER BY added_at, id";
    Bookkeeping SERVICE_KEY_INSERT = "INSERT INTO service_key (id, name, kind, material, scopes, networks, added_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    Bookkeeping SERVICE_KEY_REVOKE = "UPDATE service_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Bookkeeping SERVICE_NONCE_USE = "INSERT INTO service_nonce (digest, until) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Bookkeeping SERVICE_NONCES_FORGET = "DELETE FROM service_nonce WHERE digest IN (SELECT digest FROM service_nonce
        WHERE until < $1 ORDER BY until LIMIT $2)";
    Told SERVICE_ANSWER = "SELECT request, answer FROM service_answer WHERE name = $1 AND key = $2";
    Bookkeeping SERVICE_ANSWER_INSERT = "INSERT INTO service_answer (name, key, request, answer, kept_at)
        VALUES ($1, $2, $3, $4, $5)";
    Bookkeeping SERVICE_ANSWERS_FORGET = "DELETE FROM service_answer WHERE (name, key) IN (SELECT name, key FROM service_answer
        WHERE kept_at < $1 ORDER BY kept_at LIMIT $2)";
    // Both in one statement: between two of them a report could be forgotten, and be known to neither.
    Told SERVICE_REPORT = "SELECT service_report_head.dropped, service_report.digest, service_report.sequence FROM service_report_head
        LEFT JOIN service_report ON service_report.name = $1 AND service_report.reference = $2 WHERE service_report_head.one = 1";
    Bookkeeping SERVICE_REPORT_INSERT = "INSERT INTO service_report (name, reference, digest, service_key, account, sequence, reported_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    // Everything a check answers in one statement, which needs no transaction around it.
    Told SERVICE_SESSION = "SELECT session.id, session.began_at, session.last_seen_at, session.proved_by,
        account.id, account.epoch, account.confirmed_at, account.frozen_at,
        (SELECT max(timer.due_at) FROM timer WHERE timer.account = account.id AND timer.key = $2 AND timer.ended_at IS NULL),
        (SELECT min(hold.began_at) FROM hold WHERE hold.account = account.id AND hold.until > $3),
        (SELECT max(hold.until) FROM hold WHERE hold.account = account.id AND hold.until > $3),
        account.locked_at, account.passkey_only
        FROM session JOIN account ON account.id = session.account AND account.epoch = session.epoch
        WHERE session.secret_digest = $1 AND session.ended_at IS NULL";
    Told SERVICE_STATE = "SELECT account.id, account.epoch, account.confirmed_at, account.frozen_at,
        (SELECT max(timer.due_at) FROM timer WHERE timer.account = account.id AND timer.key = $2 AND timer.ended_at IS NULL),
        (SELECT min(hold.began_at) FROM hold WHERE hold.account = account.id AND hold.until > $3),
        (SELECT max(hold.until) FROM hold WHERE hold.account = account.id AND hold.until > $3),
        account.locked_at, account.passkey_only FROM account WHERE account.id = $1";
}

fn key(row: &mut Row) -> Result<ServiceKey, Fault> {
    let (id, name) = (ServiceKeyId::from_bytes(row.bytes()?), row.text()?);
    let proof = match (row.text()?.as_str(), row.bytes()?) {
        ("signs", public) => KeyProof::Signs(VerifyingKey::stored(public)),
        ("secret", digest) => KeyProof::Secret(digest),
        (other, _) => return Err(Fault::broken(format!("no service key proves itself by {other}"))),
    };
    Ok(ServiceKey {
        id,
        name,
        proof,
        // A scope of a newer version opens nothing in this one, and the rest of the key works.
        scopes: row.text()?.split(',').filter_map(|word| word.parse::<Scope>().ok()).collect(),
        networks: networks(&row.text()?)?,
        added_at: row.time()?,
        expires_at: row.time()?,
        revoked_at: row.time_or_null()?,
    })
}

/// What cannot be read must not become "anywhere".
fn networks(text: &str) -> Result<Vec<Network>, Fault> {
    text.split(',').filter(|each| !each.is_empty()).map(|each| each.parse().map_err(Fault::broken)).collect()
}

fn state(row: &mut Row) -> Result<State, Fault> {
    Ok(State {
        account: AccountId::from_bytes(row.bytes()?),
        epoch: row.int()?,
        confirmed: row.time_or_null()?.is_some(),
        frozen_at: row.time_or_null()?,
        thaws_at: row.time_or_null()?,
        held: match (row.time_or_null()?, row.time_or_null()?) {
            (Some(since), Some(until)) => Some((since, until)),
            _ => None,
        },
        settings_locked: row.time_or_null()?.is_some(),
        passkey_only: row.int()? == 1,
    })
}

fn session(row: &mut Row) -> Result<LiveSession, Fault> {
    Ok(LiveSession {
        session: SessionId::from_bytes(row.bytes()?),
        began_at: row.time()?,
        last_seen_at: row.time()?,
        proved_by: proved_by(&row.text()?)?,
        state: state(row)?,
    })
}

fn remembered(row: &mut Row) -> Result<Remembered, Fault> {
    let dropped = row.time()?;
    Ok(Remembered { report: row.bytes_or_null()?.zip(row.int_or_null()?), dropped })
}

fn with_commas<T: ToString>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl Reads for Tx<'_> {
    fn service_keys(&mut self) -> Result<Vec<ServiceKey>, Fault> {
        self.read_all(&SERVICE_KEYS, &[], key)
    }

    fn service_answer(&mut self, name: &str, key: &[u8; 32]) -> Result<Option<([u8; 32], String)>, Fault> {
        self.read_one(&SERVICE_ANSWER, &[name.into(), key.into()], |row| Ok((row.bytes()?, row.text()?)))
    }

    fn service_report(&mut self, name: &str, reference: &str) -> Result<Remembered, Fault> {
        let found = self.read_one(&SERVICE_REPORT, &[name.into(), reference.into()], remembered)?;
        found.ok_or_else(|| Fault::broken("nothing says until when reports are forgotten"))
    }

    fn service_session(&mut self, digest: &[u8; 32], thaw: &str, now: Time) -> Result<Option<LiveSession>, Fault> {
        self.read_one(&SERVICE_SESSION, &[digest.into(), thaw.into(), now.into()], session)
    }

    fn service_state(&mut self, account: AccountId, thaw: &str, now: Time) -> Result<Option<State>, Fault> {
        self.read_one(&SERVICE_STATE, &[account.as_bytes().into(), thaw.into(), now.into()], state)
    }
}

impl Writes for Tx<'_> {
    fn service_key_insert(&mut self, key: &ServiceKey) -> Result<(), Fault> {
        let (scopes, networks) = (with_commas(&key.scopes), with_commas(&key.networks));
        let material = match &key.proof {
            KeyProof::Signs(public) => public.as_bytes(),
            KeyProof::Secret(digest) => digest,
        };
        let values = [
            key.id.as_bytes().into(),
            (&key.name).into(),
            key.proof.code().into(),
            material.into(),
            (&scopes).into(),
            (&networks).into(),
            key.added_at.into(),
            key.expires_at.into(),
        ];
        self.write(&SERVICE_KEY_INSERT, &values).map(drop)
    }

    fn service_key_revoke(&mut self, key: ServiceKeyId, now: Time) -> Result<bool, Fault> {
        Ok(self.write(&SERVICE_KEY_REVOKE, &[key.as_bytes().into(), now.into()])? == 1)
    }

    fn service_nonce_use(&mut self, digest: &[u8; 32], until: Time) -> Result<bool, Fault> {
        Ok(self.write(&SERVICE_NONCE_USE, &[digest.into(), until.into()])? == 1)
    }

    fn service_answer_insert(
        &mut self,
        name: &str,
        (key, request): (&[u8; 32], &[u8; 32]),
        answer: &str,
        now: Time,
    ) -> Result<(), Fault> {
        let values = [name.into(), key.into(), request.into(), answer.into(), now.into()];
        self.write(&SERVICE_ANSWER_INSERT, &values).map(drop)
    }

    fn service_answers_forget(&mut self, before: Time, limit: i64) -> Result<u64, Fault> {
        self.write(&SERVICE_ANSWERS_FORGET, &[before.into(), limit.into()])
    }

    fn service_report_insert(
        &mut self,
        key: &ServiceKey,
        reference: &str,
        (digest, account, sequence): (&[u8; 32], AccountId, i64),
        reported_at: Time,
    ) -> Result<(), Fault> {
        let values = [
            (&key.name).into(),
            reference.into(),
            digest.into(),
            key.id.as_bytes().into(),
            account.as_bytes().into(),
            sequence.into(),
            reported_at.into(),
        ];
        self.write(&SERVICE_REPORT_INSERT, &values).map(drop)
    }

    fn service_nonces_forget(&mut self, before: Time, limit: i64) -> Result<u64, Fault> {
        self.write(&SERVICE_NONCES_FORGET, &[before.into(), limit.into()])
    }
}
