//! Keys that live outside the database, and the secrets made with them.
//!
//! One master key (a file beside the database, never in it) is spread by HKDF-SHA-256 (RFC 5869) into one
//! key for each purpose, so that no two uses ever share one.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::clock::{Time, from_micros};
use crate::entropy::{self, Entropy};
use crate::ids::{AccountId, LinkId, PhoneCodeId, SignInCodeId, WebhookId};
use crate::refusal::Fault;

/// A secret in the form it travels in: base64url text in a cookie, a header or a link. Never stored, never
/// printed: its `Debug` says nothing.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// 256 fresh random bits.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = entropy::bytes::<32>(entropy);
        let text = BASE64URL_NOPAD.encode(&bytes);
        bytes.zeroize();
        Self(text)
    }

    /// A secret as somebody presents it, however wrong it may be.
    pub fn presented(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to be sent to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the text, the only form that is stored. It needs no key or salt: what it hides has 256 bits.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// The keys of one master key, one for each purpose.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Ring {
    links: [u8; 32],
    buckets: [u8; 32],
    freeze_words: [u8; 32],
    requests: [u8; 32],
    factor_seeds: [u8; 32],
    phone_codes: [u8; 32],
    sign_in_codes: [u8; 32],
    passkeys: [u8; 32],
    passkey_challenges: [u8; 32],
    notice_references: [u8; 32],
    webhooks: [u8; 32],
    check: [u8; 32],
}

impl Ring {
    /// Spreads a master key over the purposes.
    fn of(master: &[u8; 32]) -> Self {
        let spread = Hkdf::<Sha256>::new(Some(b"countersign keys v1"), master);
        let key = |purpose: &str| {
            let mut key = [0; 32];
            spread.expand(purpose.as_bytes(), &mut key).expect("32 bytes are within HKDF's reach");
            key
        };
        Self {
            links: key("links"),
            buckets: key("buckets"),
            freeze_words: key("freeze words"),
            requests: key("requests"),
            factor_seeds: key("factor seeds"),
            phone_codes: key("phone codes"),
            sign_in_codes: key("sign-in codes"),
            passkeys: key("passkeys"),
            passkey_challenges: key("passkey challenges"),
            notice_references: key("notice references"),
            webhooks: key("webhooks"),
            check: key("check"),
        }
    }
}

/// The keys of this installation. While they are rotated there are several master keys, the oldest first: one is present,
/// and all are known.
///
/// What lasts (links, what is encrypted) is made with the present one and recognised by any. What lasts minutes, and the
/// names of counters, are made with the oldest, because every node must make them alike, whenever it was started.
pub struct Keys {
    rings: Vec<Ring>,
    present: usize,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// What is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sealed {
    FreezeWords,
    Seed,
    Passkey,
    Webhook,
}

impl Keys {
    /// The keys of one master key.
    pub fn from_master(master: &[u8; 32]) -> Self {
        Self { rings: vec![Ring::of(master)], present: 0 }
    }

    /// The keys of several, the oldest first, of which one is present; `None` if there is no such one.
    pub fn of_several(masters: &[[u8; 32]], present: usize) -> Option<Self> {
        (present < masters.len()).then(|| Self { rings: masters.iter().map(Ring::of).collect(), present })
    }

    /// How many master keys there are.
    pub fn count(&self) -> usize {
        self.rings.len()
    }

    /// A value for each master key, by which a database knows it again, and which is the present one. They tell nothing of it.
    pub(crate) fn checks(&self) -> (Vec<[u8; 32]>, usize) {
        (self.rings.iter().map(|ring| mac(&ring.check, &[])).collect(), self.present)
    }

    fn present(&self) -> &Ring {
        &self.rings[self.present]
    }

    fn oldest(&self) -> &Ring {
        &self.rings[0]
    }

    /// The secret of a link: its id and a MAC over it, made when it is sent and never stored.
    pub fn link_secret(&self, link: LinkId) -> SecretText {
        let mut bytes = link.as_bytes().to_vec();
        bytes.extend_from_slice(&mac(&self.present().links, &[link.as_bytes()]));
        SecretText(BASE64URL_NOPAD.encode(&bytes))
    }

