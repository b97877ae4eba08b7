//! The signatures of the RFC itself, and what a signature must cover.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use domain::Time;
use domain::service::VerifyingKey;

use super::no::No;
use super::signature::{Asked, Signed};
use super::{content_digest, signature};

/// The key of B.1.4 of RFC 9421.
const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n";

/// The body of B.2.
const BODY: &[u8] = b"{\"hello\": \"world\"}";

const INPUT: &str = r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;

const SIGNATURE: &str =
    "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let header = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"))
    };
    pairs.iter().map(header).collect()
}

/// The request of B.2, with these two headers of a signature.
fn of_the_rfc(input: &str, signature: &str) -> HeaderMap {
    headers(&[
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        (
            "content-digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        ("content-length", "18"),
        ("signature-input", input),
        ("signature", signature),
    ])
}

fn asked<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Asked<'a> {
    Asked { method: "POST", origin: "https://Example.com:443", uri, headers, body: BODY }
}

fn uri() -> Uri {
    "/foo?param=Value&Pet=dog".parse().unwrap()
}

/// With a nonce, which the RFC's own example has none of and our door asks for.
fn input(covered: &str, more: &str) -> String {
    format!("sig=({covered});created=1618884473;nonce=\"abcdefghijklmnop\";keyid=\"a\"{more}")
}

fn read(input: &str) -> Result<Signed, No> {
    let (headers, uri) = (of_the_rfc(input, "sig=:AAAA:"), uri());
    Signed::read(&asked(&headers, &uri))
}

#[test]
fn the_signature_of_the_rfc_fits_and_no_changed_request_does() {
    let (headers, uri) = (of_the_rfc(INPUT, SIGNATURE), uri());
    let asked = asked(&headers, &uri);
    let key = VerifyingKey::parse(KEY).unwrap();
    let base = signature::base_without_nonce(&asked).unwrap();
    assert_eq!(
        base.0,
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\"@authority\": example.com\n\
         \"content-type\": application/json\n\"content-length\": 18\n\"@signature-params\": (\"date\" \"@method\" \"@path\" \
         \"@authority\" \"content-type\" \"content-length\");created=1618884473;keyid=\"test-key-ed25519\""
    );
    assert!(key.signed(base.0.as_bytes(), &base.1));
    for changed in ["\"@method\": GET", "\"@path\": /bar", "\"@authority\": example.org", "created=1618884474"] {
        let (from, to) = (changed.split([':', '=']).next().unwrap(), changed);
        let line = base.0.lines().find(|line| line.starts_with(from) || line.contains(&format!("{from}="))).unwrap();
        let other = if line.starts_with('"') && to.starts_with('"') {
            base.0.replace(line, to)
        } else {
            base.0.replace("created=1618884473", to)
        };
        assert_ne!(other, base.0);
        assert!(!key.signed(other.as_bytes(), &base.1), "{changed}");
    }
    for cut in [0, 1, 63] {
        assert!(!key.signed(base.0.as_bytes(), &base.1[..cut]), "{cut} bytes of it");
    }
}

#[test]
fn the_digest_of_the_rfc_is_of_its_body_and_of_no_other() {
    let ours = of_the_rfc(INPUT, SIGNATURE);
    assert_eq!(content_digest::check(&ours, BODY), Ok(()));
    assert_eq!(content_digest::check(&ours, b"{\"hello\": \"World\"}"), Err(No::WrongDigest));
    let sha256 = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    for (line, body, expected) in [
        (sha256, BODY, Ok(())),
        (sha256, &b""[..], Err(No::WrongDigest)),
        ("sha-256=:AAAA:", BODY, Err(No::WrongDigest)),
        // One right digest does not stand for a wrong one beside it.
        ("sha-512=:AAAA:, sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:", BODY, Err(No::WrongDigest)),
        ("md5=:AAAA:, sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:", BODY, Ok(())),
        ("md5=:AAAA:", BODY, Err(No::Header("content-digest"))),
        ("sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", BODY, Err(No::Header("content-digest"))),
        ("", BODY, Err(No::Header("content-digest"))),
    ] {
        assert_eq!(content_digest::check(&headers(&[("content-digest", line)]), body), expected, "{line}");
    }
    let twice = HeaderMap::from_iter(
        [("content-digest", sha256), ("content-digest", sha256)]
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))),
    );
    assert_eq!(content_digest::check(&twice, BODY).is_ok(), twice.get_all("content-digest").iter().count() == 1);
}

