//! What signing in asks for beside the password.

use crate::accounts::Account;
use crate::change::View;
use crate::protections::{self, Method};
use crate::refusal::Stop;
use crate::second_factors::{asked_for, awake, methods};

/// What signing in asks for beside the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecondProof {
    /// Nothing.
    None,
    /// One of these, the strongest first.
    OneOf(Vec<Method>),
    /// A link from the mailbox, in every browser.
    Mailbox,
}

/// Decides it. A code by SMS comes last, and only where there is neither app nor passkey; an account that has one of these
/// is never asked for anything weaker.
pub(crate) fn second_proof(view: &mut View<'_>, account: &Account) -> Result<SecondProof, Stop> {
    let factors = awake(view, account)?;
    if asked_for(&factors) {
        return Ok(SecondProof::OneOf(methods(&factors)));
    }
    // Few choose SMS, so the others cost a sign-in one reading and no more.
    if !view.rows().sms_codes_chosen(account.id)? {
        return Ok(SecondProof::None);
    }
    let standing = protections::standing(view, account)?;
    if standing.asks_sms() {
        let mut ways = methods(&factors);
        ways.push(Method::Sms);
        return Ok(SecondProof::OneOf(ways));
    }
    Ok(SecondProof::Mailbox)
}