    /// The link that a presented secret opens, if we made that secret.
    pub fn link_opened_by(&self, secret: &SecretText) -> Option<LinkId> {
        let bytes = BASE64URL_NOPAD.decode(secret.reveal().as_bytes()).ok()?;
        let (id, tag) = bytes.split_first_chunk::<16>()?;
        let made_with = |ring: &Ring| bool::from(mac(&ring.links, &[id])[..].ct_eq(tag));
        self.rings.iter().any(made_with).then(|| LinkId::from_bytes(*id))
    }

    /// The six digits that prove whose a phone is: they follow from the code's id when they are sent, and are stored
    /// nowhere.
    pub(crate) fn phone_code(&self, account: AccountId, code: PhoneCodeId) -> String {
        six_digits(&mac(&self.oldest().phone_codes, &[account.as_bytes(), code.as_bytes()]))
    }

    /// The six digits that one sign-in asks for, made in the same way.
    pub(crate) fn sign_in_code(&self, account: AccountId, code: SignInCodeId) -> String {
        six_digits(&mac(&self.oldest().sign_in_codes, &[account.as_bytes(), code.as_bytes()]))
    }

    /// What the notices about an entry are called by: the entry's number, and five letters that only we can put behind it.
    /// Whoever invents a letter cannot invent a reference that its reader finds.
    pub(crate) fn notice_reference(&self, account: AccountId, sequence: i64) -> String {
        reference(self.present(), account, sequence)
    }

    /// Whether we made this reference for this account, with a key that we still have.
    pub(crate) fn notice_referred(&self, account: AccountId, said: &Reference) -> bool {
        self.rings.iter().any(|ring| reference(ring, account, said.sequence) == said.text)
    }

    /// The name under which attempts are counted. Keyed, so that the table tells no reader whose it is.
    pub fn bucket(&self, kind: &str, whose: &[u8], part: &[u8]) -> [u8; 32] {
        mac(&self.oldest().buckets, &[kind.as_bytes(), whose, part])
    }

    /// What a request is remembered by. Keyed, so that what was sent cannot be found out by trying.
    pub(crate) fn request(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.oldest().requests, parts)
    }

    /// Freeze words, encrypted for one account.
    pub(crate) fn seal_freeze_words(&self, account: &[u8; 16], words: &str, entropy: &dyn Entropy) -> Vec<u8> {
        seal(Sealed::FreezeWords.key(self.present()), account, words.as_bytes(), entropy)
    }

    /// The freeze words of that account, if they were sealed for it with a key of ours.
    pub(crate) fn open_freeze_words(&self, account: &[u8; 16], sealed: &[u8]) -> Option<String> {
        String::from_utf8(self.open(Sealed::FreezeWords, account, sealed)?).ok()
    }

    /// The seed of an authenticator app, encrypted for whatever names its owner: account, factor, and for an offer the
    /// session that asked.
    pub(crate) fn seal_seed(&self, owner: &[u8], seed: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        seal(Sealed::Seed.key(self.present()), owner, seed, entropy)
    }

    /// The seed, if it was sealed for that owner with a key of ours.
    pub(crate) fn open_seed(&self, owner: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.open(Sealed::Seed, owner, sealed)
    }

    /// A passkey, encrypted for its owner: the ids of the account and of the factor.
    pub(crate) fn seal_passkey(&self, owner: &[u8], passkey: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        seal(Sealed::Passkey.key(self.present()), owner, passkey, entropy)
    }

    /// The passkey of that owner, if it was sealed for them with a key of ours.
    pub(crate) fn open_passkey(&self, owner: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.open(Sealed::Passkey, owner, sealed)
    }

    /// The secret that signs what goes to a webhook, encrypted for it.
    pub(crate) fn seal_webhook(&self, webhook: WebhookId, secret: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        seal(Sealed::Webhook.key(self.present()), webhook.as_bytes(), secret, entropy)
    }

    /// That secret, if it was sealed for that webhook with a key of ours.
    pub(crate) fn open_webhook(&self, webhook: WebhookId, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.open(Sealed::Webhook, webhook.as_bytes(), sealed).map(Zeroizing::new)
    }

    /// The present key first: it is the one, except while the keys are rotated.
    fn open(&self, what: Sealed, owner: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let others = self.rings.iter().enumerate().filter(|(number, _)| *number != self.present);
        let rings = std::iter::once(self.present()).chain(others.map(|(_, ring)| ring));
        rings.into_iter().find_map(|ring| open(what.key(ring), owner, sealed))
    }

    /// Whether the present key alone opens it.
    pub(crate) fn is_present(&self, what: Sealed, owner: &[u8], sealed: &[u8]) -> bool {
        open(what.key(self.present()), owner, sealed).is_some()
    }

    /// The same sealed anew with the present key; `None` where it is already. What no key of ours opens is a fault.
    pub(crate) fn reseal(
        &self,
        what: Sealed,
        owner: &[u8],
        sealed: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Option<Vec<u8>>, Fault> {
        if self.is_present(what, owner, sealed) {
            return Ok(None);
        }
        let lost = || Fault::broken("something does not open with any of these keys: was the key file replaced?");
        let mut plain = self.open(what, owner, sealed).ok_or_else(lost)?;
        let anew = seal(what.key(self.present()), owner, &plain, entropy);
        plain.zeroize();
        Ok(Some(anew))
    }
}

