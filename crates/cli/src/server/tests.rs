//! Clients that do not behave, on a real socket.

use std::convert::Infallible;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use axum::body::Body;
use axum::routing::get;
use futures_util::stream;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::*;

/// Long enough that whatever should happen has happened.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server with one address, `/`, that says "hello", and two where it says more than anybody could take.
struct Served {
    runtime: Runtime,
    address: SocketAddr,
    close: watch::Sender<bool>,
    serving: JoinHandle<()>,
    places: Arc<Semaphore>,
}

impl Served {
    fn with(limits: Limits, tls: Option<TlsAcceptor>) -> Self {
        let runtime = Runtime::new().unwrap();
        let listening = runtime.block_on(Listening::on("127.0.0.1:0".parse().unwrap(), tls, limits)).unwrap();
        let address = listening.listener.local_addr().unwrap();
        let (close, closing) = watch::channel(false);
        let places = listening.places.clone();
        let endless = async || Body::from_stream(stream::repeat_with(|| Ok::<_, Infallible>(vec![b'x'; 1 << 16])));
        let large = async || vec![b'x'; 1 << 25];
        let router = Router::new().route("/", get(async || "hello"));
        let router = router.route("/large", get(large)).route("/endless", get(endless));
        let serving = runtime.spawn(run(listening, router, closing));
        Self { runtime, address, close, serving, places }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Waits until nobody is connected: all places are free but the one that is kept for whoever comes next.
    fn until_empty(&self) -> bool {
        let all = u32::try_from(CONNECTIONS - 1).unwrap();
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, self.places.acquire_many(all)).await.is_ok() })
    }

    /// Tells it to stop and waits until it has.
    fn stop(self) -> Result<(), tokio::time::error::Elapsed> {
        self.close.send_replace(true);
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, self.serving).await }).map(|ended| ended.unwrap())
    }
}

/// How many may be connected.
const CONNECTIONS: usize = 100;

fn limits(head_millis: u64, connections_each: usize) -> Limits {
    let head_time = Duration::from_millis(head_millis);
    let unread_time = Duration::from_mins(1);
    Limits {
        connections: CONNECTIONS,
        connections_each,
        trusted_proxies: Vec::new(),
        head_time,
        unread_time,
        threads: 2,
    }
}

/// Everything that is said until the server closes.
fn until_closed(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("it is still open: {error}"),
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
}

/// Asks, and reads the answer to its last word.
fn ask_and_hear(stream: &mut TcpStream) -> String {
    ask(stream);
    let mut said = Vec::new();
    let mut piece = [0; 1024];
    while !said.ends_with(b"hello") {
        let length = stream.read(&mut piece).unwrap();
        assert_ne!(length, 0, "closed after {:?}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(said).unwrap()
}

#[test]
fn who_does_not_say_what_they_want_is_let_go() {
    let served = Served::with(limits(200, 10), None);
    for said in ["", "G", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: loc"] {
        let mut stream = served.connect();
        stream.write_all(said.as_bytes()).unwrap();
        until_closed(&mut stream);
    }
}

#[test]
fn who_says_nothing_after_an_answer_is_let_go_too() {
    let served = Served::with(limits(200, 10), None);
    let mut stream = served.connect();
    assert!(ask_and_hear(&mut stream).starts_with("HTTP/1.1 200 "));
    assert!(ask_and_hear(&mut stream).starts_with("HTTP/1.1 200 "), "a second request on the same connection");
    assert_eq!(until_closed(&mut stream), "");
}

#[test]
fn who_never_shakes_hands_is_let_go() {
    let served = Served::with(limits(200, 10), Some(tls_self_signed("localhost").unwrap()));
    let mut stream = served.connect();
    assert_eq!(until_closed(&mut stream), "");
}

#[test]
fn who_takes_nothing_of_what_they_asked_for_is_let_go() {
    for what in ["large", "endless"] {
        let served = Served::with(Limits { unread_time: Duration::from_millis(300), ..limits(60_000, 10) }, None);
        let mut stream = served.connect();
        stream.write_all(format!("GET /{what} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
        // The first byte, so that it is known to be inside.
        stream.peek(&mut [0]).unwrap();
        assert!(served.until_empty(), "{what}");
    }
}

#[test]
fn a_head_that_is_longer_than_any_browsers_is_refused() {
    let served = Served::with(limits(60_000, 10), None);
    let ask = |length: usize| {
        let mut stream = served.connect();
        let head =
            format!("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Long: {}\r\n\r\n", "x".repeat(length));
        // It may be answered, and closed, before all of it was sent.
        let _ = stream.write_all(head.as_bytes());
        until_closed(&mut stream)
    };
    assert!(ask(HEAD_MAX / 2).starts_with("HTTP/1.1 200 "));
    let said = ask(5 * HEAD_MAX);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431 "), "{said}");
}

#[test]
fn one_address_cannot_take_every_connection() {
    let served = Served::with(limits(60_000, 2), None);
    let mut first = served.connect();
    let mut second = served.connect();
    ask_and_hear(&mut first);
    ask_and_hear(&mut second);
    assert_eq!(until_closed(&mut served.connect()), "", "a third was answered");
    ask_and_hear(&mut first);
}

#[test]
fn silence_does_not_hold_up_the_end() {
    let served = Served::with(limits(60_000, 10), None);
    let mut silent = served.connect();
    let mut answered = served.connect();
    // Connections are accepted in order, so the silent one is inside as well.
    ask_and_hear(&mut answered);
    served.stop().expect("it stops while somebody says nothing");
    assert_eq!(until_closed(&mut silent), "");
}
