//! HTTP Message Signatures (RFC 9421), as much of it as our own doors need: one signature, Ed25519, over the method, the
//! address and whole header fields. What we do not know is refused and never passed over.

use axum::http::{HeaderMap, Uri};
use domain::Time;
use domain::service::CLOCK_SLACK;
use sfv::{BareItem, Dictionary, InnerList, ListEntry, ListSerializer, Parser};

use super::no::No;
use super::{SIGNED_WHERE_THERE, content_digest, has_body};

/// The header that says what is signed.
pub(super) const INPUT: &str = "signature-input";

/// The header with the signature.
pub(super) const SIGNATURE: &str = "signature";

/// The longest nonce.
const NONCE_MAX: usize = 128;

/// The longest line of either header, and the most components. Both are read before anybody has proved anything, so what
/// they cost is bounded; what our doors need is a tenth of it.
const LINE_MAX: usize = 4096;
const COVERED_MAX: usize = 16;

/// A request as a signature covers it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// Scheme and host of the site, like `https://exchange.example`.
    pub(super) origin: &'a str,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// What a request says of its signature; nothing of it is believed yet.
#[derive(Debug)]
pub(super) struct Signed {
    /// The names of what is covered, in order.
    covered: Vec<String>,
    /// The same with its parameters, as it stands on the last line of what is signed.
    params: String,
    created: i64,
    expires: Option<i64>,
    nonce: String,
    key_id: String,
    signature: Vec<u8>,
}

impl Signed {
    /// Reads the two headers.
    pub(super) fn read(asked: &Asked<'_>) -> Result<Self, No> {
        let (label, entry) = only(asked.headers, INPUT)?;
        let (signature_label, signature) = only(asked.headers, SIGNATURE)?;
        let ListEntry::InnerList(input) = entry else { return Err(No::Header(INPUT)) };
        if label != signature_label {
            return Err(No::Header(SIGNATURE));
        }
        let ListEntry::Item(signature) = signature else { return Err(No::Header(SIGNATURE)) };
        let signature = signature.bare_item.as_byte_sequence().ok_or(No::Header(SIGNATURE))?.to_vec();
        Self::of(&input, signature)
    }

    fn of(input: &InnerList, signature: Vec<u8>) -> Result<Self, No> {
        let covered = covered(input)?;
        let (mut created, mut expires, mut nonce, mut key_id) = (None, None, None, None);
        for (name, value) in &input.params {
            match (name.as_str(), value) {
                ("created", BareItem::Integer(seconds)) => created = Some(i64::from(*seconds)),
                ("expires", BareItem::Integer(seconds)) => expires = Some(i64::from(*seconds)),
                ("nonce", BareItem::String(text)) => nonce = Some(text.as_str().to_owned()),
                ("keyid", BareItem::String(text)) => key_id = Some(text.as_str().to_owned()),
                ("alg", BareItem::String(text)) if text.as_str() == "ed25519" => {}
                ("tag", BareItem::String(_)) => {}
                (other, _) => return Err(No::Parameter(other.to_owned())),
            }
        }
        let missing = |name: &str| No::Parameter(name.to_owned());
        let nonce = nonce.filter(|nonce| (16..=NONCE_MAX).contains(&nonce.len())).ok_or_else(|| missing("nonce"))?;
        Ok(Self {
            covered,
            params: written(input),
            created: created.ok_or_else(|| missing("created"))?,
            expires,
            nonce,
            key_id: key_id.ok_or_else(|| missing("keyid"))?,
            signature,
        })
    }

    /// The key that it says it is made with.
    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Its nonce.
    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The signature.
    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Whether everything is covered that decides what this request does.
    pub(super) fn covers_enough(&self, asked: &Asked<'_>) -> Result<(), No> {
        let has = |name: &str| self.covered.iter().any(|covered| covered == name);
        let need = |name: &'static str| if has(name) { Ok(()) } else { Err(No::Uncovered(name)) };
        need("@method")?;
        if !has("@target-uri") {
            need("@authority")?;
            need("@path")?;
            if asked.uri.query().is_some() {
                need("@query")?;
            }
        }
        if has_body(asked) {
            need(content_digest::NAME)?;
        }
        SIGNED_WHERE_THERE.into_iter().filter(|name| asked.headers.contains_key(*name)).try_for_each(need)
    }

    /// Whether it was made just now, and until when it could be used again.
    pub(super) fn in_time(&self, now: Time) -> Result<Time, No> {
        let from = |seconds: i64| Time::from_second(seconds).map_err(|_| No::Clock(now));
        let created = from(self.created)?;
        if now.duration_since(created).abs() > CLOCK_SLACK {
            return Err(No::Clock(now));
        }
        let last = created + CLOCK_SLACK;
        let until = match self.expires {
            Some(expires) => from(expires)?.min(last),
            None => last,
        };
        // At its very last second it is still good, so it is remembered for longer than that.
        if until < now { Err(No::Clock(now)) } else { Ok(until) }
    }

