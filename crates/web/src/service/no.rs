//! Every way this door says no, each with what to do about it. A backend's author reads these, so they name the fault.

use axum::http::StatusCode;
use domain::service;
use domain::{Refusal, Time};

use crate::answers::Problem;

/// Why a request was not let in.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum No {
    /// It proves nothing.
    Unproven,
    /// It has a signature and a secret, or two of them.
    TwoProofs,
    /// The secret is none of ours.
    UnknownSecret,
    /// The signature names no key that signs.
    UnknownKey,
    /// It came through a proxy, with the secret of a local key.
    Forwarded,
    /// This header is missing, came twice or cannot be read.
    Header(&'static str),
    /// This parameter of the signature is missing, unknown or out of shape.
    Parameter(String),
    /// This component is covered and not there, covered twice, or none that we know.
    Component(String),
    /// This has to be covered and is not.
    Uncovered(&'static str),
    /// It was not made just now; our clock shows this.
    Clock(Time),
    /// The signature does not fit.
    WrongSignature,
    /// The body is not the one that was signed.
    WrongDigest,
    /// The signature was used before.
    Used,
    /// More signed requests came with this key than can be remembered.
    TooMany,
    /// The key does not open this.
    Key(service::No),
}

impl No {
    /// Why a nonce is not taken.
    pub(super) fn once(refusal: &Refusal) -> Self {
        if *refusal == Refusal::NonceUsed { Self::Used } else { Self::TooMany }
    }
}

impl From<No> for Problem {
    #[expect(clippy::too_many_lines, reason = "one arm a refusal is the point of the list")]
    fn from(no: No) -> Self {
        let unproven = |code, title: &str, advice: &str| Self::new(StatusCode::UNAUTHORIZED, code, title, advice);
        let closed = |code, title: &str, advice: &str| Self::new(StatusCode::FORBIDDEN, code, title, advice);
        let about = |problem: Self, field: &str| {
            let mut problem = problem;
            problem.field = Some(field.to_owned());
            problem
        };
        match no {
            No::Unproven => unproven(
                "service_key_needed",
                "This address is for the exchange's own backend.",
                "Sign the request with a service key (RFC 9421), or send the secret of a local one. See docs/service.md.",
            ),
            No::TwoProofs => unproven(
                "two_proofs",
                "The request carries a signature and a secret, or two secrets.",
                "Send one of them, so that it is plain which key asks.",
            ),
            No::UnknownSecret => unproven(
                "service_key_unknown",
                "This secret is of no service key.",
                "A new key works within a second. A session secret is sent in the body, or in Countersign-Session.",
            ),
            No::UnknownKey => unproven(
                "service_key_unknown",
                "The signature names no service key that signs.",
                "`keyid` is the id that `countersign service-key add` printed. A new key works within a second.",
            ),
            No::Forwarded => closed(
                "forwarded",
                "A local key is for requests that come without a proxy.",
                "This one carries a header that proxies add. Connect to Countersign itself, or sign the request.",
            ),
            No::Header(name) => about(
                unproven(
                    "signature_unreadable",
                    "A header of the signature cannot be read.",
                    "It must be there once, hold one member, and be written as RFC 9421 and RFC 9530 have it, with at most 16 components in at most 4096 bytes; both headers of a signature use the same label.",
                ),
                name,
            ),
            No::Parameter(name) => about(
                unproven(
                    "signature_parameter",
                    "A parameter of the signature is missing or does not fit.",
                    "There are created, nonce (16 to 128 characters) and keyid, and if you like expires, tag and alg, which is \"ed25519\".",
                ),
                &name,
            ),
            No::Component(name) => about(
                unproven(
                    "signature_component",
                    "The signature covers something that is not there, or is not known here.",
                    "Cover @method, @authority, @path, @query, @target-uri or header fields in small letters that the request has, each once and without parameters.",
                ),
                &name,
            ),
            No::Uncovered(name) => about(
                unproven(
                    "signature_covers_too_little",
                    "The signature must cover this too.",
                    "Always @method and @target-uri (or @authority, @path and @query); content-digest with a body; and the idempotency-key, countersign-session and countersign-seen-from that the request has.",
                ),
                name,
            ),
            No::Clock(now) => about(
                unproven(
                    "signature_clock",
                    "The signature was not made just now.",
                    &format!(
                        "`created` must be within five minutes of our clock, which shows {}, and `expires` not be over.",
                        now.as_second()
                    ),
                ),
                "created",
            ),
            No::WrongSignature => unproven(
                "signature_wrong",
                "The signature does not fit this request.",
                "Something was changed after it was signed, or another key signed it. @authority is the site's own address, as [operator] url has it, wherever you connect.",
            ),
            No::WrongDigest => about(
                unproven(
                    "content_digest_wrong",
                    "The body is not the one that was signed.",
                    "Content-Digest is the SHA-256 or SHA-512 of the very bytes that are sent.",
                ),
                "content-digest",
            ),
            No::Used => Self::refusal(&Refusal::NonceUsed),
            No::TooMany => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_signed",
                "More signed requests came with this key than we can remember.",
                "A signature is remembered for as long as it could be used: let yours live half a minute, by `expires`, and there is room.",
            )
            .retry_after(5),
            No::Key(no @ service::No::Scope(scope)) => about(Self::refusal(&Refusal::ServiceKey(no)), scope.code()),
            No::Key(no) => Self::refusal(&Refusal::ServiceKey(no)),
        }
    }
}
