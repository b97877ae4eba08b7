//! An approval: one sensitive change, and what was proved for it.

use sha2::{Digest, Sha256};

use crate::clock::Time;
use crate::ids::{AccountId, ApprovalId, SessionId};
use crate::protections::{Carried, Method, Proof, Sensitive};
use crate::refusal::Fault;
use crate::secrets::SecretText;

/// A sensitive change that its customer is asked to prove for, exactly as it will happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Whose.
    pub account: AccountId,
    /// The session that asked: only there can it be proved.
    pub session: SessionId,
    /// The change.
    pub what: Sensitive,
    /// What every proof is over: see [`digest`].
    pub digest: [u8; 32],
    /// The security epoch it was asked in.
    pub epoch: i64,
    /// When it was asked.
    pub asked_at: Time,
    /// Until when it can be proved.
    pub expires_at: Time,
    /// What was proved so far.
    pub proofs: Vec<Proof>,
    /// When it was used up.
    pub used_at: Option<Time>,
}

/// `SHA-256("countersign approval v1" ‖ id ‖ account ‖ session ‖ epoch ‖ the change as JSON)`: what a proof is bound to.
pub fn digest(
    id: ApprovalId,
    account: AccountId,
    session: SessionId,
    epoch: i64,
    what: &Sensitive,
) -> Result<[u8; 32], Fault> {
    let what = serde_json::to_vec(what).map_err(Fault::broken)?;
    let ids = [id.as_bytes(), account.as_bytes(), session.as_bytes()].map(<[u8; 16]>::as_slice).concat();
    let digest = Sha256::new().chain_update(b"countersign approval v1").chain_update(ids);
    Ok(digest.chain_update(epoch.to_le_bytes()).chain_update(what).finalize().into())
}

/// What a page shows of an approval before anybody proves anything.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The approval.
    pub approval: Approval,
    /// The methods of which one is asked for next, the strongest first.
    pub methods: Vec<Method>,
}

/// What somebody gives to prove that it is them.
#[derive(Debug, Clone)]
pub enum Given {
    /// The password, as typed.
    Password(String),
    /// A code of the authenticator app, as typed.
    Code(String),
    /// A recovery code, as typed.
    RecoveryCode(String),
    /// The answer of a passkey: a `PublicKeyCredential` as JSON.
    Passkey(String),
}

/// What a proof led to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was right, and one of these is asked for as well.
    More(Vec<Method>),
    /// It was enough.
    Proved {
        /// What became of the change.
        carried: Carried,
        /// The session's new secret, where the change voided the earlier one.
        fresh: Option<SecretText>,
    },
}
