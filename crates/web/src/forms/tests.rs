//! What strict reading lets through and what it says about the rest.

use serde::Deserialize;

use super::{Secret, Text, TypedPassword, json, pairs, read};
use crate::answers::Problem;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read matters here")]
struct Sample {
    email: Text<12>,
    password: TypedPassword,
    limit: Option<u8>,
    ends: Option<bool>,
    how: Option<How>,
    secret: Option<Secret>,
    inner: Option<Inner>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    Gently,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read matters here")]
struct Inner {
    words: Vec<Text<4>>,
}

/// `status code field`, or `fine`.
fn said(outcome: Result<Sample, Problem>) -> String {
    match outcome {
        Ok(_) => "fine".to_owned(),
        Err(problem) => {
            let field = problem.field.as_deref().unwrap_or("-");
            format!("{} {} {field}", problem.status.as_u16(), problem.code)
        }
    }
}

#[test]
fn what_is_said_of_json() {
    for (body, expected) in [
        (r#"{"email":"a@b.c","password":"p"}"#, "fine"),
        (r#"{"email":"a@b.c","password":"p","limit":null}"#, "fine"),
        (r#"{"email":"a@b.c","password":"p","inner":{"words":["ab"]},"how":"gently"}"#, "fine"),
        (r#"{"email":"ääääääääääää","password":"p"}"#, "fine"),
        (r#"{"email":"a@b.c"}"#, "422 missing_field password"),
        (r#"{"email":"a@b.c","password":null}"#, "422 wrong_type password"),
        (r#"{"email":"a@b.c","password":"p","admin":true}"#, "422 unknown_field admin"),
        (r#"{"email":"a@b.c","password":"p","email":"e@v.l"}"#, "422 duplicate_field email"),
        (r#"{"email":"a@b.c","password":"p","\u0065mail":"e@v.l"}"#, "422 duplicate_field email"),
        (r#"{"email":["a@b.c"],"password":"p"}"#, "422 wrong_type email"),
        (r#"{"email":{"a":1},"password":"p"}"#, "422 wrong_type email"),
        (r#"{"email":7,"password":"p"}"#, "422 wrong_type email"),
        (r#"{"email":true,"password":"p"}"#, "422 wrong_type email"),
        (r#"{"email":"1234567890123","password":"p"}"#, "422 wrong_length email"),
        (r#"{"email":"a@b.c\nBcc: x","password":"p"}"#, "422 bad_value email"),
        (r#"{"email":"a@b.c\u0000","password":"p"}"#, "422 bad_value email"),
        (r#"{"email":"a@b.c","password":"p","limit":"9"}"#, "422 wrong_type limit"),
        (r#"{"email":"a@b.c","password":"p","limit":7.0}"#, "fine"),
        (r#"{"email":"a@b.c","password":"p","limit":1e300}"#, "422 wrong_type limit"),
        (r#"{"email":"a@b.c","password":"p","limit":256}"#, "422 bad_value limit"),
        (r#"{"email":"a@b.c","password":"p","limit":-1}"#, "422 bad_value limit"),
        (r#"{"email":"a@b.c","password":"p","limit":1.5}"#, "422 wrong_type limit"),
        (r#"{"email":"a@b.c","password":"p","limit":99999999999999999999}"#, "422 wrong_type limit"),
        (r#"{"email":"a@b.c","password":"p","ends":"true"}"#, "422 wrong_type ends"),
        (r#"{"email":"a@b.c","password":"p","ends":1}"#, "422 wrong_type ends"),
        (r#"{"email":"a@b.c","password":"p","how":"roughly"}"#, "422 bad_value how"),
        (r#"{"email":"a@b.c","password":"p","how":{"gently":{}}}"#, "422 wrong_type how"),
        (r#"{"email":"a@b.c","password":"p","secret":"a b"}"#, "422 bad_value secret"),
        (r#"{"email":"a@b.c","password":"p","inner":{"words":["ab","abcde"]}}"#, "422 wrong_length inner.words.1"),
        (r#"{"email":"a@b.c","password":"p","inner":{"words":[],"x":1}}"#, "422 unknown_field inner.x"),
        (r#"{"email":"a@b.c","password":"p","inner":[["ab"]]}"#, "422 wrong_type inner"),
        (r#"["a@b.c","p"]"#, "422 wrong_type -"),
        ("null", "422 wrong_type -"),
        (r#""text""#, "422 wrong_type -"),
        (r#"{"email":"a@b.c","password":"p"} x"#, "400 unreadable -"),
        (r#"{"email":"a@b.c","password":"p""#, "400 unreadable -"),
        ("email=a", "400 unreadable -"),
        ("", "400 unreadable -"),
        (r#"{"email":"\ud800","password":"p"}"#, "400 unreadable -"),
    ] {
        assert_eq!(said(json(body.as_bytes())), expected, "{body}");
    }
    assert_eq!(said(json(b"{\"email\":\"\xff\",\"password\":\"p\"}")), "400 unreadable -");
    let deep = "[".repeat(4000);
    assert_eq!(said(json(deep.as_bytes())), "400 unreadable -");
}

#[test]
fn what_is_said_of_forms() {
    let form = |text: &[u8]| pairs(text).and_then(|pairs| read(&pairs)).map_err(|mistake| Problem::mistake(&mistake));
    for (body, expected) in [
        ("email=a%40b.c&password=p", "fine"),
        ("email=a%40b.c&password=p&limit=7&ends=on&how=gently", "fine"),
        ("email=a%40b.c&password=p&limit=", "fine"),
        ("email=a%40b.c&password=", "fine"),
        ("email=a%40b.c", "422 missing_field password"),
        ("email=a&password=p&email=b", "422 duplicate_field email"),
        ("email=a&password=p&limit=many", "422 wrong_type limit"),
        ("email=a&password=p&limit=256", "422 bad_value limit"),
        ("email=a&password=p&ends=perhaps", "422 wrong_type ends"),
        ("email=a&password=p&next=x", "422 unknown_field next"),
        ("email[]=a&password=p", "422 unknown_field email[]"),
        ("email=a%0d%0aBcc:+x&password=p", "422 bad_value email"),
        ("email=%ff&password=p", "400 unreadable email"),
        ("email=%c3%28&password=p", "400 unreadable email"),
        ("email=%4&password=p", "400 unreadable email"),
        ("email=%zz&password=p", "400 unreadable email"),
        ("%ff=a", "400 unreadable -"),
    ] {
        assert_eq!(said(form(body.as_bytes())), expected, "{body}");
    }
    assert_eq!(said(form(b"email=\xff&password=p")), "400 unreadable email");
}

#[test]
fn a_form_says_what_was_typed_letter_by_letter() {
    let typed = pairs("a=1+2%2B3&b=%E2%82%AC&c&=d&&e=f=g".as_bytes()).unwrap();
    let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(typed, [("a", "1 2+3"), ("b", "€"), ("c", ""), ("", "d"), ("e", "f=g")]);
}

#[test]
fn a_mistake_never_repeats_what_was_typed() {
    let problem = json::<Sample>(br#"{"email":"a@b.c","password":["hunter2"]}"#).unwrap_err();
    let said = format!("{problem:?}");
    assert!(!said.contains("hunter2"), "{said}");
    let sample: Sample = json(br#"{"email":"a@b.c","password":"hunter2"}"#).unwrap();
    assert!(!format!("{sample:?}").contains("hunter2"));
}

#[test]
fn a_long_unknown_name_is_not_sent_back_whole() {
    let body = format!(r#"{{"{}":1}}"#, "x".repeat(10_000));
    let problem = json::<Sample>(body.as_bytes()).unwrap_err();
    assert_eq!(problem.field.as_deref().map(str::len), Some(64));
}
