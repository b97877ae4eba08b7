//! Rows of second factors.

use domain::clock::Time;
use domain::ids::{AccountId, FactorId};
use domain::refusal::Fault;
use domain::second_factors::{Factor, FactorKind, Reads, Tries, Writes};

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told FACTORS = "SELECT account, id, kind, name, sealed, step, added_at, confirmed_at, last_used_at, over_at FROM factor
        WHERE account = $1 AND (over_at IS NULL OR over_at > $2) ORDER BY added_at, id";
    Told RECOVERY_CODES_LEFT = "SELECT count(*) FROM recovery_code WHERE account = $1 AND factor = $2 AND used_at IS NULL";
    Told FACTOR_INSERT = "INSERT INTO factor (account, id, kind, name, sealed, step, added_at, confirmed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    Told FACTOR_OFFER = "INSERT INTO factor (account, id, kind, name, sealed, step, added_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    Bookkeeping FACTOR_OFFERS_FORGET = "DELETE FROM factor WHERE account = $1 AND confirmed_at IS NULL AND kind = 'app'";
    Bookkeeping FACTOR_OFFERS_OVERDUE_FORGET = "DELETE FROM factor WHERE confirmed_at IS NULL AND added_at <= $1
        AND kind = 'app'";
    Told APP_CONFIRM = "UPDATE factor SET sealed = $3, step = $4, added_at = $5, confirmed_at = $5, last_used_at = $5
        WHERE account = $1 AND id = $2 AND confirmed_at IS NULL AND kind = 'app'";
    Bookkeeping FACTOR_ACCEPT_STEP = "UPDATE factor SET step = $3, last_used_at = $4 WHERE account = $1 AND id = $2 AND step < $3
        AND (over_at IS NULL OR over_at > $4)";
    Bookkeeping FACTOR_USED = "UPDATE factor SET sealed = $3, last_used_at = $4 WHERE account = $1 AND id = $2";
    Bookkeeping FACTOR_RESEAL = "UPDATE factor SET sealed = $3 WHERE account = $1 AND id = $2";
    Told FACTOR_NAME = "UPDATE factor SET name = $3 WHERE account = $1 AND id = $2 AND over_at IS NULL";
    Told FACTOR_END = "UPDATE factor SET over_at = $3 WHERE account = $1 AND id = $2 AND (over_at IS NULL OR over_at > $3)";
    Told RECOVERY_CODES_KEEP = "UPDATE factor SET over_at = NULL WHERE account = $1 AND kind = 'recovery_codes' AND over_at > $2";
    Bookkeeping FACTOR_TRIES_BEGIN = "INSERT INTO factor_tries (bucket, tries, last_at) VALUES ($1, '[]', 0)
        ON CONFLICT (bucket) DO NOTHING";
    Bookkeeping FACTOR_TRIES_LOCK = "SELECT tries FROM factor_tries WHERE bucket = $1 {{hold}}";
    Bookkeeping FACTOR_TRIES_SET = "UPDATE factor_tries SET tries = $2, last_at = $3 WHERE bucket = $1";
    Bookkeeping FACTOR_TRIES_FORGET = "DELETE FROM factor_tries WHERE bucket IN (SELECT bucket FROM factor_tries
        WHERE last_at < $1 ORDER BY last_at LIMIT $2)";
    Told RECOVERY_CODE_INSERT = "INSERT INTO recovery_code (account, digest, factor) VALUES ($1, $3, $2)";
    Told RECOVERY_CODE_USE = "UPDATE recovery_code SET used_at = $3 WHERE account = $1 AND digest = $2 AND used_at IS NULL
        AND EXISTS (SELECT 1 FROM factor WHERE factor.account = $1 AND factor.id = recovery_code.factor
        AND factor.confirmed_at IS NOT NULL AND (factor.over_at IS NULL OR factor.over_at > $3)) RETURNING factor";
}

fn factor(row: &mut Row) -> Result<Factor, Fault> {
    Ok(Factor {
        account: AccountId::from_bytes(row.bytes()?),
        id: FactorId::from_bytes(row.bytes()?),
        kind: {
            let kind = row.text()?;
            FactorKind::from_code(&kind).ok_or_else(|| Fault::broken(format!("there is no factor {kind}")))?
        },
        name: row.text()?,
        sealed: row.blob()?,
        step: row.int()?,
        added_at: row.time()?,
        confirmed_at: row.time_or_null()?,
        last_used_at: row.time_or_null()?,
        over_at: row.time_or_null()?,
    })
}

impl Reads for Tx<'_> {
    fn factors(&mut self, account: AccountId, now: Time) -> Result<Vec<Factor>, Fault> {
        self.read_all(&FACTORS, &[account.as_bytes().into(), now.into()], factor)
    }

    fn recovery_codes_left(&mut self, account: AccountId, factor: FactorId) -> Result<i64, Fault> {
        let values = [account.as_bytes().into(), factor.as_bytes().into()];
        Ok(self.read_one(&RECOVERY_CODES_LEFT, &values, |row| row.int())?.unwrap_or(0))
    }
}

