//! What an SMS says: the same line as the letter's heading, in two SMS at most, without a link of any kind. The words and
//! codes in it are put there when it is sent; the database never holds them.

use crate::accounts::Account;
use crate::activity::{Entry, Event, Origin};
use crate::change::View;
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

/// Composes the SMS of a notice. A code that nobody can use any more is not sent.
pub(super) fn compose(
    view: &mut View<'_>,
    notice: &Notice,
    entry: &Entry,
    account: &Account,
) -> Result<Composed, Stop> {
    let name = shown(&view.settings().operator.name, NAME_MAX);
    let text = match &entry.event {
        Event::PhoneCodeAsked { code, .. } => {
            let waiting = phones::show(view, account.id)?.waiting;
            if waiting.is_none_or(|waiting| waiting.id != *code) {
                return Ok(Composed::TooLate(SPENT.to_owned()));
            }
            let minutes = view.settings().phone.code_minutes;
            let digits = view.keys().phone_code(account.id, *code);
            format!(
                "{name}: {digits} confirms this phone for notices. It works for {minutes} minutes, on our site only. Never tell it to anybody."
            )
        }
        Event::SignInCodeSent { pending, code, .. } => {
            let now = view.now();
            let newest = view.rows().sign_in_code(account.id, *pending)?;
            if newest.is_none_or(|newest| newest.id != *code || !newest.works(now)) {
                return Ok(Composed::TooLate(SPENT.to_owned()));
            }
            let words = protections::freeze_words(view, account.id)?;
            let hint = stop_hint(&words, offers_reply(view, account));
            to_sign_in(&name, &view.keys().sign_in_code(account.id, *code), view.settings().phone.code_minutes, &hint)
        }
        _ => tells(view, &name, entry, account)?,
    };
    Ok(Composed::Sms(Sms { id: notice.id, to: notice.recipient.clone(), text: plain(&text) }))
}

/// Why a code is not sent.
const SPENT: &str = "the code is used, too old or replaced";

/// A code to sign in, and how to stop whoever asked for it.
pub(super) fn to_sign_in(name: &str, digits: &str, minutes: i64, hint: &str) -> String {
    format!(
        "{name}: {digits} is your code to sign in. It works for {minutes} minutes, on our site only. Never tell it to anybody.{hint}"
    )
}

/// What happened, when, where, and how to stop it.
fn tells(view: &mut View<'_>, name: &str, entry: &Entry, account: &Account) -> Result<String, Stop> {
    let spec = entry.event.spec();
    let words = if spec.freeze_offer { Some(protections::freeze_words(view, account.id)?) } else { None };
    let hint = words.map(|words| stop_hint(&words, offers_reply(view, account))).unwrap_or_default();
    let at = entry.at.strftime("%-d %b, %H:%M UTC").to_string();
    let line = spec.in_sms.as_deref().unwrap_or(spec.title);
    Ok(telling(&format!("{name}: {line}"), &at, &entry.origin, &hint))
}

/// Whether FREEZE as an answer does something: on a frozen account it does not, while the words stop a thaw.
fn offers_reply(view: &View<'_>, account: &Account) -> bool {
    view.settings().phone.replies && !account.frozen()
}

/// How to stop everything, without a link.
pub(super) fn stop_hint(words: &str, replies: bool) -> String {
    let reply = if replies { "reply FREEZE, or " } else { "" };
    format!(" Not you? To stop everything, {reply}type these words under Stop on our site: {words}")
}

/// A line with the facts that fit: where all of it would take too many SMS, the less telling ones are left out.
pub(super) fn telling(line: &str, at: &str, origin: &Origin, hint: &str) -> String {
    let place = origin.place.as_ref().map(|place| shown(&place.text, FACT_MAX));
    let browser = origin.browser.as_deref().map(|browser| shown(browser, FACT_MAX));
    let facts = [Some(at.to_owned()), place, browser];
    let most_first = (1..=facts.len()).rev().map(|kept| {
        let facts: Vec<&str> = facts[..kept].iter().flatten().map(String::as_str).collect();
        format!("{line}. {}.{hint}", facts.join(", "))
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
