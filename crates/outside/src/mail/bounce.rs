//! Letters that come back: what a mail server says of one that it took on and could not deliver (RFC 3464). Anybody can
//! write such a report to anybody, so it is read for two facts alone: which letter, and that it is over.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// A letter that came back for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// Why, in the words of the server that did not take it.
    pub said: String,
}

/// Reads a report. `None` for whatever else arrives: a report that a letter is late, a holiday note, an answer.
pub fn returned(raw: &[u8]) -> Option<Returned> {
    let report = MessageParser::default().parse(raw)?;
    let status = report.parts.iter().find(|part| is(part, &["delivery-status", "global-delivery-status"]))?;
    let status = String::from_utf8_lossy(status.contents()).into_owned();
    let failed = value(&status, "Action").is_some_and(|action| action.eq_ignore_ascii_case("failed"));
    let message_id = report.parts.iter().find_map(returned_id).filter(|_| failed)?;
    // `smtp; 550 5.1.1 no such mailbox`: the kind of words, then the words.
    let diagnosis = value(&status, "Diagnostic-Code").map(|said| match said.split_once(';') {
        Some((_, words)) => words.trim().to_owned(),
        None => said,
    });
    let said = diagnosis.or_else(|| value(&status, "Status")).unwrap_or_else(|| "it came back".to_owned());
    Some(Returned { message_id, said: super::tidy(std::iter::once(said.as_str())) })
}

/// The Message-ID of the letter in a part of the report, whole or its headers alone.
fn returned_id(part: &MessagePart<'_>) -> Option<String> {
    let id = |letter: &Message<'_>| letter.message_id().map(str::to_owned);
    match &part.body {
        PartType::Message(letter) => id(letter),
        _ if is(part, &["rfc822", "rfc822-headers", "global", "global-headers"]) => {
            MessageParser::default().parse(part.contents()).as_ref().and_then(id)
        }
        _ => None,
    }
}

fn is(part: &MessagePart<'_>, subtypes: &[&str]) -> bool {
    let subtype = part.content_type().and_then(|kind| kind.subtype());
    subtype.is_some_and(|subtype| subtypes.iter().any(|wanted| subtype.eq_ignore_ascii_case(wanted)))
}

/// The last value of a field: groups for the report as a whole come before the one for the recipient.
fn value(status: &str, field: &str) -> Option<String> {
    let mut found: Option<String> = None;
    let mut reading = false;
    for line in status.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = found.as_mut().filter(|_| reading) {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        let named = line.split_once(':').filter(|(name, _)| name.trim().eq_ignore_ascii_case(field));
        reading = named.is_some();
        if let Some((_, value)) = named {
            found = Some(value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(action: &str, last: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: no-reply@exchange.example\r\nSubject: Undelivered\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
             Final-Recipient: rfc822; mira@example.com\r\nAction: {action}\r\nStatus: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 no such\r\n    mailbox\r\n\r\n--b\r\n{last}\r\n--b--\r\n"
        )
    }

    const WHOLE: &str = "Content-Type: message/rfc822\r\n\r\nFrom: no-reply@exchange.example\r\n\
        Message-ID: <0193-abc@exchange.example>\r\nSubject: Signed in\r\n\r\nText.\r\n";
    const HEADERS: &str = "Content-Type: text/rfc822-headers\r\n\r\nFrom: no-reply@exchange.example\r\n\
        Message-ID: <0193-abc@exchange.example>\r\nSubject: Signed in\r\n";

    #[test]
    fn a_report_names_the_letter_and_why_it_came_back() {
        for last in [WHOLE, HEADERS] {
            let returned = returned(report("failed", last).as_bytes());
            let expected = Returned {
                message_id: "0193-abc@exchange.example".to_owned(),
                said: "550 5.1.1 no such mailbox".to_owned(),
            };
            assert_eq!(returned, Some(expected), "{last}");
        }
    }

    #[test]
    fn what_is_no_such_report_says_nothing() {
        let note = "From: mira@example.com\r\nSubject: I am away\r\nIn-Reply-To: <0193-abc@exchange.example>\r\n\r\nUntil May.\r\n";
        let nested = "Content-Type: text/plain\r\n\r\nMessage-ID: <0193-abc@exchange.example>\r\n";
        for other in [
            report("delayed", WHOLE),
            report("delivered", WHOLE),
            report("failed", nested),
            note.to_owned(),
            String::new(),
        ] {
            assert_eq!(returned(other.as_bytes()), None, "{other}");
        }
        assert_eq!(returned(&[0xff; 4096]), None);
    }
}