impl Writes for Tx<'_> {
    fn factor_insert(&mut self, factor: &Factor) -> Result<(), Fault> {
        let values = [
            factor.account.as_bytes().into(),
            factor.id.as_bytes().into(),
            factor.kind.code().into(),
            (&factor.name).into(),
            factor.sealed.as_slice().into(),
            factor.step.into(),
            factor.added_at.into(),
            factor.confirmed_at.into(),
        ];
        self.write(&FACTOR_INSERT, &values).map(drop)
    }

    fn factor_offer(&mut self, offer: &Factor) -> Result<(), Fault> {
        let values = [
            offer.account.as_bytes().into(),
            offer.id.as_bytes().into(),
            offer.kind.code().into(),
            (&offer.name).into(),
            offer.sealed.as_slice().into(),
            offer.step.into(),
            offer.added_at.into(),
        ];
        self.write(&FACTOR_OFFER, &values).map(drop)
    }

    fn factor_offers_forget(&mut self, account: AccountId) -> Result<(), Fault> {
        self.write(&FACTOR_OFFERS_FORGET, &[account.as_bytes().into()]).map(drop)
    }

    fn factor_offers_overdue_forget(&mut self, offered_before: Time) -> Result<u64, Fault> {
        self.write(&FACTOR_OFFERS_OVERDUE_FORGET, &[offered_before.into()])
    }

    fn app_confirm(
        &mut self,
        account: AccountId,
        factor: FactorId,
        sealed: &[u8],
        (step, now): (i64, Time),
    ) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), factor.as_bytes().into(), sealed.into(), step.into(), now.into()];
        Ok(self.write(&APP_CONFIRM, &values)? == 1)
    }

    fn factor_tries_lock(&mut self, bucket: &[u8; 32]) -> Result<Tries, Fault> {
        // PostgreSQL can only hold a row that is there.
        self.write(&FACTOR_TRIES_BEGIN, &[bucket.into()])?;
        let tries = self.read_one(&FACTOR_TRIES_LOCK, &[bucket.into()], |row| row.text())?;
        tries.map_or(Ok(Tries::default()), |tries| serde_json::from_str(&tries).map_err(Fault::broken))
    }

    fn factor_tries_set(&mut self, bucket: &[u8; 32], tries: &Tries, now: Time) -> Result<(), Fault> {
        let text = serde_json::to_string(tries).map_err(Fault::broken)?;
        self.write(&FACTOR_TRIES_SET, &[bucket.into(), (&text).into(), now.into()]).map(drop)
    }

    fn factor_tries_forget(&mut self, last_before: Time, limit: i64) -> Result<u64, Fault> {
        self.write(&FACTOR_TRIES_FORGET, &[last_before.into(), limit.into()])
    }

    fn factor_accept_step(
        &mut self,
        account: AccountId,
        factor: FactorId,
        step: i64,
        now: Time,
    ) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), factor.as_bytes().into(), step.into(), now.into()];
        Ok(self.write(&FACTOR_ACCEPT_STEP, &values)? == 1)
    }

    fn factor_reseal(&mut self, account: AccountId, factor: FactorId, sealed: &[u8]) -> Result<(), Fault> {
        self.write(&FACTOR_RESEAL, &[account.as_bytes().into(), factor.as_bytes().into(), sealed.into()]).map(drop)
    }

    fn factor_used(&mut self, account: AccountId, factor: FactorId, sealed: &[u8], now: Time) -> Result<(), Fault> {
        let values = [account.as_bytes().into(), factor.as_bytes().into(), sealed.into(), now.into()];
        self.write(&FACTOR_USED, &values).map(drop)
    }

    fn factor_name(&mut self, account: AccountId, factor: FactorId, name: &str) -> Result<bool, Fault> {
        Ok(self.write(&FACTOR_NAME, &[account.as_bytes().into(), factor.as_bytes().into(), name.into()])? == 1)
    }

    fn factor_end(&mut self, account: AccountId, factor: FactorId, over_at: Time) -> Result<bool, Fault> {
        Ok(self.write(&FACTOR_END, &[account.as_bytes().into(), factor.as_bytes().into(), over_at.into()])? == 1)
    }

    fn recovery_codes_keep(&mut self, account: AccountId, now: Time) -> Result<(), Fault> {
        self.write(&RECOVERY_CODES_KEEP, &[account.as_bytes().into(), now.into()]).map(drop)
    }

    fn recovery_code_insert(&mut self, account: AccountId, factor: FactorId, digest: &[u8; 32]) -> Result<(), Fault> {
        let values = [account.as_bytes().into(), factor.as_bytes().into(), digest.into()];
        self.write(&RECOVERY_CODE_INSERT, &values).map(drop)
    }

    fn recovery_code_use(
        &mut self,
        account: AccountId,
        digest: &[u8; 32],
        now: Time,
    ) -> Result<Option<FactorId>, Fault> {
        let values = [account.as_bytes().into(), digest.into(), now.into()];
        self.write_one(&RECOVERY_CODE_USE, &values, |row| Ok(FactorId::from_bytes(row.bytes()?)))
    }
}
