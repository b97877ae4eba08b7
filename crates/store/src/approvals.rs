//! Rows of approvals.

use domain::approvals::{Approval, Reads, Writes};
use domain::clock::Time;
use domain::ids::{AccountId, ApprovalId, SessionId};
use domain::protections::Proof;
use domain::refusal::Fault;

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told APPROVAL_BY_ID = "SELECT account, id, session, what, digest, epoch, asked_at, expires_at, proofs, used_at FROM approval
        WHERE account = $1 AND id = $2";
    Bookkeeping APPROVAL_INSERT = "INSERT INTO approval (account, id, session, what, digest, epoch, asked_at, expires_at, proofs)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '[]')";
    Bookkeeping APPROVAL_SET_PROOFS = "UPDATE approval SET proofs = $3 WHERE account = $1 AND id = $2 AND used_at IS NULL";
    Bookkeeping APPROVAL_USE = "UPDATE approval SET used_at = $3 WHERE account = $1 AND id = $2 AND used_at IS NULL
        AND expires_at > $3";
    Bookkeeping APPROVALS_FORGET = "DELETE FROM approval WHERE (account, id) IN (SELECT account, id FROM approval
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";
}

fn approval(row: &mut Row) -> Result<Approval, Fault> {
    Ok(Approval {
        account: AccountId::from_bytes(row.bytes()?),
        id: ApprovalId::from_bytes(row.bytes()?),
        session: SessionId::from_bytes(row.bytes()?),
        what: serde_json::from_str(&row.text()?).map_err(Fault::broken)?,
        digest: row.bytes()?,
        epoch: row.int()?,
        asked_at: row.time()?,
        expires_at: row.time()?,
        proofs: serde_json::from_str(&row.text()?).map_err(Fault::broken)?,
        used_at: row.time_or_null()?,
    })
}

impl Reads for Tx<'_> {
    fn approval_by_id(&mut self, account: AccountId, id: ApprovalId) -> Result<Option<Approval>, Fault> {
        self.read_one(&APPROVAL_BY_ID, &[account.as_bytes().into(), id.as_bytes().into()], approval)
    }
}

impl Writes for Tx<'_> {
    fn approval_insert(&mut self, approval: &Approval) -> Result<(), Fault> {
        let what = serde_json::to_string(&approval.what).map_err(Fault::broken)?;
        let values = [
            approval.account.as_bytes().into(),
            approval.id.as_bytes().into(),
            approval.session.as_bytes().into(),
            (&what).into(),
            (&approval.digest).into(),
            approval.epoch.into(),
            approval.asked_at.into(),
            approval.expires_at.into(),
        ];
        self.write(&APPROVAL_INSERT, &values).map(drop)
    }

    fn approval_set_proofs(&mut self, account: AccountId, id: ApprovalId, proofs: &[Proof]) -> Result<(), Fault> {
        let proofs = serde_json::to_string(proofs).map_err(Fault::broken)?;
        let values = [account.as_bytes().into(), id.as_bytes().into(), (&proofs).into()];
        self.write(&APPROVAL_SET_PROOFS, &values).map(drop)
    }

    fn approval_use(&mut self, account: AccountId, id: ApprovalId, now: Time) -> Result<bool, Fault> {
        Ok(self.write(&APPROVAL_USE, &[account.as_bytes().into(), id.as_bytes().into(), now.into()])? == 1)
    }

    fn approvals_forget(&mut self, expired_before: Time, limit: i64) -> Result<u64, Fault> {
        self.write(&APPROVALS_FORGET, &[expired_before.into(), limit.into()])
    }
}
