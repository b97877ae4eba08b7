//! The security check-up: each piece of the advice with its live state and the button that improves it.

mod again;
mod model;
mod rows;
#[cfg(test)]
mod tests;

pub use again::{DryRun, Thing, WayBack, dry_run};
pub use model::{Asleep, Facts, Improve, Line, State};
pub use rows::{Reads, Writes};

use crate::activity::Event;
use crate::change::{Change, View};
use crate::clock::Time;
use crate::ids::AccountId;
use crate::notifications::Delivery;
use crate::phones;
use crate::protections::{self, Method, Sensitive};
use crate::refusal::{Refusal, Stop};
use crate::second_factors::{self, FactorKind};
use crate::sessions;
use crate::support;

/// What a customer can say of themself, because nobody else can know it.
pub const SAYINGS: [&str; 7] = [
    "recovery_codes",
    "freeze_words",
    "own_mailbox",
    "mailbox_protected",
    "one_address",
    "screen_alone",
    "never_phone",
];

/// The check-up of an account, in the order of the advice.
pub fn lines(view: &mut View<'_>, account: AccountId) -> Result<Vec<Line>, Stop> {
    let facts = facts(view, account)?;
    Ok(all(&facts, view.settings().password.reminder_days))
}

/// Everything the lines are made from.
pub fn facts(view: &mut View<'_>, account: AccountId) -> Result<Facts, Stop> {
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let now = view.now();
    let (mut codes_left, mut codes_made_at) = (0, None);
    for factor in second_factors::awake(view, &account)? {
        if factor.kind == FactorKind::RecoveryCodes && factor.over_at.is_none() {
            codes_left += view.rows().recovery_codes_left(account.id, factor.id)?;
            codes_made_at = codes_made_at.max(Some(factor.added_at));
        }
    }
    let password = view.rows().password_current(account.id)?;
    Ok(Facts {
        standing: protections::standing(view, &account)?,
        password_set_at: password.map_or(account.opened_at, |(_, set_at)| set_at),
        sessions: sessions::list(view, account.id)?.len(),
        devices: view.rows().devices_known(account.id, now)?.len(),
        codes_left,
        codes_made_at,
        thaws_at: thaws_at(view, account.id)?,
        phone: phones::show(view, account.id)?,
        said: view.rows().attestations(account.id)?,
        email: account.email,
    })
}

/// When what waits to unfreeze an account takes effect, where that is known.
fn thaws_at(view: &mut View<'_>, account: AccountId) -> Result<Option<Time>, Stop> {
    let waiting = protections::timers(view, account)?.into_iter();
    let mut thaws = waiting.filter(|timer| matches!(timer.what, Sensitive::Thaw | Sensitive::ThawSlowly));
    Ok(thaws.next().and_then(|thaw| thaw.due_at))
}

/// What sleeps while the account is frozen, so that no way back in counts it.
pub fn asleep(view: &mut View<'_>, account: AccountId) -> Result<Asleep, Stop> {
    let account = view.rows().account_by_id(account)?.ok_or(Refusal::NotSignedIn)?;
    let names = second_factors::sleeping(view, &account)?.into_iter().map(|factor| factor.name).collect();
    Ok(Asleep { names, until: thaws_at(view, account.id)? })
}

/// Takes back what a customer said of themself. What was never said is taken back already.
pub fn unsay(change: &mut Change<'_>, account: AccountId, code: &str) -> Result<(), Stop> {
    let code = SAYINGS.into_iter().find(|known| *known == code).ok_or(Refusal::NoSuchThing)?;
    if change.rows().attestation_forget(account, code)? {
        change.record(account, &Event::CheckupTakenBack { line: code.to_owned() })?;
    }
    Ok(())
}

/// Keeps what a customer says of themself.
pub fn say(change: &mut Change<'_>, account: AccountId, code: &str) -> Result<(), Stop> {
    let code = SAYINGS.into_iter().find(|known| *known == code).ok_or(Refusal::NoSuchThing)?;
    let now = change.now();
    change.rows().attestation_set(account, code, now)?;
    change.record(account, &Event::CheckupAnswered { line: code.to_owned() })
}

/// The lines. Pure.
pub(crate) fn all(facts: &Facts, reminder_days: i64) -> Vec<Line> {
    let before_the_phone = vec![
        alone(facts),
        devices(facts),
        password(facts, reminder_days),
        second_factor(facts),
        recovery_codes(facts),
        freeze_words(facts),
        mailbox(facts),
        mailbox_protected(facts),
    ];
    let after_it = vec![
        said(facts, "one_address", "You come by a bookmark you made yourself.", "I have a bookmark"),
        said(facts, "screen_alone", "You never share your screen while you are signed in.", "I never do"),
        said(facts, "never_phone", "You know that we never phone, and that whoever does is a thief.", "I know"),
        fakes(),
    ];
    before_the_phone.into_iter().chain(phone(facts)).chain(after_it).collect()
}

