//! A range service on loopback, good and bad.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use domain::clock::{HandClock, Span};

use super::{clock, hash, hex};
use crate::breached::range::RangeService;

/// A server that gives the same answer each time. Answers its address and what it was asked.
fn serve(answer: &'static str, body: String) -> (String, Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/range/", listener.local_addr().unwrap());
    let (teller, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let asked: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            if teller.send(asked.join("\n")).is_err() {
                return;
            }
            let head = format!("HTTP/1.1 {answer}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            // A client that has read enough hangs up.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    (url, asked)
}

fn service(url: &str, clock: Arc<HandClock>) -> RangeService {
    RangeService::new(url, clock, Duration::from_secs(20)).unwrap()
}

/// The lines that a range with this password in it has, beside others.
fn range_with(password: &str, count: u32) -> String {
    let kept = &hex(&hash(password))[5..];
    format!("{:0>35}:7\r\n{kept}:{count}\r\n{:F>35}:0\r\n", "", "")
}

/// How often the operator was warned while something was done.
fn warnings(during: impl FnOnce()) -> usize {
    struct Ears(Arc<AtomicUsize>);
    impl tracing::Subscriber for Ears {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::WARN
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }
    let count = Arc::new(AtomicUsize::new(0));
    tracing::subscriber::with_default(Ears(count.clone()), during);
    count.load(Ordering::SeqCst)
}

#[test]
fn the_service_is_told_five_digits_and_asked_to_pad() {
    let (url, asked) = serve("200 OK", range_with("stolen", 3));
    assert!(service(&url, clock()).contains(&hash("stolen")));
    let asked = asked.recv().unwrap();
    let digits = hex(&hash("stolen"));
    assert!(asked.starts_with(&format!("GET /range/{} HTTP/1.1\n", &digits[..5])), "{asked}");
    assert!(asked.to_ascii_lowercase().contains("\nadd-padding: true"), "{asked}");
    assert!(!asked.contains(&digits[..6]), "{asked}");
}

#[test]
fn what_is_not_in_the_answer_or_only_padding_is_let_through_in_silence() {
    let warned = warnings(|| {
        let (url, _asked) = serve("200 OK", range_with("another", 3));
        assert!(!service(&url, clock()).contains(&hash("stolen")));
        let (url, _asked) = serve("200 OK", range_with("stolen", 0));
        assert!(!service(&url, clock()).contains(&hash("stolen")));
    });
    assert_eq!(warned, 0);
}

#[test]
fn a_service_that_fails_lets_passwords_through_and_the_operator_is_told() {
    let good = range_with("stolen", 3);
    for (answer, body) in [
        ("500 Internal Server Error", good.clone()),
        ("429 Too Many Requests", good.clone()),
        ("302 Found\r\nLocation: /elsewhere", good.clone()),
        ("200 OK", String::new()),
        ("200 OK", "<html>blocked by a proxy</html>".to_owned()),
        ("200 OK", good.clone() + &good.repeat((1 << 20) / good.len())),
        ("nonsense", good.clone()),
    ] {
        let (url, asked) = serve(answer, body);
        let warned = warnings(|| assert!(!service(&url, clock()).contains(&hash("stolen")), "{answer}"));
        assert_eq!((warned, asked.try_iter().count()), (1, 1), "{answer}");
    }
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let warned = warnings(|| assert!(!service(&format!("http://{gone}/"), clock()).contains(&hash("stolen"))));
    assert_eq!(warned, 1);
}

#[test]
fn a_service_that_never_answers_is_left_in_time() {
    // The connection waits in the queue of a listener that takes none.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let service = RangeService::new(&url, clock(), Duration::from_millis(50)).unwrap();
    assert_eq!(warnings(|| assert!(!service.contains(&hash("stolen")))), 1);
}

#[test]
fn after_a_failure_the_service_is_left_alone_for_half_a_minute() {
    let (url, asked) = serve("500 Internal Server Error", String::new());
    let clock = clock();
    let service = service(&url, clock.clone());
    let warned = warnings(|| {
        for _ in 0..5 {
            assert!(!service.contains(&hash("stolen")));
        }
        clock.advance(Span::from_secs(29));
        assert!(!service.contains(&hash("stolen")));
    });
    assert_eq!((warned, asked.try_iter().count()), (1, 1));
    clock.advance(Span::from_secs(1));
    assert_eq!(warnings(|| assert!(!service.contains(&hash("stolen")))), 1);
    assert_eq!(asked.try_iter().count(), 1);
}
