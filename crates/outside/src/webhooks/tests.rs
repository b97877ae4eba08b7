//! A courier and a target that behaves in every way a target can.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use domain::ids::FeedId;

use super::*;

/// Short, so that what waits for its end is over soon.
const PATIENCE_OF_TESTS: Duration = Duration::from_millis(600);

fn loopback() -> WebhookSettings {
    WebhookSettings { private_targets: vec!["127.0.0.0/8".parse().unwrap()] }
}

fn courier(settings: &WebhookSettings) -> HttpCourier {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    HttpCourier::build(settings, PATIENCE_OF_TESTS).unwrap()
}

fn call(url: &str) -> Call {
    Call {
        url: url.to_owned(),
        id: FeedId::from_bytes([1; 16]),
        timestamp: 1_795_000_000,
        signatures: "v1,aaaa v1,bbbb".to_owned(),
        body: r#"{"type":"protection.frozen"}"#.to_owned(),
    }
}

/// A target that answers each connection by a function, and tells what each request was.
fn target_that(answers: impl Fn(&mut TcpStream) + Send + 'static) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, heard) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut asked = Vec::new();
            let mut some = [0; 4096];
            // Until the body is there, which ends with a brace.
            while let Ok(read @ 1..) = stream.read(&mut some) {
                asked.extend_from_slice(&some[..read]);
                if asked.ends_with(b"}") {
                    break;
                }
            }
            let _ = told.send(String::from_utf8_lossy(&asked).into_owned());
            answers(&mut stream);
        }
    });
    (port, heard)
}

fn saying(answer: &'static str) -> (u16, Receiver<String>) {
    target_that(move |stream| {
        let _ = stream.write_all(answer.as_bytes());
    })
}

fn asked(port: u16) -> Answer {
    courier(&loopback()).call(&call(&format!("http://127.0.0.1:{port}/hook")))
}

