//! Rows of sessions, devices and waiting sign-ins.

use std::net::IpAddr;

use domain::activity::{Country, EndedBy};
use domain::clock::Time;
use domain::ids::{AccountId, DeviceId, PendingId, SessionId, SignInCodeId};
use domain::phones::PhoneNumber;
use domain::protections::Method;
use domain::refusal::Fault;
use domain::sessions::{Device, Mark, Pending, Reads, Session, Sighting, SignInCode, SignedIn, UsedPlace, Writes};

use crate::activity::{Columns, origin, place};
use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told SESSION_BY_SECRET = "SELECT session.id, session.account, session.device, session.epoch, session.began_at, session.ip,
        session.browser, session.place, session.country, session.spot, session.last_seen_at, session.last_ip,
        session.last_place, session.ended_at, session.ended_by, session.proved_by, account.email, account.frozen_at
        FROM session JOIN account ON account.id = session.account AND account.epoch = session.epoch
        WHERE session.secret_digest = $1 AND session.ended_at IS NULL";
    Told SESSION_BY_ID = "SELECT id, account, device, epoch, began_at, ip, browser, place, country, spot, last_seen_at,
        last_ip, last_place, ended_at, ended_by, proved_by FROM session WHERE id = $2 AND account = $1";
    Told SESSION_BROWSER = "SELECT device.secret_digest FROM session JOIN device ON device.account = session.account
        AND device.id = session.device WHERE session.account = $1 AND session.id = $2 AND session.ended_at IS NULL";
    Told SESSIONS_LIVE = "SELECT id, account, device, epoch, began_at, ip, browser, place, country, spot, last_seen_at,
        last_ip, last_place, ended_at, ended_by, proved_by FROM session WHERE account = $1 AND ended_at IS NULL ORDER BY began_at DESC, id DESC";
    Told SESSIONS_BEYOND = "SELECT id, account, device, epoch, began_at, ip, browser, place, country, spot, last_seen_at,
        last_ip, last_place, ended_at, ended_by, proved_by FROM session WHERE account = $1 AND ended_at IS NULL
        ORDER BY CASE WHEN device <> $3 THEN 0 WHEN ip = $4 THEN 2 ELSE 1 END, began_at DESC, id DESC LIMIT 100 OFFSET $2";
    Told SESSIONS_IDLE = "SELECT id, account, device, epoch, began_at, ip, browser, place, country, spot, last_seen_at,
        last_ip, last_place, ended_at, ended_by, proved_by FROM session WHERE ended_at IS NULL AND last_seen_at <= $1 ORDER BY last_seen_at LIMIT $2";
    Told SESSIONS_OLD = "SELECT id, account, device, epoch, began_at, ip, browser, place, country, spot, last_seen_at,
        last_ip, last_place, ended_at, ended_by, proved_by FROM session WHERE ended_at IS NULL AND began_at <= $1 ORDER BY began_at LIMIT $2";
    Told SESSION_INSERT = "INSERT INTO session (id, account, secret_digest, device, epoch, began_at, ip, browser, place,
        country, spot, last_seen_at, last_ip, last_place, proved_by, last_spot)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $11)";
    Told SESSION_END = "UPDATE session SET ended_at = $3, ended_by = $4 WHERE account = $1 AND id = $2 AND ended_at IS NULL";
    Told SESSION_RENEW = "UPDATE session SET secret_digest = $3, epoch = $4 WHERE account = $1 AND id = $2 AND ended_at IS NULL";
    Bookkeeping SESSION_MARK = "UPDATE session SET last_seen_at = $3, last_ip = $4, last_place = $5, last_spot = $6
        WHERE account = $1 AND id = $2 AND last_seen_at < $3 AND ended_at IS NULL";
    Told DEVICE_BY_SECRET = "SELECT id, account, secret_digest, first_at, last_at, known_until, browser, name,
        last_ip, last_place FROM device WHERE account = $1 AND secret_digest = $2";
    Told DEVICE_BY_ID = "SELECT id, account, secret_digest, first_at, last_at, known_until, browser, name, last_ip, last_place
        FROM device WHERE account = $1 AND id = $2";
    Told DEVICES_KNOWN = "SELECT id, account, secret_digest, first_at, last_at, known_until, browser, name, last_ip, last_place
        FROM device WHERE account = $1 AND known_until > $2 ORDER BY last_at DESC, id";
    Told DEVICE_NAME = "UPDATE device SET name = $3 WHERE account = $1 AND id = $2";
    Told DEVICE_INSERT = "INSERT INTO device (account, id, secret_digest, first_at, last_at, known_until, browser, last_ip,
        last_place) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    Told DEVICE_RENEW = "UPDATE device SET last_at = $3, known_until = $4, browser = $5, last_ip = $6, last_place = $7
        WHERE account = $1 AND id = $2";
    Told DEVICE_SEEN = "UPDATE device SET last_at = $3, last_ip = $4, last_place = $5 WHERE account = $1 AND id = $2
        AND last_at < $3";
    Told DEVICES_FORGET = "UPDATE device SET known_until = $3 WHERE account = $1 AND id <> $2 AND known_until > $3";
    Told DEVICE_FORGET = "UPDATE device SET known_until = $3 WHERE account = $1 AND id = $2 AND known_until > $3";
    Told PLACES_USED = "SELECT device, place, country, spot, first_at, last_at FROM used_place WHERE account = $1
        ORDER BY last_at DESC, device, place LIMIT 1000";
    Told PLACE_USE = "INSERT INTO used_place (account, device, place, country, spot, first_at, last_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account, device, place) DO UPDATE SET country = excluded.country,
        spot = excluded.spot, last_at = excluded.last_at";
    Told SIGHTINGS = "SELECT last_seen_at, last_spot, last_place FROM session WHERE account = $1 AND last_spot IS NOT NULL
        AND last_seen_at > $2 ORDER BY last_seen_at DESC LIMIT 100";
    Told PENDING_BY_ID = "SELECT id, account, secret_digest, epoch, ip, browser, place, country, spot, asked_at, expires_at,
        let_in, device, factor_needed, factor_proved, unusual FROM pending WHERE account = $1 AND id = $2";
    Told PENDING_BY_SECRET = "SELECT id, account, secret_digest, epoch, ip, browser, place, country, spot, asked_at,
        expires_at, let_in, device, factor_needed, factor_proved, unusual FROM pending WHERE secret_digest = $1";
    Told PENDINGS_UNPROVED = "SELECT id, account, secret_digest, epoch, ip, browser, place, country, spot, asked_at,
        expires_at, let_in, device, factor_needed, factor_proved, unusual FROM pending WHERE factor_needed = 1
        AND factor_proved IS NULL AND let_in IS NULL AND expires_at <= $1 ORDER BY expires_at LIMIT $2";
    Told PENDING_INSERT = "INSERT INTO pending (account, id, secret_digest, epoch, ip, browser, place, country, spot,
        asked_at, expires_at, device, factor_needed, unusual)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    Told PENDING_PROVE = "UPDATE pending SET factor_proved = $4, expires_at = $5, device = $6, unusual = $8 WHERE account = $1 AND id = $2
        AND epoch = $3 AND let_in IS NULL AND expires_at > $7 AND factor_needed = 1 AND factor_proved IS NULL";
    Told PENDINGS_SUPERSEDE = "UPDATE pending SET let_in = 0, decided_at = $3 WHERE account = $1 AND device = $2
        AND factor_needed = 1 AND factor_proved IS NULL AND let_in IS NULL";
    Told PENDING_LET_IN = "UPDATE pending SET let_in = 1, decided_at = $4 WHERE account = $1 AND id = $2 AND epoch = $3
        AND let_in IS NULL AND expires_at > $4 AND (factor_needed = 0 OR factor_proved IS NOT NULL)";
    Told SIGN_IN_CODE = "SELECT id, account, pending, number, digest, expires_at, used_at FROM sign_in_code
        WHERE account = $1 AND pending = $2";
    Told SIGN_IN_CODE_PUT = "INSERT INTO sign_in_code (account, pending, id, number, digest, expires_at, used_at)
        VALUES ($1, $2, $3, $4, $5, $6, NULL) ON CONFLICT (account, pending) DO UPDATE SET id = excluded.id,
        number = excluded.number, digest = excluded.digest, expires_at = excluded.expires_at, used_at = NULL";
    Told SIGN_IN_CODE_USE = "UPDATE sign_in_code SET used_at = $4 WHERE account = $1 AND pending = $2 AND id = $3
        AND used_at IS NULL AND expires_at > $4";
    Bookkeeping SIGN_IN_CODES_FORGET = "DELETE FROM sign_in_code WHERE (account, pending) IN (SELECT account, pending
        FROM sign_in_code WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";
    Told PENDING_DENY = "UPDATE pending SET let_in = 0, decided_at = $3 WHERE account = $1 AND id = $2 AND let_in IS NULL";
}

