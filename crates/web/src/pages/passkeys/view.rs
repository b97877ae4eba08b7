//! The list of passkeys, and the page that registers one.

use askama::Template;
use domain::second_factors::passkeys::Listed;

use crate::pages::frame::{Frame, When};

/// `/settings/passkeys`.
#[derive(Template)]
#[template(path = "passkeys/list.html")]
pub struct PasskeysPage {
    /// The page around the page.
    pub frame: Frame,
    /// The passkeys, oldest first.
    pub passkeys: Vec<PasskeyRow>,
    /// Whether only they open the account.
    pub only: bool,
    /// The name they are bound to; none where browsers make none.
    pub relying_party: Option<String>,
    /// The account as authenticators know it.
    pub user: String,
    /// The ids of all of them, with spaces: what the browser may forget is what is not among them.
    pub accepted: String,
}

/// One passkey.
#[derive(Debug, Clone)]
pub struct PasskeyRow {
    /// Its id, for the forms.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: &'static str,
    /// What that means.
    pub means: &'static str,
    /// When it was registered.
    pub added: When,
    /// When it was last used.
    pub last_used: Option<When>,
    /// When its removal takes effect at the soonest, where that was asked for.
    pub leaving: Option<When>,
    /// Whether it sleeps until the account is unfrozen.
    pub asleep: bool,
}

impl PasskeyRow {
    pub(super) fn of(passkey: Listed, leaving: Option<When>, asleep: bool) -> Self {
        Self {
            id: passkey.id.to_string(),
            name: passkey.name,
            kind: passkey.kind.title(),
            means: passkey.kind.sentence(),
            added: When::at(passkey.added_at),
            last_used: passkey.last_used_at.map(When::at),
            leaving,
            asleep,
        }
    }
}

/// `/settings/passkeys/new`.
#[derive(Template)]
#[template(path = "passkeys/new.html")]
pub struct NewPasskeyPage {
    /// The page around the page.
    pub frame: Frame,
    /// Whether this session proved what registering asks for, not long ago.
    pub allowed: bool,
    /// What is wrong.
    pub problem: Option<String>,
    /// The most characters of a name.
    pub longest: usize,
}

/// Bytes as browsers write them: base64url.
pub(super) fn encoded(bytes: &[u8]) -> String {
    domain::second_factors::passkeys::encoded(bytes)
}
