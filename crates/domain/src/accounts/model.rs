//! An account, and the address that names it.

use std::fmt;

use crate::clock::Time;
use crate::ids::AccountId;
use crate::protections::Lock;
use crate::refusal::Refusal;

/// A customer's account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The address as its owner wrote it.
    pub email: String,
    /// When it was opened.
    pub opened_at: Time,
    /// When the owner of the address confirmed it; until then nothing else works.
    pub confirmed_at: Option<Time>,
    /// The security epoch: raised by every credential change, and what was granted before is void.
    pub epoch: i64,
    /// Since when it is frozen, if it is.
    pub frozen_at: Option<Time>,
    /// The four freeze words, encrypted with a key outside the database.
    pub freeze_words: Vec<u8>,
    /// The words before them, and until when these work as well.
    pub freeze_words_before: Option<(Vec<u8>, Time)>,
    /// Whether only passkeys open it.
    pub passkey_only: bool,
    /// The settings lock, if it is armed.
    pub lock: Option<Lock>,
}

impl Account {
    /// Whether the owner stopped everything.
    pub fn frozen(&self) -> bool {
        self.frozen_at.is_some()
    }
}

/// An e-mail address that can be one: exactly one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Most characters an address can have (RFC 5321, 4.5.3.1.3).
    pub const CHARACTERS_MAX: usize = 254;

    /// Reads what somebody wrote. We take the addresses people have, not everything RFC 5322 could mean: no quotes,
    /// comments, spaces or lists, so that two recipients can never hide in one field; and ASCII only, so that no letter
    /// of another alphabet passes for one of ours. A domain in another alphabet is written in its `xn--` form.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let (local, domain) = text.split_once('@').ok_or(Refusal::AddressUnfit)?;
        let in_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let labels_fit = domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        });
        let dots_fit = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
        let fits = text.len() <= Self::CHARACTERS_MAX
            && (1..=64).contains(&local.len())
            && local.chars().all(in_local)
            && dots_fit
            && domain.contains('.')
            && labels_fit;
        if fits { Ok(Self(text.to_owned())) } else { Err(Refusal::AddressUnfit) }
    }

    /// The address as its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one address share. Upper and lower case are one, as for every mailbox people have.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// What the addresses of one mailbox share, as far as can be known: the key without what stands behind a plus sign. For
    /// counting letters and nothing else: where a plus sign means something else, two people have one count.
    pub(crate) fn mailbox(&self) -> String {
        let key = self.key();
        match key.split_once('@') {
            Some((local, domain)) => {
                let name = local.split_once('+').map_or(local, |(name, _)| name);
                format!("{}@{domain}", if name.is_empty() { local } else { name })
            }
            None => key,
        }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