fn session(row: &mut Row) -> Result<Session, Fault> {
    Ok(Session {
        id: SessionId::from_bytes(row.bytes()?),
        account: AccountId::from_bytes(row.bytes()?),
        device: DeviceId::from_bytes(row.bytes()?),
        epoch: row.int()?,
        began_at: row.time()?,
        origin: origin(row)?,
        last_seen_at: row.time()?,
        last_ip: row.ip_or_null()?,
        last_place: row.text_or_null()?,
        ended: ended(row)?,
        proved_by: proved_by(&row.text()?)?,
    })
}

/// Methods are stored as their words with commas.
pub(crate) fn proved_by(words: &str) -> Result<Vec<Method>, Fault> {
    let method =
        |word: &str| Method::from_code(word).ok_or_else(|| Fault::broken(format!("nothing is proved by {word}")));
    words.split(',').map(method).collect()
}

fn sign_in_code(row: &mut Row) -> Result<SignInCode, Fault> {
    Ok(SignInCode {
        id: SignInCodeId::from_bytes(row.bytes()?),
        account: AccountId::from_bytes(row.bytes()?),
        pending: PendingId::from_bytes(row.bytes()?),
        number: PhoneNumber::stored(row.text()?),
        digest: row.bytes()?,
        expires_at: row.time()?,
        used_at: row.time_or_null()?,
    })
}

