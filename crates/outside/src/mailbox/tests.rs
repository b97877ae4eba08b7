//! The receiving side, talked to byte by byte.

use std::sync::Arc;

use domain::clock::{HandClock, Time};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::conversation::LETTER_BYTES_MAX;
use super::{CONVERSATIONS, KEPT, Mailbox};

async fn open() -> Mailbox {
    let noon: Time = "2026-11-22T12:00:00Z".parse().unwrap();
    Mailbox::open(Arc::new(HandClock::at(noon))).await.unwrap()
}

/// Says everything at once, closes, and answers all that came back, only the codes.
async fn codes(mailbox: &Mailbox, said: &[u8]) -> String {
    let mut stream = TcpStream::connect(mailbox.address()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut heard = String::new();
    let talk = async {
        writer.write_all(said).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let ((), read) = tokio::join!(talk, reader.read_to_string(&mut heard));
    read.unwrap();
    heard.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect::<Vec<_>>().join(" ")
}

const OPENING: &str = "EHLO me\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n";

#[tokio::test]
async fn what_is_answered_to_what() {
    let cases = [
        ("HELO me\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.example>\r\nRSET\r\nNOOP\r\nQUIT\r\n", "220 250 250 250 250 250 221"),
        ("ehlo me\r\nmail from:<a@x.example> SIZE=99 BODY=8BITMIME\r\nrcpt to:<b@x.example>\r\n", "220 250 250 250"),
        ("MAIL FROM:<a@x.example>\r\n", "220 503"),
        ("EHLO\r\n", "220 501"),
        ("EHLO me\r\nRCPT TO:<b@x.example>\r\nDATA\r\n", "220 250 503 503"),
        ("EHLO me\r\nMAIL FROM:<a@x.example>\r\nDATA\r\n", "220 250 250 503"),
        ("EHLO me\r\nMAIL FROM:<a@x.example>\r\nMAIL FROM:<a@x.example>\r\n", "220 250 250 503"),
        ("EHLO me\r\nMAIL FROM:<a@x.example> SIZE=1048577\r\n", "220 250 552"),
        ("EHLO me\r\nMAIL FROM:<a@x.example> ODD=1\r\n", "220 250 555"),
        ("EHLO me\r\nMAIL FROM:a@x.example\r\nMAIL FROM:<a b@x.example>\r\nMAIL FROM\r\n", "220 250 501 501 501"),
        ("EHLO me\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<>\r\nRCPT TO:<b>\r\n", "220 250 250 501 501"),
        ("STARTTLS\r\nAUTH PLAIN x\r\nVRFY b\r\nBOO\r\n\r\n", "220 502 502 252 500 500"),
        ("NOOP\nNOOP\r\n", "220 500 250"),
        ("QUIT\r\nNOOP\r\n", "220 221"),
    ];
    let mailbox = open().await;
    for (said, expected) in cases {
        assert_eq!(codes(&mailbox, said.as_bytes()).await, expected, "{said}");
    }
    assert_eq!(codes(&mailbox, &[&[b'x'; 5000][..], b"\r\nNOOP\r\n"].concat()).await, "220 500 250");
    assert_eq!(codes(&mailbox, b"\xff\xff\r\nNOOP\r\n").await, "220 500 250");
    assert!(codes(&mailbox, "BOO\r\n".repeat(30).as_bytes()).await.ends_with("500 421"));
    assert!(mailbox.newest_first().is_empty());
}

#[tokio::test]
async fn a_letter_is_kept_as_it_came_with_its_dots() {
    let mailbox = open().await;
    let said = format!("{OPENING}Subject: dots\r\n\r\n..one\r\n...two\r\nthree.\r\n.\r\nQUIT\r\n");
    assert_eq!(codes(&mailbox, said.as_bytes()).await, "220 250 250 250 354 250 221");
    let letter = mailbox.letter(1).unwrap();
    assert_eq!(letter.raw, b"Subject: dots\r\n\r\n.one\r\n..two\r\nthree.\r\n");
    assert_eq!((letter.from.as_str(), letter.to.as_slice()), ("a@x.example", &["b@x.example".to_owned()][..]));
    assert_eq!((letter.subject.as_str(), letter.text.as_str()), ("dots", ".one\r\n..two\r\nthree.\r\n"));
    assert_eq!(letter.html, None);
}

#[tokio::test]
async fn a_letter_cannot_hide_another_behind_an_odd_line_end() {
    let mailbox = open().await;
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r.\r\n"] {
        let said = format!("{OPENING}first{end}MAIL FROM:<c@x.example>\r\n.\r\n");
        assert_eq!(codes(&mailbox, said.as_bytes()).await, "220 250 250 250 354 554", "{end:?}");
    }
    assert!(mailbox.newest_first().is_empty());
}

#[tokio::test]
async fn a_letter_that_is_too_large_or_not_finished_is_not_kept() {
    let mailbox = open().await;
    let line = format!("{}\r\n", "x".repeat(900));
    let large = line.repeat(LETTER_BYTES_MAX / line.len() + 1);
    assert_eq!(
        codes(&mailbox, format!("{OPENING}{large}.\r\nNOOP\r\n").as_bytes()).await,
        "220 250 250 250 354 552 250"
    );
    let long = "x".repeat(2000);
    assert_eq!(
        codes(&mailbox, format!("{OPENING}{long}\r\n.\r\nNOOP\r\n").as_bytes()).await,
        "220 250 250 250 354 554 250"
    );
    assert_eq!(codes(&mailbox, format!("{OPENING}half").as_bytes()).await, "220 250 250 250 354");
    assert!(mailbox.newest_first().is_empty());
}

#[tokio::test]
async fn the_newest_letters_are_kept_and_their_numbers_go_on() {
    let mailbox = open().await;
    let one =
        |number| format!("MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nSubject: {number}\r\n\r\n.\r\n");
    let said = "EHLO me\r\n".to_owned() + &(1..=KEPT + 3).map(one).collect::<String>();
    codes(&mailbox, said.as_bytes()).await;
    let letters = mailbox.newest_first();
    assert_eq!(letters.len(), KEPT);
    assert_eq!(letters[0].subject, (KEPT + 3).to_string());
    assert_eq!(letters[KEPT - 1].subject, "4");
    assert!(mailbox.letter(3).is_none());
    assert_eq!(mailbox.letter(4).unwrap().subject, "4");
}

#[tokio::test]
async fn whoever_waits_for_a_letter_finds_it() {
    let mailbox = open().await;
    let mut arrivals = mailbox.arrivals();
    let said = format!("{OPENING}Subject: now\r\n\r\n.\r\n");
    let (_, waited) = tokio::join!(codes(&mailbox, said.as_bytes()), arrivals.wait_for(|count| *count == 1));
    assert_eq!(*waited.unwrap(), 1);
    assert_eq!(mailbox.letter(1).unwrap().subject, "now");
}

#[tokio::test]
async fn too_many_at_once_are_asked_to_come_back() {
    let mailbox = open().await;
    let mut held = Vec::new();
    for _ in 0..CONVERSATIONS {
        let mut stream = TcpStream::connect(mailbox.address()).await.unwrap();
        stream.read_exact(&mut [0; 4]).await.unwrap();
        held.push(stream);
    }
    let mut refused = TcpStream::connect(mailbox.address()).await.unwrap();
    let mut heard = String::new();
    refused.read_to_string(&mut heard).await.unwrap();
    assert!(heard.starts_with("421"), "{heard}");
}
