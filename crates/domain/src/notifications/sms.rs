//! What an SMS says: the same line as the letter's heading, in two SMS at most, without a link of any kind. The words and
//! codes in it are put there when it is sent; the database never holds them.

use crate::accounts::Account;
use crate::activity::{Entry, Event};
use crate::change::View;
use crate::notifications::compose::Desk;
use crate::notifications::gsm7::{parts, plain};
use crate::notifications::{Composed, Notice, Sms};
use crate::phones;
use crate::protections;
use crate::refusal::Stop;

/// Most SMS that one notice may take.
const PARTS_MAX: usize = 2;

/// Most letters of the operator's name.
pub(super) const NAME_MAX: usize = 24;

/// Most letters of a place or a browser.
const FACT_MAX: usize = 40;

/// What an SMS holds that is the customer's own: it is put in when it is sent.
#[derive(Default)]
pub(super) struct Own {
    /// A code.
    pub(super) digits: Option<String>,
    /// The freeze words.
    pub(super) words: Option<String>,
}

/// Composes the SMS of a notice. A code that nobody can use any more is not sent.
pub(super) fn compose(
    view: &mut View<'_>,
    notice: &Notice,
    entry: &Entry,
    account: &Account,
) -> Result<Composed, Stop> {
    let mut own = Own::default();
    match &entry.event {
        Event::PhoneCodeAsked { code, .. } => {
            let waiting = phones::show(view, account.id)?.waiting;
            if waiting.is_none_or(|waiting| waiting.id != *code) {
                return Ok(Composed::TooLate(SPENT.to_owned()));
            }
            own.digits = Some(view.keys().phone_code(account.id, *code));
        }
        Event::SignInCodeSent { pending, code, .. } => {
            let now = view.now();
            let newest = view.rows().sign_in_code(account.id, *pending)?;
            if newest.is_none_or(|newest| newest.id != *code || !newest.works(now)) {
                return Ok(Composed::TooLate(SPENT.to_owned()));
            }
            own.digits = Some(view.keys().sign_in_code(account.id, *code));
            own.words = Some(protections::freeze_words(view, account.id)?);
        }
        event if event.spec().freeze_offer => own.words = Some(protections::freeze_words(view, account.id)?),
        _ => {}
    }
    Ok(Composed::Sms(write(
        Desk { settings: view.settings(), keys: view.keys() },
        notice,
        (entry, account.frozen()),
        own,
    )))
}

/// Why a code is not sent.
const SPENT: &str = "the code is used, too old or replaced";

/// Writes the SMS of a notice, to a customer whose account is frozen, or not.
pub(super) fn write(desk: Desk<'_>, notice: &Notice, (entry, frozen): (&Entry, bool), own: Own) -> Sms {
    let (settings, name) = (desk.settings, shown(&desk.settings.operator.name, NAME_MAX));
    // FREEZE as an answer does nothing on a frozen account, while the words stop a thaw.
    let replies = settings.phone.replies && !frozen;
    let spec = entry.event.spec();
    let hint = own.words.as_deref().map(|words| stop_hint(spec.brake.in_sms, words, replies)).unwrap_or_default();
    let text = match (&entry.event, &own.digits) {
        (Event::SignInCodeSent { .. }, Some(digits)) => to_sign_in(&name, digits, settings.phone.code_minutes, &hint),
        (_, Some(digits)) => format!(
            "{name}: {digits} confirms this phone for notices. It works for {} minutes, on our site only. Never tell it to anybody.",
            settings.phone.code_minutes
        ),
        (event, None) => {
            let reference = desk.keys.notice_reference(notice.account, notice.sequence);
            // Beside what moved, a bare "reference" would be taken for the exchange's own word for it.
            let called = if event.moved().is_some() { "Notice reference" } else { "Reference" };
            let line = spec.in_sms.as_deref().unwrap_or(spec.title);
            telling(&format!("{name}: {line}"), &facts(entry), &format!("{called} {reference}."), &hint)
        }
    };
    let secrets = own.digits.into_iter().chain(own.words).map(|secret| plain(&secret)).collect();
    Sms { id: notice.id, to: notice.recipient.clone(), text: plain(&text), secrets }
}

/// A code to sign in, and how to stop whoever asked for it.
pub(super) fn to_sign_in(name: &str, digits: &str, minutes: i64, hint: &str) -> String {
    format!(
        "{name}: {digits} is your code to sign in. It works for {minutes} minutes, on our site only. Never tell it to anybody.{hint}"
    )
}

/// When, where and with what it happened, the most telling first.
pub(super) fn facts(entry: &Entry) -> Vec<String> {
    let at = entry.happened_at();
    let place = entry.origin.place.as_ref().map(|place| shown(&place.text, FACT_MAX));
    let browser = entry.origin.browser.as_deref().map(|browser| shown(browser, FACT_MAX));
    let times = match entry.reported_at() {
        // What was reported late may be of another year.
        Some(reported) => [Some(at.strftime("%-d %b %Y, %H:%M UTC")), Some(reported.strftime("reported %-d %b"))],
        None => [Some(at.strftime("%-d %b, %H:%M UTC")), None],
    };
    times.into_iter().flatten().map(|time| time.to_string()).chain(place).chain(browser).collect()
}

/// How to stop everything, without a link.
pub(super) fn stop_hint(asks: &str, words: &str, replies: bool) -> String {
    let reply = if replies { "reply FREEZE, or " } else { "" };
    format!(" {asks} To stop everything, {reply}type these words under Stop on our site: {words}")
}

/// A line with the facts that fit: where all of it would take too many SMS, the less telling ones are left out, first of
/// all the reference, by which nothing can be judged at a glance.
pub(super) fn telling(line: &str, facts: &[String], reference: &str, hint: &str) -> String {
    let most_first = (1..=facts.len()).rev().flat_map(|kept| {
        let told = format!("{line}. {}.", facts[..kept].join(", "));
        [format!("{told} {reference}{hint}"), format!("{told}{hint}")]
    });
    let shortest = format!("{line}.{hint}");
    most_first.into_iter().find(|text| parts(&plain(text)) <= PARTS_MAX).unwrap_or(shortest)
}

/// A text of somebody else's as an SMS may show it: short, and with nothing in it that a phone would make a link of.
pub(super) fn shown(text: &str, most: usize) -> String {
    let text = plain(text);
    let words = text.split(|c: char| c.is_whitespace() || "./:@\\?#%&=_~|".contains(c)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(most).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_somebody_elses_becomes_a_link() {
        for (text, expected) in [
            ("Firefox 144 on Linux", "Firefox 144 on Linux"),
            ("Harbour.example", "Harbour example"),
            ("https://evil.example/x?y=1", "https evil example x y 1"),
            ("me@evil.example", "me evil example"),
            ("evil。example", "evil example"),
            ("evil\u{2024}example", "evil example"),
        ] {
            assert_eq!(shown(text, 40), expected);
        }
        assert_eq!(shown(&"x".repeat(100), 40).len(), 40);
    }
}