fn line(code: &'static str, state: State, says: String, improve: impl Into<Option<Improve>>) -> Line {
    let title = support::advice(code).map_or(code, |advice| advice.title);
    Line { code, title, state, says, improve: improve.into() }
}

fn page(path: &'static str, words: &'static str) -> Improve {
    Improve::Page { path, words }
}

fn alone(facts: &Facts) -> Line {
    let see = page("/settings/security/sessions", "See them");
    match facts.sessions {
        0 | 1 => line("yours_alone", State::Good, "Only this browser is signed in.".into(), see),
        many => {
            let says = format!("{many} browsers are signed in. End every one that is not yours.");
            line("yours_alone", State::Unsaid, says, see)
        }
    }
}

fn devices(facts: &Facts) -> Line {
    let says = match facts.devices {
        0 => "No browser is known. Every sign-in asks you by letter.".to_owned(),
        1 => "One browser is known to you and us.".to_owned(),
        many => format!("{many} browsers can sign in without a letter. Forget those you no longer use."),
    };
    let state = if facts.devices > 5 { State::Better } else { State::Good };
    line("known_browsers", state, says, page("/settings/devices", "See them"))
}

fn password(facts: &Facts, reminder_days: i64) -> Line {
    let days = facts.standing.now.duration_since(facts.password_set_at).as_hours() / 24;
    if facts.standing.passkey_only {
        return line("unique_password", State::Good, "Your account opens by passkey alone.".into(), None);
    }
    if days > reminder_days {
        let says = format!("You chose it {days} days ago. We suggest a new one about every {reminder_days} days.");
        return line("unique_password", State::Better, says, page("/settings/password", "Change it"));
    }
    let says = match days {
        0 => "You chose it today. It stands in none of the lists that thieves use.".to_owned(),
        1 => "You chose it yesterday. It stood in none of the lists that thieves use.".to_owned(),
        _ => format!("You chose it {days} days ago. It stood in none of the lists that thieves use."),
    };
    line("unique_password", State::Good, says, page("/settings/password", "Change it"))
}

fn second_factor(facts: &Facts) -> Line {
    let asleep = facts.sleeps(|method| method != Method::RecoveryCode);
    let line = second_factor_awake(facts);
    match asleep {
        None => line,
        Some(until) if line.state == State::Good => Line {
            says: format!("{} What is newer sleeps {until}, and is no way back in before.", line.says),
            improve: Some(page("/settings/thaw", "Look at it")),
            ..line
        },
        Some(until) => Line {
            state: State::Better,
            says: format!("{SLEEPS} {until}. It opens and proves nothing before, and is no way back in."),
            improve: Some(page("/settings/thaw", "Look at it")),
            ..line
        },
    }
}

const SLEEPS: &str = "What you have came less than three days before the freeze, or since, and sleeps";

fn second_factor_awake(facts: &Facts) -> Line {
    let has = |method| facts.standing.awake().any(|held| held.method == method);
    let way = page("/settings/factors", "See them");
    if has(Method::Passkey) {
        line("second_factor", State::Good, "You have a passkey, which no fake site can use.".into(), way)
    } else if has(Method::App) {
        line("second_factor", State::Good, "Signing in asks for your authenticator app.".into(), way)
    } else if facts.standing.asks_sms() {
        let says = "Signing in asks for a code by SMS. That is weaker: whoever takes over your phone number gets the codes. Add an authenticator app.";
        line("second_factor", State::Better, says.into(), page("/settings/factors", "Set one up"))
    } else if facts.standing.asks_mailbox() {
        let says =
            "No code by SMS can be sent to you now, so every sign-in asks for your mailbox. Add an authenticator app.";
        line("second_factor", State::Weak, says.into(), page("/settings/factors", "Set one up"))
    } else {
        let says = "Your password alone opens your account. An authenticator app stops a thief who has it.";
        line("second_factor", State::Weak, says.into(), page("/settings/factors", "Set one up"))
    }
}

fn recovery_codes(facts: &Facts) -> Line {
    let make = page("/settings/factors", "Make new ones");
    let kept = facts.codes_made_at.is_some_and(|made| facts.said_at("recovery_codes").is_some_and(|said| said >= made));
    if let Some(until) = facts.sleeps(|method| method == Method::RecoveryCode).filter(|_| facts.codes_left == 0) {
        let says = format!("{SLEEPS} {until}. No code of it opens anything before.");
        return line("recovery_codes", State::Better, says, page("/settings/thaw", "Look at it"));
    }
    match facts.codes_left {
        0 if !facts.standing.has_second_factor() && !facts.standing.asks_sms() => line(
            "recovery_codes",
            State::Unsaid,
            "You need them once you have a second proof.".into(),
            page("/settings/factors", "Make them"),
        ),
        0 => {
            let says = "You have none. If your phone is lost, getting back in takes seven days.";
            line("recovery_codes", State::Weak, says.into(), page("/settings/factors", "Make them"))
        }
        few @ 1..=3 => line("recovery_codes", State::Better, format!("Only {few} are left."), make),
        many if !kept => {
            let says = format!("You have {many}, and have not said that you kept them. If you did not, make new ones.");
            line("recovery_codes", State::Better, says, Improve::Say { words: "I have kept them" })
        }
        many => line(
            "recovery_codes",
            State::Good,
            format!("{many} are left. Keep them on paper, not on your phone."),
            make,
        ),
    }
}

