//! Gateways on loopback, good and bad, and what they call us with.

mod gateway;
mod hooks;

use std::net::TcpListener;
use std::time::Duration;

use domain::ids::NoticeId;
use domain::notifications::{Fate, Sms};

use super::{GatewayKind, SmsCarrier, SmsSettings, Unfit};
use gateway::serve;

pub(super) const NOTICE: &str = "0193a5b0-1111-7000-8000-000000000001";

pub(super) const HOOKS_PASSWORD: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn settings(gateway: GatewayKind, url: &str) -> SmsSettings {
    SmsSettings {
        gateway,
        url: url.to_owned(),
        user: "AC1".to_owned(),
        password: "hunter2".to_owned(),
        from: "+41790000000".to_owned(),
        hooks_url: "https://exchange.example".to_owned(),
        hooks_password: if gateway == GatewayKind::Kannel { HOOKS_PASSWORD.to_owned() } else { String::new() },
    }
}

fn carrier(gateway: GatewayKind, url: &str) -> SmsCarrier {
    SmsCarrier::build(&settings(gateway, url), Duration::from_secs(20)).unwrap()
}

fn sms() -> Sms {
    let id: NoticeId = NOTICE.parse().unwrap();
    Sms {
        id,
        to: "+41791234567".to_owned(),
        text: "Zürich: reply FREEZE & type: a b".to_owned(),
        secrets: vec!["a b".to_owned()],
    }
}

#[test]
fn kannel_is_handed_the_text_and_no_address_holds_a_secret() {
    let (url, asked) = serve("202 Accepted", "0: Accepted for delivery");
    let fate = carrier(GatewayKind::Kannel, &format!("{url}/cgi-bin/sendsms")).carry(&sms());
    assert_eq!(fate, Fate::Sent("202 0: Accepted for delivery".to_owned()));
    let asked = asked.recv().unwrap();
    assert_eq!(asked.line, "POST /cgi-bin/sendsms HTTP/1.1");
    assert_eq!(asked.body, "Zürich: reply FREEZE & type: a b");
    for (name, value) in [
        ("x-kannel-username", "AC1"),
        ("x-kannel-password", "hunter2"),
        ("x-kannel-from", "+41790000000"),
        ("x-kannel-to", "+41791234567"),
        ("x-kannel-coding", "0"),
        ("content-type", "text/plain; charset=UTF-8"),
        ("x-kannel-dlr-mask", "27"),
    ] {
        assert_eq!(asked.header(name), value, "{name}");
    }
    let report = format!("https://gateway:{HOOKS_PASSWORD}@exchange.example/hooks/sms/report?notice={NOTICE}&state=%d");
    assert_eq!(asked.header("x-kannel-dlr-url"), report);
}