impl Sealed {
    fn key(self, ring: &Ring) -> &[u8; 32] {
        match self {
            Self::FreezeWords => &ring.freeze_words,
            Self::Seed => &ring.factor_seeds,
            Self::Passkey => &ring.passkeys,
            Self::Webhook => &ring.webhooks,
        }
    }
}

impl Keys {
    /// A challenge that needs no row: until when it can be answered, 16 random bytes, and a MAC over both.
    pub(crate) fn passkey_challenge(&self, until: Time, entropy: &dyn Entropy) -> String {
        let mut bytes = until.as_microsecond().to_be_bytes().to_vec();
        bytes.extend_from_slice(&entropy::bytes::<16>(entropy));
        bytes.extend_from_slice(&mac(&self.oldest().passkey_challenges, &[&bytes]));
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Until when a challenge can be answered, if we made it.
    pub(crate) fn passkey_challenge_until(&self, challenge: &str) -> Option<Time> {
        let bytes = BASE64URL_NOPAD.decode(challenge.as_bytes()).ok()?;
        let (said, tag) = bytes.split_first_chunk::<24>()?;
        let (until, _) = said.split_first_chunk::<8>()?;
        let right = mac(&self.oldest().passkey_challenges, &[said]);
        bool::from(right[..].ct_eq(tag)).then(|| from_micros(i64::from_be_bytes(*until)))
    }
}

/// Digits and letters of which no two are taken for each other (Crockford's base 32).
const PLAIN_LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A letter as somebody typed it, as the one that was meant.
fn unmistaken(typed: char) -> char {
    match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }
}

fn reference(ring: &Ring, account: AccountId, sequence: i64) -> String {
    let tag = mac(&ring.notice_references, &[account.as_bytes(), &sequence.to_be_bytes()]);
    let letters: String = tag[..5].iter().map(|byte| char::from(PLAIN_LETTERS[usize::from(byte % 32)])).collect();
    format!("{sequence}-{letters}")
}

/// What somebody typed who has a reference before them.
pub(crate) struct Reference {
    /// The number of an entry.
    pub(crate) sequence: i64,
    /// All of it, as we write references.
    pub(crate) text: String,
}

impl Reference {
    /// Reads one, however it was typed: with or without what separates it, in small letters, with those that are taken for
    /// each other.
    pub(crate) fn read(typed: &str) -> Option<Self> {
        let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).map(unmistaken).collect();
        let (number, letters) = plain.split_at_checked(plain.len().checked_sub(5)?)?;
        let sequence = number.parse().ok()?;
        Some(Self { sequence, text: format!("{sequence}-{letters}") })
    }
}

