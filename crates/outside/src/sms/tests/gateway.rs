//! A gateway that gives the same answer each time and tells what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A request as it came.
pub(super) struct Asked {
    pub(super) line: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

/// Answers the gateway's address and what it was asked.
pub(super) fn serve(status: &str, body: &str) -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let (teller, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut lines = reader.by_ref().lines().map_while(Result::ok);
            let line = lines.next().unwrap_or_default();
            let headers: Vec<(String, String)> = lines
                .take_while(|line| !line.is_empty())
                .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())))
                .collect();
            let mut asked = Asked { line, headers, body: String::new() };
            let length = asked.header("content-length").parse().unwrap_or(0);
            reader.take(length).read_to_string(&mut asked.body).unwrap();
            // Nobody has to listen to what was asked, and a client that has read enough hangs up.
            let _ = teller.send(asked);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, asked)
}