#[test]
fn twilio_is_handed_a_form() {
    let (url, asked) = serve("201 Created", r#"{"sid": "SM123", "status": "queued"}"#);
    assert_eq!(carrier(GatewayKind::Twilio, &url).carry(&sms()), Fate::Sent("SM123".to_owned()));
    let asked = asked.recv().unwrap();
    assert_eq!(asked.line, "POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1");
    assert_eq!(asked.header("authorization"), "Basic QUMxOmh1bnRlcjI=");
    let fields: Vec<(String, String)> = form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    let expected = [
        ("To", "+41791234567".to_owned()),
        ("From", "+41790000000".to_owned()),
        ("Body", "Zürich: reply FREEZE & type: a b".to_owned()),
        ("StatusCallback", format!("https://exchange.example/hooks/sms/report?notice={NOTICE}")),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn what_a_gateway_answers_decides_what_becomes_of_an_sms() {
    let kannel = GatewayKind::Kannel;
    let twilio = GatewayKind::Twilio;
    for (gateway, status, body, expected) in [
        (kannel, "202 Accepted", "3: Queued for later delivery", "sent"),
        (kannel, "403 Forbidden", "Authorization failed for sendsms", "later"),
        (kannel, "403 Forbidden", "Not routable. Do not try again.", "refused"),
        (kannel, "400 Bad Request", "Missing receiver", "later"),
        (kannel, "503 Service Unavailable", "Temporal failure, try again later.", "later"),
        (kannel, "302 Found\r\nLocation: http://127.0.0.1:1/", "", "later"),
        (kannel, "nonsense", "", "later"),
        (twilio, "201 Created", r#"{"sid": "SM1"}"#, "sent"),
        (twilio, "201 Created", "no JSON at all", "later"),
        (twilio, "400 Bad Request", r#"{"code": 21211, "message": "The 'To' number is not valid"}"#, "refused"),
        (twilio, "400 Bad Request", r#"{"code": 21610, "message": "unsubscribed"}"#, "refused"),
        (twilio, "400 Bad Request", r#"{"code": 21606, "message": "'From' is not ours"}"#, "later"),
        (twilio, "401 Unauthorized", r#"{"code": 20003, "message": "Authenticate"}"#, "later"),
        (twilio, "429 Too Many Requests", r#"{"code": 20429, "message": "Slow down"}"#, "later"),
        (twilio, "500 Internal Server Error", "", "later"),
        (twilio, "200 OK", r#"{"sid": 7}"#, "later"),
    ] {
        let (url, _asked) = serve(status, body);
        let fate = match carrier(gateway, &url).carry(&sms()) {
            Fate::Sent(_) => "sent",
            Fate::Later(_) => "later",
            Fate::Refused(_) => "refused",
        };
        assert_eq!(fate, expected, "{gateway:?} says {status} {body}");
    }
}

#[test]
fn what_a_gateway_says_is_kept_short_and_on_one_line() {
    let (url, _asked) = serve("503 Busy", &("a\r\nb".to_owned() + &"x".repeat(100_000)));
    let Fate::Later(said) = carrier(GatewayKind::Kannel, &url).carry(&sms()) else { panic!("taken") };
    assert!(said.starts_with("503 a  bxxx") && said.chars().count() == 200, "{said}");
}

#[test]
fn a_gateway_that_is_gone_or_never_answers_is_tried_again_and_its_address_is_not_told() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [gone, silent.local_addr().unwrap()] {
        let settings = settings(GatewayKind::Kannel, &format!("http://{address}/cgi-bin/sendsms"));
        let carrier = SmsCarrier::build(&settings, Duration::from_millis(80)).unwrap();
        let Fate::Later(why) = carrier.carry(&sms()) else { panic!("taken") };
        assert!(!why.contains("sendsms") && !why.contains("hunter2"), "{why}");
    }
}

#[test]
fn settings_that_cannot_work_are_said_before_the_first_sms() {
    let good = settings(GatewayKind::Kannel, "https://kannel.example/cgi-bin/sendsms");
    assert!(SmsCarrier::new(&good).unwrap().is_some());
    let none = SmsSettings { gateway: GatewayKind::None, url: String::new(), ..good.clone() };
    assert!(SmsCarrier::new(&none).unwrap().is_none());
    let wrong = |change: fn(&mut SmsSettings)| {
        let mut settings = good.clone();
        change(&mut settings);
        SmsCarrier::new(&settings).err().unwrap_or_else(|| panic!("{settings:?} is taken"))
    };
    for (change, named) in [
        ((|s| s.url.clear()) as fn(&mut SmsSettings), "`url`"),
        (|s| s.url = "http://kannel.example/".to_owned(), "`url`"),
        (|s| s.url = "https://user:pass@kannel.example/".to_owned(), "`url`"),
        (|s| s.url = "https://kannel.example/?a=b".to_owned(), "`url`"),
        (|s| s.url = "ftp://localhost/".to_owned(), "`url`"),
        (|s| s.hooks_url = "exchange.example".to_owned(), "`hooks_url`"),
        (|s| s.user.clear(), "`user`"),
        (|s| s.password.clear(), "`password`"),
        (|s| s.from.clear(), "`from`"),
        (|s| s.hooks_password = "short".to_owned(), "`hooks_password`"),
        (|s| s.hooks_password = "a@b".repeat(20), "`hooks_password`"),
    ] {
        let said = wrong(change).to_string();
        assert!(said.contains(named), "{said} does not name {named}");
    }
    assert!(matches!(wrong(|s| s.hooks_password.clear()), Unfit::HooksPassword));
    assert!(!format!("{good:?}").contains("hunter2") && !format!("{good:?}").contains(HOOKS_PASSWORD));
}
