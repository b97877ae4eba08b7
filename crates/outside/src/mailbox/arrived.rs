//! A letter as it arrived.

use domain::clock::Time;
use mail_parser::{Message, MessageParser, MimeHeaders};

use super::conversation::Envelope;

/// A letter as it arrived: the raw bytes, and what a mail program makes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Its number, counted from 1 since the mailbox was opened.
    pub id: u64,
    /// When it arrived.
    pub at: Time,
    /// Who sent it, as the conversation said.
    pub from: String,
    /// Who it is for, as the conversation said.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The headers in their order, decoded only as far as line folding.
    pub headers: Vec<(String, String)>,
    /// The text part; empty if there is none.
    pub text: String,
    /// The HTML part.
    pub html: Option<String>,
    /// All of it, without the stuffing of dots.
    pub raw: Vec<u8>,
}

impl Arrived {
    /// Reads a letter. What is no letter at all is kept as it came, with nothing made of it.
    pub(super) fn read(id: u64, at: Time, envelope: Envelope, raw: Vec<u8>) -> Self {
        let parsed = MessageParser::default().parse(&raw);
        let parsed = parsed.as_ref();
        let headers = parsed.map_or_else(Vec::new, |letter| {
            letter.headers_raw().map(|(name, value)| (name.to_owned(), unfold(value))).collect()
        });
        let subject = parsed.and_then(Message::subject).unwrap_or_default().to_owned();
        let text = parsed.and_then(|letter| letter.body_text(0)).unwrap_or_default().into_owned();
        // `body_html` makes HTML of a letter that has none; a mail program shows what was sent.
        let html = parsed.filter(|letter| letter.html_part(0).is_some_and(is_html));
        let html = html.and_then(|letter| letter.body_html(0)).map(std::borrow::Cow::into_owned);
        Self { id, at, from: envelope.from, to: envelope.to, subject, headers, text, html, raw }
    }

    /// A header by its name, upper or lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

fn is_html(part: &mail_parser::MessagePart<'_>) -> bool {
    part.content_type().is_some_and(|kind| kind.subtype() == Some("html"))
}

fn unfold(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}
