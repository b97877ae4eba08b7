//! The demo's mailbox and authenticator. Only the demo serves them.

use askama::Template;

use super::frame::{Frame, When};

/// A run of text, with its link if it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Where it leads.
    pub href: Option<String>,
}

/// Cuts a text at its web addresses, so that they can be clicked.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("http://").into_iter().chain(rest.find("https://")).min() {
        let end = rest[start..]
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
            .map_or(rest.len(), |length| start + length);
        // A full stop after an address ends the sentence, not the address.
        let end = start + rest[start..end].trim_end_matches(['.', ',', ')', ';', ':']).len();
        if start > 0 {
            found.push(Piece { text: rest[..start].to_owned(), href: None });
        }
        found.push(Piece { text: rest[start..end].to_owned(), href: Some(rest[start..end].to_owned()) });
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        found.push(Piece { text: rest.to_owned(), href: None });
    }
    found
}

/// One message as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Its number.
    pub id: u64,
    /// Who it is from.
    pub from: String,
    /// Who it is for.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it arrived.
    pub when: When,
    /// The text, cut at its links.
    pub pieces: Vec<Piece>,
    /// Where the HTML part is served.
    pub html: Option<String>,
    /// Where an answer of FREEZE goes, for an SMS.
    pub reply: Option<String>,
}

/// `/demo/mailbox`.
#[derive(Template)]
#[template(path = "demo/mailbox.html")]
pub struct MailboxPage {
    /// The page around the page.
    pub frame: Frame,
    /// What arrived, newest first.
    pub messages: Vec<Arrived>,
    /// How many arrived so far: what comes later is shown by itself.
    pub seen: u64,
}

/// One app and its code.
#[derive(Clone, Debug)]
pub struct ShownCode {
    /// Whose.
    pub label: String,
    /// The code, in two groups.
    pub code: String,
}

/// `/demo/authenticator`.
#[derive(Template)]
#[template(path = "demo/authenticator.html")]
pub struct AuthenticatorPage {
    /// The page around the page.
    pub frame: Frame,
    /// Every app.
    pub codes: Vec<ShownCode>,
    /// Seconds until the codes change.
    pub seconds_left: i64,
    /// What is wrong with the key that was typed.
    pub problem: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn links_in_a_text_can_be_clicked_and_nothing_else() {
        let found = pieces("Open http://localhost:8080/not-me/abc. Or write (https://a.example/x), please.");
        let links: Vec<_> = found.iter().filter_map(|piece| piece.href.as_deref()).collect();
        assert_eq!(links, ["http://localhost:8080/not-me/abc", "https://a.example/x"]);
        let whole: String = found.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, "Open http://localhost:8080/not-me/abc. Or write (https://a.example/x), please.");
        assert!(pieces("ftp://no and javascript:alert(1)").iter().all(|piece| piece.href.is_none()));
    }
}
