//! Rows of phones.

use domain::clock::Time;
use domain::ids::{AccountId, PhoneCodeId};
use domain::phones::{Phone, PhoneCode, PhoneNumber, Reads, Writes};
use domain::refusal::Fault;

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told PHONE = "SELECT number, confirmed_at FROM phone WHERE account = $1";
    Told PHONE_CODE = "SELECT id, account, number, digest, epoch, asked_at, expires_at, tries, used_at FROM phone_code
        WHERE account = $1";
    Told SMS_CODES_CHOSEN = "SELECT count(*) FROM sms_codes WHERE account = $1";
    Told SMS_CODES_ON = "INSERT INTO sms_codes (account) VALUES ($1) ON CONFLICT (account) DO NOTHING";
    Told SMS_CODES_OFF = "DELETE FROM sms_codes WHERE account = $1";
    Told ACCOUNTS_BY_PHONE = "SELECT account FROM phone WHERE number = $1 ORDER BY confirmed_at DESC, account
        LIMIT $2";
    Told PHONE_SET = "INSERT INTO phone (account, number, confirmed_at) VALUES ($1, $2, $3)
        ON CONFLICT (account) DO UPDATE SET number = excluded.number, confirmed_at = excluded.confirmed_at";
    Told PHONE_DELETE = "DELETE FROM phone WHERE account = $1";
    Told PHONE_CODE_PUT = "INSERT INTO phone_code (account, id, number, digest, epoch, asked_at, expires_at, tries, used_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)
        ON CONFLICT (account) DO UPDATE SET id = excluded.id, number = excluded.number, digest = excluded.digest,
        epoch = excluded.epoch, asked_at = excluded.asked_at, expires_at = excluded.expires_at, tries = excluded.tries,
        used_at = NULL";
    Bookkeeping PHONE_CODE_COUNT = "UPDATE phone_code SET tries = tries + 1 WHERE account = $1 AND id = $2 AND tries < $3
        AND used_at IS NULL AND expires_at > $4";
    Bookkeeping PHONE_CODE_USE = "UPDATE phone_code SET used_at = $4 WHERE account = $1 AND id = $2 AND epoch = $3
        AND used_at IS NULL AND expires_at > $4";
    Told PHONE_CODE_FORGET = "DELETE FROM phone_code WHERE account = $1";
}

fn phone(row: &mut Row) -> Result<Phone, Fault> {
    Ok(Phone { number: PhoneNumber::stored(row.text()?), confirmed_at: row.time()? })
}

fn phone_code(row: &mut Row) -> Result<PhoneCode, Fault> {
    Ok(PhoneCode {
        id: PhoneCodeId::from_bytes(row.bytes()?),
        account: AccountId::from_bytes(row.bytes()?),
        number: PhoneNumber::stored(row.text()?),
        digest: row.bytes()?,
        epoch: row.int()?,
        asked_at: row.time()?,
        expires_at: row.time()?,
        tries: row.int()?,
        used_at: row.time_or_null()?,
    })
}

impl Reads for Tx<'_> {
    fn phone(&mut self, account: AccountId) -> Result<Option<Phone>, Fault> {
        self.read_one(&PHONE, &[account.as_bytes().into()], phone)
    }

    fn phone_code(&mut self, account: AccountId) -> Result<Option<PhoneCode>, Fault> {
        self.read_one(&PHONE_CODE, &[account.as_bytes().into()], phone_code)
    }

    fn sms_codes_chosen(&mut self, account: AccountId) -> Result<bool, Fault> {
        Ok(self.read_one(&SMS_CODES_CHOSEN, &[account.as_bytes().into()], |row| row.int())?.unwrap_or(0) > 0)
    }

    fn accounts_by_phone(&mut self, number: &PhoneNumber, limit: i64) -> Result<Vec<AccountId>, Fault> {
        let account = |row: &mut Row| Ok(AccountId::from_bytes(row.bytes()?));
        self.read_all(&ACCOUNTS_BY_PHONE, &[number.as_str().into(), limit.into()], account)
    }
}

impl Writes for Tx<'_> {
    fn phone_set(&mut self, account: AccountId, number: &PhoneNumber, now: Time) -> Result<(), Fault> {
        self.write(&PHONE_SET, &[account.as_bytes().into(), number.as_str().into(), now.into()]).map(drop)
    }

    fn phone_delete(&mut self, account: AccountId) -> Result<(), Fault> {
        self.write(&PHONE_DELETE, &[account.as_bytes().into()]).map(drop)
    }

    fn phone_code_put(&mut self, code: &PhoneCode) -> Result<(), Fault> {
        let values = [
            code.account.as_bytes().into(),
            code.id.as_bytes().into(),
            code.number.as_str().into(),
            (&code.digest).into(),
            code.epoch.into(),
            code.asked_at.into(),
            code.expires_at.into(),
            code.tries.into(),
        ];
        self.write(&PHONE_CODE_PUT, &values).map(drop)
    }

    fn phone_code_count(
        &mut self,
        account: AccountId,
        code: PhoneCodeId,
        tries_max: i64,
        now: Time,
    ) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), code.as_bytes().into(), tries_max.into(), now.into()];
        Ok(self.write(&PHONE_CODE_COUNT, &values)? == 1)
    }

    fn phone_code_use(&mut self, account: AccountId, code: PhoneCodeId, epoch: i64, now: Time) -> Result<bool, Fault> {
        let values = [account.as_bytes().into(), code.as_bytes().into(), epoch.into(), now.into()];
        Ok(self.write(&PHONE_CODE_USE, &values)? == 1)
    }

    fn phone_code_forget(&mut self, account: AccountId) -> Result<(), Fault> {
        self.write(&PHONE_CODE_FORGET, &[account.as_bytes().into()]).map(drop)
    }

    fn sms_codes_choose(&mut self, account: AccountId, on: bool) -> Result<bool, Fault> {
        let statement = if on { &SMS_CODES_ON } else { &SMS_CODES_OFF };
        Ok(self.write(statement, &[account.as_bytes().into()])? == 1)
    }
}