/// There are always four: who has not kept them has a brake that is out of reach.
fn freeze_words(facts: &Facts) -> Line {
    let see = page("/settings/freeze-words", "See them");
    let Some(at) = facts.said_at("freeze_words") else {
        let says = "Four words stop your account from any browser, even without phone and mailbox. You have not said that you kept them.";
        return line("freeze_words", State::Unsaid, says.into(), see);
    };
    let says = format!(
        "You said on {} that you keep your four words. They stop your account from any browser.",
        at.strftime("%-d %B %Y")
    );
    line("freeze_words", State::Good, says, see)
}

/// What kind of mailbox an address names, as far as its spelling tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mailbox {
    /// Several people read it.
    Shared,
    /// Another address leads into the same mailbox.
    Alias,
    /// Nothing speaks against it.
    Own,
}

/// Names that several people read, by custom (RFC 2142) and by habit.
const SHARED: [&str; 16] = [
    "info",
    "admin",
    "office",
    "team",
    "support",
    "sales",
    "contact",
    "hello",
    "mail",
    "postmaster",
    "webmaster",
    "hostmaster",
    "family",
    "accounts",
    "billing",
    "finance",
];

/// Services whose addresses lead on into another mailbox.
const RELAYS: [&str; 8] = [
    "duck.com",
    "privaterelay.appleid.com",
    "relay.firefox.com",
    "mozmail.com",
    "simplelogin.com",
    "aleeas.com",
    "anonaddy.me",
    "passmail.net",
];

pub(crate) fn mailbox_kind(email: &str) -> Mailbox {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let (local, domain) = (local.to_ascii_lowercase(), domain.to_ascii_lowercase());
    if SHARED.contains(&local.as_str()) {
        Mailbox::Shared
    } else if local.contains('+')
        || RELAYS.iter().any(|relay| domain == *relay || domain.ends_with(&format!(".{relay}")))
    {
        Mailbox::Alias
    } else {
        Mailbox::Own
    }
}

fn mailbox(facts: &Facts) -> Line {
    let change = page("/settings/email", "Change the address");
    match mailbox_kind(&facts.email) {
        Mailbox::Shared => {
            let says = format!(
                "{} looks like a mailbox that several people read. Each of them could read our letters.",
                facts.email
            );
            line("own_mailbox", State::Weak, says, change)
        }
        Mailbox::Alias => {
            let says = format!(
                "{} is another name for a mailbox. It hides that mailbox well; whoever opens the mailbox still reads our letters.",
                facts.email
            );
            line("own_mailbox", State::Unsaid, says, change)
        }
        Mailbox::Own => said(facts, "own_mailbox", "You use this address for nothing else.", "I use it only here"),
    }
}

fn mailbox_protected(facts: &Facts) -> Line {
    said(facts, "mailbox_protected", "Your mailbox has a password of its own and a second proof.", "It has both")
}

/// No line where the operator sends no SMS: it is no advice that somebody could follow.
fn phone(facts: &Facts) -> Option<Line> {
    let told = |state, says: String, words| line("phone_for_notices", state, says, page("/settings/phone", words));
    let shown = &facts.phone;
    match (&shown.phone, &shown.last_sms, &shown.waiting) {
        _ if !shown.offered => None,
        (Some(phone), Some(Delivery::Failed), _) => {
            let says = format!("Our last SMS to the number that ends in {} did not arrive.", phone.number.ending());
            Some(told(State::Better, says, "Look at it"))
        }
        (Some(phone), _, _) => {
            let says = format!("What matters most also goes to the number that ends in {}.", phone.number.ending());
            Some(told(State::Good, says, "See it"))
        }
        (None, _, Some(code)) => {
            let says =
                format!("The number that ends in {} waits for the code that we sent to it.", code.number.ending());
            Some(told(State::Better, says, "Type the code"))
        }
        (None, _, None) => {
            let says = "You have none. Whoever reads your mail could hide our letters from you; an SMS reaches you all the same.";
            Some(told(State::Better, says.into(), "Add a phone"))
        }
    }
}

fn said(facts: &Facts, code: &'static str, what: &str, words: &'static str) -> Line {
    match facts.said_at(code) {
        Some(at) => {
            let says = format!("{what} You said so on {}.", at.strftime("%-d %B %Y"));
            line(code, State::Good, says, Improve::Unsay { words: "Not so any more" })
        }
        None => line(code, State::Unsaid, format!("{what} Is that so?"), Some(Improve::Say { words })),
    }
}

fn fakes() -> Line {
    let says = "Seen a site or a message that pretends to be us? Send it to us before somebody falls for it.";
    line("report_fakes", State::Good, says.into(), page("/help#contact", "Report it"))
}