fn ended(row: &mut Row) -> Result<Option<(Time, EndedBy)>, Fault> {
    let (at, by) = (row.time_or_null()?, row.text_or_null()?);
    match (at, by) {
        (Some(at), Some(by)) => {
            let by = EndedBy::from_code(&by).ok_or_else(|| Fault::broken(format!("no session ends by {by}")))?;
            Ok(Some((at, by)))
        }
        _ => Ok(None),
    }
}

fn signed_in(row: &mut Row) -> Result<SignedIn, Fault> {
    Ok(SignedIn { session: session(row)?, email: row.text()?, frozen_at: row.time_or_null()? })
}

fn device(row: &mut Row) -> Result<Device, Fault> {
    Ok(Device {
        id: DeviceId::from_bytes(row.bytes()?),
        account: AccountId::from_bytes(row.bytes()?),
        secret_digest: row.bytes()?,
        first_at: row.time()?,
        last_at: row.time()?,
        known_until: row.time()?,
        browser: row.text_or_null()?,
        name: row.text()?,
        last_ip: row.ip_or_null()?,
        last_place: row.text_or_null()?,
    })
}

fn pending(row: &mut Row) -> Result<Pending, Fault> {
    Ok(Pending {
        id: PendingId::from_bytes(row.bytes()?),
        account: AccountId::from_bytes(row.bytes()?),
        secret_digest: row.bytes()?,
        epoch: row.int()?,
        origin: origin(row)?,
        asked_at: row.time()?,
        expires_at: row.time()?,
        let_in: row.int_or_null()?.map(|let_in| let_in == 1),
        device: row.bytes_or_null()?.map(DeviceId::from_bytes),
        factor_needed: row.int()? == 1,
        factor_proved: row.text_or_null()?,
        unusual: row.text_or_null()?.map(|text| serde_json::from_str(&text).map_err(Fault::broken)).transpose()?,
    })
}

fn unusual_text(pending: &Pending) -> Result<Option<String>, Fault> {
    pending.unusual.as_ref().map(|unusual| serde_json::to_string(unusual).map_err(Fault::broken)).transpose()
}

