//! Host names: what is plainly one, what is decoded into one, and what could never be.

use std::net::{Ipv4Addr, Ipv6Addr};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::answer::Fault;

/// The longest host name and the longest label of one.
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// A host name that could exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// As the network knows it: lower case, `xn--` where needed, no trailing dot.
    pub(crate) ascii: String,
    /// As people read it.
    pub(crate) shown: String,
    /// It is an address of a machine, not a name.
    pub(crate) numeric: bool,
    /// Characters that nobody sees were taken out of it.
    pub(crate) hidden: bool,
}

/// Whether an input is a lower-case ASCII host that needs no decoding.
pub(crate) fn is_plain(input: &str) -> bool {
    let bytes = input.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return false };
    if bytes.len() > LONGEST || first == b'.' || !last.is_ascii_lowercase() {
        return false;
    }
    let (mut label, mut dots) = (0, 0);
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' => label += 1,
            // Two hyphens in third place mark an encoded label.
            b'-' if label > 0 && !(label == 3 && bytes[index - 1] == b'-') => label += 1,
            b'.' if label > 0 && label <= LONGEST_LABEL => (label, dots) = (0, dots + 1),
            _ => return false,
        }
    }
    dots > 0 && label <= LONGEST_LABEL
}

/// Reads a host name written in any way: upper case, full width, percent signs, Unicode, `xn--`, a trailing dot, numbers.
pub(crate) fn parse(written: &str) -> Result<Host, Fault> {
    let decoded = percent_decoded(written)?;
    if decoded.is_empty() {
        return Err(Fault::Empty);
    }
    if let Some(host) = numeric(&decoded) {
        return Ok(host);
    }
    let uts = Uts46::new();
    let ascii = uts
        .to_ascii(decoded.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::VerifyAllowRootDot)
        .map_err(|_| Fault::NotAHost)?;
    let ascii = ascii.strip_suffix('.').unwrap_or(&ascii).to_owned();
    if ascii.is_empty() || ascii.len() > LONGEST {
        return Err(Fault::NotAHost);
    }
    // What only turns into numbers once decoded is an address too, as browsers have it.
    if let Some(host) = numeric(&ascii) {
        return Ok(host);
    }
    let (shown, _) = uts.to_unicode(ascii.as_bytes(), AsciiDenyList::URL, Hyphens::Allow);
    let shown = shown.into_owned();
    Ok(Host { hidden: decoded.chars().any(unseen), ascii, shown, numeric: false })
}

/// The text of something that is no host name, as a reader would see it: decoded as far as possible, label by label.
pub(crate) fn as_seen(written: &str) -> String {
    let text = percent_decoded(written).unwrap_or_else(|_| written.to_owned());
    let labels = text.chars().filter(|&c| !unseen(c)).take(4096).collect::<String>();
    let seen = labels.split('.').map(|label| {
        let decoded = label.strip_prefix("xn--").and_then(idna::punycode::decode_to_string);
        decoded.unwrap_or_else(|| label.strip_prefix("xn--").unwrap_or(label).to_owned())
    });
    seen.collect::<Vec<_>>().join(".")
}

/// Characters that take no room on the screen.
pub(crate) const fn unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn percent_decoded(written: &str) -> Result<String, Fault> {
    if !written.contains('%') {
        return Ok(written.to_owned());
    }
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let pair = after.first_chunk::<2>().and_then(|pair| std::str::from_utf8(pair).ok());
            bytes.push(pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or(Fault::NotAHost)?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| Fault::NotAHost)
}

/// An address of a machine, in any of the ways browsers accept: four numbers, fewer, octal, hexadecimal, brackets.
fn numeric(written: &str) -> Option<Host> {
    let make = |shown: String| Host { ascii: shown.clone(), shown, numeric: true, hidden: false };
    if let Some(inner) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().ok().map(|address| make(address.to_string()));
    }
    let parts: Vec<&str> = written.strip_suffix('.').unwrap_or(written).split('.').collect();
    if parts.len() > 4 {
        return None;
    }
    let numbers: Vec<u64> = parts.iter().map(|part| number(part)).collect::<Option<_>>()?;
    let (&last, before) = numbers.split_last()?;
    let room = 1u64 << (8 * (4 - before.len()));
    if last >= room || before.iter().any(|&part| part > 255) {
        return None;
    }
    let address = before.iter().enumerate().fold(last, |sum, (index, part)| sum + (part << (8 * (3 - index))));
    u32::try_from(address).ok().map(|address| make(Ipv4Addr::from(address).to_string()))
}

fn number(part: &str) -> Option<u64> {
    let (digits, radix) = match part.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&part[2..], 16),
        [b'0', _, ..] => (&part[1..], 8),
        _ => (part, 10),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    if digits.is_empty() { (radix == 16).then_some(0) } else { u64::from_str_radix(digits, radix).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_host_is_the_same_host() {
        for written in ["kraken.com", "KRAKEN.com", "kraken.com.", "ｋraken。com", "%6braken.com", "kra\u{ad}ken.com"]
        {
            assert_eq!(parse(written).map(|host| host.ascii).as_deref(), Ok("kraken.com"), "{written}");
        }
        assert_eq!(parse("krаken.com").unwrap().ascii, "xn--krken-5ve.com");
    }

    #[test]
    fn what_could_never_be_a_host_is_refused() {
        for written in
            ["", ".", "a..b", "kraken%40evil.example", "xn--kraken.io", "%zz", "a b.com", "kraken.com\u{202e}"]
        {
            assert!(parse(written).is_err(), "{written}");
        }
    }

    #[test]
    fn addresses_of_machines_are_seen_through() {
        for written in ["192.0.2.10", "3221225994", "0xC0.0.2.10", "0300.0.2.012", "192.0.522"] {
            assert_eq!(
                parse(written).map(|host| (host.ascii, host.numeric)),
                Ok(("192.0.2.10".to_owned(), true)),
                "{written}"
            );
        }
        assert!(parse("[2001:db8::1]").unwrap().numeric);
        assert!(!parse("256.256.256.256.com").unwrap().numeric);
    }

    #[test]
    fn plain_hosts_are_told_from_the_rest() {
        assert!(is_plain("a-b.kraken.com") && is_plain("a_b.com"));
        for other in
            ["xn--kraken.com", "Kraken.com", "kraken", "kraken.com/", ".com", "a..com", "1.2.3.4", "kra ken.com"]
        {
            assert!(!is_plain(other), "{other}");
        }
    }
}
