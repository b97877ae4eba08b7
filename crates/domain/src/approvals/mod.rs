//! Proving that it is you, for one change and no other: a proof over the digest of a stored record, single use, five
//! minutes. Every sensitive setting uses it; the same thing will approve payments.

mod model;
mod rows;

pub use model::{Approval, Given, Outcome, Shown, digest};
pub use rows::{Reads, Writes};

use crate::accounts;
use crate::activity::{Actor, Who};
use crate::app::App;
use crate::change::{Change, View};
use crate::chore::Tally;
use crate::clock::Span;
use crate::credentials;
use crate::ids::{AccountId, ApprovalId, SessionId};
use crate::protections::{self, No, Proof, Sensitive};
use crate::refusal::{Refusal, Stop};
use crate::repeats::{self, Repeatable};
use crate::second_factors::{self, passkeys};
use crate::secrets::SecretText;

/// Asks for a sensitive change. What cannot happen at all is refused before anybody proves anything.
pub fn ask(change: &mut Change<'_>, session: SessionId, what: &Sensitive) -> Result<ApprovalId, Stop> {
    let Who::Customer { account, .. } = change.actor().who else { return Err(Refusal::NotSignedIn.into()) };
    let account = accounts::lock(change, account)?;
    let standing = protections::standing(&mut change.view(), &account)?;
    standing.admits(what, &change.settings().protection)?;
    // Nor is asked for what nothing there is could prove.
    if let Err(no @ No::NotEnoughToThaw) = standing.decide(what, &[], &change.settings().protection) {
        return Err(no.into());
    }
    let now = change.now();
    let id = ApprovalId::new(now, change.entropy());
    let approval = Approval {
        id,
        account: account.id,
        session,
        what: what.clone(),
        digest: digest(id, account.id, session, account.epoch, what)?,
        epoch: account.epoch,
        asked_at: now,
        expires_at: now + Span::from_mins(change.settings().protection.approval_minutes),
        proofs: Vec::new(),
        used_at: None,
    };
    change.rows().approval_insert(&approval)?;
    Ok(id)
}

/// An approval that can still be proved in this session, and by what.
pub fn show(view: &mut View<'_>, account: AccountId, session: SessionId, id: ApprovalId) -> Result<Shown, Stop> {
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let approval = view.rows().approval_by_id(account.id, id)?.ok_or(Refusal::ApprovalOver)?;
    // Whoever goes back and sends the form again reads that it was done the first time.
    if approval.session == session && approval.used_at.is_some() {
        return Err(Refusal::ApprovalDone.into());
    }
    let open = approval.session == session
        && approval.expires_at > view.now()
        && approval.epoch == account.epoch
        && approval.digest == digest(id, account.id, session, account.epoch, &approval.what)?;
    if !open {
        return Err(Refusal::ApprovalOver.into());
    }
    let standing = protections::standing(view, &account)?;
    let methods = match standing.decide(&approval.what, &approval.proofs, &view.settings().protection) {
        Err(No::Prove(methods)) => methods,
        Err(No::TooYoung { .. }) | Ok(_) => standing.methods(approval.what.rule().needs),
        Err(no) => return Err(no.into()),
    };
    Ok(Shown { approval, methods })
}

/// Takes a proof for an approval. Once enough is proved, the change is made, or its wait begins, in the same request.
pub async fn prove(app: &App, actor: &Actor, id: ApprovalId, given: Given) -> Result<Outcome, Stop> {
    prove_once(app, actor, id, given, |_| ()).await
}

/// The same for a request with a key; `kept` says what it is answered when it comes again, without the secrets.
pub async fn prove_once<T: Repeatable + 'static>(
    app: &App,
    actor: &Actor,
    id: ApprovalId,
    given: Given,
    kept: fn(&Outcome) -> T,
) -> Result<Outcome, Stop> {
    let Who::Customer { account, session } = actor.who else { return Err(Refusal::NotSignedIn.into()) };
    let shown = app.view(move |view| show(view, account, session, id)).await?;
    let given = match given {
        Given::Password(password) => {
            By::Proof(credentials::prove(app, actor, &password, shown.approval.what.rule().code).await?)
        }
        Given::Passkey(credential) => By::Proof(passkeys::prove_approval(app, actor, id, &credential).await?),
        code => By::Code(second_factors::look_here(app, actor, &code).await?),
    };
    let fresh = SecretText::random(app.entropy());
    let digest = fresh.digest();
    let concluded = app.change(actor, move |change| {
        let Some(concluded) = conclude(change, (account, session), id, &given, &digest)? else { return Ok(None) };
        repeats::keep(change, &kept(&concluded.0))?;
        Ok(Some(concluded))
    });
    let (mut outcome, renewed) = concluded.await?.ok_or(Refusal::WrongCode)?;
    if let Outcome::Proved { fresh: shown, .. } = &mut outcome {
        *shown = renewed.then_some(fresh);
    }
    Ok(outcome)
}

/// What was given for an approval, once it was compared.
#[derive(Clone)]
enum By {
    /// Something right.
    Proof(Proof),
    /// A code, which is used up only by an approval that is still open.
    Code(second_factors::Looked),
}

/// The concluding change: everything is looked at again, because anything may have changed while the proof was compared.
/// Answers beside whether the session has its fresh secret now; nothing for a wrong code.
fn conclude(
    change: &mut Change<'_>,
    (account, session): (AccountId, SessionId),
    id: ApprovalId,
    given: &By,
    fresh: &[u8; 32],
) -> Result<Option<(Outcome, bool)>, Stop> {
    let account = accounts::lock(change, account)?;
    let Shown { approval, .. } = show(&mut change.view(), account.id, session, id)?;
    let proof = match given {
        By::Proof(proof) => *proof,
        By::Code(looked) => match second_factors::use_up(change, &account, looked)? {
            Some(proof) => proof,
            None => return Ok(None),
        },
    };
    let mut proofs = approval.proofs;
    if !proofs.contains(&proof) {
        proofs.push(proof);
    }
    let standing = protections::standing(&mut change.view(), &account)?;
    match standing.decide(&approval.what, &proofs, &change.settings().protection) {
        Ok(_) => {}
        Err(No::Prove(methods)) => {
            change.rows().approval_set_proofs(account.id, id, &proofs)?;
            return Ok(Some((Outcome::More(methods), false)));
        }
        Err(no) => return Err(no.into()),
    }
    let now = change.now();
    if !change.rows().approval_use(account.id, id, now)? {
        return Err(Refusal::ApprovalOver.into());
    }
    let carried = protections::carry_out(change, &account, &approval.what, &proofs)?;
    let epoch = change.rows().account_by_id(account.id)?.map_or(account.epoch, |account| account.epoch);
    let renewed = epoch != account.epoch;
    if renewed && !change.rows().session_renew(account.id, session, fresh, epoch)? {
        return Err(Refusal::NotSignedIn.into());
    }
    Ok(Some((Outcome::Proved { carried, fresh: None }, renewed)))
}

/// Approvals that one run forgets.
const FORGOTTEN_AT_ONCE: i64 = 200;

/// Forgets approvals whose time has been over for a day.
pub fn forget(app: &App) -> Result<Tally, Stop> {
    let done = app
        .change(&Actor::chore(), |change| {
            let before = change.now() - Span::from_hours(24);
            Ok(change.rows().approvals_forget(before, FORGOTTEN_AT_ONCE)?)
        })
        .wait()?;
    Ok(Tally::of(done, FORGOTTEN_AT_ONCE))
}
