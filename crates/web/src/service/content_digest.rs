//! Content-Digest (RFC 9530): that the body is the one that was signed.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use axum::http::HeaderMap;
use sfv::{Dictionary, ListEntry, Parser};

use super::no::No;

/// The header.
pub(super) const NAME: &str = "content-digest";

/// Checks every digest of a kind that we know; at least one must be there where the header is. That it is there where it
/// has to be is the signature's to say.
pub(super) fn check(headers: &HeaderMap, body: &[u8]) -> Result<(), No> {
    let mut lines = headers.get_all(NAME).iter();
    let Some(line) = lines.next() else { return Ok(()) };
    if lines.next().is_some() {
        return Err(No::Header(NAME));
    }
    let digests: Dictionary = Parser::new(line.as_bytes()).parse().map_err(|_| No::Header(NAME))?;
    let mut known = 0;
    for (algorithm, entry) in &digests {
        let right = match algorithm.as_str() {
            "sha-256" => digest(&SHA256, body),
            "sha-512" => digest(&SHA512, body),
            // Others may stand beside one of these.
            _ => continue,
        };
        let ListEntry::Item(item) = entry else { return Err(No::Header(NAME)) };
        if item.bare_item.as_byte_sequence() != Some(right.as_ref()) {
            return Err(No::WrongDigest);
        }
        known += 1;
    }
    if known > 0 { Ok(()) } else { Err(No::Header(NAME)) }
}
