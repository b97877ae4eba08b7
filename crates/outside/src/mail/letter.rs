//! A letter as it travels: headers, a text part and an HTML part that say the same.

use std::time::SystemTime;

use askama::Template;
use domain::clock::Time;
use domain::notifications::{Fate, Letter};
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none", whitespace = "preserve")]
struct TextPart<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct HtmlPart<'a> {
    letter: &'a Letter,
}

/// What a letter says, twice.
#[derive(Debug, Clone)]
pub struct Parts {
    /// For readers that show text alone.
    pub text: String,
    /// For the others.
    pub html: String,
}

/// Both parts of a letter.
pub fn parts(letter: &Letter) -> Result<Parts, askama::Error> {
    Ok(Parts { text: TextPart { letter }.render()?, html: HtmlPart { letter }.render()? })
}

/// A letter ready to be handed over.
pub(super) struct Written {
    /// The envelope's sender: what cannot be delivered goes back there.
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

impl Written {
    /// Whether the mail server has to take more than ASCII. Only an address can ask for that: everything else is
    /// encoded.
    pub(super) fn needs_utf8(&self) -> bool {
        let addresses: [&str; 2] = [self.from.as_ref(), self.to.as_ref()];
        !self.bytes.is_ascii() || addresses.iter().any(|address| !address.is_ascii())
    }
}

/// Why a letter cannot be written.
#[derive(Debug)]
pub(super) enum Unwritable {
    /// What it is addressed to is not one address.
    Recipient,
    /// It would not be one well-formed letter: our fault, so it waits until that is mended.
    Form(String),
}

impl Unwritable {
    pub(super) fn fate(self) -> Fate {
        match self {
            Self::Recipient => Fate::Refused("the recipient is not one e-mail address".to_owned()),
            Self::Form(why) => Fate::Later(why),
        }
    }
}

/// Writes a letter from somebody, to go back to an address of their own.
pub(super) fn write(letter: &Letter, (from, bounces): (&Mailbox, &Address), now: Time) -> Result<Written, Unwritable> {
    let to: Address = letter.to.parse().map_err(|_| Unwritable::Recipient)?;
    let odd_id = |c: char| !c.is_ascii_alphanumeric() && !".-_@".contains(c);
    if letter.message_id.split('@').count() != 2 || letter.message_id.contains(odd_id) {
        return Err(Unwritable::Form("the Message-ID is not one".to_owned()));
    }
    let form = |error: &dyn std::fmt::Display| Unwritable::Form(error.to_string());
    let Parts { text, html } = parts(letter).map_err(|error| form(&error))?;
    let sender = Mailbox::new(Some(one_line(&letter.operator)), from.email.clone());
    let message = Message::builder()
        .from(sender)
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(&letter.subject))
        .date(SystemTime::from(now))
        // Ours, the same in every copy; lettre's own would tell the name of this machine.
        .message_id(Some(format!("<{}>", letter.message_id)))
        .raw_header(header("List-Id", &format!("<notices.{}>", host(letter))))
        // So that no holiday note answers it (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, text)?)
                .singlepart(part(ContentType::TEXT_HTML, html)?),
        )
        .map_err(|error| form(&error))?;
    Ok(Written { from: bounces.clone(), to, bytes: message.formatted() })
}

/// A part in quoted-printable: seven bits on every way, short lines, and still readable in the raw letter.
fn part(kind: ContentType, text: String) -> Result<SinglePart, Unwritable> {
    let body = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
        .map_err(|_| Unwritable::Form("the text cannot be encoded".to_owned()))?;
    Ok(SinglePart::builder().header(kind).body(body))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), one_line(value))
}

/// Text for a header: what could begin another header becomes a space.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// The name in the operator's web address.
fn host(letter: &Letter) -> &str {
    let rest = letter.operator_url.split("://").nth(1).unwrap_or_default();
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-').unwrap_or(rest.len());
    if end == 0 { "localhost" } else { &rest[..end] }
}
