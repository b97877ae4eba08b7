//! DKIM (RFC 6376): a signature by which any mailbox can tell that a letter is ours and was not changed.
//!
//! RSA with SHA-256, relaxed/relaxed, over the letter exactly as it leaves. What a reader judges a letter by is signed
//! together with its absence: a second `From` or a `Reply-To` that somebody adds on the way breaks the signature.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use data_encoding::BASE64;
use domain::clock::Time;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use super::settings::Unfit;

/// The headers that are signed, in the order of the signature. One that stands here once more than a letter carries it
/// cannot be added unnoticed.
const SIGNED: [&str; 18] = [
    "from",
    "from",
    "to",
    "to",
    "cc",
    "subject",
    "subject",
    "date",
    "date",
    "reply-to",
    "message-id",
    "message-id",
    "list-id",
    "auto-submitted",
    "mime-version",
    "content-type",
    "content-type",
    "content-transfer-encoding",
];

/// Bits that a key has at most: longer ones are not believed by everybody. Shorter ones than 2048 aws-lc refuses.
const BITS_MAX: usize = 4096;

/// Signs letters.
pub(super) struct Signer {
    key: RsaKeyPair,
    domain: String,
    selector: String,
}

/// The entry in the DNS that a signature is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimRecord {
    /// Where it stands.
    pub name: String,
    /// What it says, as one text.
    pub text: String,
}

impl DkimRecord {
    /// The record as a line of a zone file: a text of the DNS holds at most 255 characters, so it is cut into several.
    pub fn zone_line(&self) -> String {
        let pieces: Vec<String> = self.text.as_bytes().chunks(250).map(quoted).collect();
        format!("{}. IN TXT ( {} )", self.name, pieces.join(" "))
    }
}

fn quoted(piece: &[u8]) -> String {
    format!("\"{}\"", String::from_utf8_lossy(piece))
}

impl Signer {
    /// A signer with the key in a PEM file.
    pub(super) fn from_file(file: &Path, domain: &str, selector: &str) -> Result<Self, Unfit> {
        let unfit = |why: String| Unfit::DkimKey(file.display().to_string(), why);
        let pem = std::fs::read(file).map_err(|error| unfit(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| unfit(format!("no private key: {error}")))?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(unfit("it is no RSA key".to_owned())),
        };
        let odd = |why: &dyn std::fmt::Display| unfit(format!("it is no RSA key of 2048 to {BITS_MAX} bits: {why}"));
        let key = key.map_err(|error| odd(&error))?;
        if key.public_modulus_len() * 8 > BITS_MAX {
            return Err(odd(&"TooLarge"));
        }
        let name = |text: &str| {
            let label = |part: &str| {
                let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                !part.is_empty() && part.len() < 64 && part.chars().all(fits)
            };
            text.split('.').all(label)
        };
        if !name(domain) || !name(selector) {
            return Err(Unfit::DkimName(format!("{selector}._domainkey.{domain}")));
        }
        Ok(Self { key, domain: domain.to_lowercase(), selector: selector.to_owned() })
    }

    /// What has to stand in the DNS.
    pub(super) fn record(&self) -> Result<DkimRecord, Unfit> {
        let der: PublicKeyX509Der<'_> =
            self.key.public_key().as_der().map_err(|_| Unfit::DkimName("the public key".to_owned()))?;
        let text = format!("v=DKIM1; k=rsa; p={}", BASE64.encode(der.as_ref()));
        Ok(DkimRecord { name: format!("{}._domainkey.{}", self.selector, self.domain), text })
    }

    /// The letter with its signature on top, or nothing where the machine cannot sign.
    pub(super) fn sign(&self, letter: &[u8], now: Time) -> Option<Vec<u8>> {
        let (headers, body) = parted(letter)?;
        let body_hash = BASE64.encode(digest(&SHA256, &relaxed_body(body)).as_ref());
        let names = SIGNED.chunks(6).map(|names| names.join(":")).collect::<Vec<_>>().join(":\r\n\t ");
        let unsigned = format!(
            "v=1; a=rsa-sha256; c=relaxed/relaxed; d={};\r\n\ts={}; t={};\r\n\th={names};\r\n\tbh={body_hash};\r\n\tb=",
            self.domain,
            self.selector,
            now.as_second(),
        );
        let mut signed = headers_signed(headers);
        signed.extend_from_slice(b"dkim-signature:");
        signed.extend_from_slice(&relaxed_value(unsigned.as_bytes()));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &signed, &mut signature).ok()?;
        let signature = BASE64.encode(&signature);
        let lines: Vec<_> = signature.as_bytes().chunks(72).map(String::from_utf8_lossy).collect();
        let header = format!("DKIM-Signature: {unsigned}{}\r\n", lines.join("\r\n\t "));
        Some([header.as_bytes(), letter].concat())
    }
}

/// Headers, each with its last line's end, and body.
fn parted(letter: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = letter.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((&letter[..end + 2], &letter[end + 4..]))
}

/// The signed headers in their canonical form. A name that stands once more than the letter has it adds nothing.
fn headers_signed(headers: &[u8]) -> Vec<u8> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for line in headers.split_inclusive(|byte| *byte == b'\n') {
        if let (Some((_, value)), Some(b' ' | b'\t')) = (fields.last_mut(), line.first()) {
            value.extend_from_slice(line);
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let name = String::from_utf8_lossy(&line[..colon]).trim().to_lowercase();
        fields.push((name, line.get(colon + 1..).unwrap_or_default().to_vec()));
    }
    let mut canonical = Vec::new();
    for name in SIGNED {
        // From the last one upwards, each once.
        if let Some(at) = fields.iter().rposition(|(field, _)| field == name) {
            let (_, value) = fields.remove(at);
            canonical.extend_from_slice(name.as_bytes());
            canonical.push(b':');
            canonical.extend_from_slice(&relaxed_value(&value));
            canonical.extend_from_slice(b"\r\n");
        }
    }
    canonical
}

/// A header's value on one line, runs of white space as one space, none at its ends.
fn relaxed_value(value: &[u8]) -> Vec<u8> {
    let words = value.split(|byte| b" \t\r\n".contains(byte)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&b' ')
}

/// A body with runs of white space as one space, none at the ends of lines, and no empty lines at its end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len());
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut gap = false;
        for byte in line {
            if b" \t".contains(byte) {
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                relaxed.push(b' ');
            }
            relaxed.push(*byte);
        }
        relaxed.extend_from_slice(b"\r\n");
    }
    while relaxed.ends_with(b"\r\n\r\n") {
        relaxed.truncate(relaxed.len() - 2);
    }
    if relaxed == b"\r\n" {
        relaxed.clear();
    }
    relaxed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6376, 3.4.5.
    #[test]
    fn the_examples_of_the_standard() {
        assert_eq!(relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(relaxed_value(b" Y\t\r\n\tZ  \r\n"), b"Y Z");
        assert_eq!(relaxed_body(b""), b"");
        assert_eq!(relaxed_body(b"\r\n\r\n"), b"");
        assert_eq!(relaxed_body(b"no end of a line"), b"no end of a line\r\n");
    }

    #[test]
    fn a_record_is_cut_into_texts_that_the_dns_can_hold() {
        let record = DkimRecord { name: "s._domainkey.x.example".to_owned(), text: "a".repeat(420) };
        let line = record.zone_line();
        let texts: Vec<_> = line.split('"').skip(1).step_by(2).collect();
        assert_eq!(texts.concat(), record.text);
        assert!(texts.iter().all(|text| text.len() <= 255));
    }
}
