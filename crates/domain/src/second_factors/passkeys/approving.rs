//! Proving by passkey for one change. The library draws the challenge, so the change is bound on our side: the ceremony's
//! purpose holds the approval and the digest of what was shown, and is compared in the statement that takes it.

use crate::activity::{Actor, Who};
use crate::app::App;
use crate::approvals;
use crate::change::{Change, View};
use crate::ids::{AccountId, ApprovalId, SessionId};
use crate::protections::Proof;
use crate::refusal::{Refusal, Stop};
use crate::second_factors::passkeys::{Purpose, Started, prove, start_proof};

/// Begins a proof for an approval of this session.
pub fn start_approval(
    change: &mut Change<'_>,
    account: AccountId,
    session: SessionId,
    approval: ApprovalId,
) -> Result<Started, Stop> {
    let purpose = purpose_of(&mut change.view(), account, session, approval)?;
    start_proof(change, account, purpose)
}

/// What the answer of a passkey proves for an approval of the session that acts.
pub(crate) async fn prove_approval(
    app: &App,
    actor: &Actor,
    approval: ApprovalId,
    credential: &str,
) -> Result<Proof, Stop> {
    let Who::Customer { account, session } = actor.who else { return Err(Refusal::NotSignedIn.into()) };
    let purpose = app.view(move |view| purpose_of(view, account, session, approval)).await?;
    prove(app, actor, (purpose, account), credential).await
}

fn purpose_of(
    view: &mut View<'_>,
    account: AccountId,
    session: SessionId,
    approval: ApprovalId,
) -> Result<Purpose, Stop> {
    let digest = approvals::show(view, account, session, approval)?.approval.digest;
    Ok(Purpose::Approve { session, approval, digest })
}