/// Encrypts for one owner: a nonce of 24 bytes, then the ciphertext. Under another key or for another owner it does not
/// open.
fn seal(key: &[u8; 32], owner: &[u8], plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
    let nonce = entropy::bytes::<24>(entropy);
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: owner });
    [nonce.as_slice(), &sealed.expect("memory for something small")].concat()
}

fn open(key: &[u8; 32], owner: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: owner }).ok()
}

/// Six digits of a MAC, reduced from 64 bits, so that none are noticeably likelier than others.
fn six_digits(tag: &[u8; 32]) -> String {
    let (first, _) = tag.split_first_chunk::<8>().expect("a MAC has 32 bytes");
    format!("{:06}", u64::from_le_bytes(*first) % 1_000_000)
}

/// HMAC-SHA-256 over parts, each led by its length so that no two lists of parts read the same.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_link_secret_opens_its_link_and_no_changed_one_does() {
        let keys = Keys::from_master(&[7; 32]);
        let link = LinkId::new(Time::UNIX_EPOCH, &SeededEntropy::new(1));
        let secret = keys.link_secret(link);
        assert_eq!(keys.link_opened_by(&secret), Some(link));
        for position in 0..secret.reveal().len() {
            let mut text: Vec<u8> = secret.reveal().bytes().collect();
            text[position] = if text[position] == b'A' { b'B' } else { b'A' };
            let changed = SecretText::presented(String::from_utf8(text).unwrap());
            assert_eq!(keys.link_opened_by(&changed), None, "character {position} was changed");
        }
        assert_eq!(Keys::from_master(&[8; 32]).link_opened_by(&secret), None);
        assert_eq!(keys.link_opened_by(&SecretText::presented("")), None);
    }

    #[test]
    fn a_challenge_of_ours_says_until_when_and_no_changed_one_is_ours() {
        let keys = Keys::from_master(&[7; 32]);
        let until = "2026-11-22T12:05:00Z".parse().unwrap();
        let challenge = keys.passkey_challenge(until, &SeededEntropy::new(1));
        assert_eq!(keys.passkey_challenge_until(&challenge), Some(until));
        for position in 0..challenge.len() {
            let mut text: Vec<u8> = challenge.bytes().collect();
            text[position] = if text[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(keys.passkey_challenge_until(&String::from_utf8(text).unwrap()), None, "character {position}");
        }
        assert_eq!(Keys::from_master(&[8; 32]).passkey_challenge_until(&challenge), None);
        assert_eq!(keys.passkey_challenge_until(""), None);
    }

    #[test]
    fn a_reference_names_its_entry_to_its_own_account_however_it_is_typed() {
        let keys = Keys::from_master(&[7; 32]);
        let named = |keys: &Keys, account, typed: &str| {
            let said = Reference::read(typed)?;
            keys.notice_referred(account, &said).then_some(said.sequence)
        };
        let rotated = Keys::of_several(&[[7; 32], [8; 32]], 1).unwrap();
        let (mine, hers) = (AccountId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]));
        let mut mistaken = 0;
        for sequence in [1, 9, 10, 57, 99_999, i64::MAX] {
            let reference = keys.notice_reference(mine, sequence);
            let (number, letters) = reference.split_once('-').unwrap();
            let typed = [
                reference.clone(),
                reference.to_lowercase(),
                format!(" {number} {letters}. "),
                reference.replace('-', ""),
                reference.replace('0', "o").replace('1', "l"),
            ];
            for typed in typed {
                assert_eq!(named(&keys, mine, &typed), Some(sequence), "{typed}");
            }
            assert_eq!(named(&keys, hers, &reference), None);
            assert_eq!(named(&Keys::from_master(&[8; 32]), mine, &reference), None);
            // While keys are turned, those of before are known.
            assert_eq!(named(&rotated, mine, &reference), Some(sequence));
            let other = if letters.ends_with('A') { "B" } else { "A" };
            let changed = format!("{}{other}", &reference[..reference.len() - 1]);
            mistaken += i64::from(named(&keys, mine, &changed).is_some());
        }
        assert_eq!(mistaken, 0);
        for nothing in ["", "-", "12345", "57", "K7PMQ", "-57-K7PMQ", "ü57-K7PMQ", "99999999999999999999-K7PMQ"] {
            assert_eq!(named(&keys, mine, nothing), None, "{nothing}");
        }
    }

    #[test]
    fn freeze_words_open_for_their_own_account_only() {
        let keys = Keys::from_master(&[7; 32]);
        let sealed = keys.seal_freeze_words(&[1; 16], "one two three four", &SeededEntropy::new(1));
        assert_eq!(keys.open_freeze_words(&[1; 16], &sealed).as_deref(), Some("one two three four"));
        assert_eq!(keys.open_freeze_words(&[2; 16], &sealed), None);
    }

    #[test]
    fn what_is_sealed_for_one_purpose_opens_for_no_other() {
        let keys = Keys::from_master(&[7; 32]);
        let sealed = keys.seal_seed(&[1; 16], b"twenty bytes of seed", &SeededEntropy::new(1));
        assert_eq!(keys.open_seed(&[1; 16], &sealed).as_deref(), Some(&b"twenty bytes of seed"[..]));
        assert_eq!(keys.open_seed(&[2; 16], &sealed), None);
        assert_eq!(keys.open_freeze_words(&[1; 16], &sealed), None);
        assert_eq!(Keys::from_master(&[8; 32]).open_seed(&[1; 16], &sealed), None);
    }

    #[test]
    fn while_keys_are_rotated_the_present_one_makes_and_each_one_opens() {
        let (old, new) = ([7; 32], [8; 32]);
        let chance = SeededEntropy::new(1);
        let before = Keys::from_master(&old);
        let added = Keys::of_several(&[old, new], 0).unwrap();
        let rotated = Keys::of_several(&[old, new], 1).unwrap();
        let retired = Keys::from_master(&new);
        assert!(Keys::of_several(&[old, new], 2).is_none());
        let link = LinkId::new(Time::UNIX_EPOCH, &chance);
        for (made_by, opened_by) in [(&before, &rotated), (&added, &rotated), (&rotated, &added), (&rotated, &retired)]
        {
            assert_eq!(opened_by.link_opened_by(&made_by.link_secret(link)), Some(link));
            let sealed = made_by.seal_seed(&[1; 16], b"twenty bytes of seed", &chance);
            assert_eq!(opened_by.open_seed(&[1; 16], &sealed).as_deref(), Some(&b"twenty bytes of seed"[..]));
        }
        assert_eq!(retired.link_opened_by(&before.link_secret(link)), None);
        assert_eq!(before.link_opened_by(&rotated.link_secret(link)), None);
        // Nodes that were started before and after count under one name, and know each other's codes and challenges.
        assert_eq!(before.bucket("network", &[1], b""), rotated.bucket("network", &[1], b""));
        let until = "2026-11-22T12:05:00Z".parse().unwrap();
        assert_eq!(before.passkey_challenge_until(&rotated.passkey_challenge(until, &chance)), Some(until));
    }

    #[test]
    fn what_is_sealed_anew_opens_with_the_present_key_alone_and_once_is_enough() {
        let (old, new) = ([7; 32], [8; 32]);
        let chance = SeededEntropy::new(1);
        let rotated = Keys::of_several(&[old, new], 1).unwrap();
        let sealed = Keys::from_master(&old).seal_passkey(&[1; 32], b"a passkey", &chance);
        let anew = rotated.reseal(Sealed::Passkey, &[1; 32], &sealed, &chance).unwrap().unwrap();
        assert_eq!(Keys::from_master(&new).open_passkey(&[1; 32], &anew).as_deref(), Some(&b"a passkey"[..]));
        assert_eq!(rotated.reseal(Sealed::Passkey, &[1; 32], &anew, &chance).unwrap(), None);
        let strangers = Keys::from_master(&[9; 32]).seal_passkey(&[1; 32], b"a passkey", &chance);
        assert!(rotated.reseal(Sealed::Passkey, &[1; 32], &strangers, &chance).is_err());
    }
}