#[track_caller]
fn failed(answer: Answer, because: &str) {
    match answer {
        Answer::Failed(why) => assert!(why.contains(because), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_carries_what_the_standard_says_and_a_two_hundred_is_a_yes() {
    let (port, heard) = saying("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    assert_eq!(asked(port), Answer::Taken("204".to_owned()));
    let request = heard.recv().unwrap();
    assert!(request.starts_with("POST /hook HTTP/1.1\r\n"), "{request}");
    for line in [
        "webhook-id: 01010101-0101-0101-0101-010101010101\r\n",
        "webhook-timestamp: 1795000000\r\n",
        "webhook-signature: v1,aaaa v1,bbbb\r\n",
        "content-type: application/json\r\n",
    ] {
        assert!(request.contains(line), "{request}");
    }
    assert!(request.ends_with(r#"{"type":"protection.frozen"}"#), "{request}");
}

#[test]
fn a_redirect_is_a_failure_and_nobody_goes_there() {
    let (elsewhere, gone_to) = saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let status = status.to_owned();
        let (port, _heard) = target_that(move |stream| {
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0\r\n\r\n"
            );
        });
        failed(asked(port), "redirect");
    }
    assert!(gone_to.try_recv().is_err(), "somebody followed");
}

#[test]
fn what_a_target_says_is_told_apart() {
    assert!(matches!(asked(saying("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n").0), Answer::Gone(_)));
    failed(asked(saying("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n").0), "500");
    failed(asked(saying("HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\n\r\n").0), "429");
    failed(asked(saying("HTTP/1.1 101 Other\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").0), "");
    failed(asked(saying("nonsense\r\n\r\n").0), "");
    // It hangs up before its answer is whole, and before it begins.
    failed(asked(saying("HTTP/1.1 2").0), "");
    failed(asked(saying("").0), "");
    // Nobody there.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    failed(asked(port), "");
}

#[test]
fn a_target_that_is_busy_says_when_again_in_seconds_or_by_a_date() {
    let said = |status: &str, retry_after: &str| {
        let answer = format!("HTTP/1.1 {status} Not now\r\nRetry-After: {retry_after}\r\nContent-Length: 0\r\n\r\n");
        let (port, _heard) = target_that(move |stream| {
            let _ = stream.write_all(answer.as_bytes());
        });
        asked(port)
    };
    let busy = |code: &str, again| Answer::Busy(code.to_owned(), again);
    assert_eq!(said("429", "120"), busy("429", Again::In(Span::from_secs(120))));
    assert_eq!(said("503", " 0 "), busy("503", Again::In(Span::ZERO)));
    assert_eq!(said("503", "99999999999999999999999"), busy("503", Again::In(Span::from_secs(i64::MAX))));
    // Every form of a date that HTTP ever had.
    let then = Again::At("1994-11-06T08:49:37Z".parse().unwrap());
    for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
        assert_eq!(said("503", date), busy("503", then), "{date}");
    }
    for nonsense in ["", "soon", "-5", "1.5", "2026-11-22T12:00:00Z", "\u{e9}"] {
        failed(said("429", nonsense), "429");
    }
    // Whoever is broken, or moved, is tried again by the schedule; and who took it is done.
    failed(said("500", "120"), "500");
    failed(said("301", "120"), "redirect");
    assert_eq!(said("200", "120"), Answer::Taken("200".to_owned()));
}

#[test]
fn a_yes_whose_body_breaks_off_or_never_ends_is_a_yes() {
    assert_eq!(asked(saying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").0), Answer::Taken("200".to_owned()));
    // As much as it can write, as long as somebody reads.
    let (port, _heard) = target_that(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
        while stream.write_all(&[b'x'; 8192]).is_ok() {}
    });
    assert_eq!(asked(port), Answer::Taken("200".to_owned()));
}

#[test]
fn a_target_that_is_slow_is_not_waited_for() {
    // It takes the request and says nothing until the courier hangs up.
    let (port, _heard) = target_that(|stream| while matches!(stream.read(&mut [0; 64]), Ok(1..)) {});
    failed(asked(port), "no answer in time");
    // A head that comes byte by byte is one that does not come.
    let (port, _heard) = target_that(|stream| {
        let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
        while stream.write_all(b"H").is_ok() && !matches!(stream.read(&mut [0; 1]), Ok(0)) {}
    });
    assert!(matches!(asked(port), Answer::Failed(_)));
}

#[test]
fn what_is_not_on_the_open_internet_is_reached_only_where_the_operator_says_so() {
    let (port, heard) = saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let nobody = WebhookSettings::default();
    let elsewhere = WebhookSettings { private_targets: vec!["10.0.0.0/8".parse().unwrap()] };
    // By its address in every spelling, and by a name that leads there: that is what rebinding comes to.
    for host in ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "127.1", "LOCALHOST"] {
        for (settings, scheme) in [(&nobody, "https"), (&elsewhere, "https"), (&elsewhere, "http")] {
            let answer = courier(settings).call(&call(&format!("{scheme}://{host}:{port}/hook")));
            failed(answer, "is not on the open internet");
        }
    }
    // Without a network of their own nobody sends in clear, wherever to.
    failed(courier(&nobody).call(&call(&format!("http://localhost:{port}/hook"))), "https");
    assert!(heard.try_recv().is_err(), "somebody came");
    for host in ["localhost", "127.0.0.1"] {
        let answer = courier(&loopback()).call(&call(&format!("http://{host}:{port}/hook")));
        assert_eq!(answer, Answer::Taken("200".to_owned()), "{host}");
    }
    assert!(heard.try_recv().is_ok());
}

#[test]
fn an_address_that_cannot_be_a_target_is_refused_when_it_is_added() {
    let (nobody, some) = (WebhookSettings::default(), loopback());
    for url in ["https://hooks.exchange.example/countersign", "https://hooks.exchange.example:8443/x?y=z"] {
        assert_eq!(fit(url, &nobody), Ok(()), "{url}");
    }
    for url in
        ["", "hooks.exchange.example", "ftp://hooks.exchange.example", "file:///etc/passwd", "https://", "javascript:1"]
    {
        assert!(matches!(fit(url, &nobody), Err(Unfit::Url(_))), "{url}");
    }
    assert_eq!(fit("https://me:secret@hooks.exchange.example", &nobody), Err(Unfit::User));
    assert_eq!(fit("http://hooks.exchange.example", &nobody), Err(Unfit::Plain));
    assert_eq!(fit("http://8.8.8.8", &some), Err(Unfit::Plain));
    // A name goes without TLS only where it leads to a private target: every call to another would be refused.
    let elsewhere = WebhookSettings { private_targets: vec!["10.0.0.0/8".parse().unwrap()] };
    assert_eq!(fit("http://localhost:9090/countersign", &some), Ok(()));
    assert_eq!(fit("http://localhost:9090/countersign", &elsewhere), Err(Unfit::Plain));
    for url in
        ["https://127.0.0.1", "https://[::1]", "https://169.254.169.254/latest", "https://0x7f.1", "https://[fe80::1]"]
    {
        assert!(matches!(fit(url, &nobody), Err(Unfit::Private(_))), "{url}");
    }
    assert_eq!(fit("http://127.0.0.1:9000/hook", &some), Ok(()));
    assert!(matches!(fit("http://10.0.0.1/hook", &some), Err(Unfit::Private(_))));
}

#[test]
fn what_is_said_of_a_failure_holds_no_address() {
    let said = match courier(&loopback()).call(&call("http://127.0.0.1:1/a-secret-in-the-path?token=hunter2")) {
        Answer::Failed(said) => said,
        other => panic!("{other:?}"),
    };
    assert!(!said.contains("secret") && !said.contains("hunter2") && !said.is_empty(), "{said}");
}