/// So many components, each another one.
fn components(number: usize) -> String {
    (0..number).map(|number| format!("\"c{number}\"")).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_not_understood_is_refused() {
    let parameter = |name: &str| Some(No::Parameter(name.to_owned()));
    let component = |name: &str| Some(No::Component(name.to_owned()));
    let head = No::Header("signature-input");
    for (line, expected) in [
        (input("\"@method\"", ""), None),
        (input("\"@method\"", ";alg=\"ed25519\";tag=\"x\";expires=1618884500"), None),
        (input("\"@method\"", ";alg=\"hmac-sha256\""), parameter("alg")),
        (input("\"@method\"", ";alg=ed25519"), parameter("alg")),
        (input("\"@method\"", ";strict"), parameter("strict")),
        (input("\"@method\"", ";expires=\"tomorrow\""), parameter("expires")),
        ("sig=(\"@method\");nonce=\"abcdefghijklmnop\";keyid=\"a\"".to_owned(), parameter("created")),
        ("sig=(\"@method\");created=1;nonce=\"abcdefghijklmnop\"".to_owned(), parameter("keyid")),
        ("sig=(\"@method\");created=1;keyid=\"a\"".to_owned(), parameter("nonce")),
        ("sig=(\"@method\");created=1;keyid=\"a\";nonce=\"short\"".to_owned(), parameter("nonce")),
        (input("\"@method\" \"@method\"", ""), component("@method")),
        (input("\"content-type\";sf", ""), component("content-type")),
        (input("\"@query-param\";name=\"Pet\"", ""), component("@query-param")),
        (input("@method", ""), Some(head.clone())),
        (
            "other=(\"@method\");created=1;nonce=\"abcdefghijklmnop\";keyid=\"a\"".to_owned(),
            Some(No::Header("signature")),
        ),
        (format!("{}, two=(\"@method\")", input("\"@method\"", "")), Some(head.clone())),
        (input(&components(16), ""), None),
        (input(&components(17), ""), Some(head.clone())),
        (input(&components(60_000), ""), Some(head.clone())),
        (input(&format!("\"{}\"", "a".repeat(3900)), ""), None),
        (input(&format!("\"{}\"", "a".repeat(4096)), ""), Some(head.clone())),
        ("sig=1".to_owned(), Some(head.clone())),
        ("sig=(".to_owned(), Some(head.clone())),
        (String::new(), Some(head)),
    ] {
        assert_eq!(read(&line).err(), expected, "{line}");
    }
}

#[test]
fn a_signature_that_is_longer_than_any_of_ours_is_not_read() {
    let signed = |length: usize| {
        let headers = of_the_rfc(&input("\"@method\"", ""), &format!("sig=:{}:", "A".repeat(length)));
        Signed::read(&asked(&headers, &uri())).err()
    };
    assert_eq!(signed(4088), None);
    assert_eq!(signed(4096), Some(No::Header("signature")));
}

#[test]
fn what_decides_is_covered() {
    let (uri, plain) = (uri(), "/foo".parse::<Uri>().unwrap());
    let covers = |covered: &str, more: &[(&'static str, &str)], uri: &Uri, body: &[u8]| {
        let line = input(covered, "");
        let mut all = vec![("signature-input", line.as_str()), ("signature", "sig=:AAAA:")];
        all.extend(more);
        let headers = headers(&all);
        let asked = Asked { method: "POST", origin: "https://example.com", uri, headers: &headers, body };
        Signed::read(&asked).unwrap().covers_enough(&asked)
    };
    let json: &[(&'static str, &str)] = &[("content-type", "application/json")];
    let all = "\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\"";
    for (covered, more, uri, body, expected) in [
        (all, json, &uri, BODY, Ok(())),
        ("\"@method\" \"@target-uri\" \"content-digest\"", json, &uri, BODY, Ok(())),
        ("\"@method\" \"@authority\" \"@path\"", &[], &plain, b"", Ok(())),
        ("\"@target-uri\"", &[], &plain, b"", Err(No::Uncovered("@method"))),
        ("\"@method\"", &[], &plain, b"", Err(No::Uncovered("@authority"))),
        ("\"@method\" \"@authority\"", &[], &plain, b"", Err(No::Uncovered("@path"))),
        ("\"@method\" \"@authority\" \"@path\"", &[], &uri, b"", Err(No::Uncovered("@query"))),
        ("\"@method\" \"@target-uri\"", &[], &plain, BODY, Err(No::Uncovered("content-digest"))),
        ("\"@method\" \"@target-uri\"", json, &plain, b"", Err(No::Uncovered("content-digest"))),
        (
            "\"@method\" \"@target-uri\"",
            &[("countersign-session", "a")],
            &plain,
            b"",
            Err(No::Uncovered("countersign-session")),
        ),
        (
            "\"@method\" \"@target-uri\"",
            &[("countersign-seen-from", "a")],
            &plain,
            b"",
            Err(No::Uncovered("countersign-seen-from")),
        ),
        (
            "\"@method\" \"@target-uri\"",
            &[("idempotency-key", "a")],
            &plain,
            b"",
            Err(No::Uncovered("idempotency-key")),
        ),
    ] {
        assert_eq!(covers(covered, more, uri, body), expected, "{covered} {more:?}");
    }
}

#[test]
fn a_signature_is_good_for_five_minutes_or_as_long_as_it_says() {
    let now = |seconds: i64| Time::from_second(1_618_884_473 + seconds).unwrap();
    let until = |more: &str, seconds: i64| {
        let signed = read(&input("\"@method\"", more)).unwrap();
        signed.in_time(now(seconds)).ok().map(|until| until.as_second() - 1_618_884_473)
    };
    for (more, seconds, expected) in [
        ("", 0, Some(300)),
        ("", 300, Some(300)),
        ("", 301, None),
        ("", -300, Some(300)),
        ("", -301, None),
        (";expires=1618884503", 30, Some(30)),
        (";expires=1618884503", 31, None),
        (";expires=1618884400", 0, None),
        (";expires=9999999999", 0, Some(300)),
        (";expires=999999999999999", 0, None),
    ] {
        assert_eq!(until(more, seconds), expected, "{more} after {seconds} s");
    }
}