fn used_place(row: &mut Row) -> Result<UsedPlace, Fault> {
    let device = DeviceId::from_bytes(row.bytes()?);
    Ok(UsedPlace { device, place: place(row)?, first_at: row.time()?, last_at: row.time()? })
}

fn sighting(row: &mut Row) -> Result<Sighting, Fault> {
    let (at, spot) = (row.time()?, row.text()?);
    Ok(Sighting {
        at,
        spot: spot.parse().map_err(Fault::broken)?,
        place: row.text_or_null()?.unwrap_or_else(|| "an unknown place".to_owned()),
    })
}

impl Reads for Tx<'_> {
    fn session_by_secret(&mut self, digest: &[u8; 32]) -> Result<Option<SignedIn>, Fault> {
        self.read_one(&SESSION_BY_SECRET, &[digest.into()], signed_in)
    }

    fn session_by_id(&mut self, account: AccountId, id: SessionId) -> Result<Option<Session>, Fault> {
        self.read_one(&SESSION_BY_ID, &[account.as_bytes().into(), id.as_bytes().into()], session)
    }

    fn sessions_live(&mut self, account: AccountId) -> Result<Vec<Session>, Fault> {
        self.read_all(&SESSIONS_LIVE, &[account.as_bytes().into()], session)
    }

    fn sessions_beyond(
        &mut self,
        account: AccountId,
        kept: i64,
        (device, ip): (DeviceId, Option<IpAddr>),
    ) -> Result<Vec<Session>, Fault> {
        let ip = ip.map(|ip| ip.to_string());
        let values = [account.as_bytes().into(), kept.into(), device.as_bytes().into(), ip.as_ref().into()];
        self.read_all(&SESSIONS_BEYOND, &values, session)
    }

    fn session_browser(&mut self, account: AccountId, session: SessionId) -> Result<Option<[u8; 32]>, Fault> {
        self.read_one(&SESSION_BROWSER, &[account.as_bytes().into(), session.as_bytes().into()], |row| row.bytes())
    }

    fn sessions_overdue(&mut self, seen_before: Time, began_before: Time, limit: i64) -> Result<Vec<Session>, Fault> {
        let mut overdue = self.read_all(&SESSIONS_IDLE, &[seen_before.into(), limit.into()], session)?;
        overdue.extend(self.read_all(&SESSIONS_OLD, &[began_before.into(), limit.into()], session)?);
        Ok(overdue)
    }

    fn device_by_id(&mut self, account: AccountId, id: DeviceId) -> Result<Option<Device>, Fault> {
        self.read_one(&DEVICE_BY_ID, &[account.as_bytes().into(), id.as_bytes().into()], device)
    }

    fn devices_known(&mut self, account: AccountId, now: Time) -> Result<Vec<Device>, Fault> {
        self.read_all(&DEVICES_KNOWN, &[account.as_bytes().into(), now.into()], device)
    }

    fn device_by_secret(&mut self, account: AccountId, digest: &[u8; 32]) -> Result<Option<Device>, Fault> {
        self.read_one(&DEVICE_BY_SECRET, &[account.as_bytes().into(), digest.into()], device)
    }

    fn places_used(&mut self, account: AccountId) -> Result<Vec<UsedPlace>, Fault> {
        self.read_all(&PLACES_USED, &[account.as_bytes().into()], used_place)
    }

    fn sightings(&mut self, account: AccountId, since: Time) -> Result<Vec<Sighting>, Fault> {
        self.read_all(&SIGHTINGS, &[account.as_bytes().into(), since.into()], sighting)
    }

    fn pending_by_secret(&mut self, digest: &[u8; 32]) -> Result<Option<Pending>, Fault> {
        self.read_one(&PENDING_BY_SECRET, &[digest.into()], pending)
    }

    fn pendings_unproved(&mut self, expired_by: Time, limit: i64) -> Result<Vec<Pending>, Fault> {
        self.read_all(&PENDINGS_UNPROVED, &[expired_by.into(), limit.into()], pending)
    }

    fn sign_in_code(&mut self, account: AccountId, pending: PendingId) -> Result<Option<SignInCode>, Fault> {
        self.read_one(&SIGN_IN_CODE, &[account.as_bytes().into(), pending.as_bytes().into()], sign_in_code)
    }

    fn pending_by_id(&mut self, account: AccountId, id: PendingId) -> Result<Option<Pending>, Fault> {
        self.read_one(&PENDING_BY_ID, &[account.as_bytes().into(), id.as_bytes().into()], pending)
    }
}

