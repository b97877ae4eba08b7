//! Rows of passkeys and of the ceremonies in which they are made and used.

use domain::clock::Time;
use domain::ids::{AccountId, DeviceId, FactorId};
use domain::refusal::Fault;
use domain::second_factors::passkeys::{Ceremony, PasskeySeen, Purpose, Reads, Writes};

use crate::statement::statements;
use crate::tx::Tx;

statements! {
    Told PASSKEY_OWNER = "SELECT account, factor FROM passkey_credential WHERE digest = $1";
    Told CEREMONY_WAITS = "SELECT count(*) FROM ceremony WHERE account = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    Told PASSKEY_INSERT = "INSERT INTO passkey_credential (digest, account, factor) VALUES ($1, $2, $3)
        ON CONFLICT (digest) DO NOTHING";
    Told PASSKEYS_SEEN = "SELECT device, factor, registered_at, used_at FROM passkey_browser WHERE account = $1
        ORDER BY factor DESC, device";
    Told PASSKEY_REGISTERED_IN = "INSERT INTO passkey_browser (account, device, factor, registered_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (account, device, factor) DO UPDATE SET registered_at = excluded.registered_at";
    Bookkeeping PASSKEY_USED_IN = "INSERT INTO passkey_browser (account, device, factor, used_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account, device, factor) DO UPDATE SET used_at = excluded.used_at";
    Bookkeeping CEREMONY_INSERT = "INSERT INTO ceremony (id, account, purpose, state, expires_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO NOTHING";
    Bookkeeping CEREMONY_TAKE = "UPDATE ceremony SET used_at = $3 WHERE id = $1 AND purpose = $2 AND used_at IS NULL
        AND expires_at > $3 RETURNING account, state";
    Bookkeeping CEREMONIES_TAKE = "UPDATE ceremony SET used_at = $3 WHERE account = $1 AND purpose = $2 AND used_at IS NULL
        AND expires_at > $3";
    Bookkeeping CEREMONIES_FORGET = "DELETE FROM ceremony WHERE expires_at <= $1";
}

fn purpose(purpose: &Purpose) -> Result<String, Fault> {
    serde_json::to_string(purpose).map_err(Fault::broken)
}

impl Reads for Tx<'_> {
    fn passkey_owner(&mut self, digest: &[u8; 32]) -> Result<Option<(AccountId, FactorId)>, Fault> {
        self.read_one(&PASSKEY_OWNER, &[digest.into()], |row| {
            Ok((AccountId::from_bytes(row.bytes()?), FactorId::from_bytes(row.bytes()?)))
        })
    }

    fn passkeys_seen(&mut self, account: AccountId) -> Result<Vec<PasskeySeen>, Fault> {
        self.read_all(&PASSKEYS_SEEN, &[account.as_bytes().into()], |row| {
            Ok(PasskeySeen {
                device: DeviceId::from_bytes(row.bytes()?),
                factor: FactorId::from_bytes(row.bytes()?),
                registered_at: row.time_or_null()?,
                used_at: row.time_or_null()?,
            })
        })
    }

    fn ceremony_waits(&mut self, account: AccountId, what_for: &Purpose, now: Time) -> Result<bool, Fault> {
        let what_for = purpose(what_for)?;
        let values = [account.as_bytes().into(), (&what_for).into(), now.into()];
        Ok(self.read_one(&CEREMONY_WAITS, &values, |row| row.int())?.unwrap_or(0) > 0)
    }
}

impl Writes for Tx<'_> {
    fn passkey_insert(&mut self, digest: &[u8; 32], account: AccountId, factor: FactorId) -> Result<bool, Fault> {
        Ok(self.write(&PASSKEY_INSERT, &[digest.into(), account.as_bytes().into(), factor.as_bytes().into()])? == 1)
    }

    fn passkey_registered_in(&mut self, account: AccountId, seen: &PasskeySeen) -> Result<(), Fault> {
        let values = [
            account.as_bytes().into(),
            seen.device.as_bytes().into(),
            seen.factor.as_bytes().into(),
            seen.registered_at.into(),
        ];
        self.write(&PASSKEY_REGISTERED_IN, &values).map(drop)
    }

    fn passkey_used_in(&mut self, account: AccountId, seen: &PasskeySeen) -> Result<(), Fault> {
        let values = [
            account.as_bytes().into(),
            seen.device.as_bytes().into(),
            seen.factor.as_bytes().into(),
            seen.used_at.into(),
        ];
        self.write(&PASSKEY_USED_IN, &values).map(drop)
    }

    fn ceremony_insert(&mut self, ceremony: &Ceremony) -> Result<bool, Fault> {
        let what_for = purpose(&ceremony.purpose)?;
        let values = [
            (&ceremony.id).into(),
            ceremony.account.as_ref().map(AccountId::as_bytes).into(),
            (&what_for).into(),
            (&ceremony.state).into(),
            ceremony.expires_at.into(),
        ];
        Ok(self.write(&CEREMONY_INSERT, &values)? == 1)
    }

    fn ceremony_take(
        &mut self,
        id: &[u8; 32],
        what_for: &Purpose,
        now: Time,
    ) -> Result<Option<(Option<AccountId>, String)>, Fault> {
        let what_for = purpose(what_for)?;
        self.write_one(&CEREMONY_TAKE, &[id.into(), (&what_for).into(), now.into()], |row| {
            let account = row.blob_or_null()?.map(<[u8; 16]>::try_from).transpose();
            let account = account.map_err(|_| Fault::broken("an account's id has 16 bytes"))?;
            Ok((account.map(AccountId::from_bytes), row.text()?))
        })
    }

    fn ceremonies_take(&mut self, account: AccountId, what_for: &Purpose, now: Time) -> Result<bool, Fault> {
        let what_for = purpose(what_for)?;
        let values = [account.as_bytes().into(), (&what_for).into(), now.into()];
        Ok(self.write(&CEREMONIES_TAKE, &values)? > 0)
    }

    fn ceremonies_forget(&mut self, now: Time) -> Result<u64, Fault> {
        self.write(&CEREMONIES_FORGET, &[now.into()])
    }
}
