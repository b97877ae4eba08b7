//! What a database shows of its keys, and how that is judged.

use std::fmt;

use crate::ids::{AccountId, WebhookId};
use crate::secrets::Keys;

/// What a database holds that tells whose it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// The values of the keys that belong to it, in the order in which they came into use.
    pub checks: Vec<[u8; 32]>,
    /// Accounts, with their freeze words as they are encrypted.
    pub accounts: Vec<(AccountId, Vec<u8>)>,
    /// Webhooks, with their secrets as they are encrypted.
    pub webhooks: Vec<(WebhookId, Vec<u8>)>,
}

/// How much of what was looked at some keys open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// What was looked at.
    pub what: &'static str,
    /// How many there were.
    pub all: usize,
    /// How many of them these keys open.
    pub opened: usize,
}

/// Why some keys do not belong to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// They are those of another one.
    Foreign(Opened),
    /// They were, before a rotation.
    Older,
}

impl Held {
    /// Whether there are keys without which something in it opens for nobody.
    pub fn needs_its_keys(&self) -> bool {
        !(self.checks.is_empty() && self.accounts.is_empty() && self.webhooks.is_empty())
    }

    /// Whether these keys belong to it.
    pub fn judge(&self, keys: &Keys) -> Result<(), Misfit> {
        let (known, present) = keys.checks();
        let place = |check: &[u8; 32]| known.iter().position(|known| known == check);
        let named: Vec<Option<usize>> = self.checks.iter().map(place).collect();
        let opened = self.opened_by(keys);
        if named.is_empty() {
            return if opened.opened == opened.all { Ok(()) } else { Err(Misfit::Foreign(opened)) };
        }
        if named.iter().all(Option::is_none) {
            return Err(Misfit::Foreign(opened));
        }
        // Each that it names is needed. The present one may be newer than all of them: a rotation was cut off before it was
        // named, or a copy from before it was put in place. It may not be older: then it was retired.
        let newest = named.iter().flatten().max().copied();
        if named.contains(&None) || (!named.contains(&Some(present)) && Some(present) < newest) {
            return Err(Misfit::Older);
        }
        Ok(())
    }

    /// Webhooks tell only where there are no accounts.
    fn opened_by(&self, keys: &Keys) -> Opened {
        let accounts =
            || self.accounts.iter().map(|(id, sealed)| keys.open_freeze_words(id.as_bytes(), sealed).is_some());
        let webhooks = || self.webhooks.iter().map(|(id, sealed)| keys.open_webhook(*id, sealed).is_some());
        let (what, all, opened) = if self.accounts.is_empty() {
            ("webhooks", self.webhooks.len(), webhooks().filter(|opens| *opens).count())
        } else {
            ("accounts", self.accounts.len(), accounts().filter(|opens| *opens).count())
        };
        let what = if all == 1 { what.trim_end_matches('s') } else { what };
        Opened { what, all, opened }
    }
}

impl fmt::Display for Misfit {
    /// What is said behind “the keys in FILE”.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign(Opened { all: 0, .. }) => f.write_str("belong to another database"),
            Self::Foreign(Opened { what, all, opened }) => {
                write!(f, "open {opened} of {all} {what}: they belong to another database")
            }
            Self::Older => f.write_str("are those of before a rotation"),
        }
    }
}

impl Misfit {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Foreign(Opened { opened: 1.., .. }) => {
                "Two files were in use: write the key of the other as a second line into this one, then `countersign keys rotate`."
            }
            Self::Foreign(_) => "Put the file from your backup, or from a node that serves, in its place.",
            Self::Older => "Bring the file here from the machine on which `countersign keys` ran.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    const A: [u8; 32] = [1; 32];
    const B: [u8; 32] = [2; 32];
    const C: [u8; 32] = [3; 32];

    fn keys(masters: &[[u8; 32]], present: usize) -> Keys {
        Keys::of_several(masters, present).unwrap()
    }

    fn check(master: [u8; 32]) -> [u8; 32] {
        Keys::from_master(&master).checks().0[0]
    }

    /// A database with an account for each of these keys.
    fn held(checks: &[[u8; 32]], sealed_with: &[[u8; 32]]) -> Held {
        let account = |(number, master): (u8, &[u8; 32])| {
            let id = AccountId::from_bytes([number; 16]);
            let chance = SeededEntropy::new(u64::from(number));
            (id, Keys::from_master(master).seal_freeze_words(id.as_bytes(), "one two three four", &chance))
        };
        let accounts = (0_u8..).zip(sealed_with).map(account).collect();
        Held { checks: checks.iter().map(|master| check(*master)).collect(), accounts, webhooks: Vec::new() }
    }

    fn said(held: &Held, keys: &Keys) -> String {
        held.judge(keys).map_or_else(|misfit| misfit.to_string(), |()| "fits".to_owned())
    }

    #[test]
    fn keys_fit_where_each_that_is_named_is_there_and_the_present_one_is_not_older() {
        for (named, masters, present, expected) in [
            (&[A][..], &[A][..], 0, "fits"),
            (&[A], &[A, B], 0, "fits"),
            // Turned, and not named yet.
            (&[A], &[A, B], 1, "fits"),
            (&[A, B], &[A, B], 0, "fits"),
            (&[B], &[A, B], 1, "fits"),
            (&[A, B], &[A], 0, "are those of before a rotation"),
            (&[A, B], &[B], 0, "are those of before a rotation"),
            // A was retired: what is made with it opens for no other node.
            (&[B], &[A, B], 0, "are those of before a rotation"),
            (&[B], &[A], 0, "belong to another database"),
            (&[A], &[B, C], 0, "belong to another database"),
        ] {
            assert_eq!(said(&held(named, &[]), &keys(masters, present)), expected, "{named:?} {masters:?} {present}");
        }
    }

    #[test]
    fn where_none_is_named_the_keys_are_tried_on_what_is_there() {
        assert_eq!(said(&held(&[], &[]), &keys(&[A], 0)), "fits");
        assert!(
            !held(&[], &[]).needs_its_keys() && held(&[], &[A]).needs_its_keys() && held(&[A], &[]).needs_its_keys()
        );
        assert_eq!(said(&held(&[], &[A, A]), &keys(&[A], 0)), "fits");
        assert_eq!(said(&held(&[], &[A]), &keys(&[B], 0)), "open 0 of 1 account: they belong to another database");
        let two = held(&[], &[A, B]);
        assert_eq!(said(&two, &keys(&[A], 0)), "open 1 of 2 accounts: they belong to another database");
        assert!(two.judge(&keys(&[A], 0)).unwrap_err().advice().contains("second line"));
        assert_eq!(said(&two, &keys(&[A, B], 0)), "fits");
        let id = WebhookId::from_bytes([7; 16]);
        let sealed = keys(&[A], 0).seal_webhook(id, b"a secret", &SeededEntropy::new(1));
        let webhook = Held { webhooks: vec![(id, sealed)], ..Held::default() };
        assert!(webhook.needs_its_keys());
        assert_eq!(said(&webhook, &keys(&[A], 0)), "fits");
        assert_eq!(said(&webhook, &keys(&[B], 0)), "open 0 of 1 webhook: they belong to another database");
    }
}