impl Writes for Tx<'_> {
    fn session_insert(&mut self, session: &Session, digest: &[u8; 32]) -> Result<(), Fault> {
        let proved_by = session.proved_by.iter().map(|method| method.code()).collect::<Vec<_>>().join(",");
        let (from, last_ip) = (Columns::from(&session.origin), session.last_ip.map(|ip| ip.to_string()));
        let values = [
            session.id.as_bytes().into(),
            session.account.as_bytes().into(),
            digest.into(),
            session.device.as_bytes().into(),
            session.epoch.into(),
            session.began_at.into(),
            from.ip.as_ref().into(),
            from.browser.into(),
            from.place.into(),
            from.country.into(),
            from.spot.as_ref().into(),
            session.last_seen_at.into(),
            last_ip.as_ref().into(),
            session.last_place.as_ref().into(),
            (&proved_by).into(),
        ];
        self.write(&SESSION_INSERT, &values).map(drop)
    }

    fn session_end(&mut self, account: AccountId, session: SessionId, by: EndedBy, now: Time) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), session.as_bytes().into(), now.into(), by.code().into()];
        Ok(self.write(&SESSION_END, &values)? == 1)
    }

    fn session_renew(
        &mut self,
        account: AccountId,
        session: SessionId,
        digest: &[u8; 32],
        epoch: i64,
    ) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), session.as_bytes().into(), digest.into(), epoch.into()];
        Ok(self.write(&SESSION_RENEW, &values)? == 1)
    }

    fn session_mark(&mut self, session: SessionId, mark: &Mark) -> Result<(), Fault> {
        let ip = mark.ip.map(|ip| ip.to_string());
        let spot = mark.place.as_ref().and_then(|place| place.spot).map(|spot| spot.to_string());
        let values = [
            mark.account.as_bytes().into(),
            session.as_bytes().into(),
            mark.at.into(),
            ip.as_ref().into(),
            mark.place.as_ref().map(|place| place.text.as_str()).into(),
            spot.as_ref().into(),
        ];
        self.write(&SESSION_MARK, &values).map(drop)
    }

    fn device_insert(&mut self, device: &Device) -> Result<(), Fault> {
        let ip = device.last_ip.map(|ip| ip.to_string());
        let values = [
            device.account.as_bytes().into(),
            device.id.as_bytes().into(),
            (&device.secret_digest).into(),
            device.first_at.into(),
            device.last_at.into(),
            device.known_until.into(),
            device.browser.as_ref().into(),
            ip.as_ref().into(),
            device.last_place.as_ref().into(),
        ];
        self.write(&DEVICE_INSERT, &values).map(drop)
    }

    fn device_renew(&mut self, device: &Device) -> Result<(), Fault> {
        let ip = device.last_ip.map(|ip| ip.to_string());
        let values = [
            device.account.as_bytes().into(),
            device.id.as_bytes().into(),
            device.last_at.into(),
            device.known_until.into(),
            device.browser.as_ref().into(),
            ip.as_ref().into(),
            device.last_place.as_ref().into(),
        ];
        self.write(&DEVICE_RENEW, &values).map(drop)
    }

    fn device_seen(&mut self, session: &Session) -> Result<(), Fault> {
        let ip = session.last_ip.map(|ip| ip.to_string());
        let values = [
            session.account.as_bytes().into(),
            session.device.as_bytes().into(),
            session.last_seen_at.into(),
            ip.as_ref().into(),
            session.last_place.as_ref().into(),
        ];
        self.write(&DEVICE_SEEN, &values).map(drop)
    }

    fn devices_forget(&mut self, account: AccountId, kept: Option<DeviceId>, now: Time) -> Result<u64, Fault> {
        // No device has no bytes, so without one to keep none is kept.
        let kept = kept.map_or(Vec::new(), |kept| kept.as_bytes().to_vec());
        self.write(&DEVICES_FORGET, &[account.as_bytes().into(), kept.as_slice().into(), now.into()])
    }

    fn device_forget(&mut self, account: AccountId, device: DeviceId, now: Time) -> Result<(), Fault> {
        self.write(&DEVICE_FORGET, &[account.as_bytes().into(), device.as_bytes().into(), now.into()]).map(drop)
    }

    fn device_name(&mut self, account: AccountId, device: DeviceId, name: &str) -> Result<bool, Fault> {
        Ok(self.write(&DEVICE_NAME, &[account.as_bytes().into(), device.as_bytes().into(), name.into()])? == 1)
    }

    fn place_use(&mut self, account: AccountId, used: &UsedPlace) -> Result<(), Fault> {
        let spot = used.place.spot.map(|spot| spot.to_string());
        let values = [
            account.as_bytes().into(),
            used.device.as_bytes().into(),
            (&used.place.text).into(),
            used.place.country.as_ref().map(Country::code).into(),
            spot.as_ref().into(),
            used.first_at.into(),
            used.last_at.into(),
        ];
        self.write(&PLACE_USE, &values).map(drop)
    }

    fn pending_insert(&mut self, pending: &Pending) -> Result<(), Fault> {
        let (from, unusual) = (Columns::from(&pending.origin), unusual_text(pending)?);
        let values = [
            pending.account.as_bytes().into(),
            pending.id.as_bytes().into(),
            (&pending.secret_digest).into(),
            pending.epoch.into(),
            from.ip.as_ref().into(),
            from.browser.into(),
            from.place.into(),
            from.country.into(),
            from.spot.as_ref().into(),
            pending.asked_at.into(),
            pending.expires_at.into(),
            pending.device.as_ref().map(DeviceId::as_bytes).into(),
            i64::from(pending.factor_needed).into(),
            unusual.as_ref().into(),
        ];
        self.write(&PENDING_INSERT, &values).map(drop)
    }

    fn pending_prove(&mut self, proved: &Pending, now: Time) -> Result<bool, Fault> {
        let unusual = unusual_text(proved)?;
        let values = [
            proved.account.as_bytes().into(),
            proved.id.as_bytes().into(),
            proved.epoch.into(),
            proved.factor_proved.as_ref().into(),
            proved.expires_at.into(),
            proved.device.as_ref().map(DeviceId::as_bytes).into(),
            now.into(),
            unusual.as_ref().into(),
        ];
        Ok(self.write(&PENDING_PROVE, &values)? == 1)
    }

    fn pendings_supersede(&mut self, account: AccountId, device: DeviceId, now: Time) -> Result<(), Fault> {
        let values = [account.as_bytes().into(), device.as_bytes().into(), now.into()];
        self.write(&PENDINGS_SUPERSEDE, &values).map(drop)
    }

    fn pending_let_in(&mut self, account: AccountId, pending: PendingId, epoch: i64, now: Time) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), pending.as_bytes().into(), epoch.into(), now.into()];
        Ok(self.write(&PENDING_LET_IN, &values)? == 1)
    }

    fn pending_deny(&mut self, account: AccountId, pending: PendingId, now: Time) -> Result<bool, Fault> {
        Ok(self.write(&PENDING_DENY, &[account.as_bytes().into(), pending.as_bytes().into(), now.into()])? == 1)
    }

    fn sign_in_code_put(&mut self, code: &SignInCode) -> Result<(), Fault> {
        let values = [
            code.account.as_bytes().into(),
            code.pending.as_bytes().into(),
            code.id.as_bytes().into(),
            code.number.as_str().into(),
            (&code.digest).into(),
            code.expires_at.into(),
        ];
        self.write(&SIGN_IN_CODE_PUT, &values).map(drop)
    }

    fn sign_in_code_use(
        &mut self,
        account: AccountId,
        pending: PendingId,
        code: SignInCodeId,
        now: Time,
    ) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), pending.as_bytes().into(), code.as_bytes().into(), now.into()];
        Ok(self.write(&SIGN_IN_CODE_USE, &values)? == 1)
    }

    fn sign_in_codes_forget(&mut self, expired_before: Time, limit: i64) -> Result<u64, Fault> {
        self.write(&SIGN_IN_CODES_FORGET, &[expired_before.into(), limit.into()])
    }
}