    /// What has to be signed (2.5 of the RFC).
    pub(super) fn base(&self, asked: &Asked<'_>) -> Result<String, No> {
        let mut base = String::with_capacity(512);
        for name in &self.covered {
            let value = value(name, asked)?;
            for part in ["\"", name, "\": ", &value, "\n"] {
                base.push_str(part);
            }
        }
        base.push_str("\"@signature-params\": ");
        base.push_str(&self.params);
        Ok(base)
    }
}

/// What the RFC's own example signs, which has no nonce, and its signature.
#[cfg(test)]
pub(super) fn base_without_nonce(asked: &Asked<'_>) -> Result<(String, Vec<u8>), No> {
    let (_, ListEntry::InnerList(mut input)) = only(asked.headers, INPUT)? else { return Err(No::Header(INPUT)) };
    let (_, ListEntry::Item(signature)) = only(asked.headers, SIGNATURE)? else { return Err(No::Header(SIGNATURE)) };
    let params = written(&input);
    let nonce = sfv::String::from_string("abcdefghijklmnop".to_owned()).expect("an ASCII text");
    input.params.insert(sfv::Key::from_string("nonce".to_owned()).expect("a key"), BareItem::String(nonce));
    let signed = Signed { params, ..Signed::of(&input, Vec::new())? };
    Ok((signed.base(asked)?, signature.bare_item.as_byte_sequence().unwrap_or_default().to_vec()))
}

/// The one member of a header that is a dictionary. Of two signatures it would have to be said which counts.
fn only(headers: &HeaderMap, name: &'static str) -> Result<(String, ListEntry), No> {
    let mut lines = headers.get_all(name).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return Err(No::Header(name)) };
    if line.len() > LINE_MAX {
        return Err(No::Header(name));
    }
    let dictionary: Dictionary = Parser::new(line.as_bytes()).parse().map_err(|_| No::Header(name))?;
    let mut members = dictionary.into_iter();
    match (members.next(), members.next()) {
        (Some((label, entry)), None) => Ok((label.as_str().to_owned(), entry)),
        _ => Err(No::Header(name)),
    }
}

fn covered(input: &InnerList) -> Result<Vec<String>, No> {
    if input.items.len() > COVERED_MAX {
        return Err(No::Header(INPUT));
    }
    let mut covered: Vec<String> = Vec::with_capacity(input.items.len());
    for item in &input.items {
        let name = item.bare_item.as_string().ok_or(No::Header(INPUT))?.as_str().to_owned();
        // Parameters of a component would change what is signed.
        if !item.params.is_empty() || covered.contains(&name) {
            return Err(No::Component(name));
        }
        covered.push(name);
    }
    Ok(covered)
}

/// The list as the RFC has it written, however it was sent.
fn written(input: &InnerList) -> String {
    let mut text = String::new();
    let mut list = ListSerializer::with_buffer(&mut text);
    let mut inner = list.inner_list();
    inner.items(&input.items);
    let _ = inner.finish().parameters(&input.params).finish();
    text
}

/// The value of one component (2.1 and 2.2 of the RFC).
fn value(name: &str, asked: &Asked<'_>) -> Result<String, No> {
    let (scheme, authority) = asked.origin.split_once("://").unwrap_or(("", asked.origin));
    Ok(match name {
        "@method" => asked.method.to_owned(),
        "@scheme" => scheme.to_owned(),
        "@authority" => authority_of(scheme, authority),
        "@path" => asked.uri.path().to_owned(),
        "@query" => format!("?{}", asked.uri.query().unwrap_or_default()),
        "@target-uri" => {
            let rest = asked.uri.path_and_query().map_or("/", |rest| rest.as_str());
            format!("{scheme}://{}{rest}", authority_of(scheme, authority))
        }
        name if name.starts_with('@') => return Err(No::Component(name.to_owned())),
        name => return field(name, asked.headers),
    })
}

/// In small letters, and without a port that goes without saying.
fn authority_of(scheme: &str, authority: &str) -> String {
    let port = if scheme == "http" { ":80" } else { ":443" };
    authority.strip_suffix(port).unwrap_or(authority).to_ascii_lowercase()
}

fn field(name: &str, headers: &HeaderMap) -> Result<String, No> {
    let unknown = || No::Component(name.to_owned());
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(unknown());
    }
    let mut lines = Vec::new();
    for line in headers.get_all(name) {
        lines.push(line.to_str().map_err(|_| unknown())?.trim());
    }
    if lines.is_empty() { Err(unknown()) } else { Ok(lines.join(", ")) }
}
