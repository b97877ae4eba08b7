//! Would you get back in? A dry run on what a customer really has: pure, decided by the same facts as the ways back in.

use crate::clock::Span;
use crate::ids::FactorId;
use crate::protections::{Held, Method, Sensitive, Standing};
use crate::settings::ProtectionRules;

/// What somebody may have lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// The password is forgotten.
    Password,
    /// The mailbox cannot be read any more.
    Mailbox,
    /// Every browser that was known is gone.
    Browsers,
    /// The phone with the number that SMS go to is gone.
    Phone,
    /// A second factor is gone.
    Factor(FactorId),
}

/// How somebody gets back in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayBack {
    /// What to do, in order, in plain words.
    pub steps: Vec<&'static str>,
    /// How long it takes until it is done.
    pub wait: Span,
    /// Whether money for young addresses waits afterwards.
    pub holds: bool,
}

/// The answer of a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    /// The quickest way, if there is one.
    pub way: Option<WayBack>,
    /// What would make it quicker, or possible, if the customer had it before.
    pub missing: Vec<&'static str>,
}

const RECOVERY_CODES: &str = "Recovery codes on paper, kept away from your phone.";
const CODE_BY_SMS: &str = "Type the code that we send to your phone by SMS.";
const ANOTHER_PASSKEY: &str = "A passkey on another device.";

/// What happens if these things are lost.
pub fn dry_run(standing: &Standing, lost: &[Thing], rules: &ProtectionRules) -> DryRun {
    let way = way_back(standing, lost, rules);
    let wait = way.as_ref().map(|way| way.wait);
    let better = |method: Method| {
        let more = with_another(standing, method);
        let then = way_back(&more, lost, rules).map(|way| way.wait);
        then.is_some_and(|then| wait.is_none_or(|wait| then < wait))
    };
    let missing = [(Method::RecoveryCode, RECOVERY_CODES), (Method::Passkey, ANOTHER_PASSKEY)]
        .into_iter()
        .filter(|(method, _)| better(*method))
        .map(|(_, words)| words)
        .collect();
    DryRun { way, missing }
}

/// The same account with one more factor, which nobody lost.
fn with_another(standing: &Standing, method: Method) -> Standing {
    let mut more = standing.clone();
    more.factors.push(Held { factor: FactorId::from_bytes([0xff; 16]), method, since: standing.now });
    more
}

fn way_back(standing: &Standing, lost: &[Thing], rules: &ProtectionRules) -> Option<WayBack> {
    let gone = |thing: Thing| lost.contains(&thing);
    let kept = |method: Method| standing.awake().any(|held| held.method == method && !gone(Thing::Factor(held.factor)));
    let way = |steps: &[&'static str], wait: Span, holds: bool| Some(WayBack { steps: steps.to_vec(), wait, holds });
    if kept(Method::Passkey) {
        return way(&["Sign in with your passkey. Nothing else is needed."], Span::ZERO, false);
    }
    let (password, mailbox) = (!gone(Thing::Password) && !standing.passkeys_alone(), !gone(Thing::Mailbox));
    // Where the mailbox takes the place of codes by SMS, no browser signs in without it.
    let known_browser = !gone(Thing::Browsers) && !standing.asks_mailbox();
    let by_sms = standing.asks_sms() && !gone(Thing::Phone);
    let code = if kept(Method::App) {
        Some("Type the code from your authenticator app.")
    } else if kept(Method::RecoveryCode) {
        Some("Type one of your recovery codes.")
    } else {
        None
    };
    // A code by SMS is asked for when signing in, and never for a new password.
    let code = if by_sms { Some(CODE_BY_SMS) } else { code };
    let asked_for_code = standing.has_second_factor() || standing.asks_sms();
    let slow = Sensitive::LoseFactors.wait(rules, None);
    match (password, mailbox, code) {
        (true, mailbox, code) if (mailbox || known_browser) && (code.is_some() || !asked_for_code) => {
            let mut steps = vec!["Sign in with your password."];
            steps.extend(code.filter(|_| asked_for_code));
            if !known_browser {
                steps.push("Open the link that we send to your mailbox.");
            }
            way(&steps, Span::ZERO, false)
        }
        (false, true, code) if !standing.passkeys_alone() && (code.is_some() || !asked_for_code) => {
            let mut steps = vec!["Choose “Forgot your password” and open the link that we send to your mailbox."];
            steps.extend(code.filter(|_| asked_for_code && !by_sms));
            steps.push("Choose a new password.");
            if by_sms {
                steps.extend(["Sign in with it.", CODE_BY_SMS]);
            }
            way(&steps, Span::ZERO, true)
        }
        (true, _, None) if mailbox || known_browser => way(
            &[
                "Sign in with your password and choose “I have lost it”.",
                "Wait. We tell you everywhere, and you can stop it at any time.",
                "Sign in with your password, and set up a new second proof.",
            ],
            slow,
            true,
        ),
        (_, true, _) => way(
            &[
                "Choose “Forgot your password” and open the link that we send to your mailbox.",
                "Choose “I have lost my second proof”, and wait. We tell you everywhere, and you can stop it at any time.",
                "Choose a new password, and set up a new second proof.",
            ],
            slow,
            true,
        ),
        _ => None,
    }
}
